//! Session creation (`POST /api/v2/token`), as far as direct processing is concerned.

#![expect(clippy::result_large_err, reason = "made once a session")]

use super::{Answer, Submitter, answer::Call};
use crate::{
    Session, Submission, check,
    finding::Finding,
    options::Service,
    rules::Rule,
    submission::{DocumentType, Step, TokenType},
};
use serde_json::{Map, Value, json};
use std::fmt;
use zeroize::Zeroizing;

/// A session to be created. Left out is what is `None` or empty.
///
/// ```
/// use idenfy_preflight::submit::session::NewSession;
/// let mut new = NewSession::new("user-7");
/// new.country = Some("LT".into());
/// new.callback_url = Some("https://example.com/webhook".into());
/// let body: serde_json::Value = serde_json::from_slice(&new.body()?)?;
/// assert_eq!((&body["clientId"], &body["questionnaire"]), (&"user-7".into(), &serde_json::Value::Null));
/// assert!(!format!("{new:?}").contains("user-7"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct NewSession {
    /// `clientId`: your own name for the user, at most 100 ASCII characters.
    pub client_id: String,
    /// `tokenType`.
    pub token_type: TokenType,
    /// `country`: the only country of issue that is allowed.
    pub country: Option<String>,
    /// `documents`: the only types that are allowed.
    pub documents: Vec<DocumentType>,
    /// `driverLicenseBack`.
    pub driver_license_back: Option<bool>,
    /// `utilityBill`; not together with `additional_steps`.
    pub utility_bill: bool,
    /// `additionalSteps`.
    pub additional_steps: Vec<NewStep>,
    /// `additionalData` of UTILITY_BILL: the address that COMPARE compares with.
    pub address: Option<String>,
    /// `externalRef`, returned by webhooks; at most 40 characters.
    pub external_ref: Option<String>,
    /// `callbackUrl`.
    pub callback_url: Option<String>,
    /// `expiryTime` in seconds.
    pub expiry_time: Option<u32>,
    /// Any further field of the service's page, sent as it is; fields above win.
    pub further: Map<String, Value>,
}

impl fmt::Debug for NewSession {
    /// Shows what decides the steps; who the user is, and where results go, stays out.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewSession")
            .field("token_type", &self.token_type)
            .field("country", &self.country)
            .field("documents", &self.documents)
            .field("driver_license_back", &self.driver_license_back)
            .field("utility_bill", &self.utility_bill)
            .field("additional_steps", &self.additional_steps)
            .field("expiry_time", &self.expiry_time)
            .finish_non_exhaustive()
    }
}

/// A step beyond the identity document.
///
/// ```
/// use idenfy_preflight::{Step, submit::session::{Mode, NewSession, NewStep}};
/// let mut new = NewSession::new("user-7");
/// let step = Step::from("VISA_PAGE");
/// new.additional_steps.push(NewStep { country: None, document_type: None, step, mode: Mode::Upload });
/// let body: serde_json::Value = serde_json::from_slice(&new.body()?)?;
/// assert_eq!(body["additionalSteps"]["ALL"]["ALL"]["VISA_PAGE"]["type"], "UPLOAD");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct NewStep {
    /// The country it is asked for; `None` for all.
    pub country: Option<String>,
    /// The document type it is asked for; `None` for all.
    pub document_type: Option<DocumentType>,
    /// Its key in `images`.
    pub step: Step,
    /// What the service does with it.
    pub mode: Mode,
}

/// What the service does with the image of an additional step.
///
/// ```
/// use idenfy_preflight::submit::session::Mode;
/// assert_eq!(Mode::ALL.map(Mode::name), ["UPLOAD", "EXTRACT", "COMPARE"]);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// Stores it.
    #[default]
    Upload,
    /// Reads the address from it.
    Extract,
    /// Reads the address and compares it with the one given.
    Compare,
}

impl Mode {
    /// All three, in the page's order.
    pub const ALL: [Self; 3] = [Self::Upload, Self::Extract, Self::Compare];

