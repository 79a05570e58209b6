//! The result, as it comes by webhook.

use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};
use sha2::Sha256;
use std::fmt;

/// The header that carries the signature.
pub const SIGNATURE: &str = "Idenfy-Signature";

/// Why a webhook is not to be believed.
///
/// ```
/// use idenfy_preflight::submit::webhook::{self, WebhookError};
/// assert_eq!(webhook::verify([], b"{}", b"key"), Err(WebhookError::Missing));
/// let forged = [("Idenfy-Signature", &[b'0'; 64][..])];
/// assert_eq!(webhook::verify(forged, b"{}", b"key"), Err(WebhookError::Wrong));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WebhookError {
    /// No signature.
    #[error("there is no Idenfy-Signature header")]
    Missing,
    /// More than one.
    #[error("there is more than one Idenfy-Signature header")]
    Several,
    /// Not 64 hexadecimal digits.
    #[error("the signature is not 64 hexadecimal digits")]
    Malformed,
    /// Signed by another key, or the body was changed, if only by being parsed and written anew.
    #[error("the signature does not fit the body")]
    Wrong,
    /// Rightly signed, and not what a webhook holds.
    #[error("the body is not a JSON object of the documented kind")]
    NotJson,
}

/// Verifies a webhook over its raw bytes, in constant time, and reads it. `headers` are all of the request's, in any
/// case; `key` is the one set for the webhook (in older accounts the API secret).
///
/// # Errors
/// [`WebhookError`]; the payload is not looked at before the signature fits.
///
/// ```
/// use idenfy_preflight::submit::webhook;
/// let (key, body) = (b"the webhook's key", br#"{"scanRef": "0a1b", "status": {"overall": "DENIED", "autoDocument": "DOC_GLARED"}}"#);
/// let signature = webhook::sign(body, key); // the service's part
/// let headers = [("Idenfy-Signature", signature.as_bytes())];
/// let payload = webhook::verify(headers, body, key)?;
/// assert_eq!(payload.scan_ref.as_deref(), Some("0a1b"));
/// assert!(webhook::verify(headers, b"{}", key).is_err());
/// # Ok::<(), idenfy_preflight::submit::webhook::WebhookError>(())
/// ```
pub fn verify<'h>(
    headers: impl IntoIterator<Item = (&'h str, &'h [u8])>,
    body: &[u8],
    key: &[u8],
) -> Result<Payload, WebhookError> {
    let mut signatures = headers.into_iter().filter(|(name, _)| name.eq_ignore_ascii_case(SIGNATURE)).map(|h| h.1);
    let signature = signatures.next().ok_or(WebhookError::Missing)?;
    if signatures.next().is_some() {
        return Err(WebhookError::Several);
    }
    let signature = from_hex(signature.trim_ascii()).ok_or(WebhookError::Malformed)?;
    mac(body, key).verify_slice(&signature).map_err(|_| WebhookError::Wrong)?;
    serde_json::from_slice(body).map_err(|_| WebhookError::NotJson)
}

/// The signature of a body: the hexadecimal HMAC-SHA256.
///
/// ```
/// use idenfy_preflight::submit::webhook::{sign, verify};
/// let signature = sign(b"{}", b"key"); // to test a handler with
/// assert!(verify([("idenfy-signature", signature.as_bytes())], b"{}", b"key").is_ok());
/// ```
pub fn sign(body: &[u8], key: &[u8]) -> String {
    mac(body, key).finalize().into_bytes().iter().map(|b| format!("{b:02x}")).collect()
}

fn mac(body: &[u8], key: &[u8]) -> Hmac<Sha256> {
    // HMAC takes keys of any length (RFC 2104); the fallback cannot be reached.
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap_or_else(|_| Hmac::new(&Default::default()));
    mac.update(body);
    mac
}

fn from_hex(text: &[u8]) -> Option<[u8; 32]> {
    let digit = |b: &u8| char::from(*b).to_digit(16);
    let bytes: Option<Vec<u8>> = text
        .chunks(2)
        .map(|pair| match pair {
            [a, b] => Some((digit(a)? * 16 + digit(b)?) as u8),
            _ => None,
        })
        .collect();
    bytes?.try_into().ok()
}

