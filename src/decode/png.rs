//! PNG pixels.

use super::Decoded;
use crate::{
    fault::Refusal,
    options::Limits,
    pixmap::{Pixmap, View},
    probe::Header,
};

/// The view, as stored (not yet upright).
pub fn view(bytes: &[u8], header: &Header, reduction: u32, limits: &Limits) -> Result<Decoded<View>, Refusal> {
    Ok(pixmap(bytes, header, limits)?.map(|p| View::from_pixmap(&p, reduction)))
}

/// The whole picture, as stored (not yet upright).
pub fn pixmap(bytes: &[u8], _header: &Header, limits: &Limits) -> Result<Decoded<Pixmap>, Refusal> {
    super::with_image(bytes, image::ImageFormat::Png, limits)
}