    /// The API's spelling.
    pub fn name(self) -> &'static str {
        match self {
            Self::Upload => "UPLOAD",
            Self::Extract => "EXTRACT",
            Self::Compare => "COMPARE",
        }
    }
}

/// A session that was created.
///
/// ```
/// # #[cfg(feature = "sandbox")] {
/// # use idenfy_preflight::{sandbox::{Sandbox, Settings}, submit::{BaseUrl, Credentials, Patience, Submitter}};
/// # let keys = || Credentials::new("key", "secret");
/// # let sandbox = Sandbox::start("127.0.0.1:0".parse()?, keys()?, Settings::default())?;
/// # let base = BaseUrl::new(&format!("http://{}", sandbox.address()))?;
/// # let submitter = Submitter::to(base, Patience::default(), keys()?);
/// use idenfy_preflight::submit::session::NewSession;
/// let created = submitter.create(&NewSession::new("user-7"))?;
/// assert!(created.session.token.is_some() && created.json.starts_with(b"{"));
/// # }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Created {
    /// What it asks for.
    pub session: Session,
    /// The service's answer as it came: what `--session` reads. It holds the token.
    pub json: Zeroizing<Vec<u8>>,
}

impl fmt::Debug for Created {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Created").field("session", &self.session).finish_non_exhaustive()
    }
}

