//! What the caller wants sent: the nouns of the API, spelled as the API spells them.

use crate::{error::Error, file, options::Limits, session::Session};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::{borrow::Cow, fmt, path::Path, str::FromStr};
use zeroize::Zeroize;

/// The place of an image in the request: a key of its `images` object.
///
/// ```
/// use idenfy_preflight::Step;
/// assert_eq!(Step::from("utility-bill"), Step::UtilityBill);
/// assert_eq!(Step::from("VISA_PAGE").name(), "VISA_PAGE");
/// assert!(Step::Back.is_document() && !Step::Face.is_document());
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Step {
    /// The document's front.
    Front,
    /// The document's back.
    Back,
    /// The selfie.
    Face,
    /// A proof of address.
    UtilityBill,
    /// A second proof of address.
    SecondUtilityBill,
    /// Another additional step, by the name it has in the session.
    Custom(Box<str>),
}

impl Step {
    /// The key in the request.
    ///
    /// ```
    /// use idenfy_preflight::Step;
    /// assert_eq!([Step::Face, Step::SecondUtilityBill].map(|step| step.name().len()), [4, 19]);
    /// assert_eq!(Step::Front.to_string(), "FRONT");
    /// ```
    pub fn name(&self) -> &str {
        match self {
            Self::Front => "FRONT",
            Self::Back => "BACK",
            Self::Face => "FACE",
            Self::UtilityBill => "UTILITY_BILL",
            Self::SecondUtilityBill => "SECOND_UTILITY_BILL",
            Self::Custom(name) => name,
        }
    }

    /// Whether it shows a side of the identity document.
    ///
    /// ```
    /// use idenfy_preflight::Step;
    /// assert!(Step::Front.is_document() && !Step::UtilityBill.is_document());
    /// ```
    pub fn is_document(&self) -> bool {
        matches!(self, Self::Front | Self::Back)
    }
}

impl From<&str> for Step {
    /// Any name is a step; the known ones in any case.
    fn from(name: &str) -> Self {
        match name.to_ascii_uppercase().replace('-', "_").as_str() {
            "FRONT" => Self::Front,
            "BACK" => Self::Back,
            "FACE" => Self::Face,
            "UTILITY_BILL" => Self::UtilityBill,
            "SECOND_UTILITY_BILL" => Self::SecondUtilityBill,
            _ => Self::Custom(name.into()),
        }
    }
}

impl From<&Step> for Step {
    fn from(step: &Step) -> Self {
        step.clone()
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl<'de> Deserialize<'de> for Step {
    /// By its name to the letter, so that what was written reads back as it was.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = Cow::<str>::deserialize(deserializer)?;
        let known = Self::from(&*name);
        Ok(if known.name() == name { known } else { Self::Custom(name.into()) })
    }
}

impl Serialize for Step {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

/// The four document types that direct processing takes (Direct Processing page, 2026).
///
/// ```
/// use idenfy_preflight::submission::DocumentType;
/// assert_eq!("DRIVER_LICENSE".parse(), Ok(DocumentType::DriverLicense));
/// assert_eq!(DocumentType::ALL.map(DocumentType::name)[0], "ID_CARD");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum DocumentType {
    /// A national identity card.
    IdCard,
    /// A passport.
    Passport,
    /// A driving licence.
    DriverLicense,
    /// A residence permit.
    ResidencePermit,
}

impl DocumentType {
    /// All four, in the page's order.
    pub const ALL: [Self; 4] = [Self::IdCard, Self::Passport, Self::DriverLicense, Self::ResidencePermit];

    /// The API's spelling.
    pub fn name(self) -> &'static str {
        match self {
            Self::IdCard => "ID_CARD",
            Self::Passport => "PASSPORT",
            Self::DriverLicense => "DRIVER_LICENSE",
            Self::ResidencePermit => "RESIDENCE_PERMIT",
        }
    }
}

impl FromStr for DocumentType {
    type Err = ();

    fn from_str(s: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|t| t.name() == s).ok_or(())
    }
}

impl fmt::Display for DocumentType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What kind of session the token belongs to (session creation, `tokenType`).
///
/// ```
/// use idenfy_preflight::{Submission, submission::TokenType};
/// let submission = Submission::new().token_type(TokenType::Document); // no selfie is asked for
/// assert_eq!(TokenType::default(), TokenType::Identification);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum TokenType {
    /// Document and selfie. The service's default.
    #[default]
    Identification,
    /// Document only.
    Document,
}

