//! The service's answer to session creation (`POST /api/v2/token`), as far as it decides what direct processing asks
//! for. Unknown fields are ignored; missing ones fall back, and so do empty lists, objects and texts, which is how some
//! languages write nothing (PHP writes `[]` for `{}`). Any other known field of the wrong type is an error, because to
//! guess wrongly about, say, `nfcRequired` would spend the token; so is a field that stands there twice.
//!
//! ```
//! use idenfy_preflight::{Session, Submission};
//!
//! let created = br#"{"authToken": "3FA5TFPA2ZE3LMPGGS1EGOJNJE", "scanRef": "0a1b", "utilityBill": true}"#;
//! let submission = Submission::new().session(Session::from_json(created)?).country("LT");
//! assert!(submission.session.is_some_and(|session| session.utility_bill));
//! # Ok::<(), idenfy_preflight::session::SessionError>(())
//! ```

mod once;

use crate::{
    country::Country,
    submission::{DocumentType, Step, Token, TokenType},
};
use once::Once;
use serde::de::DeserializeSeed;
use serde_json::{Map, Value};
use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
    fmt,
};

/// What a session asks for.
///
/// ```
/// use idenfy_preflight::{Session, submission::TokenType};
/// let session = Session::from_json(br#"{
///     "authToken": "3FA5TFPA2ZE3LMPGGS1EGOJNJE", "scanRef": "0a1b", "tokenType": "DOCUMENT", "country": "LT",
///     "additionalSteps": {"ALL": {"ALL": {"VISA_PAGE": {"type": "UPLOAD"}}}}
/// }"#)?;
/// assert_eq!(session.known_token_type(), Some(TokenType::Document));
/// assert_eq!(session.steps_for("LT".parse().ok(), None)[0].step.name(), "VISA_PAGE");
/// # Ok::<(), idenfy_preflight::session::SessionError>(())
/// ```
#[derive(Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct Session {
    /// `authToken` (or `token`).
    pub token: Option<Token>,
    /// `scanRef`, by which results are asked for later.
    pub scan_ref: Option<String>,
    /// `tokenType` as it stands there; `None` means IDENTIFICATION.
    pub token_type: Option<String>,
    /// `country`: the countries of issue that are allowed, upper case; empty for all.
    pub countries: Vec<String>,
    /// `documents`: the document types that are allowed; empty for all.
    pub documents: Vec<String>,
    /// `allowedDocuments`: allowed types by country, upper case; empty for all.
    pub allowed_documents: BTreeMap<String, Vec<String>>,
    /// `driverLicenseBack`.
    pub driver_license_back: Option<bool>,
    /// `nfcRequired`.
    pub nfc_required: bool,
    /// `checkLiveness`.
    pub check_liveness: bool,
    /// `questionnaire`: its name, when one is attached (the field's own where it is not a text); or that `kyc_answers`
    /// are.
    pub questionnaire: Option<String>,
    /// `utilityBill`.
    pub utility_bill: bool,
    /// `additionalSteps`, flat.
    pub additional_steps: Vec<AdditionalStep>,
    /// Whether this is the answer of a *request update* rather than of session creation: it carries `tokenString`
    /// and neither `authToken` nor `scanRef` (iDenfy, "Request Update", 2025).
    pub update_only: bool,
}

/// A step beyond the identity document.
///
/// ```
/// use idenfy_preflight::Session;
/// let session = Session::from_json(br#"{
///     "authToken": "3FA5TFPA2ZE3LMPGGS1EGOJNJE", "scanRef": "0a1b", "tokenType": "DOCUMENT", "country": "LT",
///     "additionalSteps": {"ALL": {"ALL": {"VISA_PAGE": {"type": "UPLOAD"}}}}
/// }"#)?;
/// let step = &session.additional_steps[0];
/// assert_eq!((&step.country, step.step.name(), step.can_upload_pdf), (&None, "VISA_PAGE", None));
/// # Ok::<(), idenfy_preflight::session::SessionError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct AdditionalStep {
    /// The country it is asked for, upper case; `None` for all.
    pub country: Option<String>,
    /// The document type it is asked for; `None` for all.
    pub document_type: Option<String>,
    /// Its key in `images`.
    pub step: Step,
    /// `settings.canUploadPDF`; `None` where nothing is said.
    pub can_upload_pdf: Option<bool>,
}

