//! No secret and no image in anything that is written for people: logs at trace level, errors, `Debug`, panics.

use crate::{submit::faults::answered_to, *};
use base64::{Engine, prelude::BASE64_STANDARD};
use idenfy_preflight::sandbox::Fault;
use std::sync::Mutex;

static LINES: Mutex<String> = Mutex::new(String::new());

struct Collector;

impl log::Log for Collector {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &log::Record<'_>) {
        note(&format!("{} {} {}", record.level(), record.target(), record.args()));
    }

    fn flush(&self) {}
}

fn note(text: &str) {
    let mut lines = LINES.lock().unwrap();
    lines.push_str(text);
    lines.push('\n');
}

#[test]
fn nothing_that_is_written_holds_a_secret() {
    log::set_logger(&Collector).unwrap();
    log::set_max_level(log::LevelFilter::Trace);
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        note(&info.to_string());
        hook(info);
    }));
    const TOKEN: &str = "SECRETTOKENSECRETTOKEN";
    let mut settings = settings();
    settings.webhook_key = Some("WEBHOOKKEYWEBHOOK".into());
    note(&format!("{settings:?}"));
    let sandbox = sandbox(settings);
    let mut patience = patience();
    patience.answer = Duration::from_millis(200);
    for (_, fault) in Fault::ALL {
        sandbox.set_fault(fault);
        let outcome = small(TOKEN);
        let request = outcome.request.as_ref().unwrap();
        let submitter =
            Submitter::to(base(sandbox.address()), patience.clone(), credentials()).ledger(Arc::new(Ledger::new()));
        let answer = submitter.submit(request, &outcome.report);
        note(&format!("{answer:?} {answer} {}", answer.to_json()));
        note(&format!("{submitter:?} {request:?} {:?} {sandbox:?} {:?}", outcome, credentials()));
    }
    // A service that repeats what it was sent, and what stands before one.
    let image = BASE64_STANDARD.encode(FRONT);
    let basic = BASE64_STANDARD.encode(format!("{KEY}:{SECRET}"));
    let json = |message: String| json!({"message": message, "identifier": "BAD_VALUE"}).to_string();
    let answers = [
        json(format!("{TOKEN} of {KEY} with {SECRET}")),
        json(format!("authorization: Basic {basic}.")),
        json(format!("Basic {}", basic.trim_end_matches('='))),
        json(format!("no {image}")),
        format!("<pre>\"FRONT\":\"{image}\"</pre>"),
        format!("{{\"images\": {{\"FRONT\": \"{}", image.replace('/', "\\/")),
    ];
    for (n, body) in answers.into_iter().enumerate() {
        let answer = answered_to(TOKEN, format!("HTTP/1.1 400 Bad\r\nContent-Length: {}\r\n\r\n{body}", body.len()));
        assert!(answer.to_string().contains('…'), "{n}: {answer}");
        note(&format!("{answer:?} {answer} {}", answer.to_json()));
    }
    for bad in
        [Credentials::new(SECRET, ""), Credentials::new("", SECRET), Credentials::new(format!("{SECRET}:x"), SECRET)]
    {
        note(&format!("{:?}", bad.unwrap_err()));
    }

    let lines = LINES.lock().unwrap().clone();
    assert!(lines.contains("ureq"), "the collector collects");
    // The HTTP library dumps what it sends in rows at this level, where no search for a whole word finds it.
    assert!(!lines.lines().any(|l| l.starts_with("TRACE")), "something is written at trace level");
    let dot = BASE64_STANDARD.encode(DOT);
    let (bytes, numbers) = (format!("{:?}", &DOT[60..80]), format!("{:02x?}", &DOT[60..80]));
    let basic = basic.trim_end_matches('=');
    for secret in
        [TOKEN, KEY, SECRET, "WEBHOOKKEY", basic, &dot[40..60], &image[..20], &image[40..60], &bytes, &numbers]
    {
        let line = lines.lines().find(|l| l.contains(secret));
        assert!(line.is_none(), "{secret} is in: {}", line.unwrap());
    }
}
