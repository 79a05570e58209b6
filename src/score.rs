//! Native values to scores, 0 to 100, higher is better (as ISO/IEC 29794 quality components).

use crate::{measure::Measurements, options::Thresholds};
use serde::Serialize;

/// Scores of one image, 0 to 100, higher is better; `None` where it was not measured or cannot be told.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Scores {
    /// The estimate that the text can be read, all faults together.
    pub legibility: Option<u8>,
    /// Sharpness of the print.
    pub sharpness: Option<u8>,
    /// Freedom from glare.
    pub glare: Option<u8>,
    /// Exposure.
    pub exposure: Option<u8>,
    /// How surely and how wholly the document is in view.
    pub document: Option<u8>,
    /// How surely there is one face, and how well it is seen.
    pub face: Option<u8>,
}

/// Maps measurements to scores.
pub fn score(m: &Measurements, t: &Thresholds) -> Scores {
    let sigmoid = |x: f32| (100.0 / (1.0 + (-x).exp())).round() as u8;
    let sharpness = m.sharpness.acutance.map(|a| sigmoid((a - t.acutance) * 40.0));
    let glare = Some((100.0 * (1.0 - m.glare.clipped_fraction)).round() as u8);
    let exposure = Some(sigmoid((m.exposure.mean - t.luma_dark) / 8.0));
    let legibility = [sharpness, glare, exposure].into_iter().flatten().min();
    Scores { legibility, sharpness, glare, exposure, document: None, face: None }
}
