//! A local stand-in for the service: real sockets, the documented rules, nothing kept on disk.
//!
//! What the service's pages document is answered with their words and identifiers. What they leave open is a switch of
//! [`Settings`] or an assumption; `GET /` lists both, so that nobody takes them for the service's own behaviour.
//!
//! ```
//! use idenfy_preflight::{sandbox::{Sandbox, Settings}, submit::{BaseUrl, Credentials, Patience, Submitter, session::NewSession}};
//!
//! let keys = || Credentials::new("key", "secret");
//! let sandbox = Sandbox::start("127.0.0.1:0".parse()?, keys()?, Settings::default())?;
//! let base = BaseUrl::new(&format!("http://{}", sandbox.address()))?;
//! let submitter = Submitter::to(base, Patience::default(), keys()?);
//! assert!(submitter.create(&NewSession::new("user-7"))?.session.token.is_some());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

#![expect(clippy::result_large_err, reason = "an answer is made once a call, and a box would only hide it")]

mod openapi;
mod process;
mod reply;
mod server;
mod state;
mod token;
mod webhook;

use crate::submit::Credentials;
use state::State;
use std::{
    fmt, io,
    net::{SocketAddr, TcpListener},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread::{self, JoinHandle},
    time::Duration,
};
use tokio::sync::oneshot;

/// How the sandbox behaves where the service's pages say nothing, and what goes wrong.
///
/// ```
/// use idenfy_preflight::sandbox::{Fault, Settings};
/// use std::time::Duration;
/// let mut settings = Settings::default();
/// settings.latency = Duration::from_millis(200);
/// settings.fault = Fault::TooManyRequests;
/// settings.photo_check = false;
/// assert!(settings.contract && settings.token_burns_on_error);
/// ```
#[derive(Clone)]
#[non_exhaustive]
pub struct Settings {
    /// Whether the contract has direct processing.
    pub contract: bool,
    /// Whether a refused call spends its token. Default: yes, the cautious reading.
    pub token_burns_on_error: bool,
    /// What the 20 MB count.
    pub limit_counts: LimitCounts,
    /// The field that carries the token.
    pub token_field: TokenFields,
    /// Whether an image that the session does not ask for refuses the call, as a key that is written wrongly does.
    /// Default: yes, the cautious reading.
    pub refuse_unasked: bool,
    /// Whether photos are looked at, by this library's own measures; each photo takes a fraction of a second.
    pub photo_check: bool,
    /// How long every answer takes.
    pub latency: Duration,
    /// What goes wrong with calls to `/api/v2/process`.
    pub fault: Fault,
    /// The key that signs webhooks; `None` for the API secret, as in older accounts.
    pub webhook_key: Option<String>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            contract: true,
            token_burns_on_error: true,
            limit_counts: LimitCounts::Body,
            token_field: TokenFields::Either,
            refuse_unasked: true,
            photo_check: true,
            latency: Duration::ZERO,
            fault: Fault::None,
            webhook_key: None,
        }
    }
}

impl fmt::Debug for Settings {
    /// Shows all but the key.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            contract,
            token_burns_on_error,
            limit_counts,
            token_field,
            refuse_unasked,
            photo_check,
            latency,
            fault,
            webhook_key: _,
        } = self;
        f.debug_struct("Settings")
            .field("contract", contract)
            .field("token_burns_on_error", token_burns_on_error)
            .field("limit_counts", limit_counts)
            .field("token_field", token_field)
            .field("refuse_unasked", refuse_unasked)
            .field("photo_check", photo_check)
            .field("latency", latency)
            .field("fault", fault)
            .finish_non_exhaustive()
    }
}

/// What the 20 MB count.
///
/// ```
/// use idenfy_preflight::sandbox::{LimitCounts, Settings};
/// assert_eq!(Settings::default().limit_counts, LimitCounts::Body);
/// assert_eq!(LimitCounts::ALL[1], ("images", LimitCounts::Images));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LimitCounts {
    /// The whole JSON body.
    Body,
    /// The images' bytes before base64.
    Images,
}

