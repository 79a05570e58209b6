//! What is kept of what was read. A value takes a hundred times the byte that it may be written with, and an object stream
//! packs a thousand of those into one: lists are charged by what they hold.

use super::file::File;
use crate::fault::Refusal;
use lopdf::{Dictionary, Object};

/// The share of the memory limit that lists and trailers may take; those of the largest documents have some megabytes.
pub const KEPT: u64 = 8;

/// Bytes that a value holds, what lies within it included. A list grows to twice its length.
pub(crate) fn held(object: &Object) -> u64 {
    let dict = |dict: &Dictionary| dict.iter().map(|(key, value)| ENTRY + key.len() as u64 + held(value)).sum();
    VALUE
        + match object {
            Object::Array(values) => values.iter().map(held).sum(),
            Object::Dictionary(inner) => dict(inner),
            Object::Stream(stream) => stream.content.len() as u64 + dict(&stream.dict),
            Object::Name(bytes) | Object::String(bytes, _) => bytes.len() as u64,
            _ => 0,
        }
}

/// Bytes of a value by itself, and of a dictionary's key.
const VALUE: u64 = 2 * size_of::<Object>() as u64;
const ENTRY: u64 = 64;

impl File<'_> {
    /// Takes from the budget of what is kept; `false` when it is spent, which [`within`](Self::within) tells.
    pub fn keep(&self, bytes: u64) -> bool {
        let left = self.kept.get().checked_sub(bytes);
        self.kept.set(left.unwrap_or(0));
        left.is_some()
    }

    /// Gives back what was taken to keep while something ran, unless it was too much.
    pub fn kept_meanwhile<T>(&self, run: impl FnOnce() -> T) -> T {
        let before = self.kept.get();
        let result = run();
        if self.kept.get() > 0 {
            self.kept.set(before);
        }
        result
    }

    /// # Errors
    /// [`Refusal::Limit`] when something was left out because it was too much to be kept.
    pub fn within(&self) -> Result<(), Refusal> {
        let limit = self.limits.max_memory / KEPT;
        let spent = Refusal::Limit { what: "bytes of lists in the PDF", needed: limit.saturating_add(1), limit };
        if self.kept.get() == 0 { Err(spent) } else { Ok(()) }
    }
}
