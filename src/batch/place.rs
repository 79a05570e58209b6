//! Where an image is: a path, a `file://` URI, or the line itself. Names are opened and nothing else.

use super::line::short;
#[cfg(feature = "remote")]
use super::remote::Object;
use crate::{
    options::Limits,
    submission::{Image, Step},
};
use base64::{
    Engine,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use std::{borrow::Cow, path::PathBuf};

/// Where an image is.
#[cfg_attr(test, derive(Debug))]
pub(super) enum Place<'a> {
    /// Its base64, in the line.
    Inline(Cow<'a, str>),
    /// A file.
    File(PathBuf),
    /// An object in a store; asked for when it is prepared.
    #[cfg(feature = "remote")]
    Remote(url::Url, Option<Box<Object>>),
}

/// Characters that a path or URI may have: Linux takes paths of 4,096 bytes.
const MAX_NAME: usize = 4096;

/// Padding may be left out.
const ENGINE: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

impl<'a> Place<'a> {
    /// Tells by the text alone.
    ///
    /// # Errors
    /// What cannot be understood about it.
    pub fn of(text: impl Into<Cow<'a, str>>) -> Result<Self, String> {
        let text = text.into();
        if scheme(&text).is_some_and(|(scheme, _)| scheme.eq_ignore_ascii_case("data")) {
            // The head has a media type and little more.
            let comma = memchr::memchr(b',', text.as_bytes().get(..256).unwrap_or(text.as_bytes()));
            let comma = comma.ok_or("the data: URI has no comma behind its type")?;
            if !text.get(..comma).is_some_and(|head| head.to_ascii_lowercase().ends_with(";base64")) {
                return Err("the data: URI is not base64 (data:image/jpeg;base64,…)".into());
            }
            let data = comma.saturating_add(1);
            return Ok(Self::Inline(match text {
                Cow::Borrowed(text) => Cow::Borrowed(text.get(data..).unwrap_or_default()),
                Cow::Owned(mut text) => Cow::Owned(text.split_off(data)),
            }));
        }
        if text.is_empty() {
            return Err("no file is named".into());
        }
        if text.len() > MAX_NAME {
            return Err(format!(
                "its text has {} bytes, too many for a path; an image in the line itself begins with data:image/jpeg;base64,",
                text.len()
            ));
        }
        match scheme(&text) {
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("file") => file(rest).map(Self::File),
            #[cfg(feature = "remote")]
            Some((_, rest)) if rest.starts_with("//") => super::remote::uri(&text).map(|uri| Self::Remote(uri, None)),
            #[cfg(not(feature = "remote"))]
            Some((scheme, rest)) if rest.starts_with("//") => {
                Err(format!("{}: {scheme}:// needs a build with the feature remote", short(&text)))
            }
            _ => Ok(Self::File((&*text).into())),
        }
    }

    /// Asks for it where that tells its size.
    ///
    /// # Errors
    /// Why it cannot be had.
    #[cfg(feature = "remote")]
    pub fn prepare(&mut self, stores: &super::remote::Stores) -> Result<(), String> {
        if let Self::Remote(uri, object) = self {
            *object = Some(Box::new(stores.open(uri)?));
        }
        Ok(())
    }

    /// Bytes that it will take, as far as can be told without opening it.
    pub fn weight(&self, limits: &Limits) -> u64 {
        let bytes = match self {
            // Of a text that had escapes there is a copy.
            Self::Inline(Cow::Owned(data)) => return data.len() as u64 * 2,
            Self::Inline(data) => data.len() as u64 / 4 * 3,
            Self::File(path) => std::fs::metadata(path).map_or(0, |m| if m.is_file() { m.len() } else { 0 }),
            #[cfg(feature = "remote")]
            Self::Remote(_, object) => object.as_ref().map_or(0, |object| object.size),
        };
        // What is larger is not read.
        if bytes > limits.max_file_bytes { 0 } else { bytes }
    }

    /// Reads it.
    ///
    /// # Errors
    /// Why it cannot be read.
    pub fn open(self, step: Step, limits: &Limits) -> Result<Image<'static>, String> {
        match self {
            Self::Inline(data) => inline(step, &data, limits),
            Self::File(path) => Image::open(step, path, limits).map_err(|e| e.to_string()),
            #[cfg(feature = "remote")]
            Self::Remote(uri, object) => {
                let object = object.ok_or_else(|| format!("{uri}: it was not asked for"))?;
                let mut image = Image::new(step, uri.to_string(), Vec::new());
                if object.size > limits.max_file_bytes {
                    image.unread = Some(object.size);
                } else {
                    image.bytes = Cow::Owned(object.read().map_err(|what| format!("{}: {what}", short(uri.as_str())))?);
                }
                Ok(image)
            }
        }
    }
}

