//! The report as one page that needs nothing beside it: no script, no font, no picture from elsewhere.
//!
//! Everything in it that came from a file or a user is escaped by the template (`maud`), and a policy in the page
//! forbids the browser to load or run anything. [`Page`] has the whole way from files to page.

mod budget;
mod image;

use super::{ImageReport, Report, Verdict};
use crate::{check::advice::Advice, finding::Finding, options::Thresholds, preview::Preview, rules::Level};
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
    language: &'a str,
    redacted: bool,
}

impl<'a> Page<'a> {
    /// On a submission: the previews in the order of its images, and the [skeleton](crate::Request::skeleton) of its
    /// request where there is one.
    pub fn of_submission(report: &'a Report, previews: &'a [Option<Preview>], skeleton: Option<String>) -> Self {
        Self { submission: Some(report), images: &report.images, previews, skeleton, language: "en", redacted: false }
    }

    /// On images that were looked at one by one, with their previews in the same order.
    pub fn of_images(images: &'a [ImageReport], previews: &'a [Option<Preview>]) -> Self {
        Self { submission: None, images, previews, skeleton: None, language: "en", redacted: false }
    }

    /// The language (BCP 47) that findings were [translated](crate::texts::Texts) to, so that they are read out rightly.
    /// The page's own words are English.
    pub fn language(mut self, language: &'a str) -> Self {
        self.language = language;
        self
    }

    /// Leaves file names out, as is done anyway when a preview is redacted.
    pub fn redacted(mut self, redacted: bool) -> Self {
        self.redacted = redacted;
        self
    }

    /// The page. The thresholds are those that the images were judged by; the scores are shown against them.
    pub fn render(&self, thresholds: &Thresholds) -> String {
        let redacted = self.redacted || self.previews.iter().flatten().any(|p| p.redacted);
        let body = html! {
            header { (self.summary()) }
            main {
                @if let Some(report) = self.submission {
                    (self.call(report))
                    (budget::section(report))
                }
                @for (i, report) in self.images.iter().enumerate() {
                    @let preview = self.previews.get(i).and_then(Option::as_ref);
                    (image::section(i, report, preview, thresholds, redacted, self.language))
                }
                @if let Some(skeleton) = &self.skeleton { (request(skeleton)) }
            }
            (self.footer(redacted))
        };
        document(&self.title(), body).into_string()
    }

    fn refused(&self) -> usize {
        self.images.iter().filter(|i| i.verdict == Verdict::Refused).count()
    }

    fn title(&self) -> String {
        match self.submission {
            Some(report) if report.verdict == Verdict::Ready => "Ready to send".into(),
            Some(report) => match report.all_findings().filter(|f| f.denies()).count() {
                1 => "Not ready: one finding to settle".into(),
                n => format!("Not ready: {n} findings to settle"),
            },
            None => format!("{} of {} images can be sent", self.images.len() - self.refused(), self.images.len()),
        }
    }

    fn summary(&self) -> Markup {
        let ready = self.submission.map_or(self.refused() == 0, |r| r.verdict == Verdict::Ready);
        let advice = self.images.iter().map(|i| i.advice).max().unwrap_or_default();
        html! {
            @if ready { span.badge.ready { "ready" } } @else { span.badge.refused { "refused" } }
            h1 { (self.title()) }
            @if self.submission.is_some() { p { (advice_text(advice)) } }
        }
    }

    /// What concerns the call as a whole, and the word on `skipAnalysis`.
    fn call(&self, report: &Report) -> Markup {
        let skip = &report.skip_analysis;
        html! {
            @if !report.findings.is_empty() {
                section.sheet aria-labelledby="call" {
                    h2 #call { "The call" }
                    (findings(&report.findings, true, self.language))
                }
            }
            @if !skip.because.is_empty() {
                section.sheet aria-labelledby="skip" {
                    h2 #skip { "skipAnalysis is " @if !skip.recommended { "not " } "recommended" }
                    ul { @for reason in &skip.because { li { (reason) } } }
                    @if !skip.recommended { p.quiet { "Another image has to be taken again or replaced first." } }
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
                    @if let Some(config) = config { ", settings " (config) }
                }
                p {
                    "Ready means that the service should be able to read the images, not that it will approve them. "
                    @if redacted { "Faces, print and file names are hidden." }
                    @else { "This page shows personal data: keep it as you keep the images." }
                }
            }
        }
    }
}

/// Nothing runs, nothing is loaded.
const POLICY: &str = "default-src 'none'; img-src data:; style-src 'unsafe-inline'";

fn document(title: &str, body: Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
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

fn request(skeleton: &str) -> Markup {
    html! {
        section.sheet aria-labelledby="request" {
            h2 #request { "The request" }
            p.quiet { "POST /api/v2/process, with the images left out:" }
            pre tabindex="0" aria-labelledby="request" { (skeleton) }
        }
    }
}

/// Findings with their remedies, the heaviest first.
fn findings(all: &[Finding], with_step: bool, language: &str) -> Markup {
    let mut sorted: Vec<&Finding> = all.iter().collect();
    sorted.sort_by_key(|f| std::cmp::Reverse(f.level));
    html! {
        ul.findings {
            @for finding in sorted {
                li {
                    @match finding.level {
                        Level::Deny => span.badge.deny { "deny" },
                        Level::Warn => span.badge.warn { "warn" },
                        Level::Allow => span.badge.allow { "note" },
                    }
                    span.rule {
                        (finding.rule.id())
                        @if let Some(step) = finding.step.as_ref().filter(|_| with_step) { " on " (step) }
                    }
                    p.seen lang=(language) { (finding.message) }
                    p lang=(language) { (finding.help) }
                    @if let Some(measured) = super::text::measured(finding) { p.quiet { "Measured: " (measured) "." } }
                    @if let Some(status) = finding.predicts {
                        p.quiet { "The service would probably say " (status) "." }
                    }
                }
            }
        }
    }
}

fn advice_text(advice: Advice) -> &'static str {
    match advice {
        Advice::Send => "Send it.",
        Advice::SendWithSkipAnalysis => {
            "It can be read, but the service's photo check is likely to object: send it with skipAnalysis."
        }
        Advice::Retake => "It cannot be read: take the photo again.",
        Advice::Replace => "The file cannot be used: ask for another one.",
    }
}
