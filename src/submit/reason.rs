//! Why nothing left, in words.

use std::{fmt, io};
use ureq::Timeout;

/// Why nothing left.
///
/// ```
/// use idenfy_preflight::submit::NotSentReason;
/// let reason = NotSentReason::Host("ivs.idenfy.com".into());
/// assert!(reason.passes(), "a moment later it may work");
/// println!("Not sent: {reason}.");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum NotSentReason {
    /// The request carries no token.
    NoToken,
    /// The ledger has the token: it was sent before, by this process or another.
    TokenSent,
    /// The ledger could not be read or written.
    Ledger(String),
    /// This variable names a proxy in a way that cannot be understood. Nothing goes around a proxy that is wanted.
    Proxy(&'static str),
    /// The name of this host, or of the proxy before it, is not known.
    Host(String),
    /// No connection: refused, unreachable, or the proxy would not.
    Connection(String),
    /// No connection in time, with the phase.
    Timeout(String),
    /// The host's certificate was not accepted, and why.
    Certificate(String),
    /// Another fault of TLS.
    Tls(String),
}

impl NotSentReason {
    /// Whether the same call may work a moment later.
    ///
    /// ```
    /// use idenfy_preflight::submit::NotSentReason;
    /// assert!(NotSentReason::Host("ivs.idenfy.com".into()).passes());
    /// assert!(!NotSentReason::TokenSent.passes());
    /// ```
    pub fn passes(&self) -> bool {
        matches!(self, Self::Host(_) | Self::Connection(_) | Self::Timeout(_))
    }

    /// From an error before the body; `names` is what was looked up.
    pub(super) fn new(error: &ureq::Error, names: &str) -> Self {
        let text = error.to_string();
        match error {
            ureq::Error::HostNotFound => Self::Host(names.to_owned()),
            ureq::Error::Io(e) if is_lookup(e) => Self::Host(names.to_owned()),
            ureq::Error::Timeout(phase @ (Timeout::Resolve | Timeout::Connect | Timeout::SendRequest)) => {
                Self::Timeout(phase.to_string())
            }
            ureq::Error::Timeout(phase) => Self::Timeout(phase.to_string()),
            // rustls says it in these words, whichever layer carries it.
            _ if text.contains("certificate") => Self::Certificate(in_words(text)),
            ureq::Error::Tls(_) | ureq::Error::Rustls(_) => Self::Tls(text),
            ureq::Error::Io(e) if e.kind() == io::ErrorKind::InvalidData => Self::Tls(text),
            _ => Self::Connection(text),
        }
    }
}

impl fmt::Display for NotSentReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoToken => f.write_str("the request carries no token"),
            Self::TokenSent => f.write_str("the token was sent before, and is good for one call"),
            Self::Ledger(what) => write!(f, "the ledger of sent tokens failed ({what})"),
            Self::Proxy(variable) => write!(
                f,
                "the proxy in {variable} is not a URL of http, https or socks5; correct it, or unset it to go without"
            ),
            Self::Host(names) => write!(f, "the name {names} is not known; check it, and the network"),
            Self::Connection(what) => write!(f, "no connection ({what})"),
            Self::Timeout(phase) => write!(f, "no connection in time ({phase})"),
            Self::Certificate(what) => write!(f, "the host's certificate was not accepted: {what}"),
            Self::Tls(what) => write!(f, "TLS failed ({what})"),
        }
    }
}

/// Whether a name could not be looked up. The standard library has no kind for it: these are its words on Unix, and
/// Winsock's numbers.
fn is_lookup(error: &io::Error) -> bool {
    error.to_string().starts_with("failed to lookup address information")
        || matches!(error.raw_os_error(), Some(11_001..=11_004))
}

/// What rustls says of certificates, with or without details, and what it means.
const CERTIFICATE: [(&str, &str); 9] = [
    (
        "unknownissuer",
        "its issuer is not trusted. Behind a proxy that opens TLS, or with a private authority, name the authority's \
         certificate as trusted (--ca-file)",
    ),
    ("not valid yet", "it is not valid yet, or this machine's clock is wrong"),
    ("notvalidyet", "it is not valid yet, or this machine's clock is wrong"),
    ("expired", "it has expired, or this machine's clock is wrong"),
    ("not valid for", "it is for another name than that of the base URL"),
    ("notvalidforname", "it is for another name than that of the base URL"),
    ("causedasendentity", "it is an authority's own certificate, where one of a host is needed"),
    ("revoked", "it was revoked"),
    ("badsignature", "its signature is wrong"),
];

fn in_words(text: String) -> String {
    let lower = text.to_lowercase();
    CERTIFICATE.iter().find(|(said, _)| lower.contains(said)).map_or(text, |(_, words)| (*words).to_owned())
}
