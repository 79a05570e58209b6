//! The report for people: one line a finding, with what, where, how far off and what to do.

use super::{DocumentReport, ImageReport, Report, Sent, Verdict};
use crate::{
    finding::Finding,
    rules::{Family, Level},
    submission::Step,
    texts::{ENGLISH, Texts, Word},
};
use anstyle::{AnsiColor, Style as Paint};
#[cfg(any(feature = "html", feature = "submit"))]
pub(crate) use printable::steers;
pub use printable::{printable, printable_json};
use serde_json::Value;
use std::fmt::{self, Write};

mod printable;

/// How a report is told. The default is for files and logs: no colour, a line for each finding however long.
///
/// ```
/// use idenfy_preflight::{Image, Preflight, Step, report::text::{Detail, Style}};
/// let report = Preflight::default().inspect(&Image::new(Step::Front, "empty.jpg", &b""[..]))?;
/// let quiet = Style { detail: Detail::Quiet, ..Style::default() };
/// assert_eq!(report.told(quiet).to_string(), "REFUSE FRONT: empty.jpg (unknown, 0 bytes)\n");
/// # Ok::<(), idenfy_preflight::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Style {
    /// Whether verdicts and levels have colours (ANSI escapes).
    pub colour: bool,
    /// Columns to wrap findings at.
    pub width: Option<usize>,
    /// How much is told.
    pub detail: Detail,
}

/// How much is told.
///
/// ```
/// use idenfy_preflight::report::text::{Detail, Style};
/// assert_eq!(Style::default().detail, Detail::Normal);
/// assert!(Detail::Quiet < Detail::Verbose);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Detail {
    /// Verdicts alone.
    Quiet,
    /// Findings too.
    #[default]
    Normal,
    /// Scores, native values and evidence too.
    Verbose,
}

/// A report in a [`Style`]; made by `told`.
///
/// ```
/// use idenfy_preflight::{Image, Preflight, Step, report::text::{Detail, Style}, texts::Texts};
/// let mut report = Preflight::default().inspect(&Image::new(Step::Front, "a.jpg", &b""[..]))?;
/// let german = Texts::german();
/// german.translate_image(&mut report);
/// let text = report.told(Style { detail: Detail::Quiet, ..Style::default() }).texts(&german).to_string();
/// assert_eq!(text, "NEIN FRONT: a.jpg (unbekannt, 0 Bytes)\n");
/// # Ok::<(), idenfy_preflight::Error>(())
/// ```
pub struct Told<'a, T> {
    report: &'a T,
    style: Style,
    texts: &'a Texts,
}

impl<'a, T> Told<'a, T> {
    /// Headings and labels in this language too, for a report whose findings were [translated](Texts::translate) to it.
    ///
    /// ```
    /// use idenfy_preflight::{Image, Preflight, Step, report::text::{Detail, Style}, texts::Texts};
    /// let mut report = Preflight::default().inspect(&Image::new(Step::Front, "a.jpg", &b""[..]))?;
    /// let german = Texts::german();
    /// german.translate_image(&mut report);
    /// let text = report.told(Style { detail: Detail::Quiet, ..Style::default() }).texts(&german).to_string();
    /// assert_eq!(text, "NEIN FRONT: a.jpg (unbekannt, 0 Bytes)\n");
    /// # Ok::<(), idenfy_preflight::Error>(())
    /// ```
    pub fn texts(self, texts: &'a Texts) -> Self {
        Self { texts, ..self }
    }
}

impl ImageReport {
    /// The report in a style.
    ///
    /// ```
    /// use idenfy_preflight::{Image, Preflight, Step, report::text::Style};
    /// let report = Preflight::default().inspect(&Image::new(Step::Front, "a.jpg", &b""[..]))?;
    /// let coloured = report.told(Style { colour: true, width: Some(80), ..Style::default() }).to_string();
    /// assert!(coloured.contains("\x1b[") && !report.to_string().contains("\x1b["));
    /// # Ok::<(), idenfy_preflight::Error>(())
    /// ```
    pub fn told(&self, style: Style) -> Told<'_, Self> {
        Told { report: self, style, texts: &ENGLISH }
    }
}

