//! `POST /api/v2/token`: the fields that direct processing depends on, echoed with their effective values.

use super::{
    Shared,
    reply::{self, Reply},
    state::{Asked, Issued, parse},
};
use crate::{Session, country::Country, submission::Step, submit::session::Mode};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

pub(super) fn create(shared: &Shared, body: &[u8]) -> Reply {
    let value = match parse(body) {
        Ok(value) => value,
        Err(reply) => return reply,
    };
    let empty = Map::new();
    let given = value.as_object().unwrap_or(&empty);
    if let Some(field) = wrong(given) {
        let missing = given.get(field).is_none_or(Value::is_null);
        let (identifier, what) =
            if missing { ("MISSING_VALUE", "No value provided for") } else { ("BAD_VALUE", "Bad value for") };
        return reply::error(400, identifier, &format!("{what} '{field}'"));
    }
    let text = |name: &str| given.get(name).and_then(Value::as_str).map(str::to_owned);
    let mut state = shared.state();
    state.made += 1;
    // Unlike any other, here or in another run; nothing rests on its being hard to guess.
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let random = Sha256::digest(format!("{} {since:?} {}", state.made, shared.address));
    let hex: String = random.iter().map(|b| format!("{b:02x}")).collect();
    let (token, rest) = hex.split_at(26);
    let token = token.to_ascii_uppercase();
    let scan_ref = format!(
        "{}-{}-{}-{}-{}",
        part(rest, 0..8),
        part(rest, 8..12),
        part(rest, 12..16),
        part(rest, 16..20),
        part(rest, 20..32)
    );
    let mut answer = given.clone();
    let expiry = given.get("expiryTime").and_then(Value::as_u64).unwrap_or(3600);
    let defaults = [
        ("tokenType", json!("IDENTIFICATION")),
        ("country", Value::Null),
        ("documents", Value::Null),
        ("driverLicenseBack", json!(false)),
        ("nfcRequired", json!(false)),
        ("checkLiveness", json!(false)),
        ("utilityBill", json!(false)),
        ("questionnaire", Value::Null),
        ("expiryTime", json!(expiry)),
    ];
    for (name, default) in defaults {
        let entry = answer.entry(name).or_insert_with(|| default.clone());
        if entry.is_null() {
            *entry = default;
        }
    }
    answer.insert("message".into(), json!("Token created successfully"));
    answer.insert("authToken".into(), json!(token));
    answer.insert("scanRef".into(), json!(scan_ref));
    let answer = Value::Object(answer);
    let session = match Session::from_json(answer.to_string().as_bytes()) {
        Ok(session) => session,
        Err(e) => return reply::error(400, "BAD_VALUE", &e.to_string()),
    };
    let issued = Issued {
        session,
        asked: given.get("additionalSteps").and_then(asked).unwrap_or_default(),
        scan_ref,
        client_id: text("clientId").unwrap_or_default(),
        external_ref: json!(text("externalRef")),
        callback_url: text("callbackUrl"),
        expires: Instant::now().checked_add(Duration::from_secs(expiry)),
        used: false,
        verdict: None,
    };
    state.sessions.insert(token, issued);
    reply::json(201, &answer)
}

fn part(text: &str, range: std::ops::Range<usize>) -> &str {
    text.get(range).unwrap_or_default()
}

/// The first field that is not as documented.
fn wrong(given: &Map<String, Value>) -> Option<&'static str> {
    let ascii = |v: &Value, most| {
        v.as_str().is_some_and(|s| !s.is_empty() && s.len() <= most && s.bytes().all(|b| (32..127).contains(&b)))
    };
    let code = |v: &Value| v.as_str().is_some_and(|c| c.len() == 2 && c.parse::<Country>().is_ok());
    if !given.get("clientId").is_some_and(|v| ascii(v, 100)) {
        return Some("clientId");
    }
    type Check<'a> = (&'static str, &'a dyn Fn(&Value) -> bool);
    let checks: [Check<'_>; 13] = [
        ("tokenType", &|v| matches!(v.as_str(), Some("IDENTIFICATION" | "DOCUMENT"))),
        ("expiryTime", &|v| v.as_u64().is_some_and(|s| s <= 2_592_000)),
        ("country", &|v| code(v) || v.as_array().is_some_and(|a| a.iter().all(code))),
        ("documents", &|v| v.as_array().is_some_and(|a| a.iter().all(Value::is_string))),
        ("driverLicenseBack", &Value::is_boolean),
        ("nfcRequired", &Value::is_boolean),
        ("checkLiveness", &Value::is_boolean),
        ("utilityBill", &Value::is_boolean),
        ("questionnaire", &Value::is_string),
        ("externalRef", &|v| ascii(v, 40)),
        ("callbackUrl", &|v| v.as_str().is_some_and(loopback)),
        ("additionalData", &Value::is_object),
        ("additionalSteps", &|v| asked(v).is_some()),
    ];
    let wrong = checks.iter().find(|(name, right)| given.get(*name).is_some_and(|v| !v.is_null() && !right(v)));
    // "Can't be used together with additionalSteps."
    let both = || {
        given.get("utilityBill") == Some(&Value::Bool(true))
            && given.get("additionalSteps").is_some_and(|v| !v.is_null())
    };
    wrong.map(|w| w.0).or_else(|| both().then_some("utilityBill"))
}

/// `{COUNTRY|ALL: {TYPE|ALL: {STEP: {type, …}}}}`, flat; `None` for any other shape, and for a mode that is none of
/// UPLOAD, EXTRACT and COMPARE. Where none is named, UPLOAD is assumed.
fn asked(steps: &Value) -> Option<Vec<Asked>> {
    let mut all = Vec::new();
    for (country, types) in steps.as_object()? {
        for (document_type, named) in types.as_object()? {
            for (name, step) in named.as_object()? {
                let mode = match step.as_object()?.get("type").filter(|v| !v.is_null()) {
                    None => Mode::Upload,
                    Some(given) => Mode::ALL.into_iter().find(|m| given == m.name())?,
                };
                let (country, document_type) = (country.to_ascii_uppercase(), document_type.to_ascii_uppercase());
                all.push(Asked { country, document_type, step: Step::from(name.as_str()), mode });
            }
        }
    }
    Some(all)
}

/// The sandbox sends to this machine alone.
fn loopback(url: &str) -> bool {
    url.starts_with("http://") && crate::submit::BaseUrl::new(url).is_ok()
}
