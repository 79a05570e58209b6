//! Light thrown back: clipped, colourless, soft at the rim, and what it covers.

use super::{
    edges::Edges,
    sheet::Sheet,
    tally::quantile,
    text::{Cell, Text},
};

/// Light thrown back by the document.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Glare {
    /// Share of the document that is blown out by reflections, 0 to 1; each blob weighed by how surely it is one.
    pub fraction: f32,
    /// Share of the document's print that reflections cover, as far as can be told from the print around them, 0 to 1.
    pub text_fraction: f32,
    /// Share of the document's pictures (portrait) that reflections cover, 0 to 1.
    pub picture_fraction: f32,
    /// The reflections, largest first, 16 at most.
    pub blobs: Vec<Blob>,
}

/// One reflection.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Blob {
    /// `[x, y, width, height]` in pixels of the upright original.
    pub place: [f32; 4],
    /// Share of the document.
    pub fraction: f32,
    /// How surely it is a reflection and not printed white, 0 to 1, by its rim.
    pub certainty: f32,
    /// What it covers most of, beside paper.
    pub covers: Covers,
}

/// What a reflection covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Covers {
    /// Print.
    Text,
    /// A portrait or another picture.
    Picture,
    /// Neither.
    Nothing,
}

impl Covers {
    /// In words.
    pub fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Picture => "picture",
            Self::Nothing => "nothing",
        }
    }
}

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

/// Measures reflections on a sheet.
pub fn measure(sheet: &Sheet, edges: &Edges, text: &Text) -> Glare {
    let mut map = Map::of(sheet, edges);
    let mut blobs = map.blobs();
    if blobs.is_empty() {
        return Glare::default();
    }
    map.rims(&mut blobs);
    let area = map.inside.max(1) as f32;

    let cover = Cover::of(&map, &blobs, text);
    let mut glare = Glare { text_fraction: cover.text, picture_fraction: cover.picture, ..Glare::default() };
    for (i, blob) in blobs.iter().enumerate() {
        let certainty = blob.certainty();
        let fraction = blob.pixels as f32 / area;
        glare.fraction += fraction * certainty;
        let [x, y] = [blob.x, blob.y].map(|[from, to]| [2.0 * from as f32, 2.0 * (to + 1) as f32]);
        let covers = cover.blobs.get(i).copied().unwrap_or(Covers::Nothing);
        glare.blobs.push(Blob { place: sheet.place_box(x, y), fraction, certainty, covers });
    }
    glare
}

/// The sheet at half its scale: luma, and which pixels are blown out.
struct Map {
    width: usize,
    height: usize,
    luma: Vec<u8>,
    /// 0: not blown out; otherwise the blob's number plus one, [`u8::MAX`] before it has one.
    label: Vec<u8>,
    inside: usize,
}

/// A connected patch of blown-out pixels.
struct Patch {
    pixels: usize,
    /// Share of its pixels that are at the very end of the scale.
    solid: f32,
    x: [usize; 2],
    y: [usize; 2],
    /// Median luma close to the rim, a little further out, and well outside.
    rim: [f32; 3],
    /// Share of the pixels close to the rim that are neither white nor as dark as what lies outside.
    veiled: f32,
}

impl Patch {
    /// How surely it is a reflection. Light falls off softly around one, over a tenth of the document's width; printed
    /// white ends at its edge. Each fall is taken in proportion to what there is to fall.
    fn certainty(&self) -> f32 {
        let [near, middle, far] = self.rim;
        let fall = |from: f32, to: f32| (from - to) / (252.0 - to).max(6.0);
        let soft = ((fall(near, far) - 0.15) / 0.25).clamp(0.0, 1.0);
        let fading = ((fall(near, middle) - 0.05) / 0.15).clamp(0.0, 1.0);
        // Paper that is merely bright hovers under the end of the scale; a reflection is far beyond it.
        let solid = ((self.solid - 0.3) / 0.4).clamp(0.0, 1.0);
        // Gaps in print on a white page are white up to the ink; light around a reflection veils what it falls on.
        let veiled = ((self.veiled - 0.3) / 0.2).clamp(0.0, 1.0);
        soft * fading * solid * veiled
    }
}

