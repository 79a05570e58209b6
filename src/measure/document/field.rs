//! The picture at working scale, and how strongly and which way it changes at every place.

use crate::pixmap::{Plane, View};

/// The long side is brought down to at most this many pixels: an edge 2 pixels wide in a 12 MP photo is then still
/// one, and a card that covers 1 % of the frame is still 40 pixels wide.
const LONG_SIDE: u32 = 520;

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
        let planes = std::iter::once(&view.luma).chain(view.chroma.iter().flatten());
        let planes: Vec<Vec<f32>> = planes.map(|p| smooth(reduce(p, width, height), width)).collect();
        let mut gradient = vec![Gradient::default(); width * height];
        for plane in &planes {
            steepest(plane, width, &mut gradient);
        }
        normalise(&mut gradient);
        Some(Self { width, height, scale, gradient })
    }
}

/// A plane brought to `width` x `height` by area average; the nearest samples where it is coarser than that.
fn reduce(plane: &Plane, width: usize, height: usize) -> Vec<f32> {
    let span = |i: usize, n: usize, of: u32| {
        let of = of as usize;
        let from = i * of / n;
        from..((i + 1) * of / n).max(from + 1)
    };
    let mut out = Vec::with_capacity(width * height);
    let mut columns = vec![0u32; plane.width() as usize];
    for y in 0..height {
        let rows = span(y, height, plane.height());
        columns.fill(0);
        for row in rows.clone() {
            for (sum, v) in columns.iter_mut().zip(plane.row(row as u32)) {
                *sum += u32::from(*v);
            }
        }
        out.extend((0..width).map(|x| {
            let cell = columns.get(span(x, width, plane.width())).unwrap_or(&[]);
            cell.iter().sum::<u32>() as f32 / (cell.len().max(1) * rows.len()) as f32
        }));
    }
    out
}

/// Binomial 3x3: a sensor's noise and JPEG's ringing are finer than what is looked for.
fn smooth(plane: Vec<f32>, width: usize) -> Vec<f32> {
    let mut rows = plane.clone();
    for (out, row) in rows.chunks_exact_mut(width).zip(plane.chunks_exact(width)) {
        for (o, w) in out.iter_mut().skip(1).zip(row.windows(3)) {
            if let [a, b, c] = w {
                *o = (a + 2.0 * b + c) / 4.0;
            }
        }
    }
    let mut out = rows.clone();
    let lines = rows.chunks_exact(width).zip(rows.chunks_exact(width).skip(1)).zip(rows.chunks_exact(width).skip(2));
    for (out, ((a, b), c)) in out.chunks_exact_mut(width).skip(1).zip(lines) {
        for (o, ((a, b), c)) in out.iter_mut().zip(a.iter().zip(b).zip(c)) {
            *o = (a + 2.0 * b + c) / 4.0;
        }
    }
    out
}

/// Puts a component's gradient (Prewitt) where it is the steepest so far; `strength` is levels per pixel.
fn steepest(plane: &[f32], width: usize, out: &mut [Gradient]) {
    let rows = || plane.chunks_exact(width);
    for (out, ((a, b), c)) in out.chunks_exact_mut(width).skip(1).zip(rows().zip(rows().skip(1)).zip(rows().skip(2))) {
        let windows = a.windows(3).zip(b.windows(3)).zip(c.windows(3));
        for (g, ((a, b), c)) in out.iter_mut().skip(1).zip(windows) {
            let ([a0, a1, a2], [b0, _, b2], [c0, c1, c2]) = (a, b, c) else { continue };
            let x = (a2 - a0 + b2 - b0 + c2 - c0) / 6.0;
            let y = (c0 - a0 + c1 - a1 + c2 - a2) / 6.0;
            let strength = x.hypot(y);
            if strength > g.strength {
                *g = Gradient { x: x / strength, y: y / strength, strength };
            }
        }
    }
}

/// Brings strengths to 0..1 such that a weak edge counts by how far it is above what the picture is full of, and a
/// strong one not much more than a middling one.
fn normalise(gradient: &mut [Gradient]) {
    let mut sample: Vec<f32> = gradient.iter().step_by(7).map(|g| g.strength).collect();
    let k = sample.len() * 3 / 4;
    let usual = *sample.select_nth_unstable_by(k, f32::total_cmp).1;
    let half = usual.clamp(0.8, 8.0);
    for g in gradient {
        g.strength /= g.strength + half;
    }
}
