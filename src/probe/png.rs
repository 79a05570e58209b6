//! The chunks of a PNG: size, depth, orientation, whether each is whole, and what stands behind the picture's end.
//! Compressed text and profiles are measured, not kept; the picture itself is left to `decode`.

pub(crate) mod chunks;
pub(crate) mod parts;
mod text;

use self::{chunks::Chunks, parts::Parts};
use super::{Details, Header, tiff::Tiff};
use crate::{
    fault::{Break, Fault, Refusal},
    format::{Format, second_kind, sniff},
    options::Limits,
    pixmap::Orientation,
};

/// What only a PNG has.
///
/// ```
/// use idenfy_preflight::{options::Limits, probe::{self, Details}};
/// let header = probe::probe(&std::fs::read("testdata/front.png")?, &Limits::default())?;
/// let Details::Png(png) = header.details else { panic!("a PNG") };
/// assert!(png.data_sums_hold);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct PngDetails {
    /// Bits per sample, 1 to 16.
    pub bit_depth: u8,
    /// The colour type of the IHDR chunk: 0 gray, 2 RGB, 3 palette, 4 gray with alpha, 6 RGB with alpha.
    pub colour_type: u8,
    /// Whether it is stored in seven passes (Adam7).
    pub interlaced: bool,
    /// Frames of an animation, `None` for a still picture.
    pub frames: Option<u32>,
    /// Whether it says what its colours are, with an ICC profile or by code points.
    pub colour_managed: bool,
    /// Whether the checksums of the picture data are right.
    pub data_sums_hold: bool,
}

/// Reads all chunks; the picture data is only summed.
///
/// # Errors
/// [`Refusal::Unreadable`] for a PNG that common decoders give up on, [`Refusal::Unsupported`] for Apple's variety,
/// [`Refusal::TooManyPixels`].
///
/// ```
/// use idenfy_preflight::{format::Format, options::Limits, probe::png};
/// let header = png::probe(&std::fs::read("testdata/front.png")?, &Limits::default())?;
/// assert_eq!(header.format, Format::Png);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn probe(bytes: &[u8], limits: &Limits) -> Result<Header, Refusal> {
    let mut parts = Parts::read(bytes, limits)?;
    let bad_data = Chunks::new(bytes).find(|c| &c.kind == b"IDAT" && parts.data.contains(&c.at) && !c.crc_holds());
    let mut faults = std::mem::take(&mut parts.faults);
    if let Some(chunk) = bad_data.filter(|chunk| !chunk.is_cut()) {
        faults.push(Fault::Damaged(Break::new("a checksum of the picture data is wrong").at_byte(chunk.at)));
    }
    faults.extend(text::swollen(bytes, limits));
    faults.extend(flattened(&parts));
    faults.extend(behind(bytes, parts.end));
    Ok(Header {
        format: Format::Png,
        width: parts.ihdr.width,
        height: parts.ihdr.height,
        orientation: parts.exif.map_or(Orientation::Upright, orientation),
        faults,
        details: Details::Png(PngDetails {
            bit_depth: parts.ihdr.depth,
            colour_type: parts.ihdr.colour,
            interlaced: parts.ihdr.interlaced,
            frames: parts.frames,
            colour_managed: parts.icc.is_some() || parts.cicp.is_some(),
            data_sums_hold: bad_data.is_none(),
        }),
    })
}

/// What a plain picture of 8 bits keeps nothing of. Transparency is told by `decode`: only pixels know.
fn flattened(parts: &Parts<'_>) -> Vec<Fault> {
    let animation = parts.frames.filter(|n| *n > 1).map(|n| format!("an animation of {n} frames"));
    let deep = (parts.ihdr.depth == 16).then(|| "16 bits per sample".to_owned());
    animation.into_iter().chain(deep).map(|what| Fault::Flattened { what }).collect()
}

/// What stands behind the picture's end, and whether the file is a second kind too.
fn behind(bytes: &[u8], end: usize) -> Option<Fault> {
    if let Some(also) = second_kind(bytes, end) {
        return Some(Fault::Polyglot { also: also.name() });
    }
    let rest = bytes.get(end..).filter(|rest| !rest.is_empty())?;
    let what = sniff(rest).map_or_else(|| "bytes of no known kind".to_owned(), Format::described);
    Some(Fault::Trailing { bytes: rest.len() as u64, what })
}

/// The orientation in an eXIf chunk; some writers leave the "Exif" of a JPEG's segment in front.
fn orientation(exif: &[u8]) -> Orientation {
    let tiff = exif.strip_prefix(b"Exif\0\0").unwrap_or(exif);
    Tiff::new(tiff).and_then(|tiff| tiff.orientation()).unwrap_or_default()
}

#[cfg(test)]
pub(crate) mod tests;
