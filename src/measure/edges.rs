//! Where on the sheet something is printed: the smoothed sheet, the range of tones around every pixel, the noise.

use super::{
    sheet::Sheet,
    tally::{Tally, quantile},
    window::{REACH, Window},
};
use crate::pixmap::Plane;
use fearless_simd::{Level, dispatch};

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
    /// [`STROKE`] and [`DARK_STROKE`] of every pixel, of use where its `range` is print's: by the larger of the two top
    /// hats of 9 x 9, which strokes have, and the edges of shadows, pictures and bands do not.
    pub stroke: Vec<u8>,
    /// Noise: standard deviation in luma levels.
    pub noise: f32,
    /// 99th percentile of `range` in luma levels: what print stands out from paper by.
    pub contrast: f32,
}

/// How far from the document's outline measuring begins, as a share of the long side: the outline itself and what lies
/// behind it are sharp where print may not be.
pub const INSET: f32 = 0.03;

/// Darker or lighter than what is on both sides of it by a quarter of the range or more.
pub const STROKE: u8 = 1;
/// Darker than what is on both sides of it by half of the range or more.
pub const DARK_STROKE: u8 = 2;

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
        let inset = inset(width, height);
        // By the widest registers that the processor has.
        let (planes, noise) = dispatch!(Level::new(), _simd => (Planes::of(sheet, inset), noise(sheet, inset)));
        let Planes { smooth, range, stroke, mut ranges } = planes;
        Self { width, height, smooth, range, stroke, noise, contrast: quantile(&ranges.take(), 0.99) }
    }

    /// Pixels from the outline at which measuring begins.
    pub fn inset(&self) -> usize {
        inset(self.width, self.height)
    }

    /// The range, times 16, from which on a pixel counts as print rather than paper, guilloche or noise: `share` of
    /// [`contrast`](Self::contrast), at least 20 levels and four times the noise.
    pub fn print_from(&self, share: f32) -> i16 {
        ((share * self.contrast).max(20.0).max(4.0 * self.noise) * 16.0).min(4080.0) as i16
    }
}

fn inset(width: usize, height: usize) -> usize {
    (width.max(height) as f32 * INSET) as usize + 2
}

/// What there is of every pixel.
struct Planes {
    smooth: Vec<i16>,
    range: Vec<i16>,
    stroke: Vec<u8>,
    /// How often each range occurs inside, in whole levels.
    ranges: Tally,
}

impl Planes {
    /// All at once, row after row, so that a row is still at hand when it is needed again: windows come [`REACH`] rows
    /// after what they are of, windows of those as many later.
    #[inline(always)]
    fn of(sheet: &Sheet, inset: usize) -> Self {
        let (width, height) = (sheet.luma.width() as usize, sheet.luma.height() as usize);
        let n = width * height;
        let mut planes = Self { smooth: vec![0; n], range: vec![0; n], stroke: vec![0; n], ranges: Tally::new() };
        let padded = |v: i16| vec![v; width + 2 * REACH];
        let (none, all) = (padded(i16::MIN), padded(i16::MAX));
        let (mut row, mut most, mut least, mut down) = (padded(0), padded(0), padded(0), vec![0; width + 2]);
        let (mut closed, mut opened, mut levels) = (vec![0; width], vec![0; width], vec![0; width]);
        let [mut largest, mut widest] = [i16::MIN; 2].map(|none| Window::new(width, none));
        let [mut smallest, mut narrowest] = [i16::MAX; 2].map(|all| Window::new(width, all));
        for y in 0..height + 2 * REACH {
            if y < height {
                smooth(&sheet.luma, y, &mut down, inner(&mut row));
                line(&mut planes.smooth, y, width).copy_from_slice(inner(&mut row));
                repeat_ends(&mut row);
            }
            let (above, below) = if y < height { (&row, &row) } else { (&none, &all) };
            if y < height + REACH {
                largest.push(above, i16::max, inner(&mut most));
                smallest.push(below, i16::min, inner(&mut least));
            } else {
                most.copy_from_slice(&all);
                least.copy_from_slice(&none);
            }
            let Some(at) = y.checked_sub(REACH) else { continue };
            if at < height {
                repeat_ends(&mut most);
                repeat_ends(&mut least);
                let range = line(&mut planes.range, at, width).iter_mut().zip(&mut levels);
                for ((range, level), (most, least)) in range.zip(inner(&mut most).iter().zip(&*inner(&mut least))) {
                    *range = most - least;
                    *level = (*range >> 4) as u8;
                }
                planes.ranges.add(levels.get(sheet.inside(at, inset)).unwrap_or(&[]));
            }
            narrowest.push(&most, i16::min, &mut closed);
            widest.push(&least, i16::max, &mut opened);
            let Some(at) = at.checked_sub(REACH) else { continue };
            let (smooth, range) = (line(&mut planes.smooth, at, width), line(&mut planes.range, at, width));
            let around = smooth.iter().zip(range).zip(closed.iter().zip(&opened));
            for (stroke, ((s, range), (closed, opened))) in line(&mut planes.stroke, at, width).iter_mut().zip(around) {
                let (darker, lighter) = (*closed - *s, *s - *opened);
                let dark = (darker >= lighter) & (2 * darker >= *range);
                *stroke = (STROKE * u8::from(4 * darker.max(lighter) >= *range)) | (DARK_STROKE * u8::from(dark));
            }
        }
        planes
    }
}

