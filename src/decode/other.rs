//! Pictures in formats that users have and the service does not take, for conversion: HEIC, WebP, TIFF, BMP and GIF.
//!
//! AVIF, JPEG XL and JPEG 2000 are named and not converted. The one AV1 decoder in Rust is a translation from C, unsafe
//! throughout; the decoders of the other two are sound, and weigh more in a build than so rare an upload is worth.

#[cfg(feature = "convert")]
mod heic;
#[cfg(feature = "convert")]
mod raster;

use super::Decoded;
use crate::{fault::Refusal, format::Format, options::Limits, pixmap::Pixmap};

/// The whole picture, upright, in sRGB, transparency flattened on white; of an animation its first frame, of several
/// pictures the main one.
///
/// # Errors
/// [`Refusal::Unsupported`] for formats that are not converted, or without the cargo feature `convert`;
/// [`Refusal::TooManyPixels`] and [`Refusal::Limit`] from the header, before anything is allocated for the picture;
/// [`Refusal::Unreadable`]; [`Refusal::DecoderFault`] when a decoder panics, which is contained.
pub fn pixmap(bytes: &[u8], format: Format, limits: &Limits) -> Result<Decoded<Pixmap>, Refusal> {
    #[cfg(feature = "convert")]
    match format {
        Format::Heic => return contained("HEIC", || heic::pixmap(bytes, limits)),
        Format::WebP => return contained("WebP", || raster::webp(bytes, limits)),
        Format::Tiff => return contained("TIFF", || raster::tiff(bytes, limits)),
        Format::Bmp => return contained("BMP", || raster::bmp(bytes, limits)),
        Format::Gif => return contained("GIF", || raster::gif(bytes, limits)),
        _ => {}
    }
    #[cfg(not(feature = "convert"))]
    if let Format::Heic | Format::WebP | Format::Tiff | Format::Bmp | Format::Gif = format {
        let _ = (bytes, limits);
        return Err(Refusal::Unsupported(format!(
            "{format}, which this build does not convert (cargo feature `convert`)"
        )));
    }
    Err(Refusal::Unsupported(format!("{format}, which is not converted")))
}

/// Runs a decoder that has seen less of the world than those for JPEG and PNG.
#[cfg(feature = "convert")]
fn contained<T>(decoder: &'static str, decode: impl FnOnce() -> Result<T, Refusal>) -> Result<T, Refusal> {
    // Nothing outlives the call but its result, so nothing can be left in a broken state.
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(decode)).unwrap_or(Err(Refusal::DecoderFault { decoder }))
}

#[cfg(feature = "convert")]
fn check_memory(needed: u64, limits: &Limits) -> Result<(), Refusal> {
    if needed > limits.max_memory {
        return Err(Refusal::Limit { what: "bytes of memory", needed, limit: limits.max_memory });
    }
    Ok(())
}

#[cfg(test)]
#[cfg(feature = "convert")]
mod tests;
