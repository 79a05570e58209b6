//! What was predicted against what came: the way to calibrate thresholds on one's own traffic.

use super::webhook::Payload;
use crate::{finding::Finding, report::text::printable};
use serde::Serialize;
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

/// What a check foresaw for a session.
///
/// ```
/// use idenfy_preflight::{finding::Finding, rules::Rule, submit::compare::Prediction};
/// let glare = Finding::new(Rule::Glare, "…", "…").predicting("DOC_GLARED");
/// assert!(Prediction::new("0a1b", [&glare]).codes.contains("DOC_GLARED"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Prediction {
    /// By which it is known.
    pub scan_ref: String,
    /// The service's codes that its findings foresee.
    pub codes: BTreeSet<String>,
}

impl Prediction {
    /// From what was found.
    ///
    /// ```
    /// use idenfy_preflight::{Preflight, Submission, submit::compare::Prediction};
    /// let report = Preflight::default().check(Submission::new())?.report;
    /// let prediction = Prediction::new("0a1b", report.all_findings());
    /// assert_eq!(prediction.scan_ref, "0a1b");
    /// # Ok::<(), idenfy_preflight::Error>(())
    /// ```
    pub fn new<'a>(scan_ref: impl Into<String>, findings: impl IntoIterator<Item = &'a Finding>) -> Self {
        let codes = findings.into_iter().filter_map(|f| f.predicts.as_deref()).map(str::to_owned).collect();
        Self { scan_ref: scan_ref.into(), codes }
    }
}

/// One session, both sides.
///
/// ```
/// use idenfy_preflight::{finding::Finding, rules::Rule, submit::{compare::{Prediction, compare}, webhook::Payload}};
/// let glare = Finding::new(Rule::Glare, "…", "…").predicting("DOC_GLARED");
/// let predicted = [Prediction::new("0a1b", [&glare])];
/// let received: Payload = serde_json::from_str(
///     r#"{"scanRef": "0a1b", "status": {"overall": "DENIED", "autoDocument": "DOC_TOO_BLURRY"}}"#,
/// )?;
/// let compared = compare(&predicted, [&received]);
/// let row = &compared.rows[0];
/// assert!(row.unfounded.contains("DOC_GLARED") && row.missed.contains("DOC_TOO_BLURRY") && row.right.is_empty());
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Row {
    /// By which they were joined.
    pub scan_ref: String,
    /// The verdict that came.
    pub overall: Option<String>,
    /// Foreseen, and came.
    pub right: BTreeSet<String>,
    /// Foreseen, and did not come.
    pub unfounded: BTreeSet<String>,
    /// Came without being foreseen. Only codes that a check can foresee.
    pub missed: BTreeSet<String>,
}

/// How one code did over all sessions.
///
/// ```
/// use idenfy_preflight::{finding::Finding, rules::Rule, submit::{compare::{Prediction, compare}, webhook::Payload}};
/// let glare = Finding::new(Rule::Glare, "…", "…").predicting("DOC_GLARED");
/// let predicted = [Prediction::new("0a1b", [&glare])];
/// let received: Payload = serde_json::from_str(
///     r#"{"scanRef": "0a1b", "status": {"overall": "DENIED", "autoDocument": "DOC_TOO_BLURRY"}}"#,
/// )?;
/// let compared = compare(&predicted, [&received]);
/// let glare = compared.codes["DOC_GLARED"];
/// assert_eq!((glare.right, glare.unfounded, glare.missed), (0, 1, 0));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Count {
    /// Foreseen, and came.
    pub right: usize,
    /// Foreseen, and did not come.
    pub unfounded: usize,
    /// Came without being foreseen.
    pub missed: usize,
}

/// Predicted against received.
///
/// ```
/// use idenfy_preflight::{finding::Finding, rules::Rule, submit::{compare::{Prediction, compare}, webhook::Payload}};
/// let glare = Finding::new(Rule::Glare, "…", "…").predicting("DOC_GLARED");
/// let predicted = [Prediction::new("0a1b", [&glare])];
/// let received: Payload = serde_json::from_str(
///     r#"{"scanRef": "0a1b", "status": {"overall": "DENIED", "autoDocument": "DOC_TOO_BLURRY"}}"#,
/// )?;
/// let compared = compare(&predicted, [&received]);
/// println!("{compared}"); // a table, code by code
/// assert_eq!((compared.rows.len(), compared.unanswered, compared.unpredicted), (1, 0, 0));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Comparison {
    /// Sessions of which both sides are known, by `scanRef`.
    pub rows: Vec<Row>,
    /// Per code.
    pub codes: BTreeMap<String, Count>,
    /// Predictions without a result.
    pub unanswered: usize,
    /// Results without a prediction.
    pub unpredicted: usize,
}

/// The codes that speak of the image, and that a check may foresee (iDenfy's OpenAPI description, 2026). Whether the
/// document is genuine, expired or somebody else's is nothing that it looks at.
const FORESEEABLE: [&str; 17] = [
    "DOC_NOT_FOUND",
    "DOC_NOT_FULLY_VISIBLE",
    "DOC_TOO_BLURRY",
    "DOC_GLARED",
    "DOC_FACE_GLARED",
    "DOC_FACE_NOT_FOUND",
    "DOC_DAMAGED",
    "MRZ_NOT_FOUND",
    "MRZ_OCR_READING_ERROR",
    "BARCODE_NOT_FOUND",
    "DOC_NOT_SUPPORTED",
    "DOC_NOT_ALLOWED",
    "COUNTRY_NOT_SUPPORTED",
    "NO_FACE_FOUND",
    "TOO_MANY_FACES",
    "FACE_TOO_BLURRY",
    "FACE_GLARED",
];

