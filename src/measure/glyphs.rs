//! How high the letters are: connected strokes on the sheet and their boxes.

use super::{edges::Edges, sheet::Sheet, tally::quantile};

/// How high the print is.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Glyphs {
    /// Height of the larger part of the print, in pixels of the sheet: the median over letters, weighed by their width.
    pub height: Option<f32>,
    /// How many letters (or words whose letters touch) were seen.
    pub count: u32,
}

/// Fewer letters than this: nothing is said of their height.
const FEWEST: u32 = 12;
/// Letters are at least and at most this high, in pixels of the sheet: less is dots and lines, more is no running text.
const HEIGHTS: std::ops::RangeInclusive<u32> = 4..=60;
/// The widest word, in heights: letters that touch count as one.
const WIDEST: u32 = 16;

/// The box around connected strokes.
#[derive(Clone, Copy)]
struct Bounds {
    left: u32,
    right: u32,
    top: u32,
    bottom: u32,
}

/// A run of stroke pixels in a row, and the number of its component.
#[derive(Clone, Copy)]
struct Run {
    from: u32,
    to: u32,
    part: u32,
}

/// Measures letters on a sheet.
pub fn measure(sheet: &Sheet, edges: &Edges) -> Glyphs {
    let threshold = edges.print_from(0.3);
    let inset = edges.inset();
    let mut parts = Parts::default();
    let (mut above, mut here): (Vec<Run>, Vec<Run>) = (Vec::new(), Vec::new());
    for y in 0..edges.height {
        let span = sheet.inside(y, inset);
        let start = y * edges.width;
        let stroke = edges.stroke.get(start + span.start..start + span.end).unwrap_or(&[]);
        let range = edges.range.get(start + span.start..start + span.end).unwrap_or(&[]);
        here.clear();
        for (i, (s, r)) in stroke.iter().zip(range).enumerate() {
            if *r >= threshold && 2 * s >= *r {
                let x = (span.start + i) as u32;
                match here.last_mut() {
                    Some(run) if run.to == x => run.to = x + 1,
                    _ => here.push(Run { from: x, to: x + 1, part: u32::MAX }),
                }
            }
        }
        let mut from = 0;
        for run in &mut here {
            while above.get(from).is_some_and(|a| a.to < run.from) {
                from += 1;
            }
            for a in above.iter().skip(from).take_while(|a| a.from <= run.to) {
                run.part = if run.part == u32::MAX { parts.root(a.part) } else { parts.join(run.part, a.part) };
            }
            run.part = parts.grow(run.part, run.from, run.to, y as u32);
        }
        std::mem::swap(&mut above, &mut here);
    }
    parts.heights()
}

/// Components, as a forest: each points to one that it was joined to, roots to themselves.
#[derive(Default)]
struct Parts {
    parent: Vec<u32>,
    bounds: Vec<Bounds>,
}

impl Parts {
    fn root(&mut self, mut part: u32) -> u32 {
        while let Some(up) = self.parent.get(part as usize).copied().filter(|up| *up != part) {
            // Halve the way for the next time.
            let further = self.parent.get(up as usize).copied().unwrap_or(up);
            if let Some(p) = self.parent.get_mut(part as usize) {
                *p = further;
            }
            part = further;
        }
        part
    }

    fn join(&mut self, a: u32, b: u32) -> u32 {
        let (a, b) = (self.root(a), self.root(b));
        if a == b {
            return a;
        }
        let from = self.bounds.get(b as usize).copied();
        if let (Some(into), Some(from), Some(p)) =
            (self.bounds.get_mut(a as usize), from, self.parent.get_mut(b as usize))
        {
            into.left = into.left.min(from.left);
            into.right = into.right.max(from.right);
            into.top = into.top.min(from.top);
            into.bottom = into.bottom.max(from.bottom);
            *p = a;
        }
        a
    }

    /// Adds a run to a component, or to a new one.
    fn grow(&mut self, part: u32, from: u32, to: u32, y: u32) -> u32 {
        match self.bounds.get_mut(part as usize) {
            Some(b) => {
                (b.left, b.right, b.bottom) = (b.left.min(from), b.right.max(to), y + 1);
                part
            }
            None => {
                let new = self.bounds.len() as u32;
                self.parent.push(new);
                self.bounds.push(Bounds { left: from, right: to, top: y, bottom: y + 1 });
                new
            }
        }
    }

    fn heights(&self) -> Glyphs {
        let mut histogram = [0_u32; *HEIGHTS.end() as usize + 1];
        let mut count = 0;
        let roots = self.parent.iter().zip(&self.bounds).enumerate().filter(|(i, (p, _))| **p as usize == *i);
        for (_, (_, b)) in roots {
            let (width, height) = (b.right - b.left, b.bottom - b.top);
            if HEIGHTS.contains(&height)
                && (height / 8..=height * WIDEST).contains(&width)
                && let Some(n) = histogram.get_mut(height as usize)
            {
                *n += width;
                count += 1;
            }
        }
        Glyphs { height: (count >= FEWEST).then(|| quantile(&histogram, 0.5)), count }
    }
}
