//! Whether there is print all over a place.

use super::{field::Field, pose::Homography};

/// How many pixels of strong change there are in any box.
pub(super) struct Print {
    width: usize,
    height: usize,
    /// Summed-area table, one row and column more than the picture.
    sums: Vec<u32>,
}

impl Print {
    pub(super) fn of(field: &Field) -> Self {
        let (width, height) = (field.width, field.height);
        let mut sums = vec![0u32; (width + 1) * (height + 1)];
        let mut above = vec![0u32; width + 1];
        let rows = sums.chunks_exact_mut(width + 1).skip(1).zip(field.gradient.chunks_exact(width));
        for (out, row) in rows {
            let mut sum = 0;
            for ((o, a), g) in out.iter_mut().zip(&above).skip(1).zip(row) {
                sum += u32::from(g.strength > 0.6);
                *o = a + sum;
            }
            above.copy_from_slice(out);
        }
        Self { width, height, sums }
    }

    /// Share of strong pixels in the box of half side `r` about a place; `None` outside the picture.
    fn share(&self, [x, y]: [f32; 2], r: f32) -> Option<f32> {
        let clamp = |v: f32, n: usize| (v.max(0.0) as usize).min(n);
        let (x0, x1) = (clamp(x - r, self.width), clamp(x + r + 1.0, self.width));
        let (y0, y1) = (clamp(y - r, self.height), clamp(y + r + 1.0, self.height));
        if x1 <= x0 || y1 <= y0 {
            return None;
        }
        let at = |x: usize, y: usize| self.sums.get(y * (self.width + 1) + x).copied().unwrap_or(0);
        let sum = (at(x1, y1) + at(x0, y0)).saturating_sub(at(x0, y1) + at(x1, y0));
        Some(sum as f32 / ((x1 - x0) * (y1 - y0)) as f32)
    }

    /// Share of the quad's inside, in 8 x 6 cells, where there is print, 0 to 1.
    pub(super) fn spread(&self, quad: &[[f32; 2]; 4], without: Option<&[[f32; 2]; 4]>) -> f32 {
        let map = Homography::onto(quad);
        let short = super::pose::side(quad[0], quad[1]).min(super::pose::side(quad[1], quad[2]));
        let (mut with, mut all) = (0.0, 0.0);
        for i in 0..8u8 {
            for j in 0..6u8 {
                let (u, v) = (0.1 + 0.8 * (f32::from(i) + 0.5) / 8.0, 0.1 + 0.8 * (f32::from(j) + 0.5) / 6.0);
                let place = map.apply(u, v);
                if without.is_some_and(|w| contains(w, place)) {
                    continue;
                }
                if let Some(share) = self.share(place, (short / 20.0).max(1.0)) {
                    all += 1.0;
                    with += f32::from(share > 0.1);
                }
            }
        }
        if all > 0.0 { with / all } else { 0.0 }
    }
}

/// Whether a convex quad contains a place.
pub(super) fn contains(quad: &[[f32; 2]; 4], [x, y]: [f32; 2]) -> bool {
    let next = quad.iter().cycle().skip(1);
    let turns = quad.iter().zip(next).map(|(p, n)| (n[0] - p[0]) * (y - p[1]) - (n[1] - p[1]) * (x - p[0]));
    let (mut left, mut right) = (false, false);
    for t in turns {
        left |= t > 0.0;
        right |= t < 0.0;
    }
    !(left && right)
}
