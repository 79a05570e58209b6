//! The corridor: calls the rooms in order. The only file that knows the order.

use crate::{
    check::{
        self,
        advice::{self, Advice},
        request::Terms,
    },
    decode::{self, Decoded},
    error::Error,
    fault::{Fault, Refusal, contained},
    finding::Finding,
    format::{Format, sniff},
    measure::{self, Measurements, hash::Look},
    options::{Limits, Options, Thresholds},
    pixmap::{Region, View},
    probe::{self, Details, Header},
    recompress::{self, Bound, Encoded, Hint, Infeasible, Source},
    replace,
    report::{DocumentReport, ImageReport, Report, RequestReport, Sent, Verdict},
    request::{Envelope, Request},
    rules::Rule,
    score::{self, Scores},
    submission::{Image, SkipAnalysis, Step, Submission},
    watch::Cancel,
};
use rayon::prelude::*;
use std::borrow::Cow;

/// What came of a submission.
#[derive(Debug)]
#[non_exhaustive]
pub struct Outcome {
    /// What was found.
    pub report: Report,
    /// The request, when nothing denies it.
    pub request: Option<Request>,
}

/// Looks at images and submissions. Cheap to make, free of state, shared between threads.
///
/// Work runs in parallel over images in the rayon pool that it is called in: `pool.install(|| preflight.check(…))`
/// uses a pool of your own. Results do not depend on the number of threads.
#[derive(Clone, Debug, Default)]
pub struct Preflight {
    options: Options,
    cancel: Cancel,
}

impl Preflight {
    /// With these settings.
    pub fn new(options: Options) -> Self {
        Self { options, cancel: Cancel::default() }
    }

    /// Stops when told to.
    pub fn cancelled_by(mut self, cancel: Cancel) -> Self {
        self.cancel = cancel;
        self
    }

    /// The settings.
    pub fn options(&self) -> &Options {
        &self.options
    }

    /// Looks at one image, without a submission around it.
    ///
    /// # Errors
    /// [`Error::Cancelled`]. What is wrong with the file is in the report.
    pub fn inspect(&self, image: &Image<'_>) -> Result<ImageReport, Error> {
        self.cancel.check()?;
        let mut looked = self.look(image);
        self.cancel.check()?;
        self.settle(&mut looked.findings);
        Ok(report(image, looked, &self.options.thresholds))
    }

