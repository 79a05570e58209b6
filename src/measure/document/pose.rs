//! Plane geometry of a card seen by a camera.

/// How the document lies and how large it is.
///
/// ```
/// # use idenfy_preflight::{decode, options::Limits, pixmap::View, probe};
/// # let limits = Limits::default();
/// # let bytes = std::fs::read("testdata/front.jpg")?;
/// # let header = probe::probe(&bytes, &limits)?;
/// # let view = decode::view(&bytes, &header, View::reduction(header.width, header.height), &limits)?.picture;
/// let card = idenfy_preflight::measure::document::find(&view).unwrap();
/// assert!(card.pose.perspective_deg < 20.0, "it is seen from straight above");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Pose {
    /// Rotation in the picture in degrees, -45 to 45, positive clockwise, of the sides nearest to level.
    pub rotation_deg: f32,
    /// Angle between the document's normal and the camera's axis in degrees, 0 to 90, for a lens of 27 mm equivalent.
    pub perspective_deg: f32,
    /// Long side over short side, perspective undone.
    pub ratio: f32,
    /// The format that the ratio agrees with.
    pub proportions: Proportions,
    /// Pixels of the original along the longer sides.
    pub across: f32,
    /// Dots per inch, where the format and with it the size in millimetres is known.
    pub dpi: Option<f32>,
}

/// The format that a document's proportions agree with.
///
/// ```
/// # use idenfy_preflight::{decode, options::Limits, pixmap::View, probe};
/// # let limits = Limits::default();
/// # let bytes = std::fs::read("testdata/front.jpg")?;
/// # let header = probe::probe(&bytes, &limits)?;
/// # let view = decode::view(&bytes, &header, View::reduction(header.width, header.height), &limits)?.picture;
/// use idenfy_preflight::measure::document::{self, Proportions};
/// assert_eq!(document::find(&view).unwrap().pose.proportions, Proportions::Id1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Proportions {
    /// A card of 85.60 x 53.98 mm (ISO/IEC 7810 ID-1).
    Id1,
    /// A passport's page of 125 x 88 mm, lying (ISO/IEC 7810 ID-3).
    Id3,
    /// A sheet of 297 x 210 mm, standing (ISO 216). A passport's page has the same proportions to half a percent, so
    /// that the one is told from the other by how it stands.
    A4,
    /// None of these, or not known because a side is cut.
    Unknown,
}

impl Proportions {
    /// Of a document `ratio` times as long as wide.
    fn of(ratio: f32, standing: bool) -> Self {
        // 5.5 % either way: the two classes (1.586 and 1.42) then meet at 1.50 without overlap.
        match ratio {
            1.50..1.675 => Self::Id1,
            1.34..1.50 if standing => Self::A4,
            1.34..1.50 => Self::Id3,
            _ => Self::Unknown,
        }
    }

    /// The longer side in millimetres.
    ///
    /// ```
    /// use idenfy_preflight::measure::document::Proportions;
    /// assert_eq!([Proportions::Id1, Proportions::Unknown].map(Proportions::millimetres), [Some(85.6), None]);
    /// ```
    pub fn millimetres(self) -> Option<f32> {
        match self {
            Self::Id1 => Some(85.60),
            Self::Id3 => Some(125.0),
            Self::A4 => Some(297.0),
            Self::Unknown => None,
        }
    }
}

/// Focal length over the long side of the frame: 27 mm on 36 mm, the main camera of nearly every phone since 2015.
const FOCAL: f32 = 27.0 / 36.0;

impl Pose {
    /// Of a quad in a picture of `width` x `height`.
    pub(super) fn of(quad: &[[f32; 2]; 4], width: f32, height: f32) -> Self {
        let [a, b, c, d] = *quad;
        let level = [b[0] - a[0] + c[0] - d[0], b[1] - a[1] + c[1] - d[1]];
        let upright = [d[0] - a[0] + c[0] - b[0], d[1] - a[1] + c[1] - b[1]];
        let rotation_deg = (level[1] - upright[0]).atan2(level[0] + upright[1]).to_degrees();

        // H maps the unit square to the picture; with K the camera, K^-1 H = [x, y, t], where x and y are the
        // document's own axes in space, scaled by its width and height (Zhang 2000, section 2).
        let f = FOCAL * width.max(height);
        let centred = quad.map(|[x, y]| [(x - width / 2.0) / f, (y - height / 2.0) / f]);
        let h = Homography::onto(&centred);
        let (x, y) = h.axes();
        let normal = [x[1] * y[2] - x[2] * y[1], x[2] * y[0] - x[0] * y[2], x[0] * y[1] - x[1] * y[0]];
        let perspective_deg =
            (normal[2].abs() / norm(normal).max(f32::MIN_POSITIVE)).clamp(0.0, 1.0).acos().to_degrees();
        let (w, h) = (norm(x), norm(y));
        let ratio = w.max(h) / w.min(h).max(f32::MIN_POSITIVE);
        let proportions = Proportions::of(ratio, h > w);
        let across = (side(a, b) + side(c, d)).max(side(b, c) + side(d, a)) / 2.0;
        let dpi = proportions.millimetres().map(|mm| across / (mm / 25.4));
        Self { rotation_deg, perspective_deg, ratio, proportions, across, dpi }
    }