fn inline(step: Step, data: &str, limits: &Limits) -> Result<Image<'static>, String> {
    let mut image = Image::new(step, "data:", Vec::new());
    let size = data.len() as u64 / 4 * 3;
    if size > limits.max_file_bytes.saturating_add(2) {
        image.unread = Some(size);
        return Ok(image);
    }
    // The message tells a place and a character, which of base64 says nothing.
    let bytes = ENGINE.decode(data).map_err(|e| format!("the data: URI's base64 is broken ({e})"))?;
    image.bytes = Cow::Owned(bytes);
    Ok(image)
}

/// A URI's scheme (RFC 3986, section 3.1) and what stands behind its colon. One letter is a drive of Windows.
fn scheme(text: &str) -> Option<(&str, &str)> {
    // Schemes are short; an image's text is not.
    let (scheme, rest) = text.get(..text.len().min(MAX_NAME)).unwrap_or(text).split_once(':')?;
    let rest = text.get(scheme.len().saturating_add(1)..).unwrap_or(rest);
    let named = scheme.len() > 1
        && scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b));
    named.then_some((scheme, rest))
}

/// The path of a file URI (RFC 8089).
fn file(rest: &str) -> Result<PathBuf, String> {
    let path = match rest.strip_prefix("//") {
        None => rest,
        Some(rest) => match rest.find('/').map(|at| rest.split_at(at)) {
            Some(("" | "localhost", path)) => path,
            _ => return Err(format!("file:{}: it names another machine, or no path", short(rest))),
        },
    };
    let path = path.split(['?', '#']).next().unwrap_or_default();
    let mut bytes = Vec::with_capacity(path.len());
    let mut parts = path.split('%');
    bytes.extend_from_slice(parts.next().unwrap_or_default().as_bytes());
    for part in parts {
        let code = part.get(..2).filter(|c| c.bytes().all(|b| b.is_ascii_hexdigit()));
        let byte = code.and_then(|c| u8::from_str_radix(c, 16).ok());
        bytes.push(byte.ok_or_else(|| format!("file:{}: a % without two hexadecimal digits", short(path)))?);
        bytes.extend_from_slice(part.get(2..).unwrap_or_default().as_bytes());
    }
    #[cfg(unix)]
    {
        use std::os::unix::ffi::OsStringExt;
        Ok(std::ffi::OsString::from_vec(bytes).into())
    }
    #[cfg(not(unix))]
    String::from_utf8(bytes).map(Into::into).map_err(|_| format!("file:{}: it is no UTF-8", short(path)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn same(a: Place<'_>, b: Place<'_>) {
        assert_eq!(format!("{a:?}"), format!("{b:?}"));
    }

    #[test]
    fn places_are_told_by_their_text() {
        let at = |text: &'static str| Place::of(text).unwrap();
        for path in ["a.jpg", "/a b", "../x:y", "C:\\a.jpg", "a%20b", "1:x", "-", "odd:name"] {
            same(at(path), Place::File(path.into()));
        }
        same(at("file:///a%20b%2Fc.jpg"), Place::File("/a b/c.jpg".into()));
        same(at("FILE://localhost/a?x#y"), Place::File("/a".into()));
        same(at("data:image/png;base64,AAAA"), Place::Inline("AAAA".into()));
        same(at("data:;BASE64,"), Place::Inline("".into()));
        let long = "A".repeat(5000);
        let wrong = [
            ("", "no file is named"),
            ("data:image/png,x", "is not base64"),
            ("data:image/png", "no comma"),
            ("file://elsewhere/a", "another machine"),
            ("file:///%4", "hexadecimal"),
            ("file:///%+1", "hexadecimal"),
            (&*long, "too many for a path"),
        ];
        for (text, said) in wrong {
            let what = Place::of(text).unwrap_err();
            assert!(what.contains(said) && what.len() < 300, "{what}");
        }
        let escaped = Place::of("data:;base64,AA//".to_owned()).unwrap();
        same(escaped, Place::Inline("AA//".into()));
        let emoji = format!("data:{},", "\u{1f600}".repeat(100));
        assert!(Place::of(&*emoji).is_err());
    }

    #[test]
    fn images_in_the_line_are_decoded_within_limits() {
        let limits = Limits { max_file_bytes: 6, ..Limits::default() };
        let open = |data: &'static str| Place::of(data).unwrap().open(Step::Front, &limits);
        assert_eq!(&*open("data:;base64,AAEC").unwrap().bytes, [0, 1, 2]);
        assert_eq!(&*open("data:;base64,AAE").unwrap().bytes, [0, 1]);
        assert!(open("data:;base64,A*").unwrap_err().contains("base64 is broken"));
        assert_eq!(open("data:;base64,AAAAAAAAAAAAAAAA").unwrap().unread, Some(12));
    }
}