/// Why a session could not be read.
///
/// ```
/// use idenfy_preflight::{Session, session::SessionError};
/// let error = Session::from_json(br#"{"nfcRequired": "perhaps"}"#).unwrap_err();
/// assert!(matches!(&error, SessionError::Field { field, .. } if field == "nfcRequired"), "{error}");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SessionError {
    /// Not JSON, or not an object.
    #[error("the session is not a JSON object: {0}")]
    NotJson(String),
    /// A field that matters has a type that cannot be understood.
    #[error("the session's `{field}` is {found} where {expected} was expected")]
    Field {
        /// The field.
        field: String,
        /// What stands there, in words; never the value itself.
        found: &'static str,
        /// What was expected.
        expected: &'static str,
    },
    /// A field stands there twice, and readers differ on which of the two counts.
    #[error("the session has the field `{0}` twice")]
    Twice(String),
    /// It has so many bytes, more than [`Session::MAX_BYTES`].
    #[error("the session has {0} bytes; the answer of session creation is far below 1 MiB")]
    TooLarge(u64),
    /// It asks for so many different additional steps, more than [`Session::MAX_STEPS`].
    #[error("the session asks for {0} different additional steps; at most 64 are taken")]
    TooManySteps(usize),
}

impl Session {
    /// The most bytes that are read: a thousand times the answer in the service's documentation.
    pub const MAX_BYTES: u64 = 1 << 20;

    /// The most additional steps of different names: each is a photo that somebody has to take.
    pub const MAX_STEPS: usize = 64;

    /// Reads the JSON answer of session creation.
    ///
    /// # Errors
    /// [`SessionError`] when it is not a JSON object, a field that matters has another type than documented, a field
    /// stands there twice, or it is larger than any answer of the service.
    ///
    /// ```
    /// use idenfy_preflight::Session;
    /// let session = Session::from_json(br#"{"authToken": "3FA5TFPA2ZE3LMPGGS1EGOJNJE", "scanRef": "0a1b"}"#)?;
    /// assert_eq!(session.scan_ref.as_deref(), Some("0a1b"));
    /// assert!(session.token.is_some());
    /// # Ok::<(), idenfy_preflight::session::SessionError>(())
    /// ```
    pub fn from_json(json: &[u8]) -> Result<Self, SessionError> {
        if json.len() as u64 > Self::MAX_BYTES {
            return Err(SessionError::TooLarge(json.len() as u64));
        }
        // Windows editors and shells put a byte order mark in front.
        let json = json.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(json);
        // serde_json's message tells line and column, and quotes no value where any is taken.
        let not_json = |e: serde_json::Error| SessionError::NotJson(e.to_string());
        let twice = RefCell::new(None);
        let mut reader = serde_json::Deserializer::from_slice(json);
        let value = Once(&twice).deserialize(&mut reader).and_then(|value| reader.end().map(|()| value));
        let map = match value.map_err(not_json)? {
            Value::Object(map) => map,
            other => return Err(SessionError::NotJson(format!("it is {}", kind(&other)))),
        };
        if let Some(name) = twice.into_inner() {
            return Err(SessionError::Twice(name));
        }
        let fields = Fields(&map);
        let token = match fields.text("authToken")? {
            None => fields.text("token")?,
            some => some,
        };
        let answers = map.get("kyc_answers").or(map.get("kycAnswers")).is_some_and(|v| !is_empty(v));
        let scan_ref = fields.text("scanRef")?;
        Ok(Self {
            update_only: map.contains_key("tokenString") && token.is_none() && scan_ref.is_none(),
            token: token.map(Token::new),
            scan_ref,
            token_type: fields.text("tokenType")?.map(|t| t.to_ascii_uppercase()),
            countries: fields.texts("country")?,
            documents: fields.texts("documents")?,
            allowed_documents: fields.allowed_documents()?,
            driver_license_back: fields.flag("driverLicenseBack")?,
            nfc_required: fields.flag("nfcRequired")?.unwrap_or(false),
            check_liveness: fields.flag("checkLiveness")?.unwrap_or(false),
            questionnaire: fields.questionnaire()?.or(answers.then(|| "kyc_answers".to_owned())),
            utility_bill: fields.flag("utilityBill")?.unwrap_or(false),
            additional_steps: fields.additional_steps()?,
        })
    }

