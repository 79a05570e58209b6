//! What fuzzing has kept is looked at again, with the same properties and on stable Rust; so is every file of
//! `testdata/`, by each target that takes files.

#[path = "../fuzz/properties/mod.rs"]
mod properties;

use std::{fs, path::Path};

/// A folder's files with their names, sorted.
fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut files: Vec<_> = entries
        .map(|entry| entry.expect("the folder can be read"))
        .filter(|entry| entry.path().is_file())
        .map(|entry| (entry.path().display().to_string(), fs::read(entry.path()).expect("the file can be read")))
        .collect();
    files.sort();
    files
}

fn replay(target: &properties::Target, files: &[(String, Vec<u8>)]) {
    for (name, bytes) in files {
        let run = || (target.1)(bytes);
        assert!(std::panic::catch_unwind(run).is_ok(), "{} on {name}", target.0);
    }
}

#[test]
fn the_kept_corpus_holds() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus");
    for target in properties::TARGETS {
        let files = files(&corpus.join(target.0));
        assert!(!files.is_empty(), "nothing is kept for {}", target.0);
        replay(target, &files);
    }
}

#[test]
fn the_test_data_hold() {
    let files = files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata"));
    let of_files = ["sniff", "probe", "jpeg", "jpeg_differential", "png", "other"];
    for target in properties::TARGETS.iter().filter(|target| of_files.contains(&target.0)) {
        replay(target, &files);
    }
}
