//! Cases on the call as a whole.

use crate::{BACK, BILL, Case, FACE, FRONT, case, files, found, found_with, good, paint, session};
use idenfy_preflight::{
    Image, Options, Step, Submission,
    rules::{Level, Rule},
    submission::TokenType,
};

fn without(step: Step) -> Submission<'static> {
    let mut submission = good();
    submission.images.retain(|i| i.step != step);
    submission
}

fn with_session(json: &str) -> Submission<'static> {
    good().session(session(json))
}

fn country(country: &str) -> Submission<'static> {
    good().country(country)
}

fn document_type(document_type: &str) -> Submission<'static> {
    good().document_type(document_type)
}

fn bill(step: &str, pages: usize) -> Image<'static> {
    let jpeg = files::jpeg(&paint::bill(), 60);
    Image::new(step, "bill.pdf", files::saved(files::scan(&jpeg, (1240, 1754), (595, 842), pages)))
}

fn replaced(step: Step, image: Image<'static>) -> Submission<'static> {
    without(step).image(image)
}

fn budget(bytes: u64) -> Options {
    let mut options = Options::default();
    options.service.max_body_bytes = bytes;
    options
}

fn cap(characters: u64) -> Options {
    let mut options = Options::default();
    options.service.max_image_base64 = Some(characters);
    options
}

pub fn cases() -> Vec<Case> {
    let warn = |case: Case| Case { level: Level::Warn, ..case };
    let token = |token: &str| good().token(token);
    let mut no_token = good();
    no_token.token = None;
    let from_session = no_token.clone().session(session(r#"{"authToken":"pgYQX0z2T8mtcpNj9I20"}"#));
    let mut no_country = good();
    no_country.country = None;
    let mut untyped = without(Step::Back);
    untyped.document_type = None;
    let faceless = without(Step::Face);
    let licence = |country: &str| without(Step::Back).document_type("DRIVER_LICENSE").country(country);
    let step = r#"{"additionalSteps":{"ALL":{"ALL":{"UTILITY_BILL":{"type":"EXTRACT"}}}}}"#;
    let with_bill = |json: &str| with_session(json).image(Image::new(Step::UtilityBill, "bill.pdf", BILL));
    // Asked for with another type than the one given; without a type it may still be asked for.
    let passport = r#"{"additionalSteps":{"LT":{"PASSPORT":{"SELFIE_WITH_CARD":{}}}}}"#;
    let with_selfie = |given: Submission<'static>| {
        found(given.session(session(passport)).image(Image::new("SELFIE_WITH_CARD", "", BACK)))
    };
    let no_pdf = r#"{"additionalSteps":{"ALL":{"ALL":{"UTILITY_BILL":{"settings":{"canUploadPDF":false}}}}}}"#;
    vec![
        case(Rule::MissingToken, found(no_token), found(from_session)),
        case(Rule::TokenShape, found(token("123456789")), found(token("1234567890"))),
        case(Rule::TokenShape, found(token(&"x".repeat(41))), found(token(&"x".repeat(40)))),
        case(Rule::TokenShape, found(token("pgYQX0z2T8mtcpNj9Ī20")), found(token("pgYQX0z2T8mtcpNj9-20"))),
        case(
            Rule::TokenMismatch,
            found(with_session(r#"{"authToken":"another0token1"}"#)),
            found(with_session(r#"{"authToken":"3FA5TFPA2ZE3LMPGGS1EGOJNJE"}"#)),
        ),
        case(Rule::MissingCountry, found(no_country), found(country("lt"))),
        case(Rule::UnknownCountry, found(country("UK")), found(country("GB"))),
        case(Rule::UnknownCountry, found(country("LTU")), found(country("xk"))),
        case(
            Rule::CountryNotAllowed,
            found(with_session(r#"{"country":["LV","EE"]}"#)),
            found(with_session(r#"{"country":"lt"}"#)),
        ),
        case(
            Rule::CountryNotAllowed,
            found(with_session(r#"{"allowedDocuments":{"LV":["ID_CARD"]}}"#)),
            found(with_session(r#"{"allowedDocuments":{"LT":["ID_CARD"]}}"#)),
        ),
        case(Rule::UnknownDocumentType, found(document_type("VISA")), found(document_type("RESIDENCE_PERMIT"))),
        case(Rule::UnknownDocumentType, found(document_type("OTHER")), found(document_type("id_card"))),
        case(Rule::DigitalId, found(document_type("SMART_ID")), found(document_type("ID_CARD"))),
        case(
            Rule::DocumentTypeNotAllowed,
            found(with_session(r#"{"documents":["PASSPORT"]}"#)),
            found(with_session(r#"{"documents":["PASSPORT","ID_CARD"]}"#)),
        ),
        case(
            Rule::DocumentTypeNotAllowed,
            found(with_session(r#"{"allowedDocuments":{"LT":["PASSPORT"]}}"#)),
            found(with_session(r#"{"allowedDocuments":{"LT":["PASSPORT","ID_CARD"]}}"#)),
        ),
        case(Rule::MissingStep, found(without(Step::Front)), found(good())),
        // BACK: by type, by country, by session, and never when the type is left to the service.
        case(Rule::MissingStep, found(without(Step::Back)), found(without(Step::Back).document_type("PASSPORT"))),
        case(Rule::MissingStep, found(without(Step::Back)), found(untyped.clone())),
        warn(case(Rule::MissingStep, found(licence("LT")), found(document_type("DRIVER_LICENSE")))),
        case(
            Rule::MissingStep,
            found(licence("US")),
            found(licence("LT").session(session(r#"{"driverLicenseBack":false}"#))),
        ),
        case(Rule::MissingStep, found(licence("LT").session(session(r#"{"driverLicenseBack":true}"#))), found(good())),
        // FACE: by the kind of session.
        case(Rule::MissingStep, found(faceless.clone()), found(faceless.clone().token_type(TokenType::Document))),
        case(
            Rule::MissingStep,
            found(faceless.clone().session(session(r#"{"tokenType":"IDENTIFICATION"}"#))),
            found(faceless.clone().session(session(r#"{"tokenType":"DOCUMENT"}"#))),
        ),
        // Additional steps: as the session has them.
        case(Rule::MissingStep, found(with_session(step)), found(with_bill(step))),
        case(
            Rule::MissingStep,
            found(with_session(r#"{"utilityBill":true}"#)),
            found(with_session(r#"{"utilityBill":false}"#)),
        ),
        case(
            Rule::MissingStep,
            found(with_session(r#"{"additionalSteps":{"LT":{"ID_CARD":{"SELFIE_WITH_CARD":{}}}}}"#)),
            found(with_session(r#"{"additionalSteps":{"LV":{"ID_CARD":{"SELFIE_WITH_CARD":{}}}}}"#)),
        ),
        case(
            Rule::FaceNotMatched,
            found(good().token_type(TokenType::Document)),
            found(good().token_type(TokenType::Identification)),
        ),
        case(
            Rule::FaceNotMatched,
            found(good().token_type(TokenType::Document)),
            found(faceless.token_type(TokenType::Document)),
        ),
        case(
            Rule::UnknownStep,
            found(good().image(Image::new("VISA_PAGE", "", files::jpeg(&paint::bill(), 70)))),
            found(good().image(Image::new("SECOND_UTILITY_BILL", "", BILL))),
        ),
        case(
            Rule::UnknownStep,
            found(with_session("{}").image(Image::new(Step::UtilityBill, "", BILL))),
            found(with_bill(step)),
        ),
        case(Rule::UnknownStep, with_selfie(good()), with_selfie(untyped.clone())),
        case(
            Rule::DuplicateStep,
            found(good().image(Image::new(Step::Front, "", BACK))),
            found(good().image(Image::new(Step::UtilityBill, "", BILL))),
        ),
        case(Rule::PdfNotAllowed, found(with_bill(no_pdf)), found(with_bill(step))),
        case(
            Rule::PdfForDocument,
            found(replaced(Step::Front, bill("FRONT", 1))),
            found(good().image(bill("UTILITY_BILL", 1))),
        ),
        case(Rule::PdfForFace, found(replaced(Step::Face, bill("FACE", 1))), found(good())),
        case(
            Rule::PdfPages,
            found(good().image(bill("UTILITY_BILL", 2))),
            found(good().image(bill("UTILITY_BILL", 1))),
        ),
        case(
            Rule::Questionnaire,
            found(with_session(r#"{"questionnaire":"risk"}"#)),
            found(with_session(r#"{"questionnaire":null}"#)),
        ),
        case(
            Rule::Questionnaire,
            found(with_session(r#"{"kyc_answers":[{"q":1}]}"#)),
            found(with_session(r#"{"kyc_answers":[]}"#)),
        ),
        case(
            Rule::NfcRequired,
            found(with_session(r#"{"nfcRequired":true}"#)),
            found(with_session(r#"{"nfcRequired":false,"nfcOptional":true}"#)),
        ),
        case(
            Rule::LivenessRequired,
            found(with_session(r#"{"checkLiveness":true}"#)),
            found(with_session(r#"{"checkLiveness":false}"#)),
        ),
        case(
            Rule::VerificationUpdate,
            found(with_session(r#"{"tokenString":"abc"}"#)),
            found(with_session(r#"{"tokenString":"abc","scanRef":"def"}"#)),
        ),
        case(
            Rule::TokenType,
            found(with_session(r#"{"tokenType":"VIDEO_CALL_PHOTOS"}"#)),
            found(with_session(r#"{"tokenType":"document"}"#)),
        ),
        case(Rule::SamePicture, found(replaced(Step::Back, Image::new(Step::Back, "", FRONT))), found(good())),
        case(Rule::Coarsened, found_with(good(), budget(130_000)), found_with(good(), budget(600_000))),
        case(Rule::OverBudget, found_with(good(), budget(9_000)), found_with(good(), budget(1_000_000))),
        case(
            Rule::ImageOverCap,
            found_with(good().image(Image::new(Step::UtilityBill, "", BILL)), cap(8_000)),
            found_with(good().image(Image::new(Step::UtilityBill, "", BILL)), cap(400_000)),
        ),
    ]
}

#[test]
fn a_country_that_is_none_is_answered_with_what_was_meant() {
    let found = found(country("uk"));
    let finding = found.iter().find(|f| f.rule == Rule::UnknownCountry).unwrap();
    assert_eq!(finding.help, "Did you mean GB?");
    assert_eq!(finding.message, "\"uk\" is not a country code that the service knows.");
}

#[test]
fn the_list_that_does_not_allow_is_named() {
    let cases = [
        (
            r#"{"documents":["PASSPORT"],"allowedDocuments":{"LT":["ID_CARD"]}}"#,
            "its `documents` allows PASSPORT only.",
        ),
        (
            r#"{"documents":["ID_CARD"],"allowedDocuments":{"LT":["PASSPORT"]}}"#,
            "its `allowedDocuments` allows PASSPORT only.",
        ),
        (r#"{"country":["LV","EE"]}"#, "of LT; its `country` allows LV, EE only."),
        (
            r#"{"allowedDocuments":{"LV":["ID_CARD"],"EE":["ID_CARD"]}}"#,
            "of LT; its `allowedDocuments` allows EE, LV only.",
        ),
    ];
    for (json, said) in cases {
        let found = found(with_session(json));
        let finding = found.iter().find(|f| f.denies()).unwrap();
        assert!(finding.message.ends_with(said), "{}", finding.message);
        assert!(!finding.evidence["allowed"].as_array().unwrap().is_empty());
    }
}

#[test]
fn a_step_that_is_nearly_one_is_answered_with_what_was_meant() {
    let help = |session: &str, step: &str| {
        let found = found(with_session(session).image(Image::new(step, "", files::jpeg(&paint::bill(), 70))));
        found.into_iter().find(|f| f.rule == Rule::UnknownStep).unwrap().help
    };
    for (given, meant) in [("FORNT", "FRONT"), ("frnt", "FRONT"), ("UTILITYBILL", "UTILITY_BILL"), ("BCAK", "BACK")] {
        assert!(help("{}", given).starts_with(&format!("Did you mean {meant}?")), "{given}");
    }
    let visa = r#"{"additionalSteps":{"LV":{"ALL":{"VISA_PAGE":{}}}}}"#;
    assert!(help(visa, "VISA_PGAE").starts_with("Did you mean VISA_PAGE?"));
    for given in ["VISA_PAGE", "X", "BILL", "FR"] {
        assert!(help("{}", given).starts_with("Leave it out"), "{given}");
    }
}

#[test]
fn what_is_wrong_with_a_token_is_said() {
    let cases = [("pgYQX0z2 T8mtcpNj9I20", "a blank or control"), ("pgYQX0z2T8mtcpNj9Ī20", "not plain ASCII")];
    for (token, said) in cases {
        let found = found(good().token(token));
        let finding = found.iter().find(|f| f.rule == Rule::TokenShape).unwrap();
        assert!(finding.message.contains(said), "{}", finding.message);
        assert!(finding.help.contains("`authToken`"), "{}", finding.help);
    }
    assert!(!found(good().token("pgYQX0z2T8mtcpNj9I20\r\n")).iter().any(|f| f.rule == Rule::TokenShape));
    let from_session = session(r#"{"authToken":"pgYQX0z2T8mtcpNj9I20"}"#);
    let outcome = idenfy_preflight::Preflight::default().check(good().token("\n").session(from_session)).unwrap();
    assert!(outcome.request.unwrap().body().starts_with(br#"{"token":"pgYQX0z2T8mtcpNj9I20","#));
}

#[test]
fn every_digital_id_is_refused_by_name() {
    for name in idenfy_preflight::check::request::DIGITAL_IDS {
        let found = found(document_type(name));
        let finding = found.iter().find(|f| f.rule == Rule::DigitalId).unwrap();
        assert!(finding.message.starts_with(name), "{}", finding.message);
    }
}

#[test]
fn all_allowed_still_stops_a_body_over_the_limit() {
    let mut options = budget(9_000);
    options.levels.set_all(Level::Allow);
    let denied: Vec<_> = found_with(good(), options).into_iter().filter(|f| f.denies()).map(|f| f.rule).collect();
    assert_eq!(denied, [Rule::OverBudget]);
}

#[test]
fn levels_hold_for_what_fitting_finds() {
    let with = |mut options: Options, level, rule: Option<Rule>| {
        match rule {
            Some(rule) => options.levels.set(rule, level),
            None => options.levels.set_all(level),
        }
        found_with(good().image(Image::new(Step::UtilityBill, "", BILL)), options)
    };
    let level =
        |found: &[idenfy_preflight::finding::Finding], rule| found.iter().find(|f| f.rule == rule).unwrap().level;
    let coarse = with(budget(180_000), Level::Deny, Some(Rule::Coarsened));
    assert_eq!(level(&coarse, Rule::Coarsened), Level::Deny);
    let capped = with(cap(8_000), Level::Warn, Some(Rule::ImageOverCap));
    assert_eq!(level(&capped, Rule::ImageOverCap), Level::Warn);
    let capped = with(cap(8_000), Level::Allow, None);
    assert!(capped.iter().any(|f| f.rule == Rule::ImageOverCap) && !capped.iter().any(|f| f.denies()), "{capped:?}");
    // A body over the limit stays one, whatever the cap.
    let mut both = budget(9_000);
    both.service.max_image_base64 = Some(8_000);
    assert_eq!(level(&with(both, Level::Allow, None), Rule::OverBudget), Level::Deny);
}

#[test]
fn the_face_of_a_document_session_is_sent_all_the_same() {
    let outcome = idenfy_preflight::Preflight::default().check(good().token_type(TokenType::Document)).unwrap();
    let request = outcome.request.unwrap();
    assert!(request.images().any(|(step, bytes)| *step == Step::Face && bytes == FACE.len()));
}
