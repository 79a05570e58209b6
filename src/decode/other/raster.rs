//! WebP, TIFF, BMP and GIF, by the `image` crate.

use super::check_memory;
use crate::{
    decode::{Decoded, colour::Profile, on_white},
    fault::{Fault, Refusal},
    options::Limits,
    pixmap::{Orientation, Pixmap},
    probe::{check_size, tiff::Tiff},
};
use image::{DynamicImage, ImageDecoder, ImageError, codecs};
use std::io::{Cursor, ErrorKind};

#[cfg(feature = "webp")]
pub(super) fn webp(bytes: &[u8], limits: &Limits) -> Result<Decoded<Pixmap>, Refusal> {
    let decoder = codecs::webp::WebPDecoder::new(Cursor::new(bytes)).map_err(|e| refusal(e, "WebP"))?;
    let animated = decoder.has_animation();
    Ok(note_animation(decoded(decoder, "WebP", limits)?, animated))
}

#[cfg(feature = "tiff")]
pub(super) fn tiff(bytes: &[u8], limits: &Limits) -> Result<Decoded<Pixmap>, Refusal> {
    let decoder = codecs::tiff::TiffDecoder::new(Cursor::new(bytes)).map_err(|e| refusal(e, "TIFF"))?;
    let mut decoded = decoded(decoder, "TIFF", limits)?;
    let pages = Tiff::new(bytes).map_or(1, |tiff| tiff.pages());
    if pages > 1 {
        decoded.faults.push(Fault::Flattened { what: format!("further pages ({pages} in all)") });
    }
    Ok(decoded)
}

#[cfg(feature = "bmp")]
pub(super) fn bmp(bytes: &[u8], limits: &Limits) -> Result<Decoded<Pixmap>, Refusal> {
    let decoder = codecs::bmp::BmpDecoder::new(Cursor::new(bytes)).map_err(|e| refusal(e, "BMP"))?;
    decoded(decoder, "BMP", limits)
}

#[cfg(feature = "gif")]
pub(super) fn gif(bytes: &[u8], limits: &Limits) -> Result<Decoded<Pixmap>, Refusal> {
    let decoder = codecs::gif::GifDecoder::new(Cursor::new(bytes)).map_err(|e| refusal(e, "GIF"))?;
    Ok(note_animation(decoded(decoder, "GIF", limits)?, gif_frames(bytes).nth(1).is_some()))
}

/// The places of a GIF's frames (GIF89a, 20 and 24). Nothing is decoded: a frame may say that it is of any size.
#[cfg(feature = "gif")]
pub(super) fn gif_frames(bytes: &[u8]) -> impl Iterator<Item = usize> {
    // A table of colours, where a byte of flags says that there is one.
    let table = |flags: u8| if flags & 0x80 == 0 { 0 } else { 3 << ((flags & 7) + 1) };
    let mut at = bytes.get(10).map_or(bytes.len(), |flags| 13 + table(*flags));
    std::iter::from_fn(move || {
        loop {
            let start = at;
            let (frame, mut next) = match bytes.get(at)? {
                b',' => (true, at + 11 + table(*bytes.get(at + 9)?)),
                b'!' => (false, at + 2),
                _ => return None,
            };
            // Blocks of up to 255 bytes, each with its length before it, and one of none.
            loop {
                let len = *bytes.get(next)?;
                next += 1 + usize::from(len);
                if len == 0 {
                    break;
                }
            }
            at = next;
            if frame {
                return Some(start);
            }
        }
    })
}

#[cfg(any(feature = "webp", feature = "gif"))]
fn note_animation(mut decoded: Decoded<Pixmap>, animated: bool) -> Decoded<Pixmap> {
    if animated {
        decoded.faults.push(Fault::Flattened { what: "an animation".into() });
    }
    decoded
}

fn decoded(mut decoder: impl ImageDecoder, name: &str, limits: &Limits) -> Result<Decoded<Pixmap>, Refusal> {
    let (width, height) = decoder.dimensions();
    check_size(width.into(), height.into(), limits)?;
    // The picture as stored, as RGBA, and as RGB, of which no more than two are held at a time.
    check_memory(decoder.total_bytes().saturating_add(4 * u64::from(width) * u64::from(height)), limits)?;
    let mut bound = image::Limits::default();
    bound.max_alloc = Some(limits.max_memory);
    decoder.set_limits(bound).map_err(|e| refusal(e, name))?;
    let orientation = decoder.orientation().map_or(1, |o| o.to_exif());
    let profile = decoder.icc_profile().ok().flatten().and_then(|icc| Profile::from_icc(&icc, limits));

    let picture = DynamicImage::from_decoder(decoder).map_err(|e| refusal(e, name))?;
    let mut faults = Vec::new();
    if picture.color().bytes_per_pixel() > picture.color().channel_count() {
        faults.push(Fault::Flattened { what: "more than 8 bits per sample".into() });
    }
    let mut rgb = if picture.color().has_alpha() {
        let rgba = picture.into_rgba8();
        let pixels = rgba.as_raw().as_chunks::<4>().0;
        if pixels.iter().any(|[.., a]| *a != 255) {
            faults.push(Fault::Flattened { what: Fault::TRANSPARENCY.into() });
        }
        pixels.iter().flat_map(|[r, g, b, a]| [*r, *g, *b].map(|v| on_white(v, *a))).collect()
    } else {
        picture.into_rgb8().into_raw()
    };
    if let Some(profile) = profile {
        profile.to_srgb(&mut rgb, &limits.watch);
    }
    let picture = Pixmap::new(width, height, rgb).ok_or_else(|| Refusal::unreadable("the picture has no pixels"))?;
    Ok(Decoded { picture: picture.turned(Orientation::from_exif(orientation.into()), &limits.watch), faults })
}

/// A decoder's error in our words: its own are for programmers.
fn refusal(error: ImageError, name: &str) -> Refusal {
    match error {
        ImageError::Unsupported(_) => Refusal::Unsupported(format!("a {name} of a kind that is not converted")),
        ImageError::Limits(_) => Refusal::Unsupported("a picture that needs more memory than is allowed".into()),
        ImageError::IoError(e) if e.kind() == ErrorKind::UnexpectedEof => {
            Refusal::unreadable(format!("the {name} ends before its picture does"))
        }
        _ => Refusal::unreadable(format!("the {name} is damaged")),
    }
}
