use super::*;
use crate::report::text::steers;
use crate::{Preflight, Submission};

const TOKEN: &str = "TOKENTOKENTOKEN";

/// What came, for a call of 100 bytes with a scanRef, whose check had recommended `skipAnalysis` or not.
fn made(came: Result<Reply, Lost>, recommended: bool, skipped: bool) -> Answer {
    let mut report = Preflight::default().check(Submission::new()).unwrap().report;
    report.skip_analysis.recommended = recommended;
    report.skip_analysis.because = vec!["glare on FRONT covers no text".into()];
    let redact = |text: &str| text.replace(TOKEN, "…");
    Answer::new(came, &Call { bytes: 100, scan_ref: Some("ref"), skipped, report: Some(&report), redact: &redact })
}

fn reply(status: u16, retry_after: Option<&str>, body: &str, cut: bool) -> Result<Reply, Lost> {
    Ok(Reply { status, retry_after: retry_after.map(str::to_owned), body: body.as_bytes().to_vec().into(), cut })
}

fn answered(status: u16, body: &str) -> Answer {
    made(reply(status, None, body, false), false, false)
}

const SAID: &str = r#"{"message":"It is bad.","identifier":"BAD_VALUE","severity":"high","documentation":"page"}"#;

#[test]
fn each_status_with_each_kind_of_body() {
    let page = "<html>no</html>";
    let named =
        |body: &str| [200, 201, 299, 300, 400, 429, 500, 502, 503, 504].map(|status| answered(status, body).name());
    let (unknown, refused) = ("unknown", "refused");
    assert_eq!(
        named(" \n"),
        ["accepted", unknown, unknown, refused, refused, refused, refused, unknown, refused, unknown]
    );
    assert_eq!(named(page), [unknown, unknown, unknown, refused, refused, refused, refused, unknown, refused, unknown]);
    // The service's own words are believed, whatever the status.
    assert_eq!(
        named(SAID),
        ["not_detected", unknown, unknown, refused, refused, refused, refused, refused, refused, refused]
    );
    assert_eq!(named("{}")[0], unknown, "an object without the service's fields is none of its answers");
    assert_eq!(made(reply(200, None, "", true), false, false).name(), unknown);
    assert_eq!(made(Err(Lost::After(7, "gone".into())), false, false).name(), unknown);
    assert_eq!(made(Err(Lost::Before(NotSentReason::Host("h.invalid".into()))), false, false).name(), "not_sent");
}

#[test]
fn nothing_in_an_answer_steers_a_terminal() {
    let steering = "a\u{1b}[2J\u{202e}\u{2028}b\n".to_owned();
    let unknown = Answer::Unknown { what: steering.clone(), bytes: 1, scan_ref: Some(steering.clone()) };
    let reason = Answer::NotSent(NotSentReason::Host(steering.clone()));
    let refused = answered(400, &json!({ "message": steering, "identifier": steering }).to_string());
    for answer in [unknown, reason, refused] {
        assert!(!answer.to_string().contains(steers), "{answer:?}");
    }
}

#[test]
fn only_what_did_not_leave_keeps_its_token() {
    let good = |came| made(came, false, false).token_is_good();
    assert!(good(Err(Lost::Before(NotSentReason::Host("h.invalid".into())))));
    assert!(!good(Err(Lost::Before(NotSentReason::TokenSent))));
    assert!(!good(Err(Lost::After(0, String::new()))));
    assert!(!good(reply(200, None, "", false)) && !good(reply(400, None, SAID, false)));
}

#[test]
fn advice_is_the_checks_unless_it_was_followed_already() {
    let advised = |recommended, skipped| match made(reply(200, None, SAID, false), recommended, skipped) {
        Answer::NotDetected { advice, .. } => advice.skip_analysis,
        other => panic!("{other:?}"),
    };
    assert!(advised(true, false) && !advised(true, true) && !advised(false, false));
    let text = made(reply(200, None, SAID, false), true, false).to_string();
    assert!(text.contains("with skipAnalysis (glare on FRONT covers no text)"), "{text}");
    assert!(answered(200, SAID).to_string().ends_with("send a clearer photo with the whole document in it."));
}

