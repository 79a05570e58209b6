//! Fewer pixels, resampled once from the original.

use crate::{pixmap::Pixmap, watch::Watch};
use fast_image_resize::{
    FilterType, ResizeAlg, ResizeOptions, Resizer,
    images::{TypedImage, TypedImageRef},
    pixels::U8x3,
};
use rayon::prelude::*;

/// Rows of the result between two looks at the watch. Each band weighs the columns anew, which takes a fifth of the time
/// at this many.
const BAND: usize = 128;

/// The picture in another size, by Lanczos3 (both ways by fixed-point weights, rounded to bytes in between): in bands of
/// rows, which gives what the whole at once would, and can be broken off. `None` when it is time to stop.
pub(crate) fn resized(pixmap: Pixmap, size: (u32, u32), watch: &Watch) -> Option<Pixmap> {
    if size == (pixmap.width(), pixmap.height()) {
        return Some(pixmap);
    }
    let (width, height) = (pixmap.width(), pixmap.height());
    let (w, h) = (size.0 as usize, size.1 as usize);
    let mut data = vec![0; w * h * 3];
    let done = data.par_chunks_mut(w * BAND * 3).enumerate().try_for_each_init(Resizer::new, |resizer, (band, to)| {
        if watch.is_over() {
            return None;
        }
        let rows = to.len() / (w * 3);
        let (top, down) = part(f64::from(height), h, band * BAND, rows);
        let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::Lanczos3));
        // By its one pixel type: the untyped call brings the code for all sixteen.
        let from = TypedImageRef::<U8x3>::from_buffer(width, height, pixmap.data()).ok()?;
        let mut to = TypedImage::<U8x3>::from_buffer(size.0, rows as u32, to).ok()?;
        resizer.resize_typed(&from, &mut to, &options.crop(0.0, top, f64::from(width), down)).ok()
    });
    watch.release(pixmap);
    done.and_then(|()| Pixmap::new(size.0, size.1, data))
}

/// Where `rows` of `all` rows from `first` on lie in a picture of this height: the top and the height of that part.
fn part(height: f64, all: usize, first: usize, rows: usize) -> (f64, f64) {
    let at = |row: usize| row as f64 * height / all.max(1) as f64;
    let top = at(first);
    (top, (at(first + rows) - top).min(height - top))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Cancel;
    use proptest::prelude::*;

    fn noise(width: u32, height: u32) -> Pixmap {
        let level = |i: u32| 100 + (i.wrapping_mul(0x9E37_79B9) >> 26) as u8 + (i / 97 % 60) as u8;
        Pixmap::new(width, height, (0..width * height * 3).map(level).collect()).unwrap()
    }

    proptest! {
        #[test]
        fn bands_leave_no_seam(width in 1_u32..300, height in 1_u32..900, w in 1_u32..300, h in 1_u32..900) {
            let (picture, size) = (noise(width, height), (w.min(width), h.min(height)));
            let from = TypedImageRef::<U8x3>::from_buffer(width, height, picture.data()).unwrap();
            let mut whole = TypedImage::<U8x3>::new(size.0, size.1);
            let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::Lanczos3));
            Resizer::new().resize_typed(&from, &mut whole, &options).unwrap();
            let got = resized(picture.clone(), size, &Watch::default()).unwrap();
            prop_assert_eq!((got.width(), got.height()), size);
            // Weights are rounded to fixed point: a part's may differ in the last digit.
            let off = got.data().iter().zip(whole.pixels().iter().flat_map(|p| p.0)).map(|(a, b)| a.abs_diff(b)).max();
            prop_assert!(off.unwrap() <= 1, "{off:?}");
        }
    }

    /// fast_image_resize refuses a part that ends beyond the picture, be it by a rounding error.
    #[test]
    fn every_part_lies_in_the_picture() {
        for height in (1..3000).chain(9_000..9_100).chain(65_000..65_536) {
            for all in [1, 7, height / 3, height / 2, height * 2 / 3, height - 1, height].map(|n| n.max(1)) {
                for first in (0..all).step_by(BAND) {
                    let (top, down) =
                        part(f64::from(height), all as usize, first as usize, BAND.min((all - first) as usize));
                    assert!(top >= 0.0 && down > 0.0 && top + down <= f64::from(height), "{height} {all} {first}");
                }
            }
        }
    }

    #[test]
    fn it_can_be_broken_off() {
        let cancel = Cancel::default();
        cancel.cancel();
        assert_eq!(resized(noise(200, 200), (100, 90), &Watch::new(&cancel, std::time::Duration::MAX)), None);
    }
}
