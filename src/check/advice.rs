//! What to do with an image, and whether `skipAnalysis` is warranted.

use crate::{finding::Finding, rules::Family};
use serde::Serialize;

/// What to do with an image, from best to worst.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Advice {
    /// Send it.
    #[default]
    Send,
    /// It can be read, but the service's photo check is likely to object.
    SendWithSkipAnalysis,
    /// It cannot be read.
    Retake,
    /// The file cannot be used.
    Replace,
}

/// Whether to set `skipAnalysis`, and why.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct SkipRecommendation {
    /// Whether it is recommended.
    pub recommended: bool,
    /// The reasons, one a line.
    pub because: Vec<String>,
}

/// Advice on one image, from what was found on it.
pub fn image(findings: &[Finding]) -> Advice {
    let denied = |family| findings.iter().any(|f| f.denies() && f.family() == family);
    match () {
        () if denied(Family::Container) => Advice::Replace,
        () if denied(Family::Quality) => Advice::Retake,
        () => Advice::Send,
    }
}

/// Whether to set `skipAnalysis` for a submission, from what was found on its images.
pub fn submission<'a>(_images: impl IntoIterator<Item = (Advice, &'a [Finding])>) -> SkipRecommendation {
    SkipRecommendation::default()
}