/// A session's token. Good for one call, so never shown: its `Debug` is redacted and its bytes are wiped on drop.
///
/// ```
/// use idenfy_preflight::submission::Token;
/// let token = Token::new("3FA5TFPA2ZE3LMPGGS1EGOJNJE\n");
/// assert_eq!(token.expose(), "3FA5TFPA2ZE3LMPGGS1EGOJNJE");
/// assert_eq!(format!("{token:?}"), "Token(…)");
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl Token {
    /// Takes the token without the blanks and line ends around it, which variables and files often bring along; its
    /// shape is checked with the submission.
    pub fn new(token: impl Into<String>) -> Self {
        let mut text = token.into();
        let trimmed = Self(text.trim().to_owned());
        text.zeroize();
        trimmed
    }

    /// The secret itself.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

impl Drop for Token {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

/// When `skipAnalysis` is set in the request.
///
/// ```
/// use idenfy_preflight::{SkipAnalysis, Submission};
/// let submission = Submission::new().skip_analysis(SkipAnalysis::Warranted);
/// assert_eq!(SkipAnalysis::default(), SkipAnalysis::Never);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SkipAnalysis {
    /// Never: the report recommends, the caller decides.
    #[default]
    Never,
    /// When the report recommends it.
    Warranted,
    /// Always.
    Always,
}

/// One image of a submission: the file's bytes as the user gave them, borrowed or owned.
///
/// ```
/// use idenfy_preflight::{Image, Step};
/// let upload = Image::new(Step::Front, "IMG_0042.jpg", vec![0xFF, 0xD8]);
/// assert_eq!((upload.size(), format!("{upload:?}").as_str()), (2, "Image(FRONT, 2 bytes)"));
/// ```
#[derive(Clone)]
pub struct Image<'a> {
    /// Its place in the request.
    pub step: Step,
    /// The file's name, for messages and for telling a wrong extension; may be empty. Never opened.
    pub name: Cow<'a, str>,
    /// The whole file; empty when it was not read.
    pub bytes: Cow<'a, [u8]>,
    /// The size of a file that was not read because it is larger than a file may be; `None` for one that was.
    pub unread: Option<u64>,
}

impl<'a> Image<'a> {
    /// An image of these bytes.
    ///
    /// ```
    /// use idenfy_preflight::{Image, Step};
    /// let lent: &[u8] = b"bytes of an upload";
    /// let image = Image::new(Step::Face, "selfie.jpg", lent); // or an owned Vec<u8>
    /// assert_eq!(image.step, Step::Face);
    /// ```
    pub fn new(step: impl Into<Step>, name: impl Into<Cow<'a, str>>, bytes: impl Into<Cow<'a, [u8]>>) -> Self {
        Self { step: step.into(), name: name.into(), bytes: bytes.into(), unread: None }
    }

    /// Reads a file from disk, unless it is larger than
    /// [`Limits::max_file_bytes`](crate::options::Limits::max_file_bytes): then only its size is kept, and told by a
    /// finding.
    ///
    /// # Errors
    /// [`Error::Read`] for whatever is no ordinary file, cannot be read, or changes while it is read.
    ///
    /// ```
    /// use idenfy_preflight::{Image, Step, options::Limits};
    /// let front = Image::open(Step::Front, "testdata/front.jpg", &Limits::default())?;
    /// let mut small = Limits::default();
    /// small.max_file_bytes = 1000;
    /// let unread = Image::open(Step::Front, "testdata/front.jpg", &small)?;
    /// assert_eq!(unread.unread, Some(front.size()));
    /// assert!(unread.bytes.is_empty());
    /// # Ok::<(), idenfy_preflight::Error>(())
    /// ```
    pub fn open(step: impl Into<Step>, path: impl AsRef<Path>, limits: &Limits) -> Result<Image<'static>, Error> {
        let path = path.as_ref();
        let name = Cow::Owned(path.to_string_lossy().into_owned());
        let (bytes, unread) = match file::read(path, limits.max_file_bytes)? {
            file::Content::Whole(bytes) => (bytes, None),
            file::Content::TooLarge(size) => (Vec::new(), Some(size)),
        };
        Ok(Image { step: step.into(), name, bytes: Cow::Owned(bytes), unread })
    }

    /// Bytes of the file, read or not.
    ///
    /// ```
    /// use idenfy_preflight::{Image, Step};
    /// assert_eq!(Image::new(Step::Front, "", vec![0; 1234]).size(), 1234);
    /// ```
    pub fn size(&self) -> u64 {
        self.unread.unwrap_or(self.bytes.len() as u64)
    }
}

impl fmt::Debug for Image<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Image({}, {} bytes)", self.step, self.size())
    }
}

/// What the caller wants sent. Nothing in it is checked before [`Preflight::check`](crate::Preflight::check).
///
/// ```
/// use idenfy_preflight::{Image, SkipAnalysis, Step, Submission, submission::TokenType};
/// let submission = Submission::new()
///     .token("3FA5TFPA2ZE3LMPGGS1EGOJNJE") // or .session(…), which has it
///     .token_type(TokenType::Document)
///     .country("LT")
///     .document_type("PASSPORT")
///     .skip_analysis(SkipAnalysis::Warranted)
///     .image(Image::new(Step::Front, "front.jpg", vec![0; 9]));
/// assert_eq!(submission.images.len(), 1);
/// ```
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Submission<'a> {
    /// The session's token.
    pub token: Option<Token>,
    /// ISO 3166-1 alpha-2 code of the issuing country, in any case.
    pub country: Option<String>,
    /// The document type as the API spells it; left out, the service tells it from the FRONT.
    pub document_type: Option<String>,
    /// The kind of session, where no `session` tells.
    pub token_type: Option<TokenType>,
    /// The service's answer to session creation, from which the required steps follow.
    pub session: Option<Session>,
    /// When `skipAnalysis` is set.
    pub skip_analysis: SkipAnalysis,
    /// The images, in any order.
    pub images: Vec<Image<'a>>,
}

