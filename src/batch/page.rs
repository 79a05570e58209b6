//! The summary as a page that needs nothing else: tables, and histograms as SVG.

use super::summary::{Counts, SCORES, Summary, milliseconds};
use std::fmt::Write;

const STYLE: &str = "body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1d2733;background:#fff}\
h1{font-size:1.4rem}h2{font-size:1.1rem;margin:2rem 0 .5rem}table{border-collapse:collapse}\
td,th{padding:.15rem .9rem .15rem 0;text-align:right;font-variant-numeric:tabular-nums}td:first-child,th:first-child{text-align:left}\
th{font-weight:600;border-bottom:1px solid #c6ced6}.charts{display:grid;grid-template-columns:repeat(auto-fill,minmax(17rem,1fr));gap:1.5rem}\
figure{margin:0}figcaption{font-size:.9rem}svg{width:100%;height:auto}rect{fill:#2f6f9f}text{font-size:9px;fill:#5b6773}\
@media(prefers-color-scheme:dark){body{background:#14191e;color:#dde3e8}rect{fill:#6fb1e0}text{fill:#9aa6b1}th{border-color:#3a444d}}";

impl Summary {
    /// The summary as one HTML page.
    pub fn to_html(&self) -> String {
        let json = self.to_json();
        let number =
            |path: &str| json.pointer(path).filter(|v| !v.is_null()).map_or("–".to_owned(), ToString::to_string);
        let mut page = format!(
            "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
             <title>preflight batch</title><style>{STYLE}</style></head><body>\n<h1>{} lines</h1>\n",
            self.lines()
        );
        if json.pointer("/stopped").and_then(serde_json::Value::as_bool) == Some(true) {
            page.push_str("<p>The run was stopped; lines may be left. --resume goes on.</p>\n");
        }
        table(
            &mut page,
            &["verdict", "lines"],
            &[
                vec!["ready".into(), number("/ready")],
                vec!["refused".into(), number("/refused")],
                vec!["could not be looked at".into(), number("/errors")],
            ],
        );
        page.push_str("<h2>Rules that fired</h2>\n");
        let rules: Vec<_> = self.rules_by_count();
        let row = |(rule, [allow, warn, deny]): &(crate::rules::Rule, [u64; 3])| {
            vec![rule.id().to_owned(), deny.to_string(), warn.to_string(), allow.to_string()]
        };
        table(&mut page, &["rule", "denied", "warned", "told"], &rules.iter().map(row).collect::<Vec<_>>());
        page.push_str("<h2>Scores of images</h2>\n<div class=\"charts\">\n");
        for (name, counts) in SCORES.iter().zip(&self.scores).filter(|(_, counts)| counts.total() > 0) {
            let bars: Vec<u64> = counts.0.chunks(5).map(|chunk| chunk.iter().sum()).collect();
            let median = counts.percentile(50.0).unwrap_or(0);
            let caption = format!("{name}: {} images, median {median}", counts.total());
            // The last bar is 100 alone.
            chart(&mut page, &caption, &bars, 21, |bar| (bar * 5).to_string(), 5);
        }
        page.push_str("</div>\n<h2>Time of a line</h2>\n<div class=\"charts\">\n");
        times(&mut page, &self.times);
        page.push_str("</div>\n<h2>Figures</h2>\n");
        let rows = [
            ("images", "/images"),
            ("images a second", "/images_per_second"),
            ("seconds", "/seconds"),
            ("milliseconds of a line, median", "/milliseconds/p50"),
            ("99 of 100 are within", "/milliseconds/p99"),
            ("bytes read", "/bytes/read"),
            ("bytes of images that are ready", "/bytes/ready"),
            ("bytes of them that are sent", "/bytes/sent"),
            ("bytes saved", "/bytes/saved"),
            ("bytes of bodies", "/bytes/bodies"),
            ("most bytes held at a time", "/window_peak"),
        ];
        table(&mut page, &["", ""], &rows.map(|(name, path)| vec![name.into(), number(path)]));
        page.push_str("</body></html>\n");
        page
    }
}

fn times(page: &mut String, times: &Counts) {
    let first = times.0.iter().position(|n| *n > 0).unwrap_or(0) / 4;
    let bars: Vec<u64> = times.0.chunks(4).skip(first).map(|chunk| chunk.iter().sum()).collect();
    let label = |bar: usize| {
        let ms = milliseconds((bar.saturating_add(first)).saturating_mul(4));
        if ms < 10.0 { format!("{ms:.1} ms") } else { format!("{ms:.0} ms") }
    };
    if !bars.is_empty() {
        chart(page, "lines by time, on a logarithmic scale", &bars, bars.len(), label, bars.len().div_ceil(4));
    }
}

/// A histogram; every `every`th bar is labelled.
fn chart(page: &mut String, caption: &str, bars: &[u64], slots: usize, label: impl Fn(usize) -> String, every: usize) {
    let most = bars.iter().max().copied().unwrap_or(0).max(1) as f64;
    let width = 300.0 / slots.max(1) as f64;
    let _ = write!(
        page,
        "<figure><figcaption>{caption}</figcaption><svg viewBox=\"0 0 320 112\" role=\"img\" aria-label=\"{caption}\">"
    );
    for (bar, count) in bars.iter().enumerate() {
        let (x, height) = (bar as f64 * width, *count as f64 / most * 96.0);
        let _ = write!(
            page,
            "<rect x=\"{x:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{height:.1}\"><title>{}: {count}</title></rect>",
            96.0 - height,
            (width - 1.0).max(0.5),
            label(bar)
        );
    }
    for bar in (0..slots).step_by(every.max(1)) {
        let _ = write!(page, "<text x=\"{:.1}\" y=\"108\">{}</text>", bar as f64 * width, label(bar));
    }
    page.push_str("</svg></figure>\n");
}

fn table(page: &mut String, head: &[&str], rows: &[Vec<String>]) {
    page.push_str("<table>");
    if head.iter().any(|h| !h.is_empty()) {
        let cells: String = head.iter().map(|h| format!("<th>{h}</th>")).collect();
        let _ = write!(page, "<tr>{cells}</tr>");
    }
    for row in rows {
        let cells: String = row.iter().map(|cell| format!("<td>{cell}</td>")).collect();
        let _ = write!(page, "<tr>{cells}</tr>");
    }
    page.push_str("</table>\n");
}
