//! Whether the picture can be read, and what the service's photo check is likely to say.

use crate::{
    finding::Finding,
    measure::{Document, Measurements, document::Proportions, glare::Covers, sharpness::Part},
    options::Thresholds,
    rules::{Level, Rule},
    score::{Causes, SOFT_PART},
    submission::Step,
};
use serde_json::Value;

/// Judges the measurements of one image. `jpeg_quality` is what its quantisation tables say, on libjpeg's scale.
///
/// ```
/// # use idenfy_preflight::{decode, options::Limits, pixmap::View, probe};
/// # let limits = Limits::default();
/// # let bytes = std::fs::read("testdata/front.jpg")?;
/// # let header = probe::probe(&bytes, &limits)?;
/// # let view = decode::view(&bytes, &header, View::reduction(header.width, header.height), &limits)?.picture;
/// use idenfy_preflight::{Step, check::quality, measure, options::Thresholds};
/// let found = quality::check(&Step::Front, &measure::measure(&view), header.jpeg_quality(), &Thresholds::default());
/// assert!(!found.iter().any(|finding| finding.denies()));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn check(step: &Step, m: &Measurements, jpeg_quality: Option<u8>, t: &Thresholds) -> Vec<Finding> {
    let judge = Judge { step, m, t, causes: Causes::of(m) };
    // A selfie has no print; its face is judged by measures of its own.
    let of_print = if *step == Step::Face { Vec::new() } else { judge.print() };
    let mut found: Vec<Finding> = of_print.into_iter().flatten().collect();
    if step.is_document() {
        found.extend(judge.place().into_iter().flatten());
    }
    found.extend([judge.dark(), judge.bright(), judge.compressed(jpeg_quality)].into_iter().flatten());
    found.into_iter().map(|f| f.on(step)).collect()
}

struct Judge<'a> {
    step: &'a Step,
    m: &'a Measurements,
    t: &'a Thresholds,
    causes: Causes,
}

