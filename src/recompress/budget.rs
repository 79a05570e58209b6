//! The arithmetic of base64 in JSON, and what an image may take.

/// Characters that `bytes` bytes take as padded base64 (RFC 4648, section 4).
///
/// ```
/// use idenfy_preflight::recompress::budget::base64_len;
/// assert_eq!([0, 1, 3, 4].map(base64_len), [0, 4, 4, 8]);
/// ```
pub fn base64_len(bytes: u64) -> u64 {
    bytes.div_ceil(3).saturating_mul(4)
}

/// The most bytes whose padded base64 takes at most `characters`.
///
/// ```
/// use idenfy_preflight::recompress::budget::bytes_within;
/// assert_eq!([3, 4, 9].map(bytes_within), [0, 3, 6]);
/// ```
pub fn bytes_within(characters: u64) -> u64 {
    (characters / 4).saturating_mul(3)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_lengths_of_the_rfc() {
        // RFC 4648, section 10: "", "Zg==", "Zm8=", "Zm9v", "Zm9vYg==".
        assert_eq!([0, 1, 2, 3, 4].map(base64_len), [0, 4, 4, 4, 8]);
    }

    proptest! {
        #[test]
        fn one_byte_more_would_not_fit(characters in 0u64..1 << 40) {
            let most = bytes_within(characters);
            prop_assert!(base64_len(most) <= characters && base64_len(most + 1) > characters);
        }
    }
}
