//! Faces: how many, where, how large.

#[cfg(feature = "face")]
mod detect;
mod look;

pub use look::FaceLook;

use crate::pixmap::View;

/// The faces in a picture.
///
/// ```
/// # use idenfy_preflight::{decode, options::Limits, pixmap::View, probe};
/// # let limits = Limits::default();
/// # let bytes = std::fs::read("testdata/face.jpg")?;
/// # let header = probe::probe(&bytes, &limits)?;
/// # let view = decode::view(&bytes, &header, View::reduction(header.width, header.height), &limits)?.picture;
/// # #[cfg(feature = "face")] {
/// let faces = idenfy_preflight::measure::face::find(&view).unwrap();
/// assert_eq!((faces.people(), faces.turned), (1, 0));
/// # }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Faces {
    /// All that were found, the largest first.
    pub boxes: Vec<FaceBox>,
    /// By how many degrees clockwise (90, 180 or 270) the picture has to be turned for its face to stand upright; 0
    /// when it does, or when there is none.
    pub turned: u16,
    /// How well the largest is seen; `None` when there is none.
    pub look: Option<FaceLook>,
}

/// A face, from the brows to the chin, in pixels of the upright original. Parts may lie outside the picture.
///
/// ```
/// # use idenfy_preflight::{decode, options::Limits, pixmap::View, probe};
/// # let limits = Limits::default();
/// # let bytes = std::fs::read("testdata/face.jpg")?;
/// # let header = probe::probe(&bytes, &limits)?;
/// # let view = decode::view(&bytes, &header, View::reduction(header.width, header.height), &limits)?.picture;
/// # #[cfg(feature = "face")] {
/// let faces = idenfy_preflight::measure::face::find(&view).unwrap();
/// let largest = &faces.boxes[0];
/// assert!(largest.w > 60.0 && largest.score > 3.0);
/// # }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct FaceBox {
    /// Left.
    pub x: f32,
    /// Top.
    pub y: f32,
    /// Pixels across.
    pub w: f32,
    /// Pixels down.
    pub h: f32,
    /// The detector's score: from 3, a clear face has 10 to 40.
    pub score: f32,
}

impl Faces {
    /// How many people face the camera: those at least half as large as the largest. Smaller ones are passers-by, a
    /// print on the wall or the second, smaller portrait of a document.
    ///
    /// ```
    /// use idenfy_preflight::measure::face::Faces;
    /// assert_eq!(Faces::default().people(), 0);
    /// ```
    pub fn people(&self) -> usize {
        let largest = self.boxes.first().map_or(0.0, |b| b.w);
        self.boxes.iter().filter(|b| b.w >= largest / 2.0).count()
    }
}

/// Looks for faces, upright ones first; for one that lies on its side or stands on its head only when there is no
/// clear upright one. `None` without the cargo feature `face`.
///
/// ```
/// # use idenfy_preflight::{decode, options::Limits, pixmap::View, probe};
/// # let limits = Limits::default();
/// # let bytes = std::fs::read("testdata/face.jpg")?;
/// # let header = probe::probe(&bytes, &limits)?;
/// # let view = decode::view(&bytes, &header, View::reduction(header.width, header.height), &limits)?.picture;
/// let faces = idenfy_preflight::measure::face::find(&view);
/// assert_eq!(faces.is_some(), cfg!(feature = "face"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn find(view: &View) -> Option<Faces> {
    #[cfg(feature = "face")]
    return Some({
        let mut faces = detect::find(view);
        faces.look = faces.boxes.first().and_then(|face| FaceLook::of(view, face));
        faces
    });
    #[cfg(not(feature = "face"))]
    {
        let _ = view;
        None
    }
}

#[cfg(all(test, feature = "face"))]
mod tests;