impl Report {
    /// The report in a style.
    ///
    /// ```
    /// use idenfy_preflight::{Preflight, Submission, report::text::{Detail, Style}};
    /// let report = Preflight::default().check(Submission::new())?.report;
    /// let quiet = report.told(Style { detail: Detail::Quiet, ..Style::default() }).to_string();
    /// assert!(quiet.starts_with("Refused: "));
    /// # Ok::<(), idenfy_preflight::Error>(())
    /// ```
    pub fn told(&self, style: Style) -> Told<'_, Self> {
        Told { report: self, style, texts: &ENGLISH }
    }
}

impl fmt::Display for ImageReport {
    /// The file, what it is, its legibility, and its findings.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.told(Style::default()).fmt(f)
    }
}

impl fmt::Display for Report {
    /// Images, findings on the call, the word on `skipAnalysis`, and the verdict.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.told(Style::default()).fmt(f)
    }
}

impl fmt::Display for Told<'_, ImageReport> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { report: image, style, texts } = self;
        let [ok, refuse] = [Word::LineOk, Word::LineRefuse].map(|word| texts.word(word));
        let (word, colour) = match image.verdict {
            Verdict::Ready => (ok, AnsiColor::Green),
            Verdict::Refused => (refuse, AnsiColor::Red),
        };
        let gap = gap(word, &[ok, refuse]);
        let step = printable(image.step.name());
        write!(f, "{}{gap} {step}: {}", style.paint(word, colour), printable(&image.file))?;
        writeln!(f, " ({}){}", facts(image, texts), legibility(image, texts))?;
        if style.detail == Detail::Verbose {
            let json = serde_json::to_value(&image.scores).unwrap_or_default();
            let scores = pairs(json.as_object().into_iter().flatten().map(|(name, value)| (name.as_str(), value)));
            let values = pairs(image.measurements.iter().map(|(name, value)| (name.as_str(), value)));
            let lines = [(Word::LineScores, scores), (Word::LineValues, values)];
            for (name, text) in lines.iter().filter(|(_, text)| !text.is_empty()) {
                let name = texts.word(*name);
                style.wrapped(f, &format!("       {name}  "), name.chars().count() + 9, text)?;
            }
        }
        findings(f, &image.findings, Some(image), *style, texts)
    }
}

impl fmt::Display for Told<'_, Report> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { report, style, texts } = self;
        for image in &report.images {
            write!(f, "{}", image.told(*style).texts(texts))?;
            if let Some(sent) = image.sent.as_ref().filter(|s| s.recompressed && style.detail > Detail::Quiet) {
                let what = self::sent(sent, texts);
                writeln!(f, "       {}", texts.say(Word::LineSentAs, &[("what", &what)]))?;
            }
        }
        findings(f, &report.findings, None, *style, texts)?;
        if report.skip_analysis.recommended && style.detail > Detail::Quiet {
            let because = printable(&report.skip_analysis.because.join("; "));
            writeln!(f, "{}", texts.say(Word::LineSkip, &[("because", &because)]))?;
        }
        let (word, colour, said) = match report.request.bytes {
            Some(body) => {
                let sizes = [("bytes", &*texts.bytes(body)), ("limit", &*texts.bytes(report.request.limit))];
                (Word::LineReady, AnsiColor::Green, texts.say(Word::LineBody, &sizes))
            }
            None => {
                let denied = report.all_findings().filter(|x| x.denies()).count();
                let many = if denied == 1 { Word::LineOne } else { Word::LineMany };
                (Word::LineRefused, AnsiColor::Red, texts.say(many, &[("n", &denied.to_string())]))
            }
        };
        writeln!(f, "{}: {said}", style.paint(texts.word(word), colour))
    }
}

/// Blanks that make a word as long as the longest that may stand in its place.
fn gap(word: &str, all: &[&str]) -> String {
    let long = |word: &str| word.chars().count();
    " ".repeat(all.iter().map(|w| long(w)).max().unwrap_or(0).saturating_sub(long(word)))
}

impl Style {
    /// A word in bold and a colour, where colours are wanted.
    fn paint(self, word: &str, colour: AnsiColor) -> String {
        let paint = if self.colour { colour.on_default().bold() } else { Paint::new() };
        format!("{paint}{word}{paint:#}")
    }

