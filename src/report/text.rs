//! The report for people: one line a finding, with what, where, how far off and what to do.

use super::{DocumentReport, ImageReport, Report, Sent, Verdict};
use crate::{
    finding::Finding,
    rules::{Family, Level},
    submission::Step,
};
use anstyle::{AnsiColor, Style as Paint};
use serde_json::Value;
use std::fmt::{self, Write};

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
pub struct Told<'a, T>(&'a T, Style);

impl ImageReport {
    /// The report in a style.
    pub fn told(&self, style: Style) -> Told<'_, Self> {
        Told(self, style)
    }
}

impl Report {
    /// The report in a style.
    pub fn told(&self, style: Style) -> Told<'_, Self> {
        Told(self, style)
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
        let Self(image, style) = self;
        let (word, colour) = match image.verdict {
            Verdict::Ready => ("ok", AnsiColor::Green),
            Verdict::Refused => ("REFUSE", AnsiColor::Red),
        };
        let (gap, step) = (" ".repeat(6 - word.len()), printable(image.step.name()));
        write!(f, "{}{gap} {step}: {}", style.paint(word, colour), printable(&image.file))?;
        writeln!(f, " ({}){}", facts(image), legibility(image))?;
        if style.detail == Detail::Verbose {
            let json = serde_json::to_value(&image.scores).unwrap_or_default();
            let scores = pairs(json.as_object().into_iter().flatten().map(|(name, value)| (name.as_str(), value)));
            let values = pairs(image.measurements.iter().map(|(name, value)| (name.as_str(), value)));
            for (name, text) in [("scores", scores), ("values", values)].iter().filter(|(_, text)| !text.is_empty()) {
                style.wrapped(f, &format!("       {name}  "), name.len() + 9, text)?;
            }
        }
        findings(f, &image.findings, Some(image), *style)
    }
}

impl fmt::Display for Told<'_, Report> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(report, style) = self;
        for image in &report.images {
            write!(f, "{}", image.told(*style))?;
            if let Some(sent) = image.sent.as_ref().filter(|s| s.recompressed && style.detail > Detail::Quiet) {
                writeln!(f, "       sent as {}", self::sent(sent))?;
            }
        }
        findings(f, &report.findings, None, *style)?;
        if report.skip_analysis.recommended && style.detail > Detail::Quiet {
            writeln!(f, "skipAnalysis is recommended: {}.", printable(&report.skip_analysis.because.join("; ")))?;
        }
        match report.request.bytes {
            Some(body) => {
                let (word, limit) = (style.paint("Ready", AnsiColor::Green), bytes(report.request.limit));
                writeln!(f, "{word}: the body has {} of at most {limit}.", bytes(body))
            }
            None => {
                let denied = report.all_findings().filter(|x| x.denies()).count();
                let (word, s) = (style.paint("Refused", AnsiColor::Red), if denied == 1 { "" } else { "s" });
                writeln!(f, "{word}: {denied} finding{s} to settle first.")
            }
        }
    }
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

fn findings(f: &mut fmt::Formatter<'_>, all: &[Finding], image: Option<&ImageReport>, style: Style) -> fmt::Result {
    if style.detail == Detail::Quiet {
        return Ok(());
    }
    let named = |finding: &Finding| {
        let step = finding.step.as_ref().filter(|step| image.map(|i| &i.step) != Some(*step));
        step.map_or(finding.rule.to_string(), |step: &Step| format!("{} on {}", finding.rule, printable(step.name())))
    };
    let width = all.iter().map(|x| named(x).len()).max().unwrap_or(0).min(WIDEST);
    for finding in all {
        let (level, colour) = match finding.level {
            Level::Allow => ("note", AnsiColor::Cyan),
            Level::Warn => ("warn", AnsiColor::Yellow),
            Level::Deny => ("DENY", AnsiColor::Red),
        };
        let head = format!("  {} {:width$}  ", style.paint(level, colour), named(finding));
        let mut said = finding.message.trim_end_matches('.').to_owned();
        let place = image.and_then(|image| place(finding, image)).map(|place| format!(", {place}"));
        let measured = measured(finding).map(|measured| format!(" ({measured})"));
        said.extend(place.into_iter().chain(measured));
        let end = if said.ends_with('?') { "" } else { "." };
        let evidence = if style.detail == Detail::Verbose && !finding.evidence.is_empty() {
            format!(" [{}]", pairs(finding.evidence.iter().map(|(name, value)| (name.as_str(), value))))
        } else {
            String::new()
        };
        let text = printable(&format!("{said}{end} {}{evidence}", finding.help));
        style.wrapped(f, &head, 9 + width, &text)?;
    }
    Ok(())
}

