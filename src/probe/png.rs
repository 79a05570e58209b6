//! The chunks of a PNG: size, depth, orientation, and whether each is whole.

use super::{Details, Header, check_size};
use crate::{fault::Refusal, format::Format, options::Limits, pixmap::Orientation};

/// What only a PNG has.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct PngDetails {
    /// Bits per sample, 1 to 16.
    pub bit_depth: u8,
    /// The colour type of the IHDR chunk: 0 gray, 2 RGB, 3 palette, 4 gray with alpha, 6 RGB with alpha.
    pub colour_type: u8,
    /// Frames of an animation, `None` for a still picture.
    pub frames: Option<u32>,
}

/// Reads the header chunk.
///
/// # Errors
/// [`Refusal::Unreadable`] for a broken header, [`Refusal::TooManyPixels`].
pub fn probe(bytes: &[u8], limits: &Limits) -> Result<Header, Refusal> {
    let decoder = png::Decoder::new(std::io::Cursor::new(bytes));
    let reader = decoder.read_info().map_err(|e| Refusal::unreadable(e.to_string()))?;
    let info = reader.info();
    check_size(info.width.into(), info.height.into(), limits)?;
    Ok(Header {
        format: Format::Png,
        width: info.width,
        height: info.height,
        orientation: Orientation::Upright,
        faults: Vec::new(),
        details: Details::Png(PngDetails {
            bit_depth: info.bit_depth as u8,
            colour_type: info.color_type as u8,
            frames: info.animation_control.map(|a| a.num_frames),
        }),
    })
}
