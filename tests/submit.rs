//! Submitting, over real sockets: against the sandbox, and against servers that do worse.
#![cfg(feature = "sandbox")]
#![allow(clippy::result_large_err)]

mod submit {
    pub mod faults;
    pub mod page;
    pub mod program;
    pub mod random;
    pub mod sandbox;
    pub mod secrets;
    pub mod sentences;
    pub mod sessions;
    pub mod ways;
}

use idenfy_preflight::{
    Image, Options, Outcome, Preflight, Session, Step, Submission,
    rules::Level,
    sandbox::{Sandbox, Settings},
    submit::{BaseUrl, Credentials, Ledger, Patience, Submitter},
};
use serde_json::{Value, json};
use std::{net::SocketAddr, sync::Arc, time::Duration};

pub const KEY: &str = "KEYKEYKEY";
pub const SECRET: &str = "HUSHHUSHHUSH";
pub const FRONT: &[u8] = include_bytes!("../testdata/front.jpg");
pub const BACK: &[u8] = include_bytes!("../testdata/back.jpg");
pub const FACE: &[u8] = include_bytes!("../testdata/face.jpg");
/// The smallest picture.
pub const DOT: &[u8] = include_bytes!("../testdata/flattened.png");

pub fn credentials() -> Credentials {
    Credentials::new(KEY, SECRET).unwrap()
}

/// Without a look at the photos, unless a test changes that.
pub fn settings() -> Settings {
    let mut settings = Settings::default();
    settings.photo_check = false;
    settings
}

pub fn sandbox(settings: Settings) -> Sandbox {
    Sandbox::start("127.0.0.1:0".parse().unwrap(), credentials(), settings).unwrap()
}

pub fn base(address: SocketAddr) -> BaseUrl {
    BaseUrl::new(&format!("http://{address}")).unwrap()
}

/// Patient with a busy machine, and not between attempts.
pub fn patience() -> Patience {
    Patience { waits: vec![Duration::from_millis(1); 2], ..Patience::default() }
}

pub fn submitter(address: SocketAddr) -> Submitter {
    Submitter::to(base(address), patience(), credentials()).ledger(Arc::new(Ledger::new()))
}

/// A request with this token that holds one small picture, whatever the rules say of it.
pub fn small(token: &str) -> Outcome {
    small_with(Submission::new().token(token))
}

pub fn small_with(submission: Submission<'_>) -> Outcome {
    let mut options = Options::default();
    options.levels.set_all(Level::Allow);
    let outcome = Preflight::new(options).check(submission.country("LT").image(Image::new(Step::Front, "", DOT)));
    let outcome = outcome.unwrap();
    assert!(outcome.request.is_some(), "{}", outcome.report);
    outcome
}

/// A session that asks for a document alone, so that one picture will do.
pub fn session(sandbox: &Sandbox, more: Value) -> Session {
    let mut body = json!({"clientId": "tester", "tokenType": "DOCUMENT"});
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let (status, text) = post(sandbox, "/api/v2/token", body.to_string().as_bytes());
    assert_eq!(status, 201, "{text}");
    Session::from_json(text.as_bytes()).unwrap()
}

/// A GET that knows nothing of this library.
pub fn get(sandbox: &Sandbox, path: &str) -> String {
    let agent: ureq::Agent = ureq::Agent::config_builder().proxy(None).build().into();
    agent.get(format!("http://{}{path}", sandbox.address())).call().unwrap().body_mut().read_to_string().unwrap()
}

/// The webhook of this session, which comes when it comes.
pub fn webhook(sandbox: &Sandbox, scan_ref: &str) -> String {
    loop {
        match get(sandbox, "/webhooks").lines().find(|line| line.contains(scan_ref)) {
            Some(line) => return line.to_owned(),
            None => std::thread::sleep(Duration::from_millis(5)),
        }
    }
}

/// A POST that knows nothing of this library.
pub fn post(sandbox: &Sandbox, path: &str, body: &[u8]) -> (u16, String) {
    // "KEYKEYKEY:HUSHHUSHHUSH"
    const BASIC: &str = "Basic S0VZS0VZS0VZOkhVU0hIVVNISFVTSA==";
    post_as(sandbox, path, body, BASIC)
}

pub fn post_as(sandbox: &Sandbox, path: &str, body: &[u8], authorization: &str) -> (u16, String) {
    let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).proxy(None).build().into();
    let sent = agent.post(format!("http://{}{path}", sandbox.address())).header("Authorization", authorization);
    let mut answer = sent.content_type("application/json").send(body).unwrap();
    (answer.status().as_u16(), answer.body_mut().read_to_string().unwrap())
}
