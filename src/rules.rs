//! Every rule in one table: its name, what it looks for, how much it weighs by default.

use serde::Serialize;
use std::fmt;

/// What a rule is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
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
    ($($family:ident { $($variant:ident $id:literal $level:ident $summary:literal;)* })*) => {
        /// A rule; [`Rule::id`] is the name that flags and reports use.
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
        }
    };
}

rules! {
    Container {
        EmptyFile "empty_file" Deny "The file has no bytes.";
        FileTooLarge "file_too_large" Deny "The file is larger than the limit on one file.";
        UnsupportedFormat "unsupported_format" Deny "The file is not PNG, JPEG or PDF by its content.";
        WrongExtension "wrong_extension" Warn "The file's name claims another format than its content has.";
        Unreadable "unreadable" Deny "The file is damaged beyond use.";
        Damaged "damaged" Warn "Part of the file is lost or wrong, the rest can be read.";
        UnsupportedCoding "unsupported_coding" Deny "A rare coding of JPEG or PNG that decoders commonly refuse.";
        TooManyPixels "too_many_pixels" Deny "The picture has more pixels than the limit.";
        LimitExceeded "limit_exceeded" Deny "Reading the file would cost more than the limits allow.";
        DecoderFault "decoder_fault" Deny "A decoder failed on this file in a way that it should not.";
        TrailingData "trailing_data" Allow "Bytes follow the end of the picture (gain map, thumbnail, motion photo).";
        Polyglot "polyglot" Warn "The file is two kinds of file at once.";
        Flattened "flattened" Allow "Animation, transparency or 16 bits, of which a plain picture keeps nothing.";
        PdfEncrypted "pdf_encrypted" Deny "The PDF is encrypted, with or without a password to open it.";
        PdfNoPages "pdf_no_pages" Deny "The PDF has no pages.";
        PdfNotRendered "pdf_not_rendered" Warn "The PDF's first page could not be drawn, so it was not measured.";
        PdfUnlocked "pdf_unlocked" Warn "The PDF was decrypted on request; the copy is sent.";
        Converted "converted" Warn "The file was converted on request; the JPEG is sent.";
    }
    Quality {
        TooBlurry "too_blurry" Deny "The text is too soft to read.";
        Glare "glare" Deny "A reflection covers part of the document.";
        Underexposed "underexposed" Deny "The picture is too dark.";
        Overexposed "overexposed" Deny "The picture is too bright.";
        LowContrast "low_contrast" Warn "Print and paper hardly differ.";
        DocumentNotFound "document_not_found" Warn "No document can be made out in the picture.";
        DocumentNotFullyVisible "document_not_fully_visible" Deny "The document is cut off by the picture's edge.";
        TextTooSmall "text_too_small" Deny "The document has too few pixels for its text to be read.";
        TooSmall "too_small" Warn "The picture has few pixels.";
        Indeterminate "indeterminate" Allow "There is too little print to judge sharpness.";
        NoFace "no_face" Deny "No face can be found where one is due.";
        TooManyFaces "too_many_faces" Deny "More than one face.";
        FaceTooSmall "face_too_small" Warn "The face has few pixels.";
        OverCompressed "over_compressed" Warn "JPEG compression has eaten fine print.";
        Noisy "noisy" Warn "Noise covers fine print.";
        Shadow "shadow" Warn "A shadow's edge runs across the document.";
        Tilted "tilted" Warn "The document is seen at an angle.";
        Colourless "colourless" Warn "The picture has no colour, as a photocopy.";
        SamePicture "same_picture" Deny "Two steps carry the same picture.";
    }
    Request {
        MissingToken "missing_token" Deny "There is no token.";
        TokenShape "token_shape" Warn "The token is not 10 to 40 ASCII characters.";
        TokenMismatch "token_mismatch" Deny "The token given is not the session's.";
        MissingCountry "missing_country" Deny "There is no country.";
        UnknownCountry "unknown_country" Deny "The country is not an ISO 3166-1 alpha-2 code or XK.";
        CountryNotAllowed "country_not_allowed" Deny "The session does not allow the country.";
        UnknownDocumentType "unknown_document_type" Deny "The document type is none of the four that direct processing takes.";
        DigitalId "digital_id" Deny "The document type is a digital ID, which direct processing refuses.";
        DocumentTypeNotAllowed "document_type_not_allowed" Deny "The session does not allow the document type.";
        MissingStep "missing_step" Deny "An image that the session requires is missing.";
        FaceNotMatched "face_not_matched" Warn "A face is sent to a session that does not match faces.";
        UnknownStep "unknown_step" Warn "A step that neither the API nor the session names.";
        DuplicateStep "duplicate_step" Deny "A step is given twice.";
        PdfNotAllowed "pdf_not_allowed" Deny "The session allows no PDF for this step.";
        PdfForDocument "pdf_for_document" Warn "A PDF for FRONT or BACK, which older service pages refuse.";
        PdfForFace "pdf_for_face" Deny "A PDF for FACE.";
        PdfPages "pdf_pages" Warn "The PDF has several pages; what the service does with further ones is not documented.";
        Questionnaire "questionnaire" Deny "The session has a questionnaire, which direct processing refuses.";
        NfcRequired "nfc_required" Deny "The session requires NFC, which direct processing refuses.";
        LivenessRequired "liveness_required" Deny "The session requires liveness or a short photo sequence.";
        VerificationUpdate "verification_update" Deny "The session updates an existing verification.";
        TokenType "token_type" Deny "The session is of a type that direct processing does not serve.";
        SessionExpired "session_expired" Warn "The session says that its token has expired.";
        ImageOverCap "image_over_cap" Deny "An image is larger than the cap on one image.";
        OverBudget "over_budget" Deny "The body is larger than the limit, and cannot be made to fit.";
    }
}

impl Rule {
    /// The rule of that name.
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
