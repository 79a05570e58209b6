//! Sessions, in memory.

use super::{
    Shared,
    reply::{self, Reply},
};
use crate::{Session, submission::Step, submit::session::Mode};
use memchr::memmem;
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    time::Instant,
};

/// Tokens that are remembered; the oldest goes first.
const MAX_TOKENS: usize = 100_000;
/// Bytes of a token that is counted: the service's have some forty.
const MAX_TOKEN: usize = 256;
/// Webhooks that are remembered.
const MAX_WEBHOOKS: usize = 10_000;

#[derive(Default)]
pub(super) struct State {
    pub sessions: ByToken<Issued>,
    /// Bodies that arrived.
    pub bodies: ByToken<usize>,
    /// Webhooks that came back and were verified, one JSON a line.
    webhooks: VecDeque<String>,
    pub made: u64,
}

/// What is known of tokens, of the latest ones.
pub(super) struct ByToken<T> {
    all: HashMap<String, T>,
    /// The oldest first.
    order: VecDeque<String>,
}

impl<T> Default for ByToken<T> {
    fn default() -> Self {
        Self { all: HashMap::new(), order: VecDeque::new() }
    }
}

impl<T> ByToken<T> {
    pub fn get(&self, token: &str) -> Option<&T> {
        self.all.get(token)
    }

    pub fn get_mut(&mut self, token: &str) -> Option<&mut T> {
        self.all.get_mut(token)
    }

    pub fn values(&self) -> impl Iterator<Item = &T> {
        self.all.values()
    }

    pub fn insert(&mut self, token: String, value: T) {
        if self.all.insert(token.clone(), value).is_none() {
            self.order.push_back(token);
        }
        if self.order.len() > MAX_TOKENS
            && let Some(oldest) = self.order.pop_front()
        {
            self.all.remove(&oldest);
        }
    }
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
        let token = [&b"\"token\""[..], b"\"authToken\""].iter().find_map(|field| value(body, field));
        if let Some(token) = token.filter(|token| token.len() <= MAX_TOKEN) {
            let token = String::from_utf8_lossy(token).into_owned();
            match self.bodies.get_mut(&token) {
                Some(bodies) => *bodies += 1,
                None => self.bodies.insert(token, 1),
            }
        }
    }

    /// Keeps a webhook.
    pub fn keep(&mut self, line: String) {
        self.webhooks.push_back(line);
        if self.webhooks.len() > MAX_WEBHOOKS {
            self.webhooks.pop_front();
        }
    }

    /// `GET /webhooks`.
    pub fn webhooks(&self) -> String {
        self.webhooks.iter().map(String::as_str).collect()
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
        .all
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_remembered_is_bounded() {
        let mut state = State::default();
        for i in 0..=MAX_TOKENS {
            state.count(format!("{{\"token\":\"{i}\"}}").as_bytes());
        }
        state.count(b"{\"token\":\"7\"}");
        state.count(format!("{{\"token\":\"{}\"}}", "x".repeat(MAX_TOKEN + 1)).as_bytes());
        assert_eq!((state.bodies.values().count(), state.bodies.order.len()), (MAX_TOKENS, MAX_TOKENS));
        assert_eq!((state.bodies.get("0"), state.bodies.get("7")), (None, Some(&2)));
        (0..=MAX_WEBHOOKS).for_each(|i| state.keep(format!("{i}\n")));
        assert!(state.webhooks().starts_with("1\n") && state.webhooks().ends_with("\n10000\n"));
    }
}
