//! What was found, as data: the JSON that programs read, and the text that people read.
//!
//! What was written as JSON reads back as it was, so that reports can be stored and looked at later.
//!
//! ```
//! use idenfy_preflight::{Image, Preflight, Step, report::ImageReport};
//!
//! let preflight = Preflight::default();
//! let photo = Image::open(Step::Front, "testdata/glare.jpg", &preflight.options().limits)?;
//! let report = preflight.inspect(&photo)?;
//! println!("{report}"); // for people
//! let stored = serde_json::to_string(&report)?; // for programs
//! assert_eq!(serde_json::from_str::<ImageReport>(&stored)?, report);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

#[cfg(feature = "html")]
pub mod html;
pub mod text;

use crate::{
    check::{
        advice::{Advice, SkipRecommendation},
        quality::SURE,
    },
    finding::Finding,
    format::Format,
    measure::Measurements,
    probe::{Details, Header},
    recompress::Encoded,
    rules::Level,
    score::{SOFT_PART, Scores},
    submission::Step,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Whether something may be sent.
///
/// ```
/// use idenfy_preflight::{finding::Finding, report::Verdict, rules::{Level, Rule}};
/// let finding = Finding::new(Rule::Glare, "…", "…");
/// assert_eq!(Verdict::of([&finding.clone().at(Level::Warn)]), Verdict::Ready);
/// assert_eq!(Verdict::of([&finding.at(Level::Deny)]), Verdict::Refused);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// No finding denies it.
    Ready,
    /// A finding denies it.
    Refused,
}

impl Verdict {
    /// [`Verdict::Refused`] when one of the findings denies.
    ///
    /// ```
    /// use idenfy_preflight::{finding::Finding, report::Verdict, rules::Rule};
    /// assert_eq!(Verdict::of([]), Verdict::Ready);
    /// assert_eq!(Verdict::of(&[Finding::new(Rule::EmptyFile, "…", "…")]), Verdict::Refused);
    /// ```
    pub fn of<'a>(findings: impl IntoIterator<Item = &'a Finding>) -> Self {
        if findings.into_iter().any(Finding::denies) { Self::Refused } else { Self::Ready }
    }
}

/// What was found on one image.
///
/// ```
/// use idenfy_preflight::{Image, Preflight, Step, report::{ImageReport, Verdict}};
/// let preflight = Preflight::default();
/// let photo = Image::open(Step::Front, "testdata/front.jpg", &preflight.options().limits)?;
/// let report = preflight.inspect(&photo)?;
/// assert_eq!((report.verdict, report.width, report.height), (Verdict::Ready, Some(1600), Some(1200)));
/// // It is stored as JSON and read back.
/// let stored = serde_json::to_string(&report)?;
/// assert_eq!(serde_json::from_str::<ImageReport>(&stored)?, report);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ImageReport {
    /// The file's name as it was given.
    pub file: String,
    /// The step it was looked at for.
    pub step: Step,
    /// Whether it may be sent.
    pub verdict: Verdict,
    /// What to do with it.
    pub advice: Advice,
    /// The kind of file by content; `null` when it could not be named.
    pub format: Option<Format>,
    /// Bytes of the file.
    pub bytes: u64,
    /// Pixels across of the upright picture (of a PDF: of its first page as it was drawn).
    pub width: Option<u32>,
    /// Pixels down.
    pub height: Option<u32>,
    /// EXIF orientation, 1 to 8, that was applied.
    pub orientation: Option<u8>,
    /// Pages of a PDF, as far as [`Limits::max_pages`](crate::options::Limits::max_pages) were counted.
    pub pages: Option<u32>,
    /// The first page of a PDF that is not encrypted; `null` for everything else.
    pub page: Option<PageReport>,
    /// Whether it is an encrypted PDF, as it came: one that was unlocked on request is.
    pub encrypted: bool,
    /// Scores, 0 to 100, higher is better.
    pub scores: Scores,
    /// The native values behind the scores, units in the names.
    pub measurements: Map<String, Value>,
    /// Where the document is.
    pub document: Option<DocumentReport>,
    /// What else has a place in the picture, told by a finding or not.
    pub places: Places,
    /// What was found, container first.
    pub findings: Vec<Finding>,
    /// What stands in the request for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sent: Option<Sent>,
    /// [`Options::fingerprint`](crate::Options::fingerprint), on an image that was looked at alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub config: Option<String>,
}

