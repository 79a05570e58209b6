//! Every rule in one table: its name, what it looks for, how much it weighs by default.

use serde::{Deserialize, Serialize, de::Error};
use std::{borrow::Cow, fmt};

/// What a rule is about.
///
/// ```
/// use idenfy_preflight::rules::{Family, Rule};
/// let about_pictures = Rule::ALL.iter().filter(|rule| rule.family() == Family::Quality);
/// assert!(about_pictures.count() > 10);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Family {
    /// The file itself: kind, integrity, encryption.
    Container,
    /// The picture: whether it can be read.
    Quality,
    /// The call: what the API asks for.
    Request,
}

/// How much a finding weighs.
///
/// ```
/// use idenfy_preflight::rules::Level;
/// assert!(Level::Allow < Level::Warn && Level::Warn < Level::Deny);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Told, and of no consequence.
    Allow,
    /// Told, and of no consequence for the verdict.
    Warn,
    /// Nothing is sent.
    Deny,
}

macro_rules! rules {
    ($($family:ident { $($variant:ident $id:literal $level:ident $summary:literal $help:literal;)* })*) => {
        /// A rule; [`Rule::id`] is the name that flags and reports use.
        ///
        /// ```
        /// use idenfy_preflight::rules::{Family, Level, Rule};
        /// let rule = Rule::from_id("pdf_encrypted").unwrap();
        /// assert_eq!((rule, rule.id()), (Rule::PdfEncrypted, "pdf_encrypted"));
        /// assert_eq!((rule.family(), rule.default_level()), (Family::Container, Level::Deny));
        /// println!("{}: {} {}", rule, rule.summary(), rule.help());
        /// ```
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Rule {
            $($(#[doc = $summary] $variant,)*)*
        }

        impl Rule {
            /// All rules, by family.
            pub const ALL: &'static [Rule] = &[$($(Rule::$variant,)*)*];

            /// The name, in snake case.
            pub fn id(self) -> &'static str {
                match self { $($(Rule::$variant => $id,)*)* }
            }

            /// What it is about.
            pub fn family(self) -> Family {
                match self { $($(Rule::$variant => Family::$family,)*)* }
            }

            /// The heaviest level that it has by default; single findings may weigh less.
            pub fn default_level(self) -> Level {
                match self { $($(Rule::$variant => Level::$level,)*)* }
            }

            /// One line on what it looks for.
            pub fn summary(self) -> &'static str {
                match self { $($(Rule::$variant => $summary,)*)* }
            }

            /// One line on what to do about it; a finding's own help is more to the point.
            pub fn help(self) -> &'static str {
                match self { $($(Rule::$variant => $help,)*)* }
            }
        }
    };
}

