//! Straight lines in the picture, and how well each is borne out along its way.

use super::field::Field;

/// A line across the picture, seen or the frame's own.
pub(super) struct Line {
    /// Unit normal.
    pub(super) normal: [f32; 2],
    /// Distance from the origin along the normal.
    pub(super) rho: f32,
    /// Which side of the frame this is (0 top, 1 right, 2 bottom, 3 left), if it is one.
    pub(super) frame: Option<usize>,
    /// Position along the line of the first sample.
    from: f32,
    /// Running sum of the support, one sample a pixel; the first is 0.
    sums: Vec<f32>,
}

/// How many lines are looked at; with the frame's four no more than a word has bits (`quads::find`).
const LINES: usize = 44;
/// Steps of half a turn that the direction is searched in.
const ANGLES: usize = 180;
/// Width of a strip that counts as one line, in pixels.
const STRIP: f32 = 2.0;
/// Votes under which a strip holds no line: the short side of a document 12 pixels wide at full strength has more.
const LEAST_VOTES: f32 = 4.0;

impl Line {
    fn new(normal: [f32; 2], rho: f32, frame: Option<usize>) -> Self {
        Self { normal, rho, frame, from: 0.0, sums: Vec::new() }
    }

    /// The unit vector along it.
    pub(super) fn direction(&self) -> [f32; 2] {
        [-self.normal[1], self.normal[0]]
    }

    /// The position along the line of the foot of a point.
    pub(super) fn along(&self, p: [f32; 2]) -> f32 {
        let d = self.direction();
        p[0] * d[0] + p[1] * d[1]
    }

    /// Where two lines meet; `None` when they are within 30 degrees of parallel, as a document's neighbouring sides
    /// never are.
    pub(super) fn meet(&self, other: &Line) -> Option<[f32; 2]> {
        let ([a, b], [c, d]) = (self.normal, other.normal);
        let det = a * d - b * c;
        (det.abs() > 0.5).then(|| [(self.rho * d - b * other.rho) / det, (a * other.rho - self.rho * c) / det])
    }

    /// Mean support, 0 to 1, from one position to another, and the share of that way that is in the picture.
    pub(super) fn support(&self, from: f32, to: f32) -> (f32, f32) {
        let last = self.sums.len().saturating_sub(1) as f32;
        let (a, b) = ((from - self.from).clamp(0.0, last), (to - self.from).clamp(0.0, last));
        if b - a < 1.0 {
            return (0.0, 0.0);
        }
        let sum = |t: f32| {
            let i = t as usize;
            let (s, next) = (self.sums.get(i).copied().unwrap_or(0.0), self.sums.get(i + 1).copied());
            s + (next.unwrap_or(s) - s) * (t - i as f32)
        };
        ((sum(b) - sum(a)) / (b - a), (b - a) / (to - from))
    }

    /// Looks along the line, two pixels to either side, for changes across it.
    fn trace(&mut self, field: &Field) {
        let ([nx, ny], [dx, dy]) = (self.normal, self.direction());
        let (w, h) = (field.width as f32, field.height as f32);
        // The stretch with both coordinates inside.
        let clip = |d: f32, at: f32, end: f32| {
            if d.abs() < 1e-6 {
                return if (0.0..end).contains(&at) { (f32::MIN, f32::MAX) } else { (0.0, 0.0) };
            }
            let (a, b) = (-at / d, (end - at) / d);
            (a.min(b), a.max(b))
        };
        let ((x0, x1), (y0, y1)) = (clip(dx, nx * self.rho, w - 1.0), clip(dy, ny * self.rho, h - 1.0));
        let (from, to) = (x0.max(y0), x1.min(y1));
        let mut sum = 0.0;
        self.from = from;
        self.sums.push(0.0);
        for i in 0..(to - from).max(0.0) as usize {
            let t = from + i as f32 + 0.5;
            let (x, y) = (nx * self.rho + dx * t + 0.5, ny * self.rho + dy * t + 0.5);
            let mut best = 0.0f32;
            for o in -2..=2i8 {
                let (x, y) = (x + nx * f32::from(o), y + ny * f32::from(o));
                let (x, y) = ((x.max(0.0) as usize).min(field.width - 1), (y.max(0.0) as usize).min(field.height - 1));
                let Some(g) = field.gradient.get(y * field.width + x) else { continue };
                // Nothing for a change that runs more than 30 degrees off, all of it for one within 15.
                let cos = (g.x * nx + g.y * ny).abs();
                best = best.max(g.strength * ((cos - 0.866) / 0.1).clamp(0.0, 1.0));
            }
            sum += best;
            self.sums.push(sum);
        }
    }
}

