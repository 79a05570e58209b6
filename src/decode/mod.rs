//! Pixels, within limits. [`view`] gives measuring what it needs and no more; [`pixmap`] gives the whole picture, for
//! encoding anew. Both read every byte of the picture, so that damage is noticed on either road.

mod colour;
pub mod jpeg;
pub mod other;
pub mod pdf;
pub mod png;

use crate::{
    fault::{Fault, Refusal},
    format::Format,
    options::Limits,
    pixmap::{Pixmap, Region, View},
    probe::Header,
};

/// Pixels, and what was found wrong while they were read.
#[derive(Clone, Debug)]
pub struct Decoded<T> {
    /// The picture, upright.
    pub picture: T,
    /// Damage that left something to look at.
    pub faults: Vec<Fault>,
}

impl<T> Decoded<T> {
    /// The same faults beside something made of the picture.
    pub fn map<U>(self, f: impl FnOnce(T) -> U) -> Decoded<U> {
        Decoded { picture: f(self.picture), faults: self.faults }
    }
}

/// The upright [`View`] of a picture whose header was accepted, brought down by `reduction` (1, 2, 4 or 8; see
/// [`View::reduction`]). For a PDF: of its first page.
///
/// # Errors
/// [`Refusal`] when nothing can be seen, or a limit is met.
pub fn view(bytes: &[u8], header: &Header, reduction: u32, limits: &Limits) -> Result<Decoded<View>, Refusal> {
    match header.format {
        Format::Jpeg => jpeg::view(bytes, header, reduction, limits),
        Format::Png => png::view(bytes, header, reduction, limits),
        Format::Pdf => pdf::view(bytes, header, reduction, limits),
        _ => Err(Refusal::Unsupported(format!("{} pictures are not decoded", header.format))),
    }
    .map(|d| d.map(|view| view.oriented(header.orientation)))
}

/// A finer view of a part of a picture that [`view`] showed before: outside of the region (upright) it may be left gray,
/// and damage is not looked for again.
///
/// # Errors
/// As [`view`].
pub fn part(bytes: &[u8], header: &Header, reduction: u32, region: &Region, limits: &Limits) -> Result<View, Refusal> {
    if header.format != Format::Jpeg {
        return view(bytes, header, reduction, limits).map(|d| d.picture);
    }
    let stored = header.orientation.stored(region, header.width, header.height);
    let view = jpeg::part(bytes, header, reduction, &stored, limits)?;
    Ok(view.oriented(header.orientation))
}

/// The whole picture, upright, 8-bit sRGB, transparency flattened on white.
///
/// # Errors
/// [`Refusal`] when nothing can be seen, or a limit is met; [`Refusal::Unsupported`] for a PDF.
pub fn pixmap(bytes: &[u8], header: &Header, limits: &Limits) -> Result<Decoded<Pixmap>, Refusal> {
    let decoded = match header.format {
        Format::Jpeg => jpeg::pixmap(bytes, header, limits),
        Format::Png => png::pixmap(bytes, header, limits),
        _ => Err(Refusal::Unsupported(format!("{} pictures are not decoded", header.format))),
    }?;
    let upright = decoded.map(|picture| picture.turned(header.orientation, &limits.watch));
    limits.in_time()?;
    Ok(upright)
}

/// A sample over white: v * a + 255 * (1 - a), rounded.
fn on_white(v: u8, a: u8) -> u8 {
    let sum = u16::from(v) * u16::from(a) + 255 * (255 - u16::from(a)) + 128;
    ((sum + (sum >> 8)) >> 8) as u8
}
