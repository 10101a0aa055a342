//! What fuzzing has kept in `fuzz/corpus`, played once: a cheap look at whether it still breaks nothing.

use std::fs;
use std::path::Path;

fn play(target: &str, body: fn(&[u8], bool)) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus").join(target);
    let files = fs::read_dir(&folder).expect("the corpus is there");
    let mut count = 0;
    for file in files {
        let path = file.expect("it can be read").path();
        // A panic names the law; this names the bytes.
        println!("{}", path.display());
        body(&fs::read(&path).expect("it can be read"), false);
        count += 1;
    }
    assert!(count >= 12, "{count} files are no corpus of {target}");
}

#[test]
fn rules() {
    play("rules", sim::fuzz::rules);
}

#[test]
fn leg() {
    play("leg", sim::fuzz::leg);
}

#[test]
fn record() {
    play("record", sim::fuzz::record);
}

#[test]
fn snapshot() {
    play("snapshot", sim::fuzz::snapshot);
}
