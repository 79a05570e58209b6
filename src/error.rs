//! A run that could not be completed. What is wrong with an image is a [`Finding`](crate::finding::Finding) instead.

use std::path::PathBuf;

/// A run that could not be completed.
///
/// ```
/// use idenfy_preflight::{Error, Image, Step, options::Limits};
/// match Image::open(Step::Front, "no/such/file.jpg", &Limits::default()) {
///     Err(Error::Read { path, what }) => println!("{}: {what}", path.display()),
///     other => panic!("{other:?}"),
/// }
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file could not be read.
    #[error("{}: {what}", path.display())]
    Read {
        /// Which file.
        path: PathBuf,
        /// What stood in the way ("it is a folder").
        what: String,
    },
    /// The session could not be understood.
    #[error(transparent)]
    Session(#[from] crate::session::SessionError),
    /// The caller cancelled.
    #[error("cancelled")]
    Cancelled,
}
