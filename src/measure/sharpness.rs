//! How crisp print is: the steepness of its edges in proportion to what they separate.

use super::{
    edges::Edges,
    sheet::Sheet,
    tally::quantile,
    text::{Cell, Text},
};

/// How crisp print is.
///
/// Acutance is the gradient over the range of tones in the 9 x 9 pixels around, both on the sheet: free of contrast,
/// pixel count and distance. An edge that takes one pixel gives about 0.35, a ramp as wide as the window 0.12.
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
pub fn measure(sheet: &Sheet, edges: &Edges, text: &Text) -> Sharpness {
    let (w, inset) = (edges.width, edges.inset());
    let threshold = edges.print_from(0.45);
    // Blur takes contrast too: a soft part is looked for among fainter edges.
    let faint = edges.print_from(0.0);
    let mut all: [Histogram; 4] = [[0; 256]; 4];
    let mut strokes: [Histogram; 4] = [[0; 256]; 4];
    let mut parts: Vec<Histogram> = vec![[0; 256]; PARTS.0 * PARTS.1];
    // Of every column its column of cells and of parts: looked up, as dividing takes longer than all the rest.
    let columns: Vec<(usize, usize)> = (0..w).map(|x| (x * text.across / w, x * PARTS.0 / w)).collect();
    for y in inset..edges.height.saturating_sub(inset) {
        let (cell_row, part_row) = (y * text.down / edges.height, y * PARTS.1 / edges.height * PARTS.0);
        let span = sheet.inside(y, inset);
        let (from, to) = (y * w + span.start, y * w + span.end);
        let sides = edges.smooth.get(from - 1..to + 1).unwrap_or(&[]);
        let above = edges.smooth.get(from - w..to - w).unwrap_or(&[]);
        let below = edges.smooth.get(from + w..to + w).unwrap_or(&[]);
        let range = edges.range.get(from..to).unwrap_or(&[]);
        let stroke = edges.stroke.get(from..to).unwrap_or(&[]);
        let pixels = sides.array_windows::<3>().zip(above.iter().zip(below)).zip(range.iter().zip(stroke));
        let columns = columns.get(span).unwrap_or(&[]);
        for ((cell, part), ((side, (a, b)), (r, s))) in columns.iter().zip(pixels) {
            if *r < faint {
                continue;
            }
            let (gx, gy) = (f32::from(side[2] - side[0]), f32::from(b - a));
            let acutance = (gx * gx + gy * gy).sqrt() / (2.0 * f32::from(*r));
            let bin = ((acutance * BINS) as usize).min(255);
            let way = facing(gx, gy);
            let printed = text.at(*cell, cell_row) != Cell::Picture;
            let part = parts.get_mut(part_row + part).filter(|_| printed);
            let all = all.get_mut(way).filter(|_| *r >= threshold);
            let strokes = strokes.get_mut(way).filter(|_| *r >= threshold && 4 * s.abs() >= *r);
            for histogram in [part, all, strokes].into_iter().flatten() {
                if let Some(n) = histogram.get_mut(bin) {
                    *n += 1;
                }
            }
        }
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

/// Which of four ways an edge faces, opposite ways counting as one: 0 across, 1 and 3 aslant, 2 down.
fn facing(gx: f32, gy: f32) -> usize {
    // The tangent of 22.5 degrees.
    const T: f32 = 0.414_213_56;
    match () {
        () if gy.abs() <= T * gx.abs() => 0,
        () if gx.abs() <= T * gy.abs() => 2,
        () if (gx > 0.0) == (gy > 0.0) => 1,
        () => 3,
    }
}

impl Sharpness {
    /// Share of the document's print in parts that are softer than `acutance`, 0 to 1.
    pub fn soft_fraction(&self, acutance: f32) -> f32 {
        self.parts.iter().filter(|p| p.acutance < acutance).fold(0.0, |sum, p| sum + p.share)
    }

    /// The largest acutance of a direction over the least: 1 for defocus, more where the camera or the document moved.
    pub fn direction_ratio(&self) -> Option<f32> {
        let ways = || self.by_direction.into_iter().flatten();
        Some(ways().reduce(f32::max)? / ways().reduce(f32::min)?.max(0.01))
    }
}
