//! The report for people: one line a finding, what to do beneath it.

use super::{ImageReport, Report, Verdict};
use crate::{finding::Finding, rules::Level, submission::Step};
use std::fmt::{self, Write};

impl fmt::Display for ImageReport {
    /// The file, what it is, its scores, and its findings.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} {}: {}", verdict(self.verdict), printable(self.step.name()), self.headline())?;
        findings(f, &self.findings, Some(&self.step))
    }
}

impl ImageReport {
    fn headline(&self) -> String {
        let mut line = printable(&self.file);
        let _ = write!(line, " ({}", self.format.map_or("unknown".to_owned(), |x| x.to_string()));
        if let (Some(w), Some(h)) = (self.width, self.height) {
            let _ = write!(line, ", {w} x {h}");
        }
        let _ = write!(line, ", {})", bytes(self.bytes));
        if let Some(legibility) = self.scores.legibility {
            let _ = write!(line, ", legibility {legibility}");
        }
        line
    }
}

impl fmt::Display for Report {
    /// Verdict, images, findings on the call, what is sent, and the word on `skipAnalysis`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for image in &self.images {
            write!(f, "{image}")?;
            if let Some(sent) = image.sent.as_ref().filter(|s| s.recompressed) {
                write!(f, "       sent as {} of {}", sent.format.map_or("?", |x| x.name()), bytes(sent.bytes))?;
                if let Some(quality) = sent.quality {
                    write!(f, ", quality {quality}")?;
                }
                if let (Some(w), Some(h)) = (sent.width, sent.height) {
                    write!(f, ", {w} x {h}")?;
                }
                writeln!(f)?;
            }
        }
        findings(f, &self.findings, None)?;
        if self.skip_analysis.recommended {
            writeln!(f, "skipAnalysis is recommended: {}.", printable(&self.skip_analysis.because.join("; ")))?;
        }
        match self.request.bytes {
            Some(body) => writeln!(f, "Ready: the body has {} of at most {}.", bytes(body), bytes(self.request.limit)),
            None => {
                let denied = self.all_findings().filter(|x| x.denies()).count();
                writeln!(f, "Refused: {denied} finding{} to settle first.", if denied == 1 { "" } else { "s" })
            }
        }
    }
}

fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Ready => "ok    ",
        Verdict::Refused => "REFUSE",
    }
}

fn findings(f: &mut fmt::Formatter<'_>, findings: &[Finding], heading: Option<&Step>) -> fmt::Result {
    for finding in findings {
        let level = match finding.level {
            Level::Allow => "note",
            Level::Warn => "warn",
            Level::Deny => "DENY",
        };
        let step = finding
            .step
            .as_ref()
            .filter(|s| heading != Some(*s))
            .map(|s| format!(" on {}", printable(s.name())))
            .unwrap_or_default();
        writeln!(f, "  {level} {}{step}: {}", finding.rule, printable(&finding.message))?;
        writeln!(f, "       {}", printable(&finding.help))?;
    }
    Ok(())
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
fn bytes(n: u64) -> String {
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
}
