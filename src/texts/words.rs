//! What the report's page and its text say themselves, around the findings: every word in one table, by its key.

macro_rules! words {
    ($($variant:ident $key:literal $english:literal;)*) => {
        /// A word or sentence of the report's own. In braces stands what is put in.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Word { $($variant,)* }

        impl Word {
            /// All of them.
            pub const ALL: &'static [Word] = &[$(Word::$variant,)*];

            /// Its name in a table of texts.
            pub fn key(self) -> &'static str {
                match self { $(Word::$variant => $key,)* }
            }

            /// It in English.
            pub fn english(self) -> &'static str {
                match self { $(Word::$variant => $english,)* }
            }
        }
    };
}

words! {
    // Numbers and sizes.
    Point "number.point" ".";
    Bytes "number.bytes" "{n} bytes";
    Unknown "format.unknown" "unknown";
    FormatOf "sent.size" "{format} of {bytes}";
    Quality "sent.quality" "quality {quality}";
    Legibility "image.legibility" "legibility {score}";
    On "finding.on" "{rule} on {step}";

    // The page as a whole.
    Ready "verdict.ready" "ready";
    Refused "verdict.refused" "refused";
    TitleReady "title.ready" "Ready to send";
    TitleOne "title.one" "Not ready: one finding to settle";
    TitleMany "title.many" "Not ready: {n} findings to settle";
    TitleImages "title.images" "{ready} of {all} images can be sent";
    TitleImage "title.image" "The image can be sent";
    TitleNoImage "title.no_image" "The image cannot be sent";
    Call "page.call" "The call";
    Skip "page.skip" "skipAnalysis is recommended";
    SkipNot "page.skip_not" "skipAnalysis is not recommended";
    SkipFirst "page.skip_first" "Another image has to be taken again or replaced first.";
    Request "page.request" "The request";
    RequestWithout "page.request_without" "POST /api/v2/process, with the images left out:";
    Settings "page.settings" "settings {hash}";
    Meaning "page.meaning" "Ready means that the service should be able to read the images, not that it will approve them.";
    Hidden "page.hidden" "Faces, print and file names are hidden.";
    Personal "page.personal" "This page shows personal data: keep it as you keep the images.";

    // Advice.
    Send "advice.send" "Send it.";
    SendWithSkip "advice.send_with_skip_analysis"
        "It can be read, but the service's photo check is likely to object: send it with skipAnalysis.";
    Retake "advice.retake" "It cannot be read: take the photo again.";
    Replace "advice.replace" "The file cannot be used: ask for another one.";

    // Why skipAnalysis.
    BecauseGlare "because.glare" "glare on {step} covers no text";
    BecauseBorderless "because.borderless" "{step} fills the picture to its rim, so that no edges can be found";
    BecauseEdges "because.edges" "the edges of {step} can hardly be told from what is around it";
    BecauseSmall "because.small" "{step} is small, but can be read";

    // The budget.
    Budget "budget.title" "The budget";
    Given "budget.given" "As given, in base64: {bytes} of at most {limit}";
    Sent "budget.sent" "As sent: {bytes} of at most {limit}";
    NoRequest "budget.none" "No request was made.";
    ImageSent "budget.image" "sent {bytes}";

    // One image.
    Picture "image.alt" "The picture for {step}";
    PictureHidden "image.alt_hidden" "The picture for {step}, faces and print hidden";
    NoPicture "image.none" "This file cannot be shown as a picture.";
    SentAs "image.sent_as" "Sent as {what}.";
    Nothing "image.nothing" "Nothing speaks against it.";
    Found "image.found" "What was found";
    Marked "image.marked" "Marked: {what}";
    NotMarked "image.not_marked" "Nothing is marked";
    LayerDocument "layer.document" "Document";
    LayerGlare "layer.glare" "Glare";
    LayerSoft "layer.soft" "Soft print";
    LayerFace "layer.face" "Face";
    Worst "detail.title" "The worst place";
    WorstAlt "detail.alt" "The worst place, enlarged";
    WorstWhere "detail.where" "{w} x {h} pixels of the original, from {x}, {y}";

    // Scores.
    Scores "scores.title" "Scores, of 100 at best";
    ScoresMarks "scores.marks" "Under the left of two marks a photo is to be taken again, under the other it is warned of.";
    Under "scores.under" "under {mark}";
    ScoreLegibility "score.legibility" "Legibility";
    ScoreSharpness "score.sharpness" "Sharpness";
    ScoreExposure "score.exposure" "Exposure";
    ScoreGlare "score.glare" "Glare";
    ScoreDocument "score.document" "Document";
    ScoreFace "score.face" "Face";

    // A finding on the page.
    Deny "level.deny" "deny";
    Warn "level.warn" "warn";
    Note "level.note" "note";
    Measured "finding.measured" "Measured: {what}.";
    Predicts "finding.predicts" "The service would probably say {status}.";

    // How far off a measure is.
    ReadableBy "measured.readable" "readable by {value}, where {threshold} are needed";
    PaperAt "measured.paper" "paper at {value} of 255, threshold {threshold}";
    OffBy "measured.threshold" "{value} {unit}, threshold {threshold}";
    UnitDocument "unit.document" "of the document";
    UnitShade "unit.shade" "of the light lost in the shade";
    UnitFaceShare "unit.face_share" "of the face";
    UnitEdges "unit.edge_pixels" "edge pixels";
    UnitPixels "unit.pixels" "pixels";
    UnitContrast "unit.contrast" "contrast of print over noise";
    UnitLevels "unit.luma_levels" "luma levels";
    UnitNeutral "unit.neutral" "levels from neutral";
    UnitJpeg "unit.jpeg" "JPEG quality";
    UnitConfidence "unit.confidence" "confidence";
    UnitDegrees "unit.degrees" "degrees";
    UnitClockwise "unit.degrees_clockwise" "degrees clockwise";
    UnitCrispness "unit.crispness" "gradient over spread, face at 96 pixels";
    UnitLuma "unit.luma" "luma";
    UnitBits "unit.bits" "of 256 bits";

    // Where in the picture.
    Everywhere "place.everywhere" "all over the document";
    Middle "place.middle" "in the middle";
    Top "place.top" "at the top";
    Bottom "place.bottom" "at the bottom";
    Left "place.left" "at the left";
    Right "place.right" "at the right";
    TopLeft "place.top_left" "at the top left";
    TopRight "place.top_right" "at the top right";
    BottomLeft "place.bottom_left" "at the bottom left";
    BottomRight "place.bottom_right" "at the bottom right";

    // The text for a terminal.
    LineOk "text.ok" "ok";
    LineRefuse "text.refuse" "REFUSE";
    LineNote "text.note" "note";
    LineWarn "text.warn" "warn";
    LineDeny "text.deny" "DENY";
    LineScores "text.scores" "scores";
    LineValues "text.values" "values";
    LineSentAs "text.sent_as" "sent as {what}";
    LineSkip "text.skip" "skipAnalysis is recommended: {because}.";
    LineReady "text.ready" "Ready";
    LineBody "text.body" "the body has {bytes} of at most {limit}.";
    LineRefused "text.refused" "Refused";
    LineOne "text.one" "1 finding to settle first.";
    LineMany "text.many" "{n} findings to settle first.";
}

/// A text with what stands in braces put in. What is put in is not looked at again.
pub(crate) fn filled(text: &str, values: &[(&str, &str)]) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, name, after)) = next_slot(rest) {
        out.push_str(before);
        match values.iter().find(|(known, _)| *known == name) {
            Some((_, value)) => out.push_str(value),
            None => out.extend(["{", name, "}"]),
        }
        rest = after;
    }
    out + rest
}

/// The names in braces, sorted.
pub(crate) fn slots(text: &str) -> Vec<&str> {
    let mut names = Vec::new();
    let mut rest = text;
    while let Some((_, name, after)) = next_slot(rest) {
        names.push(name);
        rest = after;
    }
    names.sort_unstable();
    names
}

fn next_slot(text: &str) -> Option<(&str, &str, &str)> {
    let (before, behind) = text.split_once('{')?;
    let (name, after) = behind.split_once('}')?;
    Some((before, name, after))
}
