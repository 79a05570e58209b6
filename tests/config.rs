//! Settings in a file: read, refused with a suggestion, printed, and proven by a hash.
#![cfg(feature = "cli")]

use idenfy_preflight::{
    Image, Options, Preflight, Step,
    options::{BackSide, Sensitivity, Thresholds, file},
    rules::{Level, Rule},
    submission::DocumentType,
};
use proptest::prelude::*;
use std::{fs, process::Command};

fn parse(text: &str) -> Options {
    file::parse(text, None).unwrap_or_else(|e| panic!("{text}\n{e}"))
}

#[test]
fn what_is_not_given_keeps_its_default() {
    assert_eq!(parse(""), Options::default());
    let options = parse(
        "sensitivity = 'high'\nconvert = true\n[limits]\nmax_render = 1.5\n[thresholds]\nglare = 0.02\nsmall_px = 600\n\
         [levels]\nall = 'warn'\nglare = 'deny'\n[service]\ntoken_field = 'authToken'\n\
         back = [{ document_type = 'PASSPORT', side = 'required' }]",
    );
    let mut expected = Options::default();
    expected.convert = true;
    expected.limits.max_render = std::time::Duration::from_millis(1500);
    expected.thresholds = Thresholds::new(Sensitivity::High);
    (expected.thresholds.glare, expected.thresholds.small_px) = (0.02, 600.0);
    expected.levels.set_all(Level::Warn);
    expected.levels.set(Rule::Glare, Level::Deny);
    expected.service.token_field = idenfy_preflight::options::TokenField::AuthToken;
    expected.service.back.set(None, DocumentType::Passport, BackSide::Required);
    assert_eq!(options, expected);
    // A flag stands above the file's sensitivity, and below its own values.
    let low = file::parse("sensitivity = 'high'\n[thresholds]\nglare = 0.02", Some(Sensitivity::Low)).unwrap();
    assert_eq!((low.thresholds.legible, low.thresholds.glare), (0.2, 0.02));
}

#[test]
fn what_cannot_be_is_refused_with_its_line() {
    let cases = [
        ("\n[thresholds]\nlegibel = 0.4", 3, "there is no key `legibel` in [thresholds]; did you mean `legible`?"),
        ("[threshold]\n", 1, "did you mean `thresholds`?"),
        ("[levels]\nglaer = 'warn'", 2, "did you mean `glare`?"),
        ("convrt = true", 1, "did you mean `convert`?"),
        ("xyzzy = true", 1, "there are sensitivity, convert, limits, service, thresholds, levels"),
        ("[limits]\n\nmax_pixels = 'many'", 3, "`max_pixels = 'many'`: invalid type: string \"many\", expected u64"),
        ("[limits]\nmax_pixels = -1", 2, "`max_pixels = -1`"),
        ("[limits]\nmax_render = -1.0", 2, "`max_render = -1.0`"),
        ("[levels]\nglare = 'refuse'", 2, "expected one of `allow`, `warn`, `deny`"),
        ("[thresholds]\nclipped = 1.0\nlegible = nan", 3, "`legible` must be a number"),
        ("[thresholds]\nlegible = inf", 2, "`legible` must be a number"),
        ("[thresholds]\nlegible = -0.5", 2, "`legible` must be a number"),
        ("sensitivity = 'huge'", 1, "expected one of `low`, `medium`, `high`"),
        ("a = ", 1, "`a =`"),
        ("limits = 3", 1, "invalid type: integer `3`"),
        ("[service]\nback = [{ country = 'UK', document_type = 'PASSPORT', side = 'none' }]", 2, "\"UK\" is no"),
    ];
    for (text, line, said) in cases {
        let error = file::parse(text, None).expect_err(text);
        assert!(error.line == line && error.what.contains(said), "{text:?} gives {error}");
    }
}

#[test]
fn every_key_is_printed_with_its_default_and_its_meaning() {
    let printed = file::print(&Options::default());
    for (name, value) in serde_json::to_value(Options::default()).unwrap().as_object().unwrap() {
        for key in value.as_object().into_iter().flatten().map(|(key, _)| key) {
            let line = |l: &&str| l.starts_with(&format!("{key} = ")) || **l == format!("# {key} is not set");
            let at = printed.lines().position(|l| line(&l)).unwrap_or_else(|| panic!("{name}.{key} is not printed"));
            let lines: Vec<_> = printed.lines().take(at).collect();
            let said = lines.rsplit(|l| l.is_empty()).next().unwrap_or_default().join("\n");
            assert!(said.starts_with('#') && (name == "levels" || said.contains("Default")), "{name}.{key}: {said:?}");
        }
    }
}

proptest! {
    #[test]
    fn what_is_printed_is_read_back(legible in 0.0_f32..1.0, pixels: u32, cap: Option<u32>, rule in 0..Rule::ALL.len(), convert: bool) {
        let mut options = Options::default();
        options.thresholds.legible = legible;
        options.limits.max_pixels = pixels.into();
        options.service.max_image_base64 = cap.map(Into::into);
        options.service.back.set("LT".parse().ok(), DocumentType::Passport, BackSide::Advised);
        options.levels.set(Rule::ALL[rule], Level::Warn);
        options.convert = convert;
        let again = file::parse(&file::print(&options), None).unwrap();
        prop_assert_eq!(again.fingerprint(), options.fingerprint());
        prop_assert_eq!(again, options);
    }

    #[test]
    fn no_text_brings_it_down(text in "[\\[\\]a-z='\"{}.0-9\n -]{0,80}") {
        let _ = file::parse(&text, None);
    }
}

#[test]
fn reports_carry_the_hash_of_the_settings() {
    let mut options = Options::default();
    options.pdf_password = Some(idenfy_preflight::options::PdfPassword::new("S3CRET"));
    assert_eq!(options.fingerprint(), Options::default().fingerprint(), "a secret is no part of it");
    let preflight = Preflight::new(options);
    let report = preflight.inspect(&Image::new(Step::Front, "a.jpg", &b""[..])).unwrap();
    assert_eq!(report.config, Some(preflight.options().fingerprint()));
    let report = preflight.check(idenfy_preflight::Submission::new()).unwrap().report;
    assert_eq!(report.config, preflight.options().fingerprint());
}

#[test]
fn the_program_takes_the_file_and_flags_stand_above_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("preflight.toml");
    fs::write(&path, "sensitivity = 'high'\n[service]\nmax_body_bytes = 5_000").unwrap();
    let run = |arguments: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_preflight")).args(arguments).arg("--config").arg(&path).output();
        let output = output.unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (output.status.code(), text(output.stdout), text(output.stderr))
    };
    let (status, printed, _) = run(&["config", "--convert", "--deny", "shadow"]);
    assert_eq!(status, Some(0));
    for line in [
        "max_body_bytes = 5000 # default: 20000000",
        "legible = 0.8 # default: 0.5",
        "convert = true # default: false",
        "shadow = \"deny\"",
    ] {
        assert!(printed.lines().any(|l| l == line), "{line} is not in\n{printed}");
    }
    let limit = |arguments: &[&str]| {
        let report: serde_json::Value = serde_json::from_str(&run(arguments).1).unwrap();
        report["request"]["limit"].as_u64()
    };
    assert_eq!(limit(&["check", "--format", "json"]), Some(5_000));
    assert_eq!(limit(&["check", "--format", "json", "--budget", "7000"]), Some(7_000));
    fs::write(&path, "[service]\nmax_body_byte = 1").unwrap();
    let (status, _, said) = run(&["check"]);
    assert!(status == Some(2) && said.contains("line 2") && said.contains("`max_body_bytes`"), "{said}");
}