impl Map {
    fn of(sheet: &Sheet, edges: &Edges) -> Self {
        let (width, height) = (edges.width.div_ceil(2), edges.height.div_ceil(2));
        let inset = edges.inset() / 2;
        let mut luma = Vec::with_capacity(width * height);
        let mut histogram = [0_u32; 256];
        let mut spans = Vec::with_capacity(height);
        for y in 0..height {
            let (upper, lower) =
                (sheet.luma.row(2 * y as u32), sheet.luma.row((2 * y as u32 + 1).min(edges.height as u32 - 1)));
            let start = luma.len();
            luma.extend(upper.chunks(2).zip(lower.chunks(2)).map(|(a, b)| {
                let sum: u32 = a.iter().chain(b).map(|v| u32::from(*v)).sum();
                (sum / (a.len() + b.len()) as u32) as u8
            }));
            let span = sheet.inside(2 * y, inset);
            let span = span.start.div_ceil(2)..span.end / 2;
            for v in luma.get(start + span.start..start + span.end.max(span.start)).unwrap_or(&[]) {
                if let Some(n) = histogram.get_mut(usize::from(*v)) {
                    *n += 1;
                }
            }
            spans.push(span);
        }
        let paper = mode(&histogram);
        let from = (paper + ABOVE_PAPER).clamp(f32::from(CLIPPED), 253.0) as u8;
        let inside = spans.iter().map(ExactSizeIterator::len).sum();
        let mut blown = vec![false; luma.len()];
        let mut count = 0;
        for (y, span) in spans.iter().enumerate() {
            for x in span.clone() {
                let at = y * width + x;
                if luma.get(at).is_none_or(|v| *v < from) {
                    continue;
                }
                let colour = sheet.chroma.as_ref().is_some_and(|planes| {
                    planes.iter().any(|p| p.data().get(at).is_some_and(|c| c.abs_diff(128) > COLOURLESS))
                });
                if let Some(b) = blown.get_mut(at).filter(|_| !colour) {
                    *b = true;
                    count += 1;
                }
            }
        }
        // Most sheets have none: then nothing has to be opened.
        let label = if count > least(inside) {
            opened(&blown, width).into_iter().map(|b| if b { u8::MAX } else { 0 }).collect()
        } else {
            vec![0; blown.len()]
        };
        Self { width, height, luma, label, inside }
    }

    /// Connected patches of at least [`LEAST`] of the document, largest first, each labelled in the map by its number
    /// plus one.
    fn blobs(&mut self) -> Vec<Patch> {
        let least = least(self.inside);
        let mut found: Vec<(Patch, Vec<usize>)> = Vec::new();
        let mut stack = Vec::new();
        for start in 0..self.label.len() {
            if self.label.get(start) != Some(&u8::MAX) {
                continue;
            }
            let mut members = Vec::new();
            stack.push(start);
            while let Some(at) = stack.pop() {
                let Some(label) = self.label.get_mut(at).filter(|l| **l == u8::MAX) else { continue };
                *label = 0;
                members.push(at);
                let x = at % self.width;
                stack.extend([at.wrapping_sub(self.width), at + self.width]);
                stack.extend([(x > 0).then(|| at - 1), (x + 1 < self.width).then_some(at + 1)].into_iter().flatten());
            }
            if members.len() > least {
                found.push((self.patch(&members), members));
            }
        }
        found.sort_by_key(|(p, _)| std::cmp::Reverse(p.pixels));
        found.truncate(MOST);
        for (number, (_, members)) in (1..).zip(&found) {
            for at in members {
                if let Some(label) = self.label.get_mut(*at) {
                    *label = number;
                }
            }
        }
        found.into_iter().map(|(patch, _)| patch).collect()
    }

    fn patch(&self, members: &[usize]) -> Patch {
        let mut patch = Patch {
            pixels: members.len(),
            solid: 0.0,
            x: [usize::MAX, 0],
            y: [usize::MAX, 0],
            rim: [0.0; 3],
            veiled: 0.0,
        };
        for at in members {
            let (x, y) = (at % self.width, at / self.width);
            patch.x = [patch.x[0].min(x), patch.x[1].max(x)];
            patch.y = [patch.y[0].min(y), patch.y[1].max(y)];
            patch.solid += f32::from(self.luma.get(*at).is_some_and(|v| *v >= SOLID));
        }
        patch.solid /= members.len().max(1) as f32;
        patch
    }

