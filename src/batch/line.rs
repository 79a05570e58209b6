//! One line of input: what it says, and what is wrong with it. No message quotes a value: tokens and images are among
//! them.

use crate::{
    report::text::printable_json,
    session::Session,
    submission::{Step, Submission, Token, TokenType},
};
use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};
use serde_json::value::RawValue;
use std::{borrow::Cow, fmt};

/// A line as it was understood. Images are where the line says; nothing was opened.
#[derive(Default)]
#[cfg_attr(test, derive(Debug))]
pub(super) struct Line<'a> {
    /// The id's own JSON, as it stands there; `null` when there is none.
    pub id: String,
    /// All of the submission but its images.
    pub submission: Submission<'static>,
    /// Where the session's JSON is, when the line names a file for it.
    pub session: Option<Cow<'a, str>>,
    /// The images in the order given.
    pub images: Vec<(Step, Cow<'a, str>)>,
}

/// The fields as they stand there. Unknown ones are ignored.
#[derive(Deserialize)]
struct Fields<'a> {
    #[serde(borrow)]
    id: Option<&'a RawValue>,
    #[serde(borrow)]
    token: Option<&'a RawValue>,
    #[serde(borrow)]
    country: Option<&'a RawValue>,
    #[serde(borrow)]
    document_type: Option<&'a RawValue>,
    #[serde(borrow)]
    token_type: Option<&'a RawValue>,
    #[serde(borrow)]
    session: Option<&'a RawValue>,
    #[serde(borrow)]
    images: Option<&'a RawValue>,
}

/// Images that a line may have: a session asks for a handful, and a line of 64 MiB could name a million small ones, each
/// with its report.
const MAX_IMAGES: usize = 64;

/// Bytes of JSON that an id may have: it is written back with every answer.
const MAX_ID: usize = 64 << 10;

/// Understands a line.
///
/// # Errors
/// What is wrong with it, and its id as far as that was understood.
pub(super) fn parse(bytes: &[u8], number: u64) -> Result<Line<'_>, (String, String)> {
    let null = || "null".to_owned();
    let bytes = if number == 1 { bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes) } else { bytes };
    match bytes.iter().find(|b| !b.is_ascii_whitespace()) {
        None => return Err((null(), "the line is empty".into())),
        Some(b'{') => {}
        Some(_) => return Err((null(), "the line is no JSON object".into())),
    }
    let fields: Fields = serde_json::from_slice(bytes).map_err(|e| (null(), no_json(&e)))?;
    let id = match fields.id.map(RawValue::get) {
        None => null(),
        Some(id) if id.len() > MAX_ID => return Err((null(), format!("`id` has more than {MAX_ID} bytes"))),
        // Whitespace between its parts is all that it can hold of line breaks.
        Some(id) => printable_json(id.replace('\r', " ")),
    };
    let line = understand(&fields).map_err(|what| (id.clone(), what))?;
    Ok(Line { id, ..line })
}

fn understand<'a>(fields: &Fields<'a>) -> Result<Line<'a>, String> {
    let mut submission = Submission::new();
    submission.token = text("token", fields.token)?.filter(|t| !t.is_empty()).map(Token::new);
    submission.country = text("country", fields.country)?.map(Cow::into_owned);
    submission.document_type = text("document_type", fields.document_type)?.map(Cow::into_owned);
    submission.token_type = match text("token_type", fields.token_type)? {
        None => None,
        Some(kind) if kind.eq_ignore_ascii_case("IDENTIFICATION") => Some(TokenType::Identification),
        Some(kind) if kind.eq_ignore_ascii_case("DOCUMENT") => Some(TokenType::Document),
        Some(_) => return Err("`token_type` is neither IDENTIFICATION nor DOCUMENT".into()),
    };
    let mut session = None;
    match fields.session.map(RawValue::get) {
        Some(json) if json.starts_with('"') => match text("session", fields.session)? {
            // Tables have it as a text.
            Some(json) if json.trim_start().starts_with('{') => {
                submission.session = Some(Session::from_json(json.as_bytes()).map_err(|e| e.to_string())?);
            }
            place => session = place,
        },
        Some(json) => submission.session = Some(Session::from_json(json.as_bytes()).map_err(|e| e.to_string())?),
        None => {}
    }
    let images = match fields.images {
        None => return Err("there are no `images`".into()),
        Some(json) if !json.get().starts_with('{') => return Err(wrong("images", json, "an object")),
        Some(json) => serde_json::from_str::<Entries>(json.get()).map_err(|e| no_json(&e))?,
    };
    if images.0.is_empty() {
        return Err("`images` is empty".into());
    }
    if images.0.len() > MAX_IMAGES {
        return Err(format!("`images` has {} entries; at most {MAX_IMAGES} are taken", images.0.len()));
    }
    let placed = images.0.into_iter().map(|(step, place)| {
        let place = text(&format!("images.{}", short(&step)), Some(place))?.unwrap_or_default();
        Ok((Step::from(&*step), place))
    });
    Ok(Line { id: String::new(), submission, session, images: placed.collect::<Result<_, String>>()? })
}