    /// Looks at a submission, fits it into the budget and writes the request, unless something denies it.
    ///
    /// A submission that is given away instead of lent is freed image by image while the body is written.
    ///
    /// # Errors
    /// [`Error::Cancelled`]. What is wrong with the submission is in the report.
    pub fn check<'s, 'a: 's>(&self, submission: impl Into<Cow<'s, Submission<'a>>>) -> Result<Outcome, Error> {
        self.check_either(submission.into())
    }

    fn check_either(&self, given: Cow<'_, Submission<'_>>) -> Result<Outcome, Error> {
        let submission = &*given;
        let service = &self.options.service;
        let (terms, mut findings) = check::request::check(submission, service);
        let looks = submission.images.par_iter().map(|image| {
            self.cancel.check()?;
            let mut looked = self.look(image);
            self.cancel.check()?;
            looked.findings.extend(check::request::check_pdf(&image.step, &looked.header, submission, &terms));
            Ok(looked)
        });
        let mut looks = looks.collect::<Result<Vec<Looked>, Error>>()?;
        self.cancel.check()?;
        let seen: Vec<_> = looks.iter().map(|l| l.look).collect();
        findings.extend(check::mixup::check(&submission.images, &seen, &self.options.thresholds));
        self.settle(&mut findings);
        looks.iter_mut().for_each(|looked| self.settle(&mut looked.findings));

        let skip = advice::submission(looks.iter().map(|l| (l.advice(&self.options.thresholds), &*l.findings)));
        let denied = looks.iter().flat_map(|l| &l.findings).chain(&findings).any(Finding::denies);
        let made = if denied {
            None
        } else {
            let skip_analysis = match submission.skip_analysis {
                SkipAnalysis::Never => false,
                SkipAnalysis::Warranted => skip.recommended,
                SkipAnalysis::Always => true,
            };
            self.plan(submission, &terms, skip_analysis, &mut looks, &mut findings)?
        };
        let (plan, sent) = made.map_or((None, Vec::new()), |(plan, sent)| (Some(plan), sent));
        let mut sent = sent.into_iter();
        let images = submission
            .images
            .iter()
            .zip(looks)
            .map(|(image, looked)| ImageReport { sent: sent.next(), ..report(image, looked, &self.options.thresholds) })
            .collect::<Vec<_>>();
        let request = plan.map(|plan| plan.assemble(given));
        let report = Report {
            verdict: if request.is_some() { Verdict::Ready } else { Verdict::Refused },
            advice: images.iter().map(|i| i.advice).max().unwrap_or_default(),
            skip_analysis: skip,
            images,
            findings,
            request: RequestReport {
                bytes: request.as_ref().map(|r| r.body().len() as u64),
                limit: service.max_body_bytes,
            },
        };
        Ok(Outcome { report, request })
    }

    /// Bytes to findings: probe, replace, decode, measure, score, check.
    fn look(&self, image: &Image<'_>) -> Looked {
        let limits = &self.options.limits.watched(&self.cancel);
        let step = &image.step;
        let mut looked = Looked::new(sniff(&image.bytes).unwrap_or(Format::Other("unknown")));
        if let Some(size) = image.unread {
            looked.findings.push(check::container::file_too_large(size, limits.max_file_bytes).on(step));
            return looked;
        }
        let mut bytes = &*image.bytes;
        let mut header = match probed(bytes, limits) {
            Ok(header) => header,
            Err(refusal) => {
                looked.findings.push(check::container::refusal(&refusal, limits).on(step));
                return looked;
            }
        };
        let original = check::container::check(step, &image.name, &header);
        let refused = |refusal: Refusal| check::container::refusal(&refusal, limits);
        let Options { convert, pdf_password, .. } = &self.options;
        let replace = || replace::replace(bytes, &header, *convert, pdf_password.as_ref(), limits);
        let replaced = contained("container", replace).unwrap_or_else(|refusal| Some(Err(refused(refusal))));
        let replaced = replaced.map(|new| new.and_then(|new| Ok((probed(&new.bytes, limits).map_err(refused)?, new))));
        match replaced {
            None => looked.findings.extend(original),
            Some(Err(finding)) => {
                looked.findings.extend(original);
                looked.findings.push(finding.on(step));
            }
            Some(Ok((new_header, new))) => {
                looked.findings.extend(new.findings.into_iter().map(|f| f.on(step)));
                looked.findings.extend(check::container::check(step, "", &new_header));
                header = new_header;
                bytes = looked.replacement.insert(new.bytes);
            }
        }
        if !looked.findings.iter().any(Finding::denies) {
            match self.see(step, bytes, &header, limits) {
                Ok(seen) => {
                    // What the header's reader saw already is not told twice.
                    let new = seen.faults.iter().filter(|fault| !header.faults.contains(fault));
                    looked.findings.extend(new.map(|f| check::container::fault(f).on(step)));
                    looked.size = Some(seen.size);
                    looked.look = Some(seen.look);
                    let (measured, thresholds) = (seen.measured, &self.options.thresholds);
                    looked.scores = score::score(&measured);
                    looked.findings.extend(check::quality::check(step, &measured, jpeg_quality(&header), thresholds));
                    if let Some(faces) = &measured.faces {
                        looked.findings.extend(check::face::check(step, faces, thresholds));
                    }
                    looked.measured = Some(measured);
                }
                Err(refusal) if header.format == Format::Pdf && !limits.is_over() => {
                    looked.findings.push(check::container::not_rendered(&refusal).on(step));
                }
                Err(refusal) => looked.findings.push(check::container::refusal(&refusal, limits).on(step)),
            }
        }
        if header.format != Format::Pdf && header.width > 0 {
            looked.size = Some(header.upright_size());
        }
        looked.header = header;
        looked
    }

    /// Header to measurements: decode, measure.
    fn see(&self, step: &Step, bytes: &[u8], header: &Header, limits: &Limits) -> Result<Seen, Refusal> {
        let (width, height) = header.upright_size();
        let name = header.format.name();
        let view = || decode::view(bytes, header, View::reduction(width, height), limits);
        let part = |reduction, region: &Region| {
            contained(name, || decode::part(bytes, header, reduction, region, limits)).flatten().ok()
        };
        let Decoded { picture, faults } = contained(name, view).flatten()?;
        limits.in_time()?;
        let size = (picture.width, picture.height);
        let look = contained("picture", || Look::of(&picture))?;
        let faces = match step {
            Step::Face => contained("face", || measure::face::find(&picture))?,
            _ => None,
        };
        limits.in_time()?;
        let measured = contained("picture", || measured(picture, part))?;
        limits.in_time()?;
        Ok(Seen { faults, size, look, measured: Measurements { faces, ..measured } })
    }

    /// Findings to what is sent: fit, look again at what was encoded anew.
    fn plan(
        &self,
        submission: &Submission<'_>,
        terms: &Terms,
        skip_analysis: bool,
        looks: &mut [Looked],
        findings: &mut Vec<Finding>,
    ) -> Result<Option<(Plan, Vec<Sent>)>, Error> {
        let service = &self.options.service;
        let upper = |given: &Option<String>| given.as_ref().map(|g| g.trim().to_ascii_uppercase());
        let envelope = Envelope {
            token_field: service.token_field,
            token: submission.token.as_ref().or(submission.session.as_ref().and_then(|s| s.token.as_ref())).cloned(),
            scan_ref: submission.session.as_ref().and_then(|s| s.scan_ref.clone()),
            // What was not understood and allowed all the same is sent as it was given.
            country: terms.country.map(|c| c.to_string()).or(upper(&submission.country)),
            document_type: terms.document_type.map(|t| t.to_string()).or(upper(&submission.document_type)),
            skip_analysis,
        };
        let sources: Vec<Source<'_>> = submission
            .images
            .iter()
            .zip(&*looks)
            .map(|(image, looked)| Source {
                step: &image.step,
                bytes: looked.replacement.as_deref().unwrap_or(&image.bytes),
                header: &looked.header,
                hint: looked.hint(),
            })
            .collect();
        let overhead = envelope.overhead(sources.iter().map(|s| s.step));
        let limits = &self.options.limits;
        let time = limits.max_time.saturating_mul(u32::try_from(sources.len()).unwrap_or(u32::MAX));
        let limits = &Limits { max_time: time, ..limits.clone() }.watched(&self.cancel);
        let encoded = contained("encoder", || recompress::fit(&sources, overhead, service, limits));
        self.cancel.check()?;
        let encoded = match limits.in_time().and(encoded) {
            Ok(Ok(encoded)) => encoded,
            Ok(Err(infeasible)) => {
                findings.push(over_budget(&infeasible));
                return Ok(None);
            }
            Err(refusal) => {
                findings.push(check::container::refusal(&refusal, limits));
                return Ok(None);
            }
        };
        let again = sources.par_iter().zip(&encoded).zip(&*looks).map(|((source, encoded), looked)| {
            let (sent, found) = self.again(source.step, encoded);
            (Sent { recompressed: sent.recompressed || looked.replacement.is_some(), ..sent }, found)
        });
        let mut sent = Vec::with_capacity(encoded.len());
        let again = again.collect::<Vec<_>>();
        self.cancel.check()?;
        for (one, found) in again {
            findings.extend(found);
            sent.push(one);
        }
        if findings.iter().any(Finding::denies) {
            return Ok(None);
        }
        let new: Vec<Option<Vec<u8>>> = encoded
            .into_iter()
            .map(|encoded| match encoded.bytes {
                Cow::Owned(bytes) => Some(bytes),
                Cow::Borrowed(_) => None,
            })
            .collect();
        let new = new.into_iter().zip(looks).map(|(new, looked)| new.or(looked.replacement.take())).collect();
        Ok(Some((Plan { envelope, new }, sent)))
    }

    /// Looks at what was encoded anew as if it had come from the user; what denies it is a finding on the call.
    fn again(&self, step: &Step, encoded: &Encoded<'_>) -> (Sent, Vec<Finding>) {
        let mut sent = Sent::of(encoded);
        if !encoded.recompressed {
            return (sent, Vec::new());
        }
        let coarse = encoded.coarse_dpi.map(|dpi| coarse(step, dpi));
        let mut looked = self.look(&Image::new(step.clone(), "", &*encoded.bytes));
        self.settle(&mut looked.findings);
        sent.scores = Some(looked.scores);
        let denied = looked.findings.into_iter().filter(Finding::denies).map(|f| Finding {
            message: format!("Made small enough for the limit: {}", f.message),
            help: "Send fewer or smaller images; ask for a photo of the document that fills the frame.".to_owned(),
            ..f
        });
        (sent, denied.chain(coarse).collect())
    }

    fn settle(&self, findings: &mut [Finding]) {
        findings.iter_mut().for_each(|f| self.options.levels.apply(f));
    }
}

