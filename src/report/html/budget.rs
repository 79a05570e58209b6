//! The body's bytes, image by image, before and after fitting.

use crate::{
    recompress::budget::base64_len,
    report::Report,
    texts::{Texts, Word},
};
use maud::{Markup, html};

pub(super) fn section(report: &Report, texts: &Texts) -> Markup {
    let given: Vec<u64> = report.images.iter().map(|i| base64_len(i.bytes)).collect();
    let sent: Option<Vec<u64>> = report.images.iter().map(|i| Some(base64_len(i.sent.as_ref()?.bytes))).collect();
    let limit = report.request.limit;
    let most = [Some(&given), sent.as_ref()].into_iter().flatten().map(|s| s.iter().sum()).fold(limit, u64::max);
    let percent = |n: u64| n as f64 * 100.0 / most.max(1) as f64;
    let row = |word: Word, sizes: &[u64]| {
        let total: u64 = sizes.iter().sum();
        html! {
            p { (texts.say(word, &[("bytes", &texts.bytes(total)), ("limit", &texts.bytes(limit))])) }
            span.track aria-hidden="true" {
                @for (i, size) in sizes.iter().enumerate() {
                    @let from: u64 = sizes.iter().take(i).sum();
                    @let place = format!("left:{:.2}%;width:{:.2}%", percent(from), percent(*size));
                    span class=(format!("part s{}", i.min(5))) style=(place) {}
                }
                span.tick style=(format!("left:calc({:.2}% - 1px)", percent(limit))) {}
            }
        }
    };
    html! {
        section.sheet.budget aria-labelledby="budget" {
            h2 #budget { (texts.word(Word::Budget)) }
            (row(Word::Given, &given))
            @match &sent {
                Some(sent) => (row(Word::Sent, sent)),
                None => p.quiet { (texts.word(Word::NoRequest)) },
            }
            table {
                @for (i, image) in report.images.iter().enumerate() {
                    tr {
                        th scope="row" { span class=(format!("dot s{}", i.min(5))) {} (image.step) }
                        td.number { (texts.bytes(given.get(i).copied().unwrap_or(0))) }
                        @if let Some(sent) = sent.as_ref().and_then(|s| s.get(i)) {
                            td.number { (texts.say(Word::ImageSent, &[("bytes", &texts.bytes(*sent))])) }
                        }
                    }
                }
            }
        }
    }
}
