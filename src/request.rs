//! The exact body of the call: compact JSON, base64 written once into one buffer of known size.

use crate::{
    options::TokenField,
    recompress::budget::base64_len,
    submission::{Step, Token},
};
use base64::{
    Engine,
    engine::{Simd, general_purpose::PAD},
};
use rayon::prelude::*;
use std::{borrow::Cow, fmt};

/// A request that is ready to send. It exists only when no finding denies it; there is no other way to make one.
///
/// Its `Debug` shows sizes, never content.
///
/// ```
/// # use idenfy_preflight::{Image, Options, Preflight, Step, Submission};
/// # let options = Options::default();
/// # let preflight = Preflight::new(options);
/// # let mut submission = Submission::new()
/// #     .token("3FA5TFPA2ZE3LMPGGS1EGOJNJE").country("LT").document_type("ID_CARD");
/// # for (step, file) in [(Step::Front, "front"), (Step::Back, "back"), (Step::Face, "face")] {
/// #     let image = Image::open(step, format!("testdata/{file}.jpg"), &preflight.options().limits)?;
/// #     submission = submission.image(image);
/// # }
/// # let outcome = preflight.check(submission)?;
/// let request = outcome.request.expect("nothing denies it");
/// assert!(request.body().starts_with(b"{\"token\":") && !request.skips_analysis());
/// assert_eq!(request.images().map(|(step, _)| step.name()).collect::<Vec<_>>(), ["FRONT", "BACK", "FACE"]);
/// assert!(request.token().is_some() && request.scan_ref().is_none());
/// assert!(format!("{request:?}").len() < 60, "sizes alone");
/// # Ok::<(), idenfy_preflight::Error>(())
/// ```
#[derive(PartialEq, Eq)]
pub struct Request {
    body: Vec<u8>,
    images: Vec<(Step, usize)>,
    skip_analysis: bool,
    token: Option<Token>,
    scan_ref: Option<String>,
}

impl Request {
    /// The bytes to POST to `/api/v2/process` with `Content-Type: application/json`.
    ///
    /// ```
    /// # use idenfy_preflight::{Image, Options, Preflight, Step, Submission};
    /// # let options = Options::default();
    /// # let preflight = Preflight::new(options);
    /// # let mut submission = Submission::new()
    /// #     .token("3FA5TFPA2ZE3LMPGGS1EGOJNJE").country("LT").document_type("ID_CARD");
    /// # for (step, file) in [(Step::Front, "front"), (Step::Back, "back"), (Step::Face, "face")] {
    /// #     let image = Image::open(step, format!("testdata/{file}.jpg"), &preflight.options().limits)?;
    /// #     submission = submission.image(image);
    /// # }
    /// # let outcome = preflight.check(submission)?;
    /// let request = outcome.request.expect("nothing denies it");
    /// let body: serde_json::Value = serde_json::from_slice(request.body())?;
    /// assert_eq!(body["country"], "LT");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// The bytes, given away.
    ///
    /// ```
    /// # use idenfy_preflight::{Image, Options, Preflight, Step, Submission};
    /// # let options = Options::default();
    /// # let preflight = Preflight::new(options);
    /// # let mut submission = Submission::new()
    /// #     .token("3FA5TFPA2ZE3LMPGGS1EGOJNJE").country("LT").document_type("ID_CARD");
    /// # for (step, file) in [(Step::Front, "front"), (Step::Back, "back"), (Step::Face, "face")] {
    /// #     let image = Image::open(step, format!("testdata/{file}.jpg"), &preflight.options().limits)?;
    /// #     submission = submission.image(image);
    /// # }
    /// # let outcome = preflight.check(submission)?;
    /// let request = outcome.request.expect("nothing denies it");
    /// let body: Vec<u8> = request.into_body(); // to an HTTP client that wants to own it
    /// assert!(body.ends_with(b"}}"));
    /// # Ok::<(), idenfy_preflight::Error>(())
    /// ```
    pub fn into_body(self) -> Vec<u8> {
        self.body
    }

