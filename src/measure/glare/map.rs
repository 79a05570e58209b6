//! Blown-out patches on a sheet, and the light around them.

use crate::measure::{
    edges::Edges,
    runs::{self, Forest},
    sheet::Sheet,
    tally::{Tally, quantile},
};
use std::{collections::BTreeMap, ops::Range};

/// Luma from which on a pixel is clipped; JPEG rings by a few levels.
const CLIPPED: u8 = 250;
/// Luma that only light beyond the end of the scale gives.
const SOLID: u8 = 254;
/// Levels of Cb or Cr from neutral up to which clipped light has no colour of its own.
const COLOURLESS: u8 = 12;
/// Levels above the paper that a reflection has at least.
const ABOVE_PAPER: f32 = 5.0;
/// The least share of the document that counts as a reflection.
const LEAST: f32 = 0.002;
/// Blobs that are looked at.
const MOST: usize = 16;

/// The sheet at half its scale: luma, and which pixels are blown out.
pub(super) struct Map {
    pub(super) width: usize,
    pub(super) height: usize,
    luma: Vec<u8>,
    /// 0: not blown out; otherwise the patch's number plus one; before these are told apart, 1.
    pub(super) label: Vec<u8>,
    pub(super) inside: usize,
}

/// A connected patch of blown-out pixels.
pub(super) struct Patch {
    pub(super) pixels: usize,
    /// How many of them are at the very end of the scale.
    solid: usize,
    pub(super) x: [usize; 2],
    pub(super) y: [usize; 2],
    /// Median luma close to the rim, a little further out, and well outside.
    rim: [f32; 3],
    /// Share of the pixels close to the rim that are neither white nor as dark as what lies outside.
    veiled: f32,
}

impl Patch {
    /// How much of it is far beyond the end of the scale, 0 to 1: paper that is merely bright hovers under that.
    fn solid(&self) -> f32 {
        ((self.solid as f32 / self.pixels.max(1) as f32 - 0.3) / 0.4).clamp(0.0, 1.0)
    }

    /// How surely it is a reflection. Light falls off softly around one, over a tenth of the document's width; printed
    /// white ends at its edge. Each fall is taken in proportion to what there is to fall.
    pub(super) fn certainty(&self) -> f32 {
        let [near, middle, far] = self.rim;
        let fall = |from: f32, to: f32| (from - to) / (252.0 - to).max(6.0);
        let soft = ((fall(near, far) - 0.15) / 0.25).clamp(0.0, 1.0);
        let fading = ((fall(near, middle) - 0.05) / 0.15).clamp(0.0, 1.0);
        // Gaps in print on a white page are white up to the ink; light around a reflection veils what it falls on.
        let veiled = ((self.veiled - 0.3) / 0.2).clamp(0.0, 1.0);
        soft * fading * self.solid() * veiled
    }
}

/// What is nearest to a pixel, as one number, so that the lesser one is the nearer: the distance in thirds of a pixel,
/// eight bits; three by which the first of equals is found; the number of the patch plus one, five.
mod near {
    /// A step to a pixel beside or aslant.
    pub(super) const STRAIGHT: u16 = 3 << 8;
    pub(super) const ASLANT: u16 = 4 << 8;
    /// Farther than any ring (168 on a sheet of 1400 pixels), and no overflow a step on.
    pub(super) const FAR: u16 = 250 << 8;
    /// Looked at later.
    pub(super) const LATER: u16 = 1 << 5;

    pub(super) fn distance(near: u16) -> u16 {
        near >> 8
    }

    pub(super) fn number(near: u16) -> usize {
        usize::from(near & 31)
    }

    /// Without the order.
    pub(super) fn settled(near: u16) -> u16 {
        near & !(7 << 5)
    }
}
use near::{ASLANT, FAR, LATER, STRAIGHT};

