//! [`ViewRows`]: rows of samples in, a [`View`] out, without ever holding the full picture.

use super::{BlockRows, Plane, SIDE, View};

/// How the samples of a row lie, 8 bits each.
///
/// ```
/// use idenfy_preflight::pixmap::Samples;
/// assert_eq!([Samples::Gray.per_pixel(), Samples::Rgb.per_pixel()], [1, 3]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Samples {
    /// One gray sample a pixel.
    Gray,
    /// Red, green, blue.
    Rgb,
    /// Red, green, blue, and a fourth that is passed over.
    Rgbx,
}

impl Samples {
    /// Bytes of a pixel.
    pub fn per_pixel(self) -> usize {
        match self {
            Self::Gray => 1,
            Self::Rgb => 3,
            Self::Rgbx => 4,
        }
    }
}

/// Builds a [`View`] from rows as they come.
///
/// Rows are first added up sample by sample, which compilers turn into vector instructions; only every `n`-th row is
/// then added up sideways and brought to luma and chroma.
///
/// ```
/// use idenfy_preflight::pixmap::{Samples, ViewRows};
/// let mut rows = ViewRows::new(4, 4, 2, Samples::Gray);
/// for row in [[0, 0, 200, 200]; 4] {
///     rows.push(&row);
/// }
/// let view = rows.finish().unwrap();
/// assert_eq!(view.luma.data(), [0, 200, 0, 200]);
/// ```
pub struct ViewRows {
    width: u32,
    height: u32,
    /// The reduction: 1, 2, 4 or 8. The sum of a cell, 64 times 255 at most, fits 16 bits.
    n: u32,
    samples: Samples,
    sums: Vec<u16>,
    taken: u32,
    pending: u32,
    luma: Vec<u8>,
    cb: Vec<u8>,
    cr: Vec<u8>,
    coloured: bool,
    blocks: BlockRows,
}

impl ViewRows {
    /// For a picture of `width` x `height`, reduced by `n`: 1, 2, 4 or 8, others count as the next lower of these.
    pub fn new(width: u32, height: u32, n: u32, samples: Samples) -> Self {
        let n = 1 << n.clamp(1, 8).ilog2();
        let area = (width.div_ceil(n) as usize).saturating_mul(height.div_ceil(n) as usize);
        let chroma = || Vec::with_capacity(if samples == Samples::Gray { 0 } else { area });
        let row = (width as usize).saturating_mul(samples.per_pixel());
        Self {
            width,
            height,
            n,
            samples,
            sums: vec![0; if n == 1 { 0 } else { row }],
            taken: 0,
            pending: 0,
            luma: Vec::with_capacity(area),
            cb: chroma(),
            cr: chroma(),
            coloured: false,
            blocks: BlockRows::new(width, height),
        }
    }

    /// Takes one row. A shorter one is taken as far as it goes, the rest of it is black; rows past the last are ignored.
    ///
    /// ```
    /// use idenfy_preflight::pixmap::{Samples, ViewRows};
    /// let mut rows = ViewRows::new(2, 2, 1, Samples::Gray);
    /// rows.push(&[9, 9]); // and the file breaks off
    /// assert_eq!(rows.finish().unwrap().luma.data(), [9, 9, 128, 128]);
    /// ```
    pub fn push(&mut self, row: &[u8]) {
        if self.taken == self.height {
            return;
        }
        let samples = self.samples;
        self.blocks.push(self.taken, |x| luma(row.get(x * samples.per_pixel()..)?, samples));
        self.taken += 1;
        let full = self.width as usize * self.samples.per_pixel();
        if self.n == 1 {
            match row.get(..full) {
                Some(row) => self.convert(row, 1),
                None => self.convert(&[row, &vec![0; full - row.len()]].concat(), 1),
            }
            return;
        }
        for (sum, v) in self.sums.iter_mut().zip(row) {
            *sum += u16::from(*v);
        }
        self.pending += 1;
        if self.pending == self.n || self.taken == self.height {
            self.flush();
        }
    }

    fn flush(&mut self) {
        let mut sums = std::mem::take(&mut self.sums);
        self.convert(&sums, self.pending);
        sums.fill(0);
        self.sums = sums;
        self.pending = 0;
    }

