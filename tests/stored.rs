//! Reports that were stored as JSON read back as they were.

use idenfy_preflight::{
    Image, Preflight, Step, Submission,
    finding::Finding,
    format::Format,
    report::{ImageReport, Report},
    rules::{Level, Rule},
    texts::Texts,
};
use proptest::prelude::*;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use std::{fmt::Debug, fs, path::Path};

/// Every picture, PDF and damaged file of the repository.
fn files() -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata");
    let kinds = ["jpg", "png", "pdf", "bmp"];
    let mut files: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| kinds.iter().any(|kind| e == *kind)))
        .map(|path| (path.file_name().unwrap().to_str().unwrap().to_owned(), fs::read(path).unwrap()))
        .collect();
    files.sort();
    assert!(files.len() > 20);
    files
}

/// Written, read and written again: the same value, the same text.
fn kept<T: Serialize + DeserializeOwned + PartialEq + Debug>(value: &T) {
    let written = serde_json::to_string(value).unwrap();
    let read: T = serde_json::from_str(&written).unwrap_or_else(|e| panic!("{e}: {written}"));
    assert_eq!(&read, value);
    assert_eq!(serde_json::to_string(&read).unwrap(), written);
    // By way of a document store too, which keeps values and no text.
    assert_eq!(&serde_json::from_value::<T>(serde_json::to_value(value).unwrap()).unwrap(), value);
}

#[test]
fn reports_on_every_file_read_back() {
    let preflight = Preflight::default();
    for (name, bytes) in files() {
        for step in [Step::Front, Step::Face] {
            kept::<ImageReport>(&preflight.inspect(&Image::new(step, &*name, &*bytes)).unwrap());
        }
    }
}

#[test]
fn a_report_on_a_submission_reads_back_in_any_language() {
    let (preflight, files) = (Preflight::default(), files());
    let image = |step: Step, name: &str| {
        let (name, bytes) = files.iter().find(|(file, _)| file == name).unwrap();
        Image::new(step, &**name, &**bytes)
    };
    // One that is ready, fitted into a small body, and one that is refused.
    let ready = Submission::new().token("3FA5TFPA2ZE3LMPGGS1EGOJNJE").country("LT").document_type("ID_CARD");
    let ready = ready.image(image(Step::Front, "front.jpg")).image(image(Step::Back, "back.jpg"));
    let ready = ready.image(image(Step::Face, "face.jpg"));
    let mut options = preflight.options().clone();
    options.service.max_body_bytes = 500_000;
    let outcome = Preflight::new(options).check(&ready).unwrap();
    assert!(outcome.request.is_some() && outcome.report.images.iter().any(|i| i.sent.as_ref().unwrap().recompressed));
    let refused = Submission::new().country("LT").image(image(Step::Custom("front".into()), "glare.jpg"));
    for report in [outcome.report, preflight.check(&refused).unwrap().report] {
        kept::<Report>(&report);
        let mut german = report.clone();
        Texts::german().translate(&mut german);
        kept(&german);
    }
}

/// What `batch` answers has `line` and `id` before it.
#[cfg(feature = "batch")]
#[test]
fn answers_of_a_batch_read_back_as_reports() {
    use idenfy_preflight::batch::{Answered, Batch, Settings, Stop};
    let lines =
        br#"{"id": 7, "country": "LT", "images": {"FRONT": "testdata/glare.jpg", "FACE": "testdata/face.jpg"}}"#;
    let mut answers = Vec::new();
    let batch = Batch::new(Preflight::default(), Settings::with_threads(1));
    batch.run(&lines[..], Answered::default(), &Stop::default(), &mut answers).unwrap();
    let report: Report = serde_json::from_slice(&answers).unwrap();
    assert_eq!(report.images.len(), 2);
    let parsed = |json: &[u8]| serde_json::from_slice::<Value>(json).unwrap();
    let (mut written, report) = (parsed(&answers), parsed(&serde_json::to_vec(&report).unwrap()));
    // Nothing of it is lost.
    written.as_object_mut().unwrap().retain(|key, _| report.get(key).is_some());
    assert_eq!(written, report);
}

#[test]
fn what_is_no_report_is_told() {
    let told = |json: &str| serde_json::from_str::<Finding>(json).unwrap_err().to_string();
    let finding = |rule: &str, level: &str| {
        format!(
            r#"{{"rule": "{rule}", "level": "{level}", "step": null, "message": "", "help": "", "evidence": {{}}}}"#
        )
    };
    assert!(told(&finding("glaer", "deny")).contains("there is no rule `glaer`"));
    assert!(told(&finding("glare", "denied")).contains("unknown variant `denied`"));
    assert!(serde_json::from_str::<Finding>(&finding("glare", "deny")).unwrap().denies());
    assert!(serde_json::from_str::<Format>(r#""a name that no format has""#).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]

    /// Whatever stands in a finding.
    #[test]
    fn findings_read_back(
        rule in prop::sample::select(Rule::ALL),
        level in prop::sample::select(&[Level::Allow, Level::Warn, Level::Deny][..]),
        step in prop::option::of("\\PC{0,12}|FRONT|front|UTILITY_BILL|utility-bill"),
        said in prop::array::uniform2("\\PC{0,40}"),
        predicts in prop::option::of("[A-Z_]{1,20}"),
        numbers in prop::collection::vec((".{1,8}", prop::num::f64::NORMAL | prop::num::f64::ZERO), 0..4),
    ) {
        let [message, help] = said;
        let mut finding = Finding::new(rule, message, help).at(level);
        finding.step = step.map(|name| Some(Step::from(&*name)).filter(|s| s.name() == name).unwrap_or(Step::Custom(name.into())));
        finding.predicts = predicts.map(Into::into);
        finding.evidence = numbers.into_iter().map(|(name, value)| (name, value.into())).collect();
        kept(&finding);
    }

    /// Any format's name, and nothing longer.
    #[test]
    fn formats_read_back(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
        if let Some(format) = idenfy_preflight::format::sniff(&bytes) {
            kept(&format);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    /// Files that were damaged anywhere.
    #[test]
    fn reports_on_damaged_files_read_back(which in 0..99usize, cut in any::<prop::sample::Index>(), flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..20)) {
        let files = files();
        let (name, bytes) = &files[which % files.len()];
        let mut bytes = bytes[..bytes.len() - cut.index(bytes.len() / 2 + 1)].to_vec();
        for (at, value) in flips {
            if !bytes.is_empty() {
                let at = at.index(bytes.len());
                bytes[at] = value;
            }
        }
        kept(&Preflight::default().inspect(&Image::new(Step::Back, &**name, bytes)).unwrap());
    }
}
