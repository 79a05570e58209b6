//! What reports say, in another language than English: a table of two sentences a rule, by the rule's name, and of the
//! words around them, by keys of their own.
//!
//! English is what the checks themselves write, with the numbers that were seen. A table has for each rule what is wrong
//! and what to do, for the person with the camera; what it leaves out stays English, as do most rules on the call, which
//! speak to programmers. A key may be finer than a rule: `too_blurry.motion`, `glare.picture` (the evidence's `kind` and
//! `covers`). Headings, labels and sentences of the page and of the text are one string each: [`Texts::own_words`].
//!
//! ```
//! use idenfy_preflight::{Image, Preflight, Step, texts::Texts};
//!
//! let texts = Texts::from_json(r#"{"language": "lt", "empty_file": ["Failas tuščias.", "Įkelkite jį dar kartą."]}"#)?;
//! let mut report = Preflight::default().inspect(&Image::new(Step::Front, "a.jpg", &b""[..]))?;
//! texts.translate_image(&mut report);
//! assert_eq!(report.findings[0].help, "Įkelkite jį dar kartą.");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod words;

use crate::{
    check::advice::{self, Advice},
    finding::Finding,
    report::{ImageReport, Report},
    rules::Rule,
};
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;
pub(crate) use words::Word;

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
    /// BCP 47; `None` where a table does not say.
    language: Option<String>,
    findings: BTreeMap<String, [String; 2]>,
    words: BTreeMap<String, String>,
}

/// English, for whoever holds no other.
pub(crate) static ENGLISH: Texts = Texts { language: None, findings: BTreeMap::new(), words: BTreeMap::new() };

/// What stands behind a key: the two sentences of a rule, or one of the report's own words.
#[derive(Deserialize)]
#[serde(untagged)]
enum Entry {
    Finding([String; 2]),
    Word(String),
}

/// What is wrong with a table of texts.
///
/// ```
/// use idenfy_preflight::texts::{Texts, TextsError};
/// let told = Texts::from_json(r#"{"title.many": "viele Befunde"}"#).unwrap_err();
/// assert!(matches!(&told, TextsError::Braces { key, .. } if key == "title.many"));
/// println!("{told}"); // … has to hold what the English has in braces: Not ready: {n} findings to settle
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TextsError {
    /// It is not a JSON object of texts and pairs of texts.
    #[error("the table of texts: {0}")]
    Form(String),
    /// A key is no rule's name.
    #[error("the table of texts: there is no rule `{0}`")]
    UnknownRule(String),
    /// A key is none of the report's own words.
    #[error("the table of texts: there is no word `{0}`, and a rule takes two texts")]
    UnknownWord(String),
    /// Something is to be put into a word that has no place for it, or the other way round.
    #[error("the table of texts: `{key}` has to hold what the English has in braces: {english}")]
    Braces {
        /// The word's key.
        key: String,
        /// The word in English.
        english: &'static str,
    },
}

impl Texts {
    /// English: findings keep their own words.
    ///
    /// ```
    /// use idenfy_preflight::texts::Texts;
    /// assert_eq!(Texts::english().get("glare"), None);
    /// ```
    pub fn english() -> Self {
        Self::default()
    }

    /// German.
    ///
    /// ```
    /// use idenfy_preflight::texts::Texts;
    /// assert_eq!(Texts::german().get("underexposed").map(|texts| texts[0]), Some("Das Bild ist zu dunkel."));
    /// ```
    pub fn german() -> Self {
        // Cannot fail: a test reads it.
        Self::from_json(include_str!("de.json")).unwrap_or_default()
    }

