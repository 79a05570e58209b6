//! Where on the sheet something is printed: the smoothed sheet, the range of tones around every pixel, the noise.

use super::sheet::Sheet;
use std::{collections::VecDeque, iter::repeat_n};

/// The sheet, smoothed, with the range of tones around every pixel. Values are luma times 16.
///
/// ```
/// # use idenfy_preflight::{decode, options::Limits, pixmap::View, probe};
/// # let limits = Limits::default();
/// # let bytes = std::fs::read("testdata/front.jpg")?;
/// # let header = probe::probe(&bytes, &limits)?;
/// # let view = decode::view(&bytes, &header, View::reduction(header.width, header.height), &limits)?.picture;
/// use idenfy_preflight::measure::{document, edges::Edges, sheet::Sheet};
/// let card = document::find(&view);
/// let sheet = Sheet::of(&view, card.as_ref()).unwrap();
/// let edges = Edges::of(&sheet);
/// assert_eq!(edges.range.len(), edges.width * edges.height);
/// assert!(edges.inset() > 0 && edges.print_from(0.5) >= 20 * 16);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Edges {
    /// Pixels across.
    pub width: usize,
    /// Pixels down.
    pub height: usize,
    /// Luma smoothed by 1-2-1 both ways (sigma 0.71), times 16.
    pub smooth: Vec<i16>,
    /// Largest less smallest of `smooth` in the 9 x 9 pixels around, times 16.
    pub range: Vec<i16>,
    /// How much darker (less than 0: lighter) than what is on both sides of it a pixel is, times 16: the larger of the
    /// two top hats of 9 x 9. Strokes have it, the edges of shadows, pictures and bands do not.
    pub stroke: Vec<i16>,
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
    ///
    /// ```
    /// # use idenfy_preflight::{decode, options::Limits, pixmap::View, probe};
    /// # let limits = Limits::default();
    /// # let bytes = std::fs::read("testdata/front.jpg")?;
    /// # let header = probe::probe(&bytes, &limits)?;
    /// # let view = decode::view(&bytes, &header, View::reduction(header.width, header.height), &limits)?.picture;
    /// use idenfy_preflight::measure::{document, edges::Edges, sheet::Sheet};
    /// let card = document::find(&view);
    /// let sheet = Sheet::of(&view, card.as_ref()).unwrap();
    /// let edges = Edges::of(&sheet);
    /// assert!(edges.noise < 10.0 && edges.contrast > 35.0);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn of(sheet: &Sheet) -> Self {
        let (width, height) = (sheet.luma.width() as usize, sheet.luma.height() as usize);
        let smooth = smooth(sheet.luma.data(), width, height);
        let largest = window(&smooth, width, i16::max);
        let mut stroke = window(&largest, width, i16::min);
        let smallest = window(&smooth, width, i16::min);
        let mut range = largest;
        range.iter_mut().zip(&smallest).for_each(|(most, least)| *most -= least);
        let opened = window(&smallest, width, i16::max);
        for ((closed, opened), s) in stroke.iter_mut().zip(&opened).zip(&smooth) {
            let (darker, lighter) = (*closed - s, s - opened);
            *closed = if darker >= lighter { darker } else { -lighter };
        }
        let mut edges = Self { width, height, smooth, range, stroke, noise: 0.0, contrast: 0.0 };
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
    pub fn print_from(&self, share: f32) -> i16 {
        ((share * self.contrast).max(20.0).max(4.0 * self.noise) * 16.0).min(4080.0) as i16
    }

    /// The 99th percentile of the range, in luma levels.
    fn percentile(&self, sheet: &Sheet, inset: usize) -> f32 {
        let mut histogram = [0_u32; 256];
        for (y, row) in self.range.chunks_exact(self.width).enumerate() {
            for r in row.get(sheet.inside(y, inset)).unwrap_or(&[]) {
                if let Some(n) = histogram.get_mut((r >> 4) as usize) {
                    *n += 1;
                }
            }
        }
        quantile(&histogram, 0.99)
    }
}

/// The value under which a share of a histogram's entries lies, in bins, with a fraction.
///
/// ```
/// use idenfy_preflight::measure::edges::quantile;
/// let histogram = [0, 10, 10, 0]; // ten ones, ten twos
/// assert!((1.0..=2.0).contains(&quantile(&histogram, 0.5)));
/// ```
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
fn smooth(data: &[u8], width: usize, height: usize) -> Vec<i16> {
    let mut across = Vec::with_capacity(data.len());
    for row in data.chunks_exact(width) {
        let at = |i: usize| row.get(i).copied().map_or(0, i16::from);
        across.push(3 * at(0) + at(1.min(width - 1)));
        across.extend(row.array_windows().map(|[l, m, r]| i16::from(*l) + 2 * i16::from(*m) + i16::from(*r)));
        if width > 1 {
            across.push(at(width - 2) + 3 * at(width - 1));
        }
    }
    let row = |y: usize| across.get(y * width..(y + 1) * width).unwrap_or(&[]);
    let mut out = Vec::with_capacity(data.len());
    for y in 0..height {
        let (above, below) = (row(y.saturating_sub(1)), row((y + 1).min(height - 1)));
        out.extend(above.iter().zip(row(y)).zip(below).map(|((a, m), b)| a + 2 * m + b));
    }
    out
}

