//! From session to webhook, through the library.

use crate::*;
use idenfy_preflight::submit::{
    Answer,
    session::{CreateError, Mode, NewSession, NewStep},
    webhook,
};

#[test]
fn a_session_is_created_used_and_told_of_by_webhook() {
    let sandbox = sandbox(settings());
    let submitter = submitter(sandbox.address());
    let mut new = NewSession::new("user 7");
    new.callback_url = Some(format!("http://{}/webhook", sandbox.address()));
    new.external_ref = Some("order 12".into());
    new.address = Some("123 Main St, City".into());
    new.additional_steps =
        vec![NewStep { country: None, document_type: None, step: Step::UtilityBill, mode: Mode::Compare }];
    let created = submitter.create(&new).unwrap();
    assert_eq!(created.session.additional_steps.len(), 1);
    let scan_ref = created.session.scan_ref.clone().unwrap();
    let picture = |step, bytes| Image::new(step, "", bytes);
    let submission = Submission::new()
        .session(Session::from_json(&created.json).unwrap())
        .country("LT")
        .document_type("ID_CARD")
        .image(picture(Step::Front, FRONT))
        .image(picture(Step::Back, BACK))
        .image(picture(Step::Face, FACE))
        .image(picture(Step::UtilityBill, BACK));
    let mut options = Options::default();
    options.levels.set(idenfy_preflight::rules::Rule::SamePicture, Level::Warn);
    let outcome = Preflight::new(options).check(&submission).unwrap();
    let request = outcome.request.as_ref().expect("it is ready");
    assert_eq!(request.scan_ref(), Some(scan_ref.as_str()));
    assert_eq!(submitter.submit(request, &outcome.report), Answer::Accepted);
    let received = crate::webhook(&sandbox, &scan_ref);
    let payload: webhook::Payload = serde_json::from_str(&received).unwrap();
    assert_eq!(payload.scan_ref.as_deref(), Some(scan_ref.as_str()));
    assert_eq!(payload.external_ref.as_deref(), Some("order 12"));
    assert_eq!(payload.status.overall.as_deref(), Some("APPROVED"));
    let (status, text) = post(&sandbox, "/api/v2/status", json!({"scanRef": scan_ref}).to_string().as_bytes());
    assert_eq!((status, serde_json::from_str::<Value>(&text).unwrap()["status"].as_str()), (200, Some("APPROVED")));
}

#[test]
fn a_client_id_has_1_to_100_ascii_characters() {
    for (client_id, right) in
        [("".into(), false), ("u".into(), true), ("u".repeat(100), true), ("u".repeat(101), false), ("ü".into(), false)]
    {
        let made = NewSession::new(client_id).body();
        assert_eq!(made.is_ok(), right, "{made:?}");
        assert!(made.err().is_none_or(|e| e.to_string().contains("clientId is 1 to 100 ASCII characters")));
    }
}

/// Without a key of their own, webhooks are signed by the API secret.
#[test]
fn webhooks_are_taken_that_the_secret_signed() {
    let sandbox = sandbox(settings());
    let url = format!("http://{}/webhook", sandbox.address());
    let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).proxy(None).build().into();
    let body = br#"{"scanRef":"ref","status":{"overall":"APPROVED"}}"#;
    for (key, status) in [(SECRET, 200), (KEY, 400), ("", 400), ("xyzzy", 400)] {
        let signature = webhook::sign(body, key.as_bytes());
        let answer = agent.post(&url).header(webhook::SIGNATURE, &signature).send(&body[..]).unwrap();
        assert_eq!(answer.status().as_u16(), status, "{key}");
    }
    assert_eq!(get(&sandbox, "/webhooks").lines().count(), 1);
}

#[test]
fn a_session_that_direct_processing_cannot_use_is_not_created() {
    let sandbox = sandbox(settings());
    let submitter = submitter(sandbox.address());
    let with = |name: &str, value: Value| {
        let mut new = NewSession::new("user");
        new.further.insert(name.into(), value);
        submitter.create(&new)
    };
    for (name, value) in
        [("questionnaire", json!("risk")), ("nfcRequired", json!(true)), ("checkLiveness", json!(true))]
    {
        assert!(matches!(with(name, value), Err(CreateError::Unusable(_))), "{name}");
    }
    let mut both = NewSession::new("user");
    both.utility_bill = true;
    both.additional_steps =
        vec![NewStep { country: None, document_type: None, step: Step::UtilityBill, mode: Mode::Upload }];
    assert!(matches!(submitter.create(&both), Err(CreateError::Unusable(_))));
    assert!(matches!(submitter.create(&NewSession::new("")), Err(CreateError::Unusable(_))));
    // What the service does not take comes back as its answer.
    let refused = with("expiryTime", json!(-1));
    assert!(matches!(refused, Err(CreateError::NotCreated(Answer::Refused { status: 400, .. }))), "{refused:?}");
}