    /// The kind of session, when it is one that direct processing serves.
    ///
    /// ```
    /// use idenfy_preflight::{Session, submission::TokenType};
    /// assert_eq!(Session::default().known_token_type(), Some(TokenType::Identification));
    /// assert_eq!(Session::from_json(br#"{"tokenType": "VIDEO_CALL"}"#)?.known_token_type(), None);
    /// # Ok::<(), idenfy_preflight::session::SessionError>(())
    /// ```
    pub fn known_token_type(&self) -> Option<TokenType> {
        match self.token_type.as_deref() {
            None | Some("IDENTIFICATION") => Some(TokenType::Identification),
            Some("DOCUMENT") => Some(TokenType::Document),
            Some(_) => None,
        }
    }

    /// The additional steps that are asked for with this country and document type. With the document type left out,
    /// those asked for with any type.
    ///
    /// ```
    /// use idenfy_preflight::{Session, submission::DocumentType};
    /// let session = Session::from_json(br#"{
    ///     "authToken": "3FA5TFPA2ZE3LMPGGS1EGOJNJE", "scanRef": "0a1b", "tokenType": "DOCUMENT", "country": "LT",
    ///     "additionalSteps": {"ALL": {"ALL": {"VISA_PAGE": {"type": "UPLOAD"}}}}
    /// }"#)?;
    /// let asked = session.steps_for("LT".parse().ok(), Some(DocumentType::Passport));
    /// assert_eq!(asked.iter().map(|step| step.step.name()).collect::<Vec<_>>(), ["VISA_PAGE"]);
    /// # Ok::<(), idenfy_preflight::session::SessionError>(())
    /// ```
    pub fn steps_for(&self, country: Option<Country>, document_type: Option<DocumentType>) -> Vec<&AdditionalStep> {
        self.additional_steps
            .iter()
            .filter(|s| s.country.as_deref().is_none_or(|c| country.is_some_and(|own| own.code() == c)))
            .filter(|s| s.document_type.as_deref().is_none_or(|t| document_type.is_some_and(|own| own.name() == t)))
            .collect()
    }
}

impl fmt::Debug for Session {
    /// Shows what decides the steps; token and references stay out.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("token_type", &self.token_type)
            .field("documents", &self.documents)
            .field("driver_license_back", &self.driver_license_back)
            .field("additional_steps", &self.additional_steps)
            .finish_non_exhaustive()
    }
}

/// A JSON value's type in words.
fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(s) => s.is_empty(),
        Value::Array(a) => a.is_empty(),
        Value::Object(o) => o.is_empty(),
        _ => false,
    }
}

/// Reads single fields leniently: absent and null are the same, and so is empty, but for flags.
struct Fields<'a>(&'a Map<String, Value>);

