//! Everything that can go wrong on the way, and what is made of it.

use crate::*;
use idenfy_preflight::{
    sandbox::Fault,
    submit::{Answer, Identifier, NotSentReason},
};
use std::{
    io::{Read, Write},
    net::TcpListener,
    thread,
};

/// Submits in a sandbox with this fault; a second try is refused by the ledger.
fn through(fault: Fault) -> Answer {
    let mut settings = settings();
    settings.fault = fault;
    let sandbox = sandbox(settings);
    let outcome = small_with(Submission::new().session(session(&sandbox, json!({}))));
    let request = outcome.request.as_ref().unwrap();
    let patience =
        if fault == Fault::Silence { Patience { answer: Duration::from_secs(2), ..patience() } } else { patience() };
    let submitter = Submitter::to(base(sandbox.address()), patience, credentials()).ledger(Arc::new(Ledger::new()));
    let answer = submitter.submit(request, &outcome.report);
    assert_eq!(sandbox.bodies(request.token().unwrap().expose()), 1);
    sandbox.set_fault(Fault::None);
    assert_eq!(submitter.submit(request, &outcome.report), Answer::NotSent(NotSentReason::TokenSent), "{answer:?}");
    assert_eq!(sandbox.bodies(request.token().unwrap().expose()), 1);
    answer
}

fn answered(answer: impl Into<Vec<u8>>) -> Answer {
    answered_to("TOKENTOKENTOKEN", answer)
}

/// Submits to a server that reads the call and answers with these bytes.
pub fn answered_to(token: &str, answer: impl Into<Vec<u8>>) -> Answer {
    let answer = answer.into();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let server = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let (mut seen, mut chunk) = (Vec::new(), [0; 4096]);
        while !seen.ends_with(b"}}") {
            let n = stream.read(&mut chunk).unwrap();
            seen.extend_from_slice(&chunk[..n]);
        }
        // A client that has read enough hangs up on the rest.
        let _ = stream.write_all(&answer);
    });
    let outcome = small(token);
    let came = submitter(address).submit(outcome.request.as_ref().unwrap(), &outcome.report);
    server.join().unwrap();
    came
}

fn http(status: &str, body: &str) -> String {
    format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\n\r\n{body}", body.len())
}

fn refused(answer: &Answer) -> (u16, Option<&str>, Option<u64>) {
    match answer {
        Answer::Refused { status, said, retry_after } => {
            (*status, said.identifier.as_ref().map(Identifier::name), retry_after.map(|d| d.as_secs()))
        }
        other => panic!("{other:?}"),
    }
}

fn is_unknown(answer: &Answer) -> bool {
    matches!(answer, Answer::Unknown { .. })
}

#[test]
fn without_a_fault_it_is_accepted() {
    assert_eq!(through(Fault::None), Answer::Accepted);
}

#[test]
fn what_left_without_an_answer_is_unknown() {
    for fault in [Fault::Reset, Fault::HalfAnswer, Fault::Silence, Fault::BadGateway] {
        let answer = through(fault);
        let Answer::Unknown { scan_ref, bytes, .. } = &answer else { panic!("{fault:?}: {answer:?}") };
        assert!(scan_ref.is_some() && *bytes > 0, "{fault:?}");
        assert!(answer.to_string().contains("/api/v2/status"));
    }
}

#[test]
fn a_body_that_was_cut_off_is_unknown() {
    assert!(is_unknown(&through(Fault::CutBody)));
}

#[test]
fn refusals_carry_what_was_said() {
    assert_eq!(refused(&through(Fault::InternalError)), (500, Some("INTERNAL_ERROR"), None));
    assert_eq!(refused(&through(Fault::TooManyRequests)), (429, Some("TOO_MANY_REQUESTS"), Some(7)));
    assert_eq!(refused(&through(Fault::TooManyRequestsBare)), (429, Some("TOO_MANY_REQUESTS"), None));
    let large = through(Fault::TooLarge);
    assert_eq!(refused(&large), (413, None, None));
    assert!(large.to_string().contains("too large"), "{large}");
    let moved = through(Fault::Redirect);
    assert_eq!(refused(&moved), (307, None, None));
    assert!(moved.to_string().contains("never followed"), "{moved}");
}

#[test]
fn every_published_identifier_is_known_and_others_are_kept() {
    for identifier in Identifier::PUBLISHED {
        let body = json!({"identifier": identifier.name(), "message": "m"}).to_string();
        let Answer::Refused { said, .. } = answered(http("400 Bad Request", &body)) else { panic!() };
        assert_eq!(said.identifier.as_ref(), Some(identifier));
        assert!(!matches!(said.identifier, Some(Identifier::Other(_))));
    }
    let body = r#"{"identifier":"NEW_ONE","message":7,"severity":"SEVERE"}"#;
    let Answer::Refused { said, .. } = answered(http("418 Teapot", body)) else { panic!() };
    assert_eq!((said.identifier, said.message), (Some(Identifier::Other("NEW_ONE".into())), None));
    assert_eq!(said.severity.as_deref(), Some("SEVERE"));
}

