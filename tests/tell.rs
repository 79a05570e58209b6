//! How the program tells its answer: lines, colours, languages, the page, completions and the manual.
#![cfg(feature = "cli")]

use std::{fs, path::Path, process::Command};

fn preflight(arguments: &[&str]) -> (i32, String, String) {
    ran(Command::new(env!("CARGO_BIN_EXE_preflight")).args(arguments))
}

fn ran(command: &mut Command) -> (i32, String, String) {
    let output = command.current_dir(env!("CARGO_MANIFEST_DIR")).env_remove("IDENFY_TOKEN").output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

#[test]
fn the_readme_says_what_is_printed() {
    let readme = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("body.json").display().to_string();
    let before = readme.split("## From session to webhook").next().unwrap();
    let mut checked = 0;
    for block in before.split("```console\n").skip(1).map(|rest| rest.split("```").next().unwrap()) {
        let (command, printed) = block.split_once('\n').unwrap();
        let starts = ["$ cargo run --release -- ", "$ target/release/preflight "];
        let Some(arguments) = starts.iter().find_map(|start| command.strip_prefix(start)) else { continue };
        let arguments: Vec<&str> = arguments.split(' ').map(|a| if a == "body.json" { &out } else { a }).collect();
        let (_, stdout, stderr) = preflight(&arguments);
        assert_eq!(format!("{stdout}{stderr}"), printed, "{command}");
        checked += 1;
    }
    assert!(checked >= 2);
}

#[test]
fn a_finding_is_one_line_with_what_where_how_far_off_and_what_to_do() {
    let (status, stdout, _) = preflight(&["inspect", "testdata/glare.jpg", "testdata/front.jpg"]);
    let lines: Vec<&str> = stdout.lines().collect();
    assert_eq!((status, lines.len()), (1, 3), "{stdout}");
    for part in
        ["  DENY glare  ", "hides print", "at the right", "% of the document, threshold 1 %", "Tilt the document"]
    {
        assert!(lines[1].contains(part), "{part} is not in {}", lines[1]);
    }
    let (_, quiet, _) = preflight(&["inspect", "-q", "testdata/glare.jpg", "testdata/front.jpg"]);
    assert_eq!(quiet.lines().collect::<Vec<_>>(), [lines[0], lines[2]]);
    let (_, verbose, _) = preflight(&["inspect", "-v", "testdata/glare.jpg"]);
    for part in ["legibility=", "acutance=", "covers=\"text\""] {
        assert!(verbose.contains(part), "{part} is not in {verbose}");
    }
    assert_eq!(preflight(&["inspect", "-v", "-q", "testdata/glare.jpg"]).0, 2);
}

#[test]
fn colours_are_for_terminals_alone_unless_forced() {
    let run = |variables: &[(&str, &str)]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_preflight"));
        command.args(["inspect", "testdata/glare.jpg"]).env_remove("NO_COLOR").env_remove("CLICOLOR_FORCE");
        ran(command.envs(variables.iter().copied())).1
    };
    assert!(!run(&[]).contains('\u{1b}'));
    let forced = run(&[("CLICOLOR_FORCE", "1")]);
    assert!(forced.contains("\u{1b}[1m\u{1b}[31mREFUSE\u{1b}[0m"), "{forced:?}");
    assert_eq!(anstream::adapter::strip_str(&forced).to_string(), run(&[]));
}

#[test]
fn findings_speak_german_where_they_are_asked_to() {
    let (_, text, _) = preflight(&["inspect", "--language", "de", "testdata/glare.jpg"]);
    assert!(text.contains("Eine Spiegelung verdeckt Schrift"), "{text}");
    let (_, json, _) = preflight(&["inspect", "--language", "de", "--format", "jsonl", "testdata/glare.jpg"]);
    let report: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert!(report["findings"][0]["help"].as_str().unwrap().starts_with("Kippen Sie"), "{report}");
    assert_eq!(report["findings"][0]["rule"], "glare");
}

#[test]
fn a_page_is_written_whole_for_its_owner_or_not_at_all() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("page.html");
    let shown = path.display().to_string();
    let (status, ..) = preflight(&["inspect", "testdata/glare.jpg", "testdata/empty_file.jpg", "--report", &shown]);
    let page = fs::read_to_string(&path).unwrap();
    assert!(status == 1 && page.ends_with("</html>") && page.matches("<section").count() == 2);
    let (status, ..) = preflight(&["check", "--front", "testdata/front.jpg", "--report", &shown]);
    let page = fs::read_to_string(&path).unwrap();
    assert!(status == 1 && page.contains("Not ready") && page.contains("missing_country"));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }
    let (status, _, said) = preflight(&["inspect", "testdata/front.jpg", "--report", "no/such/folder/page.html"]);
    assert!(status == 2 && said.contains("--report no/such/folder/page.html"), "{said}");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn completions_and_manual_come_from_the_arguments() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let (status, script, _) = preflight(&["completions", shell]);
        assert!(status == 0 && script.contains("skip-analysis") && script.contains("inspect"), "{shell}");
    }
    let (status, manual, _) = preflight(&["man"]);
    assert!(status == 0 && manual.contains(".TH preflight 1") && manual.contains("preflight\\-inspect"), "{manual}");
    let (status, manual, _) = preflight(&["man", "check"]);
    assert!(status == 0 && manual.contains("\\-\\-skip\\-analysis"));
    assert_eq!(preflight(&["man", "chek"]).0, 2);
}

#[test]
fn pictures_are_for_terminals_alone() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_preflight"));
    command.args(["inspect", "--picture", "testdata/glare.jpg"]).env("TERM", "xterm-kitty").env("CLICOLOR_FORCE", "1");
    let (_, stdout, stderr) = ran(command.env_remove("TMUX"));
    assert!(!stdout.contains("\x1b_G") && stdout.contains("hides print"), "{stdout}");
    assert_eq!(stderr, "");
    assert_eq!(preflight(&["inspect", "--picture", "--quiet", "testdata/glare.jpg"]).0, 2);
}

#[test]
fn a_file_in_the_wrong_place_brings_a_tip() {
    for (arguments, tip) in
        [(&["testdata/front.jpg"][..], "inspect FILE"), (&["check", "testdata/front.jpg"], "--front FILE")]
    {
        let (status, _, stderr) = preflight(arguments);
        assert!(status == 2 && stderr.contains("tip: ") && stderr.contains(tip), "{stderr}");
    }
    let (status, _, stderr) = preflight(&["testdata/no-such-file.jpg"]);
    assert!(status == 2 && !stderr.contains("inspect FILE"), "{stderr}");
    let (_, stdout, _) = preflight(&["check", "--document-type", "id card"]);
    assert!(stdout.contains("Give ID_CARD if that was meant"), "{stdout}");
    assert!(preflight(&["check", "--document-type", "library"]).1.contains("Give one of the four"));
}
