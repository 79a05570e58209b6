//! Fewer pixels, resampled once from the original.

use crate::{pixmap::Pixmap, watch::Watch};
use fast_image_resize::{
    FilterType, ResizeAlg, ResizeOptions, Resizer,
    images::{TypedImage, TypedImageRef},
    pixels::U8x3,
};
use rayon::prelude::*;

/// Most rows of the result between two looks at the watch. Each band weighs the columns anew, which costs the more the
/// fewer rows share it.
const BAND: u64 = 128;
/// Most pixels of the original that a band of several rows is made of, where few rows come of many.
const BAND_PIXELS: u64 = 8_000_000;
/// The longest side that is resampled. Weights take 60 bytes for each pixel along it, in every thread; no document is that
/// long.
const LONGEST: u32 = 1 << 20;

/// The picture in another size, by Lanczos3 (both ways by fixed-point weights, rounded to bytes in between): in bands of
/// rows, which gives what the whole at once would to within one level, and can be broken off. `None` when it is time to
/// stop, or a side is longer than [`LONGEST`].
pub(crate) fn resized(pixmap: Pixmap, size: (u32, u32), watch: &Watch) -> Option<Pixmap> {
    let (width, height) = (pixmap.width(), pixmap.height());
    if size == (width, height) {
        return Some(pixmap);
    }
    if width.max(height) > LONGEST {
        return None;
    }
    let (w, h) = (size.0 as usize, size.1 as usize);
    // By sizes alone: the result does not depend on the machine.
    let band_rows = band(u64::from(width) * u64::from(height), size.1);
    let mut data = vec![0; w * h * 3];
    let bands = data.par_chunks_mut(w * band_rows * 3).enumerate();
    let done = bands.try_for_each_init(Resizer::new, |resizer, (band, to)| {
        if watch.is_over() {
            return None;
        }
        let rows = to.len() / (w * 3);
        let (top, down) = part(height, size.1, band * band_rows, rows);
        let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::Lanczos3));
        // By its one pixel type: the untyped call brings the code for all sixteen.
        let from = TypedImageRef::<U8x3>::from_buffer(width, height, pixmap.data()).ok()?;
        let mut to = TypedImage::<U8x3>::from_buffer(size.0, rows as u32, to).ok()?;
        resizer.resize_typed(&from, &mut to, &options.crop(0.0, top, f64::from(width), down)).ok()
    });
    watch.release(pixmap);
    done.and_then(|()| Pixmap::new(size.0, size.1, data))
}

/// Rows of a band of a result `h` rows high.
fn band(pixels: u64, h: u32) -> usize {
    (BAND_PIXELS.saturating_mul(h.into()) / pixels.max(1)).clamp(1, BAND) as usize
}

/// Where `rows` of `h` rows from `first` on lie in a picture of this height: the top and the height of that part.
fn part(height: u32, h: u32, first: usize, rows: usize) -> (f64, f64) {
    let at = |row: usize| row as f64 * f64::from(height) / f64::from(h.max(1));
    (at(first), at(first + rows) - at(first))
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
        for height in (1..3000_u32).chain(9_000..9_100).chain(65_000..65_536) {
            for h in [1, 7, height / 3, height / 2, height * 2 / 3, height - 1, height].map(|n| n.max(1)) {
                for rows in [3, BAND as u32] {
                    for first in (0..h).step_by(rows as usize) {
                        let (top, down) = part(height, h, first as usize, (h - first).min(rows) as usize);
                        assert!(top >= 0.0 && down > 0.0 && top + down <= f64::from(height), "{height} {h} {first}");
                    }
                }
            }
        }
    }

    #[test]
    fn a_band_is_little_work_whatever_the_shape() {
        assert_eq!(band(12_000_000, 1500), 128);
        assert_eq!(band(65_535 * 1_500, 19), 1);
        assert_eq!((band(0, 1), band(u64::MAX, u32::MAX)), (128, 1));
        let long = Pixmap::new(LONGEST + 1, 1, vec![0; (LONGEST as usize + 1) * 3]).unwrap();
        assert_eq!(resized(long, (1000, 1), &Watch::default()), None);
    }

    #[test]
    fn it_can_be_broken_off() {
        let cancel = Cancel::default();
        cancel.cancel();
        assert_eq!(resized(noise(200, 200), (100, 90), &Watch::new(&cancel, std::time::Duration::MAX)), None);
    }
}
