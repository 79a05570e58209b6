//! PDF syntax (ISO 32000-2, 7.2 and 7.3): objects and words, out of any bytes, without recursion.
//!
//! As forgiving as the common viewers: an array or dictionary that is never closed ends where its object ends.

use lopdf::{Dictionary, Object, StringFormat};

/// Values that one object may hold; page lists of the largest documents have some 100,000.
const MAX_VALUES: usize = 250_000;

/// A place in the bytes, and what is read from there on.
#[derive(Clone)]
pub(crate) struct Lexer<'a> {
    bytes: &'a [u8],
    /// The next byte to be read.
    pub at: usize,
    max_depth: usize,
    /// Whether something was read that does not belong there, and passed over.
    pub strained: bool,
}

/// What stands next.
#[derive(Debug, PartialEq)]
pub(crate) enum Token<'a> {
    /// A value that is whole in itself; a reference counts as one.
    Value(Object),
    ArrayStart,
    ArrayEnd,
    DictStart,
    DictEnd,
    /// A keyword or an operator.
    Word(&'a [u8]),
}

enum Open {
    Array(Vec<Object>),
    Dict(Dictionary, Option<Vec<u8>>),
}

impl Open {
    fn push(&mut self, value: Object) {
        match self {
            Self::Array(values) => values.push(value),
            Self::Dict(dict, key) => match (key.take(), value) {
                (Some(key), value) => dict.set(key, value),
                (None, Object::Name(name)) => *key = Some(name),
                // A value without a key is passed over, as viewers do.
                (None, _) => {}
            },
        }
    }

    fn close(self) -> Object {
        match self {
            Self::Array(values) => Object::Array(values),
            Self::Dict(dict, _) => Object::Dictionary(dict),
        }
    }
}

pub(crate) fn is_space(byte: u8) -> bool {
    matches!(byte, 0 | b'\t' | b'\n' | 0x0C | b'\r' | b' ')
}

fn is_delimiter(byte: u8) -> bool {
    matches!(byte, b'(' | b')' | b'<' | b'>' | b'[' | b']' | b'{' | b'}' | b'/' | b'%')
}

fn is_regular(byte: u8) -> bool {
    !is_space(byte) && !is_delimiter(byte)
}

impl<'a> Lexer<'a> {
    pub fn new(bytes: &'a [u8], at: usize, max_depth: u32) -> Self {
        Self { bytes, at, max_depth: max_depth as usize, strained: false }
    }

