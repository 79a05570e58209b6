//! What the API takes. Every value is from iDenfy's documentation; where its pages disagree, both are said.

use crate::submission::DocumentType;

/// What the API takes.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Service {
    /// Bytes of the whole JSON body. Default: 20,000,000. The page says "20 MB (total across all images)" without
    /// saying whether base64 counts or which MB; this is the strictest reading.
    pub max_body_bytes: u64,
    /// Characters of one image's base64. Default: none. The pages of 2022 to 2025 said 6 MB, the newest says nothing.
    pub max_image_base64: Option<u64>,
    /// The field that carries the token. Default: `token`, as on the newest page; all earlier ones said `authToken`.
    pub token_field: TokenField,
    /// Which documents have a back side that has to be sent.
    pub back: BackTable,
}

/// The field that carries the token.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TokenField {
    /// `token`.
    #[default]
    Token,
    /// `authToken`.
    AuthToken,
}

/// Whether BACK has to be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BackSide {
    /// Refused without it.
    Required,
    /// Sent when given.
    Optional,
}

/// Which documents have a back side that has to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BackTable {
    rows: Vec<(Option<String>, DocumentType, BackSide)>,
}

impl Default for Service {
    fn default() -> Self {
        Self {
            max_body_bytes: 20_000_000,
            max_image_base64: None,
            token_field: TokenField::Token,
            back: BackTable { rows: Vec::new() },
        }
    }
}
