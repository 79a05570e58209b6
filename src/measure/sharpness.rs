//! How crisp edges are: gradient over local range, on edges.

use crate::pixmap::View;

/// How crisp edges are.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Sharpness {
    /// 75th percentile of gradient over local range on edge pixels, per pixel of the measured scale; `None` with too
    /// few edges to tell.
    pub acutance: Option<f32>,
    /// How many pixels were judged.
    pub edge_pixels: u32,
}

/// Measures sharpness over the whole view.
pub fn measure(view: &View) -> Sharpness {
    let p = &view.luma;
    let mut ratios = Vec::new();
    for y in (4..i64::from(p.height()) - 4).step_by(2) {
        for x in (4..i64::from(p.width()) - 4).step_by(2) {
            let (l, r, u, d) = (p.at(x - 1, y), p.at(x + 1, y), p.at(x, y - 1), p.at(x, y + 1));
            let (gx, gy) = (f32::from(r) - f32::from(l), f32::from(d) - f32::from(u));
            let gradient = gx.hypot(gy) / 2.0;
            if gradient < 6.0 {
                continue;
            }
            let ring = [(-4, 0), (4, 0), (0, -4), (0, 4), (-3, -3), (3, 3), (-3, 3), (3, -3)];
            let values = ring.map(|(dx, dy)| p.at(x + dx, y + dy));
            let range = values.iter().max().unwrap_or(&0) - values.iter().min().unwrap_or(&0);
            if range >= 30 {
                ratios.push(gradient / f32::from(range));
            }
        }
    }
    let edge_pixels = ratios.len() as u32;
    let k = ratios.len() * 3 / 4;
    let acutance = (ratios.len() >= 150).then(|| *ratios.select_nth_unstable_by(k, f32::total_cmp).1);
    Sharpness { acutance, edge_pixels }
}
