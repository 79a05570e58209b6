//! Where the document is: its four corners, which sides can be seen, how it lies.

mod pose;

pub use pose::{Pose, Proportions};

use crate::pixmap::View;

/// Where the document is.
///
/// Corners and sides run clockwise from the top left of the picture as it stands: side 0 (top) goes from corner 0 to
/// corner 1, side 1 is the right one, side 2 the bottom, side 3 the left.
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

/// What bounds the document on one side.
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
    /// Whether it fills the picture, as a scan or a crop does: no edge of it is seen, none is missed.
    pub fn borderless(&self) -> bool {
        self.sides == [Side::Frame; 4]
    }

    /// The sides that are cut, as indices into [`sides`](Self::sides): 0 top, 1 right, 2 bottom, 3 left.
    pub fn cut_sides(&self) -> impl Iterator<Item = usize> + '_ {
        self.sides.iter().enumerate().filter(|(_, side)| **side == Side::Cut).map(|(i, _)| i)
    }

    /// Where a place on the document is in the upright original. (0, 0) is corner 0, (1, 1) is corner 2; straight
    /// lines stay straight.
    pub fn place(&self, u: f32, v: f32) -> [f32; 2] {
        pose::Homography::onto(&self.quad).apply(u, v)
    }
}

/// Finds the document; `None` when nothing in the picture looks like one.
pub fn find(view: &View) -> Option<Document> {
    let (w, h) = (view.width as f32, view.height as f32);
    let quad = [[0.0, 0.0], [w, 0.0], [w, h], [0.0, h]];
    Some(Document {
        quad,
        sides: [Side::Frame; 4],
        fully_visible: true,
        confidence: 0.0,
        share: 1.0,
        pose: Pose::of(&quad, w, h),
    })
}
