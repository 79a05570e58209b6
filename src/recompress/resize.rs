//! Fewer pixels, resampled once from the original.

use crate::pixmap::Pixmap;
use fast_image_resize::{FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer, images::Image, images::ImageRef};

/// The picture in another size, by Lanczos3.
pub(super) fn resized(pixmap: Pixmap, (width, height): (u32, u32)) -> Pixmap {
    if (width, height) == (pixmap.width(), pixmap.height()) {
        return pixmap;
    }
    let Ok(from) = ImageRef::new(pixmap.width(), pixmap.height(), pixmap.data(), PixelType::U8x3) else {
        return pixmap;
    };
    let mut into = Image::new(width, height, PixelType::U8x3);
    let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::Lanczos3));
    match Resizer::new().resize(&from, &mut into, &options) {
        Ok(()) => Pixmap::new(width, height, into.into_vec()).unwrap_or(pixmap),
        Err(_) => pixmap,
    }
}
