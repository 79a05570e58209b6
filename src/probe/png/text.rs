//! Compressed text that swells: what `decode` never unpacks, but other programs do.

use super::chunks::{Chunk, Chunks};
use crate::{
    fault::{Break, Fault},
    options::Limits,
};
use flate2::read::ZlibDecoder;
use std::io::{Read, copy, sink};

/// Bytes that one text may unpack to before programs refuse the file: Pillow's `MAX_TEXT_CHUNK`.
const MAX_TEXT: u64 = 1 << 20;

/// How many texts are looked at: as many as libpng keeps (`PNG_USER_CHUNK_CACHE_MAX`).
const MAX_TEXTS: usize = 1000;

/// The first text that unpacks to more than programs put up with. It is unpacked into nothing, piece by piece, and all
/// texts together only as far as [`Limits::max_inflated`].
pub(super) fn swollen(bytes: &[u8], limits: &Limits) -> Option<Fault> {
    let mut left = limits.max_inflated;
    let texts = Chunks::new(bytes).filter_map(|chunk| Some((chunk.at, packed_text(&chunk)?)));
    for (at, packed) in texts.take(MAX_TEXTS) {
        let size = copy(&mut ZlibDecoder::new(packed).take((MAX_TEXT + 1).min(left)), &mut sink()).unwrap_or(0);
        if size > MAX_TEXT {
            let what = "a text in it unpacks to more than 1 MiB, which many programs refuse to read";
            return Some(Fault::Damaged(Break::new(what).at_byte(at)));
        }
        left -= size;
    }
    None
}

/// The compressed part of a zTXt chunk (keyword, 0, method) or of an iTXt chunk (keyword, 0, flag, method, language, 0,
/// translated keyword, 0); PNG, 11.3.3.
fn packed_text<'a>(chunk: &Chunk<'a>) -> Option<&'a [u8]> {
    let past_zero = |bytes: &'a [u8]| bytes.get(bytes.iter().position(|b| *b == 0)? + 1..);
    match &chunk.kind {
        b"zTXt" => past_zero(chunk.data)?.strip_prefix(b"\0"),
        b"iTXt" => past_zero(past_zero(past_zero(chunk.data)?.strip_prefix(b"\x01\0")?)?),
        _ => None,
    }
}
