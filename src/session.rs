//! The service's answer to session creation, as far as it decides what direct processing asks for.

use serde::Deserialize;

/// The service's answer to session creation.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct Session {}
