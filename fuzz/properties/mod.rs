//! What must hold of any bytes, one function for each public entry. The fuzz targets call them with what libFuzzer
//! makes up, `tests/replay.rs` with what is kept in `corpus/`.
//!
//! Inputs of several parts are parted by [`SEPARATOR`].

mod calls;
mod files;
mod submissions;

use idenfy_preflight::options::Limits;
use std::time::Duration;

/// A target's name and what it holds its input to.
pub type Target = (&'static str, fn(&[u8]));

/// All of them.
pub const TARGETS: &[Target] = &[
    ("sniff", files::sniff),
    ("probe", files::probe),
    ("jpeg", files::jpeg),
    ("jpeg_differential", files::jpeg_differential),
    ("png", files::png),
    ("pdf", files::pdf),
    ("other", files::other),
    ("measure", files::measure),
    ("fit", submissions::fit),
    ("check", submissions::check),
    ("request", calls::request),
    ("session", calls::session),
    ("answer", calls::answer),
    ("webhook", calls::webhook),
    ("lines", calls::lines),
];

static QUIET: std::sync::Once = std::sync::Once::new();

/// Runs a target by its name; every binary in `fuzz_targets` has one.
#[allow(dead_code, reason = "the replay goes through the list itself")]
pub fn run(name: &str, bytes: &[u8]) {
    QUIET.call_once(|| {
        // The engine ends at every panic. Those of a decoder are contained and become findings, which properties see.
        let ends = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if !info.location().is_some_and(|place| place.file().contains("/registry/src/")) {
                ends(info);
            }
        }));
    });
    if let Some((_, target)) = TARGETS.iter().find(|(known, _)| *known == name) {
        target(bytes);
    }
}

/// Between the parts of an input.
pub const SEPARATOR: &[u8] = b"|~|~";

/// Limits that let an input be looked at in little time and memory: what is to be found does not need large pictures.
pub fn limits() -> Limits {
    let mut limits = Limits::default();
    limits.max_pixels = 1 << 17;
    limits.max_memory = 64 << 20;
    limits.max_inflated = 2 << 20;
    limits.max_objects = 2_000;
    // Time is the engine's to watch: a verdict must not depend on how busy the machine is.
    limits.max_render = Duration::from_secs(600);
    limits.max_time = Duration::from_secs(600);
    limits
}

/// At most `most` parts; the last holds all that is left.
fn parts(bytes: &[u8], most: usize) -> Vec<&[u8]> {
    let mut parts = Vec::new();
    let mut rest = bytes;
    while parts.len() + 1 < most {
        let Some(at) = rest.windows(SEPARATOR.len()).position(|w| w == SEPARATOR) else { break };
        parts.push(&rest[..at]);
        rest = &rest[at + SEPARATOR.len()..];
    }
    parts.push(rest);
    parts
}

/// Two numbers from the first bytes, and the rest.
fn settings(bytes: &[u8]) -> (u16, u8, &[u8]) {
    match bytes {
        [a, b, c, rest @ ..] => (u16::from_le_bytes([*a, *b]), *c, rest),
        _ => (0, 0, &[]),
    }
}