/// The documented part of a webhook. Whatever is missing, null or of another type is empty; what is not named here is
/// in `further`.
///
/// ```
/// use idenfy_preflight::submit::webhook;
/// let (key, body) = (b"the webhook's key", br#"{"scanRef": "0a1b", "status": {"overall": "DENIED", "autoDocument": "DOC_GLARED"}}"#);
/// let signature = webhook::sign(body, key); // the service's part
/// let headers = [("Idenfy-Signature", signature.as_bytes())];
/// let payload = webhook::verify(headers, body, key)?;
/// assert_eq!(payload.status.overall.as_deref(), Some("DENIED"));
/// assert!(payload.client_id.is_none() && payload.further.is_empty());
/// # Ok::<(), idenfy_preflight::submit::webhook::WebhookError>(())
/// ```
#[derive(Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct Payload {
    /// Whether no further result follows.
    #[serde(deserialize_with = "lenient")]
    pub r#final: Option<bool>,
    /// By which the session is known.
    #[serde(deserialize_with = "lenient")]
    pub scan_ref: Option<String>,
    /// The caller's own name for the user.
    #[serde(deserialize_with = "lenient")]
    pub client_id: Option<String>,
    /// The caller's own name for the session.
    #[serde(deserialize_with = "lenient")]
    pub external_ref: Option<String>,
    /// The verdict.
    #[serde(deserialize_with = "lenient")]
    pub status: Status,
    /// Everything else.
    #[serde(flatten)]
    pub further: Map<String, Value>,
}

impl fmt::Debug for Payload {
    /// Shows the verdict; the person stays out, of whom `further` has name, date of birth and address.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { r#final, scan_ref, status, .. } = self;
        let mut shown = f.debug_struct("Payload");
        shown.field("final", r#final).field("scan_ref", scan_ref).field("status", status).finish_non_exhaustive()
    }
}

/// The verdict, in the service's own words; the lists of them grow.
///
/// ```
/// use idenfy_preflight::submit::webhook;
/// let (key, body) = (b"the webhook's key", br#"{"scanRef": "0a1b", "status": {"overall": "DENIED", "autoDocument": "DOC_GLARED"}}"#);
/// let signature = webhook::sign(body, key); // the service's part
/// let headers = [("Idenfy-Signature", signature.as_bytes())];
/// let status = webhook::verify(headers, body, key)?.status;
/// assert_eq!(status.codes().collect::<Vec<_>>(), ["DOC_GLARED"]);
/// # Ok::<(), idenfy_preflight::submit::webhook::WebhookError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct Status {
    /// APPROVED, DENIED, SUSPECTED, REVIEWING, EXPIRED, ACTIVE, DELETED or ARCHIVED.
    #[serde(deserialize_with = "lenient")]
    pub overall: Option<String>,
    /// DOC_VALIDATED, DOC_TOO_BLURRY …
    #[serde(deserialize_with = "lenient")]
    pub auto_document: Option<String>,
    /// FACE_MATCH, FACE_NOT_CHECKED …
    #[serde(deserialize_with = "lenient")]
    pub auto_face: Option<String>,
    /// As `auto_document`, by a person.
    #[serde(deserialize_with = "lenient")]
    pub manual_document: Option<String>,
    /// As `auto_face`, by a person.
    #[serde(deserialize_with = "lenient")]
    pub manual_face: Option<String>,
    /// VALID, INVALID or NOT_FOUND.
    #[serde(deserialize_with = "lenient")]
    pub additional_steps: Option<String>,
    /// What looked like fraud, since 2026.
    #[serde(deserialize_with = "lenient")]
    pub fraud_tags: Vec<String>,
    /// The same, until 2025.
    #[serde(deserialize_with = "lenient")]
    pub suspicion_reasons: Vec<String>,
    /// What did not agree with the data given.
    #[serde(deserialize_with = "lenient")]
    pub mismatch_tags: Vec<String>,
}

