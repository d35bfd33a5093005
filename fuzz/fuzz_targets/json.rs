#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| matchport_hostile::run("json", input));
