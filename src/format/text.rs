//! Text and its kinds, judged by the first few kilobytes.

use super::find;

/// How much is looked at.
const HEAD: usize = 4096;

/// Without a byte-order mark and white space in front.
pub(super) fn trimmed(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes).trim_ascii_start()
}

/// Which kind of text this is; `None` when it is no text.
pub(super) fn kind(bytes: &[u8]) -> Option<&'static str> {
    let head = bytes.get(..HEAD).unwrap_or(bytes);
    if let [0xFF, 0xFE, ..] | [0xFE, 0xFF, ..] = head {
        // UTF-16: its Latin letters without their zeroes are enough to tell the kind.
        let latin: Vec<u8> = head.get(2..)?.iter().copied().filter(|b| *b != 0).collect();
        return (latin.len() * 3 < head.len() * 2 && !latin.is_empty()).then(|| kind_of(&latin));
    }
    is_text(head).then(|| kind_of(trimmed(head)))
}

/// No control characters but those that lay out text; UTF-8, or an 8-bit character set used sparingly.
fn is_text(head: &[u8]) -> bool {
    let control = |b: &u8| matches!(b, 0..=6 | 0x0E..=0x1A | 0x1C..=0x1F | 0x7F);
    let eight_bit = head.iter().filter(|b| **b >= 0x80).count();
    let utf8 = match std::str::from_utf8(head) {
        Ok(_) => true,
        // A character cut in two by the end of what is looked at.
        Err(e) => e.error_len().is_none(),
    };
    head.len() > 1 && !head.iter().any(control) && (utf8 || eight_bit * 10 <= head.len() * 3)
}

fn kind_of(text: &[u8]) -> &'static str {
    let lower = text.to_ascii_lowercase();
    let has = |needle: &[u8]| find(&lower, needle).is_some();
    let starts = |with: &[&[u8]]| with.iter().any(|w| lower.starts_with(w));
    let unquoted = text.strip_prefix(b"\"").unwrap_or(text);
    if unquoted.starts_with(b"data:") && find(unquoted.get(..200).unwrap_or(unquoted), b",").is_some() {
        "data-uri"
    } else if starts(&[b"<svg"]) || (starts(&[b"<?xml", b"<!--", b"<!doctype svg"]) && has(b"<svg")) {
        "svg"
    } else if starts(&[b"<!doctype html"]) || infer::text::is_html(text) || (starts(&[b"<?xml"]) && has(b"<html")) {
        "html"
    } else if starts(&[b"<?xml", b"<!doctype"]) {
        "xml"
    } else if starts(&[b"-----begin"]) {
        "pem"
    } else if starts(&[b"received:", b"return-path:", b"delivered-to:", b"mime-version:", b"message-id:", b"from: "]) {
        "email"
    } else if is_base64(unquoted) {
        "base64"
    } else if is_json(text) {
        "json"
    } else {
        "text"
    }
}

/// An object or an array that goes on as one.
fn is_json(text: &[u8]) -> bool {
    match text.split_first() {
        Some((b'{', rest)) => matches!(rest.trim_ascii_start().first(), Some(b'"' | b'}')),
        Some((b'[', rest)) => {
            let values = |b: &u8| matches!(b, b'"' | b'{' | b'[' | b']' | b'-' | b'0'..=b'9' | b't' | b'f' | b'n');
            rest.trim_ascii_start().first().is_some_and(values)
        }
        _ => false,
    }
}

/// Nothing but base64's alphabet: with a picture's or a PDF's first bytes in it, or long and mixed enough to be no word.
fn is_base64(text: &[u8]) -> bool {
    const FILES: [&[u8]; 7] = [b"/9j/", b"iVBORw0KGgo", b"JVBERi0", b"R0lGOD", b"UklGR", b"SUkq", b"AAAA"];
    let end = text.iter().position(|b| b.is_ascii_whitespace() || *b == b'"').unwrap_or(text.len());
    let Some((line, _)) = text.split_at_checked(end) else { return false };
    let alphabet = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'=' | b'-' | b'_');
    let mixed = || {
        text.len() >= 256
            && text.iter().all(|b| alphabet(b) || b.is_ascii_whitespace())
            && [u8::is_ascii_uppercase, u8::is_ascii_lowercase, u8::is_ascii_digit].iter().all(|of| line.iter().any(of))
    };
    line.len() >= 16 && line.iter().all(alphabet) && (FILES.iter().any(|f| line.starts_with(f)) || mixed())
}