#[test]
fn what_is_not_the_services_word_is_not_taken_for_it() {
    // A body of blanks is none.
    assert_eq!(answered(http("200 OK", " \r\n")), Answer::Accepted);
    for body in ["<html>log in to the network</html>", "{}", "null", "{\"scanRef\":\"x\"}", "{\"message\":"] {
        assert!(is_unknown(&answered(http("200 OK", body))), "{body}");
    }
    assert!(is_unknown(&answered(http("202 Accepted", ""))));
    assert!(is_unknown(&answered("HTTP/1.1 200 OK\r\nContent-Le")));
    assert!(is_unknown(&answered("nonsense\r\n\r\n")));
    assert!(is_unknown(&answered("")));
    let Answer::Refused { said, .. } = answered(http("403 Forbidden", "<h1>\u{1b}[2Jblocked</h1>")) else { panic!() };
    assert_eq!(said.message.as_deref(), Some("<h1> [2Jblocked</h1>"), "a page is kept, and steers no terminal");
    // Half of a refusal is one all the same.
    let half = answered("HTTP/1.1 400 Bad Request\r\nContent-Length: 900\r\n\r\n{\"mess");
    assert_eq!(refused(&half), (400, None, None));
    let endless = format!("HTTP/1.1 400 Bad Request\r\n\r\n{}", "x".repeat(3 << 20));
    assert_eq!(refused(&answered(endless)).0, 400);
    // Blanks beyond what is read are no empty answer.
    assert!(is_unknown(&answered(http("200 OK", &" ".repeat((1 << 20) + 1)))));
    assert_eq!(answered(http("200 OK", &" ".repeat(1 << 20))), Answer::Accepted);
}

#[test]
fn a_document_that_is_not_detected_comes_with_advice() {
    let body = r#"{"message":"Document not found","identifier":"BAD_VALUE"}"#;
    let answer = answered(http("200 OK", body));
    assert!(matches!(&answer, Answer::NotDetected { .. }), "{answer:?}");
    assert!(answer.to_string().contains("create a new session"), "{answer}");
    assert!(!answer.token_is_good());
}

#[test]
fn what_did_not_leave_may_be_sent_later() {
    let dead = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let ledger = Arc::new(Ledger::new());
    let outcome = small("LATERLATERLATER");
    let request = outcome.request.as_ref().unwrap();
    let to = |base| Submitter::to(base, patience(), credentials()).ledger(Arc::clone(&ledger));
    let answer = to(base(dead)).submit(request, &outcome.report);
    assert!(matches!(answer, Answer::NotSent(NotSentReason::Connection(_))), "{answer:?}");
    let unknown_host = to(BaseUrl::new("https://no-such-host.invalid").unwrap()).submit(request, &outcome.report);
    assert!(matches!(unknown_host, Answer::NotSent(NotSentReason::Host(_))), "{unknown_host:?}");
    assert!(unknown_host.token_is_good());
    let sandbox = sandbox(settings());
    // A server that speaks no TLS.
    let plain = BaseUrl::new(&format!("https://localhost:{}", sandbox.address().port())).unwrap();
    let answer = to(plain).submit(request, &outcome.report);
    assert!(matches!(answer, Answer::NotSent(NotSentReason::Tls(_))), "{answer:?}");
    assert_eq!(sandbox.bodies("LATERLATERLATER"), 0);
    let answer = to(base(sandbox.address())).submit(request, &outcome.report);
    assert_eq!(refused(&answer).1, Some("TOKEN_NOT_VALID"));
    assert_eq!(sandbox.bodies("LATERLATERLATER"), 1);
}

#[test]
fn a_service_that_comes_up_late_is_tried_again() {
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let late = thread::spawn(move || {
        thread::sleep(Duration::from_millis(100));
        Sandbox::start(address, credentials(), settings()).unwrap()
    });
    let patience = Patience { waits: vec![Duration::from_millis(50); 400], ..Patience::default() };
    let submitter = Submitter::to(base(address), patience, credentials()).ledger(Arc::new(Ledger::new()));
    let outcome = small("TOKENTOKENTOKEN");
    let answer = submitter.submit(outcome.request.as_ref().unwrap(), &outcome.report);
    assert_eq!(refused(&answer).1, Some("TOKEN_NOT_VALID"));
    assert_eq!(late.join().unwrap().bodies("TOKENTOKENTOKEN"), 1);
}
