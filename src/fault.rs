//! What can be wrong with a file: a [`Fault`] that it can be used in spite of, or a [`Refusal`] that ends its way.
//!
//! Both are data about the file, found by `probe` and `decode`; whether they stop a submission is decided in `check`.

use serde::Serialize;
use std::time::Duration;

/// Something is not as it should be, and the picture can be used all the same.
///
/// ```
/// use idenfy_preflight::{fault::Fault, options::Limits, probe};
/// let photo = std::fs::read("testdata/trailing_data.jpg")?;
/// let header = probe::probe(&photo, &Limits::default())?;
/// assert!(matches!(header.faults[0], Fault::Trailing { bytes, .. } if bytes > 0));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Fault {
    /// Part of the file is lost or wrong, the rest was read.
    Damaged(Break),
    /// The picture breaks off, and what common decoders make of such a file is no picture at all (of PNG: libpng and
    /// what is built on it, Pillow, OpenCV, ImageMagick), so that it is of no use to the service. What is there was read.
    BrokenOff(Break),
    /// Bytes after the end of the picture: thumbnails, gain maps, the film of a motion photo.
    Trailing {
        /// How many.
        bytes: u64,
        /// What they are, as far as can be told ("a motion photo's film").
        what: String,
    },
    /// The same bytes are a second kind of file too (a PDF in a JPEG, a zip behind a PNG).
    Polyglot {
        /// The second kind.
        also: &'static str,
    },
    /// A feature that the service's handling of is unknown, and that is lost when the image is encoded anew:
    /// animation, further pages, 16 bits, transparency (then flattened on white).
    Flattened {
        /// Which ("16 bits per sample").
        what: String,
    },
}

impl Fault {
    /// What [`Fault::Flattened`] calls transparency, which is flattened on white.
    pub const TRANSPARENCY: &str = "transparency";
}

/// Where and how a file breaks.
///
/// ```
/// use idenfy_preflight::fault::Break;
/// let lost = Break::new("the picture ends after 1200 of 3024 rows").at_byte(482_113).at_row(1200);
/// assert_eq!((lost.byte, lost.row), (Some(482_113), Some(1200)));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Break {
    /// What was seen, in words, without a full stop ("the picture ends after 1200 of 3024 rows").
    pub what: String,
    /// The byte at which it was seen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub byte: Option<u64>,
    /// The first row of pixels that is missing or wrong, counted in the stored picture.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub row: Option<u32>,
}

impl Break {
    /// A break of which only the kind is known.
    pub fn new(what: impl Into<String>) -> Self {
        Self { what: what.into(), byte: None, row: None }
    }

    /// With the byte at which it was seen.
    pub fn at_byte(mut self, byte: usize) -> Self {
        self.byte = Some(byte as u64);
        self
    }

    /// With the first row that is wrong.
    pub fn at_row(mut self, row: u32) -> Self {
        self.row = Some(row);
        self
    }
}

/// Why nothing can be done with a file.
///
/// ```
/// use idenfy_preflight::{fault::Refusal, options::Limits, probe};
/// let refusal = probe::probe(b"\xFF\xD8\xFF", &Limits::default()).unwrap_err();
/// assert!(matches!(&refusal, Refusal::Unreadable(at) if !at.what.is_empty()));
/// println!("{refusal}"); // in words, without a full stop
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Refusal {
    /// No bytes at all.
    #[error("the file is empty")]
    Empty,
    /// The format is known by its first bytes, the rest does not hold.
    #[error("{}", .0.what)]
    Unreadable(Break),
    /// A valid coding that this service's decoders, or ours, are not known to take (12-bit, lossless, arithmetic JPEG).
    #[error("{0}")]
    Unsupported(String),
    /// More pixels than [`Limits::max_pixels`](crate::options::Limits::max_pixels); seen in the header, nothing was allocated.
    #[error("{width} x {height} pixels")]
    TooManyPixels {
        /// Pixels across, as the header says.
        width: u64,
        /// Pixels down, as the header says.
        height: u64,
    },
    /// Another of the [`Limits`](crate::options::Limits) was met.
    #[error("{what}: {needed} where {limit} is the limit")]
    Limit {
        /// Which limit, in words ("objects in the PDF").
        what: &'static str,
        /// What the file asks for.
        needed: u64,
        /// What is allowed.
        limit: u64,
    },
    /// Looking at it took longer than [`Limits::max_time`](crate::options::Limits::max_time), or was cancelled.
    #[error("it was not done in {} ms", limit.as_millis())]
    TookTooLong {
        /// What is allowed.
        limit: Duration,
    },
    /// A PDF without a page.
    #[error("the PDF has no pages")]
    NoPages,
    /// A decoder failed in a way that it should not (a panic, contained).
    #[error("the {decoder} decoder failed")]
    DecoderFault {
        /// Which one.
        decoder: &'static str,
    },
}

impl Refusal {
    /// Shorthand for a break of which only the kind is known.
    ///
    /// ```
    /// use idenfy_preflight::fault::Refusal;
    /// assert_eq!(Refusal::unreadable("no header").to_string(), "no header");
    /// ```
    pub fn unreadable(what: impl Into<String>) -> Self {
        Self::Unreadable(Break::new(what))
    }
}

/// Runs somebody else's decoder, so that a panic in it becomes a [`Refusal::DecoderFault`].
pub(crate) fn contained<T>(decoder: &'static str, run: impl FnOnce() -> T) -> Result<T, Refusal> {
    // What the closure borrowed is read only, or given up with it.
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(run)).map_err(|_| Refusal::DecoderFault { decoder })
}
