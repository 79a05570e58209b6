//! The exact body of the call: compact JSON, base64 written once into one buffer of known size.

use crate::{
    country::Country,
    options::TokenField,
    recompress::budget::base64_len,
    submission::{DocumentType, Step, Token},
};
use base64::{
    Engine,
    engine::{Simd, general_purpose::PAD},
};
use rayon::prelude::*;
use std::fmt;

/// A request that is ready to send. It exists only when no finding denies it; there is no other way to make one.
///
/// Its `Debug` shows sizes, never content.
#[derive(PartialEq, Eq)]
pub struct Request {
    body: Vec<u8>,
    images: Vec<(Step, usize)>,
    skip_analysis: bool,
}

impl Request {
    /// The bytes to POST to `/api/v2/process` with `Content-Type: application/json`.
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// The bytes, given away.
    pub fn into_body(self) -> Vec<u8> {
        self.body
    }

    /// The steps in the order of the body, with the bytes of each image before base64.
    pub fn images(&self) -> impl Iterator<Item = (&Step, usize)> {
        self.images.iter().map(|(step, bytes)| (step, *bytes))
    }

    /// Whether it asks for `skipAnalysis`.
    pub fn skips_analysis(&self) -> bool {
        self.skip_analysis
    }
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Request({} bytes, {} images)", self.body.len(), self.images.len())
    }
}

/// Everything in the body but the images' bytes.
#[derive(Clone, Debug)]
pub(crate) struct Envelope<'a> {
    pub token_field: TokenField,
    pub token: &'a Token,
    pub country: Country,
    pub document_type: Option<DocumentType>,
    pub skip_analysis: bool,
}

impl Envelope<'_> {
    /// What stands before the first image, in the order of the page's examples.
    fn head(&self) -> String {
        let mut head = format!(
            "{{\"{}\":{},\"country\":\"{}\"",
            self.token_field.name(),
            json_text(self.token.expose()),
            self.country
        );
        if let Some(document_type) = self.document_type {
            head.push_str(&format!(",\"documentType\":\"{document_type}\""));
        }
        head.push_str(",\"images\":{");
        head
    }

    fn tail(&self) -> &'static str {
        if self.skip_analysis { "},\"skipAnalysis\":true}" } else { "}}" }
    }

    /// Bytes of the body without a single character of base64.
    pub fn overhead<'s>(&self, steps: impl IntoIterator<Item = &'s Step>) -> u64 {
        let keys: usize = steps.into_iter().enumerate().map(|(i, s)| key(i, s).len() + 1).sum();
        (self.head().len() + keys + self.tail().len()) as u64
    }

    /// Writes the body. The images come in the order given.
    pub fn assemble(&self, images: &[(&Step, &[u8])]) -> Request {
        let head = self.head();
        let characters: u64 = images.iter().map(|(_, b)| base64_len(b.len() as u64)).sum();
        let size = self.overhead(images.iter().map(|(s, _)| *s)) + characters;
        let mut body = vec![0; size as usize];
        // Each image has its own stretch of the buffer, so they are encoded side by side.
        let mut jobs = Vec::with_capacity(images.len());
        let mut rest = put(&mut body, head.as_bytes());
        for (i, (step, bytes)) in images.iter().enumerate() {
            rest = put(rest, key(i, step).as_bytes());
            let (own, after) = rest.split_at_mut(base64_len(bytes.len() as u64) as usize);
            jobs.push((*bytes, own));
            rest = put(after, b"\"");
        }
        put(rest, self.tail().as_bytes());
        let engine = Simd::standard(PAD);
        jobs.into_par_iter().for_each(|(bytes, own)| {
            // Cannot fail: the stretch is exactly as long as the encoding.
            let written = engine.encode_slice(bytes, own);
            debug_assert!(written.is_ok());
        });
        let images = images.iter().map(|(s, b)| ((*s).clone(), b.len())).collect();
        Request { body, images, skip_analysis: self.skip_analysis }
    }
}

fn put<'b>(into: &'b mut [u8], bytes: &[u8]) -> &'b mut [u8] {
    let (own, rest) = into.split_at_mut(bytes.len());
    own.copy_from_slice(bytes);
    rest
}

/// A step's key with everything up to its first character of base64.
fn key(index: usize, step: &Step) -> String {
    format!("{}{}:\"", if index == 0 { "" } else { "," }, json_text(step.name()))
}

fn json_text(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
