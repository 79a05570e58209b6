//! What findings say, in another language than English: a table of two sentences a rule, by the rule's name.
//!
//! English is what the checks themselves write, with the numbers that were seen. A table has for each rule what is wrong
//! and what to do, for the person with the camera; what it leaves out stays English, as do most rules on the call, which
//! speak to programmers. A key may be finer than a rule: `too_blurry.motion`, `glare.picture` (the evidence's `kind` and
//! `covers`).

use crate::{
    finding::Finding,
    report::{ImageReport, Report},
    rules::Rule,
};
use serde_json::Value;
use std::collections::BTreeMap;

/// The sentences of a language.
///
/// ```
/// use idenfy_preflight::{Image, Preflight, Step, texts::Texts};
/// let mut report = Preflight::default().inspect(&Image::new(Step::Front, "a.jpg", &b""[..]))?;
/// Texts::german().translate_image(&mut report);
/// assert_eq!(report.findings[0].message, "Die Datei ist leer.");
/// # Ok::<(), idenfy_preflight::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Texts {
    table: BTreeMap<String, [String; 2]>,
}

/// What is wrong with a table of texts.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TextsError {
    /// It is not a JSON object of pairs of texts.
    #[error("the table of texts: {0}")]
    Form(String),
    /// A key is no rule's name.
    #[error("the table of texts: there is no rule `{0}`")]
    UnknownRule(String),
}

impl Texts {
    /// English: findings keep their own words.
    pub fn english() -> Self {
        Self::default()
    }

    /// German.
    pub fn german() -> Self {
        // Cannot fail: a test reads it.
        Self::from_json(include_str!("de.json")).unwrap_or_default()
    }

    /// A table of your own: `{"glare": ["what is wrong.", "What to do."], "too_blurry.motion": […], …}`.
    ///
    /// # Errors
    /// [`TextsError`] for another form, and for keys that are no rule's name.
    ///
    /// ```
    /// use idenfy_preflight::texts::Texts;
    /// let lithuanian = Texts::from_json(r#"{"underexposed": ["Nuotrauka per tamsi.", "Fotografuokite šviesiau."]}"#)?;
    /// assert_eq!(lithuanian.get("underexposed"), Some(["Nuotrauka per tamsi.", "Fotografuokite šviesiau."]));
    /// assert!(Texts::from_json(r#"{"glaer": ["", ""]}"#).is_err());
    /// # Ok::<(), idenfy_preflight::texts::TextsError>(())
    /// ```
    pub fn from_json(json: &str) -> Result<Self, TextsError> {
        let table: BTreeMap<String, [String; 2]> =
            serde_json::from_str(json).map_err(|e| TextsError::Form(e.to_string()))?;
        let rule = |key: &str| key.split('.').next().and_then(Rule::from_id);
        match table.keys().find(|key| rule(key).is_none()) {
            Some(key) => Err(TextsError::UnknownRule(key.clone())),
            None => Ok(Self { table }),
        }
    }

    /// What is wrong and what to do, by a rule's name or a finer key.
    pub fn get(&self, key: &str) -> Option<[&str; 2]> {
        self.table.get(key).map(|texts| texts.each_ref().map(String::as_str))
    }

    /// What is wrong and what to do, in the finding's own words where the table has none.
    pub fn of<'a>(&'a self, finding: &'a Finding) -> [&'a str; 2] {
        let rule = finding.rule.id();
        let variant = ["kind", "covers"].iter().find_map(|key| finding.evidence.get(*key).and_then(Value::as_str));
        let finer = variant.and_then(|variant| self.get(&format!("{rule}.{variant}")));
        finer.or_else(|| self.get(rule)).unwrap_or([&finding.message, &finding.help])
    }

    /// Puts all findings of a report into this language.
    pub fn translate(&self, report: &mut Report) {
        report.images.iter_mut().for_each(|image| self.translate_image(image));
        report.findings.iter_mut().for_each(|finding| self.translate_finding(finding));
    }

    /// The same for one image.
    pub fn translate_image(&self, report: &mut ImageReport) {
        report.findings.iter_mut().for_each(|finding| self.translate_finding(finding));
    }

    fn translate_finding(&self, finding: &mut Finding) {
        let [message, help] = self.of(finding).map(str::to_owned);
        (finding.message, finding.help) = (message, help);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::Family;

    #[test]
    fn german_has_a_sentence_for_everything_about_a_picture() {
        let german = Texts::german();
        for rule in Rule::ALL.iter().filter(|rule| rule.family() != Family::Request) {
            let texts = german.get(rule.id()).unwrap_or_else(|| panic!("{rule} has no German text"));
            assert!(texts.iter().all(|text| text.ends_with('.') && text.len() > 10), "{rule}: {texts:?}");
        }
    }

    #[test]
    fn the_finer_key_goes_first_and_english_stays_where_there_is_none() {
        let german = Texts::german();
        let blurry = |kind: &str| Finding::new(Rule::TooBlurry, "m", "h").with("kind", kind);
        assert_eq!(german.of(&blurry("motion"))[0], "Das Bild ist verwackelt.");
        assert_eq!(german.of(&blurry("other"))[0], "Die Schrift ist unscharf.");
        assert_eq!(german.of(&Finding::new(Rule::MissingToken, "m", "h")), ["m", "h"]);
        assert_eq!(Texts::english().of(&blurry("motion")), ["m", "h"]);
    }
}
