//! Faces: how many, where, how large.

#[cfg(feature = "face")]
mod detect;
mod look;

pub use look::FaceLook;

use super::Document;
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

/// The largest face in a picture of a document.
///
/// ```
/// # use idenfy_preflight::{decode, options::Limits, pixmap::View, probe};
/// # let limits = Limits::default();
/// # let bytes = std::fs::read("testdata/face.jpg")?;
/// # let header = probe::probe(&bytes, &limits)?;
/// # let view = decode::view(&bytes, &header, View::reduction(header.width, header.height), &limits)?.picture;
/// # #[cfg(feature = "face")] {
/// let portrait = idenfy_preflight::measure::face::portrait(&view).unwrap();
/// assert!(portrait.is_selfie() && portrait.share < 0.5 && portrait.turned == 0);
/// # }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Portrait {
    /// Its face.
    pub face: FaceBox,
    /// The face's width as a share of the picture's long side.
    pub share: f32,
    /// By how many degrees clockwise (0, 90, 180 or 270) the picture has to be turned for it to stand upright.
    pub turned: u16,
}

/// A face's width from which on a picture is a selfie, as a share of its long side. Measured: documents that fill the
/// picture have 0.15 to 0.32, selfies 0.15 to 0.66.
const SELFIE: f32 = 0.35;
/// A face's width on a document as a share of the document's long side, at most: up to 0.32 was measured; of the frame
/// around a portrait it takes half and more.
const LARGEST: f32 = 0.4;

impl Portrait {
    /// Whether it is larger than documents have them. A smaller one may be a selfie's all the same.
    pub fn is_selfie(&self) -> bool {
        self.share > SELFIE
    }

    /// Whether what was found may be the document that it belongs to: it lies on it, and is not nearly as large, as it is
    /// where the frame around a portrait was found. Of a document that is cut off more may be missing.
    ///
    /// ```
    /// # use idenfy_preflight::{decode, options::Limits, pixmap::View, probe};
    /// # let limits = Limits::default();
    /// # let bytes = std::fs::read("testdata/face.jpg")?;
    /// # let header = probe::probe(&bytes, &limits)?;
    /// # let view = decode::view(&bytes, &header, View::reduction(header.width, header.height), &limits)?.picture;
    /// # #[cfg(feature = "face")] {
    /// use idenfy_preflight::measure::{Document, face};
    /// let portrait = face::portrait(&view).unwrap();
    /// let of_size = |w: f32, h: f32| Document::at([[0.0, 0.0], [w, 0.0], [w, h], [0.0, h]], view.width, view.height);
    /// assert!(portrait.is_on(&of_size(1400.0, 1300.0)));
    /// assert!(!portrait.is_on(&of_size(900.0, 100.0)), "it lies beside that");
    /// assert!(!portrait.is_on(&of_size(800.0, 800.0)), "that is hardly larger");
    /// # }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn is_on(&self, document: &Document) -> bool {
        let FaceBox { x, y, w, h, .. } = self.face;
        let small = w < LARGEST * document.pose.across || document.cut_sides().next().is_some();
        document.holds([x + w / 2.0, y + h / 2.0]) && small
    }
}

/// Looks for the largest face in a picture of a document; `None` as well without the cargo feature `face`. Those under an
/// eighth of the long side are not found, turned ones under a fifth. As costly as [`find`].
///
/// ```
/// # use idenfy_preflight::{decode, options::Limits, pixmap::View, probe};
/// # let limits = Limits::default();
/// # let bytes = std::fs::read("testdata/back.jpg")?;
/// # let header = probe::probe(&bytes, &limits)?;
/// # let view = decode::view(&bytes, &header, View::reduction(header.width, header.height), &limits)?.picture;
/// assert_eq!(idenfy_preflight::measure::face::portrait(&view), None);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn portrait(view: &View) -> Option<Portrait> {
    #[cfg(feature = "face")]
    {
        let faces = detect::find(view);
        let face = *faces.boxes.first()?;
        Some(Portrait { face, share: face.w / view.width.max(view.height) as f32, turned: faces.turned })
    }
    #[cfg(not(feature = "face"))]
    {
        let _ = view;
        None
    }
}

#[cfg(all(test, feature = "face"))]
mod tests;
