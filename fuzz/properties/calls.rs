//! What is said to the service and what it says: requests, sessions, answers, webhooks, and the lines kept of them.

use super::{parts, settings};
use idenfy_preflight::{
    Image, Options, Preflight, Request, Session, Step, Submission, check,
    report::Report,
    submission::{Token, TokenType},
    submit::{
        Answer, Ledger,
        compare::{Prediction, compare},
        webhook::{self, Payload, WebhookError},
    },
};
use std::{fs, sync::LazyLock};

/// Any texts as token, country, type and step names, beside any session: a verdict that quotes neither token nor bytes,
/// and, when everything is let through, a body that is JSON and says what was given.
pub fn request(bytes: &[u8]) {
    let (more, flags, rest) = settings(bytes);
    let parts = parts(rest, 6);
    let text = |i: usize| parts.get(i).map(|part| String::from_utf8_lossy(part).into_owned()).unwrap_or_default();
    let mut submission = Submission::new();
    let token = text(0);
    if flags & 1 > 0 {
        submission = submission.token(token.clone());
    }
    if flags & 2 > 0 {
        submission = submission.country(text(1));
    }
    if flags & 4 > 0 {
        submission = submission.document_type(text(2));
    }
    if flags & 8 > 0 {
        submission = submission.token_type(TokenType::Document);
    }
    if let (true, Ok(session)) = (flags & 16 > 0, Session::from_json(text(3).as_bytes())) {
        submission = submission.session(session);
    }
    for (i, name) in [text(4), text(5), "FRONT".into(), "BACK".into(), "face".into()].into_iter().enumerate() {
        if more >> i & 1 > 0 {
            submission = submission.image(Image::new(name.as_str(), name.clone(), &b"%not an image"[..]));
        }
    }
    let service = Options::default().service;
    let (terms, findings) = check::request::check(&submission, &service);
    let again = check::request::check(&submission, &service);
    assert_eq!((&terms, &findings), (&again.0, &again.1));
    // What is short or plain may stand in any sentence.
    let telling = |token: &str| {
        let has = |set: &str| token.contains(|c| set.contains(c));
        let plain = token.bytes().all(|b| b.is_ascii_alphanumeric());
        token.len() > 12 && plain && has("0123456789") && has("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    };
    if flags & 1 > 0 && telling(&token) && ![1, 2, 3, 4, 5].iter().any(|i| text(*i).contains(&token)) {
        assert!(findings.iter().all(|f| !format!("{f:?}").contains(&token)));
    }
    let mut options = Options::default();
    options.levels.set_all(idenfy_preflight::rules::Level::Allow);
    let outcome = Preflight::new(options).check(&submission).expect("nobody cancels");
    assert!(outcome.report.to_string().chars().all(|c| c == '\n' || !c.is_control()));
    let denied = outcome.report.all_findings().any(|f| f.denies());
    assert_eq!(outcome.request.is_none(), denied);
    let Some(request) = outcome.request else { return };
    let body: serde_json::Value = serde_json::from_slice(request.body()).expect("the body is JSON");
    for image in &submission.images {
        assert!(body["images"][image.step.name()].is_string());
    }
    let sent = request.token().map(Token::expose);
    assert_eq!(sent, body.get("authToken").or(body.get("token")).and_then(|t| t.as_str()));
    let shown = format!("{request:?}");
    assert!(sent.is_none_or(|token| !telling(token) || !shown.contains(token)));
}

/// Any bytes as a session: the same one twice, steps that are its own, and a `Debug` without token and reference.
pub fn session(bytes: &[u8]) {
    let session = Session::from_json(bytes);
    assert_eq!(session, Session::from_json(bytes));
    let session = match session {
        Ok(session) => session,
        Err(error) => return assert!(!error.to_string().is_empty()),
    };
    let countries = ["LT", "US"].map(|c| c.parse().ok());
    for country in countries.into_iter().chain([None]) {
        let types = idenfy_preflight::submission::DocumentType::ALL.map(Some);
        for document_type in types.into_iter().chain([None]) {
            let steps = session.steps_for(country, document_type);
            assert!(steps.iter().all(|step| session.additional_steps.contains(step)));
        }
    }
    let shown = format!("{session:?}");
    let named = |text: &str| {
        let plain = |texts: &[String]| texts.iter().any(|t| t.contains(text));
        session.token_type.as_deref().is_some_and(|t| t.contains(text))
            || plain(&session.documents)
            || session.additional_steps.iter().any(|step| format!("{step:?}").contains(text))
    };
    for secret in session.token.iter().map(Token::expose).chain(session.scan_ref.as_deref()) {
        assert!(secret.len() < 12 || named(secret) || !shown.contains(secret));
    }
}

const TOKEN: &str = "3FA5TFPA2ZE3LMPGGS1EGOJNJE";

/// A request that was checked, and its report.
fn ready() -> &'static (Request, Report) {
    static READY: LazyLock<(Request, Report)> = LazyLock::new(|| {
        let front = include_bytes!("../../testdata/front.jpg");
        let mut options = Options::default();
        options.levels.set_all(idenfy_preflight::rules::Level::Allow);
        let submission = Submission::new().token(TOKEN).image(Image::new(Step::Front, "", &front[..]));
        let outcome = Preflight::new(options).check(&submission).expect("nobody cancels");
        (outcome.request.expect("everything is allowed"), outcome.report)
    });
    &READY
}

/// Any answer is one of those there are; only status 200 says that the call went well, none says that the token is
/// still good, and none quotes it or brings a control character along.
pub fn answer(bytes: &[u8]) {
    let (status, flags, rest) = settings(bytes);
    let parts = parts(rest, 2);
    let retry_after = (parts.len() > 1).then(|| String::from_utf8_lossy(parts[0]).into_owned());
    let mut body = parts[parts.len() - 1].to_vec();
    if flags & 1 > 0 {
        body.splice(body.len() / 2..body.len() / 2, TOKEN.bytes());
    }
    let (request, report) = ready();
    let read = || Answer::from_response(status, retry_after.as_deref(), &body, request, Some(report));
    let answer = read();
    assert_eq!(answer, read());
    assert!(!answer.token_is_good());
    let good = matches!(answer, Answer::Accepted | Answer::NotDetected { .. });
    assert!(!good || status == 200);
    // An empty answer may hold white space of any kind, a vertical tab too.
    let empty = String::from_utf8_lossy(&body).trim().is_empty();
    assert!(answer != Answer::Accepted || empty || !body.is_ascii());
    for text in [answer.to_string(), answer.to_json().to_string(), format!("{answer:?}")] {
        assert!(!text.contains(TOKEN) && !text.chars().any(char::is_control), "{text}");
    }
}

/// Nothing is believed without its signature; what is rightly signed is read or no JSON object, and no other byte in it
/// leaves the signature right.
pub fn webhook(bytes: &[u8]) {
    let parts = parts(bytes, 3);
    let (key, given, body) = match *parts {
        [key, given, body] => (key, given, body),
        _ => (&b"key"[..], &b"00"[..], bytes),
    };
    let right = webhook::sign(body, key);
    let by_chance = given.trim_ascii().eq_ignore_ascii_case(right.as_bytes());
    let verified = |signature: &[u8], body: &[u8]| webhook::verify([(webhook::SIGNATURE, signature)], body, key);
    assert!(by_chance || !matches!(verified(given, body), Ok(_) | Err(WebhookError::NotJson)));
    assert_eq!(webhook::verify([("other", given)], body, key), Err(WebhookError::Missing));
    let twice = [(webhook::SIGNATURE, right.as_bytes()), ("idenfy-signature", given)];
    assert_eq!(webhook::verify(twice, body, key), Err(WebhookError::Several));
    match verified(right.as_bytes(), body) {
        Ok(payload) => assert!(payload.status.codes().all(|code| !code.is_empty())),
        Err(error) => assert_eq!(error, WebhookError::NotJson),
    }
    if let [first, rest @ ..] = body {
        let other = [&[first ^ 1], rest].concat();
        assert_eq!(verified(right.as_bytes(), &other), Err(WebhookError::Wrong));
    }
}

/// Any lines as a ledger: the last whole line about a token decides whether it was sent, and one that is neither an entry
/// nor what a crash leaves of one is an error. Any lines as predictions and
/// results: each session is counted once.
pub fn lines(bytes: &[u8]) {
    let parts = parts(bytes, 3);
    let path = std::env::temp_dir().join(format!("preflight-ledger-{}", std::process::id()));
    fs::write(&path, parts[0]).expect("a temporary file is written");
    let sent = Ledger::open(&path).and_then(|ledger| ledger.holds(&Token::new("T")));
    assert_eq!(fs::read(&path).expect("a temporary file is read"), parts[0], "looking writes nothing");
    fs::remove_file(&path).expect("a temporary file is removed");
    let is_own = |line: &[u8]| {
        let text = String::from_utf8_lossy(line.strip_suffix(b"\r").unwrap_or(line));
        let entry = text.trim_end_matches('\0');
        let hash = entry.strip_prefix(['+', '-']).unwrap_or(if entry.is_empty() { "" } else { "none" });
        hash.len() <= 64 && !hash.contains(|c| !"0123456789abcdef".contains(c))
    };
    assert_eq!(sent.is_ok(), parts[0].split(|b| *b == b'\n').all(is_own));
    // SHA-256 of "T".
    const T: &[u8] = b"e632b7095b0bf32c260fa4c539e9fd7b852d0de454e9be26f24d0d6f91d069d3";
    let mut last = parts[0].split(|b| *b == b'\n').filter_map(|line| {
        let (sign, name) = line.strip_suffix(b"\r").unwrap_or(line).split_first()?;
        (name == T && b"+-".contains(sign)).then_some(*sign == b'+')
    });
    assert!(sent.is_err() || sent.ok() == Some(last.next_back().unwrap_or(false)));

    let part = |i: usize| parts.get(i).copied().unwrap_or_default().split(|b| *b == b'\n');
    let predicted: Vec<Prediction> = part(1)
        .map(|line| {
            let text = String::from_utf8_lossy(line);
            let mut words = text.split(' ').map(str::to_owned);
            Prediction { scan_ref: words.next().unwrap_or_default(), codes: words.collect() }
        })
        .collect();
    let received: Vec<Payload> = part(2).filter_map(|line| serde_json::from_slice(line).ok()).collect();
    let compared = compare(&predicted, &received);
    let sessions: std::collections::BTreeSet<_> = predicted.iter().map(|p| &p.scan_ref).collect();
    assert_eq!(compared.rows.len() + compared.unanswered, sessions.len());
    for row in &compared.rows {
        assert!(row.right.is_disjoint(&row.unfounded) && row.right.is_disjoint(&row.missed));
    }
    let counted: usize = compared.codes.values().map(|count| count.right + count.unfounded).sum();
    assert_eq!(counted, compared.rows.iter().map(|row| row.right.len() + row.unfounded.len()).sum::<usize>());
    assert!(!compared.to_string().is_empty());
}
