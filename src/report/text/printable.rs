//! What comes from strangers, without what steers a terminal.

use std::fmt::Write;

/// A text from strangers (file names, messages) without characters that steer a terminal or turn the direction of what
/// follows; U+FFFD stands for each.
///
/// ```
/// use idenfy_preflight::report::text::printable;
/// assert_eq!(printable("a\u{1b}[2J.jpg"), "a\u{fffd}[2J.jpg");
/// ```
pub fn printable(text: &str) -> String {
    text.chars().map(|c| if steers(c) { '\u{fffd}' } else { c }).collect()
}

/// JSON of the same meaning, in which the characters that [`printable`] replaces stand as JSON's own escapes. Serialisers
/// leave some of them as they are, and JSON is looked at in terminals too.
///
/// ```
/// use idenfy_preflight::report::text::printable_json;
/// let json = printable_json(serde_json::to_string("a\u{9b}2J.jpg\u{202e}")?);
/// assert_eq!(json, r#""a\u009b2J.jpg\u202e""#);
/// # Ok::<(), serde_json::Error>(())
/// ```
pub fn printable_json(json: String) -> String {
    // Line ends and tabs may stand between values; within them they are escaped already.
    let raw = |c: char| steers(c) && !c.is_ascii_whitespace();
    if !json.contains(raw) {
        return json;
    }
    let mut out = String::with_capacity(json.len());
    for c in json.chars() {
        if raw(c) {
            let _ = write!(out, "\\u{:04x}", u32::from(c));
        } else {
            out.push(c);
        }
    }
    out
}

/// Whether a character steers a terminal or turns the direction of what follows.
pub(crate) fn steers(c: char) -> bool {
    // The line and paragraph separators begin lines where Unicode is followed.
    c.is_control()
        || matches!(c, '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}