    /// A table of your own: `{"language": "lt", "glare": ["what is wrong.", "What to do."], "too_blurry.motion": […], …}`,
    /// and with single texts the [words](Self::own_words) around them: `"budget.title": "Dydis"`.
    ///
    /// # Errors
    /// [`TextsError`] for another form, for keys that are neither a rule's name nor a word's, and for words that leave out
    /// what is to be put in.
    ///
    /// ```
    /// use idenfy_preflight::texts::Texts;
    /// let lithuanian = Texts::from_json(r#"{
    ///     "language": "lt",
    ///     "underexposed": ["Nuotrauka per tamsi.", "Fotografuokite šviesiau."],
    ///     "title.ready": "Galima siųsti"
    /// }"#)?;
    /// assert_eq!(lithuanian.get("underexposed"), Some(["Nuotrauka per tamsi.", "Fotografuokite šviesiau."]));
    /// assert!(Texts::from_json(r#"{"glaer": ["", ""]}"#).is_err());
    /// # Ok::<(), idenfy_preflight::texts::TextsError>(())
    /// ```
    pub fn from_json(json: &str) -> Result<Self, TextsError> {
        let table: BTreeMap<String, Entry> = serde_json::from_str(json).map_err(|e| TextsError::Form(e.to_string()))?;
        let rule = |key: &str| key.split('.').next().and_then(Rule::from_id);
        let mut texts = Self::default();
        for (key, entry) in table {
            match entry {
                Entry::Finding(_) if rule(&key).is_none() => return Err(TextsError::UnknownRule(key)),
                Entry::Finding(pair) => drop(texts.findings.insert(key, pair)),
                Entry::Word(tag) if key == "language" => texts.language = Some(tag),
                Entry::Word(text) => {
                    let word = Word::ALL.iter().find(|word| word.key() == key);
                    let Some(english) = word.map(|word| word.english()) else {
                        return Err(TextsError::UnknownWord(key));
                    };
                    if words::slots(&text) != words::slots(english) {
                        return Err(TextsError::Braces { key, english });
                    }
                    texts.words.insert(key, text);
                }
            }
        }
        Ok(texts)
    }

    /// What the report's page and its text say around the findings: keys for a table, with the English words. In braces
    /// stands what is put in.
    ///
    /// ```
    /// use idenfy_preflight::texts::Texts;
    /// assert!(Texts::own_words().any(|word| word == ("title.many", "Not ready: {n} findings to settle")));
    /// ```
    pub fn own_words() -> impl Iterator<Item = (&'static str, &'static str)> {
        Word::ALL.iter().map(|word| (word.key(), word.english()))
    }

    /// The language of the findings (BCP 47); empty where the table does not say.
    ///
    /// ```
    /// use idenfy_preflight::texts::Texts;
    /// assert_eq!([Texts::english().language(), Texts::german().language()], ["en", "de"]);
    /// ```
    pub fn language(&self) -> &str {
        let english = self.findings.is_empty() && self.words.is_empty();
        self.language.as_deref().unwrap_or(if english { "en" } else { "" })
    }

    /// The language of the words around them: English unless the table has all of them.
    #[cfg(any(feature = "html", test))]
    pub(crate) fn language_of_words(&self) -> &str {
        let whole = Word::ALL.iter().all(|word| self.words.contains_key(word.key()));
        if whole { self.language() } else { "en" }
    }

    /// The language that a finding is in once it was translated.
    #[cfg(any(feature = "html", test))]
    pub(crate) fn language_of(&self, finding: &Finding) -> &str {
        if self.sentences(finding).is_some() { self.language() } else { "en" }
    }

    /// One of the report's own words.
    pub(crate) fn word(&self, word: Word) -> &str {
        self.words.get(word.key()).map_or(word.english(), String::as_str)
    }

    /// One of them, with what stands in braces put in.
    pub(crate) fn say(&self, word: Word, values: &[(&str, &str)]) -> String {
        words::filled(self.word(word), values)
    }

    /// A number that was written with a point, as this language writes it.
    pub(crate) fn number(&self, digits: &str) -> String {
        digits.replace('.', self.word(Word::Point))
    }

    /// Bytes as people read them, base 10.
    pub(crate) fn bytes(&self, n: u64) -> String {
        match n {
            0..1_000 => self.say(Word::Bytes, &[("n", &n.to_string())]),
            1_000..1_000_000 => self.number(&format!("{:.1} kB", n as f64 / 1e3)),
            _ => self.number(&format!("{:.2} MB", n as f64 / 1e6)),
        }
    }

    /// The unit of a measure, which evidence has in English; an unknown one stays so.
    pub(crate) fn unit<'a>(&'a self, english: &'a str) -> &'a str {
        let named = english.strip_prefix("share ").unwrap_or(english);
        let word = Word::ALL.iter().find(|word| word.key().starts_with("unit.") && word.english() == named);
        word.map_or(named, |word| self.word(*word))
    }

    /// What is wrong and what to do, by a rule's name or a finer key.
    ///
    /// ```
    /// use idenfy_preflight::texts::Texts;
    /// let german = Texts::german();
    /// assert_ne!(german.get("too_blurry.motion"), german.get("too_blurry"));
    /// assert_eq!(german.get("missing_token"), None, "for programmers");
    /// ```
    pub fn get(&self, key: &str) -> Option<[&str; 2]> {
        self.findings.get(key).map(|texts| texts.each_ref().map(String::as_str))
    }

