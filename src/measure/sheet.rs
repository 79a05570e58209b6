//! The document seen from straight above, brought to one width, so that what is measured on it has the same meaning
//! whatever the camera's distance and pixel count.

use super::{
    Document,
    document::{Homography, Proportions},
};
use crate::pixmap::{Plane, View};

/// The document (or the whole picture, where no document was made out) seen from straight above.
pub struct Sheet {
    /// BT.601 luma.
    pub luma: Plane,
    /// Cb and Cr at half the scale of `luma`; `None` for a gray picture.
    pub chroma: Option<[Plane; 2]>,
    /// For every row of `luma` the columns, from and to, that lie inside the picture.
    pub spans: Vec<(usize, usize)>,
    /// Pixels of the original for one pixel of `luma`, along the long side.
    pub scale: f32,
    /// Pixels of the view for one pixel of `luma`, along the long side; under 1 the view is coarser than the sheet.
    pub view_scale: f32,
    map: Homography,
}

/// Pixels on the long side of a card's or passport's sheet. Print of 2 mm is then 12 to 18 pixels high: strokes are
/// two pixels wide, which is where their edges tell most about blur.
const CARD: f32 = 640.0;
/// The same for a page of A4, whose print is half as high in proportion.
const PAGE: f32 = 1400.0;
/// The same where no document was made out: it may be anything from half of the picture upward.
const FRAME: f32 = 960.0;

impl Sheet {
    /// Of a document, or of the whole picture.
    pub fn of(view: &View, document: Option<&Document>) -> Option<Self> {
        let (w, h) = (view.width as f32, view.height as f32);
        let quad = document.map_or([[0.0, 0.0], [w, 0.0], [w, h], [0.0, h]], |d| d.quad);
        let side = |p: [f32; 2], q: [f32; 2]| (p[0] - q[0]).hypot(p[1] - q[1]);
        let [a, b, c, d] = quad;
        let (across, down) = ((side(a, b) + side(d, c)) / 2.0, (side(a, d) + side(b, c)) / 2.0);
        let native = across.max(down);
        if !native.is_finite() || across.min(down) < 16.0 || native > 16.0 * across.min(down) {
            return None;
        }
        // Never larger than the original: sharpness is not to be had by enlarging.
        let long = long_side(document).min(native);
        let (width, height) = (across * long / native, down * long / native);
        let (width, height) = (width.round().max(16.0) as u32, height.round().max(16.0) as u32);
        let map = Homography::onto(&quad);
        let scale = native / long;
        let view_scale = scale / view.scale();

        let halved;
        let mut source = &view.luma;
        let mut shrink = view_scale;
        let mut half = None;
        while shrink >= 1.7 {
            half = Some(half_size(half.as_ref().unwrap_or(source)));
            shrink /= 2.0;
        }
        if let Some(plane) = half {
            halved = plane;
            source = &halved;
        }
        let (luma, spans) = warp(source, view, &map, width, height, shrink > 1.05);
        let (cw, ch) = (width.div_ceil(2), height.div_ceil(2));
        let coarse = |plane: &Plane| Plane::new(cw, ch, warp(plane, view, &map, cw, ch, false).0);
        let chroma = match &view.chroma {
            Some([cb, cr]) => coarse(cb).zip(coarse(cr)).map(|(cb, cr)| [cb, cr]),
            None => None,
        };
        Some(Self { luma: Plane::new(width, height, luma)?, chroma, spans, scale, view_scale, map })
    }

    /// Where a pixel of the sheet is in the upright original.
    pub fn place(&self, x: f32, y: f32) -> [f32; 2] {
        self.map.apply(x / self.luma.width() as f32, y / self.luma.height() as f32)
    }

    /// The smallest upright box `[x, y, width, height]` in the original that holds a box `x0..x1`, `y0..y1` of the sheet.
    pub fn place_box(&self, x: [f32; 2], y: [f32; 2]) -> [f32; 4] {
        let corners = [(x[0], y[0]), (x[1], y[0]), (x[1], y[1]), (x[0], y[1])].map(|(x, y)| self.place(x, y));
        let fold = |i: usize, f: fn(f32, f32) -> f32| corners.iter().filter_map(|c| c.get(i).copied()).reduce(f);
        let of = |i, f| fold(i, f).unwrap_or(0.0).round();
        let (x0, y0) = (of(0, f32::min).max(0.0), of(1, f32::min).max(0.0));
        [x0, y0, of(0, f32::max) - x0, of(1, f32::max) - y0]
    }

    /// The columns of row `y` that lie inside the picture and at least `inset` pixels from the document's outline.
    pub fn inside(&self, y: usize, inset: usize) -> std::ops::Range<usize> {
        let (w, h) = (self.luma.width() as usize, self.luma.height() as usize);
        let (from, to) = self.spans.get(y).copied().unwrap_or((0, 0));
        let (from, to) = ((from + 2).max(inset), to.saturating_sub(2).min(w.saturating_sub(inset)));
        if y < inset || y + inset >= h || from >= to { 0..0 } else { from..to }
    }
}

