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
    let logistic = |x: f32| 1.0 / (1.0 + (-x).exp());
    let percent = |p: f32| (100.0 * p).round() as u8;
    let sharp = m.sharpness.acutance.map(|a| logistic((a - t.acutance) * 150.0));
    let light = logistic((m.exposure.contrast_to_noise() / t.contrast_to_noise).ln() * 6.0);
    let fine = logistic((m.across_px / t.across_px).ln() * 6.0);
    let unglared = logistic((t.glare_text - m.glare.text_fraction) * 30.0);
    let glare = (-12.0 * m.glare.fraction).exp();
    let legibility = sharp.unwrap_or(0.5) * light * fine * unglared;
    Scores {
        legibility: Some(percent(legibility)),
        sharpness: sharp.map(percent),
        glare: Some(percent(glare)),
        exposure: Some(percent(light)),
        document: None,
        face: None,
    }
}
