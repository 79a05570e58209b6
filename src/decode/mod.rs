//! Pixels, within limits. [`view`] gives measuring what it needs and no more; [`pixmap`] gives the whole picture, for
//! encoding anew. Both read every byte of the picture, so that damage is noticed on either road.
//!
//! ```
//! use idenfy_preflight::{decode, options::Limits, pixmap::View, probe};
//!
//! let (limits, photo) = (Limits::default(), std::fs::read("testdata/front.jpg")?);
//! let header = probe::probe(&photo, &limits)?; // nothing is allocated before
//! let view = decode::view(&photo, &header, View::reduction(header.width, header.height), &limits)?;
//! assert!(view.faults.is_empty());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub(crate) mod colour;
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
///
/// ```
/// use idenfy_preflight::{decode, options::Limits, probe};
/// let (limits, photo) = (Limits::default(), std::fs::read("testdata/damaged.jpg")?);
/// let header = probe::probe(&photo, &limits)?;
/// let decoded = decode::pixmap(&photo, &header, &limits)?;
/// assert!(!decoded.faults.is_empty(), "what is lost is told");
/// let size = decoded.map(|picture| (picture.width(), picture.height()));
/// assert_eq!(size.picture, header.upright_size());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Decoded<T> {
    /// The picture, upright.
    pub picture: T,
    /// Damage that left something to look at.
    pub faults: Vec<Fault>,
}

impl<T> Decoded<T> {
    /// The same faults beside something made of the picture.
    ///
    /// ```
    /// use idenfy_preflight::decode::Decoded;
    /// let decoded = Decoded { picture: 21, faults: vec![] };
    /// assert_eq!(decoded.map(|n| 2 * n).picture, 42);
    /// ```
    pub fn map<U>(self, f: impl FnOnce(T) -> U) -> Decoded<U> {
        Decoded { picture: f(self.picture), faults: self.faults }
    }
}

/// The upright [`View`] of a picture whose header was accepted, brought down by `reduction` (1, 2, 4 or 8; see
/// [`View::reduction`]). For a PDF: of its first page.
///
/// # Errors
/// [`Refusal`] when nothing can be seen, or a limit is met.
///
/// ```
/// use idenfy_preflight::{decode, options::Limits, pixmap::View, probe};
/// let (limits, photo) = (Limits::default(), std::fs::read("testdata/front.jpg")?);
/// let header = probe::probe(&photo, &limits)?;
/// let (width, height) = header.upright_size();
/// let view = decode::view(&photo, &header, View::reduction(width, height), &limits)?.picture;
/// assert_eq!((view.width, view.luma.width()), (1600, 1600));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
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
///
/// ```
/// use idenfy_preflight::{decode, options::Limits, pixmap::Region, probe};
/// let (limits, photo) = (Limits::default(), std::fs::read("testdata/front.jpg")?);
/// let header = probe::probe(&photo, &limits)?;
/// let middle = Region { x: 400..1200, y: 300..900 };
/// let view = decode::part(&photo, &header, 1, &middle, &limits)?;
/// assert_eq!((view.width, view.height), (1600, 1200));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
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
///
/// ```
/// use idenfy_preflight::{decode, options::Limits, probe};
/// let (limits, photo) = (Limits::default(), std::fs::read("testdata/front.png")?);
/// let header = probe::probe(&photo, &limits)?;
/// let picture = decode::pixmap(&photo, &header, &limits)?.picture;
/// assert_eq!(picture.data().len() as u32, picture.width() * picture.height() * 3);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
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
