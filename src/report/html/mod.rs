//! The report as one page that needs nothing beside it: no script, no font, no picture from elsewhere.
//!
//! Everything in it that came from a file or a user is escaped by the template (`maud`), and a policy in the page
//! forbids the browser to load or run anything. [`Page`] has the whole way from files to page.

mod budget;
mod image;

use super::{ImageReport, Report, Verdict, text::steers};
use crate::{
    check::advice::Advice,
    finding::Finding,
    options::Thresholds,
    preview::Preview,
    rules::Level,
    texts::{ENGLISH, Texts, Word},
};
use maud::{DOCTYPE, Markup, PreEscaped, html};

/// What the page is made of.
///
/// ```
/// use idenfy_preflight::{Image, Preflight, Step, Submission, report::html::Page};
///
/// let preflight = Preflight::default();
/// let front = Image::open(Step::Front, "testdata/front.jpg", &preflight.options().limits)?;
/// let submission = Submission::new().country("LT").image(front);
/// let outcome = preflight.check(&submission)?;
/// let previews: Vec<_> = submission.images.iter().zip(&outcome.report.images)
///     .map(|(image, report)| preflight.preview(image, report, false)).collect();
/// let page = Page::of_submission(&outcome.report, &previews, outcome.request.as_ref().map(|r| r.skeleton()));
/// let html = page.render(&preflight.options().thresholds);
/// assert!(html.starts_with("<!DOCTYPE html>") && html.contains("front.jpg"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Page<'a> {
    submission: Option<&'a Report>,
    images: &'a [ImageReport],
    previews: &'a [Option<Preview>],
    skeleton: Option<String>,
    texts: &'a Texts,
    redacted: bool,
}

impl<'a> Page<'a> {
    /// On a submission: the previews in the order of its images, and the [skeleton](crate::Request::skeleton) of its
    /// request where there is one.
    ///
    /// ```
    /// use idenfy_preflight::{Preflight, Submission, report::html::Page};
    /// let preflight = Preflight::default();
    /// let report = preflight.check(Submission::new())?.report;
    /// let page = Page::of_submission(&report, &[], None).render(&preflight.options().thresholds);
    /// assert!(page.contains("Not ready"));
    /// # Ok::<(), idenfy_preflight::Error>(())
    /// ```
    pub fn of_submission(report: &'a Report, previews: &'a [Option<Preview>], skeleton: Option<String>) -> Self {
        Self { submission: Some(report), images: &report.images, previews, skeleton, texts: &ENGLISH, redacted: false }
    }

    /// On images that were looked at one by one, with their previews in the same order.
    ///
    /// ```
    /// use idenfy_preflight::{Image, Preflight, Step, report::html::Page};
    /// let preflight = Preflight::default();
    /// let photo = Image::open(Step::Front, "testdata/glare.jpg", &preflight.options().limits)?;
    /// let report = preflight.inspect(&photo)?;
    /// let previews = [preflight.preview(&photo, &report, false)];
    /// let page = Page::of_images(&[report], &previews).render(&preflight.options().thresholds);
    /// assert!(page.contains("The image cannot be sent"));
    /// # Ok::<(), idenfy_preflight::Error>(())
    /// ```
    pub fn of_images(images: &'a [ImageReport], previews: &'a [Option<Preview>]) -> Self {
        Self { submission: None, images, previews, skeleton: None, texts: &ENGLISH, redacted: false }
    }

    /// The page in this language, for a report that was [translated](Texts::translate) to it.
    ///
    /// ```
    /// use idenfy_preflight::{Image, Preflight, Step, report::html::Page, texts::Texts};
    /// let preflight = Preflight::default();
    /// let photo = Image::open(Step::Front, "testdata/glare.jpg", &preflight.options().limits)?;
    /// let mut report = preflight.inspect(&photo)?;
    /// let german = Texts::german();
    /// german.translate_image(&mut report);
    /// let page = Page::of_images(&[report], &[None]).texts(&german).render(&preflight.options().thresholds);
    /// assert!(page.contains("<html lang=\"de\">") && page.contains("Eine Spiegelung verdeckt Schrift"));
    /// # Ok::<(), idenfy_preflight::Error>(())
    /// ```
    pub fn texts(mut self, texts: &'a Texts) -> Self {
        self.texts = texts;
        self
    }

