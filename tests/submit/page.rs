//! What iDenfy's page "Direct Processing" (2026) says, and what the sandbox does; `sentences.rs` says which sentence is
//! tested where.

use crate::*;
use base64::{Engine, prelude::BASE64_STANDARD};
use idenfy_preflight::{
    rules::Rule,
    sandbox::{LimitCounts, TokenFields},
    submit::{
        Answer,
        session::{Mode, NewSession, NewStep},
    },
};
use std::io::{Read, Write};

/// One sandbox and what is said to it.
struct Talk {
    sandbox: Sandbox,
}

impl Talk {
    fn new(change: impl FnOnce(&mut Settings)) -> Self {
        let mut settings = settings();
        change(&mut settings);
        Self { sandbox: sandbox(settings) }
    }

    fn token(&self, more: Value) -> String {
        session(&self.sandbox, more).token.unwrap().expose().to_owned()
    }

    fn send(&self, body: &Value) -> (u16, String) {
        let (status, text) = post(&self.sandbox, "/api/v2/process", body.to_string().as_bytes());
        let identifier =
            serde_json::from_str::<Value>(&text).ok().and_then(|v| Some(v["identifier"].as_str()?.to_owned()));
        (status, identifier.unwrap_or(text))
    }

    /// What the session's status says after a call with these images.
    fn status(&self, more: Value, change: Value) -> Value {
        let session = session(&self.sandbox, more);
        assert_eq!(self.send(&call(session.token.unwrap().expose(), change)), ok());
        let asked = json!({"scanRef": session.scan_ref});
        let (status, text) = post(&self.sandbox, "/api/v2/status", asked.to_string().as_bytes());
        assert_eq!(status, 200, "{text}");
        serde_json::from_str(&text).unwrap()
    }

    /// A good call in a session with these fields, with these changes.
    fn call(&self, session: Value, change: Value) -> (u16, String) {
        self.send(&call(&self.token(session), change))
    }
}

fn plain() -> Talk {
    Talk::new(|_| ())
}

fn call(token: &str, change: Value) -> Value {
    let dot = BASE64_STANDARD.encode(DOT);
    let mut body =
        json!({"token": token, "country": "LT", "documentType": "ID_CARD", "images": {"FRONT": dot, "BACK": dot}});
    for (name, value) in change.as_object().unwrap() {
        match value {
            Value::Null => body.as_object_mut().unwrap().remove(name),
            value => body.as_object_mut().unwrap().insert(name.clone(), value.clone()),
        };
    }
    body
}

fn images(steps: &[(&str, &[u8])]) -> Value {
    json!({"images": steps.iter().map(|(s, b)| ((*s).to_owned(), json!(BASE64_STANDARD.encode(b)))).collect::<serde_json::Map<_, _>>()})
}

fn only(steps: &[&str]) -> Value {
    images(&steps.iter().map(|s| (*s, DOT)).collect::<Vec<_>>())
}

fn ok() -> (u16, String) {
    (200, String::new())
}

fn no(status: u16, identifier: &str) -> (u16, String) {
    (status, identifier.to_owned())
}

const FACE_SESSION: &str = "IDENTIFICATION";