/// Why there is no session.
///
/// ```
/// use idenfy_preflight::submit::session::{CreateError, NewSession};
/// assert!(matches!(NewSession::new("").body(), Err(CreateError::Unusable(why)) if why.contains("clientId")));
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CreateError {
    /// Direct processing could not use it; nothing was sent.
    #[error("{0}")]
    Unusable(String),
    /// It was created, and direct processing cannot use it: the account's own settings are at work.
    #[error("the session was created, but {0}")]
    CreatedUnusable(String),
    /// The service did not create it, or it is not known whether.
    #[error("{0}")]
    NotCreated(Answer),
    /// It was created, and the answer could not be understood.
    #[error(transparent)]
    Answer(#[from] crate::session::SessionError),
}

/// Rules on the session itself.
const OWN: [Rule; 5] =
    [Rule::TokenType, Rule::Questionnaire, Rule::NfcRequired, Rule::LivenessRequired, Rule::VerificationUpdate];

/// Why direct processing cannot use a session; `None` when it can.
///
/// ```
/// use idenfy_preflight::{Session, rules::Rule, submit::session::unusable};
/// let session = Session::from_json(br#"{"nfcRequired": true}"#)?;
/// assert_eq!(unusable(&session).map(|finding| finding.rule), Some(Rule::NfcRequired));
/// # Ok::<(), idenfy_preflight::session::SessionError>(())
/// ```
pub fn unusable(session: &Session) -> Option<Finding> {
    let submission = Submission::new().session(session.clone());
    let (_, found) = check::request::check(&submission, &Service::default());
    found.into_iter().find(|f| OWN.contains(&f.rule))
}

impl NewSession {
    /// A session for this user.
    ///
    /// ```
    /// use idenfy_preflight::submit::session::NewSession;
    /// assert_eq!(NewSession::new("user-7").client_id, "user-7");
    /// ```
    pub fn new(client_id: impl Into<String>) -> Self {
        Self { client_id: client_id.into(), ..Self::default() }
    }

    /// The body to POST.
    ///
    /// # Errors
    /// [`CreateError::Unusable`] for what direct processing cannot use, and for what contradicts itself.
    ///
    /// ```
    /// use idenfy_preflight::submit::session::NewSession;
    /// let mut new = NewSession::new("user-7");
    /// new.further.insert("nfcRequired".into(), true.into());
    /// assert!(new.body().is_err(), "direct processing cannot use it");
    /// new.further.clear();
    /// assert!(new.body()?.starts_with(b"{"));
    /// # Ok::<(), idenfy_preflight::submit::session::CreateError>(())
    /// ```
    pub fn body(&self) -> Result<Vec<u8>, CreateError> {
        let fail = |what: &str| Err(CreateError::Unusable(what.to_owned()));
        if self.client_id.is_empty() || self.client_id.len() > 100 || !self.client_id.is_ascii() {
            return fail("clientId is 1 to 100 ASCII characters");
        }
        if self.utility_bill && !self.additional_steps.is_empty() {
            return fail("utilityBill and additionalSteps exclude each other: name UTILITY_BILL among the steps");
        }
        let mut body = self.further.clone();
        // An account may attach a questionnaire of its own; null detaches it.
        body.entry("questionnaire").or_insert(Value::Null);
        let mut put = |name: &str, value: Value| {
            if !value.is_null() {
                body.insert(name.to_owned(), value);
            }
        };
        put("clientId", json!(self.client_id));
        put("tokenType", json!(self.token_type));
        put("country", json!(self.country));
        put("documents", if self.documents.is_empty() { Value::Null } else { json!(self.documents) });
        put("driverLicenseBack", json!(self.driver_license_back));
        put("utilityBill", json!(self.utility_bill.then_some(true)));
        put("externalRef", json!(self.external_ref));
        put("callbackUrl", json!(self.callback_url));
        put("expiryTime", json!(self.expiry_time));
        put("additionalData", self.address.as_ref().map_or(Value::Null, |a| json!({"UTILITY_BILL": {"address": a}})));
        if !self.additional_steps.is_empty() {
            let mut steps = json!({});
            for new in &self.additional_steps {
                let country = new.country.as_deref().unwrap_or("ALL").to_ascii_uppercase();
                let document_type = new.document_type.map_or("ALL", DocumentType::name);
                // Indexing a JSON object by a new name makes the entry.
                #[expect(clippy::indexing_slicing, reason = "of an object that is made here")]
                let place = &mut steps[country.as_str()][document_type][new.step.name()];
                *place = json!({"type": new.mode.name()});
            }
            put("additionalSteps", steps);
        }
        let bytes = Value::Object(body).to_string().into_bytes();
        match unusable(&Session::from_json(&bytes)?) {
            Some(finding) => Err(CreateError::Unusable(finding.message)),
            None => Ok(bytes),
        }
    }
}

impl Submitter {
    /// Creates a session.
    ///
    /// # Errors
    /// [`CreateError`]. It is tried again only when nothing left.
    ///
    /// ```
    /// # #[cfg(feature = "sandbox")] {
    /// use idenfy_preflight::{sandbox::{Sandbox, Settings}, submit::{BaseUrl, Credentials, Patience, Submitter}};
    /// let keys = || Credentials::new("key", "secret");
    /// let sandbox = Sandbox::start("127.0.0.1:0".parse()?, keys()?, Settings::default())?;
    /// let base = BaseUrl::new(&format!("http://{}", sandbox.address()))?;
    /// let submitter = Submitter::to(base, Patience::default(), keys()?);
    /// use idenfy_preflight::submit::session::NewSession;
    /// let created = submitter.create(&NewSession::new("user-7"))?;
    /// assert!(created.session.scan_ref.is_some());
    /// # }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn create(&self, new: &NewSession) -> Result<Created, CreateError> {
        let body = new.body()?;
        let came = self.client.post("/api/v2/token", &self.credentials, &body);
        match came {
            // 201 by the API's own description, 200 by its guide.
            Ok(reply) if matches!(reply.status, 200 | 201) && !reply.cut => {
                let session = Session::from_json(&reply.body)?;
                match unusable(&session) {
                    Some(finding) => Err(CreateError::CreatedUnusable(finding.message)),
                    None if session.token.is_none() => {
                        Err(CreateError::CreatedUnusable("the answer has no authToken".to_owned()))
                    }
                    None => Ok(Created { session, json: reply.body }),
                }
            }
            came => {
                let redact = |text: &str| self.credentials.redact(text);
                let call =
                    Call { bytes: body.len() as u64, scan_ref: None, skipped: false, report: None, redact: &redact };
                Err(CreateError::NotCreated(Answer::new(came, &call)))
            }
        }
    }
}
