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

/// The portrait on a document.
///
/// ```
/// # use idenfy_preflight::{decode, options::Limits, pixmap::View, probe};
/// # let limits = Limits::default();
/// # let bytes = std::fs::read("testdata/front.jpg")?;
/// # let header = probe::probe(&bytes, &limits)?;
/// # let view = decode::view(&bytes, &header, View::reduction(header.width, header.height), &limits)?.picture;
/// use idenfy_preflight::measure::face;
/// // The portrait of that card is a drawing.
/// assert_eq!(face::portrait(&view), None);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Portrait {
    /// Its face.
    pub face: FaceBox,
    /// By how many degrees clockwise (0, 90, 180 or 270) the picture has to be turned for it to stand upright.
    pub turned: u16,
}

impl Portrait {
    /// Whether it is on this document, rather than beside it or as large as it: then what was found is the frame around
    /// the portrait.
    ///
    /// ```
    /// # use idenfy_preflight::{decode, options::Limits, pixmap::View, probe};
    /// # let limits = Limits::default();
    /// # let bytes = std::fs::read("testdata/face.jpg")?;
    /// # let header = probe::probe(&bytes, &limits)?;
    /// # let view = decode::view(&bytes, &header, View::reduction(header.width, header.height), &limits)?.picture;
    /// use idenfy_preflight::measure::{Document, face};
    /// let (w, h) = (view.width as f32, view.height as f32);
    /// let page = Document::at([[0.0, 0.0], [w, 0.0], [w, h], [0.0, h]], view.width, view.height);
    /// let corner = Document::at([[0.0, 0.0], [9.0, 0.0], [9.0, 9.0], [0.0, 9.0]], view.width, view.height);
    /// assert!(face::portrait(&view).is_none_or(|p| p.is_on(&page) && !p.is_on(&corner)));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn is_on(&self, document: &Document) -> bool {
        let FaceBox { x, y, w, h, .. } = self.face;
        document.holds([x + w / 2.0, y + h / 2.0]) && w < LARGEST * document.pose.across
    }
}

/// A face's width on a document, as a share of the picture's long side. Documents that fill the picture have 0.15 to
/// 0.29 (measured), selfies 0.15 to 0.66; smaller ones than an eighth are not found.
const PORTRAIT: std::ops::RangeInclusive<f32> = 0.05..=0.33;
/// The same, of the document's own long side: up to 0.32 was measured.
const LARGEST: f32 = 0.4;

/// Looks for the portrait of a document; `None` as well without the cargo feature `face`. As costly as [`find`].
///
/// ```
/// # use idenfy_preflight::{decode, options::Limits, pixmap::View, probe};
/// # let limits = Limits::default();
/// # let bytes = std::fs::read("testdata/face.jpg")?;
/// # let header = probe::probe(&bytes, &limits)?;
/// # let view = decode::view(&bytes, &header, View::reduction(header.width, header.height), &limits)?.picture;
/// use idenfy_preflight::measure::face;
/// // A face as large as in a selfie is none.
/// assert_eq!(face::portrait(&view).is_some_and(|p| p.face.w > 0.33 * view.height as f32), false);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn portrait(view: &View) -> Option<Portrait> {
    let long = view.width.max(view.height) as f32;
    let faces = find(view)?;
    let face = *faces.boxes.iter().find(|b| PORTRAIT.contains(&(b.w / long)))?;
    Some(Portrait { face, turned: faces.turned })
}

#[cfg(all(test, feature = "face"))]
mod tests;
