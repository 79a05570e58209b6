//! What a batch came to: counts, percentiles, bytes.

use super::{Answer, Done};
use crate::rules::Rule;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::{borrow::Cow, collections::BTreeMap, fmt, time::Duration};

/// Scores by name, in the order of a report.
pub(super) const SCORES: [&str; 6] = ["legibility", "sharpness", "glare", "exposure", "document", "face"];
/// Steps of the time histogram in each doubling: percentiles of times are right to 4.5 %.
const STEPS: f64 = 16.0;

/// What a batch came to. It is counted from the answers alone, so that those of an earlier run count as well.
///
/// ```
/// use idenfy_preflight::{Preflight, batch::{Answered, Batch, Answer, Settings, Sink, Stop, Summary}};
/// let lines = br#"{"id": 1, "images": {"FRONT": "testdata/front.jpg"}}"#;
/// #[derive(Default)]
/// struct Counting(Summary);
/// impl Sink for Counting {
///     fn answer(&mut self, answer: &Answer) -> std::io::Result<()> {
///         self.0.add(answer);
///         Ok(())
///     }
///     fn flush(&mut self) -> std::io::Result<()> {
///         Ok(())
///     }
/// }
/// let (mut counting, begun) = (Counting::default(), std::time::Instant::now());
/// let batch = Batch::new(Preflight::default(), Settings::default());
/// let done = batch.run(&lines[..], Answered::default(), &Stop::default(), &mut counting)?;
/// let mut summary = counting.0;
/// summary.close(begun.elapsed(), Some(&done));
/// assert!(summary.lines() == 1 && summary.earlier() == 0 && !summary.all_ready());
/// assert!(summary.images_per_second() > 0.0 && summary.rate(begun.elapsed()) > 0.0);
/// assert_eq!(summary.to_json()["refused"], 1);
/// println!("{summary}");
/// assert!(summary.to_html().starts_with("<!doctype html>"));
/// # Ok::<(), idenfy_preflight::batch::BatchError>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Summary {
    pub(super) ready: u64,
    pub(super) refused: u64,
    pub(super) errors: u64,
    pub(super) images: u64,
    /// Lines that are answered by an earlier run.
    earlier: u64,
    advice: BTreeMap<&'static str, u64>,
    /// By rule: allow, warn, deny.
    pub(super) rules: BTreeMap<Rule, [u64; 3]>,
    /// By score: how often each of 0 to 100.
    pub(super) scores: [Counts; SCORES.len()],
    /// Of a line, in steps of the logarithm of microseconds.
    pub(super) times: Counts,
    slowest: Duration,
    read: u64,
    original: u64,
    sent: u64,
    bodies: u64,
    wall: Duration,
    images_now: u64,
    peak: u64,
    stopped: bool,
}

/// How often each whole number occurred.
#[derive(Clone, Debug, Default)]
pub(super) struct Counts(pub Vec<u64>);

impl Counts {
    fn add(&mut self, value: usize) {
        if self.0.len() <= value {
            self.0.resize(value.saturating_add(1), 0);
        }
        if let Some(count) = self.0.get_mut(value) {
            *count = count.saturating_add(1);
        }
    }

    pub fn total(&self) -> u64 {
        self.0.iter().sum()
    }

    /// The smallest value that this share of all does not exceed; `None` without any.
    pub fn percentile(&self, percent: f64) -> Option<usize> {
        let wanted = (self.total() as f64 * percent / 100.0).ceil().max(1.0);
        let mut sum = 0;
        self.0.iter().position(|count| {
            sum += count;
            sum as f64 >= wanted
        })
    }
}

/// As much of an answer as is counted.
#[derive(Deserialize)]
pub(super) struct Seen<'a> {
    #[serde(borrow)]
    verdict: Option<Cow<'a, str>>,
    #[serde(borrow)]
    advice: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    images: Vec<SeenImage<'a>>,
    #[serde(borrow, default)]
    findings: Vec<SeenFinding<'a>>,
    request: Option<SeenRequest>,
}

#[derive(Deserialize)]
struct SeenImage<'a> {
    bytes: u64,
    #[serde(default)]
    scores: BTreeMap<Cow<'a, str>, Option<u8>>,
    #[serde(borrow, default)]
    findings: Vec<SeenFinding<'a>>,
    sent: Option<SeenSent>,
}

#[derive(Deserialize)]
struct SeenFinding<'a> {
    #[serde(borrow)]
    rule: Cow<'a, str>,
    #[serde(borrow)]
    level: Cow<'a, str>,
}

#[derive(Deserialize)]
struct SeenSent {
    bytes: u64,
}

#[derive(Deserialize)]
struct SeenRequest {
    bytes: Option<u64>,
}

