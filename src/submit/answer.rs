//! What came of a call: every answer that the service is known to give, as a type.

use super::{
    NotSentReason,
    http::{Lost, Reply},
    redact::strike,
};
use crate::{
    Request,
    report::{Report, text::printable},
    submission::Token,
};
use said::Read;
pub use said::{Identifier, Said};
use serde_json::{Map, Value, json};
use std::{fmt, time::Duration};

mod said;

/// What came of a call.
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
/// use idenfy_preflight::submit::Answer;
/// let answer = Answer::from_response(429, Some("30"), b"", &request, Some(report));
/// match &answer {
///     Answer::Accepted => println!("the result comes by webhook"),
///     Answer::Refused { retry_after: Some(wait), .. } => println!("a new session, in {} s", wait.as_secs()),
///     other => println!("{other}"), // each says what to do
/// }
/// assert_eq!((answer.name(), answer.token_is_good()), ("refused", false));
/// assert_eq!(answer.to_json()["retry_after"], 30);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Answer {
    /// 200 without a body: the images are being processed, the result comes by webhook.
    Accepted,
    /// 200 with an error: the document was not detected in the photo.
    NotDetected {
        /// What the service said.
        said: Said,
        /// What to do now.
        advice: Advice,
    },
    /// The service, or something before it, said no.
    Refused {
        /// The HTTP status.
        status: u16,
        /// What the service said.
        said: Said,
        /// How long to wait, when `Retry-After` says so in seconds.
        retry_after: Option<Duration>,
    },
    /// Not a byte of the body left: the token is as good as it was.
    NotSent(NotSentReason),
    /// The body left, at least in part, and no answer came that says what became of it: never sent again.
    Unknown {
        /// What happened.
        what: String,
        /// Bytes of the body that may have left.
        bytes: u64,
        /// By which `POST /api/v2/status` tells what became of it, when known.
        scan_ref: Option<String>,
    },
}

/// What to do about a document that was not detected.
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
/// use idenfy_preflight::submit::Answer;
/// let body = br#"{"identifier": "BAD_VALUE", "message": "Document not detected"}"#;
/// let answer = Answer::from_response(200, None, body, &request, Some(report));
/// assert!(matches!(answer, Answer::NotDetected { advice, .. } if !advice.skip_analysis));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Advice {
    /// Whether `skipAnalysis` would help: the pictures can be read, and something named made the service's check
    /// object. Where it was set already, or the pictures are bad, a clearer photo is needed.
    pub skip_analysis: bool,
    /// Why, one reason a line.
    pub because: Vec<String>,
}

