//! Settings: [`Limits`] protect us, [`Service`] is what the API takes, [`Thresholds`] are our cut-offs, [`Levels`] say
//! what each rule weighs. All can stand in a file, by the cargo feature `config`.
//!
//! ```
//! use idenfy_preflight::{Options, Preflight, rules::{Level, Rule}};
//!
//! let mut options = Options::default();
//! options.limits.max_file_bytes = 20 << 20; // protects us
//! options.service.max_image_base64 = Some(6_000_000); // what the API takes
//! options.thresholds.glare = 0.02; // what is good enough
//! options.levels.set(Rule::Colourless, Level::Deny); // and what weighs how much
//! let preflight = Preflight::new(options);
//! assert!(preflight.options().limits.max_file_bytes < 64 << 20);
//! ```

#[cfg(feature = "config")]
pub mod file;
mod limits;
mod service;
mod thresholds;

pub use limits::Limits;
pub use service::{BackSide, BackTable, Service, TokenField};
pub use thresholds::{Sensitivity, Thresholds};

use crate::{
    finding::Finding,
    rules::{Level, Rule},
};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::{collections::BTreeMap, fmt};
use zeroize::Zeroize;

/// A struct of settings that can stand in a file: its keys are its fields up to a semicolon, and what is said of a key
/// there is said here.
macro_rules! settings {
    ($(#[$outer:meta])* pub struct $name:ident {
        $($(#[doc = $doc:literal])+ $(#[serde($($serde:tt)*)])* $vis:vis $field:ident: $ty:ty,)*
        $(; $(#[doc = $hidden_doc:literal])+ $hidden_vis:vis $hidden:ident: $hidden_ty:ty,)?
    }) => {
        $(#[$outer])*
        #[derive(serde::Serialize, serde::Deserialize)]
        #[serde(default, deny_unknown_fields)]
        pub struct $name {
            $($(#[doc = $doc])+ $(#[serde($($serde)*)])* $vis $field: $ty,)*
            $($(#[doc = $hidden_doc])+ #[serde(skip)] $hidden_vis $hidden: $hidden_ty,)?
        }

        impl $name {
            /// Every key with the lines that describe it.
            #[cfg_attr(not(feature = "config"), allow(dead_code))]
            pub(crate) const KEYS: &'static [(&'static str, &'static [&'static str])] =
                &[$((stringify!($field), &[$($doc),+])),*];
        }
    };
}
use settings;

/// A span of time as a number of seconds.
mod seconds {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};
    use std::time::Duration;

    pub fn serialize<S: Serializer>(time: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(time.as_secs_f64())
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
        Duration::try_from_secs_f64(f64::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

/// All settings.
///
/// As JSON or TOML they are what [`Options::fingerprint`] is the hash of; the PDF password is never part of it.
///
/// ```
/// use idenfy_preflight::{Options, Preflight, rules::{Level, Rule}};
/// let mut options = Options::default();
/// options.convert = true; // HEIC and others become JPEG
/// options.limits.max_pixels = 50_000_000;
/// options.thresholds.tilt_deg = 30.0;
/// options.service.max_image_base64 = Some(6_000_000);
/// options.levels.set(Rule::Colourless, Level::Allow);
/// let preflight = Preflight::new(options);
/// assert!(preflight.options().convert);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Options {
    /// What protects us from the input.
    pub limits: Limits,
    /// What the API takes.
    pub service: Service,
    /// Quality cut-offs.
    pub thresholds: Thresholds,
    /// What each rule weighs.
    pub levels: Levels,
    /// Whether pictures in formats that the service does not take are turned into JPEG. Default: no.
    pub convert: bool,
    /// The password that encrypted PDFs are unlocked with, so that a decrypted copy is sent; an empty one for those that
    /// open without asking. Default: none, they are refused.
    #[serde(skip)]
    pub pdf_password: Option<PdfPassword>,
}

impl Options {
    /// `sha256:` and 64 hexadecimal digits, of this library's version and all settings but the PDF password. Two services
    /// whose reports carry the same one judge alike.
    ///
    /// ```
    /// use idenfy_preflight::{Options, rules::{Level, Rule}};
    /// let (ours, mut theirs) = (Options::default(), Options::default());
    /// assert_eq!(ours.fingerprint(), theirs.fingerprint());
    /// theirs.levels.set(Rule::Glare, Level::Warn);
    /// assert_ne!(ours.fingerprint(), theirs.fingerprint());
    /// ```
    pub fn fingerprint(&self) -> String {
        // Cannot fail: keys are texts, and what is not a number would have to come from code.
        let settings = serde_json::to_vec(&(env!("CARGO_PKG_VERSION"), self)).unwrap_or_default();
        let hex = Sha256::digest(settings).iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        format!("sha256:{hex}")
    }
}

/// A PDF's password; its `Debug` is redacted and its bytes are wiped on drop.
///
/// ```
/// use idenfy_preflight::{Options, options::PdfPassword};
/// let mut options = Options::default();
/// options.pdf_password = Some(PdfPassword::new("a secret"));
/// assert!(!format!("{options:?}").contains("a secret"));
/// assert_eq!(options.pdf_password.as_ref().map(PdfPassword::expose), Some("a secret"));
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct PdfPassword(String);

impl PdfPassword {
    /// Takes the password as it is.
    pub fn new(password: impl Into<String>) -> Self {
        Self(password.into())
    }

    /// The secret itself.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PdfPassword {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PdfPassword(…)")
    }
}

impl Drop for PdfPassword {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

/// What each rule weighs, where that differs from its default.
///
/// ```
/// use idenfy_preflight::{finding::Finding, options::Levels, rules::{Level, Rule}};
/// let mut levels = Levels::default();
/// levels.set_all(Level::Warn);
/// levels.set(Rule::Glare, Level::Deny);
/// let mut finding = Finding::new(Rule::TooBlurry, "…", "…");
/// levels.apply(&mut finding);
/// assert_eq!(finding.level, Level::Warn);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "BTreeMap<String, Level>", into = "BTreeMap<String, Level>")]
pub struct Levels {
    all: Option<Level>,
    single: BTreeMap<Rule, Level>,
}

impl TryFrom<BTreeMap<String, Level>> for Levels {
    type Error = String;

    fn try_from(given: BTreeMap<String, Level>) -> Result<Self, String> {
        let mut levels = Self::default();
        for (name, level) in given {
            match (Rule::from_id(&name), name.as_str()) {
                (Some(rule), _) => levels.set(rule, level),
                (None, "all") => levels.set_all(level),
                (None, _) => return Err(format!("there is no rule `{name}`")),
            }
        }
        Ok(levels)
    }
}

impl From<Levels> for BTreeMap<String, Level> {
    fn from(levels: Levels) -> Self {
        let single = levels.single.into_iter().map(|(rule, level)| (rule.id().to_owned(), level));
        levels.all.map(|level| ("all".to_owned(), level)).into_iter().chain(single).collect()
    }
}

impl Levels {
    /// Sets one rule's level. A later call wins.
    ///
    /// ```
    /// use idenfy_preflight::{Options, rules::{Level, Rule}};
    /// let mut options = Options::default();
    /// options.levels.set(Rule::Colourless, Level::Deny); // photocopies are refused
    /// assert_ne!(options, Options::default());
    /// ```
    pub fn set(&mut self, rule: Rule, level: Level) {
        self.single.insert(rule, level);
    }

    /// Sets every rule's level, those set one by one excepted.
    ///
    /// ```
    /// use idenfy_preflight::{Image, Options, Preflight, Step, report::Verdict, rules::Level};
    /// let mut options = Options::default();
    /// options.levels.set_all(Level::Warn); // to see what would be refused, before anything is
    /// let report = Preflight::new(options).inspect(&Image::new(Step::Front, "a.jpg", &b""[..]))?;
    /// assert_eq!((report.verdict, report.findings.len()), (Verdict::Ready, 1));
    /// # Ok::<(), idenfy_preflight::Error>(())
    /// ```
    pub fn set_all(&mut self, level: Level) {
        self.all = Some(level);
    }

    /// Why a rule denies whatever level is wanted for it; `None` for all rules but three.
    ///
    /// ```
    /// use idenfy_preflight::{options::Levels, rules::Rule};
    /// assert_eq!(Levels::fixed(Rule::OverBudget), Some("a body over the limit is not sent"));
    /// assert_eq!(Levels::fixed(Rule::Glare), None);
    /// ```
    pub fn fixed(rule: Rule) -> Option<&'static str> {
        match rule {
            Rule::OverBudget => Some("a body over the limit is not sent"),
            Rule::FileTooLarge => Some("a file that large is not read, so that there is nothing to send"),
            Rule::DuplicateStep => Some("the request has one place for each step"),
            _ => None,
        }
    }

    /// Gives a finding the level that the caller wants, unless its rule is [fixed](Self::fixed).
    ///
    /// ```
    /// use idenfy_preflight::{finding::Finding, options::Levels, rules::{Level, Rule}};
    /// let mut levels = Levels::default();
    /// levels.set_all(Level::Allow);
    /// let [mut dark, mut large] = [Rule::Underexposed, Rule::OverBudget].map(|rule| Finding::new(rule, "…", "…"));
    /// levels.apply(&mut dark);
    /// levels.apply(&mut large);
    /// assert_eq!((dark.level, large.level), (Level::Allow, Level::Deny), "the latter is fixed");
    /// ```
    pub fn apply(&self, finding: &mut Finding) {
        if Self::fixed(finding.rule).is_some() {
            return;
        }
        if let Some(level) = self.single.get(&finding.rule).copied().or(self.all) {
            finding.level = level;
        }
    }
}
