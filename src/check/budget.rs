//! What fitting came to.

use crate::{
    finding::Finding,
    recompress::{Bound, GOOD_DPI, Infeasible},
    rules::Rule,
    submission::Step,
};

/// Nothing fits.
///
/// ```
/// use idenfy_preflight::{Preflight, Options, Image, Step, Submission, rules::Rule};
/// let mut options = Options::default();
/// options.service.max_body_bytes = 1000;
/// let front = Image::open(Step::Front, "testdata/front.jpg", &options.limits)?;
/// let submission = Submission::new().token("3FA5TFPA2ZE3LMPGGS1EGOJNJE").country("LT").document_type("PASSPORT");
/// let outcome = Preflight::new(options).check(submission.image(front))?;
/// assert!(outcome.request.is_none());
/// # let faceless = |rule: Rule| rule != Rule::MissingStep;
/// # assert!(outcome.report.findings.iter().all(|finding| faceless(finding.rule) || finding.denies()));
/// # Ok::<(), idenfy_preflight::Error>(())
/// ```
pub fn over_budget(infeasible: &Infeasible) -> Finding {
    let Infeasible { bound, least, reachable, limit, heaviest, rigid } = infeasible;
    let more = least.saturating_sub(*limit);
    let at_least = if *reachable { "at the least" } else { "and more" };
    let (rule, mut message, unit) = match bound {
        Bound::Body => (
            Rule::OverBudget,
            format!(
                "The body would have {least} bytes {at_least}, {more} over the limit of {limit}; {heaviest} weighs most."
            ),
            "bytes",
        ),
        Bound::Image => (
            Rule::ImageOverCap,
            format!("{heaviest} would have {least} characters of base64 {at_least}, {more} over the cap of {limit}."),
            "characters of base64",
        ),
    };
    if *rigid {
        message.push_str(" It is a PDF that cannot be made smaller here: it holds no pictures that can be coded anew.");
    }
    let help = if *rigid {
        format!("Scan {heaviest} again at 150 to 300 dots per inch in gray, or send photos of its pages as JPEG.")
    } else {
        format!("Send a smaller file for {heaviest}.")
    };
    Finding::new(rule, message, help)
        .on(heaviest)
        .with("value", *least)
        .with("threshold", *limit)
        .with("unit", unit)
        .with("heaviest", heaviest.name())
}

/// A picture was brought under the resolution that is kept where that can be.
///
/// ```
/// use idenfy_preflight::{Step, check::budget, rules::Rule};
/// let finding = budget::coarsened(&Step::UtilityBill, 180);
/// assert_eq!((finding.rule, &finding.evidence["value"]), (Rule::Coarsened, &180.into()));
/// ```
pub fn coarsened(step: &Step, dpi: u32) -> Finding {
    Finding::new(
        Rule::Coarsened,
        format!(
            "{step} had to be brought down to {dpi} dots per inch to fit, where {GOOD_DPI} are kept if that can be."
        ),
        "Send fewer or smaller images if its fine print matters.",
    )
    .on(step)
    .with("value", dpi)
    .with("threshold", GOOD_DPI as u32)
    .with("unit", "dots per inch")
}