impl Status {
    /// Every code but the overall one.
    ///
    /// ```
    /// use idenfy_preflight::submit::webhook::Status;
    /// let status: Status = serde_json::from_str(r#"{"autoDocument": "DOC_GLARED", "fraudTags": ["DUPLICATE_FACE"]}"#)?;
    /// assert_eq!(status.codes().collect::<Vec<_>>(), ["DOC_GLARED", "DUPLICATE_FACE"]);
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    pub fn codes(&self) -> impl Iterator<Item = &str> {
        let single = [&self.auto_document, &self.auto_face, &self.manual_document, &self.manual_face];
        let lists = [&self.fraud_tags, &self.suspicion_reasons, &self.mismatch_tags];
        single.into_iter().flatten().chain(lists.into_iter().flatten()).map(String::as_str)
    }
}

fn lenient<'de, D: Deserializer<'de>, T: serde::de::DeserializeOwned + Default>(from: D) -> Result<T, D::Error> {
    Ok(serde_json::from_value(Value::deserialize(from)?).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &[u8] = b"{\"final\":true,\"scanRef\":\"d2714c8a\",\"status\":{\"overall\":\"SUSPECTED\",\"autoDocument\":\"DOC_VALIDATED\",\"suspicionReasons\":[\"FACE_SUSPECTED\"],\"fraudTags\":null,\"manualFace\":7},\"data\":{\"docFirstName\":\"\xc5\xbd\"}}\n";
    /// From another implementation: `python3 -c "import hmac; print(hmac.digest(b'TestingKey', body, 'sha256').hex())"`.
    const SIGNED: &str = "7d54259a2fa3d59afd81f148ef5a9731d3abbb14f376facae4471116d731c4c5";

    #[test]
    fn a_webhook_is_verified_over_its_raw_bytes() {
        let signed =
            |signature: &'static str| verify([("idenfy-signature", signature.as_bytes())], BODY, b"TestingKey");
        let payload = signed(SIGNED).unwrap();
        assert_eq!(payload.scan_ref.as_deref(), Some("d2714c8a"));
        assert_eq!(payload.status.codes().collect::<Vec<_>>(), ["DOC_VALIDATED", "FACE_SUSPECTED"]);
        assert!(payload.further.contains_key("data") && payload.status.manual_face.is_none());
        let shown = format!("{payload:?}");
        assert!(shown.contains("DOC_VALIDATED") && !shown.contains("docFirstName"), "{shown}");
        assert_eq!(sign(BODY, b"TestingKey"), SIGNED);
        let upper = SIGNED.to_uppercase();
        assert!(verify([("IDENFY-SIGNATURE", upper.as_bytes())], BODY, b"TestingKey").is_ok());
        let without_newline = BODY.trim_ascii_end();
        let one = ("Idenfy-Signature", SIGNED.as_bytes());
        assert_eq!(verify([one], without_newline, b"TestingKey"), Err(WebhookError::Wrong));
        assert_eq!(verify([one], BODY, b"testingkey"), Err(WebhookError::Wrong));
        assert_eq!(verify([one, one], BODY, b"TestingKey"), Err(WebhookError::Several));
        assert_eq!(
            verify([("X-Idenfy-Signature", SIGNED.as_bytes())], BODY, b"TestingKey"),
            Err(WebhookError::Missing)
        );
        for bad in ["", "00", "zz", &SIGNED[1..]] {
            assert_eq!(
                verify([("Idenfy-Signature", bad.as_bytes())], BODY, b"TestingKey"),
                Err(WebhookError::Malformed)
            );
        }
    }

    #[test]
    fn signatures_are_those_of_the_standard() {
        // RFC 4231, test cases 2 and 6: a short key, and one longer than a block.
        let short = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
        assert_eq!(sign(b"what do ya want for nothing?", b"Jefe"), short);
        let long = "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54";
        assert_eq!(sign(b"Test Using Larger Than Block-Size Key - Hash Key First", &[0xaa; 131]), long);
    }

    #[test]
    fn what_is_signed_and_no_object_is_told() {
        for body in [&b"[]"[..], b"", b"\xff"] {
            let signature = sign(body, b"k");
            let read = verify([(SIGNATURE, signature.as_bytes())], body, b"k");
            assert_eq!(read, Err(WebhookError::NotJson));
        }
    }
}
