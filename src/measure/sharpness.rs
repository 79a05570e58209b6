//! How crisp print is: the steepness of its edges in proportion to what they separate.

use super::{
    edges::{Edges, STROKE},
    sheet::Sheet,
    tally::quantile,
    text::{Cell, Text},
};
use fearless_simd::{Level, dispatch};

/// How crisp print is.
///
/// Acutance is the gradient over the range of tones in the 9 x 9 pixels around, both on the sheet: free of contrast,
/// pixel count and distance. An edge that takes one pixel gives about 0.35, a ramp as wide as the window 0.12.
///
/// ```
/// # use idenfy_preflight::{decode, options::Limits, pixmap::View, probe};
/// # let limits = Limits::default();
/// # let bytes = std::fs::read("testdata/front.jpg")?;
/// # let header = probe::probe(&bytes, &limits)?;
/// # let view = decode::view(&bytes, &header, View::reduction(header.width, header.height), &limits)?.picture;
/// let sharpness = idenfy_preflight::measure::measure(&view).sharpness;
/// assert!(sharpness.acutance > Some(0.2), "edges take a pixel or two");
/// assert!(sharpness.soft_fraction(0.16) < 0.2, "nowhere soft");
/// assert!(sharpness.direction_ratio() < Some(1.6), "not smeared");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Sharpness {
    /// 80th percentile of acutance on edges, of the direction in which it is least; `None` with too little print to
    /// tell. Soft edges that are none of print (of a shadow, say) lower it by no more than 0.12 under that
    /// of strokes.
    pub acutance: Option<f32>,
    /// The same by the direction that edges face: across, down the right, down, down the left; `None` where too few
    /// face there.
    pub by_direction: [Option<f32>; 4],
    /// How many pixels of the sheet are edges of print.
    pub edge_pixels: u32,
    /// Acutance of print by parts of the document, where there is enough.
    pub parts: Vec<Part>,
}

/// Sharpness of a part of the document.
///
/// ```
/// # use idenfy_preflight::{decode, options::Limits, pixmap::View, probe};
/// # let limits = Limits::default();
/// # let bytes = std::fs::read("testdata/front.jpg")?;
/// # let header = probe::probe(&bytes, &limits)?;
/// # let view = decode::view(&bytes, &header, View::reduction(header.width, header.height), &limits)?.picture;
/// let sharpness = idenfy_preflight::measure::measure(&view).sharpness;
/// let shares: f32 = sharpness.parts.iter().map(|part| part.share).sum();
/// assert!(shares < 1.01 && sharpness.parts.iter().all(|part| part.acutance > 0.1));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Part {
    /// 80th percentile of acutance on print.
    pub acutance: f32,
    /// Share of the parts with print, 0 to 1: blur takes edges away, so that counting them would favour crisp parts.
    pub share: f32,
    /// `[x, y, width, height]` in pixels of the upright original.
    pub place: [f32; 4],
}

/// Fewer edge pixels than this on the whole sheet: there is too little print to tell (peers' 150 of a 512-pixel sheet).
const FEWEST: u32 = 250;
/// Fewer than this facing one way: nothing is said of that direction.
const FEWEST_ONE_WAY: u32 = 60;
/// Fewer than this in a part.
const FEWEST_IN_PART: u32 = 200;
/// How far the acutance of all edges is believed to lie under that of strokes for blur alone.
const SOFT_EDGES: f32 = 0.12;
/// Parts across and down.
const PARTS: (usize, usize) = (6, 4);
/// Bins of acutance for one unit.
const BINS: f32 = 400.0;

type Histogram = [u32; 256];