/// Format, size and bytes of a file.
pub(crate) fn facts(image: &ImageReport) -> String {
    let mut facts = image.format.map_or("unknown".to_owned(), |x| x.to_string());
    if let (Some(w), Some(h)) = (image.width, image.height) {
        let _ = write!(facts, ", {w} x {h}");
    }
    let _ = write!(facts, ", {}", bytes(image.bytes));
    facts
}

fn legibility(image: &ImageReport) -> String {
    image.scores.legibility.map(|l| format!(", legibility {l}")).unwrap_or_default()
}

/// What stands in the request for a file.
pub(crate) fn sent(sent: &Sent) -> String {
    let mut text = format!("{} of {}", sent.format.map_or("?", |x| x.name()), bytes(sent.bytes));
    if let Some(quality) = sent.quality {
        let _ = write!(text, ", quality {quality}");
    }
    if let (Some(w), Some(h)) = (sent.width, sent.height) {
        let _ = write!(text, ", {w} x {h}");
    }
    text
}

/// How far off a measure of quality is; `None` where the finding's message says so itself.
pub(crate) fn measured(finding: &Finding) -> Option<String> {
    let number = |name: &str| finding.evidence.get(name).and_then(Value::as_f64);
    let percent = |v: f64| format!("{:.1} %", 100.0 * v).replace(".0 %", " %");
    if finding.family() != Family::Quality || finding.message.contains(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let shown = |v: f64| match v {
        v if v.fract() == 0.0 || v.abs() >= 10.0 => format!("{v:.0}"),
        v => format!("{v:.2}"),
    };
    let unit = finding.evidence.get("unit").and_then(Value::as_str).unwrap_or_default();
    let threshold = number("threshold");
    Some(match (number("value")?, threshold) {
        (_, Some(least)) if number("readable").is_some() => {
            format!("readable by {}, where {} are needed", percent(number("readable")?), percent(least))
        }
        (_, Some(least)) if number("paper").is_some() => {
            format!("paper at {} of 255, threshold {}", shown(number("paper")?), shown(least))
        }
        (value, Some(threshold)) => match unit.strip_prefix("share of ") {
            Some(of) => format!("{} of {of}, threshold {}", percent(value), percent(threshold)),
            None => format!("{} {unit}, threshold {}", shown(value), shown(threshold)),
        },
        (value, None) => format!("{} {unit}", shown(value)),
    })
}

/// Where in the picture, in words, for findings that have boxes.
fn place(finding: &Finding, image: &ImageReport) -> Option<String> {
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
        return Some("all over the document".to_owned()).filter(|_| image.document.is_some());
    }
    let middle =
        |i: usize| boxes.iter().map(|b| (number(b, i) + number(b, i + 2) / 2.0) * area(b)).sum::<f64>() / total;
    let third = |at: f64, names: [&'static str; 3]| match at {
        ..0.36 => names[0],
        0.64.. => names[2],
        _ => names[1],
    };
    let down = third((middle(1) - top) / height.max(1.0), ["top", "", "bottom"]);
    let across = third((middle(0) - left) / width.max(1.0), ["left", "", "right"]);
    let words = [down, across].into_iter().filter(|w| !w.is_empty()).collect::<Vec<_>>().join(" ");
    Some(if words.is_empty() { "in the middle".to_owned() } else { format!("at the {words}") })
}

fn pairs<'a>(values: impl Iterator<Item = (&'a str, &'a Value)>) -> String {
    values.filter(|(_, v)| !v.is_null()).map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(" ")
}

/// A text from strangers (file names, messages) without characters that steer a terminal or turn the direction of what
/// follows; U+FFFD stands for each.
pub fn printable(text: &str) -> String {
    let steers = |c: char| {
        c.is_control()
            || matches!(c, '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    text.chars().map(|c| if steers(c) { '\u{fffd}' } else { c }).collect()
}

/// Bytes as people read them, base 10.
pub(crate) fn bytes(n: u64) -> String {
    match n {
        0..1_000 => format!("{n} bytes"),
        1_000..1_000_000 => format!("{:.1} kB", n as f64 / 1e3),
        _ => format!("{:.2} MB", n as f64 / 1e6),
    }
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
