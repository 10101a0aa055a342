//! Every script in `scenarios/` happens as it says. `UPDATE=1` writes what the engine says into the scripts.
#![allow(clippy::unwrap_used, unreachable_pub, reason = "a test may stop anywhere, and has no callers")]

mod scenario;

use std::fs;
use std::path::{Path, PathBuf};

#[test]
fn every_script_happens_as_it_says() {
    let updates = std::env::var_os("UPDATE").is_some();
    let mut wrong = 0;
    for path in scripts() {
        let script = fs::read_to_string(&path).unwrap();
        let played = scenario::play(&path.display().to_string(), &script);
        if played == script {
            continue;
        }
        if updates {
            fs::write(&path, played).unwrap();
            continue;
        }
        wrong += 1;
        eprintln!("{}", path.display());
        tell_difference(&script, &played);
    }
    assert_eq!(wrong, 0, "scripts that happen otherwise");
}

fn scripts() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios");
    let mut paths: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "txt"));
    paths.sort();
    assert!(!paths.is_empty(), "there are scripts");
    paths
}

fn tell_difference(script: &str, played: &str) {
    let (mut said, mut meant) = (played.lines(), script.lines());
    loop {
        match (meant.next(), said.next()) {
            (None, None) => break,
            (meant, said) if meant == said => {}
            (meant, said) => {
                eprintln!("  script: {}\n  engine: {}", meant.unwrap_or("(ends)"), said.unwrap_or("(ends)"));
                break;
            }
        }
    }
}
