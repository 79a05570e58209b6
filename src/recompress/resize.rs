//! Fewer pixels, resampled once from the original.

use crate::pixmap::Pixmap;
use fast_image_resize::{
    FilterType, ResizeAlg, ResizeOptions, Resizer,
    images::{TypedImage, TypedImageRef},
    pixels::U8x3,
};

/// The picture in another size, by Lanczos3.
pub(crate) fn resized(pixmap: Pixmap, (width, height): (u32, u32)) -> Pixmap {
    if (width, height) == (pixmap.width(), pixmap.height()) {
        return pixmap;
    }
    let Ok(from) = TypedImageRef::<U8x3>::from_buffer(pixmap.width(), pixmap.height(), pixmap.data()) else {
        return pixmap;
    };
    // By its one pixel type: the untyped call brings the code for all sixteen.
    let mut into = TypedImage::<U8x3>::new(width, height);
    let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::Lanczos3));
    match Resizer::new().resize_typed(&from, &mut into, &options) {
        Ok(()) => {
            let samples = into.pixels().iter().flat_map(|p| p.0).collect();
            Pixmap::new(width, height, samples).unwrap_or(pixmap)
        }
        Err(_) => pixmap,
    }
}
