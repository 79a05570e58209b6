//! What the sandbox says of itself.

use super::{Fault, LimitCounts, Shared, TokenFields};
use serde_json::Value;

/// The OpenAPI description.
pub(super) fn description() -> Value {
    serde_json::from_str(include_str!("openapi.json")).unwrap_or_default()
}

/// What is a switch, and what is assumed, because the service's pages do not say it. Lines of switches can be pasted
/// behind `preflight sandbox` as they stand.
pub(super) fn about(shared: &Shared) -> String {
    let s = shared.settings().clone();
    format!(
        "idenfy-preflight sandbox. Not iDenfy: a local stand-in that follows its published pages.

POST /api/v2/token     creates a session
POST /api/v2/process   direct processing
POST /api/v2/status    what became of it, by scanRef
POST /webhook          takes a webhook, verifies it and keeps it: usable as callbackUrl
GET  /webhooks         those that were kept, one JSON a line
GET  /calls            how many bodies arrived for each token, one JSON a line
GET  /openapi.json     the description of all of these

Not documented, and therefore switches:
--token-burns-on-error {} # whether a refused call spends its token
--limit-counts {} # what the 20 MB count
--token-field {} # the field that carries the token
--refuse-unasked {} # whether an image that the session does not ask for refuses the call
--photo-check {} # whether FRONT and BACK are looked at, by idenfy-preflight's own measures
--contract {} # whether the contract has direct processing
--latency {} # milliseconds before every answer
--fault {} # what goes wrong with calls to /api/v2/process

Not documented, and assumed:
- 20 MB are 20,000,000 bytes; more is answered with 413 and HTML, as a proxy does
- refusals of a call are status 400; without the contract it is 403 PARTNER_CONTRACT_ERROR
- a document that is not detected, or whose file is damaged: 200 with BAD_VALUE; a type that is not detected: 400 with
  BAD_VALUE
- encrypted PDF, PDF where canUploadPDF is false, digital ID, questionnaire, NFC and liveness: 400 with BAD_VALUE
- base64 that is not valid: 400 with ENCODING_ERROR; a scanRef that is not known: 404
- which documents have a back: ID_CARD and RESIDENCE_PERMIT; DRIVER_LICENSE by driverLicenseBack, in US and CN always
- the webhook's verdict: APPROVED, or DENIED with the first code that the photo check foresees
- a session without expiryTime is good for 3600 s; without a mode, additional steps are UPLOAD

Otherwise than at the service:
- callbackUrl is http to this machine alone
- FACE and bills are not looked at: a face always matches, and no address is read or compared; additionalSteps is VALID
- there is one partner, that of the credentials the sandbox was started with
- Host is localhost or a loopback address, else it is 421; the latest 100,000 tokens and 10,000 webhooks are remembered
",
        s.token_burns_on_error,
        name(&LimitCounts::ALL, s.limit_counts),
        name(&TokenFields::ALL, s.token_field),
        s.refuse_unasked,
        s.photo_check,
        s.contract,
        s.latency.as_millis(),
        name(&Fault::ALL, s.fault),
    )
}

fn name<T: Copy + PartialEq>(all: &[(&'static str, T)], one: T) -> &'static str {
    all.iter().find(|a| a.1 == one).map_or("", |a| a.0)
}