    /// Measures the luma around each patch, in rings at shares of the document's long side.
    fn rims(&self, patches: &mut [Patch]) {
        let (distance, nearest) = self.distances();
        let mut rings = vec![[[0_u32; 256]; 3]; patches.len()];
        let long = self.width.max(self.height) as f32;
        let pixels = |share: f32| (share * long * 3.0) as u16;
        let (near, mid, far) = (pixels(0.006)..pixels(0.013), pixels(0.022)..pixels(0.032), pixels(0.05)..pixels(0.08));
        for ((d, number), v) in distance.iter().zip(&nearest).zip(&self.luma) {
            let Some(ring) = usize::from(*number).checked_sub(1).and_then(|i| rings.get_mut(i)) else { continue };
            let [close, middle, outside] = ring;
            let histogram = match d {
                d if near.contains(d) => close,
                d if mid.contains(d) => middle,
                d if far.contains(d) => outside,
                _ => continue,
            };
            if let Some(n) = histogram.get_mut(usize::from(*v)) {
                *n += 1;
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

    /// For every pixel the distance to the nearest patch, in thirds of a pixel, and the patch's number plus one
    /// (Borgefors 1986, 3-4 chamfer).
    #[expect(clippy::indexing_slicing, reason = "indices stay in the map's rows")]
    fn distances(&self) -> (Vec<u16>, Vec<u8>) {
        let (w, n) = (self.width, self.label.len());
        let mut distance: Vec<u16> = self.label.iter().map(|l| if *l > 0 { 0 } else { u16::MAX / 2 }).collect();
        let mut nearest = self.label.clone();
        let mut relax = |at: usize, from: usize, step: u16| {
            if distance[from] + step < distance[at] {
                distance[at] = distance[from] + step;
                nearest[at] = nearest[from];
            }
        };
        for at in 0..n {
            let x = at % w;
            if x > 0 {
                relax(at, at - 1, 3);
            }
            if at >= w {
                relax(at, at - w, 3);
                if x > 0 {
                    relax(at, at - w - 1, 4);
                }
                if x + 1 < w {
                    relax(at, at - w + 1, 4);
                }
            }
        }
        for at in (0..n).rev() {
            let x = at % w;
            if x + 1 < w {
                relax(at, at + 1, 3);
            }
            if at + w < n {
                relax(at, at + w, 3);
                if x + 1 < w {
                    relax(at, at + w + 1, 4);
                }
                if x > 0 {
                    relax(at, at + w - 1, 4);
                }
            }
        }
        (distance, nearest)
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

/// A morphological opening by 3 x 3: what is thinner than three pixels goes.
fn opened(blown: &[bool], width: usize) -> Vec<bool> {
    let sweep = |v: &[bool], step: usize, all: bool| -> Vec<bool> {
        let at = |i: usize| v.get(i).copied().unwrap_or(false);
        let join = |i: usize| [at(i.wrapping_sub(step)), at(i), at(i + step)];
        (0..v.len()).map(|i| if all { join(i) == [true; 3] } else { join(i).contains(&true) }).collect()
    };
    let eroded = sweep(&sweep(blown, 1, true), width, true);
    sweep(&sweep(&eroded, 1, false), width, false)
}

/// What reflections cover, told from the print beside them on the same rows.
struct Cover {
    text: f32,
    picture: f32,
    blobs: Vec<Covers>,
}

/// How far beside a reflection print is looked for, in cells: light still veils what lies next to it.
const REACH: usize = 4;
/// How many cells of a row are thought to be covered where print is seen on one side only.
const ONE_SIDED: usize = 6;

impl Cover {
    fn of(map: &Map, patches: &[Patch], text: &Text) -> Self {
        let (w, h) = (text.across, text.down);
        // For each cell the patch that blows most of it out, if any does.
        let owner = |x: usize, y: usize| {
            let (x0, x1) = (x * map.width / w, (x + 1) * map.width / w);
            let rows = y * map.height / h..(y + 1) * map.height / h;
            let labels = rows.clone().flat_map(|row| map.label.get(row * map.width + x0..row * map.width + x1));
            let all = labels.flatten().filter_map(|l| usize::from(*l).checked_sub(1));
            let sure = |i: &usize| patches.get(*i).is_some_and(|p| p.certainty() >= 0.3);
            let labels: Vec<usize> = all.filter(sure).collect();
            (labels.len() * 2 >= (x1 - x0) * rows.len()).then(|| labels.first().copied()).flatten()
        };
        let mut lost = vec![[0_usize; 2]; patches.len()];
        for y in 0..h {
            let owners: Vec<Option<usize>> = (0..w).map(|x| owner(x, y)).collect();
            let mut x = 0;
            while x < w {
                let run = owners.iter().skip(x).take_while(|o| o.is_some()).count();
                let beside = |cell| {
                    let left = (x.saturating_sub(REACH)..x).any(|c| text.at(c, y) == cell);
                    let right = (x + run..(x + run + REACH).min(w)).any(|c| text.at(c, y) == cell);
                    match (left, right) {
                        (true, true) => run,
                        (false, false) => 0,
                        _ => run.min(ONE_SIDED),
                    }
                };
                let here = owners.get(x).copied().flatten().and_then(|i| lost.get_mut(i));
                if let Some([print, picture]) = here {
                    *print += beside(Cell::Text);
                    *picture += beside(Cell::Picture);
                }
                x += run.max(1);
            }
        }
        let share = |lost: usize, cell: Cell| {
            let seen = text.cells.iter().filter(|c| **c == cell).count();
            lost as f32 / (lost + seen).max(1) as f32
        };
        let blobs = lost.iter().map(|[print, picture]| match () {
            () if *print > 0 && print >= picture => Covers::Text,
            () if *picture > 1 => Covers::Picture,
            () => Covers::Nothing,
        });
        Self {
            text: share(lost.iter().map(|l| l[0]).sum(), Cell::Text),
            picture: share(lost.iter().map(|l| l[1]).sum(), Cell::Picture),
            blobs: blobs.collect(),
        }
    }
}
