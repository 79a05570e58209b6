//! Every rule has a case that fires it and a near miss that does not.

#[path = "../testdata/files.rs"]
mod files;
#[path = "../testdata/paint.rs"]
mod paint;
mod rules {
    pub mod container;
    pub mod face;
    pub mod quality;
    pub mod report;
    pub mod request;
}

use idenfy_preflight::{
    Image, Options, Preflight, Session, Step, Submission,
    finding::Finding,
    rules::{Level, Rule},
};
use std::collections::BTreeSet;

#[derive(Clone)]
/// A rule, what fires it, and what comes near without firing it.
pub struct Case {
    pub rule: Rule,
    pub level: Level,
    pub fires: Vec<Finding>,
    pub near_miss: Vec<Finding>,
}

/// At the rule's own level.
pub fn case(rule: Rule, fires: Vec<Finding>, near_miss: Vec<Finding>) -> Case {
    Case { rule, level: rule.default_level(), fires, near_miss }
}

pub const FRONT: &[u8] = include_bytes!("../testdata/front.jpg");
pub const BACK: &[u8] = include_bytes!("../testdata/back.jpg");
pub const FACE: &[u8] = include_bytes!("../testdata/face.jpg");
pub const BILL: &[u8] = include_bytes!("../testdata/bill.pdf");

/// A submission that nothing is wrong with.
pub fn good() -> Submission<'static> {
    Submission::new()
        .token("3FA5TFPA2ZE3LMPGGS1EGOJNJE")
        .country("LT")
        .document_type("ID_CARD")
        .image(Image::new(Step::Front, "front.jpg", FRONT))
        .image(Image::new(Step::Back, "back.jpg", BACK))
        .image(Image::new(Step::Face, "face.jpg", FACE))
}

pub fn session(json: &str) -> Session {
    Session::from_json(json.as_bytes()).expect("the case's session is understood")
}

/// Everything found on a submission.
pub fn found(submission: Submission<'_>) -> Vec<Finding> {
    found_with(submission, Options::default())
}

pub fn found_with(submission: Submission<'_>, options: Options) -> Vec<Finding> {
    let outcome = Preflight::new(options).check(&submission).expect("a check completes");
    let denied = outcome.report.all_findings().any(Finding::denies);
    assert_eq!(outcome.request.is_none(), denied, "a request exists exactly when nothing denies it");
    outcome.report.all_findings().cloned().collect()
}

/// Everything found on one file.
pub fn inspected(step: Step, name: &str, bytes: &[u8]) -> Vec<Finding> {
    inspected_with(step, name, bytes, Options::default())
}

pub fn inspected_with(step: Step, name: &str, bytes: &[u8], options: Options) -> Vec<Finding> {
    Preflight::new(options).inspect(&Image::new(step, name, bytes)).expect("an inspection completes").findings
}

#[test]
fn each_rule_fires_where_it_should_and_nowhere_else() {
    let cases =
        [rules::container::cases(), rules::face::cases(), rules::quality::cases(), rules::request::cases()].concat();
    for Case { rule, level, fires, near_miss } in &cases {
        let hit = fires.iter().find(|f| f.rule == *rule);
        let hit = hit.unwrap_or_else(|| panic!("{rule} does not fire; found {:?}", ids(fires)));
        assert_eq!(hit.level, *level, "{rule}");
        for text in [&hit.message, &hit.help] {
            assert!(text.ends_with(['.', '?']) && text.len() > 10, "{rule} says {text:?}");
        }
        assert!(!near_miss.iter().any(|f| f.rule == *rule), "{rule} fires on its near miss");
    }
    let cased: BTreeSet<Rule> = cases.iter().map(|c| c.rule).collect();
    let without: Vec<_> = Rule::ALL.iter().filter(|r| !cased.contains(r)).map(|r| r.id()).collect();
    assert!(without.is_empty(), "rules without a case: {without:?}");
}

#[test]
fn names_are_unique_and_snake_case() {
    let ids: BTreeSet<_> = Rule::ALL.iter().map(|r| r.id()).collect();
    assert_eq!(ids.len(), Rule::ALL.len());
    assert!(ids.iter().all(|id| id.bytes().all(|b| b.is_ascii_lowercase() || b == b'_')));
    for rule in Rule::ALL {
        assert_eq!(Rule::from_id(rule.id()), Some(*rule));
    }
}

#[test]
fn a_good_submission_has_no_warning() {
    let found = found(good());
    assert!(found.iter().all(|f| f.level == Level::Allow), "{found:#?}");
}

pub fn ids(findings: &[Finding]) -> Vec<&'static str> {
    findings.iter().map(|f| f.rule.id()).collect()
}