/// What is sent.
struct Plan {
    envelope: Envelope,
    /// For each image the file to send in place of the given one.
    new: Vec<Option<Vec<u8>>>,
}

impl Plan {
    /// The request. A file is freed as soon as it is in the body, unless it is the caller's.
    fn assemble(self, submission: Cow<'_, Submission<'_>>) -> Request {
        let given: Vec<(Step, Cow<'_, [u8]>)> = match submission {
            Cow::Owned(submission) => submission.images.into_iter().map(|image| (image.step, image.bytes)).collect(),
            Cow::Borrowed(submission) => {
                submission.images.iter().map(|image| (image.step.clone(), Cow::Borrowed(&*image.bytes))).collect()
            }
        };
        let images = given.into_iter().zip(self.new);
        self.envelope.assemble(images.map(|((step, given), new)| (step, new.map_or(given, Cow::Owned))).collect())
    }
}

/// What a picture's pixels show.
struct Seen {
    faults: Vec<Fault>,
    size: (u32, u32),
    look: Look,
    measured: Measurements,
}

/// Measures a view, or a finer one of the document where that is small in it.
fn measured(view: View, part: impl Fn(u32, &Region) -> Option<View>) -> Measurements {
    let document = measure::document::find(&view);
    let finer = document.as_ref().and_then(|d| measure::finer(&view, d));
    match finer.and_then(|(reduction, region)| part(reduction, &region)) {
        Some(finer) => measure::measure_on(&finer, document),
        None => measure::measure_on(&view, document),
    }
}

