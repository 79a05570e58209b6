//! Sessions, in memory.

use super::{
    Shared,
    reply::{self, Reply},
};
use crate::{Session, format::find};
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, HashMap},
    time::Instant,
};

#[derive(Default)]
pub(super) struct State {
    /// By token.
    pub sessions: HashMap<String, Issued>,
    /// Bodies that arrived, by token.
    pub bodies: HashMap<String, usize>,
    /// Webhooks that came back and were verified, one JSON a line.
    pub webhooks: Vec<String>,
    pub made: u64,
}

/// A session that was created.
#[derive(Clone)]
pub(super) struct Issued {
    pub session: Session,
    pub scan_ref: String,
    pub client_id: String,
    pub external_ref: Value,
    pub callback_url: Option<String>,
    pub expires: Option<Instant>,
    pub used: bool,
    pub verdict: Option<Verdict>,
}

/// What came of processing.
#[derive(Clone)]
pub(super) struct Verdict {
    pub overall: &'static str,
    pub auto_document: String,
    pub auto_face: String,
    pub additional_steps: BTreeMap<String, &'static str>,
}

impl State {
    /// Counts a body, whole or not, by the token at its beginning.
    pub fn count(&mut self, body: &[u8]) {
        let token = [&b"\"token\":\""[..], b"\"authToken\":\""].iter().find_map(|field| {
            let rest = body.get(find(body.get(..1000).unwrap_or(body), field)? + field.len()..)?;
            rest.split(|b| *b == b'"').next()
        });
        if let Some(token) = token {
            *self.bodies.entry(String::from_utf8_lossy(token).into_owned()).or_default() += 1;
        }
    }
}

/// The status of a session, as the webhook will have it.
pub(super) fn summary(issued: &Issued) -> Value {
    let verdict = issued.verdict.as_ref();
    json!({
        "overall": verdict.map_or("ACTIVE", |v| v.overall),
        "autoDocument": verdict.map(|v| &v.auto_document), "autoFace": verdict.map(|v| &v.auto_face),
        "manualDocument": null, "manualFace": null, "fraudTags": [], "mismatchTags": [],
        "additionalSteps": verdict.filter(|v| !v.additional_steps.is_empty()).map(|_| "VALID"),
    })
}

/// `POST /api/v2/status`.
pub(super) fn status(shared: &Shared, body: &[u8]) -> Reply {
    let value = match parse(body) {
        Ok(value) => value,
        Err(reply) => return reply,
    };
    let Some(scan_ref) = value.get("scanRef").and_then(Value::as_str) else {
        return reply::error(400, "MISSING_VALUE", "No value provided for 'scanRef'");
    };
    let state = shared.state();
    let Some(issued) = state.sessions.values().find(|i| i.scan_ref == scan_ref) else {
        return reply::error(404, "BAD_VALUE", "No such scanRef");
    };
    let mut answer = summary(issued);
    if let Value::Object(map) = &mut answer {
        let overall = map.remove("overall");
        map.extend([
            ("status".to_owned(), overall.unwrap_or_default()),
            ("scanRef".to_owned(), json!(issued.scan_ref)),
            ("clientId".to_owned(), json!(issued.client_id)),
        ]);
    }
    reply::json(200, &answer)
}

/// A body as a JSON object.
pub(super) fn parse(body: &[u8]) -> Result<Value, Reply> {
    let text = str::from_utf8(body).map_err(|_| reply::error(400, "ENCODING_ERROR", "The body is not valid UTF-8"))?;
    let value: Value =
        serde_json::from_str(text).map_err(|_| reply::error(400, "JSON_ERROR", "The body is not valid JSON"))?;
    match value {
        Value::Object(_) => Ok(value),
        _ => Err(reply::error(400, "BAD_VALUE", "The body is not a JSON object")),
    }
}
