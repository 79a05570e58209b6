//! Our quality cut-offs. Measuring knows none of them.

/// How readily something is called bad. `testdata/CALIBRATION.md` has the measured rates of each.
///
/// ```
/// use idenfy_preflight::options::{Sensitivity, Thresholds};
/// assert_eq!(Thresholds::new(Sensitivity::Medium), Thresholds::default());
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sensitivity {
    /// Only what surely cannot be read.
    Low,
    /// As many unreadable images found as readable ones let through.
    #[default]
    Medium,
    /// Whatever may cost a second attempt.
    High,
}

super::settings! {
/// Quality cut-offs.
///
/// ```
/// use idenfy_preflight::{Options, Preflight, options::{Sensitivity, Thresholds}};
/// let mut options = Options::default();
/// options.thresholds = Thresholds::new(Sensitivity::High);
/// options.thresholds.tilt_deg = 25.0;
/// let strict = Preflight::new(options);
/// assert_eq!(strict.options().thresholds.tilt_deg, 25.0);
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Thresholds {
    /// Probability of being read (all causes together, or one of them) under which an image is to be taken again.
    /// Default: 0.5.
    pub legible: f32,
    /// The same under which it is warned of. Default: 0.8.
    pub doubtful: f32,
    /// Legibility from which on `skipAnalysis` may be recommended. Default: 0.75: unreadable pictures must not slip by
    /// the service's own check.
    pub surely_legible: f32,
    /// Share of the document blown out by reflections from which on it is told. Default: 0.01, under the 2 % that
    /// integrators of commercial kits let pass (docs of Regula: 0 to 6 %).
    pub glare: f32,
    /// Pixels along a document under which it is called small. Default: 506, that is 150 dpi for a card (Regula's and
    /// ComplyCube's limit).
    pub small_px: f32,
    /// Luma of the paper under which a picture is called dark. Default: 110; the darkest of well-lit captures has 176.
    pub dark_paper: f32,
    /// The same under which nothing can be told any more. Default: 20, an eighth of well-lit paper in linear light and
    /// less.
    pub black_paper: f32,
    /// Share of the document at the end of the scale from which on it is called too bright, unless print stands out as
    /// it does on a white page. Default: 0.5.
    pub clipped: f32,
    /// Levels that print on a white page stands out by, at least. Default: 120.
    pub full_contrast: f32,
    /// Levels between print and paper under which contrast is called low. Default: 35.
    pub contrast: f32,
    /// How much darker the darker quarter of the document is than the lighter parts, from which on a shadow is told.
    /// Default: 0.28; captures without a shadow have 0.17 at the most, those with one 0.28 at the least.
    pub shadow: f32,
    /// JPEG quality (libjpeg's scale) up to which compression is called too strong, be it by the file's own tables or by
    /// what its pixels show of an earlier saving. Default: 25; at 15 text of good size is still read.
    pub jpeg_quality: u8,
    /// Degrees between the camera's axis and the document's normal from which on tilt is told. Default: 35.
    pub tilt_deg: f32,
    /// Mean distance of Cb and Cr from neutral under which a picture counts as colourless. Default: 1.5.
    pub colour: f32,
    /// Confidence in the document's place under which its edges count as faint. Default: 0.5.
    pub document: f32,
    /// Pixels across a face under which it is called small. Default: 60; the smallest selfie that the service's own
    /// examples approve is 203 x 206 pixels, with a face of about twice that.
    pub face_px: f32,
    /// Crispness of a face under which it is too soft. Default: 0.11; sharp portraits have 0.27 to 0.52, the same blurred
    /// by 3 % of the face's width 0.09 to 0.23.
    pub face_crisp: f32,
    /// The same under which it is warned of. Default: 0.16; blurred by 1 % of the face's width they have 0.19 and more.
    pub face_soft: f32,
    /// Share of a face at the end of the scale from which on glare is told. Default: 0.15; portraits have up to 0.08.
    pub face_clipped: f32,
    /// Median luma of a face under which it is called dark. Default: 40; portraits have 100 to 190.
    pub face_dark: f32,
    /// Bits of 256 up to which the looks of two pictures are the same. Default: 30; the same picture at half the size
    /// and JPEG quality 30 differs by 14 at most.
    pub same_look: u32,
    /// The same up to which they are alike. Default: 54; the same picture, cropped, differs by 48 at most, other
    /// documents of one design by 66 at least.
    pub like_look: u32,
}
}

impl Default for Thresholds {
    fn default() -> Self {
        Self::new(Sensitivity::Medium)
    }
}

impl Thresholds {
    /// The cut-offs of a sensitivity.
    ///
    /// ```
    /// use idenfy_preflight::options::{Sensitivity, Thresholds};
    /// let [low, high] = [Sensitivity::Low, Sensitivity::High].map(Thresholds::new);
    /// assert!(low.legible < high.legible);
    /// ```
    pub fn new(sensitivity: Sensitivity) -> Self {
        let (legible, doubtful, surely_legible, glare) = match sensitivity {
            Sensitivity::Low => (0.2, 0.5, 0.75, 0.03),
            Sensitivity::Medium => (0.5, 0.8, 0.75, 0.01),
            Sensitivity::High => (0.8, 0.95, 0.9, 0.004),
        };
        Self {
            legible,
            doubtful,
            surely_legible,
            glare,
            small_px: 506.0,
            dark_paper: 110.0,
            black_paper: 20.0,
            clipped: 0.5,
            full_contrast: 120.0,
            contrast: 35.0,
            shadow: 0.28,
            jpeg_quality: 25,
            tilt_deg: 35.0,
            colour: 1.5,
            document: 0.5,
            face_px: 60.0,
            face_crisp: 0.11,
            face_soft: 0.16,
            face_clipped: 0.15,
            face_dark: 40.0,
            same_look: 30,
            like_look: 54,
        }
    }
}
