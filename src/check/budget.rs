//! What fitting came to.

use crate::{
    finding::Finding,
    recompress::{Bound, GOOD_DPI, Infeasible},
    rules::Rule,
    submission::Step,
};

/// Nothing fits.
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
