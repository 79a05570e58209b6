//! Looks at identity-document images before they are sent to iDenfy's Direct Processing API, and hands back a request
//! that is ready to send.
#![forbid(unsafe_code)]

// Nouns.
pub mod country;
pub mod error;
pub mod fault;
mod file;
pub mod finding;
pub mod options;
pub mod pixmap;
pub mod rules;
pub mod session;
pub mod submission;
// Stages, in the order in which they run.
pub mod check;
pub mod decode;
pub mod format;
pub mod measure;
pub mod probe;
pub mod recompress;
pub mod report;
pub mod request;
pub mod score;
// The corridor.
pub mod preflight;

pub use error::Error;
pub use options::Options;
pub use preflight::{Cancel, Outcome, Preflight};
pub use request::Request;
pub use session::Session;
pub use submission::{Image, SkipAnalysis, Step, Submission};