rules! {
    Container {
        EmptyFile "empty_file" Deny "The file has no bytes."
            "Ask for the file once more; the upload probably failed.";
        FileTooLarge "file_too_large" Deny "The file is larger than the limit on one file."
            "Ask for a photo at the camera's normal setting, or a scan at 300 dpi.";
        UnsupportedFormat "unsupported_format" Deny "The file is not PNG, JPEG or PDF by its content."
            "Save it as JPEG or PNG, or let --convert do it where it can.";
        WrongExtension "wrong_extension" Warn "The file's name claims another format than its content has."
            "Nothing needs to be done: only the content is sent.";
        Unreadable "unreadable" Deny "The file is damaged beyond use."
            "Ask for the file once more, or for a new photo.";
        Damaged "damaged" Warn "Part of the file is lost or wrong, the rest can be read."
            "Ask for the file once more, best sent in another way.";
        UnsupportedCoding "unsupported_coding" Deny "A rare coding of JPEG or PNG that decoders commonly refuse."
            "Save the picture anew as an ordinary JPEG or PNG.";
        TooManyPixels "too_many_pixels" Deny "The picture has more pixels than the limit."
            "Make it smaller, or take the photo at the camera's normal setting.";
        LimitExceeded "limit_exceeded" Deny "Reading the file would cost more than the limits allow."
            "Ask for a simpler file; ordinary photos and scans stay far below.";
        TookTooLong "took_too_long" Deny "Looking at the file took longer than the limit on time."
            "Try once more; if it takes as long again, ask for a simpler or smaller file.";
        DecoderFault "decoder_fault" Deny "A decoder failed on this file in a way that it should not."
            "Save the picture anew, and report the file if you can share it.";
        TrailingData "trailing_data" Allow "Bytes follow the end of the picture (gain map, thumbnail, motion photo)."
            "Nothing needs to be done.";
        Polyglot "polyglot" Warn "The file is two kinds of file at once."
            "Find out where it comes from; save the picture anew to be rid of the rest.";
        Flattened "flattened" Allow "Animation, further pages, transparency or 16 bits, of which a plain picture keeps nothing."
            "Nothing needs to be done unless it looks wrong without.";
        PdfEncrypted "pdf_encrypted" Deny "The PDF is encrypted, with or without a password to open it."
            "Ask for a copy without password (open it, print to PDF), or unlock it with --pdf-password.";
        PdfNoPages "pdf_no_pages" Deny "The PDF has no pages."
            "Ask for the file once more, or for a photo.";
        PdfNotRendered "pdf_not_rendered" Warn "The PDF's first page could not be drawn, so it was not measured."
            "Open the PDF and see for yourself that it can be read.";
        PdfUnlocked "pdf_unlocked" Warn "The PDF was decrypted on request; the copy is sent."
            "Nothing needs to be done.";
        Converted "converted" Warn "The file was converted on request; the JPEG is sent."
            "Nothing needs to be done.";
    }
    Quality {
        TooBlurry "too_blurry" Deny "The text is too soft to read."
            "Hold the camera still, let it focus on the print, and take the photo again.";
        Glare "glare" Deny "A reflection covers part of the document."
            "Tilt the document or move away from the lamp, and take the photo again.";
        Underexposed "underexposed" Deny "The picture is too dark."
            "Take the photo in better light.";
        Overexposed "overexposed" Deny "The picture is too bright."
            "Take the photo out of direct light.";
        LowContrast "low_contrast" Warn "Print and paper hardly differ."
            "Take the photo in even light against a darker ground.";
        DocumentNotFound "document_not_found" Warn "No document can be made out in the picture."
            "Put the document flat on a darker, plain ground and let it fill the frame.";
        Borderless "borderless" Allow "The document fills the picture to its rim, as in a scan."
            "Nothing needs to be done if it can be read.";
        DocumentNotFullyVisible "document_not_fully_visible" Deny "The document is cut off by the picture's edge."
            "Step back so that all four corners are in the picture.";
        TextTooSmall "text_too_small" Deny "The document has too few pixels for its text to be read."
            "Move closer so that the document fills the frame.";
        TooSmall "too_small" Warn "The picture has few pixels."
            "Send the original photo, not a preview of it.";
        Indeterminate "indeterminate" Allow "There is too little print to judge sharpness."
            "Look at it yourself if it should have print on it.";
        NoFace "no_face" Deny "No face can be found where one is due."
            "Take a selfie with the whole face in the frame, in even light.";
        TooManyFaces "too_many_faces" Deny "More than one face."
            "Take the selfie alone, in front of a plain wall.";
        FaceTooSmall "face_too_small" Warn "The face has few pixels."
            "Hold the camera at arm's length so that the face fills a third of the frame.";
        FaceTooBlurry "face_too_blurry" Deny "The face is too soft to be matched."
            "Hold the camera still, wipe its lens, and take the selfie again in more light.";
        FaceGlared "face_glared" Warn "Light blows out part of the face."
            "Turn away from the lamp and switch the flash off.";
        FaceTurned "face_turned" Warn "The face does not stand upright."
            "Turn the picture and save it, or hold the phone upright.";
        OverCompressed "over_compressed" Warn "JPEG compression has eaten fine print."
            "Send the original photo, not one that a messenger has made smaller.";
        Noisy "noisy" Deny "Noise covers fine print."
            "Take the photo in better light.";
        Shadow "shadow" Warn "A shadow's edge runs across the document."
            "Move so that neither hand nor phone throws a shadow on the document.";
        Tilted "tilted" Warn "The document is seen at an angle."
            "Hold the camera straight above the document.";
        DocumentTurned "document_turned" Warn "The document stands on its head or lies on its side."
            "Turn the picture and save it, or hold the document the right way up.";
        Colourless "colourless" Warn "The picture has no colour, as a photocopy."
            "Send a colour photo of the document itself, not of a copy.";
    }
    Request {
        MissingToken "missing_token" Deny "There is no token."
            "Create a session (POST /api/v2/token) and give its token.";
        TokenShape "token_shape" Warn "The token is not 10 to 40 ASCII characters."
            "Check that the token was copied whole and without blanks.";
        TokenMismatch "token_mismatch" Deny "The token given is not the session's."
            "Leave the token out, or give the session that belongs to it.";
        MissingCountry "missing_country" Deny "There is no country."
            "Give the two-letter code of the country that issued the document.";
        UnknownCountry "unknown_country" Deny "The country is not an ISO 3166-1 alpha-2 code or XK."
            "Give the two-letter code, such as GB for the United Kingdom.";
        CountryNotAllowed "country_not_allowed" Deny "The session does not allow the country."
            "Ask for a document of an allowed country, or create a session that allows this one.";
        UnknownDocumentType "unknown_document_type" Deny "The document type is none of the four that direct processing takes."
            "Give ID_CARD, PASSPORT, DRIVER_LICENSE or RESIDENCE_PERMIT, or leave it out.";
        DigitalId "digital_id" Deny "The document type is a digital ID, which direct processing refuses."
            "Ask for a photo of a physical document.";
        DocumentTypeNotAllowed "document_type_not_allowed" Deny "The session does not allow the document type."
            "Ask for an allowed document, or create a session that allows this one.";
        MissingStep "missing_step" Deny "An image that the session requires is missing."
            "Add an image for the step.";
        FaceNotMatched "face_not_matched" Warn "A face is sent to a session that does not match faces."
            "Leave FACE out, or create a session of type IDENTIFICATION.";
        UnknownStep "unknown_step" Warn "A step that neither the API nor the session names."
            "Leave it out unless the session was created with a step of that name.";
        DuplicateStep "duplicate_step" Deny "A step is given twice."
            "Give one image for each step.";
        SamePicture "same_picture" Deny "Two steps carry the same picture."
            "Give the right file for each step.";
        PdfNotAllowed "pdf_not_allowed" Deny "The session allows no PDF for this step."
            "Send the page as JPEG or PNG.";
        PdfForDocument "pdf_for_document" Warn "A PDF for FRONT or BACK, which older service pages refuse."
            "Send a photo or a scan as JPEG or PNG if you have one.";
        PdfForFace "pdf_for_face" Deny "A PDF for FACE."
            "Send the selfie as JPEG or PNG.";
        PdfPages "pdf_pages" Warn "The PDF has several pages; what the service does with further ones is not documented."
            "Send the page that matters as a PDF of one page.";
        Questionnaire "questionnaire" Deny "The session has a questionnaire, which direct processing refuses."
            "Create the session with \"questionnaire\": null.";
        NfcRequired "nfc_required" Deny "The session requires NFC, which direct processing refuses."
            "Create the session with \"nfcRequired\": false, or use iDenfy's mobile SDK.";
        LivenessRequired "liveness_required" Deny "The session requires liveness or a short photo sequence."
            "Create the session with \"checkLiveness\": false, or use iDenfy's SDK or web pages.";
        VerificationUpdate "verification_update" Deny "The session updates an existing verification."
            "Send the user the update link, or create a new session with the same clientId.";
        TokenType "token_type" Deny "The session is of a type that direct processing does not serve."
            "Create a session of type IDENTIFICATION or DOCUMENT.";
        ImageOverCap "image_over_cap" Deny "An image is larger than the cap on one image."
            "Send a smaller file for the step.";
        Coarsened "coarsened" Warn "An image had to be brought under 300 dots per inch to fit."
            "Send fewer or smaller images if its fine print matters.";
        OverBudget "over_budget" Deny "The body is larger than the limit, and cannot be made to fit."
            "Send smaller files, those that weigh most first.";
    }
}

impl Rule {
    /// The rule of that name.
    ///
    /// ```
    /// use idenfy_preflight::rules::Rule;
    /// assert_eq!(Rule::from_id("glare"), Some(Rule::Glare));
    /// assert_eq!(Rule::from_id("glaer"), None);
    /// ```
    pub fn from_id(id: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|r| r.id() == id)
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}

impl Serialize for Rule {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.id())
    }
}

impl<'de> Deserialize<'de> for Rule {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let id = Cow::<str>::deserialize(deserializer)?;
        Self::from_id(&id).ok_or_else(|| D::Error::custom(format_args!("there is no rule `{id}`")))
    }
}
