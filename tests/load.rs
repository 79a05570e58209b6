//! Load, for an hour that is set aside for it:
//!
//! ```text
//! cargo test --release --test load -- --ignored --nocapture --test-threads 1
//! ```
//!
//! `LOAD_SUBMISSIONS` (1,000,000) and `LOAD_SECONDS` (600) make it shorter. Figures are in `fuzz/README.md`.

#[path = "../testdata/files.rs"]
mod files;
#[path = "../testdata/paint.rs"]
mod paint;

use idenfy_preflight::{
    Image, Options, Preflight, Step, Submission,
    rules::Level,
    sandbox::{Fault, Sandbox, Settings},
    submission::TokenType,
    submit::{Answer, BaseUrl, Credentials, Ledger, Patience, Submitter, session::NewSession},
};
use peak_alloc::PeakAlloc;
use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

#[global_allocator]
static COUNTED: PeakAlloc = PeakAlloc;

fn number(variable: &str, default: u64) -> u64 {
    std::env::var(variable).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// Small files, good ones and bad ones, all of which a careless reader stumbles over.
fn inputs() -> Vec<Vec<u8>> {
    let mut canvas = paint::Canvas::new(48, 32, [230, 228, 220]);
    canvas.text(4, 4, 1, "CARD", [20, 20, 30]);
    let (jpeg, png) = (files::jpeg(&canvas, 70), files::png(&canvas));
    let pdf = files::saved(files::scan(&jpeg, (48, 32), (48, 32), 2));
    let mut inputs =
        vec![Vec::new(), b"<html>".to_vec(), b"%PDF-1.4".to_vec(), b"GIF89a\xFF\xFF\xFF\xFF\0\0\0".to_vec()];
    for file in [&jpeg, &png, &pdf] {
        inputs.push(file.clone());
        inputs.push(file[..file.len() / 2].to_vec());
        for at in [10, 30, 60, 120, 200] {
            let mut broken = file.clone();
            let place = at % broken.len();
            broken[place] ^= 0xFF;
            inputs.push(broken);
        }
    }
    inputs.push(files::encrypted(files::scan(&jpeg, (48, 32), (48, 32), 1), "secret"));
    inputs.push(include_bytes!("../testdata/too_many_pixels.png").to_vec());
    inputs
}

/// What is said of one input, word for word.
fn verdict(preflight: &Preflight, input: &[u8]) -> String {
    let submission = Submission::new()
        .token("3FA5TFPA2ZE3LMPGGS1EGOJNJE")
        .country("LT")
        .document_type("PASSPORT")
        .image(Image::new(Step::Front, "", input));
    let outcome = preflight.check(&submission).expect("nobody cancels");
    let body = outcome.request.as_ref().map_or(0, |r| r.body().len());
    format!("{} {body}", serde_json::to_string(&outcome.report).expect("a report is JSON"))
}

#[test]
#[ignore = "a million submissions take a quarter of an hour"]
fn a_million_submissions_leave_no_trace() {
    const THREADS: u64 = 8;
    let all = number("LOAD_SUBMISSIONS", 1_000_000);
    let mut options = Options::default();
    options.levels.set_all(Level::Allow);
    let preflight = Preflight::new(options);
    let inputs = inputs();
    let alone: Vec<String> = inputs.iter().map(|input| verdict(&preflight, input)).collect();
    let began = Instant::now();
    let held = Mutex::new(Vec::new());
    let done = AtomicUsize::new(0);
    thread::scope(|scope| {
        for t in 0..THREADS {
            let (preflight, inputs, alone, done, held) = (&preflight, &inputs, &alone, &done, &held);
            scope.spawn(move || {
                for n in 0..all / THREADS {
                    let i = (n * 7 + t * 3) as usize % inputs.len();
                    assert_eq!(verdict(preflight, &inputs[i]), alone[i], "input {i}");
                    let done = done.fetch_add(1, Ordering::Relaxed) + 1;
                    if (done as u64).is_multiple_of((all / 10).max(1)) {
                        held.lock().unwrap().push(COUNTED.current_usage());
                    }
                }
            });
        }
    });
    let held = held.into_inner().unwrap();
    let kilobytes: Vec<usize> = held.iter().map(|bytes| bytes >> 10).collect();
    println!("{all} submissions on {THREADS} threads in {:?}; kB held at each tenth: {kilobytes:?}", began.elapsed());
    println!("the most at a time: {} kB", COUNTED.peak_usage() >> 10);
    // What eight threads have in their hands at the moment varies; what is left behind would add up.
    let (early, late) = (held[..held.len() / 2].iter().max(), held[held.len() / 2..].iter().min());
    assert!(late.unwrap() < &(early.unwrap() + (4 << 20)), "{kilobytes:?}");
}

#[test]
#[ignore = "ten minutes"]
fn two_hundred_clients_with_faults_spend_no_token_twice_and_lose_no_answer() {
    const CLIENTS: usize = 200;
    let time = Duration::from_secs(number("LOAD_SECONDS", 600));
    let mut settings = Settings::default();
    settings.photo_check = false;
    let credentials = || Credentials::new("KEYKEYKEY", "HUSHHUSHHUSH").unwrap();
    let sandbox = Sandbox::start("127.0.0.1:0".parse().unwrap(), credentials(), settings).unwrap();
    let base = || BaseUrl::new(&format!("http://{}", sandbox.address())).unwrap();
    let patience =
        Patience { answer: Duration::from_millis(1500), waits: vec![Duration::ZERO; 2], ..Patience::default() };
    let ledger = Arc::new(Ledger::new());
    let (over, began) = (AtomicBool::new(false), Instant::now());
    let answers: Mutex<BTreeMap<&'static str, usize>> = Mutex::default();
    let submitted = AtomicUsize::new(0);
    let mut options = Options::default();
    options.levels.set_all(Level::Allow);
    let preflight = Preflight::new(options);
    thread::scope(|scope| {
        scope.spawn(|| {
            for n in 0.. {
                if began.elapsed() > time {
                    break;
                }
                // Every other moment nothing is wrong.
                sandbox.set_fault(if n % 2 == 0 { Fault::None } else { Fault::ALL[n / 2 % Fault::ALL.len()].1 });
                thread::sleep(Duration::from_millis(70));
            }
            sandbox.set_fault(Fault::None);
            over.store(true, Ordering::Relaxed);
        });
        for _ in 0..CLIENTS {
            let (over, answers, submitted, sandbox, preflight) = (&over, &answers, &submitted, &sandbox, &preflight);
            let submitter = Submitter::to(base(), patience.clone(), credentials()).ledger(Arc::clone(&ledger));
            scope.spawn(move || {
                let mut new = NewSession::new("tester");
                new.token_type = TokenType::Document;
                while !over.load(Ordering::Relaxed) {
                    // A fault that hangs up hits this call too; a session that was not made costs nothing.
                    let Ok(created) = submitter.create(&new) else { continue };
                    let session = created.session;
                    let token = session.token.as_ref().unwrap().expose().to_owned();
                    let picture = include_bytes!("../testdata/flattened.png");
                    let submission = Submission::new().session(session).country("LT").image(Image::new(
                        Step::Front,
                        "",
                        &picture[..],
                    ));
                    let outcome = preflight.check(&submission).unwrap();
                    let request = outcome.request.as_ref().unwrap();
                    // A caller who does not believe the first answer.
                    for _ in 0..2 {
                        let before = sandbox.bodies(&token);
                        let answer = submitter.submit(request, &outcome.report);
                        let sent = sandbox.bodies(&token) - before;
                        assert!(sent == 0 || !answer.token_is_good(), "sent, and called good: {answer:?}");
                        *answers.lock().unwrap().entry(answer.name()).or_default() += 1;
                        submitted.fetch_add(1, Ordering::Relaxed);
                        assert!(answer != Answer::Accepted || sandbox.bodies(&token) == 1, "accepted, and not sent");
                        if let Answer::Unknown { scan_ref, .. } = &answer {
                            assert!(scan_ref.is_some(), "without it the outcome cannot be asked for");
                        }
                    }
                    assert!(sandbox.bodies(&token) <= 1, "a token was used twice");
                }
            });
        }
    });
    let answers = answers.into_inner().unwrap();
    let calls = submitted.into_inner();
    println!("{calls} calls of {CLIENTS} clients in {:?}: {answers:?}", began.elapsed());
    assert!(sandbox.all_bodies().iter().all(|bodies| *bodies == 1), "a token was used twice");
    assert_eq!(answers.values().sum::<usize>(), calls, "an answer was lost");
    assert!(answers.contains_key("accepted"), "nothing went well");
    assert!(sandbox.all_bodies().len() * 2 > calls / 2, "most calls arrive");
}
