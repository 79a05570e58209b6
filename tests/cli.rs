//! The program from outside: exit statuses, what is printed where, and what is left behind.
#![cfg(feature = "cli")]

use base64::{Engine, prelude::BASE64_STANDARD};
use serde_json::Value;
use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

const TOKEN: &str = "3FA5TFPA2ZE3LMPGGS1EGOJNJE";

fn testdata(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata").join(name)
}

fn preflight() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_preflight"));
    command.env_remove("IDENFY_TOKEN").stdin(Stdio::null());
    command
}

/// `check` on the good set, with further arguments.
fn check(arguments: &[&str]) -> Command {
    let mut command = preflight();
    command.args(["check", "--country", "lt", "--document-type", "ID_CARD"]).env("IDENFY_TOKEN", TOKEN);
    for step in ["front", "back", "face"] {
        command.arg(format!("--{step}")).arg(testdata(&format!("{step}.jpg")));
    }
    command.args(arguments);
    command
}

fn run(command: &mut Command) -> (i32, String, String) {
    let Output { status, stdout, stderr } = command.output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (status.code().unwrap(), text(stdout), text(stderr))
}

/// What is in a folder, hidden files included.
fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> =
        fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn the_body_carries_the_very_bytes_of_the_files() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("body.json");
    let (status, stdout, stderr) = run(check(&["--format", "json", "--out"]).arg(&out));
    assert_eq!((status, stderr.as_str()), (0, ""), "{stdout}");
    let body = fs::read(&out).unwrap();
    let report: Value = serde_json::from_str(&stdout).unwrap();
    assert_eq!(report["verdict"], "ready");
    assert_eq!(report["request"]["bytes"], body.len());
    let parsed: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!((&parsed["token"], &parsed["country"]), (&TOKEN.into(), &"LT".into()));
    assert!(body.starts_with(
        br#"{"token":"3FA5TFPA2ZE3LMPGGS1EGOJNJE","country":"LT","documentType":"ID_CARD","images":{"FRONT":""#
    ));
    assert!(parsed.get("skipAnalysis").is_none());
    for step in ["front", "back", "face"] {
        let sent = BASE64_STANDARD.decode(parsed["images"][step.to_uppercase()].as_str().unwrap()).unwrap();
        assert_eq!(sent, fs::read(testdata(&format!("{step}.jpg"))).unwrap(), "{step}");
    }
    assert_eq!(names(folder.path()), ["body.json"]);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(fs::metadata(&out).unwrap().permissions().mode() & 0o777, 0o600, "a body is its owner's alone");
    }
}

#[test]
fn the_body_may_go_to_standard_output() {
    let (status, stdout, stderr) =
        run(check(&["--out", "-", "--skip-analysis", "always", "--token-field", "authToken"]).arg("--format=json"));
    let body: Value = serde_json::from_str(&stdout).unwrap();
    assert_eq!((status, &body["skipAnalysis"], &body["authToken"]), (0, &true.into(), &TOKEN.into()));
    assert!(body.get("token").is_none());
    assert_eq!(serde_json::from_str::<Value>(&stderr).unwrap()["verdict"], "ready");
}

#[test]
fn a_refused_submission_writes_nothing_and_says_why() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("body.json");
    let (status, stdout, _) = run(check(&["--country", "UK", "--out"]).arg(&out));
    assert_eq!(status, 2, "a flag given twice is a usage error: {stdout}");
    let mut command = preflight();
    command.args(["check", "--country", "UK", "--token", TOKEN, "--front"]).arg(testdata("pdf_encrypted.pdf"));
    let (status, stdout, _) = run(command.arg("--out").arg(&out));
    assert_eq!(status, 1);
    for said in ["DENY pdf_encrypted", "DENY unknown_country", "Did you mean GB?", "DENY missing_step on FACE"] {
        assert!(stdout.contains(said), "{said} is not in:\n{stdout}");
    }
    assert!(names(folder.path()).is_empty());
}