    /// What is wrong and what to do, in the finding's own words where the table has none.
    ///
    /// ```
    /// use idenfy_preflight::{finding::Finding, rules::Rule, texts::Texts};
    /// let finding = Finding::new(Rule::TooBlurry, "The print is smeared.", "…").with("kind", "motion");
    /// assert_eq!(Texts::german().of(&finding)[0], "Das Bild ist verwackelt.");
    /// assert_eq!(Texts::english().of(&finding)[0], "The print is smeared.");
    /// ```
    pub fn of<'a>(&'a self, finding: &'a Finding) -> [&'a str; 2] {
        self.sentences(finding).unwrap_or([&finding.message, &finding.help])
    }

    fn sentences(&self, finding: &Finding) -> Option<[&str; 2]> {
        let rule = finding.rule.id();
        let variant = ["kind", "covers"].iter().find_map(|key| finding.evidence.get(*key).and_then(Value::as_str));
        let finer = variant.and_then(|variant| self.get(&format!("{rule}.{variant}")));
        finer.or_else(|| self.get(rule))
    }

    /// Puts all findings of a report into this language, and the reasons for `skipAnalysis`.
    ///
    /// ```
    /// use idenfy_preflight::{Preflight, Submission, texts::Texts};
    /// let mut report = Preflight::default().check(Submission::new())?.report;
    /// Texts::german().translate(&mut report);
    /// assert!(report.findings.iter().any(|finding| finding.message == "Ein Bild fehlt."));
    /// # Ok::<(), idenfy_preflight::Error>(())
    /// ```
    pub fn translate(&self, report: &mut Report) {
        let asking = report.images.iter().filter(|image| image.advice == Advice::SendWithSkipAnalysis);
        report.skip_analysis.because = asking.flat_map(|image| advice::reasons(&image.findings, self)).collect();
        report.images.iter_mut().for_each(|image| self.translate_image(image));
        report.findings.iter_mut().for_each(|finding| self.translate_finding(finding));
    }

    /// The same for one image.
    ///
    /// ```
    /// use idenfy_preflight::{Image, Preflight, Step, texts::Texts};
    /// let mut report = Preflight::default().inspect(&Image::new(Step::Front, "a.jpg", &b""[..]))?;
    /// Texts::german().translate_image(&mut report);
    /// assert_eq!(report.findings[0].message, "Die Datei ist leer.");
    /// # Ok::<(), idenfy_preflight::Error>(())
    /// ```
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

    #[test]
    fn german_has_every_word_of_the_report() {
        let german = Texts::german();
        for word in Word::ALL {
            let text = german.words.get(word.key()).unwrap_or_else(|| panic!("{} has no German text", word.key()));
            assert!(!text.is_empty() && words::slots(text) == words::slots(word.english()), "{}", word.key());
        }
        assert_eq!(german.language_of_words(), "de");
        assert_eq!(german.words.len(), Word::ALL.len());
    }

    #[test]
    fn a_table_that_cannot_be_used_is_told_by_its_key() {
        let wrong = |json: &str| Texts::from_json(json).unwrap_err().to_string();
        assert!(wrong(r#"{"glaer": ["", ""]}"#).contains("no rule `glaer`"));
        assert!(wrong(r#"{"glare": "Spiegelung"}"#).contains("no word `glare`, and a rule takes two texts"));
        assert!(wrong(r#"{"title.many": "viele Befunde"}"#).contains("{n} findings"));
        assert!(wrong("[]").contains("the table of texts"));
    }

    #[test]
    fn a_table_of_findings_alone_leaves_the_page_english() {
        let texts = Texts::from_json(r#"{"language": "lt", "glare": ["a.", "b."]}"#).unwrap();
        assert_eq!((texts.language(), texts.language_of_words()), ("lt", "en"));
        let languages = [Rule::Glare, Rule::MissingToken].map(|rule| Finding::new(rule, "m", "h"));
        assert_eq!(languages.each_ref().map(|finding| texts.language_of(finding)), ["lt", "en"]);
        assert_eq!(Texts::from_json(r#"{"glare": ["a.", "b."]}"#).unwrap().language(), "");
    }

    #[test]
    fn what_is_put_in_is_not_looked_at_again() {
        assert_eq!(words::filled("{a} of {b}, {c} {", &[("a", "{b}"), ("b", "2")]), "{b} of 2, {c} {");
    }
}
