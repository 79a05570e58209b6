//! Whether the picture can be read.

use crate::{
    finding::Finding, measure::Measurements, options::Thresholds, rules::Rule, score::Scores, submission::Step,
};

/// Judges the measurements of one image.
pub fn check(step: &Step, m: &Measurements, _scores: &Scores, t: &Thresholds) -> Vec<Finding> {
    let mut found = Vec::new();
    match m.sharpness.acutance {
        Some(a) if a < t.acutance => found.push(
            Finding::new(Rule::TooBlurry, "The text is too soft to read.", "Hold still and take the photo again.")
                .on(step)
                .predicting("DOC_TOO_BLURRY")
                .with("value", a)
                .with("threshold", t.acutance),
        ),
        _ => {}
    }
    found
}