/// An object's entries in their order, those of one name too.
struct Entries<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Entries<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = Entries<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Self::Value, M::Error> {
                let mut entries = Vec::new();
                while let Some((Key(key), value)) = map.next_entry()? {
                    entries.push((key, value));
                }
                Ok(Entries(entries))
            }
        }
        deserializer.deserialize_map(Reader)
    }
}

/// Borrowed where it has no escapes.
#[derive(Deserialize)]
struct Key<'a>(#[serde(borrow)] Cow<'a, str>);

fn text<'a>(field: &str, json: Option<&'a RawValue>) -> Result<Option<Cow<'a, str>>, String> {
    match json {
        None => Ok(None),
        Some(json) if json.get().starts_with('"') => {
            serde_json::from_str::<Key>(json.get()).map(|key| Some(key.0)).map_err(|e| no_json(&e))
        }
        Some(json) => Err(wrong(field, json, "a text")),
    }
}

fn wrong(field: &str, found: &RawValue, expected: &str) -> String {
    let found = match found.get().as_bytes().first() {
        Some(b'"') => "a text",
        Some(b'{') => "an object",
        Some(b'[') => "a list",
        Some(b't' | b'f') => "true or false",
        Some(b'n') => "null",
        _ => "a number",
    };
    format!("`{field}` is {found} where {expected} was expected")
}

/// A parser's message without its own line number, which is always 1. It names places and kinds, never values: all
/// values are taken as they stand.
fn no_json(error: &serde_json::Error) -> String {
    let message = error.to_string();
    let what = message.split(" at line ").next().unwrap_or_default();
    format!("the line is no JSON that can be used: {what}, at character {}", error.column())
}

