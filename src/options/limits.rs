//! What protects us from the input.

use std::time::Duration;

super::settings! {
/// Bounds on what one file may cost. Nothing that a file asks for is allocated before it was held against these.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Bytes of one file. Default: 64 MiB, three times what a whole request may carry, so that an oversized photo can
    /// still be shrunk. Files from disk are refused by their size before they are read.
    pub max_file_bytes: u64,
    /// Pixels of one picture, width times height, read off the header. Default: 100,000,000; the largest phone sensors
    /// of 2026 give 200 MP files, their default output is 12 to 50 MP.
    pub max_pixels: u64,
    /// Bytes that decoding one picture may hold at a time, our own buffers and the decoder's, not counting the file
    /// itself. Default: 512 MiB: 100 MP as RGB is 300 MB, and a progressive JPEG's coefficients as much again.
    pub max_memory: u64,
    /// Bytes that one compressed stream (of a PDF, or a PNG's text or profile) may inflate to. Default: 32 MiB.
    pub max_inflated: u64,
    /// Objects in a PDF. Default: 250,000; the largest of ordinary documents have some 100,000.
    pub max_objects: u64,
    /// Pages of a PDF that are counted. Default: 1,000.
    pub max_pages: u32,
    /// How deep the nested values of a PDF may be. Default: 64.
    pub max_depth: u32,
    /// How long drawing a PDF's first page may take (in a file: seconds). Default: 3 s; of 461 public test files the slowest takes 0.5 s, unoptimised.
    #[serde(with = "super::seconds")]
    pub max_render: Duration,
}
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_file_bytes: 64 << 20,
            max_pixels: 100_000_000,
            max_memory: 512 << 20,
            max_inflated: 32 << 20,
            max_objects: 250_000,
            max_pages: 1_000,
            max_depth: 64,
            max_render: Duration::from_secs(3),
        }
    }
}