/// Where the document is in the upright picture.
///
/// ```
/// use idenfy_preflight::{Image, Preflight, Step};
/// let preflight = Preflight::default();
/// let photo = Image::open(Step::Front, "testdata/front.jpg", &preflight.options().limits)?;
/// let report = preflight.inspect(&photo)?;
/// let document = report.document.expect("a card");
/// let [left, top, width, height] = document.bounds();
/// assert!(document.fully_visible && left > 0.0 && top > 0.0 && width > height);
/// # Ok::<(), idenfy_preflight::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DocumentReport {
    /// Corners in pixels, clockwise from the top left of the picture as it stands.
    pub quad: [[f32; 2]; 4],
    /// Whether all of it is in the picture.
    pub fully_visible: bool,
}

/// The first page of a PDF.
///
/// ```
/// use idenfy_preflight::{Image, Preflight, Step};
/// let preflight = Preflight::default();
/// let photo = Image::open(Step::UtilityBill, "testdata/bill.pdf", &preflight.options().limits)?;
/// let report = preflight.inspect(&photo)?;
/// let page = report.page.expect("it is not encrypted");
/// assert_eq!((page.width_pt, page.height_pt), (595, 842)); // A4
/// # Ok::<(), idenfy_preflight::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PageReport {
    /// Its width in points (1/72 inch), as it is displayed, rounded up.
    pub width_pt: u32,
    /// Its height in points.
    pub height_pt: u32,
    /// Whether it is one picture and nothing else, as scanners write.
    pub image_only: bool,
}

impl PageReport {
    /// Of a header; `None` unless it is that of a PDF whose pages were read.
    pub(crate) fn of(header: &Header) -> Option<Self> {
        let Details::Pdf(pdf) = &header.details else { return None };
        let (width_pt, height_pt) = header.upright_size();
        let read = pdf.encryption.is_none() && pdf.pages.is_some();
        read.then_some(Self { width_pt, height_pt, image_only: pdf.image_only })
    }
}

/// Places `[x, y, width, height]` in pixels of the upright picture; a face's may reach outside.
///
/// ```
/// use idenfy_preflight::{Image, Preflight, Step};
/// let preflight = Preflight::default();
/// let photo = Image::open(Step::Front, "testdata/glare.jpg", &preflight.options().limits)?;
/// let report = preflight.inspect(&photo)?;
/// let [x, y, width, height] = report.places.glare[0];
/// println!("Cut out {width} x {height} pixels from {x}, {y} to show the reflection.");
/// assert!(x + width / 2.0 > report.width.unwrap() as f32 / 2.0);
/// # Ok::<(), idenfy_preflight::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Places {
    /// Reflections on the document, largest first.
    pub glare: Vec<[f32; 4]>,
    /// Parts of the document whose print is soft, softest first.
    pub soft: Vec<[f32; 4]>,
    /// Faces on the FACE step, largest first.
    pub faces: Vec<[f32; 4]>,
}

impl Places {
    /// Of what was measured; of a selfie its faces alone, for it has no print.
    ///
    /// ```
    /// # use idenfy_preflight::{decode, options::Limits, pixmap::View, probe};
    /// # let limits = Limits::default();
    /// # let bytes = std::fs::read("testdata/front.jpg")?;
    /// # let header = probe::probe(&bytes, &limits)?;
    /// # let view = decode::view(&bytes, &header, View::reduction(header.width, header.height), &limits)?.picture;
    /// use idenfy_preflight::{measure, report::Places};
    /// assert!(Places::of(&measure::measure(&view)).faces.is_empty());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn of(m: &Measurements) -> Self {
        let mut soft: Vec<_> = m.sharpness.parts.iter().filter(|p| p.acutance < SOFT_PART).collect();
        soft.sort_by(|a, b| a.acutance.total_cmp(&b.acutance));
        let portrait = m.portrait.iter().map(|p| &p.face);
        let faces = m.faces.iter().flat_map(|f| &f.boxes).chain(portrait).map(|b| [b.x, b.y, b.w, b.h]).collect();
        if m.faces.is_some() {
            return Self { faces, ..Self::default() };
        }
        Self {
            glare: m.glare.blobs.iter().filter(|b| b.certainty >= SURE).map(|b| b.place).collect(),
            soft: soft.into_iter().map(|p| p.place).collect(),
            faces,
        }
    }
}

