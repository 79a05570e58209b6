//! Submissions: what is handed back fits, holds, and is the same whoever works on it.

use super::{SEPARATOR, limits, parts, settings};
use base64::{Engine, prelude::BASE64_STANDARD};
use idenfy_preflight::{
    Image, Options, Preflight, SkipAnalysis, Step, Submission, decode,
    format::Format,
    probe::probe,
    recompress::{self, Hint, Source},
    rules::{Level, Rule},
    submission::TokenType,
};
use std::{collections::HashMap, sync::LazyLock};

/// Runs in a pool of so many threads, 1 or 3.
pub fn on_threads<T: Send>(threads: usize, run: impl FnOnce() -> T + Send) -> T {
    static POOLS: LazyLock<HashMap<usize, rayon::ThreadPool>> = LazyLock::new(|| {
        let pool = |n| rayon::ThreadPoolBuilder::new().num_threads(n).stack_size(8 << 20).build().expect("threads");
        [1, 3].map(|n| (n, pool(n))).into()
    });
    POOLS[&threads].install(run)
}

const STEPS: [Step; 4] = [Step::Front, Step::Back, Step::Face, Step::UtilityBill];

/// Whatever the files and the room: all fit and decode as well as before, or the least that they take is over a limit.
/// The same bytes come from one thread and from three.
pub fn fit(bytes: &[u8]) {
    let (room, more, rest) = settings(bytes);
    let limits = limits();
    let mut options = Options::default();
    options.service.max_body_bytes = u64::from(room);
    options.service.max_image_base64 = (more & 0x80 > 0).then(|| u64::from(more & 0x7F) * 64);
    let overhead = u64::from(more & 0x0F);
    let files = parts(rest, STEPS.len());
    let headers: Vec<_> = files.iter().map(|file| probe(file, &limits)).collect();
    let sources: Vec<Source<'_>> = STEPS
        .iter()
        .zip(&files)
        .zip(&headers)
        .filter_map(|((step, bytes), header)| {
            let header = header.as_ref().ok().filter(|header| header.format.is_accepted())?;
            Some(Source { step, bytes, header, hint: Hint::default() })
        })
        .collect();
    if sources.is_empty() {
        return;
    }
    let run = || recompress::fit(&sources, overhead, &options.service, &limits);
    let fitted = on_threads(1, run);
    assert_eq!(fitted, on_threads(3, run));
    match fitted {
        Ok(encoded) => {
            assert_eq!(encoded.len(), sources.len());
            let lens: Vec<u64> = encoded.iter().map(|e| (e.bytes.len() as u64).div_ceil(3) * 4).collect();
            assert!(overhead + lens.iter().sum::<u64>() <= options.service.max_body_bytes);
            let cap = options.service.max_image_base64.unwrap_or(u64::MAX);
            assert!(lens.iter().all(|len| *len <= cap));
            for (source, encoded) in sources.iter().zip(&encoded) {
                if !encoded.recompressed {
                    assert_eq!(&*encoded.bytes, source.bytes);
                    continue;
                }
                let header = probe(&encoded.bytes, &limits).expect("what was made smaller is read");
                assert_eq!(header.format, encoded.format);
                if header.format == Format::Pdf {
                    assert_eq!(header.details, source.header.details);
                    continue;
                }
                assert_eq!(header.upright_size(), (encoded.width, encoded.height));
                if let Ok(before) = decode::pixmap(source.bytes, source.header, &limits) {
                    let after = decode::pixmap(&encoded.bytes, &header, &limits);
                    // Noise out of a damaged file may look like damage in the next; a check looks at that again.
                    if !before.faults.is_empty() && after.is_err() {
                        continue;
                    }
                    let after = after.expect("what was made smaller decodes");
                    assert!(after.faults.len() <= before.faults.len(), "{:?}", after.faults);
                }
            }
        }
        Err(infeasible) => assert!(infeasible.least > infeasible.limit, "{infeasible:?}"),
    }
}

/// A token of the right shape that no file holds by chance.
const TOKEN: &str = "3FA5TFPA2ZE3LMPGGS1EGOJNJE";

/// A request comes out exactly when nothing denies it; its body is JSON within the budget that holds the images as they
/// were reported, and those are not refused when they are looked at alone. Nothing depends on the number of threads,
/// and no report holds the token.
pub fn check(bytes: &[u8]) {
    let (room, more, rest) = settings(bytes);
    let mut options = Options::default();
    options.limits = limits();
    options.service.max_body_bytes = u64::from(room) + 200;
    options.convert = more & 1 > 0;
    if more & 2 > 0 {
        options.pdf_password = Some(idenfy_preflight::options::PdfPassword::new(""));
    }
    if more & 4 > 0 {
        options.levels.set_all(Level::Allow);
    }
    let limit = options.service.max_body_bytes;
    let allowed = more & 4 > 0;
    let preflight = Preflight::new(options);
    let mut submission = Submission::new().token(TOKEN).country("LT").token_type(TokenType::Document);
    submission = submission.skip_analysis(if more & 8 > 0 { SkipAnalysis::Warranted } else { SkipAnalysis::Never });
    for (step, file) in STEPS.iter().zip(parts(rest, STEPS.len())) {
        submission = submission.image(Image::new(step.clone(), "a name\u{1b}[31m.jpg", file));
    }
    let run = || preflight.check(&submission).expect("nobody cancels");
    let (outcome, again) = (on_threads(1, run), on_threads(3, run));
    assert_eq!(outcome.report, again.report);
    assert_eq!(outcome.request.as_ref().map(|r| r.body()), again.request.as_ref().map(|r| r.body()));
    let report = serde_json::to_string(&outcome.report).expect("a report is JSON");
    assert!(!report.contains(TOKEN) && !format!("{:?}{}", outcome.report, outcome.report).contains(TOKEN));
    assert!(outcome.report.to_string().chars().all(|c| c == '\n' || !c.is_control()));
    let mut found = outcome.report.all_findings();
    if let Some(fault) = found.find(|f| f.rule == Rule::DecoderFault) {
        panic!("{}", fault.message);
    }
    let denied = outcome.report.all_findings().any(|f| f.denies());
    assert_eq!(outcome.request.is_none(), denied);
    let Some(request) = outcome.request else { return };
    assert!(request.body().len() as u64 <= limit);
    let body: serde_json::Value = serde_json::from_slice(request.body()).expect("the body is JSON");
    for image in &outcome.report.images {
        let text = body["images"][image.step.name()].as_str().expect("each image is in the body");
        let file = BASE64_STANDARD.decode(text).expect("base64 with padding");
        assert_eq!(image.sent.as_ref().map(|s| s.bytes), Some(file.len() as u64));
        // A PNG by the name of a JPEG is warned of alone; so the name is left out.
        let alone = preflight.inspect(&Image::new(image.step.clone(), "", file)).expect("nobody cancels");
        assert!(allowed || alone.findings.iter().all(|f| !f.denies()), "{:?}", alone.findings);
    }
    debug_assert!(SEPARATOR.len() == 4);
}
