//! What fuzzing has kept is looked at again, with the same properties and on stable Rust; so is every file of
//! `testdata/`, by each target that takes files; and a short smoke changes what is kept, without looking at coverage.

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

/// Xorshift (Marsaglia 2003): the same changes in every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % n.max(1)
    }

    fn range(&mut self, len: usize) -> std::ops::Range<usize> {
        let start = self.below(len);
        start..(start + 1 + self.below(64)).min(len)
    }

    /// One to four of the changes that a fuzzer makes.
    fn changed(&mut self, mut bytes: Vec<u8>, other: &[u8]) -> Vec<u8> {
        for _ in 0..1 + self.below(4) {
            let at = self.below(bytes.len() + 1);
            match self.below(7) {
                0 => bytes.get_mut(at).into_iter().for_each(|byte| *byte ^= 1 << self.below(8)),
                1 => bytes.get_mut(at).into_iter().for_each(|byte| *byte = [0, 1, 0x7F, 0x80, 0xFF][self.below(5)]),
                2 => bytes.insert(at, self.below(256) as u8),
                3 => drop(bytes.drain(self.range(bytes.len()))),
                4 => bytes.truncate(at),
                5 => {
                    let again = bytes[self.range(bytes.len())].to_vec();
                    bytes.splice(at..at, again);
                }
                _ => bytes.splice(at.., other.get(at..).unwrap_or(&[]).iter().copied()).for_each(drop),
            }
        }
        bytes
    }
}

#[test]
fn what_is_kept_holds_when_it_is_changed() {
    let rounds = std::env::var("SMOKE_ROUNDS").map_or(200, |n| n.parse().expect("SMOKE_ROUNDS is a number"));
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus");
    for target in properties::TARGETS {
        let kept = files(&corpus.join(target.0));
        let mut dice = Dice(0x9E37_79B9_7F4A_7C15);
        for round in 0..rounds {
            let [(_, bytes), (_, other)] = [0; 2].map(|_| &kept[dice.below(kept.len())]);
            let changed = dice.changed(bytes.clone(), other);
            let run = || (target.1)(&changed);
            if std::panic::catch_unwind(run).is_err() {
                let left = std::env::temp_dir().join(format!("smoke-{}-{round}", target.0));
                fs::write(&left, &changed).expect("the folder of temporary files can be written to");
                panic!("{} in round {round}: {}", target.0, left.display());
            }
        }
    }
}
