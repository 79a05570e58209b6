//! Looks at identity-document images before they are sent to iDenfy's Direct Processing API, and hands back a request
//! that is ready to send.
//!
//! A [`Submission`] goes into [`Preflight::check`], an [`Outcome`] comes out: a [report](report::Report) and, when no
//! finding denies it, the [`Request`], whose bytes are the exact body to POST. One image alone is looked at by
//! [`Preflight::inspect`]. The stages in between are public, so that each can be used and measured on its own.
//! [`cookbook`] has whole recipes.
//! What comes after the request is in `submit` and `sandbox`, by the features of these names.
//!
//! ```
//! use idenfy_preflight::{Image, Preflight, Step, Submission};
//!
//! let preflight = Preflight::default();
//! let limits = &preflight.options().limits;
//! let submission = Submission::new()
//!     .token("3FA5TFPA2ZE3LMPGGS1EGOJNJE") // of the session's creation
//!     .country("LT")
//!     .document_type("ID_CARD")
//!     .image(Image::open(Step::Front, "testdata/front.jpg", limits)?)
//!     .image(Image::open(Step::Back, "testdata/back.jpg", limits)?)
//!     .image(Image::open(Step::Face, "testdata/face.jpg", limits)?);
//! let outcome = preflight.check(&submission)?;
//! match &outcome.request {
//!     Some(request) => println!("POST these {} bytes to /api/v2/process", request.body().len()),
//!     None => println!("{}", outcome.report), // what was seen, what was needed, what to do
//! }
//! assert!(outcome.request.is_some());
//! # Ok::<(), idenfy_preflight::Error>(())
//! ```
#![deny(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]
#![warn(clippy::indexing_slicing, clippy::print_stdout, clippy::print_stderr)]
// Tests fail by panicking, and set single options.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]
#![cfg_attr(test, allow(clippy::field_reassign_with_default, clippy::type_complexity))]

#[cfg(any(
    feature = "pdf-render",
    feature = "convert",
    feature = "heic",
    feature = "webp",
    feature = "tiff",
    feature = "bmp",
    feature = "gif"
))]
mod aside;
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
pub mod texts;
mod watch;
// Stages; the corridor has their order.
pub mod check;
pub mod decode;
pub mod format;
pub mod measure;
pub mod preview;
pub mod probe;
pub mod recompress;
pub mod replace;
pub mod report;
pub mod request;
pub mod score;
pub mod unlock;
// The corridor.
pub mod cookbook;
pub mod observe;
pub mod preflight;

// Beyond the request.
#[cfg(feature = "batch")]
pub mod batch;
#[cfg(feature = "sandbox")]
pub mod sandbox;
#[cfg(feature = "submit")]
pub mod submit;

pub use error::Error;
pub use options::Options;
pub use preflight::{Outcome, Preflight};
pub use request::Request;
pub use session::Session;
pub use submission::{Image, SkipAnalysis, Step, Submission};
pub use watch::Cancel;

/// The README's example is compiled and run.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