    /// One row of cells from `rows` rows' sums. A size known at compile time makes the division a shift.
    fn convert<T: Copy + Into<u32>>(&mut self, sums: &[T], rows: u32) {
        match (self.samples, self.n) {
            (Samples::Gray, 1) => self.cells::<T, 1, 1>(sums, rows),
            (Samples::Gray, 2) => self.cells::<T, 1, 2>(sums, rows),
            (Samples::Gray, 4) => self.cells::<T, 1, 4>(sums, rows),
            (Samples::Gray, _) => self.cells::<T, 1, 8>(sums, rows),
            (Samples::Rgb, 1) => self.cells::<T, 3, 1>(sums, rows),
            (Samples::Rgb, 2) => self.cells::<T, 3, 2>(sums, rows),
            (Samples::Rgb, 4) => self.cells::<T, 3, 4>(sums, rows),
            (Samples::Rgb, _) => self.cells::<T, 3, 8>(sums, rows),
            (Samples::Rgbx, 1) => self.cells::<T, 4, 1>(sums, rows),
            (Samples::Rgbx, 2) => self.cells::<T, 4, 2>(sums, rows),
            (Samples::Rgbx, 4) => self.cells::<T, 4, 4>(sums, rows),
            (Samples::Rgbx, _) => self.cells::<T, 4, 8>(sums, rows),
        }
    }

    fn cells<T: Copy + Into<u32>, const SAMPLES: usize, const N: usize>(&mut self, sums: &[T], rows: u32) {
        let (cells, rest) = sums.as_chunks::<SAMPLES>().0.as_chunks::<N>();
        let count = (N * N) as u32;
        if rows == N as u32 {
            self.extend(cells.iter().map(|cell| (sum(cell), count)));
        } else {
            self.extend(cells.iter().map(|cell| (sum(cell), rows * N as u32)));
        }
        if !rest.is_empty() {
            self.extend(std::iter::once((sum(rest), rows * rest.len() as u32)));
        }
    }

    /// Takes cells: the sums of their samples, and how many pixels they have.
    #[inline(always)]
    fn extend<const SAMPLES: usize>(&mut self, cells: impl ExactSizeIterator<Item = ([u32; SAMPLES], u32)>) {
        if SAMPLES == 1 {
            self.luma.extend(cells.map(|(sum, count)| mean(sum.iter().sum::<u32>() * 65536, count)));
            return;
        }
        let start = self.luma.len();
        for plane in [&mut self.luma, &mut self.cb, &mut self.cr] {
            plane.resize(start + cells.len(), 0);
        }
        let planes = [&mut self.luma, &mut self.cb, &mut self.cr].map(|p| p.get_mut(start..).unwrap_or_default());
        let [luma, cb, cr] = planes;
        let mut colour = 0;
        for ((((sum, count), y), cb), cr) in cells.zip(luma).zip(cb).zip(cr) {
            let [r, g, b] = *sum.first_chunk().unwrap_or(&[0; 3]);
            // BT.601 in 16-bit fixed point (JFIF 1.02, section 3).
            let neutral = 128 * 65536 * count;
            *y = mean(weighted(r, g, b), count);
            *cb = mean(neutral + 32768 * b - 11059 * r - 21709 * g, count);
            *cr = mean(neutral + 32768 * r - 27439 * g - 5329 * b, count);
            colour |= (*cb ^ 128) | (*cr ^ 128);
        }
        self.coloured |= colour != 0;
    }

    /// The view; rows that never came are mid-gray. `None` for a picture without pixels.
    pub fn finish(mut self) -> Option<View> {
        if self.pending > 0 {
            self.flush();
        }
        let (w, h) = (self.width.div_ceil(self.n), self.height.div_ceil(self.n));
        let len = w as usize * h as usize;
        let full = |mut v: Vec<u8>| {
            v.resize(len, 128);
            Plane::new(w, h, v)
        };
        let chroma = if self.coloured { Some([full(self.cb)?, full(self.cr)?]) } else { None };
        let (width, height, blocks) = (self.width, self.height, self.blocks.finish());
        Some(View { luma: full(self.luma)?, chroma, width, height, blocks })
    }
}

/// The sum of each sample over some pixels.
#[inline(always)]
fn sum<T: Copy + Into<u32>, const SAMPLES: usize>(pixels: &[[T; SAMPLES]]) -> [u32; SAMPLES] {
    let mut sum = [0; SAMPLES];
    for pixel in pixels {
        for (sum, v) in sum.iter_mut().zip(pixel) {
            *sum += (*v).into();
        }
    }
    sum
}

/// Luma by BT.601, in units of 1/65536 (JFIF 1.02, section 3).
#[inline(always)]
fn weighted(r: u32, g: u32, b: u32) -> u32 {
    19595 * r + 38470 * g + 7471 * b
}