/// The lines best borne out, and after them the frame's four sides.
pub(super) fn find(field: &Field) -> Vec<Line> {
    let votes = Votes::of(field);
    let mut lines = votes.peaks(field);
    for line in &mut lines {
        line.trace(field);
    }
    let (w, h) = (field.width as f32 - 1.0, field.height as f32 - 1.0);
    let frame = [([0.0, 1.0], 0.0), ([1.0, 0.0], w), ([0.0, 1.0], h), ([1.0, 0.0], 0.0)];
    lines.extend(frame.into_iter().enumerate().map(|(i, (n, rho))| Line::new(n, rho, Some(i))));
    lines
}

/// A Hough accumulator over direction and distance from the centre (Duda and Hart 1972), where a pixel votes for the
/// directions near that of its own gradient only (O'Gorman and Clowes 1976).
struct Votes {
    cells: Vec<f32>,
    strips: usize,
    normals: Vec<[f32; 2]>,
}

impl Votes {
    fn of(field: &Field) -> Self {
        let reach = (field.width as f32).hypot(field.height as f32) / 2.0;
        let strips = (2.0 * reach / STRIP) as usize + 3;
        let normals: Vec<[f32; 2]> = (0..ANGLES)
            .map(|a| {
                let (s, c) = (a as f32 * std::f32::consts::PI / ANGLES as f32).sin_cos();
                [c, s]
            })
            .collect();
        let mut cells = vec![0.0; ANGLES * strips];
        let (cx, cy) = (field.width as f32 / 2.0, field.height as f32 / 2.0);
        let strength = |at: usize| field.gradient.get(at).map_or(0.0, |g| g.strength);
        for (y, row) in field.gradient.chunks_exact(field.width).enumerate() {
            for (x, g) in row.iter().enumerate() {
                if g.strength < 0.35 {
                    continue;
                }
                // The crest of an edge speaks for all of it.
                let (at, step) = (y * field.width + x, if g.x.abs() > g.y.abs() { 1 } else { field.width });
                if strength(at.wrapping_sub(step)) > g.strength || strength(at + step) >= g.strength {
                    continue;
                }
                let angle = g.y.atan2(g.x) * ANGLES as f32 / std::f32::consts::PI;
                let nearest = angle.round() as isize;
                for a in nearest - 3..=nearest + 3 {
                    let a = a.rem_euclid(ANGLES as isize) as usize;
                    let Some([nx, ny]) = normals.get(a) else { continue };
                    let rho = (x as f32 - cx) * nx + (y as f32 - cy) * ny;
                    let strip = ((rho + reach) / STRIP) as usize;
                    if let Some(cell) = cells.get_mut(a * strips + strip) {
                        *cell += g.strength;
                    }
                }
            }
        }
        Self { cells, strips, normals }
    }

    /// The strongest cells that are not neighbours of a stronger one.
    fn peaks(&self, field: &Field) -> Vec<Line> {
        let at = |a: isize, s: isize| {
            // Half a turn on, the same line has its normal the other way round.
            let n = ANGLES as isize;
            let s = if a < 0 || a >= n { self.strips as isize - 1 - s } else { s };
            let i = a.rem_euclid(n) * self.strips as isize + s;
            if (0..self.strips as isize).contains(&s) {
                self.cells.get(i as usize).copied().unwrap_or(0.0)
            } else {
                0.0
            }
        };
        let mut found = Vec::new();
        for a in 0..ANGLES as isize {
            for s in 0..self.strips as isize {
                let v = at(a, s);
                if v < LEAST_VOTES {
                    continue;
                }
                let lesser = (-3..=3).all(|da| (-1..=1).all(|ds| (da, ds) <= (0, 0) || at(a + da, s + ds) < v))
                    && (-3..=3).all(|da| (-1..=1).all(|ds| (da, ds) >= (0, 0) || at(a + da, s + ds) <= v));
                if lesser {
                    found.push((v, a as usize, s as usize));
                }
            }
        }
        found.sort_by(|a, b| b.0.total_cmp(&a.0).then((a.1, a.2).cmp(&(b.1, b.2))));
        let (cx, cy) = (field.width as f32 / 2.0, field.height as f32 / 2.0);
        let reach = cx.hypot(cy);
        let mut sector = [0; 4];
        let mut lines = Vec::new();
        for (_, a, s) in found {
            let Some(normal) = self.normals.get(a).copied() else { continue };
            let Some(count) = sector.get_mut((a + ANGLES / 8) / (ANGLES / 4) % 4) else { continue };
            if *count < LINES / 2 && lines.len() < LINES {
                *count += 1;
                let rho = (s as f32 + 0.5) * STRIP - reach + cx * normal[0] + cy * normal[1];
                lines.push(Line::new(normal, rho, None));
            }
        }
        lines
    }
}
