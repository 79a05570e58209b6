//! `batch`, as a library and as a program: every line answered exactly once, whatever is cut, killed or broken.
#![cfg(feature = "cli")]

mod batch {
    pub mod lines;
    pub mod program;
    pub mod resume;
}

use base64::{Engine, prelude::BASE64_STANDARD};
use idenfy_preflight::{
    Preflight,
    batch::{Answered, Batch, Done, Settings, Stop},
};
use serde_json::Value;
use std::{
    io::Cursor,
    path::{Path, PathBuf},
};

/// The smallest picture.
pub const DOT: &[u8] = include_bytes!("../testdata/flattened.png");

pub fn testdata(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata").join(name)
}

pub fn data(bytes: &[u8]) -> String {
    format!("data:image/png;base64,{}", BASE64_STANDARD.encode(bytes))
}

/// A line of one small picture.
pub fn small(id: &Value) -> String {
    format!(r#"{{"id":{id},"images":{{"FRONT":"{}"}}}}"#, data(DOT))
}

/// Runs a batch over a text, with these settings, after what is answered already.
pub fn answers(text: &[u8], settings: Settings, answered: Answered) -> (Done, Vec<u8>) {
    let mut out: Vec<u8> = Vec::new();
    let batch = Batch::new(Preflight::default(), settings);
    let done = batch.run(Cursor::new(text.to_vec()), answered, &Stop::default(), &mut out).unwrap();
    (done, out)
}

pub fn values(out: &[u8]) -> Vec<Value> {
    out.split_inclusive(|b| *b == b'\n').map(|line| serde_json::from_slice(line).unwrap()).collect()
}
