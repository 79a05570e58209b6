//! Where the document is: its four corners, which sides can be seen, how it lies.

mod choose;
mod field;
mod lines;
mod pose;
mod print;
mod quads;
mod refine;

pub(in crate::measure) use pose::Homography;
pub use pose::{Pose, Proportions};

use crate::pixmap::View;

/// Where the document is.
///
/// Corners and sides run clockwise from the top left of the picture as it stands: side 0 (top) goes from corner 0 to
/// corner 1, side 1 is the right one, side 2 the bottom, side 3 the left.
///
/// ```
/// # use idenfy_preflight::{decode, options::Limits, pixmap::View, probe};
/// # let limits = Limits::default();
/// # let bytes = std::fs::read("testdata/front.jpg")?;
/// # let header = probe::probe(&bytes, &limits)?;
/// # let view = decode::view(&bytes, &header, View::reduction(header.width, header.height), &limits)?.picture;
/// use idenfy_preflight::measure::document;
/// let card = document::find(&view).unwrap();
/// assert!(card.fully_visible && !card.borderless());
/// assert_eq!(card.cut_sides().count(), 0);
/// let [x, y] = card.place(0.5, 0.5); // its middle, in pixels of the photo
/// assert!((400.0..1200.0).contains(&x) && (300.0..900.0).contains(&y));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Document {
    /// The corners in pixels of the upright original. A corner lies outside the picture where two seen sides meet
    /// there; where a side is cut, its corners lie on the frame.
    pub quad: [[f32; 2]; 4],
    /// What bounds the document on each side.
    pub sides: [Side; 4],
    /// Whether all of it is in the picture: no side is cut and no corner lies outside.
    pub fully_visible: bool,
    /// How sure the finding is, 0 to 1; under 0.5 it is a guess.
    pub confidence: f32,
    /// Share of the picture that the document covers, 0 to 1.
    pub share: f32,
    /// How it lies and how large it is.
    pub pose: Pose,
}

/// How much surer a place of no document's proportions has to be: up to a confidence of 0.8, that is a score of 0.6, some
/// that were found are wrong (see `choose`).
const ODD: f32 = 0.3;

/// What bounds the document on one side.
///
/// ```
/// use idenfy_preflight::measure::document::{Document, Side};
/// let card = Document::at([[10.0, 10.0], [90.0, 10.0], [90.0, 60.0], [10.0, 60.0]], 100, 70);
/// assert_eq!(card.sides, [Side::Edge; 4]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Side {
    /// An edge that can be seen.
    Edge,
    /// The frame cuts through the document.
    Cut,
    /// The picture ends where the document does, as in a scan or a crop.
    Frame,
}

impl Document {
    /// A document whose corners are known from elsewhere, in pixels of an upright picture of `width` x `height`. It is
    /// fully visible when no corner lies outside the picture.
    ///
    /// ```
    /// use idenfy_preflight::measure::document::Document;
    /// let corners = [[-20.0, 10.0], [90.0, 10.0], [90.0, 60.0], [-20.0, 60.0]];
    /// assert!(!Document::at(corners, 100, 70).fully_visible);
    /// ```
    pub fn at(quad: [[f32; 2]; 4], width: u32, height: u32) -> Self {
        let (w, h) = (width as f32, height as f32);
        let outside = |[x, y]: [f32; 2]| x < 0.0 || y < 0.0 || x > w || y > h;
        Self {
            quad,
            sides: [Side::Edge; 4],
            fully_visible: !quad.iter().any(|c| outside(*c)),
            confidence: 1.0,
            share: (area(&quad) / (w * h)).min(1.0),
            pose: Pose::of(&quad, w, h),
        }
    }

    /// Whether it fills the picture, as a scan or a crop does: no edge of it is seen, none is missed.
    ///
    /// ```
    /// use idenfy_preflight::measure::document::{Document, Side};
    /// let mut scan = Document::at([[0.0, 0.0], [850.0, 0.0], [850.0, 540.0], [0.0, 540.0]], 850, 540);
    /// scan.sides = [Side::Frame; 4];
    /// assert!(scan.borderless());
    /// ```
    pub fn borderless(&self) -> bool {
        self.sides == [Side::Frame; 4]
    }

