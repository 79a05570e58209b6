//! How high the letters are: connected strokes on the sheet and their boxes.

use super::{
    edges::{DARK_STROKE, Edges},
    runs::{self, Forest},
    sheet::Sheet,
    tally::quantile,
    zone::{self, Zone},
};
use fearless_simd::{Level, dispatch};
use std::ops::Range;

/// How high the print is.
///
/// ```
/// # use idenfy_preflight::{decode, options::Limits, pixmap::View, probe};
/// # let limits = Limits::default();
/// # let bytes = std::fs::read("testdata/front.jpg")?;
/// # let header = probe::probe(&bytes, &limits)?;
/// # let view = decode::view(&bytes, &header, View::reduction(header.width, header.height), &limits)?.picture;
/// let glyphs = idenfy_preflight::measure::measure(&view).glyphs;
/// assert!(glyphs.count > 20 && glyphs.height.is_some());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Glyphs {
    /// Height of the larger part of the print, in pixels of the sheet: the median over letters, weighed by their width.
    pub height: Option<f32>,
    /// How many letters (or words whose letters touch) were seen.
    pub count: u32,
    /// The machine-readable zone; `None` where none was made out, and on sheets as large as those of A4.
    pub zone: Option<Zone>,
}

/// Fewer letters than this: nothing is said of their height.
const FEWEST: u32 = 12;
/// Letters are at least and at most this high, in pixels of the sheet: less is dots and lines, more is no running text.
const HEIGHTS: std::ops::RangeInclusive<u32> = 4..=60;
/// The widest word, in heights: letters that touch count as one.
const WIDEST: u32 = 16;

/// The box around connected strokes, in pixels of the sheet: a letter, or several that touch.
#[derive(Clone, Copy, Debug)]
pub(super) struct Letter {
    pub left: u32,
    pub right: u32,
    pub top: u32,
    pub bottom: u32,
}

impl Letter {
    pub fn width(&self) -> u32 {
        self.right - self.left
    }

    pub fn height(&self) -> u32 {
        self.bottom - self.top
    }

    /// Its middle across.
    pub fn centre(&self) -> f32 {
        (self.left + self.right) as f32 / 2.0
    }

    /// Its middle down.
    pub fn middle(&self) -> u32 {
        (self.top + self.bottom) / 2
    }
}

/// Measures letters on a sheet.
///
/// ```
/// # use idenfy_preflight::{decode, options::Limits, pixmap::View, probe};
/// # let limits = Limits::default();
/// # let bytes = std::fs::read("testdata/front.jpg")?;
/// # let header = probe::probe(&bytes, &limits)?;
/// # let view = decode::view(&bytes, &header, View::reduction(header.width, header.height), &limits)?.picture;
/// use idenfy_preflight::measure::{document, edges::Edges, glyphs, sheet::Sheet};
/// let card = document::find(&view);
/// let sheet = Sheet::of(&view, card.as_ref()).unwrap();
/// assert!(glyphs::measure(&sheet, &Edges::of(&sheet)).height > Some(5.0));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn measure(sheet: &Sheet, edges: &Edges) -> Glyphs {
    let threshold = edges.print_from(0.3);
    let inset = edges.inset();
    let mut parts = Parts::default();
    // Runs of stroke pixels, and the number of each one's component.
    let (mut above, mut here): (Vec<(Range<u32>, u32)>, Vec<_>) = (Vec::new(), Vec::new());
    let (mut mask, mut runs) = (vec![0; edges.width], Vec::new());
    for y in 0..edges.height {
        let span = sheet.inside(y, inset);
        let start = y * edges.width;
        let stroke = edges.stroke.get(start + span.start..start + span.end).unwrap_or(&[]);
        let range = edges.range.get(start + span.start..start + span.end).unwrap_or(&[]);
        dispatch!(Level::new(), _simd => strokes(stroke, range, threshold, &mut mask));
        runs.clear();
        runs::find(mask.get(..stroke.len()).unwrap_or(&[]), &mut runs);
        here.clear();
        let left = span.start as u32;
        let mut from = 0;
        for run in runs.drain(..).map(|run| run.start + left..run.end + left) {
            while above.get(from).is_some_and(|(a, _)| a.end < run.start) {
                from += 1;
            }
            let touching = above.iter().skip(from).take_while(|(a, _)| a.start <= run.end).map(|(_, part)| *part);
            let part = touching.reduce(|a, b| parts.join(a, b));
            let part = parts.grow(part, &run, y as u32);
            here.push((run, part));
        }
        std::mem::swap(&mut above, &mut here);
    }
    let letters = parts.letters();
    let count = letters.len() as u32;
    let height = (count >= FEWEST).then(|| height(&letters));
    Glyphs { height, count, zone: zone::find(&letters, (edges.width, edges.height)) }
}

/// Ones where a pixel is of a dark stroke.
#[inline(always)]
fn strokes(stroke: &[u8], range: &[i16], threshold: i16, mask: &mut [u8]) {
    for (m, (s, r)) in mask.iter_mut().zip(stroke.iter().zip(range)) {
        *m = u8::from((*r >= threshold) & (s & DARK_STROKE != 0));
    }
}

/// Components and the boxes around them.
#[derive(Default)]
struct Parts {
    forest: Forest,
    bounds: Vec<Letter>,
}

impl Parts {
    fn join(&mut self, a: u32, b: u32) -> u32 {
        let (root, other) = self.forest.join(a, b);
        let from = other.and_then(|other| self.bounds.get(other as usize).copied());
        if let (Some(into), Some(from)) = (self.bounds.get_mut(root as usize), from) {
            into.left = into.left.min(from.left);
            into.right = into.right.max(from.right);
            into.top = into.top.min(from.top);
            into.bottom = into.bottom.max(from.bottom);
        }
        root
    }

    /// Adds a run to a component, or to a new one.
    fn grow(&mut self, part: Option<u32>, run: &Range<u32>, y: u32) -> u32 {
        let part = part.map(|part| self.forest.root(part));
        match part.and_then(|part| self.bounds.get_mut(part as usize)).zip(part) {
            Some((b, part)) => {
                (b.left, b.right, b.bottom) = (b.left.min(run.start), b.right.max(run.end), y + 1);
                part
            }
            None => {
                self.bounds.push(Letter { left: run.start, right: run.end, top: y, bottom: y + 1 });
                self.forest.plant()
            }
        }
    }

    /// Those that may be letters.
    fn letters(mut self) -> Vec<Letter> {
        let bounds = std::mem::take(&mut self.bounds);
        let roots = (0..).zip(bounds).filter(|(i, _)| self.forest.root(*i) == *i).map(|(_, b)| b);
        let widths = |l: &Letter| l.height() / 8..=l.height() * WIDEST;
        roots.filter(|l| HEIGHTS.contains(&l.height()) && widths(l).contains(&l.width())).collect()
    }
}

/// The median height, weighed by width.
fn height(letters: &[Letter]) -> f32 {
    let mut histogram = [0_u32; *HEIGHTS.end() as usize + 1];
    for letter in letters {
        if let Some(n) = histogram.get_mut(letter.height() as usize) {
            *n += letter.width();
        }
    }
    quantile(&histogram, 0.5)
}
