//! Fewer pixels, resampled once from the original.

use crate::{pixmap::Pixmap, watch::Watch};
use fast_image_resize::{
    FilterType, ResizeAlg, ResizeOptions, Resizer,
    images::{TypedImage, TypedImageRef},
    pixels::U8x3,
};
use rayon::prelude::*;

/// Rows or columns that are resampled between two looks at the watch.
const BAND: usize = 64;

/// The picture in another size, by Lanczos3: across in bands of rows, then down in bands of columns, which gives what
/// the whole at once would, and can be broken off. `None` when it is time to stop.
pub(crate) fn resized(pixmap: Pixmap, size: (u32, u32), watch: &Watch) -> Option<Pixmap> {
    if size == (pixmap.width(), pixmap.height()) {
        return Some(pixmap);
    }
    let (width, height) = (pixmap.width() as usize, pixmap.height() as usize);
    let (w, h) = (size.0 as usize, size.1 as usize);
    let mut narrow = vec![0; w * height * 3];
    let rows = pixmap.data().par_chunks(width * BAND * 3);
    rows.zip(narrow.par_chunks_mut(w * BAND * 3)).try_for_each(|(from, to)| {
        let rows = from.len() / (width * 3);
        convolved(from, (width, rows), to, (w, rows), watch)
    })?;
    drop(pixmap);
    let columns: Option<Vec<Vec<u8>>> = (0..w.div_ceil(BAND))
        .into_par_iter()
        .map(|band| {
            let (start, across) = (band * BAND, BAND.min(w - band * BAND));
            let rows = narrow.chunks_exact(w * 3).filter_map(|row| row.get(start * 3..(start + across) * 3));
            let from: Vec<u8> = rows.flatten().copied().collect();
            let mut to = vec![0; across * h * 3];
            convolved(&from, (across, height), &mut to, (across, h), watch)?;
            Some(to)
        })
        .collect();
    drop(narrow);
    let mut rows: Vec<_> = columns.as_ref()?.iter().map(|band| band.chunks_exact(band.len() / h.max(1))).collect();
    let mut data = Vec::with_capacity(w * h * 3);
    for _ in 0..h {
        if watch.is_over() {
            return None;
        }
        rows.iter_mut().filter_map(Iterator::next).for_each(|row| data.extend_from_slice(row));
    }
    Pixmap::new(size.0, size.1, data)
}

/// One band, of which one side keeps its length.
fn convolved(from: &[u8], (w, h): (usize, usize), to: &mut [u8], size: (usize, usize), watch: &Watch) -> Option<()> {
    if watch.is_over() {
        return None;
    }
    // By its one pixel type: the untyped call brings the code for all sixteen.
    let from = TypedImageRef::<U8x3>::from_buffer(w as u32, h as u32, from).ok()?;
    let mut into = TypedImage::<U8x3>::from_buffer(size.0 as u32, size.1 as u32, to).ok()?;
    let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::Lanczos3));
    Resizer::new().resize_typed(&from, &mut into, &options).ok()
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
        fn bands_leave_no_seam(width in 1_u32..300, height in 1_u32..300, w in 1_u32..300, h in 1_u32..300) {
            let (picture, size) = (noise(width, height), (w.min(width), h.min(height)));
            let from = TypedImageRef::<U8x3>::from_buffer(width, height, picture.data()).unwrap();
            let mut whole = TypedImage::<U8x3>::new(size.0, size.1);
            let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::Lanczos3));
            Resizer::new().resize_typed(&from, &mut whole, &options).unwrap();
            let got = resized(picture.clone(), size, &Watch::default()).unwrap();
            prop_assert_eq!((got.width(), got.height()), size);
            // Both round to bytes between the two directions, which may come in either order.
            let off = got.data().iter().zip(whole.pixels().iter().flat_map(|p| p.0)).map(|(a, b)| a.abs_diff(b)).max();
            prop_assert!(off.unwrap() <= 2, "{off:?}");
        }
    }

    #[test]
    fn it_can_be_broken_off() {
        let cancel = Cancel::default();
        cancel.cancel();
        assert_eq!(resized(noise(200, 200), (100, 90), &Watch::new(&cancel, std::time::Duration::MAX)), None);
    }
}