impl ImageReport {
    /// The place that a person should look at first: of the heaviest finding that has one.
    ///
    /// A reflection's or a face's place is the largest one, of soft print the softest.
    ///
    /// ```
    /// use idenfy_preflight::{Image, Preflight, Step};
    /// let preflight = Preflight::default();
    /// let photo = Image::open(Step::Front, "testdata/glare.jpg", &preflight.options().limits)?;
    /// let report = preflight.inspect(&photo)?;
    /// assert_eq!(report.worst_place(), report.places.glare.first().copied());
    /// # Ok::<(), idenfy_preflight::Error>(())
    /// ```
    pub fn worst_place(&self) -> Option<[f32; 4]> {
        let place = |finding: &Finding| match finding.rule.id() {
            "glare" => self.places.glare.first().copied(),
            "too_blurry" => self.places.soft.first().copied(),
            id if id.contains("face") => self.places.faces.first().copied(),
            "text_too_small" | "noisy" => self.document.as_ref().map(DocumentReport::bounds),
            _ => None,
        };
        let told = self.findings.iter().filter(|f| f.level > Level::Allow);
        told.filter_map(|f| Some((f.level, place(f)?))).reduce(|a, b| if b.0 > a.0 { b } else { a }).map(|(_, p)| p)
    }
}

impl DocumentReport {
    /// The upright box `[x, y, width, height]` around it.
    ///
    /// ```
    /// use idenfy_preflight::report::DocumentReport;
    /// let quad = [[10.0, 12.0], [90.0, 10.0], [92.0, 60.0], [8.0, 61.0]];
    /// assert_eq!(DocumentReport { quad, fully_visible: true }.bounds(), [8.0, 10.0, 84.0, 51.0]);
    /// ```
    pub fn bounds(&self) -> [f32; 4] {
        let side = |i: usize| self.quad.iter().filter_map(move |corner| corner.get(i).copied());
        let (left, top) = (side(0).fold(f32::MAX, f32::min), side(1).fold(f32::MAX, f32::min));
        [left, top, side(0).fold(f32::MIN, f32::max) - left, side(1).fold(f32::MIN, f32::max) - top]
    }
}

/// What stands in the request for an image.
///
/// ```
/// use idenfy_preflight::{Image, Options, Preflight, Step, Submission};
/// let mut options = Options::default();
/// options.service.max_body_bytes = 500_000; // less than the photos have
/// let preflight = Preflight::new(options);
/// let mut submission = Submission::new()
///     .token("3FA5TFPA2ZE3LMPGGS1EGOJNJE").country("LT").document_type("ID_CARD");
/// for (step, file) in [(Step::Front, "front"), (Step::Back, "back"), (Step::Face, "face")] {
///     let image = Image::open(step, format!("testdata/{file}.jpg"), &preflight.options().limits)?;
///     submission = submission.image(image);
/// }
/// let outcome = preflight.check(submission)?;
/// let sent = outcome.report.images[0].sent.as_ref().expect("it is ready");
/// assert!(sent.recompressed && sent.quality > Some(60));
/// assert!(sent.scores.as_ref().unwrap().legibility > Some(90), "it was looked at again");
/// # Ok::<(), idenfy_preflight::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Sent {
    /// Bytes before base64.
    pub bytes: u64,
    /// Its format.
    pub format: Option<Format>,
    /// Whether it is another file than the original.
    pub recompressed: bool,
    /// The JPEG quality it was encoded with.
    pub quality: Option<u8>,
    /// Pixels across.
    pub width: Option<u32>,
    /// Pixels down.
    pub height: Option<u32>,
    /// The scores of what is sent, when it is another file than the original: it was probed, decoded, measured and
    /// checked again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scores: Option<Scores>,
}

