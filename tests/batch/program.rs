//! The program: flags, files, exit statuses, and what survives being killed.

use crate::{small, testdata, values};
use serde_json::{Value, json};
use std::{
    fs,
    io::Write,
    path::Path,
    process::{Command, Output, Stdio},
    time::Duration,
};

fn batch() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_preflight"));
    command.env_remove("IDENFY_TOKEN").arg("batch").stdin(Stdio::null());
    command
}

fn run(command: &mut Command) -> (i32, Vec<u8>, String) {
    let Output { status, stdout, stderr } = command.output().unwrap();
    (status.code().unwrap(), stdout, String::from_utf8(stderr).unwrap())
}

/// Ready, its steps in the order of `check`'s arguments.
fn good() -> String {
    let at = |name: &str| json!(testdata(name)).to_string();
    format!(
        r#"{{"id":7,"token":"3FA5TFPA2ZE3LMPGGS1EGOJNJE","country":"LT","document_type":"ID_CARD","images":{{"FRONT":{},"BACK":{},"FACE":{}}}}}"#,
        at("front.png"),
        at("back.png"),
        at("face.png")
    )
}

#[test]
fn an_answer_is_what_check_prints_and_the_body_what_it_writes() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    fs::write(at("in.jsonl"), good() + "\n").unwrap();
    let (status, out, stderr) = run(batch().arg("--input").arg(at("in.jsonl")).arg("--requests").arg(at("bodies")));
    assert_eq!(status, 0, "{stderr}");
    let mut answer = values(&out).remove(0);
    let mut check = Command::new(env!("CARGO_BIN_EXE_preflight"));
    check.args(["check", "--country", "LT", "--document-type", "ID_CARD", "--format", "json", "--out"]).arg(at("body"));
    for step in ["front", "back", "face"] {
        check.arg(format!("--{step}")).arg(testdata(&format!("{step}.png")));
    }
    let printed = check.env("IDENFY_TOKEN", "3FA5TFPA2ZE3LMPGGS1EGOJNJE").output().unwrap().stdout;
    let body = at("bodies").join(answer["body"].as_str().unwrap());
    assert!(fs::read(&body).unwrap() == fs::read(at("body")).unwrap(), "the bodies differ");
    let map = answer.as_object_mut().unwrap();
    assert_eq!((map.remove("line"), map.remove("id")), (Some(1.into()), Some(7.into())));
    map.remove("body");
    assert_eq!(answer, serde_json::from_slice::<Value>(&printed).unwrap());
    assert_eq!(fs::read_dir(at("bodies")).unwrap().count(), 1, "nothing is left beside it");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(fs::metadata(&body).unwrap().permissions().mode() & 0o777, 0o600, "a body is its owner's alone");
    }
}

#[test]
fn the_summary_counts_earlier_runs_too() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).display().to_string();
    let text = [good(), small(&json!("x")), "bad".into(), small(&json!("x"))].join("\n");
    fs::write(at("in"), text).unwrap();
    let arguments =
        ["--input", &at("in"), "--output", &at("out"), "--summary", &at("s.json"), "--summary-page", &at("s.html")];
    let (status, out, stderr) = run(batch().args(arguments));
    assert_eq!((status, out.as_slice()), (1, &b""[..]));
    assert!(stderr.starts_with("4 lines: 1 ready, 2 refused, 1 with errors; 5 images"), "{stderr}");
    let whole = fs::read(at("out")).unwrap();
    fs::write(at("out"), &whole[..whole.len() / 2]).unwrap();
    let (status, _, stderr) = run(batch().args(arguments).arg("--resume"));
    assert_eq!(status, 1);
    assert!(stderr.contains("by an earlier run"), "{stderr}");
    assert_eq!(fs::read(at("out")).unwrap(), whole);
    let summary: Value = serde_json::from_slice(&fs::read(at("s.json")).unwrap()).unwrap();
    assert_eq!((&summary["lines"], &summary["images"], &summary["ready"]), (&4.into(), &5.into(), &1.into()));
    let page = fs::read_to_string(at("s.html")).unwrap();
    assert!(page.contains("missing_token") && page.contains("<svg") && !page.contains("http"), "{page}");
}

