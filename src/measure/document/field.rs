//! The picture at working scale, and how strongly and which way it changes at every place.

use crate::{
    measure::shrink::{FINE, shrink},
    pixmap::View,
};
use fearless_simd::{Level, dispatch};

/// The long side is brought down to at most this many pixels: an edge 2 pixels wide in a 12 MP photo is then still
/// one, and a card that covers 1 % of the frame is still 40 pixels wide.
const LONG_SIDE: u32 = 400;

/// Gradients at working scale.
pub(super) struct Field {
    /// Pixels across.
    pub(super) width: usize,
    /// Pixels down.
    pub(super) height: usize,
    /// Pixels of the original for one pixel here, across and down.
    pub(super) scale: [f32; 2],
    /// Unit direction of the steepest change, of the strongest of the three components, and its strength, 0 to 1.
    pub(super) gradient: Vec<Gradient>,
}

/// The steepest change at a place.
#[derive(Clone, Copy, Default)]
pub(super) struct Gradient {
    pub(super) x: f32,
    pub(super) y: f32,
    pub(super) strength: f32,
}

impl Field {
    /// Of a view; `None` when it is too small to hold anything (under 16 pixels either way).
    pub(super) fn of(view: &View) -> Option<Self> {
        let (w, h) = (view.luma.width(), view.luma.height());
        let k = w.max(h).div_ceil(LONG_SIDE).max(1);
        let (width, height) = ((w / k) as usize, (h / k) as usize);
        if width < 16 || height < 16 {
            return None;
        }
        let scale = [view.width as f32 / w as f32 * k as f32, view.height as f32 / h as f32 * k as f32];
        let gradient = dispatch!(Level::new(), _simd => gradients(view, width, height));
        Some(Self { width, height, scale, gradient })
    }
}

#[inline(always)]
fn gradients(view: &View, width: usize, height: usize) -> Vec<Gradient> {
    let mut slope = vec![[0i16; 2]; width * height];
    for plane in std::iter::once(&view.luma).chain(view.chroma.iter().flatten()) {
        steepest(&shrink(plane, width, height), width, &mut slope);
    }
    let mut gradient = vec![Gradient::default(); slope.len()];
    gradient.iter_mut().zip(&slope).for_each(|(g, [x, y])| *g = Gradient::of(f32::from(*x), f32::from(*y)));
    normalise(&mut gradient);
    gradient
}

impl Field {
    /// The gradient between pixels, as a vector as long as it is strong; nothing outside.
    pub(super) fn at(&self, x: f32, y: f32) -> (f32, f32) {
        if !(x >= 0.0 && y >= 0.0 && x < self.width as f32 - 1.0 && y < self.height as f32 - 1.0) {
            return (0.0, 0.0);
        }
        let (i, j) = (x as usize, y as usize);
        let (u, v) = (x - i as f32, y - j as f32);
        let corner = j * self.width + i;
        let weights = [(1.0 - u) * (1.0 - v), u * (1.0 - v), (1.0 - u) * v, u * v];
        let places = [corner, corner + 1, corner + self.width, corner + self.width + 1];
        // Opposite directions are the same edge seen in two components.
        let mut sum = (0.0f32, 0.0f32);
        for (at, w) in places.into_iter().zip(weights) {
            let Some(g) = self.gradient.get(at) else { continue };
            let sign = if sum.0 * g.x + sum.1 * g.y < 0.0 { -1.0 } else { 1.0 };
            sum = (sum.0 + sign * w * g.strength * g.x, sum.1 + sign * w * g.strength * g.y);
        }
        sum
    }
}

impl Gradient {
    #[inline(always)]
    fn of(x: f32, y: f32) -> Self {
        let length = (x * x + y * y).sqrt();
        let unit = 1.0 / length.max(1.0);
        Self { x: x * unit, y: y * unit, strength: length / UNIT }
    }
}

/// A change of one level a pixel is this much in what [`steepest`] gives.
const UNIT: f32 = FINE as f32 * 12.0 * 8.0;

/// Where a component changes more than what is there so far, puts its gradient: binomial smoothing, for a sensor's
/// noise and JPEG's ringing are finer than what is looked for, and Prewitt, both at once and separably.
#[inline(always)]
fn steepest(plane: &[i16], width: usize, out: &mut [[i16; 2]]) {
    let mut across = vec![0i16; plane.len()];
    let mut level = vec![0i16; plane.len()];
    let rows = across.chunks_exact_mut(width).zip(level.chunks_exact_mut(width)).zip(plane.chunks_exact(width));
    for ((across, level), row) in rows {
        let inside = across.iter_mut().zip(level).skip(2);
        for ((x, l), [a, b, c, d, e]) in inside.zip(row.array_windows()) {
            *x = change(*a, *b, *d, *e);
            *l = smooth(*a, *b, *c, *d, *e);
        }
    }
    let (mut across, mut level) = (across.chunks_exact(width), level.chunks_exact(width));
    let mut x = [0; 5].map(|_| across.next().unwrap_or(&[]));
    let mut l = [0; 5].map(|_| level.next().unwrap_or(&[]));
    for out in out.chunks_exact_mut(width).skip(2) {
        let xs = x[0].iter().zip(x[1]).zip(x[2]).zip(x[3]).zip(x[4]);
        let ls = l[0].iter().zip(l[1]).zip(l[3]).zip(l[4]);
        for ((o, ((((a, b), c), d), e)), (((f, g), h), i)) in out.iter_mut().zip(xs).zip(ls) {
            let new = [smooth(*a, *b, *c, *d, *e), change(*f, *g, *h, *i)];
            let square = |v: [i16; 2]| i32::from(v[0]).pow(2) + i32::from(v[1]).pow(2);
            *o = if square(new) > square(*o) { new } else { *o };
        }
        x.rotate_left(1);
        l.rotate_left(1);
        x[4] = across.next().unwrap_or(&[]);
        l[4] = level.next().unwrap_or(&[]);
    }
}

/// 1 3 4 3 1: binomial smoothing of Prewitt's three rows.
#[inline(always)]
fn smooth(a: i16, b: i16, c: i16, d: i16, e: i16) -> i16 {
    a + e + 3 * (b + d) + 4 * c
}

/// -1 -2 0 2 1: Prewitt's difference, binomially smoothed.
#[inline(always)]
fn change(a: i16, b: i16, d: i16, e: i16) -> i16 {
    e - a + 2 * (d - b)
}

/// Brings strengths to 0..1 such that a weak edge counts by how far it is above what the picture is full of, and a
/// strong one not much more than a middling one.
#[inline(always)]
fn normalise(gradient: &mut [Gradient]) {
    let mut sample: Vec<f32> = gradient.iter().step_by(7).map(|g| g.strength).collect();
    let k = sample.len() * 3 / 4;
    let usual = *sample.select_nth_unstable_by(k, f32::total_cmp).1;
    let half = usual.clamp(0.8, 8.0);
    for g in gradient {
        g.strength /= g.strength + half;
    }
}
