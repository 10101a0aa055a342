//! See `fuzz/README.md`; what is done with the bytes is in the tests of the crate `api`.
#![no_main]

#[path = "../../crates/api/tests/authorization/oracle.rs"]
mod oracle;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| oracle::authorization(bytes, cfg!(feature = "plant")));
