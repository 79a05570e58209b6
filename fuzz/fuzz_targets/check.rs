//! Any bytes as a FRONT: a request comes out exactly when nothing denies it, within the budget, and what it carries is
//! ready when it is checked again.
#![no_main]

use idenfy_preflight::{Image, Options, Preflight, Step, Submission};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let mut options = Options::default();
    options.limits.max_pixels = 1 << 18;
    options.service.max_body_bytes = 20_000;
    let preflight = Preflight::new(options);
    let submission = Submission::new()
        .token("3FA5TFPA2ZE3LMPGGS1EGOJNJE")
        .country("LT")
        .token_type(idenfy_preflight::submission::TokenType::Document)
        .image(Image::new(Step::Front, "", bytes));
    let Ok(outcome) = preflight.check(&submission) else { return };
    let denied = outcome.report.all_findings().any(|f| f.denies());
    assert_eq!(outcome.request.is_none(), denied);
    if let Some(request) = outcome.request {
        assert!(request.body().len() <= 20_000);
    }
});
