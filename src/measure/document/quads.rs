//! Four lines that make a document.

use super::lines::Line;

/// A candidate at working scale.
#[derive(Clone, Copy, Debug)]
pub(super) struct Quad {
    /// Indices of the lines: two that face each other, then the two that join them.
    pub(super) lines: [usize; 4],
    /// Corners in the order of going round.
    pub(super) corners: [[f32; 2]; 4],
    /// How well it is borne out, 0 to 1.
    pub(super) score: f32,
    /// How many sides are the frame's.
    pub(super) on_frame: usize,
}

/// How many are handed on.
const CANDIDATES: usize = 60;
/// What a side on the frame counts for: less than a side that is seen, more than one that is not.
const FRAME_SIDE: f32 = 0.3;
/// What the worst quarter of a side weighs against the mean of it all: a side is there from end to end.
const WORST_QUARTER: f32 = 0.4;
/// What an edge that goes on past the corner takes away: a document's do not.
const PAST: f32 = 0.3;
/// What a second side on the frame takes away: few are cut on two sides.
const TWO_ON_FRAME: f32 = 0.5;
/// The average of what unusual proportions take away, for a document that is cut and has none.
const CUT_PROPORTIONS: f32 = 0.85;
/// How fast the likelihood falls with proportions off those of documents.
const OFF_PROPORTIONS: f32 = 2.0;

/// All sides' scores, computed when first asked for.
struct Sides<'a> {
    lines: &'a [Line],
    meets: Vec<Option<[f32; 2]>>,
    scores: Vec<f32>,
}

impl<'a> Sides<'a> {
    fn new(lines: &'a [Line]) -> Self {
        let meets = lines.iter().flat_map(|a| lines.iter().map(|b| a.meet(b))).collect();
        Self { lines, meets, scores: vec![f32::NAN; lines.len() * lines.len() * lines.len()] }
    }

    fn meet(&self, a: usize, b: usize) -> Option<[f32; 2]> {
        self.meets.get(a * self.lines.len() + b).copied().flatten()
    }

    /// How well the stretch of line `l` between lines `a` and `b` is borne out as a side that ends there.
    fn score(&mut self, l: usize, a: usize, b: usize) -> f32 {
        let n = self.lines.len();
        let (lo, hi) = (a.min(b), a.max(b));
        let key = (l * n + lo) * n + hi;
        match self.scores.get(key) {
            Some(s) if !s.is_nan() => return *s,
            _ => {}
        }
        let s = match (self.lines.get(l), self.meet(l, a), self.meet(l, b)) {
            (Some(line), Some(p), Some(q)) => side_score(line, line.along(p), line.along(q)),
            _ => 0.0,
        };
        if let Some(slot) = self.scores.get_mut(key) {
            *slot = s;
        }
        s
    }
}

fn side_score(line: &Line, p: f32, q: f32) -> f32 {
    let (from, to) = (p.min(q), p.max(q));
    let length = to - from;
    if line.frame.is_some() {
        return FRAME_SIDE;
    }
    // Rounded corners (3.18 mm on 53.98 mm) take 6 % off either end of a card's short side.
    let trim = 0.06 * length;
    let (inside, seen) = line.support(from + trim, to - trim);
    if seen < 0.4 {
        return 0.0;
    }
    let step = (length - 2.0 * trim) / 4.0;
    let worst = (0..4u8).map(|i| {
        let a = from + trim + f32::from(i) * step;
        let (s, seen) = line.support(a, a + step);
        if seen < 0.5 { 1.0 } else { s }
    });
    let inside = (1.0 - WORST_QUARTER) * inside + WORST_QUARTER * worst.fold(inside, f32::min);
    let reach = (0.2 * length).max(8.0);
    let beyond = |a: f32, b: f32| {
        let (s, share) = line.support(a, b);
        s * share
    };
    let past = beyond(from - reach, from - 4.0) + beyond(to + 4.0, to + reach);
    (inside - PAST * past).max(0.0) * seen.sqrt()
}