/// What was seen of one image.
struct Looked {
    /// The kind of the file as it came.
    format: Format,
    /// What it looks like.
    look: Option<Look>,
    /// Another file for it, when one was asked for.
    replacement: Option<Vec<u8>>,
    /// Of the file that is gone on with.
    header: Header,
    size: Option<(u32, u32)>,
    measured: Option<Measurements>,
    scores: Scores,
    findings: Vec<Finding>,
}

impl Looked {
    fn new(format: Format) -> Self {
        Self {
            format,
            look: None,
            replacement: None,
            header: Header::unread(format),
            size: None,
            measured: None,
            scores: Scores::default(),
            findings: Vec::new(),
        }
    }

    fn advice(&self, thresholds: &Thresholds) -> Advice {
        advice::image(&self.findings, &self.scores, thresholds)
    }

    fn hint(&self) -> Hint {
        let pose = self.measured.as_ref().and_then(|m| m.document.as_ref()).map(|d| &d.pose);
        Hint { document_px: pose.map(|p| p.across), document_mm: pose.and_then(|p| p.proportions.millimetres()) }
    }
}

fn jpeg_quality(header: &Header) -> Option<u8> {
    match &header.details {
        Details::Jpeg(jpeg) => jpeg.quality,
        _ => None,
    }
}

fn probed(bytes: &[u8], limits: &Limits) -> Result<Header, Refusal> {
    contained("container", || probe::probe(bytes, limits)).flatten()
}

fn over_budget(infeasible: &Infeasible) -> Finding {
    let Infeasible { bound, least, limit, heaviest } = infeasible;
    let more = least.saturating_sub(*limit);
    let (rule, message, unit) = match bound {
        Bound::Body => (
            Rule::OverBudget,
            format!(
                "The body would have {least} bytes at the least, {more} more than the limit of {limit}; {heaviest} weighs most."
            ),
            "bytes",
        ),
        Bound::Image => (
            Rule::ImageOverCap,
            format!(
                "{heaviest} would have {least} characters of base64 at the least, {more} more than the cap of {limit}."
            ),
            "characters of base64",
        ),
    };
    Finding::new(rule, message, format!("Send a smaller file for {heaviest}."))
        .on(heaviest)
        .with("value", *least)
        .with("threshold", *limit)
        .with("unit", unit)
        .with("heaviest", heaviest.name())
}

fn coarse(step: &Step, dpi: u32) -> Finding {
    Finding::new(
        Rule::Coarsened,
        format!("{step} had to be brought down to {dpi} dots per inch to fit, where 300 are kept if that can be."),
        "Send fewer or smaller images if its fine print matters.",
    )
    .on(step)
    .with("value", dpi)
    .with("threshold", 300)
    .with("unit", "dots per inch")
}

fn report(image: &Image<'_>, looked: Looked, thresholds: &Thresholds) -> ImageReport {
    let header = &looked.header;
    let format = looked.format;
    let pdf = match &header.details {
        Details::Pdf(pdf) => Some(pdf),
        _ => None,
    };
    let native = looked.measured.as_ref().map(Measurements::native).unwrap_or_default();
    let finite = |v: f64| serde_json::Number::from_f64((v * 1e4).round() / 1e4);
    ImageReport {
        file: image.name.to_string(),
        step: image.step.clone(),
        verdict: Verdict::of(&looked.findings),
        advice: looked.advice(thresholds),
        format: Some(format).filter(|f| *f != Format::Other("unknown")),
        bytes: image.size(),
        width: looked.size.map(|s| s.0),
        height: looked.size.map(|s| s.1),
        orientation: (pdf.is_none() && header.width > 0).then(|| header.orientation.exif()),
        pages: pdf.and_then(|p| p.pages),
        encrypted: pdf.is_some_and(|p| p.encryption.is_some()),
        measurements: native.into_iter().map(|(k, v)| (k.to_owned(), finite(v).into())).collect(),
        document: looked
            .measured
            .as_ref()
            .and_then(|m| m.document.as_ref())
            .map(|d| DocumentReport { quad: d.quad, fully_visible: d.fully_visible }),
        scores: looked.scores,
        findings: looked.findings,
        sent: None,
    }
}
