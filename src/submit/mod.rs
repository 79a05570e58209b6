//! A [`Request`] to an [`Answer`]: one POST, never two. A token is spent by the call, so nothing is sent again once a
//! byte of the body may have left; the [`Ledger`] holds that across calls and, in a file, across processes.
//!
//! ```
//! use idenfy_preflight::submit::{Answer, Credentials, NotSentReason, Submitter, session::NewSession};
//!
//! fn start(submitter: &Submitter) -> Result<(), Box<dyn std::error::Error>> {
//!     let created = submitter.create(&NewSession::new("user-7"))?;
//!     println!("{:?}", created.session.scan_ref); // by which the result is known
//!     Ok(())
//! }
//! let submitter = Submitter::new(Credentials::new("key", "secret")?); // or Credentials::from_env()?
//! # let _ = start; let _ = submitter;
//! // Whatever comes of a call says whether its token is still good.
//! assert!(Answer::NotSent(NotSentReason::Host("ivs.idenfy.com".into())).token_is_good());
//! # Ok::<(), idenfy_preflight::submit::CredentialsError>(())
//! ```

mod answer;
pub mod compare;
mod credentials;
mod http;
mod ledger;
mod proxy;
mod reason;
mod redact;
pub mod session;
pub mod webhook;

pub use answer::{Advice, Answer, Identifier, Said};
pub use credentials::{Credentials, CredentialsError};
pub use http::{BaseUrl, Patience};
pub use ledger::Ledger;
pub use reason::NotSentReason;

use crate::{Request, report::Report};
use std::{fmt, slice, sync::Arc, time::Duration};
use ureq::tls::RootCerts;

type Wait<'a> = slice::Iter<'a, Duration>;

/// Sends requests. Blocking; shared between threads.
///
/// ```
/// # #[cfg(feature = "sandbox")] {
/// # use idenfy_preflight::{Image, Preflight, Step, Submission};
/// # let preflight = Preflight::default();
/// # let mut submission = Submission::new().token("3FA5TFPA2ZE3LMPGGS1EGOJNJE").country("LT").document_type("ID_CARD");
/// # for (step, file) in [(Step::Front, "front"), (Step::Back, "back"), (Step::Face, "face")] {
/// #     let image = Image::open(step, format!("testdata/{file}.jpg"), &preflight.options().limits)?;
/// #     submission = submission.image(image);
/// # }
/// # let outcome = preflight.check(&submission)?;
/// # let (report, request) = (&outcome.report, outcome.request.unwrap());
/// use idenfy_preflight::{sandbox::{Sandbox, Settings}, submit::{BaseUrl, Credentials, Patience, Submitter}};
/// let keys = || Credentials::new("key", "secret");
/// let sandbox = Sandbox::start("127.0.0.1:0".parse()?, keys()?, Settings::default())?;
/// let base = BaseUrl::new(&format!("http://{}", sandbox.address()))?;
/// let submitter = Submitter::to(base, Patience::default(), keys()?);
/// use idenfy_preflight::submit::session::NewSession;
/// let created = submitter.create(&NewSession::new("user-7"))?;
/// let mut submission = submission.session(created.session);
/// submission.token = None; // the session has it
/// let outcome = preflight.check(&submission)?;
/// let answer = submitter.submit(&outcome.request.unwrap(), &outcome.report);
/// assert_eq!(answer.name(), "accepted", "{answer}");
/// # }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Submitter {
    client: http::Client,
    credentials: Credentials,
    ledger: Arc<Ledger>,
}

impl Submitter {
    /// To iDenfy, with the ledger that the process shares. The proxy is taken from `HTTPS_PROXY` or `ALL_PROXY` (http,
    /// https, socks5), with the exceptions of `NO_PROXY`; one that cannot be understood is
    /// [`NotSentReason::Proxy`], and nothing goes around it.
    ///
    /// ```
    /// use idenfy_preflight::submit::{Credentials, Submitter};
    /// let submitter = Submitter::new(Credentials::new("key", "secret")?);
    /// # Ok::<(), idenfy_preflight::submit::CredentialsError>(())
    /// ```
    pub fn new(credentials: Credentials) -> Self {
        Self::to(BaseUrl::default(), Patience::default(), credentials)
    }

