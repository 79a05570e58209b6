//! Native values to scores, 0 to 100, higher is better (as ISO/IEC 29794 quality components).
//!
//! Every cause of illegibility has a logistic curve: the probability that text can be read as far as this cause is
//! concerned. Legibility is their product. The curves' parameters are calibrated against an OCR engine on captures with
//! known faults; `testdata/CALIBRATION.md` has the data, the operating points and what does not work.

use crate::measure::{Measurements, face::Faces, sharpness::Sharpness};
use serde::{Deserialize, Serialize};

/// Scores of one image, 0 to 100, higher is better; `None` where it was not measured or cannot be told.
///
/// ```
/// # use idenfy_preflight::{decode, options::Limits, pixmap::View, probe};
/// # let limits = Limits::default();
/// # let bytes = std::fs::read("testdata/front.jpg")?;
/// # let header = probe::probe(&bytes, &limits)?;
/// # let view = decode::view(&bytes, &header, View::reduction(header.width, header.height), &limits)?.picture;
/// use idenfy_preflight::{measure, score::score};
/// let scores = score(&measure::measure(&view));
/// assert!(scores.legibility > Some(90) && scores.face.is_none());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Scores {
    /// The estimate that the text can be read, all faults together.
    pub legibility: Option<u8>,
    /// Sharpness of the print.
    pub sharpness: Option<u8>,
    /// Freedom from glare.
    pub glare: Option<u8>,
    /// Exposure: how far print stands out of the noise.
    pub exposure: Option<u8>,
    /// How surely and how wholly the document is in view.
    pub document: Option<u8>,
    /// How surely there is one face, and how well it is seen.
    pub face: Option<u8>,
}

impl Scores {
    /// The glare score of a document of which this share, 0 to 1, is blown out.
    ///
    /// ```
    /// use idenfy_preflight::score::Scores;
    /// assert_eq!([0.0, 0.02, 0.1].map(Scores::of_glare), [100, 79, 30]);
    /// ```
    pub fn of_glare(fraction: f32) -> u8 {
        percent((-GLARE_FALL * fraction).exp())
    }
}

fn percent(p: f32) -> u8 {
    (100.0 * p.clamp(0.0, 1.0)).round() as u8
}

/// The probability, 0 to 1, that the text can be read as far as each cause is concerned.
///
/// ```
/// # use idenfy_preflight::{decode, options::Limits, pixmap::View, probe};
/// # let limits = Limits::default();
/// # let bytes = std::fs::read("testdata/front.jpg")?;
/// # let header = probe::probe(&bytes, &limits)?;
/// # let view = decode::view(&bytes, &header, View::reduction(header.width, header.height), &limits)?.picture;
/// use idenfy_preflight::{measure, score::Causes};
/// let causes = Causes::of(&measure::measure(&view));
/// assert!(causes.sharp > Some(0.9) && causes.light > 0.9 && causes.whole == 1.0);
/// assert!(causes.legible() > Some(0.9));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Causes {
    /// Blur; `None` with too little print to tell.
    pub sharp: Option<f32>,
    /// Darkness and noise.
    pub light: f32,
    /// Too few pixels.
    pub fine: f32,
    /// Reflections over print.
    pub unglared: f32,
    /// Parts cut off.
    pub whole: f32,
}

/// Acutance at which print is read as often as not, on a sheet of full size, and the curve's slope there.
const ACUTANCE: (f32, f32) = (0.195, 120.0);
/// What more it takes where the original is smaller than the sheet: letters of few pixels bear less blur. For a document
/// of no size; in proportion up to [`FULL_SIZE`].
const ACUTANCE_SMALL: f32 = 0.02;
const FULL_SIZE: f32 = 640.0;
/// Acutance of strokes under which a part of the document is soft.
pub const SOFT_PART: f32 = 0.16;
/// Share of the print in soft parts at which the document is read as often as not, and the curve's slope there.
const SOFT: (f32, f32) = (0.35, 20.0);
/// Contrast of faint print over noise at which print is read as often as not; slope in the natural logarithm.
const CONTRAST_TO_NOISE: (f32, f32) = (22.0, 6.0);
/// Height of letters in pixels of the original at which they are; slope in the natural logarithm.
const LETTERS: (f32, f32) = (5.5, 8.0);
/// Pixels along the document at which it is, where letters cannot be measured; slope in the natural logarithm.
const ACROSS: (f32, f32) = (260.0, 6.0);
/// The same where they can: headlines are letters too.
const ACROSS_WITH_LETTERS: f32 = 200.0;
/// Share of print under reflections at which it is.
const GLARE_TEXT: (f32, f32) = (0.15, 40.0);
/// What a side cut off leaves: of captures with 13 to 30 % cut off, half could not be read in full.
const CUT: f32 = 0.7;
/// Glare score: its fall for each unit of the document blown out. 2 % give 79, 10 % give 30.
const GLARE_FALL: f32 = 12.0;