    /// Leaves file names out, as is done anyway when a preview is redacted.
    ///
    /// ```
    /// use idenfy_preflight::{Image, Preflight, Step, report::html::Page};
    /// let preflight = Preflight::default();
    /// let photo = Image::open(Step::Front, "testdata/glare.jpg", &preflight.options().limits)?;
    /// let report = preflight.inspect(&photo)?;
    /// let page = Page::of_images(&[report], &[None]).redacted(true).render(&preflight.options().thresholds);
    /// assert!(!page.contains("glare.jpg"));
    /// # Ok::<(), idenfy_preflight::Error>(())
    /// ```
    pub fn redacted(mut self, redacted: bool) -> Self {
        self.redacted = redacted;
        self
    }

    /// The page. The thresholds are those that the images were judged by; the scores are shown against them.
    ///
    /// ```
    /// use idenfy_preflight::{Image, Preflight, Step, report::html::Page};
    /// let preflight = Preflight::default();
    /// let photo = Image::open(Step::Front, "testdata/glare.jpg", &preflight.options().limits)?;
    /// let report = preflight.inspect(&photo)?;
    /// let page = Page::of_images(&[report], &[None]).render(&preflight.options().thresholds);
    /// assert!(page.starts_with("<!DOCTYPE html>") && !page.contains("<script"));
    /// # Ok::<(), idenfy_preflight::Error>(())
    /// ```
    pub fn render(&self, thresholds: &Thresholds) -> String {
        let redacted = self.redacted || self.previews.iter().flatten().any(|p| p.redacted);
        let body = html! {
            header { (self.summary()) }
            main {
                @if let Some(report) = self.submission {
                    (self.call(report))
                    (budget::section(report, self.texts))
                }
                @for (i, report) in self.images.iter().enumerate() {
                    @let preview = self.previews.get(i).and_then(Option::as_ref);
                    (image::section(i, report, preview, thresholds, redacted, self.texts))
                }
                @if let Some(skeleton) = &self.skeleton { (request(skeleton, self.texts)) }
            }
            (self.footer(redacted))
        };
        let page = document(self.texts.language_of_words(), &self.title(), body).into_string();
        // Escaped or not, names may hold characters that turn the direction of what is read.
        let raw = |c: char| steers(c) && !c.is_ascii_whitespace();
        if page.contains(raw) { page.replace(raw, "\u{fffd}") } else { page }
    }

    fn refused(&self) -> usize {
        self.images.iter().filter(|i| i.verdict == Verdict::Refused).count()
    }

    fn title(&self) -> String {
        let texts = self.texts;
        match self.submission {
            Some(report) if report.verdict == Verdict::Ready => texts.word(Word::TitleReady).to_owned(),
            Some(report) => match report.all_findings().filter(|f| f.denies()).count() {
                1 => texts.word(Word::TitleOne).to_owned(),
                n => texts.say(Word::TitleMany, &[("n", &n.to_string())]),
            },
            None if self.images.len() == 1 => {
                texts.word(if self.refused() == 0 { Word::TitleImage } else { Word::TitleNoImage }).to_owned()
            }
            None => {
                let [ready, all] = [self.images.len() - self.refused(), self.images.len()].map(|n| n.to_string());
                texts.say(Word::TitleImages, &[("ready", &ready), ("all", &all)])
            }
        }
    }

    fn summary(&self) -> Markup {
        let all = if self.refused() == 0 { Verdict::Ready } else { Verdict::Refused };
        let advice = self.images.iter().map(|i| i.advice).max().unwrap_or_default();
        html! {
            (verdict(self.submission.map_or(all, |r| r.verdict), self.texts))
            h1 { (self.title()) }
            @if self.submission.is_some() { p { (self.texts.word(advice_text(advice))) } }
        }
    }