#[test]
fn what_cannot_run_exits_with_2_and_says_why() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).display().to_string();
    fs::write(at("not.json"), "{").unwrap();
    fs::write(at("secret.json"), r#"{"authToken":["S3CRET"]}"#).unwrap();
    fs::File::create(at("large.json")).unwrap().set_len(5 << 30).unwrap();
    let cases: [(&[&str], &str); 15] = [
        (&["--utility-bill", &at("none")], "there is no such file"),
        (&["--utility-bill", &at("")], "it is a folder"),
        (&["--utility-bill", "/dev/null"], "no ordinary file"),
        (&["--session", &at("not.json")], "not a JSON object"),
        (&["--session", &at("large.json")], "large.json: the session has 5368709120 bytes"),
        (&["--config", "/dev/zero"], "--config /dev/zero: it has more than 1048576 bytes"),
        (&["--config", &at("large.json")], "large.json: it has more than 1048576 bytes"),
        (&["--session", &at("secret.json")], "`authToken` is a list where a text was expected"),
        (&["--out", &at("missing/body.json")], "missing/body.json: it cannot be written (there is no such folder)\n"),
        (&["--out", &at("")], "it is a folder"),
        (&["--allow", "glare", "--deny", "glare"], "contradict"),
        (&["--allow", "glaer"], "'glare'"),
        (&["--allow", "file_too_large"], "the rule file_too_large always refuses: a file that large is not read"),
        (&["--warn", "over_budget"], "the rule over_budget always refuses"),
        (&["--step", "VISA_PAGE"], "NAME=FILE is needed"),
    ];
    for (arguments, said) in cases {
        let (status, stdout, stderr) = run(&mut check(arguments));
        assert_eq!(status, 2, "{arguments:?}");
        assert!(stderr.contains(said), "{said:?} is not in {stderr:?}");
        assert!(stdout.is_empty() && !stderr.contains("S3CRET"));
    }
}

#[cfg(unix)]
#[test]
fn no_output_is_written_over_what_another_flag_names() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).display().to_string();
    let kept = b"{\"id\": 1}\n".as_slice();
    fs::write(at("a"), kept).unwrap();
    fs::hard_link(at("a"), at("hard")).unwrap();
    std::os::unix::fs::symlink("a", at("soft")).unwrap();
    let (a, hard, soft, new) = (at("a"), at("hard"), at("soft"), at("new"));
    let cases: [(&[&str], &str); 10] = [
        (&["batch", "--input", &a, "--summary", &soft], "--summary and --input"),
        (&["batch", "--input", &a, "--summary-page", &a], "--summary-page and --input"),
        (&["batch", "--input", &a, "--output", &hard], "--output and --input"),
        (&["batch", "--input", &a, "--output", &new, "--summary", &new], "--output and --summary"),
        (&["check", "--front", &a, "--out", &hard], "--out and --front"),
        (&["check", "--step", &format!("VISA={a}"), "--report", &soft], "--report and --step"),
        (&["check", "--session", &a, "--out", &a], "--out and --session"),
        (&["check", "--config", &a, "--out", &a], "--out and --config"),
        (&["check", "--out", &new, "--report", &at("../x/../new").replace("../x/../", "./")], "--out and --report"),
        (&["inspect", &testdata("front.jpg").display().to_string(), &a, "--report", &hard], "--report and FILE"),
    ];
    for (arguments, said) in cases {
        let (status, stdout, stderr) = run(preflight().args(arguments));
        assert_eq!((status, stdout.as_str()), (2, ""), "{arguments:?}");
        assert!(stderr.contains(&format!("{said} name the same file")), "{said:?} is not in {stderr:?}");
        assert_eq!(fs::read(&a).unwrap(), kept, "{arguments:?}");
    }
    assert_eq!(names(folder.path()), ["a", "hard", "soft"]);
    let (status, _, stderr) = run(preflight().args(["inspect", &a, &a, "--report", "/dev/null"]));
    assert_eq!(status, 1, "inputs may be the same, and devices are nobody's: {stderr}");
}