    /// To another address, with other times.
    ///
    /// ```
    /// use idenfy_preflight::submit::{BaseUrl, Credentials, Patience, Submitter};
    /// let base = BaseUrl::new("http://127.0.0.1:8787")?; // the sandbox
    /// let submitter = Submitter::to(base, Patience::default(), Credentials::new("key", "secret")?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn to(base: BaseUrl, patience: Patience, credentials: Credentials) -> Self {
        Self { client: http::Client::new(base, patience, RootCerts::WebPki), credentials, ledger: Ledger::shared() }
    }

    /// Trusting the certificate authorities in this PEM, and those alone, instead of Mozilla's, which are built in: for a
    /// proxy that opens TLS, or a private authority.
    ///
    /// # Errors
    /// What is the matter with it, in words.
    ///
    /// ```
    /// use idenfy_preflight::submit::{Credentials, Submitter};
    /// let submitter = Submitter::new(Credentials::new("key", "secret")?);
    /// assert!(submitter.trust(b"no certificate").is_err());
    /// # Ok::<(), idenfy_preflight::submit::CredentialsError>(())
    /// ```
    pub fn trust(mut self, pem: &[u8]) -> Result<Self, &'static str> {
        self.client = self.client.trust(pem)?;
        Ok(self)
    }

    /// With another ledger than the one that the process shares.
    ///
    /// ```
    /// use idenfy_preflight::submit::{Credentials, Ledger, Submitter};
    /// use std::sync::Arc;
    /// let ledger = Arc::new(Ledger::new());
    /// let submitter = Submitter::new(Credentials::new("key", "secret")?).ledger(ledger);
    /// # Ok::<(), idenfy_preflight::submit::CredentialsError>(())
    /// ```
    pub fn ledger(mut self, ledger: Arc<Ledger>) -> Self {
        self.ledger = ledger;
        self
    }

    /// Sends the request, once. The report is that of the same check; it says what to do about a document that the
    /// service does not detect.
    ///
    /// ```
    /// # #[cfg(feature = "sandbox")] {
    /// # use idenfy_preflight::{Image, Preflight, Step, Submission};
    /// # let preflight = Preflight::default();
    /// # let mut submission = Submission::new().token("3FA5TFPA2ZE3LMPGGS1EGOJNJE").country("LT").document_type("ID_CARD");
    /// # for (step, file) in [(Step::Front, "front"), (Step::Back, "back"), (Step::Face, "face")] {
    /// #     let image = Image::open(step, format!("testdata/{file}.jpg"), &preflight.options().limits)?;
    /// #     submission = submission.image(image);
    /// # }
    /// # let outcome = preflight.check(&submission)?;
    /// # let (report, request) = (&outcome.report, outcome.request.unwrap());
    /// use idenfy_preflight::{sandbox::{Sandbox, Settings}, submit::{BaseUrl, Credentials, Patience, Submitter}};
    /// let keys = || Credentials::new("key", "secret");
    /// let sandbox = Sandbox::start("127.0.0.1:0".parse()?, keys()?, Settings::default())?;
    /// let base = BaseUrl::new(&format!("http://{}", sandbox.address()))?;
    /// let submitter = Submitter::to(base, Patience::default(), keys()?);
    /// let answer = submitter.submit(&request, report);
    /// assert_eq!(answer.name(), "refused", "the sandbox never gave this token: {answer}");
    /// assert_eq!(submitter.submit(&request, report).name(), "not_sent", "and nothing is sent twice");
    /// assert_eq!(sandbox.bodies("3FA5TFPA2ZE3LMPGGS1EGOJNJE"), 1);
    /// # }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn submit(&self, request: &Request, report: &Report) -> Answer {
        let Some(token) = request.token() else { return Answer::NotSent(NotSentReason::NoToken) };
        match self.ledger.claim(token) {
            Ok(true) => {}
            Ok(false) => return Answer::NotSent(NotSentReason::TokenSent),
            Err(e) => return Answer::NotSent(NotSentReason::Ledger(e.to_string())),
        }
        let came = self.client.post("/api/v2/process", &self.credentials, request.body());
        let redact = |text: &str| self.credentials.redact(&redact::strike(text, token.expose()));
        let call = answer::Call {
            bytes: request.body().len() as u64,
            scan_ref: request.scan_ref(),
            skipped: request.skips_analysis(),
            report: Some(report),
            redact: &redact,
        };
        let answer = Answer::new(came, &call);
        if answer.token_is_good()
            && let Err(e) = self.ledger.release(token)
        {
            return Answer::NotSent(NotSentReason::Ledger(e.to_string()));
        }
        answer
    }
}

impl fmt::Debug for Submitter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Submitter").field("credentials", &self.credentials).finish_non_exhaustive()
    }
}
