//! Numbers about a picture, without a word on whether they are good.
//!
//! ```
//! use idenfy_preflight::{decode, measure, options::Limits, pixmap::View, probe};
//!
//! let (limits, photo) = (Limits::default(), std::fs::read("testdata/too_blurry.jpg")?);
//! let header = probe::probe(&photo, &limits)?;
//! let view = decode::view(&photo, &header, View::reduction(header.width, header.height), &limits)?.picture;
//! let measured = measure::measure(&view);
//! assert!(measured.sharpness.acutance < Some(0.16), "edges take several pixels");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod blocks;
pub mod document;
pub mod edges;
pub mod exposure;
pub mod face;
pub mod glare;
pub mod glyphs;
pub mod hash;
mod runs;
pub mod sharpness;
pub mod sheet;
mod shrink;
mod tally;
pub mod text;
mod window;
pub mod zone;

pub use document::Document;
pub use sheet::finer;

use crate::pixmap::View;

/// Everything that was measured on one picture.
///
/// ```
/// # use idenfy_preflight::{decode, options::Limits, pixmap::View, probe};
/// # let limits = Limits::default();
/// # let bytes = std::fs::read("testdata/front.jpg")?;
/// # let header = probe::probe(&bytes, &limits)?;
/// # let view = decode::view(&bytes, &header, View::reduction(header.width, header.height), &limits)?.picture;
/// let m = idenfy_preflight::measure::measure(&view);
/// assert!(m.contrast_to_noise() > 22.0 && m.letter_px() > Some(5.5));
/// assert!(m.letter_mm().is_none_or(|mm| mm > 1.0));
/// for (name, value) in m.native() {
///     println!("{name}: {value}");
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Measurements {
    /// Where the document is; `None` when none was made out, and the whole picture was measured instead.
    pub document: Option<Document>,
    /// Pixels of the original along the document's longer sides (the picture's, without a document).
    pub across_px: f32,
    /// How crisp print is.
    pub sharpness: sharpness::Sharpness,
    /// Light thrown back.
    pub glare: glare::Glare,
    /// How the tones lie.
    pub exposure: exposure::Exposure,
    /// What of the document's print the picture holds.
    pub text: text::Text,
    /// How high the letters are.
    pub glyphs: glyphs::Glyphs,
    /// Pixels of the original for one of the sheet, along the long side.
    pub sheet_scale: f32,
    /// The quality of the strongest JPEG compression that the pixels show, whatever the file says; 5 to 30 on libjpeg's
    /// scale, `None` when nothing shows.
    pub pixel_quality: Option<u8>,
    /// The largest face, where it was looked for because the document's place is doubtful.
    pub portrait: Option<face::Portrait>,
    /// The faces, where they were looked for.
    pub faces: Option<face::Faces>,
}

