//! See `fuzz/README.md`; what is done with the bytes is in `sim::fuzz`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| sim::fuzz::record(bytes, cfg!(feature = "plant")));