/// Measures the sharpness of print on a sheet.
///
/// ```
/// # use idenfy_preflight::{decode, options::Limits, pixmap::View, probe};
/// # let limits = Limits::default();
/// # let bytes = std::fs::read("testdata/front.jpg")?;
/// # let header = probe::probe(&bytes, &limits)?;
/// # let view = decode::view(&bytes, &header, View::reduction(header.width, header.height), &limits)?.picture;
/// use idenfy_preflight::measure::{document, edges::Edges, sharpness, sheet::Sheet, text::Text};
/// let card = document::find(&view);
/// let sheet = Sheet::of(&view, card.as_ref()).unwrap();
/// let edges = Edges::of(&sheet);
/// let text = Text::of(&sheet, &edges);
/// assert!(sharpness::measure(&sheet, &edges, &text).edge_pixels > 1000);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn measure(sheet: &Sheet, edges: &Edges, text: &Text) -> Sharpness {
    let w = edges.width;
    let Counts { classes: [_, _, all, strokes], parts } =
        dispatch!(Level::new(), _simd => Counts::of(sheet, edges, text));
    // Strokes are edges too.
    let mut all = all;
    for (all, strokes) in all.iter_mut().flatten().zip(strokes.iter().flatten()) {
        *all += strokes;
    }
    let count = |h: &Histogram| h.iter().sum::<u32>();
    let of = |h: &Histogram, fewest: u32| (count(h) >= fewest).then(|| quantile(h, 0.8) / BINS);
    let edge_pixels = all.iter().map(count).sum();
    let share = 1.0 / parts.iter().filter(|h| count(h) >= FEWEST_IN_PART).count().max(1) as f32;
    let by_direction = all.map(|h| of(&h, FEWEST_ONE_WAY));
    let least = by_direction.into_iter().flatten().reduce(f32::min);
    // Strokes count where they face every way: those of a barcode alone say nothing of motion along its bars.
    let of_strokes = strokes.iter().map(|h| of(h, FEWEST_ONE_WAY)).try_fold(f32::MAX, |least, a| Some(least.min(a?)));
    let acutance = least.map(|a| a.max(of_strokes.map_or(0.0, |s| s - SOFT_EDGES)));
    let (pw, ph) = (w as f32 / PARTS.0 as f32, edges.height as f32 / PARTS.1 as f32);
    let parts = parts.iter().enumerate().filter_map(|(i, h)| {
        let (x, y) = ((i % PARTS.0) as f32 * pw, (i / PARTS.0) as f32 * ph);
        let place = sheet.place_box([x, x + pw], [y, y + ph]);
        of(h, FEWEST_IN_PART).map(|acutance| Part { acutance, share, place })
    });
    Sharpness {
        acutance: acutance.filter(|_| edge_pixels >= FEWEST),
        by_direction,
        edge_pixels,
        parts: parts.collect(),
    }
}

/// How often each acutance occurs.
struct Counts {
    /// By class (none, faint edges, edges of print, strokes) and way.
    classes: [[Histogram; 4]; 4],
    /// Of faint edges and better, by part.
    parts: Vec<Histogram>,
}

/// Pixels that are passed over together where none is an edge.
const CHUNK: usize = 16;

impl Counts {
    #[inline(always)]
    fn of(sheet: &Sheet, edges: &Edges, text: &Text) -> Self {
        let (w, inset) = (edges.width, edges.inset());
        let steps = Steps {
            // Blur takes contrast too: a soft part is looked for among fainter edges.
            faint: edges.print_from(0.0),
            print: edges.print_from(0.45),
        };
        let mut classes = [[[0; 256]; 4]; 4];
        // One more a row, for pictures, which are no print.
        let mut parts: Vec<[Histogram; PARTS.0 + 1]> = vec![[[0; 256]; PARTS.0 + 1]; PARTS.1];
        let mut of_column = vec![0_u8; w];
        let mut seen = None;
        let mut codes = [0_u16; CHUNK];
        for y in inset..edges.height.saturating_sub(inset) {
            let (cell_row, part_row) = (y * text.down / edges.height, y * PARTS.1 / edges.height);
            if seen.replace(cell_row) != Some(cell_row) {
                for (x, part) in of_column.iter_mut().enumerate() {
                    let picture = text.at(x * text.across / w, cell_row) == Cell::Picture;
                    *part = if picture { PARTS.0 } else { x * PARTS.0 / w } as u8;
                }
            }
            let Some(parts) = parts.get_mut(part_row) else { continue };
            let span = sheet.inside(y, inset);
            let (from, to) = (y * w + span.start, y * w + span.end);
            let rows = Rows {
                sides: edges.smooth.get(from - 1..to + 1).unwrap_or(&[]),
                above: edges.smooth.get(from - w..to - w).unwrap_or(&[]),
                below: edges.smooth.get(from + w..to + w).unwrap_or(&[]),
                range: edges.range.get(from..to).unwrap_or(&[]),
                stroke: edges.stroke.get(from..to).unwrap_or(&[]),
            };
            let of_column = of_column.get(span).unwrap_or(&[]);
            for (start, range) in (0..).step_by(CHUNK).zip(rows.range.chunks(CHUNK)) {
                if range.iter().all(|r| *r < steps.faint) {
                    continue;
                }
                rows.codes(start, &steps, &mut codes);
                let columns = codes.iter().zip(range).zip(of_column.get(start..).unwrap_or(&[]));
                for ((code, r), part) in columns {
                    let bin = usize::from(code % 256);
                    let class = classes.as_flattened_mut().get_mut(usize::from(code / 256));
                    let part = parts.get_mut(usize::from(*part)).filter(|_| *r >= steps.faint);
                    for histogram in [class, part].into_iter().flatten() {
                        if let Some(n) = histogram.get_mut(bin) {
                            *n += 1;
                        }
                    }
                }
            }
        }
        let parts = parts.iter().flat_map(|row| row.iter().take(PARTS.0)).copied().collect();
        Self { classes, parts }
    }
}