    /// The steps in the order of the body, with the bytes of each image before base64.
    ///
    /// ```
    /// # use idenfy_preflight::{Image, Options, Preflight, Step, Submission};
    /// # let options = Options::default();
    /// # let preflight = Preflight::new(options);
    /// # let mut submission = Submission::new()
    /// #     .token("3FA5TFPA2ZE3LMPGGS1EGOJNJE").country("LT").document_type("ID_CARD");
    /// # for (step, file) in [(Step::Front, "front"), (Step::Back, "back"), (Step::Face, "face")] {
    /// #     let image = Image::open(step, format!("testdata/{file}.jpg"), &preflight.options().limits)?;
    /// #     submission = submission.image(image);
    /// # }
    /// # let outcome = preflight.check(submission)?;
    /// let request = outcome.request.expect("nothing denies it");
    /// let bytes: usize = request.images().map(|(_, bytes)| bytes).sum();
    /// assert!(bytes < request.body().len());
    /// # Ok::<(), idenfy_preflight::Error>(())
    /// ```
    pub fn images(&self) -> impl Iterator<Item = (&Step, usize)> {
        self.images.iter().map(|(step, bytes)| (step, *bytes))
    }

    /// The token in it.
    pub fn token(&self) -> Option<&Token> {
        self.token.as_ref()
    }

    /// The session's `scanRef`, where a session was given: the answer to the call carries none.
    pub fn scan_ref(&self) -> Option<&str> {
        self.scan_ref.as_deref()
    }

    /// The body for people to read: every image as the number of its characters, the token hidden.
    ///
    /// ```
    /// # use idenfy_preflight::{Image, Options, Preflight, Step, Submission};
    /// # let options = Options::default();
    /// # let preflight = Preflight::new(options);
    /// # let mut submission = Submission::new()
    /// #     .token("3FA5TFPA2ZE3LMPGGS1EGOJNJE").country("LT").document_type("ID_CARD");
    /// # for (step, file) in [(Step::Front, "front"), (Step::Back, "back"), (Step::Face, "face")] {
    /// #     let image = Image::open(step, format!("testdata/{file}.jpg"), &preflight.options().limits)?;
    /// #     submission = submission.image(image);
    /// # }
    /// # let outcome = preflight.check(submission)?;
    /// let request = outcome.request.expect("nothing denies it");
    /// println!("{}", request.skeleton());
    /// assert!(request.skeleton().starts_with(r#"{"token":"(hidden)","country":"LT""#));
    /// # Ok::<(), idenfy_preflight::Error>(())
    /// ```
    pub fn skeleton(&self) -> String {
        let texts = |(_, bytes): &(Step, usize)| base64_len(*bytes as u64) as usize;
        let tail = if self.skip_analysis { SKIPPING_TAIL } else { TAIL };
        let mut at = self.body.len() - tail.len();
        let mut shown = vec![tail.to_owned()];
        for (i, image) in self.images.iter().enumerate().rev() {
            let key = key(i, &image.0);
            shown.push(format!("{key}({} characters of base64)\"", texts(image)));
            at = at.saturating_sub(key.len() + texts(image) + 1);
        }
        let head = String::from_utf8_lossy(self.body.get(..at).unwrap_or(&[])).into_owned();
        shown.push(match &self.token {
            Some(token) => head.replacen(&json_text(token.expose()), "\"(hidden)\"", 1),
            None => head,
        });
        shown.into_iter().rev().collect()
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

/// What stands behind the last image.
const TAIL: &str = "}}";
const SKIPPING_TAIL: &str = "},\"skipAnalysis\":true}";

/// Everything in the body but the images' bytes.
#[derive(Clone, Debug)]
pub(crate) struct Envelope {
    pub token_field: TokenField,
    /// What is `None` is left out, as are the rules that ask for it when the caller allows that.
    pub token: Option<Token>,
    /// Not in the body; the request carries it along.
    pub scan_ref: Option<String>,
    pub country: Option<String>,
    pub document_type: Option<String>,
    pub skip_analysis: bool,
}

impl Envelope {
    /// What stands before the first image, in the order of the page's examples.
    fn head(&self) -> String {
        let fields = [
            (self.token_field.name(), self.token.as_ref().map(Token::expose)),
            ("country", self.country.as_deref()),
            ("documentType", self.document_type.as_deref()),
        ];
        let mut head = String::from("{");
        for (name, text) in fields {
            if let Some(text) = text {
                head.push_str(&format!("\"{name}\":{},", json_text(text)));
            }
        }
        head.push_str("\"images\":{");
        head
    }

    fn tail(&self) -> &'static str {
        if self.skip_analysis { SKIPPING_TAIL } else { TAIL }
    }

    /// Bytes of the body without a single character of base64.
    pub fn overhead<'s>(&self, steps: impl IntoIterator<Item = &'s Step>) -> u64 {
        let keys: usize = steps.into_iter().enumerate().map(|(i, s)| key(i, s).len() + 1).sum();
        (self.head().len() + keys + self.tail().len()) as u64
    }

