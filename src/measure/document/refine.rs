//! A side brought to where its edge is, to a fraction of a pixel.

use super::{field::Field, lines::Line};

/// Moves each line of a quad onto the edge that runs along it between its corners; lines of the frame stay.
pub(super) fn corners(field: &Field, lines: [&Line; 4], quad: [[f32; 2]; 4]) -> [[f32; 2]; 4] {
    let mut corners = quad;
    let mut sides = lines.map(|l| (l.normal, l.rho));
    for reach in [3.0, 1.5] {
        let [p, q, r, s] = corners;
        for ((side, line), (from, to)) in sides.iter_mut().zip(lines).zip([(p, q), (q, r), (r, s), (s, p)]) {
            if line.frame.is_none() {
                *side = fitted(field, from, to, reach).unwrap_or(*side);
            }
        }
        let [a, b, c, d] = sides;
        match (meet(d, a), meet(a, b), meet(b, c), meet(c, d)) {
            (Some(p), Some(q), Some(r), Some(s)) => corners = [p, q, r, s],
            _ => return corners,
        }
    }
    corners
}

/// Unit normal and distance from the origin.
type Side = ([f32; 2], f32);

fn meet(([a, b], r): Side, ([c, d], s): Side) -> Option<[f32; 2]> {
    let det = a * d - b * c;
    (det.abs() > 0.3).then(|| [(r * d - b * s) / det, (a * s - r * c) / det])
}

/// The line through the crests of the edge within `reach` pixels of the way from `p` to `q`; `None` with too few.
fn fitted(field: &Field, p: [f32; 2], q: [f32; 2], reach: f32) -> Option<Side> {
    let length = super::pose::side(p, q);
    let d = [(q[0] - p[0]) / length, (q[1] - p[1]) / length];
    let n = [-d[1], d[0]];
    let steps = (length * 0.84) as usize;
    let mut crests = Vec::with_capacity(steps);
    for i in 0..steps {
        let t = length * 0.08 + i as f32 + 0.5;
        let at = |o: f32| {
            let (gx, gy) = field.at(p[0] + d[0] * t + n[0] * o, p[1] + d[1] * t + n[1] * o);
            (gx * n[0] + gy * n[1]).abs()
        };
        let count = (reach * 4.0) as i16 + 1;
        let offsets = (0..count).map(|k| f32::from(k) * 0.5 - reach);
        let Some((o, s)) = offsets.map(|o| (o, at(o))).max_by(|a, b| a.1.total_cmp(&b.1)) else { continue };
        if o.abs() < reach && s > 0.1 {
            let (before, after) = (at(o - 1.0), at(o + 1.0));
            let bend = before + after - 2.0 * s;
            let peak = if bend < -1e-3 { ((before - after) / (2.0 * bend)).clamp(-0.5, 0.5) } else { 0.0 };
            crests.push((t, o + peak, s));
        }
    }
    // Straight line by least squares, thrice, each time with less say for what lies off (Tukey's biweight).
    let (mut a, mut b) = (0.0, 0.0);
    for (round, wide) in [(0, f32::INFINITY), (1, 1.5), (2, 0.8)] {
        let mut m = [0.0f64; 6];
        for (t, o, s) in &crests {
            let off = (o - a - b * t) / wide;
            let w = f64::from(if off.abs() < 1.0 { s * (1.0 - off * off).powi(2) } else { 0.0 });
            let (t, o) = (f64::from(*t), f64::from(*o));
            for (m, v) in m.iter_mut().zip([1.0, t, t * t, o, o * t, 1.0]) {
                *m += w * v;
            }
        }
        let [w, t, tt, o, ot, _] = m;
        let det = w * tt - t * t;
        if crests.len() < 8 || w < 1.0 || det <= 0.0 {
            return (round > 1).then(|| side(p, d, n, a, b));
        }
        (a, b) = (((o * tt - t * ot) / det) as f32, ((w * ot - t * o) / det) as f32);
    }
    Some(side(p, d, n, a, b))
}

/// The line that is `a + b t` off the way from `p` along `d`, `t` pixels on.
fn side(p: [f32; 2], d: [f32; 2], n: [f32; 2], a: f32, b: f32) -> Side {
    let unit = (1.0 + b * b).sqrt();
    let normal = [(n[0] - b * d[0]) / unit, (n[1] - b * d[1]) / unit];
    (normal, (p[0] + a * n[0]) * normal[0] + (p[1] + a * n[1]) * normal[1])
}
