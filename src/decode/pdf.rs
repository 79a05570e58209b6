//! The first page of a PDF, drawn.

use super::Decoded;
use crate::{fault::Refusal, options::Limits, pixmap::View, probe::Header};

/// The first page as a picture.
///
/// # Errors
/// [`Refusal::Unsupported`] without the feature `pdf-render`, [`Refusal::Unreadable`] when the page cannot be drawn.
pub fn view(_bytes: &[u8], _header: &Header, _reduction: u32, _limits: &Limits) -> Result<Decoded<View>, Refusal> {
    Err(Refusal::Unsupported("PDF pages are not drawn in this build".into()))
}
