//! Any bytes: a header within the limits, or a refusal; the same one twice.
#![no_main]

use idenfy_preflight::{options::Limits, probe::probe};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let mut limits = Limits::default();
    limits.max_pixels = 1 << 20;
    let header = probe(bytes, &limits);
    assert_eq!(header, probe(bytes, &limits));
    if let Ok(header) = header {
        assert!(
            u64::from(header.width) * u64::from(header.height) <= limits.max_pixels || !header.format.is_accepted()
        );
    }
});