impl Map {
    /// `None` where too little is blown out for a patch, as on most sheets.
    #[inline(always)]
    pub(super) fn of(sheet: &Sheet, edges: &Edges) -> Option<Self> {
        let (width, height) = (edges.width.div_ceil(2), edges.height.div_ceil(2));
        let inset = edges.inset() / 2;
        let mut luma = vec![0; width * height];
        let mut tally = Tally::new();
        let mut spans = Vec::with_capacity(height);
        for (y, out) in luma.chunks_exact_mut(width).enumerate() {
            let row = |y: usize| sheet.luma.row(y.min(edges.height - 1) as u32).as_chunks::<2>();
            let ((upper, upper_end), (lower, lower_end)) = (row(2 * y), row(2 * y + 1));
            for (out, ([a, b], [c, d])) in out.iter_mut().zip(upper.iter().zip(lower)) {
                *out = ((u16::from(*a) + u16::from(*b) + u16::from(*c) + u16::from(*d)) / 4) as u8;
            }
            if let (Some(last), [a], [b]) = (out.last_mut(), upper_end, lower_end) {
                *last = ((u16::from(*a) + u16::from(*b)) / 2) as u8;
            }
            let span = sheet.inside(2 * y, inset);
            let span = span.start.div_ceil(2)..span.end / 2;
            tally.add(out.get(span.clone()).unwrap_or(&[]));
            spans.push(span);
        }
        let histogram = tally.take();
        let from = (mode(&histogram) + ABOVE_PAPER).clamp(f32::from(CLIPPED), 253.0) as u8;
        let inside = spans.iter().map(ExactSizeIterator::len).sum();
        if histogram.iter().skip(usize::from(from)).sum::<u32>() as usize <= least(inside) {
            return None;
        }
        let mut blown = vec![0; luma.len()];
        for (y, span) in spans.into_iter().enumerate() {
            let at = y * width + span.start..y * width + span.end.max(span.start);
            let (Some(out), Some(luma)) = (blown.get_mut(at.clone()), luma.get(at.clone())) else { continue };
            out.iter_mut().zip(luma).for_each(|(out, v)| *out = u8::from(*v >= from));
            for plane in sheet.chroma.iter().flatten() {
                let colour = plane.data().get(at.clone()).unwrap_or(&[]);
                out.iter_mut().zip(colour).for_each(|(out, c)| *out &= u8::from(c.abs_diff(128) <= COLOURLESS));
            }
        }
        let count: usize = blown.chunks(width).map(|row| row.iter().map(|b| u32::from(*b)).sum::<u32>() as usize).sum();
        (count > least(inside)).then(|| Self { width, height, luma, label: opened(&blown, width), inside })
    }

    /// Tells connected patches of more than [`LEAST`] of the document apart, largest first, and labels each in the map
    /// by its number plus one; `None` when there is none.
    pub(super) fn labelled(mut self) -> Option<(Self, Vec<Patch>)> {
        let mut forest = Forest::default();
        // All runs with the number of their patch, and where each row's begin.
        let (mut runs, mut parts, mut above) = (Vec::<Range<u32>>::new(), Vec::new(), 0..0);
        let mut rows = Vec::with_capacity(self.height);
        for row in self.label.chunks_exact(self.width) {
            let start = runs.len();
            runs::find(row, &mut runs);
            let mut from = above.start;
            for run in runs.get(start..).unwrap_or(&[]) {
                while runs.get(from).is_some_and(|a| from < above.end && a.end <= run.start) {
                    from += 1;
                }
                let touching = runs.get(from..above.end).unwrap_or(&[]).iter().zip(parts.get(from..).unwrap_or(&[]));
                let touching = touching.take_while(|(a, _)| a.start < run.end).map(|(_, part)| *part);
                let part = touching.reduce(|a, b| forest.join(a, b).0);
                parts.push(part.unwrap_or_else(|| forest.plant()));
            }
            above = start..runs.len();
            rows.push(above.clone());
        }
        self.label.fill(0);
        let mut patches: BTreeMap<u32, Patch> = BTreeMap::new();
        let numbered = rows.into_iter().enumerate().flat_map(|(y, row)| row.map(move |i| (y, i)));
        let runs: Vec<(usize, Range<usize>, u32)> = numbered
            .filter_map(|(y, i)| {
                let run = runs.get(i)?;
                Some((y, run.start as usize..run.end as usize, forest.root(*parts.get(i)?)))
            })
            .collect();
        for (y, run, part) in &runs {
            let luma = self.luma.get(y * self.width + run.start..y * self.width + run.end).unwrap_or(&[]);
            patches.entry(*part).or_default().grow(*y, run, luma);
        }
        let least = least(self.inside);
        let mut found: Vec<(u32, Patch)> = patches.into_iter().filter(|(_, p)| p.pixels > least).collect();
        found.sort_by_key(|(_, p)| std::cmp::Reverse(p.pixels));
        found.truncate(MOST);
        for (y, run, part) in runs {
            let number = (1..).zip(&found).find(|(_, (of, _))| *of == part).map(|(number, _)| number);
            let at = y * self.width + run.start..y * self.width + run.end;
            if let Some((number, label)) = number.zip(self.label.get_mut(at)) {
                label.fill(number);
            }
        }
        let patches: Vec<Patch> = found.into_iter().map(|(_, patch)| patch).collect();
        (!patches.is_empty()).then_some((self, patches))
    }