impl Summary {
    /// Counts an answer of this run.
    pub fn add(&mut self, answer: &Answer) {
        self.images_now = self.images_now.saturating_add(self.count(&answer.text));
        self.slowest = self.slowest.max(answer.time);
        let micros = answer.time.as_micros().max(1) as f64;
        self.times.add((micros.log2() * STEPS) as usize);
    }

    /// Counts an answer of an earlier run, of which no time is known.
    ///
    /// ```
    /// use idenfy_preflight::batch::Summary;
    /// let mut summary = Summary::default();
    /// summary.add_earlier(r#"{"line":1,"id":7,"verdict":"ready","images":[],"findings":[]}"#);
    /// assert_eq!((summary.lines(), summary.earlier(), summary.all_ready()), (1, 1, true));
    /// ```
    pub fn add_earlier(&mut self, text: &str) {
        self.earlier = self.earlier.saturating_add(1);
        self.count(text);
    }

    /// Closes it: how long the run took, and what it says of itself; `None` when it failed.
    pub fn close(&mut self, wall: Duration, done: Option<&Done>) {
        self.wall = wall;
        self.peak = done.map_or(0, |d| d.peak);
        self.stopped = done.is_none_or(|d| d.stopped);
    }

    /// Lines that an earlier run answered.
    pub fn earlier(&self) -> u64 {
        self.earlier
    }

    /// Lines that are answered, those of an earlier run too.
    pub fn lines(&self) -> u64 {
        self.ready.saturating_add(self.refused).saturating_add(self.errors)
    }

    /// Whether every line is ready.
    pub fn all_ready(&self) -> bool {
        self.refused == 0 && self.errors == 0
    }

    /// Counts all but the time; returns how many images it has.
    fn count(&mut self, text: &str) -> u64 {
        let Ok(seen) = serde_json::from_str::<Seen>(text) else {
            self.errors = self.errors.saturating_add(1);
            return 0;
        };
        match seen.verdict.as_deref() {
            Some("ready") => self.ready += 1,
            Some(_) => self.refused += 1,
            None => self.errors += 1,
        }
        let known = ["send", "send_with_skip_analysis", "retake", "replace"];
        if let Some(advice) = known.into_iter().find(|a| seen.advice.as_deref() == Some(a)) {
            *self.advice.entry(advice).or_default() += 1;
        }
        let findings = seen.images.iter().flat_map(|image| &image.findings).chain(&seen.findings);
        for finding in findings {
            let level = ["allow", "warn", "deny"].iter().position(|l| *l == finding.level);
            let counts = Rule::from_id(&finding.rule).map(|rule| self.rules.entry(rule).or_default());
            if let Some(count) = counts.zip(level).and_then(|(counts, level)| counts.get_mut(level)) {
                *count += 1;
            }
        }
        for image in &seen.images {
            self.read = self.read.saturating_add(image.bytes);
            if let Some(sent) = &image.sent {
                self.original = self.original.saturating_add(image.bytes);
                self.sent = self.sent.saturating_add(sent.bytes);
            }
            for (counts, name) in self.scores.iter_mut().zip(SCORES) {
                if let Some(Some(score)) = image.scores.get(name) {
                    counts.add(usize::from(*score).min(100));
                }
            }
        }
        self.bodies = self.bodies.saturating_add(seen.request.and_then(|r| r.bytes).unwrap_or(0));
        let images = seen.images.len() as u64;
        self.images = self.images.saturating_add(images);
        images
    }

    /// Images of this run in a second.
    pub fn images_per_second(&self) -> f64 {
        self.rate(self.wall)
    }

    /// The same after so long.
    pub fn rate(&self, elapsed: Duration) -> f64 {
        let seconds = elapsed.as_secs_f64();
        if seconds > 0.0 { self.images_now as f64 / seconds } else { 0.0 }
    }

    /// How often each rule fired, the most frequent first.
    pub(super) fn rules_by_count(&self) -> Vec<(Rule, [u64; 3])> {
        let mut rules: Vec<_> = self.rules.iter().map(|(rule, counts)| (*rule, *counts)).collect();
        rules.sort_by_key(|(rule, counts)| (std::cmp::Reverse(counts.iter().sum::<u64>()), *rule));
        rules
    }