/// The beginning of a text from the input, for messages.
pub(super) fn short(text: &str) -> Cow<'_, str> {
    match text.char_indices().nth(100) {
        Some((at, _)) => Cow::Owned(format!("{}…", text.get(..at).unwrap_or_default())),
        None => Cow::Borrowed(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_fields_are_understood() {
        let json = br#" {"id": [1.50, "a"], "token": "ABCDEFGHIJ", "country": "LT", "document_type": "PASSPORT", "token_type":
            "document", "session": {"scanRef": "x"}, "more": {"a": 1}, "images": {"FRONT": "a\u0020b.jpg", "FRONT": "c", "VISA": "d"}}"#;
        let json: Vec<u8> = json.iter().map(|b| if *b == b'\n' { b'\r' } else { *b }).collect();
        let line = parse(&json, 1).unwrap();
        assert_eq!(line.id, r#"[1.50, "a"]"#, "an id comes back as it stands");
        assert_eq!(line.submission.token_type, Some(TokenType::Document));
        assert_eq!(line.submission.token.unwrap().expose(), "ABCDEFGHIJ");
        assert!(line.submission.session.is_some());
        let images: Vec<_> = line.images.iter().map(|(step, place)| (step.name(), &**place)).collect();
        assert_eq!(images, [("FRONT", "a b.jpg"), ("FRONT", "c"), ("VISA", "d")], "a step given twice is kept twice");
    }

    #[test]
    fn a_session_is_an_object_or_a_text() {
        let session = |json: &str| {
            let line = format!(r#"{{"session":{json},"images":{{"FACE":"x"}}}}"#);
            let line = parse(line.as_bytes(), 2).unwrap();
            (line.submission.session.is_some(), line.session.map(Cow::into_owned))
        };
        assert_eq!(session(r#"{"scanRef":"x"}"#), (true, None));
        assert_eq!(session(r#""{\"scanRef\":\"x\"}""#), (true, None));
        assert_eq!(session(r#""session.json""#), (false, Some("session.json".into())));
        assert_eq!(session("null"), (false, None));
    }

    #[test]
    fn ids_of_any_kind_come_back_as_they_stand() {
        for id in ["1", "-0.10", "123456789012345678901234567890", "\"a\\u0041\"", "true", "{\"a\":[]}", "null"] {
            assert_eq!(parse(format!(r#"{{"id":{id},"images":{{"FACE":"x"}}}}"#).as_bytes(), 9).unwrap().id, id);
        }
        assert_eq!(parse(br#"{"images":{"FACE":"x"}}"#, 9).unwrap().id, "null");
        // What steers a terminal means the same as an escape.
        let steering = "{\"id\":\"\u{9b}2J\u{202e}\",\"images\":{\"FACE\":\"x\"}}";
        assert_eq!(parse(steering.as_bytes(), 9).unwrap().id, r#""\u009b2J\u202e""#);
    }

    #[test]
    fn what_is_wrong_is_told_and_no_value_quoted() {
        let cases: [(&[u8], &str, &str); 17] = [
            (b"", "null", "the line is empty"),
            (b" \t\r", "null", "the line is empty"),
            (b"\"SECRET\"", "null", "the line is no JSON object"),
            (b"\xff", "null", "the line is no JSON object"),
            (b"{\"id\":7", "null", "EOF while parsing an object, at character 7"),
            (b"{\"id\":\"\xff\"}", "null", "invalid unicode code point"),
            (b"{\"id\":1,\"id\":2}", "null", "duplicate field `id`"),
            (b"{\"id\":1} {}", "null", "trailing characters"),
            (b"{\"id\":1}", "1", "there are no `images`"),
            (b"{\"id\":1,\"images\":{}}", "1", "`images` is empty"),
            (b"{\"id\":1,\"images\":\"SECRET\"}", "1", "`images` is a text where an object was expected"),
            (b"{\"images\":{\"FRONT\":[\"SECRET\"]}}", "null", "`images.FRONT` is a list where a text was expected"),
            (b"{\"images\":{\"FRONT\":null}}", "null", "`images.FRONT` is null where a text was expected"),
            (b"{\"token\":12345,\"images\":{\"FRONT\":\"\"}}", "null", "`token` is a number where a text was expected"),
            (b"{\"country\":true,\"images\":{\"FRONT\":\"\"}}", "null", "`country` is true or false"),
            (b"{\"token_type\":\"SECRET\",\"images\":{}}", "null", "neither IDENTIFICATION nor DOCUMENT"),
            (b"{\"session\":[\"SECRET\"],\"images\":{}}", "null", "the session is not a JSON object"),
        ];
        for (bytes, id, said) in cases {
            let (at, what) = parse(bytes, 2).unwrap_err();
            assert!(what.contains(said) && at == id, "{:?} says {what:?} of {at}", String::from_utf8_lossy(bytes));
            assert!(!what.contains("SECRET") && !what.contains("12345"), "{what}");
        }
        let many = |n: usize| format!("{{\"images\":{{{}\"Z\":\"z\"}}}}", "\"A\":\"a\",".repeat(n - 1));
        assert_eq!(parse(many(64).as_bytes(), 2).unwrap().images.len(), 64);
        assert_eq!(parse(many(65).as_bytes(), 2).unwrap_err().1, "`images` has 65 entries; at most 64 are taken");
        let deep = [b"{\"id\":".as_slice(), &[b'['; 100_000], &[b']'; 100_000], b"}"].concat();
        assert!(parse(&deep, 2).unwrap_err().1.contains("`id` has more than"));
    }
}