    /// Measures the luma around each patch, in rings at shares of the document's long side.
    #[inline(always)]
    pub(super) fn rims(&self, patches: &mut [Patch]) {
        let long = self.width.max(self.height) as f32;
        let pixels = |share: f32| (share * long * 3.0) as u16;
        let (near, mid, far) = (pixels(0.006)..pixels(0.013), pixels(0.022)..pixels(0.032), pixels(0.05)..pixels(0.08));
        let Some((columns, rows)) = self.around(patches, usize::from(far.end / 3 + 1)) else { return };
        let mut rings = vec![[[0_u32; 256]; 3]; patches.len()];
        let nearest = self.nearest(&columns, &rows);
        for (nearest, y) in nearest.chunks(columns.len().max(1)).zip(rows) {
            let luma = self.luma.get(y * self.width + columns.start..).unwrap_or(&[]);
            for (nearest, v) in nearest.iter().zip(luma) {
                let d = near::distance(*nearest);
                if d >= far.end || d < near.start {
                    continue;
                }
                let ring = near::number(*nearest).checked_sub(1).and_then(|i| rings.get_mut(i));
                let Some([close, middle, outside]) = ring else { continue };
                let histogram = match d {
                    d if near.contains(&d) => close,
                    d if mid.contains(&d) => middle,
                    d if far.contains(&d) => outside,
                    _ => continue,
                };
                if let Some(n) = histogram.get_mut(usize::from(*v)) {
                    *n += 1;
                }
            }
        }
        for (patch, ring) in patches.iter_mut().zip(&rings) {
            patch.rim = ring.each_ref().map(|h| quantile(h, 0.5));
            let [_, _, far] = patch.rim;
            let from = (far + 0.1 * (252.0 - far)).clamp(200.0, 225.0) as usize;
            let [close, ..] = ring;
            let veiled: u32 = close.get(from..usize::from(CLIPPED)).unwrap_or(&[]).iter().sum();
            patch.veiled = veiled as f32 / close.iter().sum::<u32>().max(1) as f32;
        }
    }

    /// The box around what may be a reflection, with room for rings of this reach and for what is nearer to them;
    /// `None` when nothing may be one.
    fn around(&self, patches: &[Patch], reach: usize) -> Option<(Range<usize>, Range<usize>)> {
        let reach = if patches.len() > 1 { 2 * reach } else { reach };
        let solid = || patches.iter().filter(|p| p.solid() > 0.0);
        let extent = |of: fn(&Patch) -> [usize; 2], size: usize| {
            let from = solid().map(|p| of(p)[0]).min()?;
            let to = solid().map(|p| of(p)[1]).max()?;
            Some(from.saturating_sub(reach)..(to + reach + 1).min(size))
        };
        Some((extent(|p| p.x, self.width)?, extent(|p| p.y, self.height)?))
    }