    /// Words behind a head that takes `indent` columns, wrapped and indented as far.
    fn wrapped(self, f: &mut fmt::Formatter<'_>, head: &str, indent: usize, text: &str) -> fmt::Result {
        f.write_str(head)?;
        // Too narrow for columns: wrapped under the head's beginning.
        let most = self.width.unwrap_or(usize::MAX);
        let indent = if most < indent + 30 { 4.min(indent) } else { indent };
        let mut at = indent;
        for (i, word) in text.split(' ').enumerate() {
            let long = word.chars().count();
            if i > 0 && at + 1 + long > most {
                write!(f, "\n{}{word}", " ".repeat(indent))?;
                at = indent + long;
            } else {
                write!(f, "{}{word}", if i > 0 { " " } else { "" })?;
                at += long + usize::from(i > 0);
            }
        }
        writeln!(f)
    }
}

/// Columns that rules and steps are lined up in; a longer name only pushes its own line.
const WIDEST: usize = 40;

fn findings(
    f: &mut fmt::Formatter<'_>,
    all: &[Finding],
    image: Option<&ImageReport>,
    style: Style,
    texts: &Texts,
) -> fmt::Result {
    if style.detail == Detail::Quiet {
        return Ok(());
    }
    let named = |finding: &Finding| {
        let step = finding.step.as_ref().filter(|step| image.map(|i| &i.step) != Some(*step));
        let on = |step: &Step| texts.say(Word::On, &[("rule", finding.rule.id()), ("step", &printable(step.name()))]);
        step.map_or(finding.rule.to_string(), on)
    };
    let width = all.iter().map(|x| named(x).chars().count()).max().unwrap_or(0).min(WIDEST);
    let levels = [Word::LineNote, Word::LineWarn, Word::LineDeny].map(|word| texts.word(word));
    let longest = levels.iter().map(|level| level.chars().count()).max().unwrap_or(0);
    for finding in all {
        let [note, warn, deny] = levels;
        let (level, colour) = match finding.level {
            Level::Allow => (note, AnsiColor::Cyan),
            Level::Warn => (warn, AnsiColor::Yellow),
            Level::Deny => (deny, AnsiColor::Red),
        };
        let head = format!("  {}{} {:width$}  ", style.paint(level, colour), gap(level, &levels), named(finding));
        let mut said = finding.message.trim_end_matches('.').to_owned();
        let place = image.and_then(|image| place(finding, image)).map(|place| format!(", {}", texts.word(place)));
        let measured = measured(finding, texts).map(|measured| format!(" ({measured})"));
        said.extend(place.into_iter().chain(measured));
        let end = if said.ends_with('?') { "" } else { "." };
        let evidence = if style.detail == Detail::Verbose && !finding.evidence.is_empty() {
            format!(" [{}]", pairs(finding.evidence.iter().map(|(name, value)| (name.as_str(), value))))
        } else {
            String::new()
        };
        let text = printable(&format!("{said}{end} {}{evidence}", finding.help));
        style.wrapped(f, &head, 5 + longest + width, &text)?;
    }
    Ok(())
}

/// Format, size and bytes of a file.
pub(crate) fn facts(image: &ImageReport, texts: &Texts) -> String {
    let mut facts = image.format.map_or(texts.word(Word::Unknown).to_owned(), |x| x.to_string());
    if let (Some(w), Some(h)) = (image.width, image.height) {
        let _ = write!(facts, ", {w} x {h}");
    }
    let _ = write!(facts, ", {}", texts.bytes(image.bytes));
    facts
}

fn legibility(image: &ImageReport, texts: &Texts) -> String {
    let said = |score: u8| format!(", {}", texts.say(Word::Legibility, &[("score", &score.to_string())]));
    image.scores.legibility.map(said).unwrap_or_default()
}

/// What stands in the request for a file.
pub(crate) fn sent(sent: &Sent, texts: &Texts) -> String {
    let format = sent.format.map_or("?", |x| x.name());
    let mut text = texts.say(Word::FormatOf, &[("format", format), ("bytes", &texts.bytes(sent.bytes))]);
    if let Some(quality) = sent.quality {
        let _ = write!(text, ", {}", texts.say(Word::Quality, &[("quality", &quality.to_string())]));
    }
    if let (Some(w), Some(h)) = (sent.width, sent.height) {
        let _ = write!(text, ", {w} x {h}");
    }
    text
}