#[test]
fn what_is_said_tells_what_to_do() {
    let retried = |status, after: Option<&str>| made(reply(status, after, SAID, false), false, false).to_string();
    for (text, said) in [
        (retried(302, None), "redirects, which is never followed"),
        (retried(399, None), "redirects, which is never followed"),
        (retried(413, Some("9")), "smaller budget"),
        (retried(429, Some(" 17 ")), "Wait 17 s before the next call."),
        (retried(429, None), "longer each time"),
        (retried(400, None), "Refused with status 400, BAD_VALUE: It is bad. The token may be spent"),
        (answered(200, "").to_string(), "Accepted: the result comes by webhook."),
        (
            made(Err(Lost::Before(NotSentReason::Host("h.invalid".into()))), false, false).to_string(),
            "Not sent: the name h.invalid",
        ),
        (
            made(Err(Lost::After(7, "gone".into())), false, false).to_string(),
            "Unknown: up to 7 bytes of the body left, and then: gone.",
        ),
        (answered(204, "").to_string(), "status 204 with an answer that is not the service's"),
        (answered(502, "").to_string(), "status 502 from a gateway"),
        (made(reply(200, None, "", true), false, false).to_string(), "the answer was cut off"),
    ] {
        assert!(text.contains(said), "{said:?} is not in {text:?}");
    }
    assert!(!retried(400, None).contains("Wait") && !retried(404, None).contains("redirects"));
    assert!(retried(400, Some("soon")).ends_with("It is bad. The token may be spent: create a new session."));
    assert!(answered(502, "").to_string().contains("for scanRef ref."));
}

#[test]
fn the_json_says_the_same() {
    let json = answered(400, SAID).to_json();
    assert_eq!(json["answer"], "refused");
    assert_eq!((&json["token_is_good"], &json["status"]), (&false.into(), &400.into()));
    assert_eq!(json["service"]["identifier"], "BAD_VALUE");
    assert_eq!((&json["service"]["severity"], &json["service"]["documentation"]), (&"high".into(), &"page".into()));
    assert!(json["message"].as_str().is_some_and(|text| text.starts_with("Refused")));
    assert_eq!(made(reply(429, Some("17"), "", false), false, false).to_json()["retry_after"], 17);
    let json = made(reply(200, None, SAID, false), true, false).to_json();
    assert_eq!(json["skip_analysis"]["recommended"], true);
    let json = made(Err(Lost::After(7, "gone".into())), false, false).to_json();
    assert_eq!((&json["bytes"], &json["scanRef"], &json["reason"]), (&7.into(), &"ref".into(), &"gone".into()));
    assert_eq!(
        made(Err(Lost::Before(NotSentReason::Host("h.invalid".into()))), false, false).to_json()["token_is_good"],
        true
    );
}

#[test]
fn what_is_quoted_is_redacted_short_and_plain() {
    let long = format!("a\u{1b}[2J{TOKEN}\n{}", "x ".repeat(1000));
    let Answer::Refused { said, .. } = answered(400, &long) else { panic!("it is refused") };
    let message = said.message.unwrap();
    assert!(message.starts_with("a [2J… x x") && message.chars().count() == 400, "{message}");
    let Answer::Unknown { what, .. } = made(Err(Lost::After(1, TOKEN.into())), false, false) else { panic!() };
    assert_eq!(what, "…");
    let other = answered(400, r#"{"identifier":"NEW_ONE","message":""}"#);
    let Answer::Refused { said, .. } = other else { panic!("it is refused") };
    assert_eq!((said.identifier, said.message), (Some(Identifier::Other("NEW_ONE".into())), None));
}

/// Runs of base64 are no longer than a word may be.
#[test]
fn what_may_be_an_image_is_not_quoted() {
    for run in ["a".repeat(39), "aB0+/=\\".repeat(5), "AAAA".repeat(9)] {
        for (more, quoted) in [(39, true), (40, false)] {
            let run = format!("{run}{}", "/".repeat(more - run.len()));
            let Answer::Refused { said, .. } = answered(400, &format!("no {run}, no.")) else {
                panic!("it is refused")
            };
            let wanted = if quoted { format!("no {run}, no.") } else { "no …, no.".into() };
            assert_eq!(said.message, Some(wanted));
        }
    }
}

#[test]
fn every_published_identifier_has_a_name_and_a_meaning() {
    for identifier in Identifier::PUBLISHED {
        assert_eq!(&Identifier::from(identifier.name()), identifier);
        assert!(identifier.meaning().ends_with('.'));
    }
    assert_eq!(Identifier::Other("X".into()).name(), "X");
    assert_eq!(Identifier::from("X").meaning(), "");
}
