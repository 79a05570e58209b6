//! What was seen of one image, and what is reported of it.

use crate::{
    check::advice::{self, Advice},
    finding::Finding,
    format::Format,
    measure::{Measurements, hash::Look},
    options::Thresholds,
    probe::{Details, Header},
    recompress::Hint,
    report::{DocumentReport, ImageReport, PageReport, Places, Verdict},
    score::Scores,
    submission::Image,
};

/// What was seen of one image.
pub(super) struct Looked {
    /// The kind of the file as it came.
    pub format: Format,
    /// What it looks like.
    pub look: Option<Look>,
    /// Whether the file as it came is an encrypted PDF.
    pub encrypted: bool,
    /// Another file for it, when one was asked for.
    pub replacement: Option<Vec<u8>>,
    /// Of the file that is gone on with.
    pub header: Header,
    pub size: Option<(u32, u32)>,
    pub measured: Option<Measurements>,
    pub scores: Scores,
    pub findings: Vec<Finding>,
}

impl Looked {
    /// A file of which no more is known.
    pub fn new(format: Format) -> Self {
        Self {
            format,
            look: None,
            encrypted: false,
            replacement: None,
            header: Header::unread(format),
            size: None,
            measured: None,
            scores: Scores::default(),
            findings: Vec::new(),
        }
    }

    /// What to do about it.
    pub fn advice(&self, thresholds: &Thresholds) -> Advice {
        advice::image(&self.findings, &self.scores, thresholds)
    }

    /// What fitting has to know of the document.
    pub fn hint(&self) -> Hint {
        let pose = self.measured.as_ref().and_then(|m| m.document.as_ref()).map(|d| &d.pose);
        Hint { document_px: pose.map(|p| p.across), document_mm: pose.and_then(|p| p.proportions.millimetres()) }
    }

    /// For the report on `image`.
    pub fn report(self, image: &Image<'_>, thresholds: &Thresholds) -> ImageReport {
        let header = &self.header;
        let format = self.format;
        let pdf = match &header.details {
            Details::Pdf(pdf) => Some(pdf),
            _ => None,
        };
        let native = self.measured.as_ref().map(Measurements::native).unwrap_or_default();
        let finite = |v: f64| serde_json::Number::from_f64((v * 1e4).round() / 1e4);
        ImageReport {
            file: image.name.to_string(),
            step: image.step.clone(),
            verdict: Verdict::of(&self.findings),
            advice: self.advice(thresholds),
            format: Some(format).filter(|f| *f != Format::Other("unknown")),
            bytes: image.size(),
            width: self.size.map(|s| s.0),
            height: self.size.map(|s| s.1),
            orientation: (pdf.is_none() && header.width > 0).then(|| header.orientation.exif()),
            pages: pdf.and_then(|p| p.pages),
            page: PageReport::of(header),
            encrypted: self.encrypted,
            measurements: native.into_iter().map(|(k, v)| (k.to_owned(), finite(v).into())).collect(),
            document: self
                .measured
                .as_ref()
                .and_then(|m| m.document.as_ref())
                .map(|d| DocumentReport { quad: d.quad, fully_visible: d.fully_visible }),
            places: self.measured.as_ref().map(Places::of).unwrap_or_default(),
            scores: self.scores,
            findings: self.findings,
            sent: None,
            config: None,
        }
    }
}