    /// For every pixel of a box the patch that is [`near`]est (Borgefors 1986, 3-4 chamfer).
    #[inline(always)]
    fn nearest(&self, columns: &Range<usize>, rows: &Range<usize>) -> Vec<u16> {
        let width = columns.len();
        let mut nearest = Vec::with_capacity(width * rows.len());
        for y in rows.clone() {
            let label = self.label.get(y * self.width + columns.start..y * self.width + columns.end).unwrap_or(&[]);
            nearest.extend(label.iter().map(|l| if *l > 0 { u16::from(*l) } else { FAR }));
        }
        // Down from the row above, and from left to right; then up from the row below, and back.
        let mut past = vec![FAR; width + 2];
        for row in nearest.chunks_exact_mut(width.max(1)) {
            relax(row, past.array_windows().map(|[l, m, r]| [*m, *l, *r]));
            row.iter_mut().fold(FAR, |left, v| {
                *v = near::settled((left + STRAIGHT + LATER).min(*v));
                *v
            });
            past.iter_mut().skip(1).zip(&*row).for_each(|(past, v)| *past = *v);
        }
        past.fill(FAR);
        for row in nearest.chunks_exact_mut(width.max(1)).rev() {
            relax(row, past.array_windows().map(|[l, m, r]| [*m, *r, *l]));
            row.iter_mut().rev().fold(FAR, |right, v| {
                *v = near::settled((right + STRAIGHT + LATER).min(*v));
                *v
            });
            past.iter_mut().skip(1).zip(&*row).for_each(|(past, v)| *past = *v);
        }
        nearest
    }
}

/// Brings a row nearer by way of the three beside each pixel: straight on, then aslant. What the row has comes before
/// them, and so does a step along it.
#[inline(always)]
fn relax(row: &mut [u16], beside: impl Iterator<Item = [u16; 3]>) {
    for (v, [straight, first, second]) in row.iter_mut().zip(beside) {
        let straight = straight + STRAIGHT + 2 * LATER;
        *v = (*v).min(straight).min(first + ASLANT + 3 * LATER).min(second + ASLANT + 4 * LATER).min(FAR);
    }
}

impl Default for Patch {
    fn default() -> Self {
        Self { pixels: 0, solid: 0, x: [usize::MAX, 0], y: [usize::MAX, 0], rim: [0.0; 3], veiled: 0.0 }
    }
}

impl Patch {
    /// Takes in a run of this luma.
    fn grow(&mut self, y: usize, run: &Range<usize>, luma: &[u8]) {
        self.solid += luma.iter().filter(|v| **v >= SOLID).count();
        self.pixels += run.len();
        self.x = [self.x[0].min(run.start), self.x[1].max(run.end.saturating_sub(1))];
        self.y = [self.y[0].min(y), self.y[1].max(y)];
    }
}

/// Pixels that a patch has to have more than.
fn least(inside: usize) -> usize {
    (LEAST * inside as f32) as usize
}

/// The commonest tone under the clipped ones, by the mean of five.
fn mode(histogram: &[u32; 256]) -> f32 {
    let below = histogram.get(..usize::from(CLIPPED)).unwrap_or(&[]);
    let best = below.windows(5).enumerate().max_by_key(|(_, w)| w.iter().sum::<u32>());
    best.map_or(0.0, |(i, _)| i as f32 + 2.0)
}

/// A morphological opening by 3 x 3 of zeros and ones: what is thinner than three pixels goes. Nothing is set at the
/// map's edge.
#[inline(always)]
fn opened(blown: &[u8], width: usize) -> Vec<u8> {
    let (mut once, mut twice) = (vec![0; blown.len()], vec![0; blown.len()]);
    sweep(blown, 1, |a, b| a & b, &mut once);
    sweep(&once, width, |a, b| a & b, &mut twice);
    sweep(&twice, 1, |a, b| a | b, &mut once);
    sweep(&once, width, |a, b| a | b, &mut twice);
    twice
}

/// Joins every pixel with those `step` before and after it.
#[inline(always)]
fn sweep(map: &[u8], step: usize, join: impl Fn(u8, u8) -> u8, out: &mut [u8]) {
    let (here, after) = (map.get(step..).unwrap_or(&[]), map.get(2 * step..).unwrap_or(&[]));
    for (out, ((a, b), c)) in out.iter_mut().skip(step).zip(map.iter().zip(here).zip(after)) {
        *out = join(join(*a, *b), *c);
    }
}
