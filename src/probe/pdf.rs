//! The structure of a PDF: encryption, pages, and whether it had to be repaired to be read.

use super::{Details, Header};
use crate::{fault::Refusal, format::Format, options::Limits, pixmap::Orientation};

/// What only a PDF has.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct PdfDetails {
    /// How it is encrypted; `None` when it is not.
    pub encryption: Option<Encryption>,
    /// Pages, as far as [`Limits::max_pages`] were counted; `None` when encryption hides them.
    pub pages: Option<u32>,
    /// Whether the first page is one picture and nothing else, as scanners write.
    pub image_only: bool,
}

/// How a PDF is encrypted (ISO 32000-2, 7.6).
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize)]
#[non_exhaustive]
pub struct Encryption {
    /// The security handler's name: `Standard`, `Adobe.PubSec` …
    pub handler: String,
    /// Revision of the standard handler, 2 to 6.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revision: Option<i64>,
    /// The algorithm as a person would name it: "RC4 40", "RC4 128", "AES-128", "AES-256", "none (attachments only)".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub algorithm: Option<String>,
    /// Whether a password is asked for on opening; `None` where that cannot be told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub needs_password: Option<bool>,
}

/// Reads trailer, encryption and page tree.
///
/// # Errors
/// [`Refusal::Unreadable`], [`Refusal::NoPages`], [`Refusal::Limit`].
pub fn probe(bytes: &[u8], limits: &Limits) -> Result<Header, Refusal> {
    let options = lopdf::LoadOptions::with_max_decompressed_size(limits.max_inflated as usize);
    let encrypted = lopdf::Document::load_metadata_mem(bytes).is_ok_and(|m| m.encrypted);
    let document = lopdf::Document::load_mem_with_options(bytes, options);
    let encrypted = encrypted
        || document.as_ref().is_ok_and(|d| d.is_encrypted() || d.was_encrypted() || d.trailer.has(b"Encrypt"));
    let header = |details| Header {
        format: Format::Pdf,
        width: 0,
        height: 0,
        orientation: Orientation::Upright,
        faults: Vec::new(),
        details: Details::Pdf(details),
    };
    if encrypted {
        return Ok(header(PdfDetails { encryption: Some(Encryption::default()), ..Default::default() }));
    }
    let document = document.map_err(|e| Refusal::unreadable(e.to_string()))?;
    let pages = document.get_pages().len() as u32;
    if pages == 0 {
        return Err(Refusal::NoPages);
    }
    Ok(header(PdfDetails { pages: Some(pages), ..Default::default() }))
}