/// How far off a measure of quality is; `None` where the finding's message says so itself.
pub(crate) fn measured(finding: &Finding, texts: &Texts) -> Option<String> {
    let number = |name: &str| finding.evidence.get(name).and_then(Value::as_f64);
    if finding.family() != Family::Quality || finding.message.contains(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let percent = |v: f64| texts.number(&format!("{:.1} %", 100.0 * v).replace(".0 %", " %"));
    let plain = |v: f64| match v {
        v if v.fract() == 0.0 || v.abs() >= 10.0 => format!("{v:.0}"),
        v => texts.number(&format!("{v:.2}")),
    };
    let english = finding.evidence.get("unit").and_then(Value::as_str).unwrap_or_default();
    let shown = |v: f64| if english.starts_with("share ") { percent(v) } else { plain(v) };
    let unit = texts.unit(english);
    let said = |word: Word, value: &str, threshold: &str| {
        let both = [("value", value), ("threshold", threshold), ("unit", unit)];
        Some(texts.say(word, &both))
    };
    match (number("value")?, number("threshold")) {
        (_, Some(least)) if number("readable").is_some() => {
            said(Word::ReadableBy, &percent(number("readable")?), &percent(least))
        }
        (_, Some(least)) if number("paper").is_some() => said(Word::PaperAt, &plain(number("paper")?), &plain(least)),
        (value, Some(threshold)) => said(Word::OffBy, &shown(value), &shown(threshold)),
        (value, None) => Some(format!("{} {unit}", plain(value))),
    }
}

/// Where in the picture, in words, for findings that have boxes.
fn place(finding: &Finding, image: &ImageReport) -> Option<Word> {
    let boxes = finding.evidence.get("boxes")?.as_array()?;
    let number = |b: &Value, i: usize| b.get(i).and_then(Value::as_f64).unwrap_or(0.0);
    let [left, top, width, height] = match &image.document {
        Some(document) => DocumentReport::bounds(document).map(f64::from),
        None => [0.0, 0.0, f64::from(image.width?), f64::from(image.height?)],
    };
    let area = |b: &Value| number(b, 2) * number(b, 3);
    let total: f64 = boxes.iter().map(area).sum();
    if total <= 0.0 {
        return None;
    }
    if total > 0.5 * width * height {
        return Some(Word::Everywhere).filter(|_| image.document.is_some());
    }
    let middle =
        |i: usize| boxes.iter().map(|b| (number(b, i) + number(b, i + 2) / 2.0) * area(b)).sum::<f64>() / total;
    // Before, in or behind the middle third.
    let third = |at: f64| match at {
        ..0.36 => -1,
        0.64.. => 1,
        _ => 0,
    };
    Some(match (third((middle(1) - top) / height.max(1.0)), third((middle(0) - left) / width.max(1.0))) {
        (-1, -1) => Word::TopLeft,
        (-1, 1) => Word::TopRight,
        (-1, _) => Word::Top,
        (1, -1) => Word::BottomLeft,
        (1, 1) => Word::BottomRight,
        (1, _) => Word::Bottom,
        (_, -1) => Word::Left,
        (_, 1) => Word::Right,
        _ => Word::Middle,
    })
}

fn pairs<'a>(values: impl Iterator<Item = (&'a str, &'a Value)>) -> String {
    values.filter(|(_, v)| !v.is_null()).map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use crate::{Image, Preflight, Step, Submission};

    #[test]
    fn neither_names_nor_steps_steer_a_terminal() {
        let step = Step::Custom("A\u{1b}[2J\u{202e}".into());
        let submission = Submission::new().image(Image::new(step, "a\u{7}\n.jpg", &b""[..]));
        let text = Preflight::default().check(&submission).unwrap().report.to_string();
        assert!(text.contains("A\u{fffd}[2J\u{fffd}: a\u{fffd}\u{fffd}.jpg"), "{text}");
        assert!(text.chars().all(|c| c == '\n' || !(c.is_control() || c == '\u{202e}')), "{text:?}");
    }

    /// Padding is a 16-bit number of columns; found by fuzzing.
    #[test]
    fn a_name_of_any_length_is_told() {
        let name = "Ä".repeat(40_000);
        let submission = Submission::new().image(Image::new(Step::Custom(name.as_str().into()), "a.jpg", &b""[..]));
        let text = Preflight::default().check(&submission).unwrap().report.to_string();
        assert!(text.contains(&name));
    }
}