impl Causes {
    /// From what was measured.
    ///
    /// ```
    /// # use idenfy_preflight::{decode, options::Limits, pixmap::View, probe};
    /// # let limits = Limits::default();
    /// # let bytes = std::fs::read("testdata/front.jpg")?;
    /// # let header = probe::probe(&bytes, &limits)?;
    /// # let view = decode::view(&bytes, &header, View::reduction(header.width, header.height), &limits)?.picture;
    /// use idenfy_preflight::{measure, score::Causes};
    /// assert!(Causes::of(&measure::measure(&view)).fine > 0.9, "letters are high enough");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn of(m: &Measurements) -> Self {
        let acutance = ACUTANCE.0 + ACUTANCE_SMALL * (1.0 - m.across_px / FULL_SIZE).max(0.0);
        let whole = m.document.as_ref().is_none_or(|d| d.fully_visible);
        let even = |s: &Sharpness| logistic((SOFT.0 - s.soft_fraction(SOFT_PART)) * SOFT.1);
        let across = |half: f32| logistic((m.across_px / half).max(1e-3).ln() * ACROSS.1);
        Self {
            sharp: m.sharpness.acutance.map(|a| logistic((a - acutance) * ACUTANCE.1).min(even(&m.sharpness))),
            light: logistic((m.contrast_to_noise() / CONTRAST_TO_NOISE.0).max(1e-3).ln() * CONTRAST_TO_NOISE.1),
            fine: match m.letter_px() {
                Some(px) => logistic((px / LETTERS.0).ln() * LETTERS.1).min(across(ACROSS_WITH_LETTERS)),
                None => across(ACROSS.0),
            },
            unglared: logistic((GLARE_TEXT.0 - m.glare.text_fraction) * GLARE_TEXT.1),
            whole: if whole { 1.0 } else { CUT },
        }
    }

    /// All together; `None` where sharpness cannot be told.
    ///
    /// ```
    /// # use idenfy_preflight::{decode, options::Limits, pixmap::View, probe};
    /// # let limits = Limits::default();
    /// # let bytes = std::fs::read("testdata/front.jpg")?;
    /// # let header = probe::probe(&bytes, &limits)?;
    /// # let view = decode::view(&bytes, &header, View::reduction(header.width, header.height), &limits)?.picture;
    /// use idenfy_preflight::{measure, score::Causes};
    /// let mut causes = Causes::of(&measure::measure(&view));
    /// assert!(causes.legible() > Some(0.9));
    /// causes.sharp = None;
    /// assert_eq!(causes.legible(), None);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn legible(&self) -> Option<f32> {
        Some(self.sharp? * self.light * self.fine * self.unglared * self.whole)
    }
}

/// Maps measurements to scores.
///
/// ```
/// # use idenfy_preflight::{decode, options::Limits, pixmap::View, probe};
/// # let limits = Limits::default();
/// # let bytes = std::fs::read("testdata/front.jpg")?;
/// # let header = probe::probe(&bytes, &limits)?;
/// # let view = decode::view(&bytes, &header, View::reduction(header.width, header.height), &limits)?.picture;
/// use idenfy_preflight::{measure, score::score};
/// assert_eq!(score(&measure::measure(&view)).sharpness, Some(100));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn score(m: &Measurements) -> Scores {
    let causes = Causes::of(m);
    // A selfie has no print and no document: its face is scored instead.
    let selfie = m.faces.is_some();
    Scores {
        legibility: causes.legible().filter(|_| !selfie).map(percent),
        sharpness: causes.sharp.filter(|_| !selfie).map(percent),
        glare: Some(Scores::of_glare(m.glare.fraction)),
        exposure: Some(percent(causes.light)),
        document: (!selfie).then(|| percent(m.presence() * causes.whole)),
        face: m.faces.as_ref().map(face),
    }
}

/// One clear face (a detector's score of 10 and more) gives 100, one that is barely told 50, several 20, none 0.
fn face(faces: &Faces) -> u8 {
    match (faces.people(), faces.boxes.first()) {
        (1, Some(face)) => (50.0 + 50.0 * ((face.score - 3.0) / 7.0).clamp(0.0, 1.0)).round() as u8,
        (0, _) | (_, None) => 0,
        _ => 20,
    }
}

fn logistic(x: f32) -> f32 {
    1.0 / (1.0 + (-x).exp())
}
