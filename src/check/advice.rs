//! What to do with an image, and whether `skipAnalysis` is warranted.
//!
//! `skipAnalysis` makes the service take a picture without its own check for blur, glare and a document. It is
//! recommended only where a picture surely can be read *and* a named reason foresees that this check objects all the
//! same. What really is blurred, glared over print or cut off is to be taken again: skipping the check would only turn
//! an instant answer into a later denial.

use crate::{
    finding::Finding,
    options::Thresholds,
    rules::{Family, Rule},
    score::Scores,
    texts::{ENGLISH, Texts, Word},
};
use serde::{Deserialize, Serialize};

/// What to do with an image, from best to worst.
///
/// ```
/// use idenfy_preflight::{Image, Preflight, Step, check::advice::Advice};
/// let photo = Image::new(Step::Front, "holiday.docx", &b"PK\x03\x04"[..]);
/// let report = Preflight::default().inspect(&photo)?;
/// assert_eq!(report.advice, Advice::Replace);
/// assert!(Advice::Send < Advice::Retake && Advice::Retake < Advice::Replace);
/// # Ok::<(), idenfy_preflight::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
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
///
/// ```
/// use idenfy_preflight::{Preflight, Submission};
/// let report = Preflight::default().check(Submission::new())?.report;
/// assert!(!report.skip_analysis.recommended && report.skip_analysis.because.is_empty());
/// # Ok::<(), idenfy_preflight::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SkipRecommendation {
    /// Whether it is recommended.
    pub recommended: bool,
    /// The reasons, one a line.
    pub because: Vec<String>,
}

/// Advice on one image, from what was found on it and its scores.
///
/// ```
/// use idenfy_preflight::{check::advice::{self, Advice}, finding::Finding, options::Thresholds, rules::Rule, score::Scores};
/// let found = [Finding::new(Rule::TooBlurry, "Letters run into each other.", "Tap on the document to focus.")];
/// assert_eq!(advice::image(&found, &Scores::default(), &Thresholds::default()), Advice::Retake);
/// ```
pub fn image(findings: &[Finding], scores: &Scores, t: &Thresholds) -> Advice {
    let denied = |family| findings.iter().any(|f| f.denies() && f.family() == family);
    let surely_legible = scores.legibility.is_some_and(|l| f32::from(l) >= 100.0 * t.surely_legible);
    // Another fault that the check would be right to object to.
    let spoiled = || findings.iter().any(|f| f.predicts.is_some() && reason(f).is_none());
    match () {
        () if denied(Family::Container) => Advice::Replace,
        () if denied(Family::Quality) => Advice::Retake,
        () if surely_legible && !spoiled() && findings.iter().any(|f| reason(f).is_some()) => {
            Advice::SendWithSkipAnalysis
        }
        () => Advice::Send,
    }
}

/// Whether to set `skipAnalysis` for a submission, from the advice on its images and what was found on them: when one of
/// them calls for it, and none is to be taken again or replaced. The reasons are listed in any case.
///
/// ```
/// use idenfy_preflight::{Step, check::advice::{self, Advice}, finding::Finding, rules::Rule};
/// let found = [Finding::new(Rule::Glare, "…", "…").on(&Step::Front).with("covers", "nothing")];
/// let skip = advice::submission([(Advice::SendWithSkipAnalysis, &found[..]), (Advice::Send, &[])]);
/// assert!(skip.recommended);
/// assert_eq!(skip.because, ["glare on FRONT covers no text"]);
/// ```
pub fn submission<'a>(images: impl IntoIterator<Item = (Advice, &'a [Finding])>) -> SkipRecommendation {
    let mut worst = Advice::Send;
    let mut because = Vec::new();
    for (advice, findings) in images {
        worst = worst.max(advice);
        if advice == Advice::SendWithSkipAnalysis {
            because.extend(reasons(findings, &ENGLISH));
        }
    }
    SkipRecommendation { recommended: worst == Advice::SendWithSkipAnalysis, because }
}

/// Why the service's check is likely to object to a picture that can be read, in this language.
pub(crate) fn reasons(findings: &[Finding], texts: &Texts) -> impl Iterator<Item = String> {
    findings.iter().filter_map(|f| Some(texts.say(reason(f)?, &[("step", f.step.as_ref()?.name())])))
}

/// Why a finding lets the service's check object to a picture that can be read; `None` when it would object rightly, or
/// not at all.
fn reason(finding: &Finding) -> Option<Word> {
    finding.step.as_ref().filter(|s| s.is_document())?;
    match finding.rule {
        Rule::Glare if finding.evidence.get("covers").is_some_and(|c| c == "nothing") => Some(Word::BecauseGlare),
        Rule::Borderless => Some(Word::BecauseBorderless),
        // Without any document, and of a selfie, there is nothing that the check would wrongly miss.
        Rule::DocumentNotFound if finding.evidence.contains_key("selfie") => None,
        Rule::DocumentNotFound if finding.evidence.get("value").and_then(|v| v.as_f64()) > Some(0.0) => {
            Some(Word::BecauseEdges)
        }
        Rule::TooSmall => Some(Word::BecauseSmall),
        _ => None,
    }
}