    /// The summary as JSON. `scores.*.histogram` counts 0 to 100; times are of a line, in milliseconds.
    ///
    /// ```
    /// use idenfy_preflight::batch::Summary;
    /// assert_eq!(Summary::default().to_json()["lines"], 0);
    /// ```
    pub fn to_json(&self) -> Value {
        let rules: Map<String, Value> = self
            .rules
            .iter()
            .map(|(rule, [allow, warn, deny])| {
                (rule.id().to_owned(), json!({"allow": allow, "warn": warn, "deny": deny}))
            })
            .collect();
        let scores: Map<String, Value> = SCORES
            .iter()
            .zip(&self.scores)
            .map(|(name, counts)| {
                let at = |percent| counts.percentile(percent);
                let mut histogram = counts.0.clone();
                histogram.resize(101, 0);
                let value = json!({"count": counts.total(), "p5": at(5.0), "p25": at(25.0), "p50": at(50.0),
                    "p75": at(75.0), "p95": at(95.0), "histogram": histogram});
                ((*name).to_owned(), value)
            })
            .collect();
        let time = |percent| self.times.percentile(percent).map(|step| round(milliseconds(step)));
        json!({
            "lines": self.lines(), "ready": self.ready, "refused": self.refused, "errors": self.errors,
            "earlier": self.earlier, "stopped": self.stopped, "images": self.images,
            "advice": self.advice, "rules": rules, "scores": scores,
            "milliseconds": {"p50": time(50.0), "p90": time(90.0), "p99": time(99.0),
                "max": round(self.slowest.as_secs_f64() * 1e3)},
            "bytes": {"read": self.read, "ready": self.original, "sent": self.sent,
                "saved": self.original.saturating_sub(self.sent), "bodies": self.bodies},
            "seconds": round(self.wall.as_secs_f64()), "images_per_second": round(self.images_per_second()),
            "window_peak": self.peak,
        })
    }
}

/// The middle of a step of the time histogram.
pub(super) fn milliseconds(step: usize) -> f64 {
    ((step as f64 + 0.5) / STEPS).exp2() / 1e3
}

fn round(value: f64) -> f64 {
    (value * 1e3).round() / 1e3
}

impl fmt::Display for Summary {
    /// One line.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { ready, refused, errors, .. } = self;
        write!(f, "{} lines: {ready} ready, {refused} refused, {errors} with errors", self.lines())?;
        if self.earlier > 0 {
            write!(f, " ({} by an earlier run)", self.earlier)?;
        }
        write!(f, "; {} images, {:.1} a second", self.images, self.images_per_second())?;
        let denied: Vec<_> = self.rules_by_count().into_iter().filter(|(_, [_, _, deny])| *deny > 0).take(3).collect();
        for (i, (rule, [_, _, deny])) in denied.iter().enumerate() {
            write!(f, "{} {rule} {deny}", if i == 0 { "; refused most for" } else { "," })?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(text: &str, micros: u64) -> Answer {
        Answer { line: 1, text: text.into(), time: Duration::from_micros(micros), input: 0 }
    }

    #[test]
    fn answers_are_counted() {
        let mut summary = Summary::default();
        let ready = r#"{"line":1,"id":"\u0041","verdict":"ready","advice":"send","images":[{"bytes":500,"scores":{"legibility":90,"face":null},
            "findings":[{"rule":"glare","level":"warn","message":"a\nb"}],"sent":{"bytes":300}}],"findings":[],"request":{"bytes":900}}"#;
        let refused = r#"{"line":2,"id":null,"verdict":"refused","advice":"retake","images":[{"bytes":70,"scores":{"legibility":10},
            "findings":[{"rule":"glare","level":"deny"},{"rule":"of_tomorrow","level":"deny"}]}],"findings":[{"rule":"missing_token","level":"deny"}],"request":{"bytes":null}}"#;
        summary.add(&answer(ready, 1000));
        summary.add(&answer(refused, 3000));
        summary.add_earlier(r#"{"line":3,"id":[],"error":"x"}"#);
        summary.close(Duration::from_secs(2), Some(&Done { lines: 2, peak: 7, stopped: false }));
        let json = summary.to_json();
        let counts =
            ["lines", "ready", "refused", "errors", "earlier", "images"].map(|name| json[name].as_u64().unwrap());
        assert_eq!(counts, [3, 1, 1, 1, 1, 2]);
        assert_eq!(json["rules"]["glare"], json!({"allow": 0, "warn": 1, "deny": 1}));
        assert_eq!(json["rules"]["missing_token"]["deny"], 1);
        assert_eq!(json["bytes"], json!({"read": 570, "ready": 500, "sent": 300, "saved": 200, "bodies": 900}));
        let legibility = &json["scores"]["legibility"];
        assert_eq!([&legibility["p5"], &legibility["p50"], &legibility["p95"]], [10, 10, 90]);
        assert_eq!(json["scores"]["face"]["p50"], Value::Null);
        let median = json["milliseconds"]["p50"].as_f64().unwrap();
        assert!((0.95..1.05).contains(&median), "{median}");
        assert_eq!((&json["milliseconds"]["max"], &json["images_per_second"]), (&3.0.into(), &1.0.into()));
        let line = summary.to_string();
        assert!(line.starts_with("3 lines: 1 ready, 1 refused, 1 with errors (1 by an earlier run); 2 images, 1.0 a second; refused most for"), "{line}");
        let page = summary.to_html();
        assert!(page.contains("missing_token") && !page.contains("of_tomorrow") && page.ends_with("</html>\n"));
    }
}