#[test]
fn requirements() {
    let talk = plain();
    let body = call(&talk.token(json!({})), json!({})).to_string();
    // An API key pair is required, as Basic authentication.
    for bad in ["", "Basic S0VZS0VZS0VZOldST05H", "Bearer x", "KEYKEYKEY:HUSHHUSHHUSH"] {
        let (status, text) = post_as(&talk.sandbox, "/api/v2/process", body.as_bytes(), bad);
        assert_eq!((status, text.as_str()), (401, r#"{"message":"Invalid authorization credentials"}"#));
    }
    assert_eq!(post(&talk.sandbox, "/api/v2/process", body.as_bytes()).0, 200, "which spent no token");
    // Direct processing has to be enabled on the contract.
    let without = Talk::new(|s| s.contract = false);
    assert_eq!(without.call(json!({}), json!({})), no(403, "PARTNER_CONTRACT_ERROR"));
}

#[test]
fn limitations() {
    let talk = plain();
    // No 3D liveness.
    assert_eq!(talk.call(json!({"checkLiveness": true}), json!({})), no(400, "BAD_VALUE"));
    // At most 20 MB, over all images.
    let large = |bytes: usize| images(&[("FRONT", &[DOT, &vec![0; bytes]].concat()), ("BACK", DOT)]);
    assert_eq!(talk.call(json!({}), large(15_100_000)).0, 413);
    let images = Talk::new(|s| s.limit_counts = LimitCounts::Images);
    assert_eq!(images.call(json!({}), large(15_100_000)), ok());
    assert_eq!(images.call(json!({}), large(20_000_000)).0, 413);
    // Digital IDs are rejected.
    for name in idenfy_preflight::check::request::DIGITAL_IDS {
        assert_eq!(talk.call(json!({}), json!({"documentType": name})), no(400, "BAD_VALUE"), "{name}");
    }
}

#[test]
fn no_short_photo_sequences() {
    // Sessions of that kind have a type of their own.
    let talk = plain();
    let asked = br#"{"clientId": "c", "tokenType": "VIDEO_CALL_PHOTOS"}"#;
    assert_eq!(post(&talk.sandbox, "/api/v2/token", asked).0, 400);
    let session = Session::from_json(br#"{"authToken": "TOKENTOKENTOKEN", "tokenType": "VIDEO_CALL_PHOTOS"}"#).unwrap();
    assert_eq!(refused(session), [Rule::TokenType]);
    // Where it is an option of an ordinary one, it is that of liveness.
    let session = Session::from_json(br#"{"authToken": "TOKENTOKENTOKEN", "checkLiveness": true}"#).unwrap();
    assert_eq!(refused(session), [Rule::LivenessRequired]);
}

/// The rules on a session that a check refuses.
fn refused(session: Session) -> Vec<Rule> {
    let images = [Step::Front, Step::Face].map(|step| Image::new(step, "", DOT));
    let mut submission = Submission::new().session(session).country("LT").document_type("PASSPORT");
    submission.images = images.into();
    let outcome = Preflight::default().check(&submission).unwrap();
    assert!(outcome.request.is_none());
    outcome.report.findings.iter().filter(|f| f.denies() && f.rule != Rule::SamePicture).map(|f| f.rule).collect()
}

#[test]
fn no_verification_is_updated() {
    // What a request for an update brings is no session.
    let update = Session::from_json(br#"{"tokenString": "UPDATEUPDATEUPDATE"}"#).unwrap();
    assert!(refused(update).contains(&Rule::VerificationUpdate));
    let talk = plain();
    assert_eq!(talk.send(&call("UPDATEUPDATEUPDATE", json!({}))), no(400, "TOKEN_NOT_VALID"));
    // The same user again, in a session of its own.
    for _ in 0..2 {
        assert_eq!(talk.call(json!({"clientId": "the same"}), json!({})), ok());
    }
}

#[test]
fn the_endpoint() {
    assert_eq!(BaseUrl::default(), BaseUrl::new("https://ivs.idenfy.com").unwrap());
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let server = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let (mut seen, mut chunk) = (Vec::new(), [0; 4096]);
        while !seen.ends_with(b"}}") {
            let n = stream.read(&mut chunk).unwrap();
            seen.extend_from_slice(&chunk[..n]);
        }
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").unwrap();
        String::from_utf8(seen).unwrap()
    });
    let outcome = small("TOKENTOKENTOKEN");
    let request = outcome.request.as_ref().unwrap();
    assert_eq!(submitter(address).submit(request, &outcome.report), Answer::Accepted);
    let seen = server.join().unwrap();
    let (head, body) = seen.split_once("\r\n\r\n").unwrap();
    let lines: Vec<_> = head.lines().map(str::to_lowercase).collect();
    assert_eq!(lines[0], "post /api/v2/process http/1.1");
    let basic = format!("authorization: basic {}", BASE64_STANDARD.encode(format!("{KEY}:{SECRET}"))).to_lowercase();
    for header in [basic.as_str(), "content-type: application/json"] {
        assert!(lines.iter().any(|l| l == header), "{header} is not in {lines:?}");
    }
    assert_eq!(body.as_bytes(), request.body());
}

#[test]
fn a_token_belongs_to_a_partner() {
    let talk = plain();
    let token = talk.token(json!({}));
    let body = call(&token, json!({})).to_string();
    let other = Credentials::new("OTHERKEY", "OTHERSECRET").unwrap();
    let others = Sandbox::start("127.0.0.1:0".parse().unwrap(), other, settings()).unwrap();
    let basic = format!("Basic {}", BASE64_STANDARD.encode("OTHERKEY:OTHERSECRET"));
    let (status, text) = post_as(&others, "/api/v2/process", body.as_bytes(), &basic);
    assert_eq!((status, text.contains("TOKEN_NOT_VALID")), (400, true), "{text}");
    assert_eq!(post_as(&talk.sandbox, "/api/v2/process", body.as_bytes(), &basic).0, 401);
    assert_eq!(post(&talk.sandbox, "/api/v2/process", body.as_bytes()).0, 200, "its own partner's");
}

#[test]
fn the_token() {
    let talk = plain();
    // Required.
    assert_eq!(talk.call(json!({}), json!({"token": null})), no(400, "MISSING_VALUE"));
    // Valid.
    assert_eq!(talk.send(&call("3FA5TFPA2ZE3LMPGGS1EGOJNJE", json!({}))), no(400, "TOKEN_NOT_VALID"));
    assert_eq!(talk.call(json!({"expiryTime": 0}), json!({})), no(400, "TOKEN_NOT_VALID"), "expired");
    // Unused; deactivated after one call.
    let token = talk.token(json!({}));
    assert_eq!(talk.send(&call(&token, json!({}))), ok());
    assert_eq!(talk.send(&call(&token, json!({}))), no(400, "TOKEN_NOT_VALID"));
    // No questionnaire, no NFC.
    assert_eq!(talk.call(json!({"questionnaire": "risk"}), json!({})), no(400, "BAD_VALUE"));
    assert_eq!(talk.call(json!({"kyc_answers": [1]}), json!({})), no(400, "BAD_VALUE"));
    assert_eq!(talk.call(json!({"nfcRequired": true}), json!({})), no(400, "BAD_VALUE"));
    // Not said: whether a refused call spends it, and the field's name.
    for (burns, after) in [(true, no(400, "TOKEN_NOT_VALID")), (false, ok())] {
        let talk = Talk::new(|s| s.token_burns_on_error = burns);
        let token = talk.token(json!({}));
        assert_eq!(talk.send(&call(&token, json!({"country": "QQ"}))), no(400, "BAD_VALUE"));
        assert_eq!(talk.send(&call(&token, json!({}))), after);
    }
    let renamed = |talk: &Talk| {
        let token = talk.token(json!({}));
        talk.send(&call(&token, json!({"token": null, "authToken": token})))
    };
    assert_eq!(renamed(&talk), ok());
    assert_eq!(renamed(&Talk::new(|s| s.token_field = TokenFields::AuthToken)), ok());
    assert_eq!(renamed(&Talk::new(|s| s.token_field = TokenFields::Token)), no(400, "MISSING_VALUE"));
}

#[test]
fn the_country() {
    let talk = plain();
    assert_eq!(talk.call(json!({}), json!({"country": null})), no(400, "MISSING_VALUE"));
    for (code, answer) in
        [("lt", ok()), ("Us", ok()), ("XK", ok()), ("UK", no(400, "BAD_VALUE")), ("LTU", no(400, "BAD_VALUE"))]
    {
        assert_eq!(talk.call(json!({}), json!({"country": code})), answer, "{code}");
    }
}

#[test]
fn the_images() {
    let talk = plain();
    assert_eq!(talk.call(json!({}), json!({"images": null})), no(400, "MISSING_VALUE"));
    // FRONT: always.
    assert_eq!(talk.call(json!({}), only(&["BACK"])), no(400, "MISSING_VALUE"));
    // BACK: when the document type has a back side. The page's own example of an error.
    let body = call(&talk.token(json!({})), only(&["FRONT"])).to_string();
    let (status, text) = post(&talk.sandbox, "/api/v2/process", body.as_bytes());
    let said: Value = serde_json::from_str(&text).unwrap();
    let example = json!({"message": "No image provided for step 'BACK'", "identifier": "MISSING_VALUE", "documentation": "", "severity": "NOT_SEVERE"});
    assert_eq!((status, said), (400, example));
    let typed = |kind: &str, country: &str, more: Value| {
        let mut change = only(&["FRONT"]);
        change["documentType"] = json!(kind);
        change["country"] = json!(country);
        talk.call(more, change)
    };
    assert_eq!(typed("PASSPORT", "LT", json!({})), ok());
    assert_eq!(typed("RESIDENCE_PERMIT", "LT", json!({})), no(400, "MISSING_VALUE"));
    assert_eq!(typed("DRIVER_LICENSE", "LT", json!({})), ok());
    assert_eq!(typed("DRIVER_LICENSE", "LT", json!({"driverLicenseBack": true})), no(400, "MISSING_VALUE"));
    assert_eq!(typed("DRIVER_LICENSE", "US", json!({})), no(400, "MISSING_VALUE"));
    // FACE: in identification sessions, which are the default; optional for documents alone.
    for kind in [json!({"tokenType": FACE_SESSION}), json!({"tokenType": null})] {
        assert_eq!(talk.call(kind.clone(), json!({})), no(400, "MISSING_VALUE"));
        assert_eq!(talk.call(kind, only(&["FRONT", "BACK", "FACE"])), ok());
    }
    assert_eq!(talk.call(json!({}), only(&["FRONT", "BACK", "FACE"])), ok());
    // Bills: when the session asks for them.
    let second = json!({"additionalSteps": {"ALL": {"ALL": {"SECOND_UTILITY_BILL": {"type": "UPLOAD"}}}}});
    for (session, step) in [(json!({"utilityBill": true}), "UTILITY_BILL"), (second, "SECOND_UTILITY_BILL")] {
        assert_eq!(talk.call(session.clone(), json!({})), no(400, "MISSING_VALUE"));
        assert_eq!(talk.call(session, only(&["FRONT", "BACK", step])), ok());
    }
    // PNG, JPG, JPEG and PDF, by content.
    let front = |bytes: &[u8]| talk.call(json!({}), images(&[("FRONT", bytes), ("BACK", DOT)]));
    assert_eq!(front(FRONT), ok());
    assert_eq!(front(include_bytes!("../../testdata/bill.pdf")), ok());
    assert_eq!(front(b"GIF89a\x01\0\x01\0\0\0\0;"), no(400, "BAD_VALUE"));
    assert_eq!(front(b""), no(400, "BAD_VALUE"));
    // Encrypted PDFs are rejected.
    assert_eq!(front(include_bytes!("../../testdata/pdf_encrypted.pdf")), no(400, "BAD_VALUE"));
    assert_eq!(front(include_bytes!("../../testdata/pdf_encrypted_owner_only.pdf")), no(400, "BAD_VALUE"));
    // Base64, and nothing before it.
    for text in ["data:image/png;base64,iVBORw0KGgo=", "iVBOR", "not base64"] {
        let change = json!({"images": {"FRONT": text, "BACK": text}});
        assert_eq!(talk.call(json!({}), change), no(400, "ENCODING_ERROR"), "{text}");
    }
}

#[test]
fn what_is_not_asked_for() {
    let talk = plain();
    let with = |step: &str| only(&["FRONT", "BACK", step]);
    // Not said; the cautious reading finds keys that are written wrongly.
    for step in ["BACKK", "face", "UTILITY_BILL", "VISA_PAGE"] {
        assert_eq!(talk.call(json!({}), with(step)), no(400, "BAD_VALUE"), "{step}");
    }
    assert_eq!(talk.call(json!({}), only(&["FRONT", "back"])), no(400, "MISSING_VALUE"));
    let custom = json!({"additionalSteps": {"ALL": {"ALL": {"VISA_PAGE": {"type": "UPLOAD"}}}}});
    assert_eq!(talk.call(custom, with("VISA_PAGE")), ok());
    let lenient = Talk::new(|s| s.refuse_unasked = false);
    assert_eq!(lenient.call(json!({}), with("BACKK")), ok());
}

#[test]
fn additional_steps() {
    let talk = plain();
    let bill = |step: Value| json!({"additionalSteps": {"ALL": {"ID_CARD": {"UTILITY_BILL": step}}}});
    let with = |bytes: &[u8]| images(&[("FRONT", DOT), ("BACK", DOT), ("UTILITY_BILL", bytes)]);
    // Asked for by the session, for this type of document; nothing else of the call changes.
    let asked = bill(json!({"type": "UPLOAD"}));
    assert_eq!(talk.call(asked.clone(), json!({})), no(400, "MISSING_VALUE"));
    assert_eq!(talk.call(asked.clone(), with(DOT)), ok());
    let mut passport = only(&["FRONT"]);
    passport["documentType"] = json!("PASSPORT");
    assert_eq!(talk.call(asked, passport), ok());
    // A bill may be a PDF, unless the session says otherwise.
    let pdf = include_bytes!("../../testdata/bill.pdf");
    let may = |may: bool| bill(json!({"type": "UPLOAD", "settings": {"canUploadPDF": may}}));
    assert_eq!(talk.call(may(true), with(pdf)), ok());
    assert_eq!(talk.call(may(false), with(pdf)), no(400, "BAD_VALUE"));
    assert_eq!(talk.call(may(false), with(DOT)), ok());
}

#[test]
fn modes_of_additional_steps() {
    let talk = plain();
    let submitter = submitter(talk.sandbox.address());
    for mode in Mode::ALL {
        let mut new = NewSession::new("user");
        new.token_type = idenfy_preflight::submission::TokenType::Document;
        new.address = Some("123 Main St, City".into());
        new.callback_url = Some(format!("http://{}/webhook", talk.sandbox.address()));
        new.additional_steps = vec![NewStep { country: None, document_type: None, step: Step::UtilityBill, mode }];
        let created = submitter.create(&new).unwrap();
        let echoed: Value = serde_json::from_slice(&created.json).unwrap();
        assert_eq!(echoed["additionalData"], json!({"UTILITY_BILL": {"address": "123 Main St, City"}}));
        let token = created.session.token.unwrap();
        assert_eq!(talk.send(&call(token.expose(), only(&["FRONT", "BACK", "UTILITY_BILL"]))), ok());
        let received: Value =
            serde_json::from_str(&webhook(&talk.sandbox, created.session.scan_ref.as_deref().unwrap())).unwrap();
        assert_eq!(received["additionalSteps"], json!({"UTILITY_BILL": mode.name()}));
        assert_eq!(received["status"]["additionalSteps"], json!("VALID"));
    }
    let other = br#"{"clientId": "c", "additionalSteps": {"ALL": {"ALL": {"UTILITY_BILL": {"type": "NONSENSE"}}}}}"#;
    let (status, text) = post(&talk.sandbox, "/api/v2/token", other);
    assert_eq!((status, text.contains("additionalSteps")), (400, true), "{text}");
}

#[test]
fn the_mark_of_the_face() {
    let talk = plain();
    let all = only(&["FRONT", "BACK", "FACE"]);
    assert_eq!(talk.status(json!({"tokenType": FACE_SESSION}), all.clone())["autoFace"], json!("FACE_MATCH"));
    for change in [json!({}), all] {
        assert_eq!(talk.status(json!({"tokenType": "DOCUMENT"}), change)["autoFace"], json!("FACE_NOT_CHECKED"));
    }
}

#[test]
fn the_document_type() {
    let talk = plain();
    // Left out, FRONT alone is mandatory.
    let mut change = only(&["FRONT"]);
    change["documentType"] = Value::Null;
    assert_eq!(talk.call(json!({}), change), ok());
    for kind in ["OTHER", "id_card", ""] {
        assert_eq!(talk.call(json!({}), json!({"documentType": kind})), no(400, "BAD_VALUE"), "{kind}");
    }
}

#[test]
fn the_photo_check() {
    let talk = Talk::new(|s| s.photo_check = true);
    let blank = include_bytes!("../../testdata/underexposed.jpg");
    let good = images(&[("FRONT", FRONT), ("BACK", BACK)]);
    let mut bad = images(&[("FRONT", blank), ("BACK", BACK)]);
    assert_eq!(talk.call(json!({}), good), ok());
    // 200 with an error: the document was not detected.
    assert_eq!(talk.call(json!({}), bad.clone()), no(200, "BAD_VALUE"));
    // skipAnalysis skips that, and that alone.
    bad["skipAnalysis"] = json!(true);
    assert_eq!(talk.call(json!({}), bad), ok());
    let mut incomplete = images(&[("FRONT", blank)]);
    incomplete["skipAnalysis"] = json!(true);
    assert_eq!(talk.call(json!({}), incomplete), no(400, "MISSING_VALUE"));
    // A file that no decoder takes shows no document, nor does half of one.
    for broken in [&b"\xff\xd8\xff\xe0"[..], include_bytes!("../../testdata/damaged.jpg")] {
        let mut broken = images(&[("FRONT", broken), ("BACK", BACK)]);
        assert_eq!(talk.call(json!({}), broken.clone()), no(200, "BAD_VALUE"));
        broken["skipAnalysis"] = json!(true);
        assert_eq!(talk.status(json!({}), broken)["status"], json!("DENIED"));
    }
    // Without a type that can be told from the FRONT the call is rejected.
    let mut untyped = images(&[("FRONT", DOT)]);
    untyped["documentType"] = Value::Null;
    assert_eq!(talk.call(json!({}), untyped).0, 400);
}

#[test]
fn what_is_no_call_at_all() {
    let talk = plain();
    for (body, identifier) in
        [(&b"{"[..], "JSON_ERROR"), (b"\xff", "ENCODING_ERROR"), (b"[]", "BAD_VALUE"), (b"{}", "MISSING_VALUE")]
    {
        let (status, text) = post(&talk.sandbox, "/api/v2/process", body);
        assert_eq!((status, text.contains(identifier)), (400, true), "{text}");
    }
    let url = format!("http://{}/api/v2/process", talk.sandbox.address());
    let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).proxy(None).build().into();
    assert_eq!(agent.get(url).call().unwrap().status(), 405);
}