impl Measurements {
    /// How far faint print stands out of the noise. Without text, what stands out most is taken, at the part of it that
    /// faint print usually has.
    ///
    /// ```
    /// # use idenfy_preflight::{decode, options::Limits, pixmap::View, probe};
    /// # let limits = Limits::default();
    /// # let bytes = std::fs::read("testdata/front.jpg")?;
    /// # let header = probe::probe(&bytes, &limits)?;
    /// # let view = decode::view(&bytes, &header, View::reduction(header.width, header.height), &limits)?.picture;
    /// assert!(idenfy_preflight::measure::measure(&view).contrast_to_noise() > 22.0);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn contrast_to_noise(&self) -> f32 {
        let contrast = if self.text.faint > 0.0 { self.text.faint } else { 0.75 * self.exposure.contrast };
        contrast / self.exposure.noise.max(0.5)
    }

    /// Height of letters (the median) in pixels of the original; `None` with too few to tell.
    ///
    /// ```
    /// # use idenfy_preflight::{decode, options::Limits, pixmap::View, probe};
    /// # let limits = Limits::default();
    /// # let bytes = std::fs::read("testdata/front.jpg")?;
    /// # let header = probe::probe(&bytes, &limits)?;
    /// # let view = decode::view(&bytes, &header, View::reduction(header.width, header.height), &limits)?.picture;
    /// let height = idenfy_preflight::measure::measure(&view).letter_px();
    /// assert!(height.is_some_and(|px| (5.5..100.0).contains(&px)));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn letter_px(&self) -> Option<f32> {
        Some(self.glyphs.height? * self.sheet_scale)
    }

    /// Height of letters in millimetres, where the document's size is known.
    pub fn letter_mm(&self) -> Option<f32> {
        let millimetres = self.document.as_ref()?.pose.proportions.millimetres()?;
        Some(self.letter_px()? / self.across_px * millimetres)
    }

    /// How sure it is that a document is in the picture, 0 to 1: as sure as its place; at least as likely as not where a
    /// face as large as a portrait and letters are seen.
    ///
    /// ```
    /// use idenfy_preflight::measure::{Document, Measurements};
    /// let mut m = Measurements::default();
    /// assert_eq!(m.presence(), 0.0);
    /// m.document = Some(Document::at([[10.0, 10.0], [90.0, 10.0], [90.0, 60.0], [10.0, 60.0]], 100, 70));
    /// assert_eq!(m.presence(), 1.0);
    /// ```
    pub fn presence(&self) -> f32 {
        let place = self.document.as_ref().map_or(0.0, |d| d.confidence);
        let portrait = self.portrait.is_some_and(|p| !p.is_selfie()) && self.glyphs.height.is_some();
        if portrait { place.max(PORTRAYED) } else { place }
    }

    /// The native values by name, units in the names.
    ///
    /// ```
    /// # use idenfy_preflight::{decode, options::Limits, pixmap::View, probe};
    /// # let limits = Limits::default();
    /// # let bytes = std::fs::read("testdata/front.jpg")?;
    /// # let header = probe::probe(&bytes, &limits)?;
    /// # let view = decode::view(&bytes, &header, View::reduction(header.width, header.height), &limits)?.picture;
    /// let native = idenfy_preflight::measure::measure(&view).native();
    /// assert!(native.iter().any(|(name, value)| *name == "acutance" && *value > 0.2));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn native(&self) -> Vec<(&'static str, f64)> {
        let (s, g, e) = (&self.sharpness, &self.glare, &self.exposure);
        let pose = self.document.as_ref().map(|d| &d.pose);
        let values = [
            ("across_px", Some(self.across_px)),
            ("document_fraction", self.document.as_ref().map(|d| d.share)),
            ("rotation_deg", pose.map(|p| p.rotation_deg)),
            ("perspective_deg", pose.map(|p| p.perspective_deg)),
            ("dpi", pose.and_then(|p| p.dpi)),
            ("acutance", s.acutance),
            ("acutance_direction_ratio", s.direction_ratio()),
            ("edge_pixels", Some(s.edge_pixels as f32)),
            ("glare_fraction", Some(g.fraction)),
            ("glare_text_fraction", Some(g.text_fraction)),
            ("luma_mean", Some(e.mean)),
            ("luma_paper", Some(e.paper)),
            ("contrast_levels", Some(e.contrast)),
            ("noise_levels", Some(e.noise)),
            ("contrast_to_noise", Some(self.contrast_to_noise())),
            ("clipped_fraction", Some(e.clipped_fraction)),
            ("colour_levels", e.colour),
            ("faint_print_levels", Some(self.text.faint)),
            ("letter_px", self.letter_px()),
            ("letter_mm", self.letter_mm()),
            ("mrz_characters", self.glyphs.zone.map(|zone| zone.characters as f32)),
            ("soft_fraction", Some(s.soft_fraction(crate::score::SOFT_PART))),
            ("light_unevenness", Some(e.unevenness)),
            ("jpeg_quality_by_pixels", self.pixel_quality.map(f32::from)),
        ];
        values.into_iter().map(|(name, value)| (name, value.map_or(f64::NAN, f64::from))).collect()
    }
}

/// As likely as not: a selfie before print shows the same.
const PORTRAYED: f32 = 0.5;

/// Finds the document in a view and measures it.
///
/// ```
/// # use idenfy_preflight::{decode, options::Limits, pixmap::View, probe};
/// # let limits = Limits::default();
/// # let bytes = std::fs::read("testdata/front.jpg")?;
/// # let header = probe::probe(&bytes, &limits)?;
/// # let view = decode::view(&bytes, &header, View::reduction(header.width, header.height), &limits)?.picture;
/// let m = idenfy_preflight::measure::measure(&view);
/// assert!(m.document.is_some_and(|document| document.fully_visible));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn measure(view: &View) -> Measurements {
    measure_on(view, document::find(view))
}

/// Measures a document whose place is known, or the whole picture.
///
/// ```
/// # use idenfy_preflight::{decode, options::Limits, pixmap::View, probe};
/// # let limits = Limits::default();
/// # let bytes = std::fs::read("testdata/front.jpg")?;
/// # let header = probe::probe(&bytes, &limits)?;
/// # let view = decode::view(&bytes, &header, View::reduction(header.width, header.height), &limits)?.picture;
/// use idenfy_preflight::measure::{Document, measure_on};
/// let corners = [[200.0, 200.0], [1400.0, 200.0], [1400.0, 1000.0], [200.0, 1000.0]];
/// let document = Document::at(corners, view.width, view.height);
/// assert_eq!(measure_on(&view, Some(document)).document.unwrap().quad, corners);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn measure_on(view: &View, document: Option<Document>) -> Measurements {
    let across_px = document.as_ref().map_or(view.width.max(view.height) as f32, |d| d.pose.across);
    let pixel_quality = blocks::quality(view);
    let Some(sheet) = sheet::Sheet::of(view, document.as_ref()) else {
        return Measurements { document, across_px, pixel_quality, ..Measurements::default() };
    };
    let edges = edges::Edges::of(&sheet);
    let text = text::Text::of(&sheet, &edges);
    Measurements {
        document,
        across_px,
        sharpness: sharpness::measure(&sheet, &edges, &text),
        glare: glare::measure(&sheet, &edges, &text),
        exposure: exposure::measure(&sheet, &edges),
        text,
        glyphs: glyphs::measure(&sheet, &edges),
        sheet_scale: sheet.scale,
        pixel_quality,
        portrait: None,
        faces: None,
    }
}