    /// Writes the body. The images come in the order given; those that are owned are freed meanwhile.
    pub fn assemble(self, images: Vec<(Step, Cow<'_, [u8]>)>) -> Request {
        let head = self.head();
        let characters: u64 = images.iter().map(|(_, b)| base64_len(b.len() as u64)).sum();
        let size = self.overhead(images.iter().map(|(s, _)| s)) + characters;
        let mut body = vec![0; size as usize];
        let mut sent = Vec::with_capacity(images.len());
        let mut rest = put(&mut body, head.as_bytes());
        for (i, (step, bytes)) in images.into_iter().enumerate() {
            rest = put(rest, key(i, &step).as_bytes());
            sent.push((step, bytes.len()));
            let (own, after) = rest.split_at_mut(base64_len(bytes.len() as u64) as usize);
            encode(bytes, own);
            rest = put(after, b"\"");
        }
        put(rest, self.tail().as_bytes());
        Request { body, images: sent, skip_analysis: self.skip_analysis, token: self.token, scan_ref: self.scan_ref }
    }
}

/// Writes a file's base64 (alphabet of RFC 4648 section 4, with padding) into a stretch of just its length. Bytes that are
/// owned are freed half by half, from the end, so that file and text are not held both.
///
/// # Panics
/// When `into` is too short, or in debug builds too long: it is four characters for each begun triple of bytes.
///
/// ```
/// use idenfy_preflight::{recompress::budget::base64_len, request::encode};
/// let mut text = vec![0; base64_len(5) as usize];
/// encode(b"hello".as_slice().into(), &mut text);
/// assert_eq!(text, b"aGVsbG8=");
/// ```
pub fn encode(mut bytes: Cow<'_, [u8]>, mut into: &mut [u8]) {
    let engine = Simd::standard(PAD);
    loop {
        let triples = if matches!(bytes, Cow::Owned(_)) && bytes.len() > 6 * CHUNK { bytes.len() / 6 } else { 0 };
        let (before, own) = into.split_at_mut(4 * triples);
        let (_, half) = bytes.split_at(3 * triples);
        half.par_chunks(3 * CHUNK).zip(own.par_chunks_mut(4 * CHUNK)).for_each(|(half, own)| {
            // Cannot fail: the stretch is exactly as long as the encoding.
            let written = engine.encode_slice(half, own);
            debug_assert!(written.is_ok());
        });
        match &mut bytes {
            Cow::Owned(owned) if triples > 0 => {
                owned.truncate(3 * triples);
                owned.shrink_to_fit();
            }
            _ => return,
        }
        into = before;
    }
}

fn put<'b>(into: &'b mut [u8], bytes: &[u8]) -> &'b mut [u8] {
    let (own, rest) = into.split_at_mut(bytes.len());
    own.copy_from_slice(bytes);
    rest
}