impl Sent {
    /// Of what was chosen to be sent.
    ///
    /// ```
    /// use idenfy_preflight::{Step, options::{Limits, Service}, probe, recompress::{Hint, Source, fit}, report::Sent};
    /// let (limits, photo) = (Limits::default(), std::fs::read("testdata/front.jpg")?);
    /// let header = probe::probe(&photo, &limits)?;
    /// let source = Source { step: &Step::Front, bytes: &photo, header: &header, hint: Hint::default() };
    /// let sent = Sent::of(&fit(&[source], 0, &Service::default(), &limits).unwrap()[0]);
    /// assert_eq!((sent.bytes, sent.recompressed), (photo.len() as u64, false));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn of(encoded: &Encoded<'_>) -> Self {
        // What could not be read and was allowed all the same has neither size nor name.
        let pixels =
            Some((encoded.width, encoded.height)).filter(|(w, h)| encoded.format != Format::Pdf && *w > 0 && *h > 0);
        Self {
            bytes: encoded.bytes.len() as u64,
            format: Some(encoded.format).filter(|f| *f != Format::Other("unknown")),
            recompressed: encoded.recompressed,
            quality: encoded.quality,
            width: pixels.map(|p| p.0),
            height: pixels.map(|p| p.1),
            scores: None,
        }
    }
}

/// What was found on one submission.
///
/// ```
/// # use idenfy_preflight::{Image, Options, Preflight, Step, Submission};
/// # let mut options = Options::default();
/// # options.service.max_body_bytes = 500_000; // less than the photos have
/// # let preflight = Preflight::new(options);
/// # let mut submission = Submission::new()
/// #     .token("3FA5TFPA2ZE3LMPGGS1EGOJNJE").country("LT").document_type("ID_CARD");
/// # for (step, file) in [(Step::Front, "front"), (Step::Back, "back"), (Step::Face, "face")] {
/// #     let image = Image::open(step, format!("testdata/{file}.jpg"), &preflight.options().limits)?;
/// #     submission = submission.image(image);
/// # }
/// # let outcome = preflight.check(submission)?;
/// use idenfy_preflight::report::Report;
/// let stored = serde_json::to_string(&outcome.report)?;
/// let report: Report = serde_json::from_str(&stored)?;
/// assert_eq!(report, outcome.report);
/// assert!(report.images.len() == 3 && report.config.starts_with("sha256:"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Report {
    /// Whether there is a request.
    pub verdict: Verdict,
    /// The worst of its images' advice.
    pub advice: Advice,
    /// Whether `skipAnalysis` is recommended.
    pub skip_analysis: SkipRecommendation,
    /// One each image, in the order given.
    pub images: Vec<ImageReport>,
    /// What was found on the call as a whole.
    pub findings: Vec<Finding>,
    /// The size of the body; its bytes are `null` when there is none.
    pub request: RequestReport,
    /// [`Options::fingerprint`](crate::Options::fingerprint): services with the same one judge alike.
    pub config: String,
}

impl Report {
    /// All findings: those on images first.
    ///
    /// ```
    /// use idenfy_preflight::{Preflight, Submission, rules::Rule};
    /// let report = Preflight::default().check(Submission::new())?.report;
    /// assert!(report.all_findings().any(|finding| finding.rule == Rule::MissingStep));
    /// # Ok::<(), idenfy_preflight::Error>(())
    /// ```
    pub fn all_findings(&self) -> impl Iterator<Item = &Finding> {
        self.images.iter().flat_map(|i| &i.findings).chain(&self.findings)
    }
}

/// The size of the body.
///
/// ```
/// # use idenfy_preflight::{Image, Options, Preflight, Step, Submission};
/// # let mut options = Options::default();
/// # options.service.max_body_bytes = 500_000; // less than the photos have
/// # let preflight = Preflight::new(options);
/// # let mut submission = Submission::new()
/// #     .token("3FA5TFPA2ZE3LMPGGS1EGOJNJE").country("LT").document_type("ID_CARD");
/// # for (step, file) in [(Step::Front, "front"), (Step::Back, "back"), (Step::Face, "face")] {
/// #     let image = Image::open(step, format!("testdata/{file}.jpg"), &preflight.options().limits)?;
/// #     submission = submission.image(image);
/// # }
/// # let outcome = preflight.check(submission)?;
/// let sizes = outcome.report.request;
/// assert!(sizes.bytes.expect("it is ready") <= sizes.limit);
/// # Ok::<(), idenfy_preflight::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestReport {
    /// Bytes of the body; `null` when none was made.
    pub bytes: Option<u64>,
    /// The most it may have.
    pub limit: u64,
}
