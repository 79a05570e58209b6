//! Any bytes whose header is accepted: a view of the size that the header says, by either road, or a refusal.
#![no_main]

use idenfy_preflight::{decode, options::Limits, probe::probe};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let mut limits = Limits::default();
    limits.max_pixels = 1 << 18;
    limits.max_memory = 64 << 20;
    let Ok(header) = probe(bytes, &limits) else { return };
    let size = header.upright_size();
    for reduction in [1, 2, 4, 8] {
        if let Ok(seen) = decode::view(bytes, &header, reduction, &limits)
            && header.format.name() != "pdf"
        {
            let view = seen.picture;
            assert_eq!((view.width, view.height), size);
            assert_eq!(view.luma.width(), size.0.div_ceil(reduction));
            assert_eq!(view.luma.height(), size.1.div_ceil(reduction));
        }
    }
    if let Ok(whole) = decode::pixmap(bytes, &header, &limits) {
        assert_eq!((whole.picture.width(), whole.picture.height()), size);
    }
});
