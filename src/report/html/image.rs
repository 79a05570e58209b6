//! One image: the picture with what was seen where, its scores, its findings.

use super::{advice_text, findings, verdict};
use crate::{
    options::Thresholds,
    preview::Preview,
    report::{ImageReport, text},
    rules::{Level, Rule},
    score::Scores,
    submission::Step,
    texts::{Texts, Word},
};
use base64::{Engine, prelude::BASE64_STANDARD};
use maud::{Markup, html};

pub(super) fn section(
    number: usize,
    report: &ImageReport,
    preview: Option<&Preview>,
    thresholds: &Thresholds,
    redacted: bool,
    texts: &Texts,
) -> Markup {
    let id = format!("image-{number}");
    html! {
        section.sheet aria-labelledby=(id) {
            h2 id=(id) {
                (report.step) " "
                (verdict(report.verdict, texts))
                @if !redacted { " " span.name { (report.file) } }
            }
            div.two {
                div {
                    @match preview {
                        Some(preview) => (figure(number, report, preview, texts)),
                        None => p.quiet { (texts.word(Word::NoPicture)) },
                    }
                    p.quiet { (text::facts(report, texts)) }
                    @if let Some(sent) = report.sent.as_ref().filter(|s| s.recompressed) {
                        p.quiet { (texts.say(Word::SentAs, &[("what", &text::sent(sent, texts))])) }
                    }
                    @if let Some(preview) = preview { (detail(preview, texts)) }
                }
                div {
                    p { (texts.word(advice_text(report.advice))) }
                    (scores(&report.scores, thresholds, texts))
                    @if report.findings.is_empty() { p.quiet { (texts.word(Word::Nothing)) } }
                    @else { h3 { (texts.word(Word::Found)) } (findings(&report.findings, false, texts)) }
                }
            }
        }
    }
}

/// The most that a picture is high on the page.
const TALLEST_REM: f32 = 34.0;

/// The picture, with switches for what is drawn on it.
fn figure(number: usize, report: &ImageReport, preview: &Preview, texts: &Texts) -> Markup {
    let places = &report.places;
    // A selfie shows none.
    let document = report.document.as_ref().filter(|_| report.step != Step::Face);
    let told = |rule: Rule| report.findings.iter().any(|f| f.rule == rule && f.level > Level::Allow);
    // What is of no consequence is there to be switched on.
    let layers = [
        ("quad", texts.word(Word::LayerDocument), usize::from(document.is_some()), true),
        ("glare", texts.word(Word::LayerGlare), places.glare.len(), told(Rule::Glare)),
        ("soft", texts.word(Word::LayerSoft), places.soft.len(), told(Rule::TooBlurry)),
        ("face", texts.word(Word::LayerFace), places.faces.len(), true),
    ];
    let drawn = || layers.iter().filter(|(_, _, count, _)| *count > 0);
    let described = drawn().map(|(_, name, count, _)| format!("{name} ({count})")).collect::<Vec<_>>().join(", ");
    let described = match &*described {
        "" => texts.word(Word::NotMarked).to_owned(),
        what => texts.say(Word::Marked, &[("what", what)]),
    };
    let shown = if preview.redacted { Word::PictureHidden } else { Word::Picture };
    let alt = texts.say(shown, &[("step", report.step.name())]);
    let widest = TALLEST_REM * preview.width as f32 / preview.height.max(1) as f32;
    let boxes = |class: &'static str, places: &[[f32; 4]]| {
        html! {
            g class=(class) {
                @for class in ["halo", class] {
                    @for [x, y, w, h] in places { rect class=(class) x=(x) y=(y) width=(w) height=(h) {} }
                }
            }
        }
    };
    html! {
        figure {
            @for (class, name, _, shown) in drawn() {
                input.show.(class) type="checkbox" checked[*shown] id=(format!("{class}-{number}"));
                label for=(format!("{class}-{number}")) { (name) }
            }
            div.stage style=(format!("max-width:{widest:.1}rem")) {
                img src=(data(&preview.jpeg)) alt=(alt) width=(preview.width) height=(preview.height);
                svg viewBox=(format!("0 0 {} {}", preview.width, preview.height)) preserveAspectRatio="none" role="img"
                    aria-label=(described) {
                    (boxes("soft", &places.soft))
                    (boxes("glare", &places.glare))
                    (boxes("face", &places.faces))
                    @if let Some(document) = document {
                        @let points = document.quad.map(|[x, y]| format!("{x},{y}")).join(" ");
                        g.quad { polygon.halo points=(points) {} polygon.quad points=(points) {} }
                    }
                }
            }
        }
    }
}

/// The worst place, near its own scale.
fn detail(preview: &Preview, texts: &Texts) -> Markup {
    html! {
        @if let Some(detail) = &preview.detail {
            h3 { (texts.word(Word::Worst)) }
            figure.detail {
                @let [x, y, w, h] = detail.place.map(|n| n.to_string());
                @let place = [("x", &*x), ("y", &*y), ("w", &*w), ("h", &*h)];
                img src=(data(&detail.jpeg)) alt=(texts.word(Word::WorstAlt)) width=(w) height=(h);
                figcaption { (texts.say(Word::WorstWhere, &place)) }
            }
        }
    }
}

fn data(jpeg: &[u8]) -> String {
    format!("data:image/jpeg;base64,{}", BASE64_STANDARD.encode(jpeg))
}

/// The scores as bars, each with the marks that it is held against.
fn scores(scores: &Scores, t: &Thresholds, texts: &Texts) -> Markup {
    let percent = |p: f32| (100.0 * p).round().clamp(0.0, 100.0) as u8;
    let read = vec![(percent(t.legible), "retake"), (percent(t.doubtful), "warn")];
    let glare = vec![(Scores::of_glare(t.glare), "warn")];
    let rows = [
        (Word::ScoreLegibility, scores.legibility, read.clone()),
        (Word::ScoreSharpness, scores.sharpness, read.clone()),
        (Word::ScoreExposure, scores.exposure, read),
        (Word::ScoreGlare, scores.glare, glare),
        (Word::ScoreDocument, scores.document, vec![(percent(t.document), "warn")]),
        (Word::ScoreFace, scores.face, Vec::new()),
    ];
    let measured = rows.iter().filter_map(|(name, score, marks)| Some((name, (*score)?, marks)));
    let state = |score: u8, marks: &[(u8, &str)]| {
        let under = |what: &str| marks.iter().any(|(mark, name)| *name == what && score < *mark);
        if under("retake") {
            "low"
        } else if under("warn") {
            "doubtful"
        } else {
            "fine"
        }
    };
    html! {
        @if rows.iter().any(|(_, score, _)| score.is_some()) {
            h3 { (texts.word(Word::Scores)) }
            table {
                @for (name, score, marks) in measured {
                    tr class=(state(score, marks)) {
                        th scope="row" { (texts.word(*name)) }
                        td.bar {
                            span.track aria-hidden="true" {
                                span.part style=(format!("left:0;width:{score}%")) {}
                                @for (mark, _) in marks { span.tick style=(format!("left:{mark}%")) {} }
                            }
                        }
                        td.number { (score) }
                        td.number.note {
                            @if let Some((mark, _)) = marks.iter().find(|(mark, _)| score < *mark) {
                                (texts.say(Word::Under, &[("mark", &mark.to_string())]))
                            }
                        }
                    }
                }
            }
            p.quiet.small { (texts.word(Word::ScoresMarks)) }
        }
    }
}
