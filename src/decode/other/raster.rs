//! WebP, TIFF, BMP and GIF, by the `image` crate.

use super::check_memory;
use crate::{
    decode::{Decoded, colour::Profile, on_white},
    fault::{Break, Fault, Refusal},
    options::Limits,
    pixmap::{Orientation, Pixmap},
    probe::check_size,
};
use image::{DynamicImage, ImageDecoder, ImageError, codecs};
use std::io::Cursor;

#[cfg(feature = "webp")]
pub(super) fn webp(bytes: &[u8], limits: &Limits) -> Result<Decoded<Pixmap>, Refusal> {
    let decoder = codecs::webp::WebPDecoder::new(Cursor::new(bytes)).map_err(refusal)?;
    let animated = decoder.has_animation();
    Ok(note_animation(decoded(decoder, limits)?, animated))
}

#[cfg(feature = "tiff")]
pub(super) fn tiff(bytes: &[u8], limits: &Limits) -> Result<Decoded<Pixmap>, Refusal> {
    decoded(codecs::tiff::TiffDecoder::new(Cursor::new(bytes)).map_err(refusal)?, limits)
}

#[cfg(feature = "bmp")]
pub(super) fn bmp(bytes: &[u8], limits: &Limits) -> Result<Decoded<Pixmap>, Refusal> {
    decoded(codecs::bmp::BmpDecoder::new(Cursor::new(bytes)).map_err(refusal)?, limits)
}

#[cfg(feature = "gif")]
pub(super) fn gif(bytes: &[u8], limits: &Limits) -> Result<Decoded<Pixmap>, Refusal> {
    let decoder = || codecs::gif::GifDecoder::new(Cursor::new(bytes)).map_err(refusal);
    let still = decoded(decoder()?, limits)?;
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

fn decoded(mut decoder: impl ImageDecoder, limits: &Limits) -> Result<Decoded<Pixmap>, Refusal> {
    let (width, height) = decoder.dimensions();
    check_size(width.into(), height.into(), limits)?;
    // The picture as stored, as RGBA, and as RGB, of which no more than two are held at a time.
    check_memory(decoder.total_bytes().saturating_add(4 * u64::from(width) * u64::from(height)), limits)?;
    let mut bound = image::Limits::default();
    bound.max_alloc = Some(limits.max_memory);
    decoder.set_limits(bound).map_err(refusal)?;
    let orientation = decoder.orientation().map_or(1, |o| o.to_exif());
    let profile = decoder.icc_profile().ok().flatten().and_then(|icc| Profile::from_icc(&icc, limits));

    let picture = DynamicImage::from_decoder(decoder).map_err(refusal)?;
    let mut faults = Vec::new();
    if picture.color().bytes_per_pixel() > picture.color().channel_count() {
        faults.push(Fault::Flattened { what: "more than 8 bits per sample".into() });
    }
    let mut rgb = if picture.color().has_alpha() {
        let rgba = picture.into_rgba8();
        let pixels = rgba.as_raw().as_chunks::<4>().0;
        if pixels.iter().any(|[.., a]| *a != 255) {
            faults.push(Fault::Flattened { what: "transparency".into() });
        }
        pixels.iter().flat_map(|[r, g, b, a]| [*r, *g, *b].map(|v| on_white(v, *a))).collect()
    } else {
        picture.into_rgb8().into_raw()
    };
    if let Some(profile) = profile {
        profile.to_srgb(&mut rgb, &limits.watch);
    }
    let picture = Pixmap::new(width, height, rgb).ok_or_else(|| Refusal::unreadable("the picture has no pixels"))?;
    Ok(Decoded { picture: picture.oriented(Orientation::from_exif(orientation.into())), faults })
}

fn refusal(error: ImageError) -> Refusal {
    match error {
        ImageError::Unsupported(e) => Refusal::Unsupported(e.to_string()),
        ImageError::Limits(_) => Refusal::Unsupported("a picture that needs more memory than is allowed".into()),
        other => Refusal::Unreadable(Break::new(other.to_string())),
    }
}
