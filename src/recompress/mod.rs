//! One budget for all images: what fits is not touched; what does not loses the least, evenly, and never exceeds it.
//!
//! First goes what costs nothing (metadata, thumbnails, films behind the picture; Huffman tables that fit, denser PNG).
//! What is only stripped keeps its pixels as they lie, and with them its orientation and colour profile. Then all
//! pictures are made to lose alike, bills and oversized frames more than FRONT, BACK and FACE, down to quality 42; then
//! dimensions go, to 300 pixels an inch across the document, and at last to 150. Sizes are known before anything is
//! written (see `jpeg`). A JPEG that keeps its dimensions is coded anew from its own coefficients, without pixels; of a
//! PDF the pictures alone are coded anew, in place (see `pdf`).
//!
//! ```
//! use idenfy_preflight::{Step, options::{Limits, Service}, probe, recompress::{Hint, Source, fit}};
//!
//! let (limits, mut service) = (Limits::default(), Service::default());
//! service.max_body_bytes = 500_000; // the two have more
//! let files = [std::fs::read("testdata/front.jpg")?, std::fs::read("testdata/back.jpg")?];
//! let headers = [probe::probe(&files[0], &limits)?, probe::probe(&files[1], &limits)?];
//! let source = |step, i: usize| Source { step, bytes: &files[i], header: &headers[i], hint: Hint::default() };
//! let fitted = fit(&[source(&Step::Front, 0), source(&Step::Back, 1)], 200, &service, &limits).unwrap();
//! assert!(fitted.iter().all(|image| image.recompressed && image.width == 1600), "both lose a little");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod allocate;
pub mod budget;
mod fit;
mod group;
mod jpeg;
mod lossless;
mod pdf;
mod picture;
pub(crate) mod resize;
mod resolution;
mod search;
mod strip;

pub use resolution::GOOD_DPI;

use crate::{
    format::Format,
    options::{Limits, Service},
    probe::Header,
    submission::Step,
};
use std::borrow::Cow;

/// An image that wants to be sent.
///
/// ```
/// use idenfy_preflight::{Step, options::{Limits, Service}, probe, recompress::{self, Hint, Source}};
/// let (limits, photo) = (Limits::default(), std::fs::read("testdata/front.jpg")?);
/// let header = probe::probe(&photo, &limits)?;
/// let source = Source { step: &Step::Front, bytes: &photo, header: &header, hint: Hint::default() };
/// let fitted = recompress::fit(&[source], 200, &Service::default(), &limits).unwrap();
/// assert!(!fitted[0].recompressed, "what fits is not touched");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Source<'a> {
    /// Its place.
    pub step: &'a Step,
    /// The file.
    pub bytes: &'a [u8],
    /// Its header.
    pub header: &'a Header,
    /// What is known of the document in it.
    pub hint: Hint,
}

/// What is known of the document in a picture. Without it a card is taken to fill 60 % of the longer side, a bill all.
///
/// ```
/// use idenfy_preflight::recompress::Hint;
/// // A card 1200 pixels wide in the photo: 356 dots per inch.
/// let hint = Hint { document_px: Some(1200.0), document_mm: Some(85.6) };
/// assert_ne!(hint, Hint::default());
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Hint {
    /// Pixels of the upright original across the document.
    pub document_px: Option<f32>,
    /// Its width in millimetres.
    pub document_mm: Option<f32>,
}

/// What is sent for an image.
///
/// ```
/// use idenfy_preflight::{Step, options::{Limits, Service}, probe, recompress::{self, Hint, Source}};
/// let (limits, photo) = (Limits::default(), std::fs::read("testdata/front.jpg")?);
/// let header = probe::probe(&photo, &limits)?;
/// let source = Source { step: &Step::Front, bytes: &photo, header: &header, hint: Hint::default() };
/// let mut service = Service::default();
/// service.max_body_bytes = 250_000;
/// let fitted = recompress::fit(&[source], 200, &service, &limits).unwrap();
/// assert!(fitted[0].recompressed && fitted[0].quality < Some(100));
/// assert_eq!((fitted[0].width, fitted[0].height), (1600, 1200));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Encoded<'a> {
    /// The file.
    pub bytes: Cow<'a, [u8]>,
    /// Its format.
    pub format: Format,
    /// Pixels across, upright.
    pub width: u32,
    /// Pixels down, upright.
    pub height: u32,
    /// Whether it is another file than the original.
    pub recompressed: bool,
    /// The JPEG quality (libjpeg's scale) it was encoded with; `None` when its pixels are the original's.
    pub quality: Option<u8>,
    /// The resolution across the document that it was brought to, where that is under 300 pixels an inch.
    pub coarse_dpi: Option<u32>,
    /// How often the whole of it was coded: counted through, or written. Samples, from which sizes are estimated first,
    /// are not counted.
    pub passes: u8,
}