impl Answer {
    /// What an answer says that came to a request sent by other means than [`Submitter`](super::Submitter): the status,
    /// the header `Retry-After`, and the whole body. `report` is that of the same check. The token is struck out of what
    /// is quoted.
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
    /// use idenfy_preflight::submit::Answer;
    /// // `request.body()` was sent by a client of your own, and 200 came back without a body.
    /// assert_eq!(Answer::from_response(200, None, b"", &request, Some(report)), Answer::Accepted);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn from_response(
        status: u16,
        retry_after: Option<&str>,
        body: &[u8],
        request: &Request,
        report: Option<&Report>,
    ) -> Self {
        let token = request.token().map(Token::expose).unwrap_or_default();
        let redact = |text: &str| strike(text, token);
        let bytes = request.body().len() as u64;
        let call =
            Call { bytes, scan_ref: request.scan_ref(), skipped: request.skips_analysis(), report, redact: &redact };
        let (retry_after, body) = (retry_after.map(str::to_owned), body.to_vec().into());
        Self::new(Ok(Reply { status, retry_after, body, cut: false }), &call)
    }

    /// From what came back, and what the check had found.
    pub(super) fn new(came: Result<Reply, Lost>, call: &Call<'_>) -> Self {
        let unknown = |what: String, bytes| Self::Unknown {
            what: (call.redact)(&what),
            bytes,
            scan_ref: call.scan_ref.map(str::to_owned),
        };
        let reply = match came {
            Ok(reply) => reply,
            Err(Lost::Before(reason)) => return Self::NotSent(reason),
            Err(Lost::After(bytes, what)) => return unknown(what, bytes),
        };
        let read = Said::read(&reply, call.redact);
        match (reply.status, read) {
            (200, _) if reply.cut => unknown("the answer was cut off".into(), call.bytes),
            (200, Read::Nothing) => Self::Accepted,
            (200, Read::Service(said)) => Self::NotDetected { said, advice: Advice::new(call) },
            (200..=299, _) => {
                unknown(format!("status {} with an answer that is not the service's", reply.status), call.bytes)
            }
            // A gateway that had no answer itself.
            (502 | 504, Read::Nothing | Read::Other(_)) => {
                unknown(format!("status {} from a gateway before the service", reply.status), call.bytes)
            }
            (status, read) => {
                let said = match read {
                    Read::Nothing => Said::default(),
                    Read::Service(said) | Read::Other(said) => said,
                };
                let retry_after = reply.retry_after.and_then(|s| s.trim().parse().ok()).map(Duration::from_secs);
                Self::Refused { status, said, retry_after }
            }
        }
    }

    /// The name of the case.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::NotDetected { .. } => "not_detected",
            Self::Refused { .. } => "refused",
            Self::NotSent(_) => "not_sent",
            Self::Unknown { .. } => "unknown",
        }
    }

    /// Whether the token can still be used. Where the pages do not say whether it is spent, it is taken to be.
    ///
    /// ```
    /// use idenfy_preflight::submit::{Answer, NotSentReason};
    /// assert!(!Answer::Accepted.token_is_good());
    /// assert!(!Answer::NotSent(NotSentReason::TokenSent).token_is_good());
    /// assert!(Answer::NotSent(NotSentReason::Host("ivs.idenfy.com".into())).token_is_good());
    /// ```
    pub fn token_is_good(&self) -> bool {
        matches!(self, Self::NotSent(reason) if *reason != NotSentReason::TokenSent)
    }

    /// For programs.
    ///
    /// ```
    /// use idenfy_preflight::submit::Answer;
    /// assert_eq!(Answer::Accepted.to_json()["answer"], "accepted");
    /// ```
    pub fn to_json(&self) -> Value {
        let mut object = Map::from_iter([
            ("answer".to_owned(), json!(self.name())),
            ("token_is_good".to_owned(), json!(self.token_is_good())),
            ("message".to_owned(), json!(self.to_string())),
        ]);
        let more = match self {
            Self::Accepted => json!({}),
            Self::NotDetected { said, advice } => {
                json!({"service": said.to_json(), "skip_analysis": {"recommended": advice.skip_analysis, "because": advice.because}})
            }
            Self::Refused { status, said, retry_after } => {
                json!({"status": status, "service": said.to_json(), "retry_after": retry_after.map(|d| d.as_secs())})
            }
            Self::NotSent(reason) => json!({"reason": reason.to_string()}),
            Self::Unknown { what, bytes, scan_ref } => json!({"reason": what, "bytes": bytes, "scanRef": scan_ref}),
        };
        object.extend(more.as_object().cloned().unwrap_or_default());
        object.into()
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Accepted => f.write_str("Accepted: the result comes by webhook."),
            Self::NotDetected { said, advice } => {
                write!(
                    f,
                    "Not detected: the service found no document in the photo{said}. The token is probably spent: create a new session and "
                )?;
                match advice.skip_analysis {
                    true => {
                        let because = printable(&advice.because.join("; "));
                        write!(f, "send the same photos with skipAnalysis ({because}).")
                    }
                    false => f.write_str("send a clearer photo with the whole document in it."),
                }
            }
            Self::Refused { status, said, retry_after } => {
                write!(f, "Refused with status {status}{said}.")?;
                match (status, retry_after) {
                    (300..=399, _) => {
                        f.write_str(" The address redirects, which is never followed: set the base URL right.")
                    }
                    (413, _) => f.write_str(
                        " The body is too large for what stands before the service: send it with a smaller budget.",
                    ),
                    (_, Some(wait)) => write!(f, " Wait {} s before the next call.", wait.as_secs()),
                    (429, None) => f.write_str(" Wait before the next call, longer each time."),
                    _ => Ok(()),
                }?;
                f.write_str(" The token may be spent: create a new session.")
            }
            Self::NotSent(reason) => write!(f, "Not sent: {}.", printable(&reason.to_string())),
            Self::Unknown { what, bytes, scan_ref } => {
                let what = printable(what);
                write!(
                    f,
                    "Unknown: up to {bytes} bytes of the body left, and then: {what}. It is not sent again, for the token may be spent; ask POST /api/v2/status "
                )?;
                match scan_ref {
                    Some(scan_ref) => write!(f, "for scanRef {}.", printable(scan_ref)),
                    None => f.write_str("with the scanRef of the session's creation."),
                }
            }
        }
    }
}

/// What an answer is read against.
pub(super) struct Call<'a> {
    pub bytes: u64,
    pub scan_ref: Option<&'a str>,
    pub skipped: bool,
    pub report: Option<&'a Report>,
    /// Cuts token and credentials out of a text.
    pub redact: &'a dyn Fn(&str) -> String,
}

impl Advice {
    fn new(call: &Call<'_>) -> Self {
        let skip = call.report.map(|r| r.skip_analysis.clone()).unwrap_or_default();
        Self { skip_analysis: skip.recommended && !call.skipped, because: skip.because }
    }
}

#[cfg(test)]
mod tests;