/// The largest (or smallest) of the 9 x 9 pixels around every pixel; the border is repeated outward.
///
/// Windows of nine are joined from such of two, four and eight, first along each row, then down; only the rows that are
/// still needed are kept.
fn window(data: &[i16], width: usize, pick: impl Fn(i16, i16) -> i16 + Copy) -> Vec<i16> {
    let rows = data.chunks_exact(width);
    let mut along = Default::default();
    let [mut two, mut four, mut eight, mut nine] = [1, 2, 4, 1].map(Earlier::new);
    let mut out = Vec::with_capacity(data.len());
    let (first, last) = (rows.clone().next(), rows.clone().next_back());
    for row in repeat_n(first, 4).chain(rows.map(Some)).chain(repeat_n(last, 4)).flatten() {
        let row = window_along(row, pick, &mut along);
        let Some(of_two) = two.join(row, row, pick) else { continue };
        let Some(of_four) = four.join(of_two, of_two, pick) else { continue };
        let Some(of_eight) = eight.join(of_four, of_four, pick) else { continue };
        out.extend_from_slice(nine.join(of_eight, row, pick).unwrap_or(&[]));
    }
    out
}

/// Rows kept until the one that is `by` later comes.
struct Earlier {
    by: usize,
    rows: VecDeque<Vec<i16>>,
    joined: Vec<i16>,
}

impl Earlier {
    fn new(by: usize) -> Self {
        Self { by, rows: VecDeque::with_capacity(by), joined: Vec::new() }
    }

    /// Keeps `row`; joins the one from `by` rows earlier, if there is one, with `with`.
    fn join(&mut self, row: &[i16], with: &[i16], pick: impl Fn(i16, i16) -> i16) -> Option<&[i16]> {
        let earlier = if self.rows.len() == self.by { self.rows.pop_front() } else { None };
        let found = earlier.is_some();
        let mut kept = earlier.unwrap_or_default();
        self.joined.clear();
        self.joined.extend(kept.iter().zip(with).map(|(a, b)| pick(*a, *b)));
        kept.clear();
        kept.extend_from_slice(row);
        self.rows.push_back(kept);
        found.then_some(&self.joined)
    }
}

/// The largest (or smallest) of nine values of a row, centred; the border is repeated outward.
fn window_along<'a>(row: &[i16], pick: impl Fn(i16, i16) -> i16, scratch: &'a mut [Vec<i16>; 5]) -> &'a [i16] {
    let [padded, two, four, eight, nine] = scratch;
    let ends = [row.first(), row.last()].map(|end| [end.copied().unwrap_or(0); 4]);
    padded.clear();
    [&ends[0], row, &ends[1]].iter().for_each(|part| padded.extend_from_slice(part));
    let join = |v: &[i16], w: &[i16], by: usize, out: &mut Vec<i16>| {
        out.clear();
        out.extend(v.iter().zip(w.get(by..).unwrap_or(&[])).map(|(a, b)| pick(*a, *b)));
    };
    join(padded, padded, 1, two);
    join(two, two, 2, four);
    join(four, four, 4, eight);
    join(eight, padded, 8, nine);
    nine
}

/// Noise by the mask of Immerkaer (1996), robustly: the median of its size where nothing is printed would be 0.6745
/// times 6 times the standard deviation.
fn noise(sheet: &Sheet, inset: usize) -> f32 {
    let mut histogram = vec![0_u32; 1024];
    let mut second: Vec<i16> = Vec::new();
    // Every other row is enough for a median.
    for y in (inset.max(1)..(sheet.luma.height() as usize).saturating_sub(inset.max(1))).step_by(2) {
        let span = sheet.inside(y, inset);
        if span.is_empty() {
            continue;
        }
        let row = |y: usize| sheet.luma.row(y as u32).get(span.start - 1..span.end + 1).unwrap_or(&[]);
        let column = |((a, m), b): ((&u8, &u8), &u8)| i16::from(*a) - 2 * i16::from(*m) + i16::from(*b);
        second.clear();
        second.extend(row(y - 1).iter().zip(row(y)).zip(row(y + 1)).map(column));
        for [a, b, c] in second.array_windows() {
            if let Some(n) = histogram.get_mut(usize::from((a - 2 * b + c).unsigned_abs().min(1023))) {
                *n += 1;
            }
        }
    }
    // Bins are whole numbers: half of those at zero stand for a size under one half.
    (quantile(&histogram, 0.5) - 0.5).max(0.0) * 1.4826 / 6.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_holds_the_largest_of_nine_by_nine() {
        let (width, height) = (23_i64, 17_i64);
        let data: Vec<i16> = (0..width * height).map(|i| (i * 7919 % 4001) as i16).collect();
        let at = |x: i64, y: i64| data[(y.clamp(0, height - 1) * width + x.clamp(0, width - 1)) as usize];
        let got = window(&data, width as usize, i16::max);
        for (i, got) in got.iter().enumerate() {
            let (x, y) = (i as i64 % width, i as i64 / width);
            let want = (-4..=4).flat_map(|dy| (-4..=4).map(move |dx| (x + dx, y + dy))).map(|(x, y)| at(x, y)).max();
            assert_eq!(Some(*got), want, "at {x}, {y}");
        }
    }

    #[test]
    fn a_quantile_lies_where_its_share_of_entries_is_below() {
        let mut histogram = [0; 256];
        (histogram[10], histogram[20]) = (30, 70);
        assert_eq!(quantile(&histogram, 0.15), 10.5);
        assert_eq!(quantile(&histogram, 0.65), 20.5);
        assert_eq!(quantile(&[0; 256], 0.5), 0.0);
    }
}