    /// The bytes from here on.
    pub fn rest(&self) -> &'a [u8] {
        self.bytes.get(self.at..).unwrap_or(&[])
    }

    fn skip_while(&mut self, keep: impl Fn(u8) -> bool) -> &'a [u8] {
        let rest = self.rest();
        let len = rest.iter().position(|b| !keep(*b)).unwrap_or(rest.len());
        self.at += len;
        rest.get(..len).unwrap_or(&[])
    }

    /// Passes over white space and comments.
    pub fn skip_space(&mut self) {
        loop {
            self.skip_while(is_space);
            if self.rest().first() != Some(&b'%') {
                return;
            }
            self.skip_while(|b| b != b'\n' && b != b'\r');
        }
    }

    /// Passes over `word` when it stands next.
    pub fn take(&mut self, word: &[u8]) -> bool {
        self.skip_space();
        let found = self.rest().starts_with(word);
        if found {
            self.at += word.len();
        }
        found
    }

    /// Digits that stand next, as a number; stays in place when there are none or too many.
    pub fn unsigned(&mut self) -> Option<u64> {
        let start = self.at;
        self.skip_space();
        let digits = self.skip_while(|b| b.is_ascii_digit());
        let number = std::str::from_utf8(digits).ok().and_then(|d| d.parse().ok());
        if number.is_none() {
            self.at = start;
        }
        number
    }

    /// `N G obj`: the object's number and generation.
    pub fn object_header(&mut self) -> Option<(u32, u16)> {
        let start = self.at;
        let header = (|| {
            let number = u32::try_from(self.unsigned()?).ok()?;
            let generation = self.unsigned()?;
            self.take(b"obj").then_some((number, u16::try_from(generation).unwrap_or(u16::MAX)))
        })();
        if header.is_none() {
            self.at = start;
        }
        header
    }

    /// The object that stands next; `None` when there is none, or it is nested or filled beyond the bounds.
    pub fn object(&mut self) -> Option<Object> {
        let mut open: Vec<Open> = Vec::new();
        let mut values = 0;
        loop {
            let before = self.at;
            let mut value = match self.token() {
                Some(Token::Value(value)) => value,
                Some(Token::ArrayStart | Token::DictStart) if open.len() >= self.max_depth => return None,
                Some(Token::ArrayStart) => {
                    open.push(Open::Array(Vec::new()));
                    continue;
                }
                Some(Token::DictStart) => {
                    open.push(Open::Dict(Dictionary::new(), None));
                    continue;
                }
                Some(end @ (Token::ArrayEnd | Token::DictEnd)) => {
                    let closed = open.pop()?;
                    self.strained |= matches!(closed, Open::Array(_)) != (end == Token::ArrayEnd);
                    closed.close()
                }
                // The object ends here, closed or not.
                Some(Token::Word(
                    b"endobj" | b"stream" | b"endstream" | b"obj" | b"xref" | b"trailer" | b"startxref",
                ))
                | None => {
                    self.at = before;
                    self.strained = true;
                    while let Some(inner) = open.pop() {
                        match open.last_mut() {
                            Some(outer) => outer.push(inner.close()),
                            None => return Some(inner.close()),
                        }
                    }
                    return None;
                }
                Some(Token::Word(_)) if open.is_empty() => return None,
                Some(Token::Word(_)) => {
                    self.strained = true;
                    continue;
                }
            };
            values += 1;
            if values > MAX_VALUES {
                return None;
            }
            match open.last_mut() {
                Some(outer) => outer.push(std::mem::replace(&mut value, Object::Null)),
                None => return Some(value),
            }
        }
    }

    /// The token that stands next; `None` at the end.
    pub fn token(&mut self) -> Option<Token<'a>> {
        self.skip_space();
        let rest = self.rest();
        Some(match *rest {
            [] => return None,
            [b'<', b'<', ..] => self.mark(2, Token::DictStart),
            [b'>', b'>', ..] => self.mark(2, Token::DictEnd),
            [b'[', ..] => self.mark(1, Token::ArrayStart),
            [b']', ..] => self.mark(1, Token::ArrayEnd),
            [b'<', ..] => Token::Value(self.hex_string()),
            [b'(', ..] => Token::Value(self.literal_string()),
            [b'/', ..] => Token::Value(self.name()),
            [b')' | b'>' | b'{' | b'}', ..] => self.mark(1, Token::Word(rest.get(..1).unwrap_or(&[]))),
            [b'0'..=b'9' | b'+' | b'-' | b'.', ..] => self.number(),
            _ => match self.skip_while(is_regular) {
                b"true" => Token::Value(Object::Boolean(true)),
                b"false" => Token::Value(Object::Boolean(false)),
                b"null" => Token::Value(Object::Null),
                word => Token::Word(word),
            },
        })
    }

    fn mark(&mut self, len: usize, token: Token<'a>) -> Token<'a> {
        self.at += len;
        token
    }

    fn number(&mut self) -> Token<'a> {
        let start = self.at;
        if let Some(number) = self.unsigned() {
            if !self.rest().first().is_some_and(|b| is_regular(*b)) {
                let end = self.at;
                // `12 0 R`
                if let (Ok(number), Some(generation)) = (u32::try_from(number), self.unsigned())
                    && self.take(b"R")
                    && !self.rest().first().is_some_and(|b| is_regular(*b))
                {
                    return Token::Value(Object::Reference((number, u16::try_from(generation).unwrap_or(0))));
                }
                self.at = end;
                return Token::Value(Object::Integer(i64::try_from(number).unwrap_or(i64::MAX)));
            }
            self.at = start;
        }
        let text = self.skip_while(|b| b.is_ascii_digit() || matches!(b, b'+' | b'-' | b'.'));
        Token::Value(real(text))
    }

    fn name(&mut self) -> Object {
        self.at += 1;
        let raw = self.skip_while(is_regular);
        let mut name = Vec::with_capacity(raw.len());
        let mut bytes = raw;
        while let [first, rest @ ..] = bytes {
            bytes = rest;
            match (first, rest) {
                (b'#', [a, b, after @ ..]) => match (hex(*a), hex(*b)) {
                    (Some(a), Some(b)) => {
                        name.push(a << 4 | b);
                        bytes = after;
                    }
                    _ => name.push(b'#'),
                },
                _ => name.push(*first),
            }
        }
        Object::Name(name)
    }

    fn hex_string(&mut self) -> Object {
        self.at += 1;
        let text = self.skip_while(|b| b != b'>');
        self.at += 1;
        let digits: Vec<u8> = text.iter().filter_map(|b| hex(*b)).collect();
        let bytes = digits.chunks(2).map(|pair| pair.iter().fold(0, |v, d| v << 4 | d) << (4 * (2 - pair.len())));
        Object::String(bytes.collect(), StringFormat::Hexadecimal)
    }

    fn literal_string(&mut self) -> Object {
        self.at += 1;
        let (mut out, mut depth) = (Vec::new(), 0usize);
        while let [byte, rest @ ..] = self.rest() {
            self.at += 1;
            match byte {
                b'(' => depth += 1,
                b')' if depth == 0 => break,
                b')' => depth -= 1,
                b'\\' => {
                    self.escape(rest, &mut out);
                    continue;
                }
                _ => {}
            }
            out.push(*byte);
        }
        Object::String(out, StringFormat::Literal)
    }

    fn escape(&mut self, rest: &[u8], out: &mut Vec<u8>) {
        let octal = rest.iter().take(3).take_while(|b| matches!(b, b'0'..=b'7')).count();
        let (taken, byte) = match rest {
            _ if octal > 0 => (octal, rest.iter().take(octal).fold(0, |v: u8, b| v.wrapping_shl(3) | (b - b'0'))),
            [b'\r', b'\n', ..] => return self.at += 2,
            [b'\r' | b'\n', ..] => return self.at += 1,
            [b'n', ..] => (1, b'\n'),
            [b'r', ..] => (1, b'\r'),
            [b't', ..] => (1, b'\t'),
            [b'b', ..] => (1, 8),
            [b'f', ..] => (1, 12),
            [other, ..] => (1, *other),
            [] => return,
        };
        self.at += taken;
        out.push(byte);
    }
}

