//! The arithmetic of base64 in JSON.

/// Characters that `bytes` bytes take as padded base64 (RFC 4648, section 4).
pub fn base64_len(bytes: u64) -> u64 {
    bytes.div_ceil(3).saturating_mul(4)
}
