//! Share the budget.

pub mod budget;

use crate::{
    format::Format,
    options::{Limits, Service},
    probe::Header,
    submission::Step,
};
use std::borrow::Cow;

/// An image that wants to be sent.
#[derive(Clone, Copy, Debug)]
pub struct Source<'a> {
    /// Its place.
    pub step: &'a Step,
    /// The file.
    pub bytes: &'a [u8],
    /// Its header.
    pub header: &'a Header,
    /// What is known of the document in it.
    pub hint: Hint,
}

/// What is known of the document in a picture.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Hint {
    /// Pixels of the upright original across the document.
    pub document_px: Option<f32>,
    /// Its width in millimetres.
    pub document_mm: Option<f32>,
}

/// What is sent for an image.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Encoded<'a> {
    /// The file.
    pub bytes: Cow<'a, [u8]>,
    /// Its format.
    pub format: Format,
    /// Pixels across, upright.
    pub width: u32,
    /// Pixels down, upright.
    pub height: u32,
    /// Whether it is another picture than the original.
    pub recompressed: bool,
    /// The JPEG quality it was encoded with.
    pub quality: Option<u8>,
}

/// Why nothing fits.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Infeasible {
    /// The smallest body that can be reached, in bytes.
    pub least: u64,
    /// The limit.
    pub limit: u64,
    /// The step that weighs most.
    pub heaviest: Step,
}

/// Fits all images into the body.
///
/// # Errors
/// [`Infeasible`].
pub fn fit<'a>(
    sources: &[Source<'a>],
    overhead: u64,
    service: &Service,
    _limits: &Limits,
) -> Result<Vec<Encoded<'a>>, Infeasible> {
    let total: u64 = overhead + sources.iter().map(|s| budget::base64_len(s.bytes.len() as u64)).sum::<u64>();
    if total > service.max_body_bytes {
        let heaviest = sources.iter().max_by_key(|s| s.bytes.len()).map_or(Step::Front, |s| s.step.clone());
        return Err(Infeasible { least: total, limit: service.max_body_bytes, heaviest });
    }
    Ok(sources
        .iter()
        .map(|s| {
            let (width, height) = s.header.upright_size();
            Encoded {
                bytes: Cow::Borrowed(s.bytes),
                format: s.header.format,
                width,
                height,
                recompressed: false,
                quality: None,
            }
        })
        .collect())
}