/// The ranges, times 16, from which on a pixel is an edge.
struct Steps {
    faint: i16,
    print: i16,
}

/// A row of the sheet and its neighbours, inside.
struct Rows<'a> {
    /// One pixel more at both ends.
    sides: &'a [i16],
    above: &'a [i16],
    below: &'a [i16],
    range: &'a [i16],
    stroke: &'a [u8],
}

/// [`CHUNK`] pixels of a row, with nothing after its end.
#[inline(always)]
fn chunk<T: Copy + Default>(row: &[T], start: usize) -> [T; CHUNK] {
    let row = row.get(start..).unwrap_or(&[]);
    row.first_chunk().copied().unwrap_or_else(|| {
        let mut padded = [T::default(); CHUNK];
        padded.iter_mut().zip(row).for_each(|(p, v)| *p = *v);
        padded
    })
}

impl Rows<'_> {
    /// Of the columns from `start` on the acutance's bin, plus 256 times the way that the edge faces (opposite ways
    /// counting as one: 0 across, 1 and 3 aslant, 2 down), plus 1024 times the class.
    #[inline(always)]
    fn codes(&self, start: usize, steps: &Steps, codes: &mut [u16; CHUNK]) {
        // The tangent of 22.5 degrees.
        const T: f32 = 0.414_213_56;
        let from = |row| chunk::<i16>(row, start);
        let (left, right) = (from(self.sides), from(self.sides.get(2..).unwrap_or(&[])));
        let (above, below, range, stroke) =
            (from(self.above), from(self.below), from(self.range), chunk(self.stroke, start));
        let pixels = left.iter().zip(&right).zip(above.iter().zip(&below)).zip(range.iter().zip(&stroke));
        for (code, (((l, r), (a, b)), (range, stroke))) in codes.iter_mut().zip(pixels) {
            let (gx, gy) = (f32::from(r - l), f32::from(b - a));
            let acutance = (gx * gx + gy * gy).sqrt() / (2.0 * f32::from(*range));
            let bin = ((acutance * BINS) as i32).min(255) as u16;
            let aslant = if (gx > 0.0) == (gy > 0.0) { 1 } else { 3 };
            let steep = if gx.abs() <= T * gy.abs() { 2 } else { aslant };
            let way = if gy.abs() <= T * gx.abs() { 0 } else { steep };
            let (faint, print) = (*range >= steps.faint, *range >= steps.print);
            let class = u16::from(faint) + u16::from(print) + u16::from(print & (stroke & STROKE != 0));
            *code = bin | way << 8 | class << 10;
        }
    }
}

impl Sharpness {
    /// Share of the document's print in parts that are softer than `acutance`, 0 to 1.
    ///
    /// ```
    /// # use idenfy_preflight::{decode, options::Limits, pixmap::View, probe};
    /// # let limits = Limits::default();
    /// # let bytes = std::fs::read("testdata/front.jpg")?;
    /// # let header = probe::probe(&bytes, &limits)?;
    /// # let view = decode::view(&bytes, &header, View::reduction(header.width, header.height), &limits)?.picture;
    /// use idenfy_preflight::{measure, score::SOFT_PART};
    /// assert!(measure::measure(&view).sharpness.soft_fraction(SOFT_PART) < 0.35);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn soft_fraction(&self, acutance: f32) -> f32 {
        self.parts.iter().filter(|p| p.acutance < acutance).fold(0.0, |sum, p| sum + p.share)
    }

    /// The largest acutance of a direction over the least: 1 for defocus, more where the camera or the document moved.
    ///
    /// ```
    /// # use idenfy_preflight::{decode, options::Limits, pixmap::View, probe};
    /// # let limits = Limits::default();
    /// # let bytes = std::fs::read("testdata/front.jpg")?;
    /// # let header = probe::probe(&bytes, &limits)?;
    /// # let view = decode::view(&bytes, &header, View::reduction(header.width, header.height), &limits)?.picture;
    /// let ratio = idenfy_preflight::measure::measure(&view).sharpness.direction_ratio();
    /// assert!(ratio.is_some_and(|ratio| ratio >= 1.0));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn direction_ratio(&self) -> Option<f32> {
        let ways = || self.by_direction.into_iter().flatten();
        Some(ways().reduce(f32::max)? / ways().reduce(f32::min)?.max(0.01))
    }
}
