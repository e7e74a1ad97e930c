//! Replays the corpora of the fuzzer: what it once found stays found (SEC-67, README decision 22).

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

#[path = "../fuzz/targets.rs"]
mod targets;

use targets::TARGETS;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz")
}

fn names(folder: &Path) -> BTreeSet<String> {
    let entries = std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    entries.map(|entry| entry.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned()).collect()
}

#[test]
fn sec_67_every_corpus_is_replayed() {
    for (name, target) in TARGETS {
        let folder = folder().join("corpus").join(name);
        let mut files = 0;
        for entry in std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
            let bytes = std::fs::read(entry.unwrap().path()).unwrap();
            target(&bytes);
            // Cut and flipped ones are as near to what the fuzzer tries as a test can be.
            target(&bytes[..bytes.len() / 2]);
            let mut flipped = bytes.clone();
            for at in (0..bytes.len()).step_by(bytes.len() / 16 + 1) {
                flipped[at] ^= 0x20;
                target(&flipped);
            }
            files += 1;
        }
        assert!(files >= 2, "{name} has {files} files");
        target(&[]);
    }
}

#[test]
fn sec_67_every_target_has_a_corpus() {
    let targets: BTreeSet<String> = TARGETS.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(targets.len(), TARGETS.len());
    assert_eq!(names(&folder().join("corpus")), targets);
}
