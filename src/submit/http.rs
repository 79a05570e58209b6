//! One POST: at most one body leaves, and what is told says whether one may have.

use super::{Credentials, NotSentReason, Wait, proxy};
use std::{
    env,
    io::{self, Read},
    thread,
    time::Duration,
};
use ureq::{
    Agent, SendBody,
    http::Uri,
    tls::{PemItem, RootCerts, TlsConfig, parse_pem},
};
use zeroize::Zeroizing;

/// Where requests go. `https` alone, or `http` to this very machine: credentials and faces are in the request.
///
/// ```
/// use idenfy_preflight::submit::BaseUrl;
/// assert!(BaseUrl::new("https://ivs.idenfy.com").is_ok());
/// assert!(BaseUrl::new("http://ivs.idenfy.com").is_err(), "credentials and faces go over TLS");
/// assert!(BaseUrl::new("http://127.0.0.1:8787").is_ok(), "but for this very machine");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BaseUrl(String);

impl BaseUrl {
    /// Takes an origin, such as `https://ivs.idenfy.com`, with or without a path before `/api`.
    ///
    /// # Errors
    /// What is wrong with it, in words; never the address, which may carry a password.
    ///
    /// ```
    /// use idenfy_preflight::submit::BaseUrl;
    /// let told = BaseUrl::new("ftp://ivs.idenfy.com").unwrap_err();
    /// println!("{told}");
    /// ```
    pub fn new(url: &str) -> Result<Self, &'static str> {
        let uri: Uri = url.parse().map_err(|_| "the base URL is not a URL")?;
        let host = uri.host().unwrap_or_default();
        match uri.scheme_str() {
            Some("https") => {}
            Some("http") if ["127.0.0.1", "localhost", "[::1]"].contains(&host) => {}
            Some("http") => {
                return Err("the base URL is http; credentials are sent by https, or to this machine alone");
            }
            _ => return Err("the base URL does not begin with https://"),
        }
        if uri.authority().is_some_and(|a| a.as_str().contains('@')) || uri.query().is_some() {
            return Err("the base URL has a user or a query in it");
        }
        Ok(Self(url.trim_end_matches('/').to_owned()))
    }
}

impl Default for BaseUrl {
    fn default() -> Self {
        Self("https://ivs.idenfy.com".to_owned())
    }
}

/// What came back.
pub(super) struct Reply {
    pub status: u16,
    pub retry_after: Option<String>,
    pub body: Zeroizing<Vec<u8>>,
    /// The answer's body ended before its time, or was not read to its end.
    pub cut: bool,
}

/// No answer.
pub(super) enum Lost {
    Before(NotSentReason),
    /// So many bytes of the body were handed over, and then this.
    After(u64, String),
}

/// Answers are small; what is longer is not one of the service's.
const MAX_ANSWER: u64 = 1 << 20;

/// How long each phase may take, and how often what certainly did not leave is tried again. Between this program and a
/// proxy for https, and while it is asked for the way (CONNECT), the time counts anew with every read: a proxy that answers
/// byte by byte is waited for as long as it goes on.
///
/// ```
/// use idenfy_preflight::submit::Patience;
/// use std::time::Duration;
/// let patience = Patience { answer: Duration::from_secs(30), waits: vec![], ..Patience::default() };
/// assert_eq!(patience.send, Duration::from_secs(120));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Patience {
    /// For the name, for the connection, and for TLS with the request's head: each may take that long. Default: 10 s.
    pub connect: Duration,
    /// To send the whole body. Default: 120 s, 20 MB at 1.4 Mbit/s.
    pub send: Duration,
    /// Until the answer is there. Default: 60 s.
    pub answer: Duration,
    /// The waits between attempts that did not leave. Default: 1 s, 2 s, 4 s, as iDenfy's page on errors has it.
    pub waits: Vec<Duration>,
}

impl Default for Patience {
    fn default() -> Self {
        let s = Duration::from_secs;
        Self { connect: s(10), send: s(120), answer: s(60), waits: vec![s(1), s(2), s(4)] }
    }
}

pub(super) struct Client {
    /// Without one, why nothing can be sent.
    agent: Result<Agent, NotSentReason>,
    /// What is looked up on the way, for messages.
    names: String,
    base: BaseUrl,
    patience: Patience,
}