    /// The sides that are cut, as indices into [`sides`](Self::sides): 0 top, 1 right, 2 bottom, 3 left.
    ///
    /// ```
    /// use idenfy_preflight::measure::document::{Document, Side};
    /// let mut card = Document::at([[0.0, 10.0], [90.0, 10.0], [90.0, 60.0], [0.0, 60.0]], 100, 70);
    /// card.sides[3] = Side::Cut;
    /// assert_eq!(card.cut_sides().collect::<Vec<_>>(), [3], "the left one");
    /// ```
    pub fn cut_sides(&self) -> impl Iterator<Item = usize> + '_ {
        self.sides.iter().enumerate().filter(|(_, side)| **side == Side::Cut).map(|(i, _)| i)
    }

    /// Whether it is less `sure` than that, or not much more and of no document's proportions: the frame around a
    /// portrait is the usual mistake.
    ///
    /// ```
    /// use idenfy_preflight::measure::document::Document;
    /// let mut card = Document::at([[10.0, 10.0], [90.0, 10.0], [90.0, 60.0], [10.0, 60.0]], 100, 70);
    /// assert!(!card.is_doubtful(0.5));
    /// card.confidence = 0.4;
    /// assert!(card.is_doubtful(0.5));
    /// ```
    pub fn is_doubtful(&self, sure: f32) -> bool {
        let odd = self.pose.proportions == Proportions::Unknown && !self.borderless();
        self.confidence < sure + if odd { ODD } else { 0.0 }
    }

    /// Whether a place in the upright original, in pixels, lies on it.
    ///
    /// ```
    /// use idenfy_preflight::measure::document::Document;
    /// let card = Document::at([[10.0, 10.0], [90.0, 10.0], [90.0, 60.0], [10.0, 60.0]], 100, 70);
    /// assert!(card.holds([50.0, 35.0]) && !card.holds([95.0, 35.0]));
    /// ```
    pub fn holds(&self, place: [f32; 2]) -> bool {
        print::contains(&self.quad, place)
    }

    /// Where a place on the document is in the upright original. (0, 0) is corner 0, (1, 1) is corner 2; straight
    /// lines stay straight.
    ///
    /// ```
    /// use idenfy_preflight::measure::document::Document;
    /// let card = Document::at([[10.0, 10.0], [90.0, 10.0], [90.0, 60.0], [10.0, 60.0]], 100, 70);
    /// let [x, y] = card.place(0.5, 0.5);
    /// assert!((x - 50.0).abs() < 0.01 && (y - 35.0).abs() < 0.01);
    /// ```
    pub fn place(&self, u: f32, v: f32) -> [f32; 2] {
        pose::Homography::onto(&self.quad).apply(u, v)
    }
}

/// Finds the document; `None` when nothing in the picture looks like one.
///
/// ```
/// # use idenfy_preflight::{decode, options::Limits, pixmap::View, probe};
/// # let limits = Limits::default();
/// # let bytes = std::fs::read("testdata/front.jpg")?;
/// # let header = probe::probe(&bytes, &limits)?;
/// # let view = decode::view(&bytes, &header, View::reduction(header.width, header.height), &limits)?.picture;
/// let card = idenfy_preflight::measure::document::find(&view).unwrap();
/// assert!(card.confidence > 0.5 && card.share > 0.2);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn find(view: &View) -> Option<Document> {
    let field = field::Field::of(view)?;
    let lines = lines::find(&field);
    let found = choose::best(&field, quads::find(&lines, field.width as f32, field.height as f32));
    let (w, h) = (view.width as f32, view.height as f32);
    let (quad, confidence) = match found {
        choose::Found::Nothing => return None,
        choose::Found::Whole(confidence) => {
            let quad = [[0.0, 0.0], [w, 0.0], [w, h], [0.0, h]];
            let pose = Pose::of(&quad, w, h);
            let sides = [Side::Frame; 4];
            return Some(Document { quad, sides, fully_visible: true, confidence, share: 1.0, pose });
        }
        choose::Found::Quad(quad, confidence) => (quad, confidence),
    };
    let [a, b, c, d] = quad.lines;
    let (a, b, c, d) = (lines.get(a)?, lines.get(b)?, lines.get(c)?, lines.get(d)?);
    let round = [a, d, b, c];
    let mut sides = round.map(|line| if line.frame.is_some() { Side::Cut } else { Side::Edge });
    let corners = refine::corners(&field, round, quad.corners);
    // A line on the frame stands half a pixel inside it.
    let out = |v: f32, n: usize| if v <= 0.0 || v >= n as f32 - 1.0 { v.signum() * 0.5 + v + 0.5 } else { v + 0.5 };
    let mut quad = corners.map(|[x, y]| [out(x, field.width) * field.scale[0], out(y, field.height) * field.scale[1]]);
    clockwise(&mut quad, &mut sides);

    let pose = Pose::of(&quad, w, h);
    // A corner's tip may be out: within the rounding (3.18 mm, 3.7 % of a card's width) nothing is printed.
    let slack = 0.03 * pose.across;
    let within = |[x, y]: &[f32; 2]| *x >= -slack && *y >= -slack && *x <= w + slack && *y <= h + slack;
    let cut = sides.contains(&Side::Cut);
    Some(Document {
        quad,
        sides,
        fully_visible: !cut && quad.iter().all(within),
        confidence,
        share: (area(&quad) / (w * h)).min(1.0),
        pose: if cut { pose.cut() } else { pose },
    })
}

/// Orders corners clockwise from the top left, and the sides with them.
fn clockwise(quad: &mut [[f32; 2]; 4], sides: &mut [Side; 4]) {
    if signed_area(quad) < 0.0 {
        quad.reverse();
        sides[..3].reverse();
    }
    let first = (0..4).min_by(|&a, &b| {
        let key = |i: usize| quad.get(i).map_or(0.0, |c| c[0] + c[1]);
        key(a).total_cmp(&key(b))
    });
    let first = first.unwrap_or(0);
    quad.rotate_left(first);
    sides.rotate_left(first);
}

fn signed_area(q: &[[f32; 2]; 4]) -> f32 {
    let next = q.iter().cycle().skip(1);
    q.iter().zip(next).map(|(p, n)| p[0] * n[1] - n[0] * p[1]).sum::<f32>() / 2.0
}

fn area(q: &[[f32; 2]; 4]) -> f32 {
    signed_area(q).abs()
}

#[cfg(test)]
mod tests;