impl Judge<'_> {
    /// What concerns print.
    fn print(&self) -> Vec<Option<Finding>> {
        vec![self.blurry(), self.glare(), self.too_small(), self.noisy(), self.contrast(), self.shadow(), self.colour()]
    }

    /// What concerns the document's place in the picture.
    fn place(&self) -> Vec<Option<Finding>> {
        vec![self.found(), self.cut(), self.tilted(), self.turned()]
    }

    /// The level that a cause's probability of being read calls for: it denies by itself, or as the weakest of several
    /// that deny together.
    fn level(&self, p: f32) -> Option<Level> {
        let Causes { sharp, light, fine, unglared, .. } = self.causes;
        let weakest = p <= [sharp.unwrap_or(1.0), light, fine, unglared].into_iter().fold(1.0, f32::min);
        // What is cut off has a rule of its own.
        let together = sharp.unwrap_or(1.0) * light * fine * unglared;
        match () {
            () if p < self.t.legible || (weakest && together < self.t.legible) => Some(Level::Deny),
            () if p < self.t.doubtful => Some(Level::Warn),
            () => None,
        }
    }

    /// A status of the service's check on documents, which it does not make of other steps.
    fn predict(&self, finding: Finding, status: &'static str) -> Finding {
        if self.step.is_document() { finding.predicting(status) } else { finding }
    }

    fn blurry(&self) -> Option<Finding> {
        let (sharpness, t) = (&self.m.sharpness, self.t);
        let (Some(acutance), Some(sharp)) = (sharpness.acutance, self.causes.sharp) else {
            if self.blank() {
                let finding = Finding::new(
                    Rule::Indeterminate,
                    "The picture is white: the page is blank, or so bright that its print is lost.",
                    "See whether it is the right page; if it has print on it, take the photo again without flash.",
                );
                return Some(finding.at(Level::Warn).with("value", sharpness.edge_pixels).with("unit", "edge pixels"));
            }
            let finding = Finding::new(
                Rule::Indeterminate,
                "There is too little print on this side to tell whether it is sharp.",
                "Look at it yourself: nothing speaks against it.",
            );
            return Some(finding.with("value", sharpness.edge_pixels).with("unit", "edge pixels"));
        };
        let level = self.level(sharp)?;
        let soft = |p: &&Part| p.acutance < SOFT_PART;
        // Soft here and crisp there: the focus lies across the document, or something lies on the lens.
        let partial = acutance >= SOFT_PART && sharpness.parts.iter().any(|p| soft(&p));
        let moved = sharpness.direction_ratio().is_some_and(|r| r > MOVED);
        let (kind, fault, help) = match () {
            () if partial => (
                "partial",
                "out of focus in a part of the document",
                "Hold the phone flat above the document, wipe the lens, tap on the part that is soft, and take the photo again.",
            ),
            () if moved => (
                "motion",
                "smeared in one direction",
                "Hold the phone with both hands, or lay the document down, and take the photo again in more light.",
            ),
            () => (
                "defocus",
                "out of focus",
                "Tap on the document to focus, keep a hand's breadth more distance, and take the photo again.",
            ),
        };
        let message = match level {
            Level::Deny => format!("The print is {fault}: letters run into each other."),
            _ => format!("The print is a little {fault}; it can probably be read."),
        };
        let boxes = sharpness.parts.iter().filter(soft).map(|p| p.place);
        let finding = Finding::new(Rule::TooBlurry, message, help).at(level);
        Some(
            self.predict(finding, "DOC_TOO_BLURRY")
                .with("value", acutance)
                .with("unit", "acutance per pixel of the flattened document")
                .with("readable", sharp)
                .with("threshold", if level == Level::Deny { t.legible } else { t.doubtful })
                .with("kind", kind)
                .with("soft_print", sharpness.soft_fraction(SOFT_PART))
                .with("boxes", boxes_of(boxes)),
        )
    }

    fn glare(&self) -> Option<Finding> {
        let (glare, t) = (&self.m.glare, self.t);
        let covered = self.level(self.causes.unglared).filter(|_| glare.text_fraction > 0.0);
        if covered.is_none() && glare.fraction < t.glare {
            return None;
        }
        let covers = glare.blobs.iter().filter(|b| b.certainty >= SURE).map(|b| b.covers);
        let covers = covers.min_by_key(|c| *c as u8).unwrap_or(Covers::Nothing);
        // Without a document the lights may be anywhere.
        let most = if self.m.document.is_some() { Level::Deny } else { Level::Warn };
        let level = covered.unwrap_or(Level::Warn).min(most);
        let message = match (covers, level) {
            (Covers::Text, Level::Deny) => "A reflection hides print on the document.",
            (Covers::Text, _) => "A reflection touches print on the document; most of it can be read.",
            (Covers::Picture, _) => "A reflection lies on the portrait.",
            (Covers::Nothing, _) => "A reflection lies on the document and covers neither print nor portrait.",
        };
        let help = "Tilt the document away from the lamp, or step aside from it, and switch the flash off.";
        let boxes = glare.blobs.iter().filter(|b| b.certainty >= SURE).map(|b| b.place);
        let finding = Finding::new(Rule::Glare, message, help).at(level);
        Some(
            self.predict(finding, "DOC_GLARED")
                .with("value", glare.fraction)
                .with("threshold", t.glare)
                .with("unit", "share of the document")
                .with("covers", covers.name())
                .with("print_covered", glare.text_fraction)
                .with("boxes", boxes_of(boxes)),
        )
    }

    fn too_small(&self) -> Option<Finding> {
        let (across, letters) = (self.m.across_px, self.m.letter_px());
        let (rule, message) = match (self.level(self.causes.fine), letters) {
            (Some(Level::Deny), Some(letters)) => {
                (Rule::TextTooSmall, format!("Letters are only {letters:.0} pixels high: print is too coarse to read."))
            }
            (Some(Level::Deny), None) => (
                Rule::TextTooSmall,
                format!("The document is only {across:.0} pixels wide: print is too coarse to read."),
            ),
            _ if across < self.t.small_px => {
                (Rule::TooSmall, format!("The document is only {across:.0} pixels wide; large print can be read."))
            }
            _ => return None,
        };
        let help = "Go closer until the document fills the frame, or send the original instead of a thumbnail.";
        let finding = self.predict(Finding::new(rule, message, help), "DOC_TOO_BLURRY");
        let finding = finding.with("value", across).with("threshold", self.t.small_px).with("unit", "pixels");
        let finding = letters.into_iter().fold(finding, |f, px| f.with("letter_px", px));
        Some(self.m.letter_mm().into_iter().fold(finding, |f, mm| f.with("letter_mm", mm)))
    }

    fn noisy(&self) -> Option<Finding> {
        // In the dark it is said in other words; without print there is nothing to drown.
        if self.m.exposure.paper < self.t.dark_paper || self.causes.sharp.is_none() {
            return None;
        }
        let finding =
            Finding::new(Rule::Noisy, "Noise drowns the print.", "Take the photo again in more light, by a window.");
        self.level(self.causes.light).map(|level| self.grain(finding.at(level)))
    }

    fn grain(&self, finding: Finding) -> Finding {
        self.predict(finding, "DOC_TOO_BLURRY")
            .with("value", self.m.contrast_to_noise())
            .with("unit", "contrast of print over noise")
            .with("paper", self.m.exposure.paper)
    }

    fn dark(&self) -> Option<Finding> {
        // Of a selfie only the face has to be lit; it is looked at apart.
        let dark_under = if *self.step == Step::Face { self.t.black_paper } else { self.t.dark_paper };
        let dark = self.m.exposure.paper < dark_under;
        let level = match () {
            () if self.m.exposure.paper < self.t.black_paper => Some(Level::Deny),
            () if *self.step == Step::Face => None,
            () => self.level(self.causes.light),
        };
        let message = match level {
            Some(Level::Deny) => "The picture is so dark that print drowns in noise.",
            _ => "The picture is dark.",
        };
        let help = "Take the photo again by a window or under a lamp.";
        let finding = Finding::new(Rule::Underexposed, message, help).at(level.unwrap_or(Level::Warn));
        dark.then(|| self.grain(finding).with("threshold", dark_under))
    }

    fn bright(&self) -> Option<Finding> {
        let e = &self.m.exposure;
        (e.clipped_fraction >= self.t.clipped && e.contrast < self.t.full_contrast && !self.blank()).then(|| {
            let help = "Take the photo again without flash, out of direct sun.";
            let level = if e.contrast < self.t.contrast { Level::Deny } else { Level::Warn };
            Finding::new(Rule::Overexposed, "Most of the picture is blown out to white.", help)
                .at(level)
                .with("value", e.clipped_fraction)
                .with("threshold", self.t.clipped)
                .with("unit", "share of the document")
        })
    }

    /// White all over, without a trace of print. (A blown-out selfie is not.)
    fn blank(&self) -> bool {
        let e = &self.m.exposure;
        *self.step != Step::Face
            && self.causes.sharp.is_none()
            && e.clipped_fraction >= self.t.clipped
            && e.contrast < self.t.contrast
    }

    fn contrast(&self) -> Option<Finding> {
        let contrast = self.m.exposure.contrast;
        (contrast < self.t.contrast && self.m.exposure.paper >= self.t.dark_paper).then(|| {
            let help = "Take the photo again in even light; a scan does better with faint print.";
            Finding::new(Rule::LowContrast, "Print and paper hardly differ.", help)
                .with("value", contrast)
                .with("threshold", self.t.contrast)
                .with("unit", "luma levels")
        })
    }

    fn shadow(&self) -> Option<Finding> {
        let unevenness = self.m.exposure.unevenness;
        (self.m.document.is_some() && unevenness >= self.t.shadow).then(|| {
            let help = "Keep your hand and the phone out of the light that falls on the document.";
            Finding::new(Rule::Shadow, "A shadow lies across the document.", help)
                .with("value", unevenness)
                .with("threshold", self.t.shadow)
                .with("unit", "share of the light lost in the shade")
        })
    }

    fn colour(&self) -> Option<Finding> {
        let colour = self.m.exposure.colour.unwrap_or(0.0);
        (self.step.is_document() && colour < self.t.colour).then(|| {
            let help = "Services ask for the original document in colour; take a photo of it.";
            Finding::new(Rule::Colourless, "The picture has no colour, as a photocopy.", help)
                .with("value", colour)
                .with("threshold", self.t.colour)
                .with("unit", "levels from neutral")
        })
    }

    /// By the file's own tables, or by what its pixels show of an earlier saving.
    fn compressed(&self, quality: Option<u8>) -> Option<Finding> {
        let strong = |quality: Option<u8>| quality.filter(|q| *q <= self.t.jpeg_quality);
        let by_table = strong(quality).map(|q| (q, format!("The file was saved at JPEG quality {q}"), "tables"));
        let by_pixels = || {
            let quality = strong(self.m.pixel_quality)?;
            let message =
                format!("The picture was once saved at JPEG quality {quality}, before it was saved as this file");
            Some((quality, message, "pixels"))
        };
        let (quality, message, seen_in) = by_table.or_else(by_pixels)?;
        let help = "Send the original file rather than a copy out of a messenger.";
        let finding = Finding::new(Rule::OverCompressed, format!("{message}, which eats fine print."), help);
        let finding = finding.with("value", quality).with("threshold", self.t.jpeg_quality);
        Some(finding.with("unit", "JPEG quality").with("seen_in", seen_in))
    }

    fn found(&self) -> Option<Finding> {
        let help = "Lay the document flat on a surface of another colour, and leave a margin around it.";
        let confidence = self.m.document.as_ref().map_or(0.0, |d| d.confidence);
        let face = self.m.portrait.map(|p| vec![p.face.x, p.face.y, p.face.w, p.face.h]);
        let missing = |message: &str, help: &str| {
            let finding = Finding::new(Rule::DocumentNotFound, message, help)
                .predicting("DOC_NOT_FOUND")
                .with("value", confidence)
                .with("threshold", self.t.document)
                .with("unit", "confidence");
            face.iter().fold(finding, |f, face| f.with("face", face.clone()))
        };
        match &self.m.document {
            _ if self.m.portrait.is_some_and(|p| p.is_selfie()) => {
                let message = "The picture shows a face as large as in a selfie, and no document.";
                Some(
                    missing(message, "Send a photo of the document here, and the selfie as FACE.").with("selfie", true),
                )
            }
            Some(d) if d.borderless() => Some(
                Finding::new(
                    Rule::Borderless,
                    "The document fills the picture to its rim, as in a scan.",
                    "Nothing needs to be done if it can be read; a photo with a margin around is found more surely.",
                )
                .predicting("DOC_NOT_FOUND"),
            ),
            Some(_) if confidence >= self.t.document => None,
            _ if self.m.presence() > confidence => Some(missing(
                "A portrait is seen, but the document's edges can hardly be told from what is around it.",
                help,
            )),
            Some(_) => Some(missing("The document's edges can hardly be told from what is around it.", help)),
            None => Some(missing("No document can be made out in the picture.", help)),
        }
    }

    fn cut(&self) -> Option<Finding> {
        let document = self.m.document.as_ref().filter(|d| !d.fully_visible)?;
        let sure = document.confidence >= self.t.document;
        let names = ["top", "right", "bottom", "left"];
        let sides: Vec<&str> = document.cut_sides().filter_map(|i| names.get(i).copied()).collect();
        let place = if sides.is_empty() { "the edge".to_owned() } else { format!("the {}", sides.join(" and ")) };
        let message = match sure {
            true => format!("The document is cut off at {place} of the picture."),
            false => format!("The document seems to be cut off at {place} of the picture."),
        };
        let help = "Go a little further away until all four corners are in the picture.";
        Some(
            Finding::new(Rule::DocumentNotFullyVisible, message, help)
                .at(if sure { Level::Deny } else { Level::Warn })
                .predicting("DOC_NOT_FULLY_VISIBLE")
                .with("side", sides)
                .with("value", document.confidence)
                .with("threshold", self.t.document)
                .with("unit", "confidence"),
        )
    }

    /// By the machine-readable zone of a document whose place is sure, else by the portrait, where one was looked for.
    fn turned(&self) -> Option<Finding> {
        let known = |d: &Document| d.confidence >= self.t.document && d.pose.proportions != Proportions::A4;
        let zone = self.m.glyphs.zone.filter(|_| self.m.document.as_ref().is_some_and(known));
        let portrait = self.m.portrait.filter(|p| !p.is_selfie());
        let (degrees, seen_in) = match (zone, portrait) {
            (Some(zone), _) => (if zone.is_upside_down() { 180 } else { 0 }, "machine-readable zone"),
            (None, portrait) => (portrait?.turned, "portrait"),
        };
        let message = match degrees {
            0 => return None,
            180 => "The document stands on its head.",
            _ => "The document lies on its side.",
        };
        let help = format!("Turn the picture clockwise by {degrees} degrees, or hold the document the right way up.");
        let finding = Finding::new(Rule::DocumentTurned, message, help);
        Some(finding.with("value", degrees).with("unit", "degrees clockwise").with("seen_in", seen_in))
    }

    fn tilted(&self) -> Option<Finding> {
        let degrees = self.m.document.as_ref()?.pose.perspective_deg;
        (degrees >= self.t.tilt_deg).then(|| {
            let help = "Hold the phone straight above the document.";
            Finding::new(Rule::Tilted, "The document is seen at a flat angle.", help)
                .with("value", degrees)
                .with("threshold", self.t.tilt_deg)
                .with("unit", "degrees")
        })
    }
}

/// Ratio of acutance between directions from which on blur counts as motion. Sharp documents reach 1.6 where a barcode
/// faces one way only; blur of defocus stays under 1.3.
const MOVED: f32 = 1.4;
/// Certainty from which on a patch is shown as a reflection.
pub(crate) const SURE: f32 = 0.3;

/// Boxes as evidence, `[[x, y, width, height], …]`.
fn boxes_of(boxes: impl Iterator<Item = [f32; 4]>) -> Value {
    boxes.map(|b| Value::from(b.to_vec())).collect()
}