/// Luma of the first eight pixels.
fn luma(row: &[u8], samples: Samples) -> Option<[u8; SIDE]> {
    let size = samples.per_pixel();
    let mut line = [0; SIDE];
    for (luma, pixel) in line.iter_mut().zip(row.get(..size * SIDE)?.chunks_exact(size)) {
        *luma = match *pixel {
            [r, g, b, ..] => mean(weighted(r.into(), g.into(), b.into()), 1),
            [gray, ..] => gray,
            [] => 0,
        };
    }
    Some(line)
}

/// A weighted sum, in units of 1/65536, over its pixels, rounded. A count known at compile time makes this a shift.
#[inline(always)]
fn mean(weighted: u32, count: u32) -> u8 {
    let unit = 65536 * count;
    ((weighted + unit / 2) / unit).min(255) as u8
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pixmap::Pixmap;
    use proptest::prelude::*;

    /// What the fast road has to come to: the mean of each cell, then JFIF's formulas in floating point.
    fn slow(rgb: &[u8], width: u32, height: u32, n: u32) -> Vec<[f64; 3]> {
        let mut out = Vec::new();
        for cy in 0..height.div_ceil(n) {
            for cx in 0..width.div_ceil(n) {
                let mut sum = [0f64; 3];
                let mut count = 0.0;
                for y in cy * n..((cy + 1) * n).min(height) {
                    for x in cx * n..((cx + 1) * n).min(width) {
                        let at = (y * width + x) as usize * 3;
                        for (s, v) in sum.iter_mut().zip(&rgb[at..at + 3]) {
                            *s += f64::from(*v);
                        }
                        count += 1.0;
                    }
                }
                let [r, g, b] = sum.map(|s| s / count);
                out.push([
                    0.299 * r + 0.587 * g + 0.114 * b,
                    128.0 - 0.168736 * r - 0.331264 * g + 0.5 * b,
                    128.0 + 0.5 * r - 0.418688 * g - 0.081312 * b,
                ]);
            }
        }
        out
    }

    proptest! {
        #[test]
        fn a_view_is_the_mean_of_its_cells(
            (width, height, rgb) in (1u32..40, 1u32..40).prop_flat_map(|(w, h)| {
                (Just(w), Just(h), proptest::collection::vec(any::<u8>(), (w * h * 3) as usize))
            }),
            n in prop::sample::select(vec![1u32, 2, 4, 8]),
        ) {
            let want = slow(&rgb, width, height, n);
            let view = View::from_pixmap(&Pixmap::new(width, height, rgb.clone()).unwrap(), n);
            let mut rgbx = ViewRows::new(width, height, n, Samples::Rgbx);
            for row in rgb.chunks(width as usize * 3) {
                rgbx.push(&row.as_chunks::<3>().0.iter().flat_map(|p| [p[0], p[1], p[2], 77]).collect::<Vec<_>>());
            }
            let rgbx = rgbx.finish().unwrap();
            prop_assert_eq!(rgbx.luma.data(), view.luma.data());
            prop_assert_eq!(rgbx.chroma.as_ref(), view.chroma.as_ref());
            for (i, want) in want.iter().enumerate() {
                let chroma = view.chroma.as_ref().map_or([128, 128], |[cb, cr]| [cb.data()[i], cr.data()[i]]);
                for (got, want) in [view.luma.data()[i], chroma[0], chroma[1]].into_iter().zip(want) {
                    prop_assert!((f64::from(got) - want.min(255.0)).abs() <= 0.51, "{got} for {want}");
                }
            }
        }

        #[test]
        fn gray_rows_are_as_good_as_colour_rows(
            (width, height, gray) in (1u32..40, 1u32..40).prop_flat_map(|(w, h)| {
                (Just(w), Just(h), proptest::collection::vec(any::<u8>(), (w * h) as usize))
            }),
            n in prop::sample::select(vec![1u32, 2, 4, 8]),
        ) {
            let mut rows = ViewRows::new(width, height, n, Samples::Gray);
            gray.chunks(width as usize).for_each(|row| rows.push(row));
            let rgb = gray.iter().flat_map(|v| [*v; 3]).collect();
            let view = rows.finish().unwrap();
            prop_assert!(view.chroma.is_none());
            prop_assert_eq!(view.luma, View::from_pixmap(&Pixmap::new(width, height, rgb).unwrap(), n).luma);
        }
    }

    #[test]
    fn missing_rows_are_gray_and_too_many_are_ignored() {
        let mut rows = ViewRows::new(2, 4, 2, Samples::Gray);
        rows.push(&[10, 10]);
        assert_eq!(rows.finish().unwrap().luma.data(), [10, 128]);
        let mut rows = ViewRows::new(2, 1, 1, Samples::Gray);
        rows.push(&[10]);
        rows.push(&[99, 99]);
        assert_eq!(rows.finish().unwrap().luma.data(), [10, 0]);
    }
}
