//! A rule that fired: on which step, how much it weighs, what was seen, what was needed, and what to do.

use crate::{
    rules::{Family, Level, Rule},
    submission::Step,
};
use serde::{Deserialize, Serialize, Serializer, ser::SerializeStruct};
use serde_json::{Map, Value};
use std::borrow::Cow;

/// A rule that fired.
/// As JSON it also has its `family`, which follows from the rule and is not read back.
///
/// ```
/// use idenfy_preflight::{Step, finding::Finding, rules::{Family, Level, Rule}};
/// let finding = Finding::new(Rule::Glare, "A reflection lies on the portrait.", "Switch the flash off.")
///     .on(&Step::Front)
///     .at(Level::Warn)
///     .predicting("DOC_GLARED")
///     .with("value", 0.123_456);
/// assert!(!finding.denies());
/// assert_eq!(finding.family(), Family::Quality);
/// assert_eq!(finding.evidence["value"], 0.1235);
/// ```
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct Finding {
    /// Which rule.
    pub rule: Rule,
    /// How much it weighs, after the caller's settings.
    pub level: Level,
    /// The step it concerns; `None` when it concerns the whole submission.
    pub step: Option<Step>,
    /// What was seen and what was needed: one plain sentence.
    pub message: String,
    /// What to do about it: one plain sentence.
    pub help: String,
    /// The service's own status that this foresees (`DOC_TOO_BLURRY` …).
    pub predicts: Option<Cow<'static, str>>,
    /// The numbers behind it. Names carry their units; usual ones are `value`, `threshold`, `unit`, `boxes`.
    pub evidence: Map<String, Value>,
}

impl Finding {
    /// A finding at the rule's own level, about the whole submission.
    ///
    /// ```
    /// use idenfy_preflight::{finding::Finding, rules::{Level, Rule}};
    /// let finding = Finding::new(Rule::EmptyFile, "The file is empty.", "Ask for it once more.");
    /// assert_eq!((finding.level, finding.step), (Level::Deny, None));
    /// ```
    pub fn new(rule: Rule, message: impl Into<String>, help: impl Into<String>) -> Self {
        Self {
            rule,
            level: rule.default_level(),
            step: None,
            message: message.into(),
            help: help.into(),
            predicts: None,
            evidence: Map::new(),
        }
    }

    /// About this step.
    ///
    /// ```
    /// use idenfy_preflight::{Step, finding::Finding, rules::Rule};
    /// let finding = Finding::new(Rule::NoFace, "No face can be found.", "Take a selfie.").on(&Step::Face);
    /// assert_eq!(finding.step, Some(Step::Face));
    /// ```
    pub fn on(mut self, step: &Step) -> Self {
        self.step = Some(step.clone());
        self
    }

    /// At another level than the rule's own.
    ///
    /// ```
    /// use idenfy_preflight::{finding::Finding, rules::{Level, Rule}};
    /// assert!(!Finding::new(Rule::EmptyFile, "…", "…").at(Level::Warn).denies());
    /// ```
    pub fn at(mut self, level: Level) -> Self {
        self.level = level;
        self
    }

    /// With the service's status that it foresees.
    ///
    /// ```
    /// use idenfy_preflight::{finding::Finding, rules::Rule};
    /// let finding = Finding::new(Rule::Glare, "…", "…").predicting("DOC_GLARED");
    /// assert_eq!(finding.predicts.as_deref(), Some("DOC_GLARED"));
    /// ```
    pub fn predicting(mut self, status: impl Into<Cow<'static, str>>) -> Self {
        self.predicts = Some(status.into());
        self
    }

    /// With one more piece of evidence. Numbers are rounded to four decimals, so that reports compare.
    ///
    /// ```
    /// use idenfy_preflight::{finding::Finding, rules::Rule};
    /// let finding = Finding::new(Rule::Tilted, "…", "…").with("value", 41.87654).with("unit", "degrees");
    /// assert_eq!((&finding.evidence["value"], &finding.evidence["unit"]), (&41.8765.into(), &"degrees".into()));
    /// ```
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.evidence.insert(name.to_owned(), rounded(value.into()));
        self
    }

    /// What it is about.
    ///
    /// ```
    /// use idenfy_preflight::{finding::Finding, rules::{Family, Rule}};
    /// assert_eq!(Finding::new(Rule::MissingToken, "…", "…").family(), Family::Request);
    /// ```
    pub fn family(&self) -> Family {
        self.rule.family()
    }

    /// Whether it stops the submission.
    ///
    /// ```
    /// use idenfy_preflight::{finding::Finding, rules::{Level, Rule}};
    /// let finding = Finding::new(Rule::EmptyFile, "…", "…");
    /// assert!(finding.denies() && !finding.at(Level::Warn).denies());
    /// ```
    pub fn denies(&self) -> bool {
        self.level == Level::Deny
    }
}

/// Rounds every fraction in a value to four decimals.
fn rounded(value: Value) -> Value {
    match value {
        Value::Number(n) if n.is_f64() => n.as_f64().map_or(Value::Null, |v| Value::from((v * 1e4).round() / 1e4)),
        Value::Array(items) => items.into_iter().map(rounded).collect(),
        other => other,
    }
}

impl Serialize for Finding {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut s = serializer.serialize_struct("Finding", 8)?;
        s.serialize_field("rule", &self.rule)?;
        s.serialize_field("family", &self.family())?;
        s.serialize_field("level", &self.level)?;
        s.serialize_field("step", &self.step)?;
        s.serialize_field("message", &self.message)?;
        s.serialize_field("help", &self.help)?;
        s.serialize_field("predicts", &self.predicts)?;
        s.serialize_field("evidence", &self.evidence)?;
        s.end()
    }
}
