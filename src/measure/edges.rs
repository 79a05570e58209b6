//! Where on the sheet something is printed: the smoothed sheet, the range of tones around every pixel, the noise.

use super::sheet::Sheet;

/// The sheet, smoothed, with the range of tones around every pixel. Values are luma times 16.
pub struct Edges {
    /// Pixels across.
    pub width: usize,
    /// Pixels down.
    pub height: usize,
    /// Luma smoothed by 1-2-1 both ways (sigma 0.71), times 16.
    pub smooth: Vec<u16>,
    /// Largest less smallest of `smooth` in the 9 x 9 pixels around, times 16.
    pub range: Vec<u16>,
    /// Noise: standard deviation in luma levels.
    pub noise: f32,
    /// 99th percentile of `range` in luma levels: what print stands out from paper by.
    pub contrast: f32,
}

/// How far from the document's outline measuring begins, as a share of the long side: the outline itself and what lies
/// behind it are sharp where print may not be.
pub const INSET: f32 = 0.03;

impl Edges {
    /// Of a sheet.
    pub fn of(sheet: &Sheet) -> Self {
        let (width, height) = (sheet.luma.width() as usize, sheet.luma.height() as usize);
        let smooth = smooth(sheet.luma.data(), width, height);
        let largest = window(&smooth, width, u16::max);
        let smallest = window(&smooth, width, u16::min);
        let range: Vec<u16> = largest.iter().zip(&smallest).map(|(a, b)| a - b).collect();
        let mut edges = Self { width, height, smooth, range, noise: 0.0, contrast: 0.0 };
        let inset = edges.inset();
        edges.noise = noise(sheet, inset);
        edges.contrast = edges.percentile(sheet, inset);
        edges
    }

    /// Pixels from the outline at which measuring begins.
    pub fn inset(&self) -> usize {
        (self.width.max(self.height) as f32 * INSET) as usize + 2
    }

    /// The range, times 16, from which on a pixel counts as print rather than paper, guilloche or noise: `share` of
    /// [`contrast`](Self::contrast), at least 20 levels and four times the noise.
    pub fn print_from(&self, share: f32) -> u16 {
        ((share * self.contrast).max(20.0).max(4.0 * self.noise) * 16.0).min(4080.0) as u16
    }

    /// The 99th percentile of the range, in luma levels.
    fn percentile(&self, sheet: &Sheet, inset: usize) -> f32 {
        let mut histogram = [0_u32; 256];
        for (y, row) in self.range.chunks_exact(self.width).enumerate() {
            for r in row.get(sheet.inside(y, inset)).unwrap_or(&[]) {
                if let Some(n) = histogram.get_mut(usize::from(r >> 4)) {
                    *n += 1;
                }
            }
        }
        quantile(&histogram, 0.99)
    }
}

/// The value under which a share of a histogram's entries lies, in bins, with a fraction.
pub fn quantile(histogram: &[u32], share: f32) -> f32 {
    let total: u32 = histogram.iter().sum();
    let wanted = total as f32 * share;
    let mut below = 0.0;
    for (bin, n) in histogram.iter().enumerate() {
        let n = *n as f32;
        if n > 0.0 && below + n >= wanted {
            return bin as f32 + (wanted - below) / n;
        }
        below += n;
    }
    0.0
}

/// 1-2-1 both ways, times 16.
fn smooth(data: &[u8], width: usize, height: usize) -> Vec<u16> {
    let mut across = Vec::with_capacity(data.len());
    for row in data.chunks_exact(width) {
        let (first, last) = (row.first().copied().unwrap_or(0), row.last().copied().unwrap_or(0));
        let left = std::iter::once(&first).chain(row);
        let right = row.iter().skip(1).chain(std::iter::once(&last));
        across.extend(left.zip(row).zip(right).map(|((l, m), r)| u16::from(*l) + 2 * u16::from(*m) + u16::from(*r)));
    }
    let row = |y: usize| across.get(y * width..(y + 1) * width).unwrap_or(&[]);
    let mut out = Vec::with_capacity(data.len());
    for y in 0..height {
        let (above, below) = (row(y.saturating_sub(1)), row((y + 1).min(height - 1)));
        out.extend(above.iter().zip(row(y)).zip(below).map(|((a, m), b)| a + 2 * m + b));
    }
    out
}

/// The largest (or smallest) of the 9 x 9 pixels around every pixel.
fn window(data: &[u16], width: usize, pick: impl Fn(u16, u16) -> u16 + Copy) -> Vec<u16> {
    let across: Vec<u16> = data.chunks_exact(width).flat_map(|row| sliding(row, 1, pick)).collect();
    sliding(&across, width, pick)
}

/// The largest (or smallest) of nine values `step` apart, centred; the first and last `step` values are repeated
/// outward.
fn sliding(data: &[u16], step: usize, pick: impl Fn(u16, u16) -> u16) -> Vec<u16> {
    let (first, last) = (data.get(..step).unwrap_or(&[]), data.get(data.len().saturating_sub(step)..).unwrap_or(&[]));
    let padded = [first, first, first, first, data, last, last, last, last].concat();
    let from = |v, by: usize| <[u16]>::get(v, by * step..).unwrap_or(&[]);
    // Windows of 2, 4, 8 and 9 values that begin at each place.
    let join = |v: &[u16], w: &[u16]| -> Vec<u16> { v.iter().zip(w).map(|(a, b)| pick(*a, *b)).collect() };

    let two = join(&padded, from(&padded, 1));
    let four = join(&two, from(&two, 2));
    let eight = join(&four, from(&four, 4));
    join(&eight, from(&padded, 8))
}

/// Noise by the mask of Immerkaer (1996), robustly: the median of its size where nothing is printed would be 0.6745
/// times 6 times the standard deviation.
fn noise(sheet: &Sheet, inset: usize) -> f32 {
    let mut histogram = vec![0_u32; 1024];
    for y in inset.max(1)..(sheet.luma.height() as usize).saturating_sub(inset.max(1)) {
        let span = sheet.inside(y, inset);
        if span.is_empty() {
            continue;
        }
        let row = |y: usize| sheet.luma.row(y as u32).get(span.start - 1..span.end + 1).unwrap_or(&[]);
        let (above, here, below) = (row(y - 1), row(y), row(y + 1));
        let column = |((a, m), b): ((&u8, &u8), &u8)| i32::from(*a) - 2 * i32::from(*m) + i32::from(*b);
        let second: Vec<i32> = above.iter().zip(here).zip(below).map(column).collect();
        for w in second.array_windows::<3>() {
            let size = (w[0] - 2 * w[1] + w[2]).unsigned_abs() as usize;
            if let Some(n) = histogram.get_mut(size.min(1023)) {
                *n += 1;
            }
        }
    }
    // Bins are whole numbers: half of those at zero stand for a size under one half.
    (quantile(&histogram, 0.5) - 0.5).max(0.0) * 1.4826 / 6.0
}