    /// What concerns the call as a whole, and the word on `skipAnalysis`.
    fn call(&self, report: &Report) -> Markup {
        let (skip, texts) = (&report.skip_analysis, self.texts);
        html! {
            @if !report.findings.is_empty() {
                section.sheet aria-labelledby="call" {
                    h2 #call { (texts.word(Word::Call)) }
                    (findings(&report.findings, true, texts))
                }
            }
            @if !skip.because.is_empty() {
                section.sheet aria-labelledby="skip" {
                    h2 #skip { (texts.word(if skip.recommended { Word::Skip } else { Word::SkipNot })) }
                    ul { @for reason in &skip.because { li { (reason) } } }
                    @if !skip.recommended { p.quiet { (texts.word(Word::SkipFirst)) } }
                }
            }
        }
    }

    fn footer(&self, redacted: bool) -> Markup {
        let config =
            self.submission.map(|r| r.config.as_str()).or(self.images.first().and_then(|i| i.config.as_deref()));
        html! {
            footer {
                p {
                    "idenfy-preflight " (env!("CARGO_PKG_VERSION"))
                    @if let Some(config) = config { ", " (self.texts.say(Word::Settings, &[("hash", config)])) }
                }
                p {
                    (self.texts.word(Word::Meaning)) " "
                    (self.texts.word(if redacted { Word::Hidden } else { Word::Personal }))
                }
            }
        }
    }
}

/// Nothing runs, nothing is loaded.
const POLICY: &str = "default-src 'none'; img-src data:; style-src 'unsafe-inline'";

fn document(language: &str, title: &str, body: Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang=(language) {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(POLICY);
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="robots" content="noindex";
                title { (title) }
                style { (PreEscaped(include_str!("style.css"))) }
            }
            body { (body) }
        }
    }
}

fn request(skeleton: &str, texts: &Texts) -> Markup {
    html! {
        section.sheet aria-labelledby="request" {
            h2 #request { (texts.word(Word::Request)) }
            p.quiet { (texts.word(Word::RequestWithout)) }
            pre tabindex="0" aria-labelledby="request" { (skeleton) }
        }
    }
}

fn verdict(verdict: Verdict, texts: &Texts) -> Markup {
    html! {
        @match verdict {
            Verdict::Ready => span.badge.ready { (texts.word(Word::Ready)) },
            Verdict::Refused => span.badge.refused { (texts.word(Word::Refused)) },
        }
    }
}

/// Findings with their remedies, the heaviest first.
fn findings(all: &[Finding], with_step: bool, texts: &Texts) -> Markup {
    let mut sorted: Vec<&Finding> = all.iter().collect();
    sorted.sort_by_key(|f| std::cmp::Reverse(f.level));
    let name = |finding: &Finding| match finding.step.as_ref().filter(|_| with_step) {
        Some(step) => texts.say(Word::On, &[("rule", finding.rule.id()), ("step", step.name())]),
        None => finding.rule.to_string(),
    };
    html! {
        ul.findings {
            @for finding in sorted {
                @let language = texts.language_of(finding);
                li {
                    @match finding.level {
                        Level::Deny => span.badge.deny { (texts.word(Word::Deny)) },
                        Level::Warn => span.badge.warn { (texts.word(Word::Warn)) },
                        Level::Allow => span.badge.allow { (texts.word(Word::Note)) },
                    }
                    span.rule { (name(finding)) }
                    p.seen lang=(language) { (finding.message) }
                    p lang=(language) { (finding.help) }
                    @if let Some(measured) = super::text::measured(finding, texts) {
                        p.quiet { (texts.say(Word::Measured, &[("what", &measured)])) }
                    }
                    @if let Some(status) = &finding.predicts {
                        p.quiet { (texts.say(Word::Predicts, &[("status", status)])) }
                    }
                }
            }
        }
    }
}

fn advice_text(advice: Advice) -> Word {
    match advice {
        Advice::Send => Word::Send,
        Advice::SendWithSkipAnalysis => Word::SendWithSkip,
        Advice::Retake => Word::Retake,
        Advice::Replace => Word::Replace,
    }
}
