//! What the service said of an error, read out of an answer's body.

use crate::{report::text::steers, submit::http::Reply};
use serde_json::{Value, json};
use std::fmt;

macro_rules! identifiers {
    ($($variant:ident $name:literal $meaning:literal;)*) => {
        /// What the service calls an error.
        ///
        /// ```
        /// use idenfy_preflight::submit::Identifier;
        /// let said = Identifier::from("TOKEN_NOT_VALID");
        /// assert_eq!((said.name(), said == Identifier::TokenNotValid), ("TOKEN_NOT_VALID", true));
        /// assert!(said.meaning().starts_with("The token has expired"));
        /// assert_eq!(Identifier::from("NEW_ONE").meaning(), "");
        /// ```
        #[derive(Clone, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Identifier {
            $(#[doc = $meaning] $variant,)*
            /// One that was not published when this was written.
            Other(String),
        }

        impl Identifier {
            /// All that are published (iDenfy, "Error messages", 2019 to 2026; the last on its page on deletion).
            pub const PUBLISHED: &'static [Identifier] = &[$(Self::$variant,)*];

            /// The service's spelling.
            pub fn name(&self) -> &str {
                match self { $(Self::$variant => $name,)* Self::Other(name) => name }
            }

            /// What the service's pages say it means; of one that is not published, nothing.
            pub fn meaning(&self) -> &'static str {
                match self { $(Self::$variant => $meaning,)* Self::Other(_) => "" }
            }
        }
    };
}

identifiers! {
    InternalError "INTERNAL_ERROR" "An unexpected error on the service's side.";
    BadValue "BAD_VALUE" "A parameter is invalid.";
    MissingValue "MISSING_VALUE" "A required parameter is missing.";
    Unauthorized "UNAUTHORIZED" "The credentials are bad or missing.";
    EncodingError "ENCODING_ERROR" "The body could not be decoded.";
    JsonError "JSON_ERROR" "The body is not valid JSON.";
    TokenNotValid "TOKEN_NOT_VALID" "The token has expired, was used already, or does not exist.";
    PartnerContractError "PARTNER_CONTRACT_ERROR" "The contract does not permit it.";
    MethodNotAllowed "METHOD_NOT_ALLOWED" "The wrong HTTP method.";
    PermissionsError "PERMISSIONS_ERROR" "No permission, or no tokens left.";
    TooManyRequests "TOO_MANY_REQUESTS" "The rate limit was reached.";
    ValidationError "VALIDATION_ERROR" "Fields failed validation.";
    PartnerError "PARTNER_ERROR" "The call does not fit the session's state.";
}

impl From<&str> for Identifier {
    fn from(name: &str) -> Self {
        Self::PUBLISHED.iter().find(|i| i.name() == name).cloned().unwrap_or_else(|| Self::Other(name.to_owned()))
    }
}

/// What the service said of an error; every field may be missing.
///
/// ```
/// # use idenfy_preflight::{Image, Preflight, Step, Submission};
/// # let preflight = Preflight::default();
/// # let mut submission = Submission::new().token("3FA5TFPA2ZE3LMPGGS1EGOJNJE").country("LT").document_type("ID_CARD");
/// # for (step, file) in [(Step::Front, "front"), (Step::Back, "back"), (Step::Face, "face")] {
/// #     let image = Image::open(step, format!("testdata/{file}.jpg"), &preflight.options().limits)?;
/// #     submission = submission.image(image);
/// # }
/// # let outcome = preflight.check(&submission)?;
/// # let (report, request) = (&outcome.report, outcome.request.unwrap());
/// use idenfy_preflight::submit::{Answer, Identifier};
/// let body = br#"{"identifier": "TOKEN_NOT_VALID", "message": "Token expired"}"#;
/// let Answer::Refused { said, .. } = Answer::from_response(400, None, body, &request, Some(report)) else { panic!() };
/// assert_eq!((said.identifier, said.message.as_deref()), (Some(Identifier::TokenNotValid), Some("Token expired")));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Said {
    /// `identifier`.
    pub identifier: Option<Identifier>,
    /// `message`; of an answer that is not JSON the beginning of its text. Token, credentials and long runs of
    /// base64, which may be images, are cut out of it.
    pub message: Option<String>,
    /// `severity`; `NOT_SEVERE` is the only one ever shown.
    pub severity: Option<String>,
    /// `documentation`.
    pub documentation: Option<String>,
}

impl fmt::Display for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(identifier) = &self.identifier {
            write!(f, ", {}", identifier.name())?;
        }
        match &self.message {
            Some(message) => write!(f, ": {}", message.trim_end_matches('.')),
            None => Ok(()),
        }
    }
}

/// The body of an answer.
pub(super) enum Read {
    Nothing,
    /// An object with at least one of the documented fields.
    Service(Said),
    /// Anything else: a proxy's page, half an object.
    Other(Said),
}

/// The most that is kept of a text from outside.
const MAX_TEXT: usize = 400;

/// Base64 of this length is more than a word, and may be an image that was sent.
const MAX_BASE64: usize = 40;

/// The text without long runs of base64: a server may repeat what it was sent, images and all.
fn without_images(text: &str) -> String {
    // A backslash, for JSON may write a slash with one before it.
    let is_base64 = |c: char| c.is_ascii_alphanumeric() || "+/=\\".contains(c);
    let mut kept = String::new();
    let mut rest = text;
    while let Some(start) = rest.find(is_base64) {
        let (before, from) = rest.split_at(start);
        let (run, after) = from.split_at(from.find(|c| !is_base64(c)).unwrap_or(from.len()));
        kept.push_str(before);
        kept.push_str(if run.len() < MAX_BASE64 { run } else { "…" });
        rest = after;
    }
    kept + rest
}

impl Said {
    pub(super) fn read(reply: &Reply, redact: &dyn Fn(&str) -> String) -> Read {
        let text = String::from_utf8_lossy(&reply.body);
        if text.trim().is_empty() {
            return Read::Nothing;
        }
        let own = |text: &str| {
            let text = without_images(&redact(text));
            text.chars().map(|c| if steers(c) { ' ' } else { c }).take(MAX_TEXT).collect()
        };
        let Ok(Value::Object(map)) = serde_json::from_str(&text) else {
            return Read::Other(Self { message: Some(own(text.trim())), ..Self::default() });
        };
        let field = |name: &str| map.get(name).and_then(Value::as_str).filter(|s| !s.is_empty()).map(own);
        let said = Self {
            identifier: field("identifier").map(|s: String| Identifier::from(s.as_str())),
            message: field("message"),
            severity: field("severity"),
            documentation: field("documentation"),
        };
        if said == Self::default() { Read::Other(said) } else { Read::Service(said) }
    }

    pub(super) fn to_json(&self) -> Value {
        json!({"identifier": self.identifier.as_ref().map(Identifier::name), "message": self.message,
            "severity": self.severity, "documentation": self.documentation})
    }
}
