//! What lines may hold, and what is answered.

use crate::{answers, data, small, testdata, values};
use idenfy_preflight::{
    Preflight,
    batch::{Answered, Batch, BatchError, Bodies, Settings, Sink, Stop},
};
use proptest::{collection::vec, prelude::*};
use serde_json::{Value, json};
use std::{
    fs,
    io::{self, Cursor, Read},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

/// Lines of every kind, and what their answers have to hold.
fn kinds() -> Vec<(String, &'static str)> {
    let folder = std::env::temp_dir();
    let at = |place: &str| json!({"id": {"deep": [1]}, "images": {"FRONT": place}}).to_string();
    vec![
        (at(testdata("front.png").to_str().unwrap()), r#""advice":"send""#),
        (at(&format!("file://{}", testdata("front.png").display()).replace("front", "f%72ont")), r#""advice":"send""#),
        (at(&data(&fs::read(testdata("pdf_encrypted.pdf")).unwrap())), r#""rule":"pdf_encrypted""#),
        (at(&data(b"")), r#""rule":"empty_file""#),
        (at("data:image/png;base64,####"), "base64 is broken"),
        (at("none.jpg"), "FRONT: none.jpg: there is no such file"),
        (at(folder.to_str().unwrap()), "it is a folder"),
        (at("/dev/zero"), "no ordinary file"),
        (at("gopher://bucket/key"), "gopher://"),
        (at("-"), "FRONT: -: there is no such file"),
        (at("$(touch /tmp/x); `id`"), "there is no such file"),
        (at("a\u{0}b"), "cannot be read"),
        (at(""), "no file is named"),
        ("{".into(), "no JSON"),
        (String::new(), "the line is empty"),
        ("[]".into(), "no JSON object"),
        ("\u{1}\u{fffd}".into(), "no JSON object"),
        (r#"{"id":"x","images":{"FRONT":5}}"#.into(), "`images.FRONT` is a number"),
        (
            r#"{"id":"x","session":"none.json","images":{"FRONT":"x"}}"#.into(),
            "session: none.json: there is no such file",
        ),
        (r#"{"id":"x","session":{"nfcRequired":"yes"},"images":{"FRONT":"x"}}"#.into(), "nfcRequired"),
        (format!("{{\"id\":\"x\",\"more\":\"{}\"}}", "y".repeat(70_000)), "more than 65536 bytes"),
    ]
}

#[test]
fn every_kind_of_line_has_its_answer() {
    let kinds = kinds();
    let text = kinds.iter().map(|(line, _)| format!("{line}\n")).collect::<String>();
    let mut settings = Settings::with_threads(2);
    settings.max_line = 1 << 16;
    // The encrypted PDF's line is longer than that: it is given the room.
    settings.max_line = settings.max_line.max(1 << 18);
    let text = text.replace(&"y".repeat(70_000), &"y".repeat(300_000));
    let (done, out) = answers(text.as_bytes(), settings, Answered::default());
    assert_eq!(done.lines, kinds.len() as u64);
    let said = |said: &str| said.replace("65536", "262144");
    for (i, (text, (line, expected))) in std::str::from_utf8(&out).unwrap().lines().zip(&kinds).enumerate() {
        assert!(text.starts_with(&format!("{{\"line\":{},\"id\":", i + 1)), "{text}");
        assert!(text.contains(&said(expected)), "{expected} is not in {text} for {:.80}", line);
    }
}

#[test]
fn an_answer_is_a_report_with_line_and_id() {
    let line = json!({"id": [1, 1.50], "token": "3FA5TFPA2ZE3LMPGGS1EGOJNJE", "country": "lt", "document_type": "ID_CARD",
        "images": {"FRONT": testdata("front.png"), "BACK": testdata("back.png"), "FACE": testdata("face.png")}});
    let (_, out) = answers(line.to_string().as_bytes(), Settings::default(), Answered::default());
    let answer = &values(&out)[0];
    assert_eq!((&answer["line"], &answer["id"], &answer["verdict"]), (&1.into(), &json!([1, 1.5]), &"ready".into()));
    let keys: Vec<_> = answer.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(keys, ["advice", "config", "findings", "id", "images", "line", "request", "skip_analysis", "verdict"]);
    assert_eq!(answer["images"].as_array().unwrap().len(), 3);
    assert!(!String::from_utf8(out).unwrap().contains("3FA5TFPA2ZE3LMPGGS1EGOJNJE"), "a token is not written back");
}

#[test]
fn without_token_and_country_it_is_refused_and_looked_at() {
    let (_, out) = answers(small(&json!(null)).as_bytes(), Settings::default(), Answered::default());
    let answer = &values(&out)[0];
    let rules: Vec<_> = answer["findings"].as_array().unwrap().iter().map(|f| f["rule"].as_str().unwrap()).collect();
    assert_eq!((&answer["verdict"], &answer["images"][0]["width"]), (&"refused".into(), &64.into()));
    assert!(rules.contains(&"missing_token") && rules.contains(&"missing_country"), "{rules:?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    /// Any lines, any bytes, any settings: each line has one answer, in order if that is wanted, and what is held stays
    /// within the window.
    #[test]
    fn every_line_is_answered_once(
        lines in vec(prop_oneof![
            3 => any::<u16>().prop_map(|id| small(&json!(id)).into_bytes()),
            1 => vec(any::<u8>().prop_filter("one line", |b| *b != b'\n'), 0..60),
        ], 0..24),
        threads in 1_usize..5, ordered: bool, window in 20_000_u64..60_000, broken: bool,
    ) {
        let mut text = lines.join(&b'\n');
        // A line break is what makes an empty last line one.
        if broken || lines.last().is_some_and(Vec::is_empty) { text.push(b'\n') }
        let count = if lines.is_empty() { usize::from(broken) } else { lines.len() };
        let mut settings = Settings::with_threads(threads);
        (settings.ordered, settings.window) = (ordered, window);
        let (done, out) = answers(&text, settings, Answered::default());
        let mut numbers: Vec<u64> = values(&out).iter().map(|v| v["line"].as_u64().unwrap()).collect();
        if !ordered { numbers.sort() }
        prop_assert_eq!(numbers, (1..=count as u64).collect::<Vec<_>>());
        prop_assert_eq!(done.lines, count as u64);
        prop_assert!(done.peak <= window, "{} of {}", done.peak, window);
    }
}

#[test]
fn a_submission_larger_than_the_window_is_looked_at_alone() {
    let text = [small(&json!(1)), small(&json!(2)), small(&json!(3))].join("\n");
    let mut settings = Settings::with_threads(3);
    settings.window = 10;
    let (done, out) = answers(text.as_bytes(), settings, Answered::default());
    assert_eq!((done.peak, values(&out).len()), (10, 3));
}

/// Counts how many answers it takes, then refuses.
struct Full(usize);

impl Sink for Full {
    fn answer(&mut self, _: &idenfy_preflight::batch::Answer) -> io::Result<()> {
        self.0 = self.0.checked_sub(1).ok_or(io::ErrorKind::StorageFull)?;
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Lines without end.
struct Endless(Vec<u8>, usize);

impl Read for Endless {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let rest = &self.0[self.1..];
        let n = rest.len().min(into.len());
        into[..n].copy_from_slice(&rest[..n]);
        self.1 = (self.1 + n) % self.0.len();
        Ok(n)
    }
}

fn endless() -> Endless {
    Endless((small(&json!("again")) + "\nbad\n").into_bytes(), 0)
}

#[test]
fn an_output_that_is_full_ends_it() {
    let batch = Batch::new(Preflight::default(), Settings::with_threads(2));
    let failed = batch.run(endless(), Answered::default(), &Stop::default(), &mut Full(7)).unwrap_err();
    assert!(matches!(failed, BatchError::Output(e) if e.kind() == io::ErrorKind::StorageFull));
}

#[test]
fn an_input_that_breaks_ends_it_after_what_was_read() {
    struct Broken;
    impl Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::ErrorKind::ConnectionReset.into())
        }
    }
    let input = Cursor::new("bad\nbad\n").chain(Broken);
    let mut out: Vec<u8> = Vec::new();
    let batch = Batch::new(Preflight::default(), Settings::default());
    let failed = batch.run(input, Answered::default(), &Stop::default(), &mut out).unwrap_err();
    assert!(matches!(failed, BatchError::Input(_)), "{failed}");
    assert_eq!(values(&out).len(), 2);
}

#[test]
fn a_stop_finishes_what_is_in_flight() {
    struct Stopper(Stop, Vec<u64>);
    impl Sink for Stopper {
        fn answer(&mut self, answer: &idenfy_preflight::batch::Answer) -> io::Result<()> {
            self.1.push(answer.line);
            if answer.line == 9 {
                self.0.stop();
            }
            Ok(())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let stop = Stop::default();
    let mut sink = Stopper(stop.clone(), Vec::new());
    let batch = Batch::new(Preflight::default(), Settings::with_threads(2));
    let done = batch.run(endless(), Answered::default(), &stop, &mut sink).unwrap();
    assert!(done.stopped && done.lines >= 9);
    assert_eq!(sink.1, (1..=done.lines).collect::<Vec<_>>(), "no line that was taken is left out");
}

#[test]
fn bodies_are_named_by_their_lines() {
    #[derive(Default)]
    struct Memory(std::sync::Mutex<std::collections::BTreeMap<String, Vec<u8>>>, AtomicUsize);
    impl Bodies for Memory {
        fn put(&self, name: &str, _: u64, body: Vec<u8>) -> io::Result<()> {
            self.1.fetch_add(1, Ordering::SeqCst);
            self.0.lock().unwrap().insert(name.to_owned(), body);
            Ok(())
        }
    }
    let line = |token: &str| {
        json!({"id": "../../etc/passwd", "token": token, "country": "LT", "document_type": "ID_CARD", "images":
            {"FRONT": testdata("front.png"), "BACK": testdata("back.png"), "FACE": testdata("face.png")}})
    };
    let same = line("3FA5TFPA2ZE3LMPGGS1EGOJNJE").to_string();
    let text = [same.clone(), line("ANOTHERTOKEN").to_string(), same, small(&json!(0))].join("\n");
    let bodies = Arc::new(Memory::default());
    let batch = Batch::new(Preflight::default(), Settings::default()).bodies(bodies.clone());
    let mut out: Vec<u8> = Vec::new();
    batch.run(Cursor::new(text), Answered::default(), &Stop::default(), &mut out).unwrap();
    let answers = values(&out);
    assert_eq!(answers[0]["body"], answers[2]["body"], "a line that comes twice has one body");
    assert_ne!(answers[0]["body"], answers[1]["body"]);
    assert_eq!(answers[3].get("body"), None, "what is refused has none");
    let kept = bodies.0.lock().unwrap();
    assert_eq!((kept.len(), bodies.1.load(Ordering::SeqCst)), (2, 3));
    for answer in &answers[..2] {
        let name = answer["body"].as_str().unwrap();
        assert!(name.len() == 37 && name[..32].bytes().all(|b| b.is_ascii_hexdigit()), "{name}");
        assert_eq!(answer["request"]["bytes"], kept[name].len());
        assert!(serde_json::from_slice::<Value>(&kept[name]).unwrap()["images"]["FACE"].is_string());
    }

    struct Broken;
    impl Bodies for Broken {
        fn put(&self, _: &str, _: u64, _: Vec<u8>) -> io::Result<()> {
            Err(io::ErrorKind::StorageFull.into())
        }
    }
    let batch = Batch::new(Preflight::default(), Settings::default()).bodies(Arc::new(Broken));
    let text = line("ANOTHERTOKEN").to_string();
    let failed = batch.run(Cursor::new(text), Answered::default(), &Stop::default(), &mut io::sink()).unwrap_err();
    assert!(failed.to_string().contains("the body of line 1 cannot be written"), "{failed}");
}