impl Fields<'_> {
    fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name).filter(|v| !v.is_null())
    }

    fn filled(&self, name: &str) -> Option<&Value> {
        self.get(name).filter(|v| !is_empty(v))
    }

    fn wrong(field: &str, found: &Value, expected: &'static str) -> SessionError {
        SessionError::Field { field: field.to_owned(), found: kind(found), expected }
    }

    /// Any form of one counts, since what it is called does not matter.
    fn questionnaire(&self) -> Result<Option<String>, SessionError> {
        const NAME: &str = "questionnaire";
        match self.filled(NAME) {
            Some(Value::Object(_) | Value::Array(_) | Value::Number(_)) => Ok(Some(NAME.to_owned())),
            _ => self.text(NAME),
        }
    }

    fn text(&self, name: &str) -> Result<Option<String>, SessionError> {
        match self.filled(name) {
            None => Ok(None),
            Some(Value::String(s)) => Ok(Some(s.clone())),
            Some(other) => Err(Self::wrong(name, other, "a text")),
        }
    }

    fn flag(&self, name: &str) -> Result<Option<bool>, SessionError> {
        match self.get(name) {
            None => Ok(None),
            Some(Value::Bool(b)) => Ok(Some(*b)),
            Some(other) => Err(Self::wrong(name, other, "true or false")),
        }
    }

    /// A text or a list of texts, upper case; the service's pages show `country` as both.
    fn texts(&self, name: &str) -> Result<Vec<String>, SessionError> {
        self.filled(name).map_or(Ok(Vec::new()), |value| upper_texts(name, value))
    }

    fn allowed_documents(&self) -> Result<BTreeMap<String, Vec<String>>, SessionError> {
        const NAME: &str = "allowedDocuments";
        match self.filled(NAME) {
            None => Ok(BTreeMap::new()),
            Some(Value::Object(map)) => {
                map.iter().map(|(c, types)| Ok((c.to_ascii_uppercase(), upper_texts(NAME, types)?))).collect()
            }
            Some(other) => Err(Self::wrong(NAME, other, "an object")),
        }
    }

    /// `{COUNTRY|ALL: {TYPE|ALL: {STEP: {…, settings: {canUploadPDF}}}}}`
    fn additional_steps(&self) -> Result<Vec<AdditionalStep>, SessionError> {
        const NAME: &str = "additionalSteps";
        let object = |value| entries(NAME, value);
        let specific = |key: &str| (!key.eq_ignore_ascii_case("ALL")).then(|| key.to_ascii_uppercase());
        let mut steps = Vec::new();
        let Some(value) = self.filled(NAME) else { return Ok(steps) };
        for (country, types) in object(value)?.into_iter().flatten() {
            for (document_type, named) in object(types)?.into_iter().flatten() {
                for (name, step) in object(named)?.into_iter().flatten() {
                    let settings = step.get("settings").filter(|v| !v.is_null());
                    let can_upload_pdf = match settings.and_then(|s| s.get("canUploadPDF")) {
                        None | Some(Value::Null) => None,
                        Some(Value::Bool(b)) => Some(*b),
                        Some(other) => return Err(Self::wrong("canUploadPDF", other, "true or false")),
                    };
                    steps.push(AdditionalStep {
                        country: specific(country),
                        document_type: specific(document_type),
                        step: Step::from(name.as_str()),
                        can_upload_pdf,
                    });
                }
            }
        }
        // For other countries and types the same are asked once more.
        let names: BTreeSet<&str> = steps.iter().map(|s| s.step.name()).collect();
        match names.len() {
            ..=Session::MAX_STEPS => Ok(steps),
            many => Err(SessionError::TooManySteps(many)),
        }
    }
}

/// An object's entries; null has none, nor has an empty list.
fn entries<'v>(name: &str, value: &'v Value) -> Result<Option<&'v Map<String, Value>>, SessionError> {
    match value {
        Value::Object(map) => Ok(Some(map)),
        empty if is_empty(empty) => Ok(None),
        other => Err(Fields::wrong(name, other, "an object of country, document type and step")),
    }
}

fn upper_texts(name: &str, value: &Value) -> Result<Vec<String>, SessionError> {
    let upper = |v: &Value| match v {
        Value::String(s) => Ok(s.to_ascii_uppercase()),
        other => Err(Fields::wrong(name, other, "a text or a list of texts")),
    };
    match value {
        Value::Array(items) => items.iter().map(upper).collect(),
        single => Ok(vec![upper(single)?]),
    }
}

#[cfg(test)]
mod tests;