/// Pixels on the long side that this document is measured at.
fn long_side(document: Option<&Document>) -> f32 {
    match document {
        None => FRAME,
        Some(d) if d.pose.proportions == Proportions::A4 => PAGE,
        Some(_) => CARD,
    }
}

/// The reduction of a view that shows the document finely enough; `None` when `view` does, or nothing finer can be had.
pub fn finer(view: &View, document: &Document) -> Option<u32> {
    let native = document.pose.across;
    let now = view.scale();
    let wanted = long_side(Some(document)).min(native) * 0.9;
    (now > 1.5 && native / now < wanted)
        .then(|| [4, 2, 1].into_iter().find(|n| (*n as f32) < now && native / *n as f32 >= wanted).unwrap_or(1))
}

/// Averages of two by two pixels; an odd last row or column is left out.
fn half_size(plane: &Plane) -> Plane {
    let (w, h) = ((plane.width() / 2).max(1), (plane.height() / 2).max(1));
    let mut data = Vec::with_capacity(w as usize * h as usize);
    for y in 0..h {
        let (upper, lower) = (plane.row(2 * y), plane.row((2 * y + 1).min(plane.height() - 1)));
        let pairs = upper.chunks(2).zip(lower.chunks(2)).take(w as usize);
        data.extend(pairs.map(|(a, b)| {
            let sum = |p: &[u8]| p.iter().map(|v| u16::from(*v)).sum::<u16>() * (2 / p.len().max(1)) as u16;
            ((sum(a) + sum(b) + 2) / 4) as u8
        }));
    }
    Plane::new(w, h, data).unwrap_or_else(|| plane.clone())
}

/// Samples `source`, a plane of `view`, where a sheet of `width` x `height` has its pixels: bilinear, or the mean of
/// four such samples when `fine`. Also the columns of every row that lie inside the picture.
#[expect(clippy::indexing_slicing, reason = "indices are clamped to the plane's size")]
fn warp(
    source: &Plane,
    view: &View,
    map: &Homography,
    width: u32,
    height: u32,
    fine: bool,
) -> (Vec<u8>, Vec<(usize, usize)>) {
    let (sw, sh) = (source.width() as usize, source.height() as usize);
    let (kx, ky) = (sw as f32 / view.width as f32, sh as f32 / view.height as f32);
    let [[a, b, c], [d, e, f], [g, h, i]] = *map.matrix();
    let (du, dv) = (1.0 / width as f32, 1.0 / height as f32);
    let data = source.data();
    let (limit_x, limit_y) = (sw as f32 - 1.001, sh as f32 - 1.001);
    let sample = |x: f32, y: f32| {
        let (x, y) = (x.clamp(0.0, limit_x.max(0.0)), y.clamp(0.0, limit_y.max(0.0)));
        let (x0, y0) = (x as usize, y as usize);
        let (fx, fy) = (x - x0 as f32, y - y0 as f32);
        let at = y0 * sw + x0;
        let (right, below) = (usize::from(sw > 1), if sh > 1 { sw } else { 0 });
        let top = f32::from(data[at]) * (1.0 - fx) + f32::from(data[at + right]) * fx;
        let low = f32::from(data[at + below]) * (1.0 - fx) + f32::from(data[at + below + right]) * fx;
        top * (1.0 - fy) + low * fy
    };
    let mut out = Vec::with_capacity(width as usize * height as usize);
    let mut spans = Vec::with_capacity(height as usize);
    for row in 0..height {
        let v = (row as f32 + 0.5) * dv;
        let (bx, by, bz) = (b * v + c, e * v + f, h * v + i);
        let mut span = (usize::MAX, 0);
        for column in 0..width {
            let u = (column as f32 + 0.5) * du;
            let z = 1.0 / (g * u + bz);
            let (x, y) = ((a * u + bx) * z * kx, (d * u + by) * z * ky);
            if x >= 0.0 && y >= 0.0 && x <= sw as f32 && y <= sh as f32 {
                span = (span.0.min(column as usize), column as usize + 1);
            }
            let (x, y) = (x - 0.5, y - 0.5);
            let value = if fine {
                // A quarter of a sheet pixel to either side, along the sheet's axes as the map turns them here.
                let (q, r) = (0.25 * du * z, 0.25 * dv * z);
                let (ux, uy) = ((a - g * (x / kx)) * q * kx, (d - g * (y / ky)) * q * ky);
                let (vx, vy) = ((b - h * (x / kx)) * r * kx, (e - h * (y / ky)) * r * ky);
                (sample(x - ux - vx, y - uy - vy)
                    + sample(x + ux - vx, y + uy - vy)
                    + sample(x - ux + vx, y - uy + vy)
                    + sample(x + ux + vx, y + uy + vy))
                    / 4.0
            } else {
                sample(x, y)
            };
            out.push((value + 0.5) as u8);
        }
        spans.push(if span.0 == usize::MAX { (0, 0) } else { span });
    }
    (out, spans)
}