#[test]
fn what_cannot_run_exits_with_2_and_says_why() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).display().to_string();
    fs::write(at("in"), "bad\n").unwrap();
    fs::write(at("foreign"), "my only copy\n").unwrap();
    let cases: [(&[&str], &str); 9] = [
        (&["--input", &at("none")], "--input"),
        (&["--input", &at("")], "it is a folder"),
        (&["--input", &at("in"), "--output", &at("none/x")], "--output"),
        (&["--input", &at("in"), "--output", &at("in")], "--output and --input name the same file"),
        (&["--input", &at("in"), "--resume"], "--output"),
        (&["--input", &at("in"), "--output", &at("foreign"), "--resume"], "is it another file?"),
        (&["--input", &at("in"), "--output", "/dev/full"], "cannot be written"),
        (&["--input", &at("in"), "--requests", &at("in")], "--requests"),
        (&["--input", &at("in"), "--summary", &at("none/x")], "--summary"),
    ];
    for (arguments, said) in cases {
        let (status, _, stderr) = run(batch().args(arguments));
        assert_eq!(status, 2, "{arguments:?}: {stderr}");
        assert!(stderr.contains(said), "{said:?} is not in {stderr:?}");
    }
    assert_eq!(fs::read(at("in")).unwrap(), b"bad\n");
    assert_eq!(fs::read(at("foreign")).unwrap(), b"my only copy\n");
}

/// Lines that take a while, good and bad.
fn many(path: &Path, lines: usize) {
    let mut file = fs::File::create(path).unwrap();
    for i in 0..lines {
        match i % 10 {
            3 => writeln!(file, "{{\"id\":{i}"),
            7 => writeln!(file, "{}", json!({"id": i, "images": {"FRONT": "none"}})),
            _ => writeln!(file, "{}", json!({"id": i, "images": {"FRONT": testdata("front.png")}})),
        }
        .unwrap();
    }
}

#[cfg(unix)]
#[test]
fn killed_at_any_time_and_resumed_every_line_is_answered_once() {
    let folder = tempfile::tempdir().unwrap();
    let (input, out, whole) = (folder.path().join("in"), folder.path().join("out"), folder.path().join("whole"));
    many(&input, 60);
    assert_eq!(run(batch().arg("--input").arg(&input).arg("--output").arg(&whole)).0, 1);
    // SIGKILL leaves what was written; SIGTERM finishes what is in flight.
    for (i, signal) in ["KILL", "TERM", "KILL", "INT", "KILL"].into_iter().enumerate() {
        let mut command = batch();
        command.arg("--input").arg(&input).arg("--output").arg(&out).args(["--resume", "--window", "2000000"]);
        let mut child = command.stderr(Stdio::null()).spawn().unwrap();
        let before = fs::metadata(&out).map_or(0, |m| m.len());
        // Wherever it is by then, the test holds; it is to be in the middle most times.
        while child.try_wait().unwrap().is_none()
            && fs::metadata(&out).map_or(0, |m| m.len()) <= before + 5_000 * i as u64
        {
            std::thread::sleep(Duration::from_millis(2));
        }
        Command::new("kill")
            .args([&format!("-{signal}"), &child.id().to_string()])
            .stderr(Stdio::null())
            .status()
            .unwrap();
        let status = child.wait().unwrap();
        if signal != "KILL" {
            assert!(matches!(status.code(), Some(130 | 1)), "{status:?}");
            assert!(fs::read(&out).unwrap().ends_with(b"\n"), "a whole line is last");
        }
    }
    assert_eq!(run(batch().arg("--input").arg(&input).arg("--output").arg(&out).arg("--resume")).0, 1);
    assert!(fs::read(&out).unwrap() == fs::read(&whole).unwrap(), "the outputs differ");
}

#[cfg(unix)]
#[test]
fn a_stop_does_not_wait_for_input() {
    let mut child = batch().stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    writeln!(input, "{}", small(&json!(1))).unwrap();
    let mut first = [0];
    let mut out = child.stdout.take().unwrap();
    std::io::Read::read_exact(&mut out, &mut first).unwrap();
    Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130), "the answer came before the input's end, and so does the end");
    drop(input);
}

#[cfg(unix)]
#[test]
fn a_pipe_for_an_image_is_answered_without_waiting_for_it() {
    let folder = tempfile::tempdir().unwrap();
    let fifo = folder.path().join("fifo");
    assert!(Command::new("mkfifo").arg(&fifo).status().unwrap().success());
    let input = folder.path().join("in");
    fs::write(&input, json!({"id": 1, "images": {"FRONT": fifo}}).to_string()).unwrap();
    let (status, out, _) = run(batch().arg("--input").arg(&input));
    assert_eq!(status, 1);
    assert!(values(&out)[0]["error"].as_str().unwrap().contains("no ordinary file"));
}
