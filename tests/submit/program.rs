//! The program: exit statuses, and what is printed.
#![cfg(feature = "cli")]

use crate::*;
use idenfy_preflight::sandbox::Fault;
use std::{
    fs,
    io::Read,
    net::TcpListener,
    process::{Command, Stdio},
};

fn testdata(name: &str) -> String {
    format!("{}/testdata/{name}", env!("CARGO_MANIFEST_DIR"))
}

/// `submit` to a sandbox, with these arguments besides the good set.
fn submit(base: &str, arguments: &[&str]) -> (i32, String, String) {
    submit_in(&[], base, arguments)
}

/// The same with these variables, and none of the machine's own that decide on the way.
pub fn submit_in(variables: &[(&str, &str)], base: &str, arguments: &[&str]) -> (i32, String, String) {
    let output = command(base, arguments).envs(variables.iter().copied()).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

fn command(base: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_preflight"));
    command.args(["submit", "--country", "LT", "--document-type", "ID_CARD", "--base-url", base]);
    for step in ["front", "back", "face"] {
        command.args([format!("--{step}"), testdata(&format!("{step}.jpg"))]);
    }
    command.args(arguments).env("IDENFY_API_KEY", KEY).env("IDENFY_API_SECRET", SECRET).env_remove("IDENFY_TOKEN");
    for name in ["https_proxy", "all_proxy", "http_proxy", "no_proxy"] {
        command.env_remove(name).env_remove(name.to_uppercase());
    }
    command.env_remove("SSL_CERT_FILE");
    command
}

#[test]
fn exit_statuses_tell_the_cases_apart() {
    let sandbox = sandbox(settings());
    let url = format!("http://{}", sandbox.address());
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).display().to_string();
    let new = |name: &str| {
        let (status, text) = post(&sandbox, "/api/v2/token", br#"{"clientId":"c"}"#);
        assert_eq!(status, 201);
        fs::write(at(name), text).unwrap();
        at(name)
    };
    let (session, ledger) = (new("session.json"), at("ledger"));
    let with = ["--session", session.as_str(), "--ledger", ledger.as_str(), "--format", "json"];
    let (status, stdout, stderr) = submit(&url, &with);
    let printed: Value = serde_json::from_str(&stdout).unwrap_or_else(|_| panic!("{stdout}{stderr}"));
    assert_eq!((status, &printed["submit"]["answer"]), (0, &json!("accepted")));
    let created: Value = serde_json::from_str(&fs::read_to_string(&session).unwrap()).unwrap();
    assert_eq!(printed["scanRef"], created["scanRef"]);
    // Another process knows by the ledger; without it the service refuses.
    let (status, stdout, _) = submit(&url, &with);
    assert_eq!(status, 1);
    assert!(stdout.contains("sent before"), "{stdout}");
    let (status, stdout, _) = submit(&url, &["--session", &session]);
    assert_eq!(status, 1);
    assert!(stdout.contains("TOKEN_NOT_VALID"), "{stdout}");
    // Refused before: nothing is sent.
    let (status, stdout, _) = submit(
        &url,
        &[
            "--token",
            "NEVERSENTNEVERSENT",
            "--deny",
            "trailing_data",
            "--step",
            &format!("X={}", testdata("trailing_data.jpg")),
        ],
    );
    assert_eq!((status, sandbox.bodies("NEVERSENTNEVERSENT")), (1, 0), "{stdout}");
    // The body left, no answer came.
    sandbox.set_fault(Fault::Reset);
    let (status, stdout, _) = submit(&url, &["--session", &new("second.json")]);
    assert_eq!(status, 3, "{stdout}");
    assert!(stdout.contains("/api/v2/status") && stdout.contains("scanRef"), "{stdout}");
    // Could not run.
    let (status, _, stderr) = submit("http://example.com", &["--token", "TOKENTOKENTOKEN"]);
    assert_eq!(status, 2);
    assert!(stderr.contains("https"), "{stderr}");
    let (status, stdout, _) = submit("https://no-such-host.invalid", &["--token", "TOKENTOKENTOKEN"]);
    assert_eq!(status, 2, "{stdout}");
    assert!(stdout.contains("Not sent: the name no-such-host.invalid is not known"), "{stdout}");
    let (status, _, stderr) = submit(&url, &["--token", "TOKENTOKENTOKEN", "--connect-timeout", "0"]);
    assert_eq!((status, stderr.contains("0 is not in 1..")), (2, true), "{stderr}");
    let (status, _, stderr) = submit(&url, &["--token", "TOKENTOKENTOKEN", "--ca-file", &session]);
    assert_eq!((status, stderr.contains("BEGIN CERTIFICATE")), (2, true), "{stderr}");
}

#[cfg(unix)]
#[test]
fn an_interrupt_while_the_answer_is_awaited_is_unknown() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let session = folder.path().join("session.json");
    fs::write(&session, r#"{"authToken": "TOKENTOKENTOKEN", "scanRef": "0a1b-2c3d"}"#).unwrap();
    for format in ["text", "json"] {
        let mut command = command(&url, &["--format", format, "--session", session.to_str().unwrap()]);
        let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let (mut stream, _) = listener.accept().unwrap();
        let (mut seen, mut chunk) = (Vec::new(), [0; 4096]);
        while !seen.ends_with(b"}}") {
            let n = stream.read(&mut chunk).unwrap();
            seen.extend_from_slice(&chunk[..n]);
        }
        Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap();
        let output = child.wait_with_output().unwrap();
        let stdout = String::from_utf8(output.stdout).unwrap();
        assert_eq!(output.status.code(), Some(3), "{stdout}");
        assert!(stdout.contains("the program was interrupted") && stdout.contains("0a1b-2c3d"), "{stdout}");
        assert!(format == "text" || serde_json::from_str::<Value>(&stdout).is_ok(), "{stdout}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn an_answer_that_cannot_be_printed_keeps_its_status() {
    let sandbox = sandbox(settings());
    let url = format!("http://{}", sandbox.address());
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("session.json");
    for (fault, status, said) in [(Fault::None, 0, "Accepted"), (Fault::Reset, 3, "Unknown")] {
        let (_, text) = post(&sandbox, "/api/v2/token", br#"{"clientId":"c"}"#);
        fs::write(&path, text).unwrap();
        sandbox.set_fault(fault);
        let full = fs::File::options().write(true).open("/dev/full").unwrap();
        let output = command(&url, &["--session", path.to_str().unwrap()]).stdout(full).output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(status), "{stderr}");
        assert!(stderr.contains("standard output: ") && stderr.contains(said), "{stderr}");
    }
}

#[test]
fn the_sandbox_listens_on_this_machine_alone() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_preflight"));
    command.args(["sandbox", "--listen", "0.0.0.0:0"]).env("IDENFY_API_KEY", KEY).env("IDENFY_API_SECRET", SECRET);
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("loopback"));
}
