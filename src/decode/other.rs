//! Pictures in formats that users have and the service does not take, for conversion: HEIC, WebP, TIFF, BMP and GIF.
//!
//! AVIF, JPEG XL and JPEG 2000 are named and not converted. The one AV1 decoder in Rust is a translation from C, unsafe
//! throughout; the decoders of the other two are sound, and weigh more in a build than so rare an upload is worth.

#[cfg(feature = "heic")]
mod heic;
#[cfg(any(feature = "webp", feature = "tiff", feature = "bmp", feature = "gif"))]
mod raster;

#[cfg(any(feature = "heic", feature = "webp", feature = "tiff", feature = "bmp", feature = "gif"))]
use crate::aside::aside;

use super::Decoded;
use crate::{fault::Refusal, format::Format, options::Limits, pixmap::Pixmap};

/// Whether pictures of this format are converted by this build.
///
/// ```
/// use idenfy_preflight::{decode::other::converts, format::Format};
/// assert_eq!(converts(Format::Heic), cfg!(feature = "heic"));
/// assert!(!converts(Format::Avif));
/// ```
pub fn converts(format: Format) -> bool {
    let built = [
        (Format::Heic, cfg!(feature = "heic")),
        (Format::WebP, cfg!(feature = "webp")),
        (Format::Tiff, cfg!(feature = "tiff")),
        (Format::Bmp, cfg!(feature = "bmp")),
        (Format::Gif, cfg!(feature = "gif")),
    ];
    built.contains(&(format, true))
}

/// The whole picture, upright, in sRGB, transparency flattened on white; of an animation its first frame, of several
/// pictures the main one.
///
/// # Errors
/// [`Refusal::Unsupported`] for formats that are not converted, or without their cargo feature;
/// [`Refusal::TooManyPixels`] and [`Refusal::Limit`] from the header, before anything is allocated for the picture;
/// [`Refusal::Unreadable`]; [`Refusal::DecoderFault`] when a decoder panics, which is contained;
/// [`Refusal::TookTooLong`].
///
/// ```
/// # #[cfg(feature = "bmp")] {
/// use idenfy_preflight::{decode::other, format::Format, options::Limits};
/// let bitmap = std::fs::read("testdata/converted.bmp")?;
/// let picture = other::pixmap(&bitmap, Format::Bmp, &Limits::default())?.picture;
/// assert!(picture.width() > 0);
/// # }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn pixmap(bytes: &[u8], format: Format, limits: &Limits) -> Result<Decoded<Pixmap>, Refusal> {
    match format {
        #[cfg(feature = "heic")]
        Format::Heic => guarded("HEIC", heic::pixmap, bytes, limits),
        #[cfg(feature = "webp")]
        Format::WebP => guarded("WebP", raster::webp, bytes, limits),
        #[cfg(feature = "tiff")]
        Format::Tiff => guarded("TIFF", raster::tiff, bytes, limits),
        #[cfg(feature = "bmp")]
        Format::Bmp => guarded("BMP", raster::bmp, bytes, limits),
        #[cfg(feature = "gif")]
        Format::Gif => guarded("GIF", raster::gif, bytes, limits),
        #[allow(unreachable_patterns, reason = "each of them has a feature of its own")]
        Format::Heic | Format::WebP | Format::Tiff | Format::Bmp | Format::Gif => {
            let _ = (bytes, limits);
            Err(Refusal::Unsupported(format!(
                "{format}, which this build does not convert (cargo feature `{}`)",
                format.name()
            )))
        }
        _ => Err(Refusal::Unsupported(format!("{format}, which is not converted"))),
    }
}

/// Runs a decoder that has seen less of the world than those for JPEG and PNG, and that cannot be stopped. It is given a
/// copy of the file, so that it can be left behind.
#[cfg(any(feature = "heic", feature = "webp", feature = "tiff", feature = "bmp", feature = "gif"))]
fn guarded(
    decoder: &'static str,
    decode: fn(&[u8], &Limits) -> Result<Decoded<Pixmap>, Refusal>,
    bytes: &[u8],
    limits: &Limits,
) -> Result<Decoded<Pixmap>, Refusal> {
    let (bytes, own) = (bytes.to_vec(), limits.clone());
    let decoded = aside(decoder, limits.max_time, limits, move || decode(&bytes, &own))?;
    // What it did when it was time to stop is not the picture.
    limits.in_time()?;
    decoded.unwrap_or(Err(Refusal::TookTooLong { limit: limits.max_time }))
}

#[cfg(any(feature = "heic", feature = "webp", feature = "tiff", feature = "bmp", feature = "gif"))]
fn check_memory(needed: u64, limits: &Limits) -> Result<(), Refusal> {
    if needed > limits.max_memory {
        return Err(Refusal::Limit { what: "bytes of memory", needed, limit: limits.max_memory });
    }
    Ok(())
}

#[cfg(test)]
#[cfg(feature = "convert")]
mod tests;
