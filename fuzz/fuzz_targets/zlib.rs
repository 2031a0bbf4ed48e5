#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    (redis_model_fuzz::target("zlib").check)(bytes);
});