fn hex(byte: u8) -> Option<u8> {
    (byte as char).to_digit(16).map(|d| d as u8)
}

/// A signed or broken number; what cannot be read is zero, as in viewers (`--5`, `1.2.3`).
fn real(text: &[u8]) -> Object {
    let text = std::str::from_utf8(text).unwrap_or("");
    let signs = text.bytes().take_while(|b| matches!(b, b'+' | b'-')).count();
    let negative = text.starts_with('-');
    let digits = text.get(signs..).unwrap_or("");
    let digits = digits.split(['+', '-']).next().unwrap_or("");
    if !digits.contains('.') {
        let value: i64 = digits.parse().unwrap_or(0);
        return Object::Integer(if negative { -value } else { value });
    }
    let second = digits.match_indices('.').nth(1).map_or(digits.len(), |(at, _)| at);
    let value: f32 = digits.get(..second).and_then(|d| d.parse().ok()).unwrap_or(0.0);
    Object::Real(if negative { -value } else { value })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Option<Object> {
        Lexer::new(text.as_bytes(), 0, 64).object()
    }

    #[test]
    fn values_are_read_as_written() {
        let cases = [
            ("<</#45ncrypt 5 0 R>>", "<</Encrypt 5 0 R>>"),
            ("[1 -2 +3 .5 -.5 4. 12 0 R 7 0 8]", "[1 -2 3 0.5 -0.5 4.0 12 0 R 7 0 8]"),
            ("<</A(a\\(b\\)(c)\\101)/B<616>>>", "<</A(a\\(b\\)\\(c\\)A)/B<6160>>>"),
            ("[true false null/N % comment ]\n]", "[true false null/N]"),
            ("<</A[1<</B 2>>]", "<</A[1<</B 2>>]>>"),
            ("<</A 1 endobj", "<</A 1>>"),
        ];
        for (text, want) in cases {
            assert_eq!(parse(text), parse(want), "{text}");
            assert!(parse(text).is_some(), "{text}");
        }
        let Some(Object::Dictionary(dict)) = parse("<</#45ncrypt 5 0 R>>") else { panic!("a dictionary") };
        assert_eq!(dict.get(b"Encrypt").unwrap(), &Object::Reference((5, 0)));
    }

    #[test]
    fn depth_is_bounded() {
        assert!(parse(&"[".repeat(60)).is_some());
        assert_eq!(parse(&"[".repeat(1_000_000)), None);
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_end(bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..300)) {
            let mut lexer = Lexer::new(&bytes, 0, 64);
            while lexer.token().is_some() {}
            proptest::prop_assert!(lexer.at >= bytes.len());
            let _ = Lexer::new(&bytes, 0, 64).object();
        }
    }
}