#[cfg(unix)]
#[test]
fn a_pipe_is_refused_without_waiting_for_it() {
    let folder = tempfile::tempdir().unwrap();
    let fifo = folder.path().join("fifo");
    assert!(Command::new("mkfifo").arg(&fifo).status().unwrap().success());
    let (status, _, stderr) = run(preflight().arg("inspect").arg(&fifo));
    assert_eq!(status, 2);
    assert!(stderr.contains("no ordinary file"), "{stderr}");
}

/// Runs `check --out` with a reader at the other end of `pipe`; what it read.
#[cfg(unix)]
fn written_into(pipe: &Path, out: &Path) -> (i32, String, Vec<u8>) {
    let reader = std::thread::spawn({
        let pipe = pipe.to_owned();
        move || fs::read(pipe).unwrap()
    });
    let (status, _, stderr) = run(check(&["--out"]).arg(out));
    if fs::symlink_metadata(pipe).unwrap().is_file() {
        return (status, stderr, Vec::new());
    }
    (status, stderr, reader.join().unwrap())
}

#[cfg(unix)]
#[test]
fn a_pipe_is_written_to_and_not_replaced() {
    use std::os::unix::fs::{FileTypeExt, symlink};
    let folder = tempfile::tempdir().unwrap();
    let (fifo, link) = (folder.path().join("fifo"), folder.path().join("link"));
    assert!(Command::new("mkfifo").arg(&fifo).status().unwrap().success());
    symlink("fifo", &link).unwrap();
    for out in [&fifo, &link] {
        let (status, stderr, body) = written_into(&fifo, out);
        assert!(fs::symlink_metadata(&fifo).unwrap().file_type().is_fifo(), "the pipe is still one");
        assert_eq!((status, stderr.as_str()), (0, ""));
        assert_eq!(serde_json::from_slice::<Value>(&body).unwrap()["country"], "LT");
    }
    let socket = folder.path().join("socket");
    let _listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
    let (status, _, stderr) = run(check(&["--out"]).arg(&socket));
    assert!(fs::symlink_metadata(&socket).unwrap().file_type().is_socket());
    assert!(status == 2 && stderr.contains("cannot be written"), "{stderr}");
    assert_eq!(names(folder.path()), ["fifo", "link", "socket"]);
}

#[cfg(unix)]
#[test]
fn a_link_is_followed_to_the_file_that_is_replaced() {
    use std::os::unix::fs::symlink;
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    fs::create_dir(at("real")).unwrap();
    fs::write(at("real/old.json"), "old").unwrap();
    symlink("real/old.json", at("first")).unwrap();
    symlink("first", at("second")).unwrap();
    symlink("real/new.json", at("new")).unwrap();
    symlink("loop", at("loop")).unwrap();
    for (link, file) in [("second", "real/old.json"), ("new", "real/new.json")] {
        let (status, _, stderr) = run(check(&["--out"]).arg(at(link)));
        assert_eq!((status, stderr.as_str()), (0, ""));
        assert!(fs::symlink_metadata(at(link)).unwrap().is_symlink(), "{link} is still a link");
        assert!(fs::read(at(file)).unwrap().starts_with(b"{\"token\""), "{file} is the body");
    }
    let (status, _, stderr) = run(check(&["--out"]).arg(at("loop")));
    assert!(status == 2 && stderr.contains("cannot be written"), "{stderr}");
    assert_eq!(names(&at("real")), ["new.json", "old.json"]);
}

#[cfg(unix)]
#[test]
fn standard_output_by_its_path_is_standard_output() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("redirected");
    let status = check(&["--out", "/dev/stdout"]).stdout(fs::File::create(&file).unwrap()).status().unwrap();
    assert_eq!(status.code(), Some(0));
    assert_eq!(serde_json::from_slice::<Value>(&fs::read(&file).unwrap()).unwrap()["country"], "LT");
    assert_eq!(names(folder.path()), ["redirected"]);
}

