//! The corridor: calls the rooms in order. It alone, with its second half `fitting`, knows the order.

mod fitting;
mod looked;

use looked::Looked;

use crate::{
    check::{self, advice},
    decode::{self, Decoded},
    error::Error,
    fault::{Fault, Refusal, contained},
    finding::Finding,
    format::{Format, sniff},
    measure::{self, Document, Measurements, hash::Look},
    observe::{Observer, Stage, Timing},
    options::{Limits, Options},
    pixmap::{Region, View},
    preview::{self, Hidden, Preview},
    probe::{self, Details, Header},
    replace,
    report::{ImageReport, Report, RequestReport, Verdict},
    request::Request,
    rules::Rule,
    score,
    submission::{Image, SkipAnalysis, Step, Submission},
    watch::Cancel,
};
use rayon::prelude::*;
use std::{borrow::Cow, sync::Arc};

/// What came of a submission.
///
/// ```
/// use idenfy_preflight::{Outcome, Preflight, Submission};
/// let Outcome { report, request, .. } = Preflight::default().check(Submission::new())?;
/// assert!(request.is_none() && report.all_findings().any(|finding| finding.denies()));
/// # Ok::<(), idenfy_preflight::Error>(())
/// ```
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
///
/// ```
/// use idenfy_preflight::{Image, Preflight, Step, report::Verdict};
/// let preflight = Preflight::default();
/// let photo = Image::open(Step::Front, "testdata/front.jpg", &preflight.options().limits)?;
/// assert_eq!(preflight.inspect(&photo)?.verdict, Verdict::Ready);
/// # Ok::<(), idenfy_preflight::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Preflight {
    options: Options,
    /// Of the options, for the reports.
    fingerprint: Arc<str>,
    cancel: Cancel,
    observer: Observer,
}

impl Default for Preflight {
    fn default() -> Self {
        Self::new(Options::default())
    }
}

impl Preflight {
    /// With these settings.
    ///
    /// ```
    /// use idenfy_preflight::{Options, Preflight};
    /// let mut options = Options::default();
    /// options.convert = true;
    /// assert!(Preflight::new(options).options().convert);
    /// ```
    pub fn new(options: Options) -> Self {
        Self {
            fingerprint: options.fingerprint().into(),
            options,
            cancel: Cancel::default(),
            observer: Observer::default(),
        }
    }

    /// Stops when told to.
    ///
    /// ```
    /// use idenfy_preflight::{Cancel, Error, Image, Preflight, Step};
    /// let cancel = Cancel::default();
    /// let preflight = Preflight::default().cancelled_by(cancel.clone());
    /// cancel.cancel();
    /// let looked = preflight.inspect(&Image::open(Step::Front, "testdata/front.jpg", &preflight.options().limits)?);
    /// assert!(matches!(looked, Err(Error::Cancelled)));
    /// # Ok::<(), idenfy_preflight::Error>(())
    /// ```
    pub fn cancelled_by(mut self, cancel: Cancel) -> Self {
        self.cancel = cancel;
        self
    }

    /// Tells how long every stage took, from whichever thread it ran in: for histograms of a metrics library.
    ///
    /// ```
    /// use idenfy_preflight::{Image, Preflight, Step};
    /// use std::sync::{Arc, Mutex};
    /// let seen = Arc::new(Mutex::new(Vec::new()));
    /// let log = Arc::clone(&seen);
    /// let preflight = Preflight::default().observed_by(move |timing| log.lock().unwrap().push(timing.stage.name()));
    /// preflight.inspect(&Image::open(Step::Front, "testdata/front.jpg", &preflight.options().limits)?)?;
    /// assert_eq!(*seen.lock().unwrap(), ["probe", "decode", "measure"]);
    /// # Ok::<(), idenfy_preflight::Error>(())
    /// ```
    pub fn observed_by(mut self, told: impl Fn(Timing) + Send + Sync + 'static) -> Self {
        self.observer = Observer::new(told);
        self
    }

    /// The settings.
    ///
    /// ```
    /// use idenfy_preflight::Preflight;
    /// assert_eq!(Preflight::default().options().service.max_body_bytes, 20_000_000);
    /// ```
    pub fn options(&self) -> &Options {
        &self.options
    }