/// The best candidates, best first, at most [`CANDIDATES`].
pub(super) fn find(lines: &[Line], width: f32, height: f32) -> Vec<Quad> {
    let mut sides = Sides::new(lines);
    let n = lines.len();
    let least = 0.03 * width.max(height);
    let near =
        |[x, y]: [f32; 2]| (-0.15 * width..=1.15 * width).contains(&x) && (-0.15 * height..=1.15 * height).contains(&y);
    // Of each line the lines that it meets in the picture or close by, one bit each.
    let met: Vec<u64> = (0..n)
        .map(|a| (0..n.min(64)).fold(0, |bits, b| bits | u64::from(sides.meet(a, b).is_some_and(near)) << b))
        .collect();
    let met = |line: usize| met.get(line).copied().unwrap_or(0);
    // Pairs that can face each other.
    let mut pairs = Vec::new();
    for i in 0..n {
        for j in i + 1..n {
            let (Some(a), Some(b)) = (lines.get(i), lines.get(j)) else { continue };
            let cos = (a.normal[0] * b.normal[0] + a.normal[1] * b.normal[1]).abs();
            if cos > 0.93 {
                pairs.push((i, j));
            }
        }
    }
    let mut best: Vec<Quad> = Vec::new();
    // No side's score is over 1, so that what the first sides leave too little of is given up before the others: the
    // least product of theirs.
    let mut least_product = 0.0;
    for (k, &(a, b)) in pairs.iter().enumerate() {
        let both = met(a) & met(b);
        for &(c, d) in pairs.iter().skip(k + 1) {
            if both >> c & both >> d & 1 == 0 {
                continue;
            }
            let (Some(p), Some(q), Some(r), Some(s)) =
                (sides.meet(a, c), sides.meet(a, d), sides.meet(b, d), sides.meet(b, c))
            else {
                continue;
            };
            let corners = [p, q, r, s];
            let mut product = 1.0_f32;
            let enough = [(a, c, d), (b, c, d), (c, a, b), (d, a, b)].into_iter().all(|(l, p, q)| {
                product *= sides.score(l, p, q);
                product > least_product
            });
            if !enough {
                continue;
            }
            let Some(area) = convex(&corners, least) else { continue };
            let score = product.sqrt().sqrt() * (area / (width * height)).sqrt().sqrt().sqrt();
            let on_frame = [a, b, c, d].iter().filter(|l| lines.get(**l).is_some_and(|l| l.frame.is_some())).count();
            let score = match on_frame {
                0 => score * likely(&corners),
                1 => score * CUT_PROPORTIONS,
                2 => score * TWO_ON_FRAME,
                _ => continue,
            };
            keep(&mut best, Quad { lines: [a, b, c, d], corners, score, on_frame });
            least_product = best.last().filter(|_| best.len() >= CANDIDATES).map_or(0.0, |l| fourth(l.score));
        }
    }
    best
}

fn fourth(v: f32) -> f32 {
    (v * v) * (v * v)
}

/// Takes a candidate into the list, best first, unless one much like it is better.
fn keep(best: &mut Vec<Quad>, quad: Quad) {
    if best.len() >= CANDIDATES && best.last().is_some_and(|l| quad.score <= l.score) {
        return;
    }
    let alike = |q: &Quad| {
        (0..4).any(|turn| {
            let other = q.corners.iter().cycle().skip(turn);
            quad.corners.iter().zip(other).all(|(p, q)| (p[0] - q[0]).abs() < 6.0 && (p[1] - q[1]).abs() < 6.0)
        })
    };
    let at = best.partition_point(|q| q.score >= quad.score);
    if best.iter().take(at).any(alike) {
        return;
    }
    best.insert(at, quad);
    let mut i = 0;
    best.retain(|q| {
        i += 1;
        i <= at + 1 || !alike(q)
    });
    best.truncate(CANDIDATES);
}

/// The area of a quad that is convex and has no side under `least`.
fn convex(q: &[[f32; 2]; 4], least: f32) -> Option<f32> {
    let edge = |i: usize| {
        let (p, n) = (q.get(i % 4)?, q.get((i + 1) % 4)?);
        Some([n[0] - p[0], n[1] - p[1]])
    };
    let (mut turn, mut area) = (0.0f32, 0.0);
    for i in 0..4 {
        let (a, b) = (edge(i)?, edge(i + 1)?);
        let cross = a[0] * b[1] - a[1] * b[0];
        if a[0] * a[0] + a[1] * a[1] < least * least || cross == 0.0 || turn * cross < 0.0 {
            return None;
        }
        turn = cross;
        area += cross / 4.0;
    }
    Some(area.abs())
}

/// How far the proportions, seen at a slant, are from those of a document.
fn likely(q: &[[f32; 2]; 4]) -> f32 {
    let [a, b, c, d] = *q;
    let len = |p: [f32; 2], q: [f32; 2]| ((p[0] - q[0]).powi(2) + (p[1] - q[1]).powi(2)).sqrt();
    let (w, h) = (len(a, b) + len(c, d), len(b, c) + len(d, a));
    let ratio = w.max(h) / w.min(h);
    let off = (1.38 / ratio).max(ratio / 1.65).max(1.0) - 1.0;
    1.0 / (1.0 + OFF_PROPORTIONS * off)
}