impl LimitCounts {
    /// Both, with the names that `--limit-counts` takes.
    pub const ALL: [(&'static str, Self); 2] = [("body", Self::Body), ("images", Self::Images)];
}

/// The field that carries the token.
///
/// ```
/// use idenfy_preflight::sandbox::{Settings, TokenFields};
/// assert_eq!(Settings::default().token_field, TokenFields::Either);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenFields {
    /// `token`, as on the newest page.
    Token,
    /// `authToken`, as on all earlier ones.
    AuthToken,
    /// Either.
    Either,
}

impl TokenFields {
    /// All, with the names that `--token-field` takes.
    pub const ALL: [(&'static str, Self); 3] =
        [("token", Self::Token), ("authToken", Self::AuthToken), ("either", Self::Either)];
}

/// What goes wrong.
///
/// ```
/// use idenfy_preflight::sandbox::Fault;
/// let named = Fault::ALL.iter().find(|(name, _)| *name == "half-answer");
/// assert_eq!(named.map(|(_, fault)| *fault), Some(Fault::HalfAnswer));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// Nothing.
    #[default]
    None,
    /// The connection is closed before any of the body is read.
    Hangup,
    /// The connection is closed in the middle of the body.
    CutBody,
    /// The call is carried out, and the connection closed without an answer.
    Reset,
    /// The call is carried out, and half of an answer comes.
    HalfAnswer,
    /// The call is carried out, and the answer never comes.
    Silence,
    /// Status 500, INTERNAL_ERROR.
    InternalError,
    /// Status 429 with Retry-After.
    TooManyRequests,
    /// Status 429 without.
    TooManyRequestsBare,
    /// Status 413 and a page of HTML, as a proxy answers.
    TooLarge,
    /// Status 502 and a page of HTML, as a proxy answers.
    BadGateway,
    /// Status 307 to the same path of another host.
    Redirect,
}

impl Fault {
    /// All, with the names that `--fault` takes.
    pub const ALL: [(&'static str, Self); 12] = [
        ("none", Self::None),
        ("hangup", Self::Hangup),
        ("cut-body", Self::CutBody),
        ("reset", Self::Reset),
        ("half-answer", Self::HalfAnswer),
        ("silence", Self::Silence),
        ("500", Self::InternalError),
        ("429", Self::TooManyRequests),
        ("429-bare", Self::TooManyRequestsBare),
        ("413", Self::TooLarge),
        ("502", Self::BadGateway),
        ("redirect", Self::Redirect),
    ];
}

struct Shared {
    settings: Mutex<Settings>,
    state: Mutex<State>,
    credentials: Credentials,
    address: SocketAddr,
}

impl Shared {
    fn settings(&self) -> MutexGuard<'_, Settings> {
        self.settings.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A running server; it stops when this is dropped.
///
/// ```
/// use idenfy_preflight::{sandbox::{Sandbox, Settings}, submit::Credentials};
/// let sandbox = Sandbox::start("127.0.0.1:0".parse()?, Credentials::new("key", "secret")?, Settings::default())?;
/// println!("IDENFY_BASE_URL=http://{}", sandbox.address());
/// assert!(sandbox.all_bodies().is_empty());
/// drop(sandbox); // it stops
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Sandbox {
    shared: Arc<Shared>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Sandbox {
    /// Listens.
    ///
    /// # Errors
    /// When the address is not of this machine alone, or cannot be listened on.
    ///
    /// ```
    /// use idenfy_preflight::{sandbox::{Sandbox, Settings}, submit::Credentials};
    /// let start = |address: &str| Sandbox::start(address.parse().unwrap(), Credentials::new("key", "secret").unwrap(), Settings::default());
    /// assert!(start("127.0.0.1:0").is_ok()); // any free port
    /// assert!(start("0.0.0.0:0").is_err(), "never for other machines");
    /// ```
    pub fn start(address: SocketAddr, credentials: Credentials, settings: Settings) -> io::Result<Self> {
        if !address.ip().is_loopback() {
            return Err(io::Error::other("the sandbox listens on loopback addresses alone (127.0.0.1, ::1)"));
        }
        let listener = TcpListener::bind(address)?;
        listener.set_nonblocking(true)?;
        let shared = Arc::new(Shared {
            settings: Mutex::new(settings),
            state: Mutex::default(),
            credentials,
            address: listener.local_addr()?,
        });
        let runtime = tokio::runtime::Builder::new_current_thread().enable_io().enable_time().build()?;
        let (stop, stopped) = oneshot::channel();
        let served = Arc::clone(&shared);
        let thread = thread::spawn(move || {
            runtime.block_on(async {
                if let Ok(listener) = tokio::net::TcpListener::from_std(listener) {
                    let serving = tokio::spawn(server::serve(listener, served));
                    let _ = stopped.await;
                    serving.abort();
                }
            });
            runtime.shutdown_background();
        });
        Ok(Self { shared, stop: Some(stop), thread: Some(thread) })
    }

    /// Where it listens.
    ///
    /// ```
    /// use idenfy_preflight::{sandbox::{Sandbox, Settings}, submit::Credentials};
    /// let sandbox = Sandbox::start("127.0.0.1:0".parse()?, Credentials::new("key", "secret")?, Settings::default())?;
    /// assert_ne!(sandbox.address().port(), 0);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn address(&self) -> SocketAddr {
        self.shared.address
    }

    /// Changes what goes wrong from now on.
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
    /// # use idenfy_preflight::{sandbox::{Sandbox, Settings}, submit::{BaseUrl, Credentials, Patience, Submitter}};
    /// # let keys = || Credentials::new("key", "secret");
    /// # let sandbox = Sandbox::start("127.0.0.1:0".parse()?, keys()?, Settings::default())?;
    /// # let base = BaseUrl::new(&format!("http://{}", sandbox.address()))?;
    /// # let submitter = Submitter::to(base, Patience::default(), keys()?);
    /// use idenfy_preflight::{sandbox::Fault, submit::Ledger};
    /// sandbox.set_fault(Fault::Reset);
    /// let answer = submitter.ledger(Ledger::new().into()).submit(&request, report);
    /// assert_eq!(answer.name(), "unknown", "the body left, and no answer came");
    /// # }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn set_fault(&self, fault: Fault) {
        self.shared.settings().fault = fault;
    }