impl Client {
    /// A client that trusts these authorities.
    pub fn new(base: BaseUrl, patience: Patience, roots: RootCerts) -> Self {
        let uri = base.0.parse::<Uri>().unwrap_or_default();
        let variable = |name: &str| env::var_os(name).map(|value| value.to_string_lossy().into_owned());
        // What goes to this machine in the clear does not take the way through a proxy.
        let proxy = if base.0.starts_with("http:") { Ok(None) } else { proxy::find(&uri, variable) };
        let host = uri.host().unwrap_or_default();
        let names = match &proxy {
            Ok(Some(proxy)) if proxy.resolve_target() => format!("{host}, or {} of the proxy,", proxy.host()),
            Ok(Some(proxy)) => format!("{} of the proxy", proxy.host()),
            _ => host.to_owned(),
        };
        let agent = proxy.map(|proxy| {
            let config = Agent::config_builder()
                .http_status_as_error(false)
                // Never followed, and told as an answer.
                .max_redirects(0)
                .max_redirects_will_error(false)
                // A kept connection may have died unnoticed, and the body would be lost in it.
                .max_idle_connections(0)
                .timeout_resolve(Some(patience.connect))
                .timeout_connect(Some(patience.connect))
                .timeout_send_request(Some(patience.connect))
                .timeout_send_body(Some(patience.send))
                .timeout_recv_response(Some(patience.answer))
                .timeout_recv_body(Some(patience.answer))
                .tls_config(TlsConfig::builder().root_certs(roots).build())
                .proxy(proxy)
                .user_agent(concat!("idenfy-preflight/", env!("CARGO_PKG_VERSION")));
            config.build().into()
        });
        Self { agent, names, base, patience }
    }

    /// The same, but trusting these authorities alone.
    pub fn trust(self, pem: &[u8]) -> Result<Self, &'static str> {
        let certificates: Vec<_> = parse_pem(pem)
            .filter_map(|item| match item {
                Ok(PemItem::Certificate(certificate)) => Some(Ok(certificate)),
                Ok(_) => None,
                Err(_) => Some(Err("a certificate in it is damaged")),
            })
            .collect::<Result<_, _>>()?;
        if certificates.is_empty() {
            return Err("there is no certificate in it; PEM is needed (-----BEGIN CERTIFICATE-----)");
        }
        Ok(Self::new(self.base, self.patience, certificates.into()))
    }

    /// Posts once; again only while not a byte of the body was handed over.
    pub fn post(&self, path: &str, who: &Credentials, body: &[u8]) -> Result<Reply, Lost> {
        let mut waits: Wait<'_> = self.patience.waits.iter();
        loop {
            match self.attempt(path, who, body) {
                Err(Lost::Before(reason)) if reason.passes() => match waits.next() {
                    Some(wait) => thread::sleep(*wait),
                    None => return Err(Lost::Before(reason)),
                },
                other => return other,
            }
        }
    }

    fn attempt(&self, path: &str, who: &Credentials, body: &[u8]) -> Result<Reply, Lost> {
        let agent = self.agent.as_ref().map_err(|reason| Lost::Before(reason.clone()))?;
        let mut counted = Counted { rest: body, handed: 0 };
        let sent = agent
            .post(format!("{}{path}", self.base.0))
            .header("Authorization", who.header().as_str())
            .header("Content-Type", "application/json")
            .header("Content-Length", body.len())
            .send(SendBody::from_reader(&mut counted));
        let mut response = match sent {
            Ok(response) => response,
            Err(error) if counted.handed == 0 => return Err(Lost::Before(NotSentReason::new(&error, &self.names))),
            Err(error) => return Err(Lost::After(counted.handed, error.to_string())),
        };
        let mut reply = Reply {
            status: response.status().as_u16(),
            retry_after: response.headers().get("Retry-After").and_then(|v| Some(v.to_str().ok()?.to_owned())),
            body: Zeroizing::new(Vec::new()),
            cut: false,
        };
        let read = response.body_mut().as_reader().take(MAX_ANSWER + 1).read_to_end(&mut reply.body);
        reply.cut = read.is_err() || reply.body.len() as u64 > MAX_ANSWER;
        Ok(reply)
    }
}

/// The body, with a count of what was taken from it: what was taken may have left.
struct Counted<'b> {
    rest: &'b [u8],
    handed: u64,
}

impl Read for Counted<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let n = self.rest.read(into)?;
        self.handed += n as u64;
        Ok(n)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_go_nowhere_in_the_clear() {
        for good in
            ["https://ivs.idenfy.com", "https://h/x/", "http://127.0.0.1:8787", "http://localhost:1", "http://[::1]:2"]
        {
            assert!(BaseUrl::new(good).is_ok(), "{good}");
        }
        for bad in
            ["http://ivs.idenfy.com", "http://127.0.0.1.evil.com", "ftp://h", "https://a:b@h", "https://h?x", "h", ""]
        {
            assert!(BaseUrl::new(bad).is_err(), "{bad}");
        }
    }
}
