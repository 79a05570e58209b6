//! Answers, whole and half.

use hyper::{
    Response, StatusCode,
    body::{Body, Bytes, Frame, SizeHint},
    header::{ALLOW, CONTENT_LENGTH, CONTENT_TYPE, HeaderName, HeaderValue},
};
use serde_json::{Value, json};
use std::{
    convert::Infallible,
    io,
    pin::Pin,
    task::{Context, Poll},
};

/// The body of an answer; a cut one breaks off after what it has.
pub(super) struct Out {
    bytes: Option<Bytes>,
    cut: Option<bool>,
}

impl Body for Out {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        match (self.bytes.take(), self.cut) {
            (Some(bytes), _) => Poll::Ready(Some(Ok(Frame::data(bytes)))),
            (None, None) => Poll::Ready(None),
            // One turn without data, so that what there is goes out first.
            (None, Some(false)) => {
                self.cut = Some(true);
                cx.waker().wake_by_ref();
                Poll::Pending
            }
            (None, Some(true)) => Poll::Ready(Some(Err(io::Error::other("cut off, as was asked for")))),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.cut.is_none() && self.bytes.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        match (self.cut, &self.bytes) {
            (None, bytes) => SizeHint::with_exact(bytes.as_ref().map_or(0, |b| b.len() as u64)),
            _ => SizeHint::default(),
        }
    }
}

pub(super) type Reply = Response<Out>;

fn with(status: u16, kind: &'static str, text: String) -> Reply {
    let mut reply = Response::new(Out { bytes: (!text.is_empty()).then(|| text.into()), cut: None });
    *reply.status_mut() = StatusCode::from_u16(status).unwrap_or_default();
    if !kind.is_empty() {
        reply.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    }
    reply
}

pub(super) fn json(status: u16, value: &Value) -> Reply {
    with(status, "application/json", value.to_string())
}

pub(super) fn html(status: u16, title: &str) -> Reply {
    with(status, "text/html", format!("<html><head><title>{title}</title></head><body>{title}</body></html>"))
}

pub(super) fn text(status: u16, text: String) -> Reply {
    with(status, "text/plain; charset=utf-8", text)
}

/// 200 without a body.
pub(super) fn accepted() -> Reply {
    with(200, "", String::new())
}

/// The four fields of the service's errors.
pub(super) fn error(status: u16, identifier: &str, message: &str) -> Reply {
    json(status, &json!({"message": message, "identifier": identifier, "documentation": "", "severity": "NOT_SEVERE"}))
}

pub(super) fn method_not_allowed(allowed: &'static str) -> Reply {
    header(error(405, "METHOD_NOT_ALLOWED", "Method not allowed"), ALLOW, allowed)
}

pub(super) fn header(mut reply: Reply, name: HeaderName, value: &'static str) -> Reply {
    reply.headers_mut().insert(name, HeaderValue::from_static(value));
    reply
}

/// Twice as long by its own account as it is.
pub(super) fn half(status: u16) -> Reply {
    let text = "{\"message\":\"half an answ";
    let mut reply = Response::new(Out { bytes: Some(Bytes::from_static(text.as_bytes())), cut: Some(false) });
    *reply.status_mut() = StatusCode::from_u16(status).unwrap_or_default();
    reply.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from(text.len() * 2));
    reply
}

/// Why a connection is closed without an answer.
#[derive(Debug, thiserror::Error)]
#[error("closed, as was asked for")]
pub(super) struct Closed;

impl From<Infallible> for Closed {
    fn from(never: Infallible) -> Self {
        match never {}
    }
}