/// Joins both sides on `scanRef`. Of several results for one session the last counts, of several predictions too.
///
/// ```
/// use idenfy_preflight::{finding::Finding, rules::Rule, submit::{compare::{Prediction, compare}, webhook::Payload}};
/// let glare = Finding::new(Rule::Glare, "…", "…").predicting("DOC_GLARED");
/// let predicted = [Prediction::new("0a1b", [&glare])];
/// let received: Payload = serde_json::from_str(
///     r#"{"scanRef": "0a1b", "status": {"overall": "DENIED", "autoDocument": "DOC_TOO_BLURRY"}}"#,
/// )?;
/// let compared = compare(&predicted, [&received]);
/// assert_eq!(compared.rows[0].overall.as_deref(), Some("DENIED"));
/// # Ok::<(), serde_json::Error>(())
/// ```
pub fn compare<'a>(
    predicted: impl IntoIterator<Item = &'a Prediction>,
    received: impl IntoIterator<Item = &'a Payload>,
) -> Comparison {
    let predicted: BTreeMap<&str, _> = predicted.into_iter().map(|p| (p.scan_ref.as_str(), &p.codes)).collect();
    let received: BTreeMap<&str, _> =
        received.into_iter().filter_map(|p| Some((p.scan_ref.as_deref()?, &p.status))).collect();
    let mut out = Comparison {
        unanswered: predicted.keys().filter(|k| !received.contains_key(*k)).count(),
        unpredicted: received.keys().filter(|k| !predicted.contains_key(*k)).count(),
        ..Comparison::default()
    };
    for (scan_ref, foreseen) in predicted {
        let Some(status) = received.get(scan_ref) else { continue };
        let came: BTreeSet<String> = status.codes().map(str::to_owned).collect();
        let missed = came.difference(foreseen).filter(|c| FORESEEABLE.contains(&c.as_str()));
        let row = Row {
            scan_ref: scan_ref.to_owned(),
            overall: status.overall.clone(),
            right: foreseen.intersection(&came).cloned().collect(),
            unfounded: foreseen.difference(&came).cloned().collect(),
            missed: missed.cloned().collect(),
        };
        let mut count = |codes: &BTreeSet<String>, of: fn(&mut Count) -> &mut usize| {
            codes.iter().for_each(|c| *of(out.codes.entry(c.clone()).or_default()) += 1);
        };
        count(&row.right, |c| &mut c.right);
        count(&row.unfounded, |c| &mut c.unfounded);
        count(&row.missed, |c| &mut c.missed);
        out.rows.push(row);
    }
    out
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:24} {:>6} {:>9} {:>6}", "code", "right", "unfounded", "missed")?;
        for (code, count) in &self.codes {
            let code = printable(code);
            writeln!(f, "{code:24} {:>6} {:>9} {:>6}", count.right, count.unfounded, count.missed)?;
        }
        writeln!(
            f,
            "{} compared, {} without a result, {} without a prediction",
            self.rows.len(),
            self.unanswered,
            self.unpredicted
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_sides_are_joined_and_counted() {
        let prediction = |scan_ref: &str, codes: &[&str]| Prediction {
            scan_ref: scan_ref.into(),
            codes: codes.iter().map(|c| (*c).to_owned()).collect(),
        };
        let result = |json: &str| serde_json::from_str::<Payload>(json).unwrap();
        let predicted =
            [prediction("a", &["DOC_GLARED", "DOC_TOO_BLURRY"]), prediction("b", &[]), prediction("x", &[])];
        let received = [
            result(r#"{"scanRef":"a","final":false,"status":{"autoDocument":"DOC_NOT_FOUND"}}"#),
            result(
                r#"{"scanRef":"a","status":{"overall":"DENIED","autoDocument":"DOC_GLARED","autoFace":"FACE_MATCH"}}"#,
            ),
            result(r#"{"scanRef":"b","status":{"autoFace":"NO_FACE_FOUND","fraudTags":["DOC_PRINT_SPOOFED"]}}"#),
            result(r#"{"scanRef":"y"}"#),
            result("{}"),
        ];
        let found = compare(&predicted, &received);
        let count = |code: &str| found.codes.get(code).map(|c| (c.right, c.unfounded, c.missed));
        assert_eq!(count("DOC_GLARED"), Some((1, 0, 0)));
        assert_eq!(count("DOC_TOO_BLURRY"), Some((0, 1, 0)));
        assert_eq!(count("NO_FACE_FOUND"), Some((0, 0, 1)));
        assert_eq!((found.codes.len(), found.unanswered, found.unpredicted), (3, 1, 1));
        assert_eq!(found.rows[0].overall.as_deref(), Some("DENIED"));
        let steering = compare(&[prediction("a", &["X\u{1b}[2J\u{2028}\u{202e}\n"])], &received).to_string();
        assert!(steering.contains("X\u{fffd}[2J\u{fffd}\u{fffd}\u{fffd}"), "{steering}");
    }
}
