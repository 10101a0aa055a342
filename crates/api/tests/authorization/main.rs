//! The signature, held against a second reading of the same rules: with what fuzzing has kept, and with random bytes.

mod oracle;

use std::fs;
use std::panic;
use std::path::Path;

use proptest::prelude::*;

#[test]
fn what_fuzzing_has_kept_breaks_nothing() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus/authorization");
    let files: Vec<_> = fs::read_dir(&folder).unwrap().map(|file| file.unwrap().path()).collect();
    assert!(files.len() >= 12, "{} files are no corpus", files.len());
    for path in files {
        // A panic names the law; this names the bytes.
        println!("{}", path.display());
        oracle::authorization(&fs::read(&path).unwrap(), false);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 20_000, failure_persistence: None, ..Default::default() })]

    #[test]
    fn two_different_requests_never_share_a_canonical_form(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        oracle::authorization(&bytes, false);
    }
}

#[test]
fn a_canonical_form_that_two_requests_share_is_noticed() {
    // POST, path "/", query "%26=1".
    let bytes = [
        &[1, 0, 1, 5][..],
        &[oracle::query_byte(b'%'), oracle::query_byte(b'2'), oracle::query_byte(b'6')],
        &[oracle::query_byte(b'='), oracle::query_byte(b'1')],
    ]
    .concat();
    oracle::authorization(&bytes, false);
    let hook = panic::take_hook();
    panic::set_hook(Box::new(|_| ()));
    let found = panic::catch_unwind(|| oracle::authorization(&bytes, true));
    panic::set_hook(hook);
    assert!(found.is_err(), "the planted bug is found");
}