    /// How many bodies with this token arrived from those who have the key, whole or in part; `GET /calls` tells it to
    /// other programs. The latest hundred thousand tokens are remembered.
    ///
    /// ```
    /// use idenfy_preflight::{sandbox::{Sandbox, Settings}, submit::Credentials};
    /// let sandbox = Sandbox::start("127.0.0.1:0".parse()?, Credentials::new("key", "secret")?, Settings::default())?;
    /// assert_eq!(sandbox.bodies("3FA5TFPA2ZE3LMPGGS1EGOJNJE"), 0);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn bodies(&self, token: &str) -> usize {
        self.shared.state().bodies.get(token).copied().unwrap_or(0)
    }

    /// How many bodies arrived for each token.
    ///
    /// ```
    /// use idenfy_preflight::{sandbox::{Sandbox, Settings}, submit::Credentials};
    /// let sandbox = Sandbox::start("127.0.0.1:0".parse()?, Credentials::new("key", "secret")?, Settings::default())?;
    /// // After a load test: no token was sent twice.
    /// assert!(sandbox.all_bodies().iter().all(|bodies| *bodies <= 1));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn all_bodies(&self) -> Vec<usize> {
        self.shared.state().bodies.values().copied().collect()
    }

    /// Waits until the server ends, which it does not by itself.
    ///
    /// ```
    /// use idenfy_preflight::{sandbox::{Sandbox, Settings}, submit::Credentials};
    /// let sandbox = Sandbox::start("127.0.0.1:0".parse()?, Credentials::new("key", "secret")?, Settings::default())?;
    /// # if false {
    /// sandbox.wait(); // until the process ends
    /// # }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn wait(mut self) {
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl fmt::Debug for Sandbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sandbox").field("address", &self.address()).finish_non_exhaustive()
    }
}
