//! The API's rules on steps: which there have to be, which there may be, and what they may hold.

use super::{Terms, likest};
use crate::{
    finding::Finding,
    format::with_article,
    options::{BackSide, Service},
    probe::{Details, Header},
    rules::{Level, Rule},
    session::Session,
    submission::{Step, Submission, TokenType},
};
use std::collections::BTreeSet;

pub(super) fn check(
    submission: &Submission<'_>,
    session: &Session,
    terms: &Terms,
    typed: bool,
    service: &Service,
    found: &mut Vec<Finding>,
) {
    let mut given = BTreeSet::new();
    for image in &submission.images {
        if !given.insert(&image.step) {
            found.push(
                Finding::new(
                    Rule::DuplicateStep,
                    format!("Step {} is given twice; the request has one place for it.", image.step),
                    "Give one image for each step.",
                )
                .on(&image.step),
            );
        }
    }
    let missing = |step: Step, why: &str, help: &str| {
        // The sentence is the service's own, so that a search for it finds both.
        Finding::new(Rule::MissingStep, format!("No image provided for step '{step}': {why}."), help.to_owned())
            .on(&step)
            .with("step", step.name())
    };
    if !given.contains(&Step::Front) {
        found.push(missing(Step::Front, "it is always required", "Add a photo of the document's front."));
    }
    if let Some(document_type) = terms.document_type
        && !given.contains(&Step::Back)
    {
        let add = "Add a photo of the document's back.";
        match service.back.side(terms.country, document_type, session.driver_license_back) {
            BackSide::Required => {
                found.push(missing(
                    Step::Back,
                    &format!("{} has a back side", with_article(document_type.name())),
                    add,
                ));
            }
            BackSide::Advised => found.push(
                missing(
                    Step::Back,
                    &format!("the account may require the back of {}", with_article(document_type.name())),
                    add,
                )
                .at(Level::Warn),
            ),
            BackSide::None => {}
        }
    }
    let face = given.contains(&Step::Face);
    match terms.token_type {
        TokenType::Identification if !face => found.push(missing(
            Step::Face,
            "sessions of type IDENTIFICATION match the face",
            "Add a selfie; where the session is of type DOCUMENT, say so (--token-type DOCUMENT).",
        )),
        TokenType::Document if face => found.push(
            Finding::new(
                Rule::FaceNotMatched,
                "The session is of type DOCUMENT, so the FACE that is sent will not be matched.",
                "Leave FACE out, or create a session of type IDENTIFICATION.",
            )
            .on(&Step::Face)
            .predicting("FACE_NOT_CHECKED"),
        ),
        _ => {}
    }
    let mut asked: BTreeSet<&Step> =
        session.steps_for(terms.country, terms.document_type).into_iter().map(|s| &s.step).collect();
    if session.utility_bill {
        asked.insert(&Step::UtilityBill);
    }
    for step in &asked {
        if !given.contains(step) {
            found.push(missing((*step).clone(), "the session asks for it", "Add an image for it."));
        }
    }
    // With the type left out the service may still find one that the session asks a step for.
    let of_any_type: BTreeSet<&Step> = session.additional_steps.iter().map(|s| &s.step).collect();
    let may_be_asked = |step: &Step| asked.contains(step) || (!typed && of_any_type.contains(step));
    let known = |step: &Step| match step {
        Step::Front | Step::Back | Step::Face => true,
        Step::UtilityBill | Step::SecondUtilityBill if submission.session.is_none() => true,
        other => may_be_asked(other),
    };
    for step in given.into_iter().filter(|s| !known(s)) {
        let seen = match (&submission.session, step) {
            (Some(_), _) => format!("The session does not ask for step {step}."),
            (None, _) => format!("{:?} is not a step of direct processing by its page.", step.name()),
        };
        let names = FIXED_STEPS.into_iter().chain(of_any_type.iter().take(Session::MAX_STEPS).map(|s| s.name()));
        let meant = likest(step.name(), names);
        let help = match meant {
            Some(name) => {
                format!("Did you mean {name}? If not, leave it out unless the session has a step of that name.")
            }
            None => "Leave it out unless the session was created with a step of that name.".to_owned(),
        };
        found.push(Finding::new(Rule::UnknownStep, seen, help).on(step).with("suggestion", meant));
    }
}

/// The steps that the page names.
const FIXED_STEPS: [&str; 5] = ["FRONT", "BACK", "FACE", "UTILITY_BILL", "SECOND_UTILITY_BILL"];

/// Judges where a PDF is sent, and how many pages it has.
///
/// ```
/// use idenfy_preflight::{Step, Submission, check::request::{self, Terms}, options::Limits, probe, rules::Rule};
/// let header = probe::probe(&std::fs::read("testdata/bill.pdf")?, &Limits::default())?;
/// let found = request::check_pdf(&Step::Face, &header, &Submission::new(), &Terms::default());
/// assert_eq!(found[0].rule, Rule::PdfForFace);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn check_pdf(step: &Step, header: &Header, submission: &Submission<'_>, terms: &Terms) -> Vec<Finding> {
    let Details::Pdf(pdf) = &header.details else { return Vec::new() };
    let mut found = Vec::new();
    match step {
        // The list of formats covers all images; the table names PDF for utility bills alone, and the page of 2025
        // said "must be JPEG or PNG" for the other three.
        Step::Front | Step::Back => found.push(
            Finding::new(
                Rule::PdfForDocument,
                format!("{step} is a PDF; the service's pages disagree on whether it takes one here."),
                "Send a photo or a scan as JPEG or PNG if you have one.",
            )
            .on(step),
        ),
        Step::Face => found.push(
            Finding::new(
                Rule::PdfForFace,
                "FACE is a PDF, and a face is matched on a photo.",
                "Send the selfie as JPEG or PNG.",
            )
            .on(step)
            .predicting("NO_FACE_FOUND"),
        ),
        _ => {}
    }
    let refused = submission.session.as_ref().is_some_and(|session| {
        let asked = session.steps_for(terms.country, terms.document_type);
        asked.iter().any(|s| s.step == *step && s.can_upload_pdf == Some(false))
    });
    if refused {
        found.push(
            Finding::new(
                Rule::PdfNotAllowed,
                format!("{step} is a PDF, and the session allows none for it (canUploadPDF is false)."),
                "Send the page as JPEG or PNG.",
            )
            .on(step),
        );
    }
    if let Some(pages) = pdf.pages.filter(|p| *p > 1) {
        found.push(
            Finding::new(
                Rule::PdfPages,
                format!(
                    "The PDF has {}{pages} pages; what the service does with pages after the first is not documented.",
                    if pdf.more_pages { "more than " } else { "" }
                ),
                "Send the page that matters as a PDF of one page.",
            )
            .on(step)
            .with("value", pages)
            .with("threshold", 1)
            .with("unit", "pages"),
        );
    }
    found
}
