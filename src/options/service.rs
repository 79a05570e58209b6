//! What the API takes. Every value is from iDenfy's documentation; where its pages disagree, both are said.

use crate::{country::Country, submission::DocumentType};
use serde::{Deserialize, Serialize};

super::settings! {
/// What the API takes.
///
/// ```
/// use idenfy_preflight::options::{Service, TokenField};
/// let mut service = Service::default();
/// service.token_field = TokenField::AuthToken;
/// assert_eq!((service.max_body_bytes, service.token_field.name()), (20_000_000, "authToken"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Service {
    /// Bytes of the whole JSON body. Default: 20,000,000. The page (Direct Processing, 2026) says "20 MB (total across
    /// all images)" and neither whether base64 counts nor which MB; this is the strictest reading.
    pub max_body_bytes: u64,
    /// Characters of one image's base64. Default: none. The pages of 2022 to 2025 said 6 MB, the newest says nothing.
    /// An image that cannot be made that small is refused (`image_over_cap`); with that rule at another level it is sent
    /// as large as it has to be.
    pub max_image_base64: Option<u64>,
    /// The field that carries the token. Default: `token`, as on the newest page; all earlier ones said `authToken`.
    pub token_field: TokenField,
    /// Which documents have a back side that has to be sent. A file's rows are added to the default ones; a later row wins.
    /// Default: ID cards and residence permits need one, and driving licences of US and CN (dashboard guide, 2026).
    pub back: BackTable,
}
}

impl Default for Service {
    fn default() -> Self {
        Self {
            max_body_bytes: 20_000_000,
            max_image_base64: None,
            token_field: TokenField::default(),
            back: BackTable::default(),
        }
    }
}

/// The field that carries the token.
///
/// ```
/// use idenfy_preflight::options::TokenField;
/// assert_eq!([TokenField::Token.name(), TokenField::AuthToken.name()], ["token", "authToken"]);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum TokenField {
    /// `token`.
    #[default]
    Token,
    /// `authToken`.
    AuthToken,
}

impl TokenField {
    /// The field's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Token => "token",
            Self::AuthToken => "authToken",
        }
    }
}

/// Whether BACK has to be sent.
///
/// ```
/// use idenfy_preflight::{options::{BackSide, BackTable}, submission::DocumentType};
/// let lithuania = "LT".parse().ok();
/// let side = BackTable::default().side(lithuania, DocumentType::Passport, None);
/// assert_ne!(side, BackSide::Required);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BackSide {
    /// The document has no back that matters.
    None,
    /// The account or the session may ask for it: told, not refused, when it is missing.
    Advised,
    /// Refused without it.
    Required,
}

/// Which documents have a back side that has to be sent. The service publishes its table per country, but not in a
/// form that could be copied here; the default follows what its pages say in words. A later row wins.
///
/// ```
/// use idenfy_preflight::{options::{BackSide, BackTable}, submission::DocumentType::IdCard};
/// let (mut table, country) = (BackTable::default(), "XK".parse().ok());
/// assert_eq!(table.side(country, IdCard, None), BackSide::Required);
/// table.set(country, IdCard, BackSide::Advised);
/// assert_eq!(table.side(country, IdCard, None), BackSide::Advised);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Vec<BackRow>", into = "Vec<BackRow>")]
pub struct BackTable {
    rows: Vec<(Option<Country>, DocumentType, BackSide)>,
}

/// A row as it stands in a file.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct BackRow {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    country: Option<Country>,
    document_type: DocumentType,
    side: BackSide,
}

impl From<Vec<BackRow>> for BackTable {
    /// Rows of a file, over the default ones.
    fn from(rows: Vec<BackRow>) -> Self {
        let mut table = Self::default();
        rows.into_iter().for_each(|row| table.set(row.country, row.document_type, row.side));
        table
    }
}

impl From<BackTable> for Vec<BackRow> {
    fn from(table: BackTable) -> Self {
        let row = |(country, document_type, side)| BackRow { country, document_type, side };
        table.rows.into_iter().map(row).collect()
    }
}

impl BackTable {
    /// Overrides the table for one document type, of one country or of all.
    ///
    /// ```
    /// use idenfy_preflight::{options::{BackSide, Service}, submission::DocumentType};
    /// let mut service = Service::default();
    /// service.back.set(None, DocumentType::DriverLicense, BackSide::Required); // as the account is set up
    /// assert_eq!(service.back.side(None, DocumentType::DriverLicense, None), BackSide::Required);
    /// ```
    pub fn set(&mut self, country: Option<Country>, document_type: DocumentType, side: BackSide) {
        self.rows.retain(|(c, t, _)| (*c, *t) != (country, document_type));
        self.rows.push((country, document_type, side));
    }

    /// What the table says; `driver_license_back` is the session's own setting, which decides for driving licences
    /// where the table does not require the back anyway.
    ///
    /// ```
    /// use idenfy_preflight::{options::{BackSide, BackTable}, submission::DocumentType};
    /// let side = |session| BackTable::default().side("LT".parse().ok(), DocumentType::DriverLicense, session);
    /// assert_eq!([side(Some(true)), side(Some(false)), side(None)], [BackSide::Required, BackSide::None, BackSide::Advised]);
    /// ```
    pub fn side(
        &self,
        country: Option<Country>,
        document_type: DocumentType,
        driver_license_back: Option<bool>,
    ) -> BackSide {
        let row = self.rows.iter().rev().find(|(c, t, _)| *t == document_type && (c.is_none() || *c == country));
        let side = row.map_or(BackSide::Advised, |row| row.2);
        match (document_type, driver_license_back) {
            (DocumentType::DriverLicense, Some(back)) if side == BackSide::Advised => {
                if back {
                    BackSide::Required
                } else {
                    BackSide::None
                }
            }
            _ => side,
        }
    }
}

impl Default for BackTable {
    fn default() -> Self {
        use BackSide::*;
        let mut rows = vec![
            (Option::None, DocumentType::Passport, None),
            (Option::None, DocumentType::IdCard, Required),
            (Option::None, DocumentType::ResidencePermit, Required),
            (Option::None, DocumentType::DriverLicense, Advised),
        ];
        // "For USA and China's driver's licenses both front and back" (dashboard guide, document settings, 2026).
        let both = ["US", "CN"].into_iter().filter_map(|c| c.parse().ok());
        rows.extend(both.map(|c| (Some(c), DocumentType::DriverLicense, Required)));
        Self { rows }
    }
}