impl<'a> Submission<'a> {
    /// An empty submission.
    ///
    /// ```
    /// use idenfy_preflight::Submission;
    /// assert!(Submission::new().images.is_empty());
    /// ```
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the token.
    ///
    /// ```
    /// use idenfy_preflight::Submission;
    /// let submission = Submission::new().token(" 3FA5TFPA2ZE3LMPGGS1EGOJNJE\n");
    /// assert_eq!(submission.token.as_ref().map(|token| token.expose().len()), Some(26));
    /// ```
    pub fn token(mut self, token: impl Into<String>) -> Self {
        self.token = Some(Token::new(token));
        self
    }

    /// The token that is sent: its own, or else the session's; one that is empty is none.
    pub(crate) fn effective_token(&self) -> Option<&Token> {
        let sessions = self.session.as_ref().and_then(|session| session.token.as_ref());
        [self.token.as_ref(), sessions].into_iter().flatten().find(|token| !token.expose().is_empty())
    }

    /// Sets the country.
    ///
    /// ```
    /// use idenfy_preflight::Submission;
    /// assert_eq!(Submission::new().country("lt").country.as_deref(), Some("lt")); // judged by the check
    /// ```
    pub fn country(mut self, country: impl Into<String>) -> Self {
        self.country = Some(country.into());
        self
    }

    /// Sets the document type, one of the four or any other spelling to be judged.
    ///
    /// ```
    /// use idenfy_preflight::{Submission, submission::DocumentType};
    /// let submission = Submission::new().document_type(DocumentType::Passport.name());
    /// assert_eq!(submission.document_type.as_deref(), Some("PASSPORT"));
    /// ```
    pub fn document_type(mut self, document_type: impl Into<String>) -> Self {
        self.document_type = Some(document_type.into());
        self
    }

    /// Sets the kind of session.
    ///
    /// ```
    /// use idenfy_preflight::{Submission, submission::TokenType};
    /// let without_selfie = Submission::new().token_type(TokenType::Document);
    /// assert_eq!(without_selfie.token_type, Some(TokenType::Document));
    /// ```
    pub fn token_type(mut self, token_type: TokenType) -> Self {
        self.token_type = Some(token_type);
        self
    }

    /// Sets the session; its token is used when none was set.
    ///
    /// ```
    /// use idenfy_preflight::{Session, Submission};
    /// let created = Session::from_json(br#"{"authToken": "3FA5TFPA2ZE3LMPGGS1EGOJNJE", "scanRef": "0a1b"}"#)?;
    /// let submission = Submission::new().session(created).country("LT");
    /// assert!(submission.session.is_some());
    /// # Ok::<(), idenfy_preflight::session::SessionError>(())
    /// ```
    pub fn session(mut self, session: Session) -> Self {
        self.session = Some(session);
        self
    }

    /// Sets when `skipAnalysis` is asked for.
    ///
    /// ```
    /// use idenfy_preflight::{SkipAnalysis, Submission};
    /// let submission = Submission::new().skip_analysis(SkipAnalysis::Warranted);
    /// assert_eq!(submission.skip_analysis, SkipAnalysis::Warranted);
    /// ```
    pub fn skip_analysis(mut self, skip: SkipAnalysis) -> Self {
        self.skip_analysis = skip;
        self
    }

    /// Adds an image.
    ///
    /// ```
    /// use idenfy_preflight::{Image, Step, Submission};
    /// let submission = Submission::new()
    ///     .image(Image::new(Step::Front, "front.jpg", vec![0xFF, 0xD8]))
    ///     .image(Image::new("VISA_PAGE", "visa.jpg", vec![0xFF, 0xD8]));
    /// assert_eq!(submission.images[1].step.name(), "VISA_PAGE");
    /// ```
    pub fn image(mut self, image: Image<'a>) -> Self {
        self.images.push(image);
        self
    }
}

impl<'a> From<Submission<'a>> for Cow<'_, Submission<'a>> {
    fn from(submission: Submission<'a>) -> Self {
        Cow::Owned(submission)
    }
}

impl<'s, 'a> From<&'s Submission<'a>> for Cow<'s, Submission<'a>> {
    fn from(submission: &'s Submission<'a>) -> Self {
        Cow::Borrowed(submission)
    }
}