/// A row of a plane.
#[inline(always)]
fn line<T>(plane: &mut [T], y: usize, width: usize) -> &mut [T] {
    plane.get_mut(y * width..(y + 1) * width).unwrap_or_default()
}

/// A row without what is repeated at its ends.
fn inner(row: &mut [i16]) -> &mut [i16] {
    let end = row.len().saturating_sub(REACH);
    row.get_mut(REACH..end).unwrap_or_default()
}

fn repeat_ends(row: &mut [i16]) {
    let end = row.len().saturating_sub(REACH);
    let (first, last) = (row.get(REACH).copied().unwrap_or(0), row.get(end - 1).copied().unwrap_or(0));
    row.iter_mut().take(REACH).for_each(|v| *v = first);
    row.iter_mut().skip(end).for_each(|v| *v = last);
}

/// A row of the plane by 1-2-1 both ways, times 16; `down` is scratch for the row by 1-2-1 down, with its ends repeated.
#[inline(always)]
fn smooth(luma: &Plane, y: usize, down: &mut [i16], out: &mut [i16]) {
    let row = |y: usize| luma.row(y as u32);
    let (above, below) = (row(y.saturating_sub(1)), row((y + 1).min(luma.height() as usize - 1)));
    let columns = above.iter().zip(row(y)).zip(below);
    for (d, ((a, m), b)) in down.iter_mut().skip(1).zip(columns) {
        *d = i16::from(*a) + 2 * i16::from(*m) + i16::from(*b);
    }
    if let [first, second, .., last_but_one, last] = down {
        (*first, *last) = (*second, *last_but_one);
    } else if let [first, only, last] = down {
        (*first, *last) = (*only, *only);
    }
    out.iter_mut().zip(down.array_windows()).for_each(|(s, [l, m, r])| *s = l + 2 * m + r);
}

/// Noise by the mask of Immerkaer (1996), robustly: the median of its size where nothing is printed would be 0.6745
/// times 6 times the standard deviation. What is 63 levels and more is all the same.
#[inline(always)]
fn noise(sheet: &Sheet, inset: usize) -> f32 {
    let mut tally = Tally::new();
    let width = sheet.luma.width() as usize;
    let (mut second, mut sizes) = (vec![0_i16; width], vec![0_u8; width]);
    // Every other row is enough for a median.
    for y in (inset.max(1)..(sheet.luma.height() as usize).saturating_sub(inset.max(1))).step_by(2) {
        let span = sheet.inside(y, inset);
        if span.is_empty() {
            continue;
        }
        let row = |y: usize| sheet.luma.row(y as u32).get(span.start - 1..span.end + 1).unwrap_or(&[]);
        for (second, ((a, m), b)) in second.iter_mut().zip(row(y - 1).iter().zip(row(y)).zip(row(y + 1))) {
            *second = i16::from(*a) - 2 * i16::from(*m) + i16::from(*b);
        }
        for (size, [a, b, c]) in sizes.iter_mut().zip(second.array_windows()) {
            *size = (a - 2 * b + c).unsigned_abs().min(255) as u8;
        }
        tally.add(sizes.get(..span.len()).unwrap_or(&[]));
    }
    // Bins are whole numbers: half of those at zero stand for a size under one half.
    (quantile(&tally.take(), 0.5) - 0.5).max(0.0) * 1.4826 / 6.0
}