    /// Looks at one image, without a submission around it.
    ///
    /// # Errors
    /// [`Error::Cancelled`]. What is wrong with the file is in the report.
    ///
    /// ```
    /// use idenfy_preflight::{Image, Preflight, Step, check::advice::Advice};
    /// let preflight = Preflight::default();
    /// let photo = Image::open(Step::Front, "testdata/glare.jpg", &preflight.options().limits)?;
    /// let report = preflight.inspect(&photo)?;
    /// assert_eq!(report.advice, Advice::Retake);
    /// println!("{}", report.findings[0].help); // Tilt the document away from the lamp …
    /// # Ok::<(), idenfy_preflight::Error>(())
    /// ```
    pub fn inspect(&self, image: &Image<'_>) -> Result<ImageReport, Error> {
        self.cancel.check()?;
        let mut looked = self.look(image);
        self.cancel.check()?;
        self.settle(&mut looked.findings);
        let config = Some(self.fingerprint.to_string());
        Ok(ImageReport { config, ..looked.report(image, &self.options.thresholds) })
    }

    /// Looks at a submission, fits it into the budget and writes the request, unless something denies it.
    ///
    /// A submission that is given away instead of lent is freed image by image while the body is written.
    ///
    /// # Errors
    /// [`Error::Cancelled`]. What is wrong with the submission is in the report.
    ///
    /// ```
    /// use idenfy_preflight::{Image, Preflight, Step, Submission};
    /// let preflight = Preflight::default();
    /// let mut submission = Submission::new()
    ///     .token("3FA5TFPA2ZE3LMPGGS1EGOJNJE").country("LT").document_type("ID_CARD");
    /// for (step, file) in [(Step::Front, "front"), (Step::Back, "back"), (Step::Face, "face")] {
    ///     let image = Image::open(step, format!("testdata/{file}.jpg"), &preflight.options().limits)?;
    ///     submission = submission.image(image);
    /// }
    /// let outcome = preflight.check(&submission)?;
    /// let request = outcome.request.expect("nothing denies it");
    /// assert!(request.body().len() < 20_000_000);
    /// # Ok::<(), idenfy_preflight::Error>(())
    /// ```
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
            .map(|(image, looked)| ImageReport { sent: sent.next(), ..looked.report(image, &self.options.thresholds) })
            .collect::<Vec<_>>();
        let size = images.iter().filter_map(|i| i.sent.as_ref()).map(|sent| sent.bytes as usize).sum();
        let request = plan.map(|plan| self.observer.timed(Stage::Assemble, size, || plan.assemble(given)));
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
            config: self.fingerprint.to_string(),
        };
        Ok(Outcome { report, request })
    }

    /// A picture for people to look at, with its worst place near its own scale: what `report` was made of, or what stands
    /// in for it. With `redact`, faces and print are hidden. `None` for what cannot be shown.
    ///
    /// ```
    /// use idenfy_preflight::{Image, Preflight, Step};
    /// let preflight = Preflight::default();
    /// let photo = Image::open(Step::Front, "testdata/glare.jpg", &preflight.options().limits)?;
    /// let report = preflight.inspect(&photo)?;
    /// let preview = preflight.preview(&photo, &report, false).expect("a picture");
    /// assert!(preview.jpeg.starts_with(b"\xFF\xD8") && preview.detail.is_some());
    /// let redacted = preflight.preview(&photo, &report, true).expect("a picture");
    /// assert!(redacted.redacted && redacted.detail.is_none());
    /// # Ok::<(), idenfy_preflight::Error>(())
    /// ```
    pub fn preview(&self, image: &Image<'_>, report: &ImageReport, redact: bool) -> Option<Preview> {
        let limits = &self.options.limits.watched(&self.cancel);
        let mut header = probed(&image.bytes, limits).ok()?;
        let Options { convert, pdf_password, .. } = &self.options;
        let replace = || replace::replace(&image.bytes, &header, *convert, pdf_password.as_ref(), limits);
        let replacement = contained("container", replace).ok()?.and_then(Result::ok);
        let bytes = replacement.as_ref().map_or(&*image.bytes, |new| &new.bytes);
        if replacement.is_some() {
            header = probed(bytes, limits).ok()?;
        }
        contained(header.format.name(), || {
            let (picture, view) = match header.format {
                Format::Pdf => {
                    let view = decode::view(bytes, &header, 1, limits)?.picture;
                    (preview::of_view(&view).ok_or(Refusal::NoPages)?, view)
                }
                format => {
                    let picture = if format.is_accepted() {
                        decode::pixmap(bytes, &header, limits)?.picture
                    } else {
                        decode::other::pixmap(bytes, format, limits)?.picture
                    };
                    let view = View::from_pixmap(&picture, View::reduction(picture.width(), picture.height()));
                    (picture, view)
                }
            };
            let hidden = redact.then(|| Hidden::of(&image.step, &view));
            Ok(Preview::of(&picture, (view.width, view.height), report.worst_place(), hidden.as_ref()))
        })
        .flatten()
        .ok()?
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
        let mut header = match self.observer.timed(Stage::Probe, bytes.len(), || probed(bytes, limits)) {
            Ok(header) => header,
            Err(refusal) => {
                looked.findings.push(check::container::refusal(&refusal, limits).on(step));
                return looked;
            }
        };
        looked.encrypted = matches!(&header.details, Details::Pdf(pdf) if pdf.encryption.is_some());
        let original = check::container::check(step, &image.name, &header);
        let refused = |refusal: Refusal| check::container::refusal(&refusal, limits);
        let Options { convert, pdf_password, .. } = &self.options;
        let replace = || replace::replace(bytes, &header, *convert, pdf_password.as_ref(), limits);
        let replaced = contained("container", replace).unwrap_or_else(|refusal| Some(Err(refused(refusal))));
        #[expect(clippy::result_large_err, reason = "made once an image")]
        let replaced = replaced.map(|new| new.and_then(|new| Ok((probed(&new.bytes, limits).map_err(refused)?, new))));
        match replaced {
            None => looked.findings.extend(original),
            Some(Err(mut finding)) => {
                // The reason why it could not be done takes the place of the advice to have it done.
                let advice = |f: &Finding| f.rule == finding.rule || f.rule == Rule::UnsupportedFormat;
                let (before, others): (Vec<_>, Vec<_>) = original.into_iter().partition(advice);
                looked.findings.extend(others);
                finding.evidence.extend(before.into_iter().flat_map(|f| f.evidence));
                looked.findings.push(finding.on(step));
            }
            Some(Ok((new_header, new))) => {
                looked.findings.extend(new.findings.into_iter().map(|f| f.on(step)));
                looked.findings.extend(check::container::renamed(&image.name, header.format, true).map(|f| f.on(step)));
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
                    looked.findings.extend(check::quality::check(step, &measured, header.jpeg_quality(), thresholds));
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
        let Decoded { picture, faults } =
            self.observer.timed(Stage::Decode, bytes.len(), || contained(name, view).flatten())?;
        limits.in_time()?;
        let size = (picture.width, picture.height);
        let look = contained("picture", || Look::of(&picture))?;
        let faces = match step {
            Step::Face => contained("face", || measure::face::find(&picture))?,
            _ => None,
        };
        limits.in_time()?;
        let samples = picture.luma.data().len();
        let sure = (*step == Step::Front).then_some(self.options.thresholds.document);
        let measure = || contained("picture", || measured(picture, sure, part));
        let measured = self.observer.timed(Stage::Measure, samples, measure)?;
        limits.in_time()?;
        Ok(Seen { faults, size, look, measured: Measurements { faces, ..measured } })
    }

    fn settle(&self, findings: &mut [Finding]) {
        findings.iter_mut().for_each(|f| self.options.levels.apply(f));
    }
}

/// What a picture's pixels show.
struct Seen {
    faults: Vec<Fault>,
    size: (u32, u32),
    look: Look,
    measured: Measurements,
}

/// Measures a view, or a finer one of the document where that is small in it. Where its place is doubtful,
/// a portrait is looked for; what leaves it out is not the document.
fn measured(view: View, sure: Option<f32>, part: impl Fn(u32, &Region) -> Option<View>) -> Measurements {
    let found = measure::document::find(&view);
    let unsure = sure.is_some_and(|sure| found.as_ref().is_none_or(|d| d.is_doubtful(sure)));
    // Without it the rest is still worth measuring.
    let face = || contained("face", || measure::face::portrait(&view)).ok().flatten();
    let portrait = if unsure { face() } else { None };
    let portrait_of = |d: &Document| portrait.is_none_or(|p| p.is_selfie() || p.is_on(d));
    let document = found.filter(portrait_of);
    let finer = document.as_ref().and_then(|d| measure::finer(&view, d));
    let measured = match finer.and_then(|(reduction, region)| part(reduction, &region)) {
        Some(finer) => measure::measure_on(&finer, document),
        None => measure::measure_on(&view, document),
    };
    Measurements { portrait, ..measured }
}

fn probed(bytes: &[u8], limits: &Limits) -> Result<Header, Refusal> {
    contained("container", || probe::probe(bytes, limits)).flatten()
}
