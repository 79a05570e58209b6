//! Sessions, in memory.

use super::{
    Shared,
    reply::{self, Reply},
};
use crate::{Session, submission::Step, submit::session::Mode};
use memchr::memmem;
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
    pub asked: Vec<Asked>,
    pub scan_ref: String,
    pub client_id: String,
    pub external_ref: Value,
    pub callback_url: Option<String>,
    pub expires: Option<Instant>,
    pub used: bool,
    pub verdict: Option<Verdict>,
}

/// An additional step, and what is to be done with its image.
#[derive(Clone)]
pub(super) struct Asked {
    /// Upper case; ALL for any.
    pub country: String,
    /// Upper case; ALL for any.
    pub document_type: String,
    pub step: Step,
    pub mode: Mode,
}

/// What came of processing.
#[derive(Clone)]
pub(super) struct Verdict {
    pub overall: &'static str,
    pub auto_document: String,
    pub auto_face: String,
    pub additional_steps: BTreeMap<String, Option<&'static str>>,
}

impl State {
    /// Counts a body, whole or not, by its token.
    pub fn count(&mut self, body: &[u8]) {
        if let Some(token) = [&b"\"token\""[..], b"\"authToken\""].iter().find_map(|field| value(body, field)) {
            *self.bodies.entry(String::from_utf8_lossy(token).into_owned()).or_default() += 1;
        }
    }
}

/// The text after a field's quoted name, in JSON that may have been cut off; a body of images has it at any place.
fn value<'b>(body: &'b [u8], field: &[u8]) -> Option<&'b [u8]> {
    let rest = body.get(memmem::find(body, field)? + field.len()..)?;
    let text = rest.trim_ascii_start().strip_prefix(b":")?.trim_ascii_start().strip_prefix(b"\"")?;
    text.split(|b| *b == b'"').next()
}

/// `GET /calls`: how many bodies arrived for each token and what became of its session, one JSON a line; the token itself
/// is not shown.
pub(super) fn calls(shared: &Shared) -> String {
    let state = shared.state();
    let mut lines: Vec<_> = state
        .bodies
        .iter()
        .map(|(token, bodies)| {
            let issued = state.sessions.get(token);
            let overall = issued.map(|i| i.verdict.as_ref().map_or("ACTIVE", |v| v.overall));
            json!({"scanRef": issued.map(|i| &i.scan_ref), "bodies": bodies, "status": overall}).to_string() + "\n"
        })
        .collect();
    lines.sort();
    lines.concat()
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
