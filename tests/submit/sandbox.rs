//! What the sandbox says of itself, and does as it says.

use crate::*;
use idenfy_preflight::{
    sandbox::{Fault, LimitCounts, TokenFields},
    submit::Answer,
};

#[test]
fn its_description_names_every_path() {
    let sandbox = sandbox(settings());
    let description: Value = serde_json::from_str(&get(&sandbox, "/openapi.json")).unwrap();
    let about = get(&sandbox, "/");
    let described = description["paths"].as_object().unwrap();
    let listed = about.lines().filter_map(|l| l.strip_prefix("POST ").or(l.strip_prefix("GET ")));
    let listed: Vec<_> = listed.map(|l| l.split_whitespace().next().unwrap()).collect();
    assert!(listed.len() >= 7, "{about}");
    for path in listed.iter().chain(&["/"]) {
        assert!(described.contains_key(*path), "{path} is not described");
    }
    assert_eq!(described.len(), listed.len() + 1, "{:?}", described.keys());
}

#[test]
fn bodies_are_counted_however_they_are_written() {
    let sandbox = sandbox(settings());
    let session = session(&sandbox, json!({}));
    let token = session.token.unwrap();
    let token = token.expose();
    let long = "A".repeat(5000);
    let bodies = [
        format!(r#"{{"token":"{token}"}}"#),
        format!(r#"{{ "token" : "{token}" }}"#),
        format!("{{\"authToken\"\n:\t\"{token}\"}}"),
        format!(r#"{{"images": {{"FRONT": "{long}"}}, "token": "{token}"}}"#),
        format!(r#"{{"token": "{token}", "images": {{"FRO"#),
    ];
    for (n, body) in bodies.iter().enumerate() {
        post(&sandbox, "/api/v2/process", body.as_bytes());
        assert_eq!(sandbox.bodies(token), n + 1, "{body}");
    }
    post(&sandbox, "/api/v2/process", br#"{"token": "OTHER"}"#);
    let mut calls: Vec<Value> = get(&sandbox, "/calls").lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    calls.sort_by_key(|c| c["bodies"].as_u64());
    let other = json!({"scanRef": null, "bodies": 1, "status": null});
    assert_eq!(calls, [other, json!({"scanRef": session.scan_ref, "bodies": 5, "status": "ACTIVE"})]);
}

#[test]
fn it_answers_to_its_own_names_and_counts_what_is_authorised() {
    let sandbox = sandbox(settings());
    let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).proxy(None).build().into();
    for (host, status) in [
        ("localhost", 200),
        ("LOCALHOST:1", 200),
        ("127.0.0.1:8787", 200),
        ("[::1]:8787", 200),
        ("evil.example", 421),
        ("127.0.0.1.evil.example:8787", 421),
        ("localhost@evil.example", 421),
        ("", 421),
    ] {
        let answer = agent.get(format!("http://{}/calls", sandbox.address())).header("Host", host).call().unwrap();
        assert_eq!(answer.status().as_u16(), status, "{host}");
    }
    let body = br#"{"token": "TOKENTOKENTOKEN"}"#;
    assert_eq!(post_as(&sandbox, "/api/v2/process", body, "Basic none").0, 401);
    assert_eq!(sandbox.bodies("TOKENTOKENTOKEN"), 0);
    post(&sandbox, "/api/v2/process", body);
    assert_eq!(sandbox.bodies("TOKENTOKENTOKEN"), 1);
}

#[test]
fn a_hangup_meets_calls_alone() {
    let mut settings = settings();
    settings.fault = Fault::Hangup;
    let sandbox = sandbox(settings);
    let outcome = small_with(Submission::new().session(session(&sandbox, json!({}))));
    let request = outcome.request.as_ref().unwrap();
    let answer = submitter(sandbox.address()).submit(request, &outcome.report);
    assert!(matches!(answer, Answer::Unknown { .. }), "{answer:?}");
    assert!(answer.to_string().contains("up to"), "how much left is not known: {answer}");
    assert_eq!(sandbox.bodies(request.token().unwrap().expose()), 0, "nothing was read");
    let asked = json!({"scanRef": request.scan_ref()});
    let (status, text) = post(&sandbox, "/api/v2/status", asked.to_string().as_bytes());
    assert_eq!((status, text.contains("ACTIVE")), (200, true), "{text}");
}

#[test]
#[cfg(feature = "cli")]
fn its_switches_can_be_pasted() {
    use std::{
        io::{BufRead, BufReader},
        process::{Command, Stdio},
    };
    let mut settings = settings();
    settings.limit_counts = LimitCounts::Images;
    settings.token_field = TokenFields::AuthToken;
    settings.fault = Fault::TooManyRequestsBare;
    settings.latency = Duration::from_millis(1);
    let switches = |about: &str| -> Vec<String> {
        let lines = about.lines().filter(|l| l.starts_with("--"));
        lines.flat_map(|l| l.split('#').next().unwrap().split_whitespace().map(str::to_owned)).collect()
    };
    let pasted = switches(&get(&sandbox(settings), "/"));
    assert_eq!(pasted.len(), 16, "{pasted:?}");
    let mut command = Command::new(env!("CARGO_BIN_EXE_preflight"));
    command.args(["sandbox", "--listen", "127.0.0.1:0"]).args(&pasted).stdout(Stdio::piped());
    let mut running = command.env("IDENFY_API_KEY", KEY).env("IDENFY_API_SECRET", SECRET).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(running.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let url = line.trim().strip_prefix("listening on ").unwrap_or_default().to_owned();
    let agent: ureq::Agent = ureq::Agent::config_builder().proxy(None).build().into();
    let about = agent.get(&url).call().map(|mut answer| answer.body_mut().read_to_string().unwrap());
    running.kill().unwrap();
    running.wait().unwrap();
    assert_eq!(switches(&about.unwrap()), pasted);
}