    /// The same without what a cut side makes unknowable.
    pub(super) fn cut(self) -> Self {
        Self { proportions: Proportions::Unknown, dpi: None, ..self }
    }
}

fn norm(v: [f32; 3]) -> f32 {
    v.iter().map(|c| c * c).sum::<f32>().sqrt()
}

/// The distance of two points.
pub(super) fn side(p: [f32; 2], q: [f32; 2]) -> f32 {
    (p[0] - q[0]).hypot(p[1] - q[1])
}

/// A projective map of the unit square.
pub(in crate::measure) struct Homography {
    /// Rows of the matrix; the last entry is 1.
    m: [[f32; 3]; 3],
}

impl Homography {
    /// The map that takes (0,0), (1,0), (1,1), (0,1) to the quad's corners (Heckbert 1989, section 2.2.3).
    pub(in crate::measure) fn onto(quad: &[[f32; 2]; 4]) -> Self {
        let [[x0, y0], [x1, y1], [x2, y2], [x3, y3]] = *quad;
        let (sx, sy) = (x0 - x1 + x2 - x3, y0 - y1 + y2 - y3);
        let (dx1, dx2, dy1, dy2) = (x1 - x2, x3 - x2, y1 - y2, y3 - y2);
        let det = dx1 * dy2 - dx2 * dy1;
        // Three corners in a line: no such map; the affine one is as good as any.
        let (g, h) = if det == 0.0 { (0.0, 0.0) } else { ((sx * dy2 - dx2 * sy) / det, (dx1 * sy - sx * dy1) / det) };
        let m = [[x1 - x0 + g * x1, x3 - x0 + h * x3, x0], [y1 - y0 + g * y1, y3 - y0 + h * y3, y0], [g, h, 1.0]];
        Self { m }
    }

    /// The matrix, row by row.
    pub(in crate::measure) fn matrix(&self) -> &[[f32; 3]; 3] {
        &self.m
    }

    /// Where (u, v) comes to lie.
    pub(in crate::measure) fn apply(&self, u: f32, v: f32) -> [f32; 2] {
        let [x, y, z] = self.m.map(|[a, b, c]| a * u + b * v + c);
        [x / z, y / z]
    }

    /// The first two columns.
    fn axes(&self) -> ([f32; 3], [f32; 3]) {
        (self.m.map(|r| r[0]), self.m.map(|r| r[1]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The corners of a card of `w` x `h` in a picture of 4000 x 3000, turned by `roll`, its plane tipped by `tip`
    /// (both in degrees) about its own upright axis, taken by the assumed lens.
    fn seen(w: f32, h: f32, roll: f32, tip: f32) -> [[f32; 2]; 4] {
        let ((rs, rc), (ts, tc)) = (roll.to_radians().sin_cos(), tip.to_radians().sin_cos());
        [(-w, -h), (w, -h), (w, h), (-w, h)].map(|(x, y)| {
            let (x, y, z) = (x / 2.0 * tc, y / 2.0, 3.0 * w + x / 2.0 * ts);
            let f = FOCAL * 4000.0;
            [2000.0 + f * (rc * x - rs * y) / z, 1500.0 + f * (rs * x + rc * y) / z]
        })
    }

    #[test]
    fn a_known_pose_is_read_off_its_corners() {
        for (w, h, roll, tip, want) in [
            (85.6, 53.98, 0.0, 0.0, Proportions::Id1),
            (85.6, 53.98, 12.0, 25.0, Proportions::Id1),
            (125.0, 88.0, -30.0, 15.0, Proportions::Id3),
            (210.0, 297.0, 5.0, 30.0, Proportions::A4),
            (100.0, 100.0, 0.0, 0.0, Proportions::Unknown),
        ] {
            let pose = Pose::of(&seen(w, h, roll, tip), 4000.0, 3000.0);
            assert!((pose.perspective_deg - tip).abs() < 0.5, "{pose:?}");
            assert!((pose.ratio / (w.max(h) / w.min(h)) - 1.0).abs() < 0.01, "{pose:?}");
            assert!((pose.rotation_deg - roll).abs() < 2.0, "{pose:?}");
            assert_eq!(pose.proportions, want);
        }
    }

    #[test]
    fn the_map_takes_the_square_to_the_corners() {
        let quad = [[10.0, 20.0], [110.0, 15.0], [120.0, 90.0], [5.0, 80.0]];
        let h = Homography::onto(&quad);
        for ((u, v), want) in [(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)].into_iter().zip(quad) {
            assert!(side(h.apply(u, v), want) < 1e-3);
        }
    }
}
