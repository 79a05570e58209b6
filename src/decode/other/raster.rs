//! WebP, TIFF, BMP and GIF, by the `image` crate.

use super::check_memory;
use crate::{
    decode::{Decoded, colour::Profile, on_white},
    fault::{Fault, Refusal},
    options::Limits,
    pixmap::{Orientation, Pixmap},
    probe::check_size,
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
    let pages = tiff_pages(bytes);
    if pages > 1 {
        decoded.faults.push(Fault::Flattened { what: format!("further pages ({pages} in all)") });
    }
    Ok(decoded)
}

/// The pictures in a TIFF, previews left aside (TIFF 6.0, sections 2 and 8, NewSubfileType). No more are counted than
/// anyone scans.
#[cfg(feature = "tiff")]
pub(super) fn tiff_pages(bytes: &[u8]) -> usize {
    const MOST: usize = 1000;
    const NEW_SUBFILE_TYPE: u32 = 254;
    let big = bytes.starts_with(b"MM");
    let number = |at: usize, len: usize| {
        let bytes = bytes.get(at..at.checked_add(len)?)?;
        let shift = |value: u32, byte: &u8| value << 8 | u32::from(*byte);
        Some(if big { bytes.iter().fold(0, shift) } else { bytes.iter().rev().fold(0, shift) })
    };
    let (mut pages, mut next) = (0, number(4, 4));
    for _ in 0..MOST {
        let Some(at) = next.filter(|at| *at != 0).map(|at| at as usize) else { break };
        let Some(entries) = number(at, 2) else { break };
        let end = at.saturating_add(2).saturating_add(entries as usize * 12);
        let kind = (0..entries as usize).map(|i| at + 2 + i * 12).find(|e| number(*e, 2) == Some(NEW_SUBFILE_TYPE));
        let is_preview = kind.and_then(|entry| number(entry + 8, 4)).is_some_and(|bits| bits & 1 == 1);
        pages += usize::from(!is_preview);
        next = number(end, 4);
    }
    pages
}

#[cfg(feature = "bmp")]
pub(super) fn bmp(bytes: &[u8], limits: &Limits) -> Result<Decoded<Pixmap>, Refusal> {
    let decoder = codecs::bmp::BmpDecoder::new(Cursor::new(bytes)).map_err(|e| refusal(e, "BMP"))?;
    decoded(decoder, "BMP", limits)
}

#[cfg(feature = "gif")]
pub(super) fn gif(bytes: &[u8], limits: &Limits) -> Result<Decoded<Pixmap>, Refusal> {
    let decoder = || codecs::gif::GifDecoder::new(Cursor::new(bytes)).map_err(|e| refusal(e, "GIF"));
    let still = decoded(decoder()?, "GIF", limits)?;
    let animated = image::AnimationDecoder::into_frames(decoder()?).nth(1).is_some();
    Ok(note_animation(still, animated))
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