/// Why nothing fits.
///
/// ```
/// use idenfy_preflight::{Step, options::{Limits, Service}, probe, recompress::{self, Bound, Hint, Source}};
/// let (limits, photo) = (Limits::default(), std::fs::read("testdata/front.jpg")?);
/// let header = probe::probe(&photo, &limits)?;
/// let source = Source { step: &Step::Front, bytes: &photo, header: &header, hint: Hint::default() };
/// let mut service = Service::default();
/// service.max_body_bytes = 2_000;
/// let told = recompress::fit(&[source], 200, &service, &limits).unwrap_err();
/// assert_eq!((told.bound, told.limit, &told.heaviest), (Bound::Body, 2_000, &Step::Front));
/// assert!(told.least > told.limit);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Infeasible {
    /// What is too large.
    pub bound: Bound,
    /// The smallest that can be reached: bytes of the body, or characters of the image's base64.
    pub least: u64,
    /// Whether it can: as a limit, `least` is met. Where so much could be told without decoding anything, it cannot be
    /// gone under, but not be reached either.
    pub reachable: bool,
    /// The limit on the same.
    pub limit: u64,
    /// The step that weighs most then.
    pub heaviest: Step,
    /// Whether that one cannot be made any smaller: a PDF whose pictures cannot be coded anew (encrypted, repaired,
    /// CMYK, masked or of one bit a pixel), or that has none.
    pub rigid: bool,
}

/// Which limit cannot be met.
///
/// ```
/// use idenfy_preflight::{Step, options::{Limits, Service}, probe, recompress::{self, Bound, Hint, Source}};
/// let (limits, photo) = (Limits::default(), std::fs::read("testdata/front.jpg")?);
/// let header = probe::probe(&photo, &limits)?;
/// let source = Source { step: &Step::Front, bytes: &photo, header: &header, hint: Hint::default() };
/// let mut service = Service::default();
/// service.max_image_base64 = Some(2_000);
/// assert_eq!(recompress::fit(&[source], 200, &service, &limits).unwrap_err().bound, Bound::Image);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bound {
    /// [`Service::max_body_bytes`].
    Body,
    /// [`Service::max_image_base64`], for one image.
    Image,
}

/// Fits all images into the body. `overhead` is the length of the body without a single character of base64.
///
/// Returned in the order of the sources. The same sources give the same bytes, whatever the number of threads; runs in
/// the caller's rayon pool. Of a PDF the pictures are coded anew and nothing else.
///
/// # Errors
/// [`Infeasible`] when quality 42 at 150 pixels an inch is still too large. When the limits are
/// [watched](Limits::watched) and it was time to stop, what is handed back is of no use, whichever it is.
///
/// ```
/// use idenfy_preflight::{Step, options::{Limits, Service}, probe, recompress::{self, Hint, Source}};
/// let (limits, photo) = (Limits::default(), std::fs::read("testdata/front.jpg")?);
/// let header = probe::probe(&photo, &limits)?;
/// let source = Source { step: &Step::Front, bytes: &photo, header: &header, hint: Hint::default() };
/// let mut service = Service::default();
/// service.max_body_bytes = 200_000;
/// let fitted = recompress::fit(&[source], 200, &service, &limits).unwrap();
/// assert!(recompress::budget::base64_len(fitted[0].bytes.len() as u64) + 200 <= 200_000);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn fit<'a>(
    sources: &[Source<'a>],
    overhead: u64,
    service: &Service,
    limits: &Limits,
) -> Result<Vec<Encoded<'a>>, Infeasible> {
    fit::fit(sources, overhead, service, limits)
}

impl<'a> Encoded<'a> {
    /// A file whose pixels are the original's.
    fn lossless(source: &Source<'a>, bytes: Cow<'a, [u8]>, format: Format, passes: u8) -> Self {
        let (width, height) = source.header.upright_size();
        let recompressed = matches!(bytes, Cow::Owned(_));
        Self { bytes, format, width, height, recompressed, quality: None, coarse_dpi: None, passes }
    }
}

#[cfg(test)]
mod tests;