#[test]
fn inspect_answers_every_file_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let large = folder.path().join("large.jpg");
    fs::File::create(&large).unwrap().set_len(5 << 30).unwrap();
    let files = [testdata("empty_file.jpg"), folder.path().join("none"), large, testdata("front.jpg")];
    let (status, stdout, _) = run(preflight().args(["inspect", "--format", "jsonl", "--"]).args(&files));
    assert_eq!(status, 2);
    let lines: Vec<Value> = stdout.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    for (line, file) in lines.iter().zip(&files) {
        assert_eq!(line["file"].as_str().unwrap(), file.to_str().unwrap());
    }
    assert_eq!(lines[0]["findings"][0]["rule"], "empty_file");
    assert!(lines[1]["error"].as_str().unwrap().contains("no such file"));
    assert_eq!(
        (&lines[2]["findings"][0]["rule"], &lines[2]["bytes"]),
        (&"file_too_large".into(), &(5_u64 << 30).into())
    );
    assert_eq!((&lines[3]["verdict"], &lines[3]["width"]), (&"ready".into(), &1600.into()));
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let mut child = preflight()
        .args(["inspect", "--format", "jsonl"])
        .args(std::iter::repeat_n(testdata("unreadable.jpg"), 64))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), output.stderr.as_slice()), (Some(1), &b""[..]));
}

#[test]
fn names_cannot_steer_the_terminal() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a\u{1b}[2Jb\u{202e}.jpg");
    fs::write(&file, b"").unwrap();
    let (_, stdout, _) = run(preflight().arg("inspect").arg(&file));
    assert!(!stdout.contains('\u{1b}') && !stdout.contains('\u{202e}'), "{stdout:?}");
}

#[test]
fn arguments_cannot_steer_the_terminal() {
    let cases: [(&[&str], &str); 3] = [
        (&["check", "--\u{1b}]0;title\u{7}x"], "'--\u{fffd}]0;title\u{fffd}x'"),
        (&["check", "--skip-analysis", "\u{1b}[2J\u{9b}31m\r"], "'\u{fffd}[2J\u{fffd}31m\u{fffd}'"),
        (&["check", "--step", "\u{202e}\u{1b}[2J"], "'\u{fffd}\u{fffd}[2J'"),
    ];
    for (arguments, shown) in cases {
        // Where colours are wanted, nothing is stripped on the way.
        let (status, stdout, stderr) = run(preflight().args(arguments).env("CLICOLOR_FORCE", "1"));
        assert_eq!((status, stdout.as_str()), (2, ""), "{stderr:?}");
        assert!(stderr.contains(shown) && stderr.chars().all(|c| c == '\n' || !c.is_control()), "{stderr:?}");
    }
}

#[test]
fn every_rule_is_listed() {
    let (status, stdout, _) = run(preflight().arg("rules"));
    assert_eq!(status, 0);
    assert_eq!(stdout.lines().count(), idenfy_preflight::rules::Rule::ALL.len());
}

#[cfg(unix)]
#[test]
fn an_interrupt_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let bill = testdata("bill.pdf");
    // Many large steps, so that there is time to interrupt.
    let mut command = check(&["--out"]);
    command.arg(folder.path().join("body.json"));
    for i in 0..400 {
        command.arg("--step").arg(format!("STEP_{i}={}", bill.display()));
    }
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    while names(folder.path()).is_empty() && child.try_wait().unwrap().is_none() {
        std::thread::yield_now();
    }
    Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    let status = child.wait().unwrap();
    // Either it was interrupted and left nothing, or it was done and left the whole body.
    match status.code() {
        Some(130) => assert!(names(folder.path()).is_empty()),
        _ => assert_eq!(names(folder.path()), ["body.json"]),
    }
}