/// Triples of bytes that are encoded at a time, by one thread: small enough for the cache.
const CHUNK: usize = 1 << 15;

/// A step's key with everything up to its first character of base64.
fn key(index: usize, step: &Step) -> String {
    format!("{}{}:\"", if index == 0 { "" } else { "," }, json_text(step.name()))
}

fn json_text(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::prelude::BASE64_STANDARD;
    use proptest::{collection::vec, prelude::*};

    proptest! {
        /// Whatever the texts hold, the body is JSON, is as long as was said, and gives the bytes back.
        #[test]
        fn the_body_is_what_was_put_in(
            token in ".{1,40}",
            names in vec("[^\\x00]{1,12}", 0..5),
            images in vec(vec(any::<u8>(), 0..70), 5),
            authenticate in any::<bool>(),
            skip_analysis in any::<bool>(),
            typed in any::<bool>(),
        ) {
            let token = Token::new(token);
            let token_field = if authenticate { TokenField::AuthToken } else { TokenField::Token };
            let envelope = Envelope {
                token_field,
                token: Some(token.clone()),
                scan_ref: None,
                country: Some("LT".into()),
                document_type: typed.then(|| "PASSPORT".into()),
                skip_analysis,
            };
            let steps: Vec<Step> = names.iter().enumerate().map(|(i, n)| Step::from(format!("{i}{n}").as_str())).collect();
            let pairs: Vec<_> = steps.iter().zip(images.iter().map(Vec::as_slice)).collect();
            let request = envelope.clone().assemble(pairs.iter().map(|(s, b)| ((*s).clone(), Cow::Borrowed(*b))).collect());
            let base64: u64 = pairs.iter().map(|(_, b)| base64_len(b.len() as u64)).sum();
            prop_assert_eq!(request.body().len() as u64, envelope.overhead(&steps) + base64);
            let parsed: serde_json::Value = serde_json::from_slice(request.body()).unwrap();
            prop_assert_eq!(parsed[token_field.name()].as_str(), Some(token.expose()));
            prop_assert_eq!(parsed["images"].as_object().unwrap().len(), pairs.len());
            for (step, bytes) in pairs {
                let text = parsed["images"][step.name()].as_str().unwrap();
                prop_assert_eq!(BASE64_STANDARD.decode(text).unwrap(), bytes);
            }
            prop_assert_eq!(parsed.get("skipAnalysis").is_some(), skip_analysis);
            prop_assert_eq!(parsed.get("documentType").is_some(), typed);
        }
    }

    #[test]
    fn bytes_given_away_are_encoded_like_bytes_lent() {
        for len in [0, 1, 6 * CHUNK, 6 * CHUNK + 1, 50 * CHUNK + 2] {
            let bytes: Vec<u8> = (0..len).map(|i| (i * 31 % 251) as u8).collect();
            let mut text = vec![0; base64_len(len as u64) as usize];
            encode(Cow::Borrowed(&bytes), &mut text);
            let lent = std::mem::take(&mut text);
            text.resize(lent.len(), 0);
            encode(Cow::Owned(bytes.clone()), &mut text);
            assert!(text == lent && BASE64_STANDARD.encode(bytes).as_bytes() == text, "{len}");
        }
    }

    #[test]
    fn debug_shows_sizes_alone() {
        let token = Token::new("SECRETSECRET");
        let envelope = Envelope {
            token_field: TokenField::Token,
            token: Some(token.clone()),
            scan_ref: None,
            country: Some("LT".into()),
            document_type: None,
            skip_analysis: false,
        };
        let request = envelope.clone().assemble(vec![(Step::Front, b"image bytes".as_slice().into())]);
        assert_eq!(format!("{request:?}"), "Request(77 bytes, 1 images)");
        assert!(!format!("{envelope:?}").contains("SECRET"));
    }
}
