//! Settings: [`Limits`] protect us, [`Service`] is what the API takes, [`Thresholds`] are our cut-offs, [`Levels`] say
//! what each rule weighs.

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
use std::{collections::BTreeMap, fmt};
use zeroize::Zeroize;

/// All settings.
#[derive(Clone, Debug, Default, PartialEq)]
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
    pub pdf_password: Option<PdfPassword>,
}

/// A PDF's password; its `Debug` is redacted and its bytes are wiped on drop.
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
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Levels {
    all: Option<Level>,
    single: BTreeMap<Rule, Level>,
}

impl Levels {
    /// Sets one rule's level. A later call wins.
    pub fn set(&mut self, rule: Rule, level: Level) {
        self.single.insert(rule, level);
    }

    /// Sets every rule's level, those set one by one excepted.
    pub fn set_all(&mut self, level: Level) {
        self.all = Some(level);
    }

    /// Why a rule denies whatever level is wanted for it; `None` for all rules but three.
    pub fn fixed(rule: Rule) -> Option<&'static str> {
        match rule {
            Rule::OverBudget => Some("a body over the limit is not sent"),
            Rule::FileTooLarge => Some("a file that large is not read, so that there is nothing to send"),
            Rule::DuplicateStep => Some("the request has one place for each step"),
            _ => None,
        }
    }

    /// Gives a finding the level that the caller wants, unless its rule is [fixed](Self::fixed).
    pub fn apply(&self, finding: &mut Finding) {
        if Self::fixed(finding.rule).is_some() {
            return;
        }
        if let Some(level) = self.single.get(&finding.rule).copied().or(self.all) {
            finding.level = level;
        }
    }
}
