//! What protects us from the input.

use crate::{
    fault::Refusal,
    watch::{Cancel, Watch},
};
use std::time::Duration;

super::settings! {
/// Bounds on what one file may cost. Nothing that a file asks for is allocated before it was held against these.
///
/// Memory at the most, for a check that runs on T threads ([`most_memory`](Self::most_memory)): the files three times
/// (as they came, in a decoder's or the sent copy's hands, and as base64), and for each thread, or two, `max_memory` and
/// 96 MiB, which measuring the largest view and a decoder's own tables take. `tests/memory.rs` holds hostile files
/// against it with an allocator that counts.
///
/// ```
/// use idenfy_preflight::{Image, Options, Preflight, Step, options::Limits, rules::Rule};
/// let mut limits = Limits::default();
/// limits.max_pixels = 1_000_000;
/// let mut options = Options::default();
/// options.limits = limits;
/// let photo = Image::open(Step::Front, "testdata/front.jpg", &options.limits)?; // 1600 x 1200
/// let report = Preflight::new(options).inspect(&photo)?;
/// assert_eq!(report.findings[0].rule, Rule::TooManyPixels);
/// # Ok::<(), idenfy_preflight::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Bytes of one file. Default: 64 MiB, three times what a whole request may carry, so that an oversized photo can
    /// still be shrunk. Files from disk are refused by their size before they are read.
    pub max_file_bytes: u64,
    /// Pixels of one picture, width times height, read off the header. Default: 100,000,000; the largest phone sensors
    /// of 2026 can be told to give 200 MP, which is refused on purpose; what they give untold is 12 to 50 MP.
    pub max_pixels: u64,
    /// Bytes that decoding one picture may hold at a time, our own buffers and the decoder's, not counting the file
    /// itself. Default: 512 MiB: 100 MP as RGB or as the coefficients of a progressive JPEG are 300 MB. Fitting such a JPEG
    /// into less than its own size takes both at once; that needs 1 GiB, and is refused (`over_budget`) with less.
    pub max_memory: u64,
    /// Bytes that one compressed stream (of a PDF, or a PNG's text or profile) may inflate to. Default: 32 MiB: a
    /// page of A4 in colour at 300 dpi, not compressed by anything else, has 26 MB.
    pub max_inflated: u64,
    /// Objects in a PDF. Default: 250,000; the largest of ordinary documents have some 100,000.
    pub max_objects: u64,
    /// Pages of a PDF that are counted. Default: 1,000: a bill has a few, one page is looked at, and the count is only told.
    pub max_pages: u32,
    /// How deep the nested values of a PDF may be. Default: 64: of 489 public test files none is judged
    /// otherwise with 8.
    pub max_depth: u32,
    /// How long drawing a PDF's first page may take (in a file: seconds). Default: 3 s; of 461 public test files the slowest takes 0.5 s, unoptimised.
    #[serde(with = "super::seconds")]
    pub max_render: Duration,
    /// How long one file may be looked at, and how long, for each file (in a file of settings: seconds), a submission may
    /// be made smaller; what was encoded anew is looked at once more. Default: 8 s; the largest pictures allowed take some
    /// 2 s on one core of 2020, and nobody at an upload form waits for 10.
    #[serde(with = "super::seconds")]
    pub max_time: Duration,
    ;
    /// What the stages ask whether to stop.
    pub(crate) watch: Watch,
}
}

/// What looking at one picture takes beside its decoding.
const BESIDE: u64 = 96 << 20;

impl Limits {
    /// Bytes that checking files of so many bytes in all holds at the most on so many threads, the files included.
    ///
    /// ```
    /// use idenfy_preflight::options::Limits;
    /// let mut limits = Limits::default();
    /// limits.max_memory = 128 << 20;
    /// // Three phone photos on two threads, for the size of a container.
    /// assert!(limits.most_memory(12_000_000, 2) < 1 << 30);
    /// ```
    pub fn most_memory(&self, files: u64, threads: u32) -> u64 {
        let each = self.max_memory.saturating_add(BESIDE);
        files.saturating_mul(3).saturating_add(each.saturating_mul(u64::from(threads.max(2))))
    }

    /// The same limits with [`max_time`](Self::max_time) beginning now, and a flag to stop earlier by. Stages that are
    /// given these end with [`Refusal::TookTooLong`] some milliseconds after either; without, they take the time that
    /// they need. [`Preflight`](crate::Preflight) does this for every image.
    ///
    /// ```
    /// use idenfy_preflight::{Cancel, decode, fault::Refusal, options::Limits, probe};
    /// let (limits, cancel) = (Limits::default(), Cancel::default());
    /// let photo = std::fs::read("testdata/front.jpg")?;
    /// let header = probe::probe(&photo, &limits)?;
    /// cancel.cancel();
    /// let stopped = decode::view(&photo, &header, 1, &limits.watched(&cancel));
    /// assert!(matches!(stopped, Err(Refusal::TookTooLong { .. })));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn watched(&self, cancel: &Cancel) -> Self {
        Self { watch: Watch::new(cancel, self.max_time), ..self.clone() }
    }

    /// Whether to stop.
    pub(crate) fn is_over(&self) -> bool {
        self.watch.is_over()
    }

    /// # Errors
    /// [`Refusal::TookTooLong`] when it is time to stop.
    pub(crate) fn in_time(&self) -> Result<(), Refusal> {
        if self.is_over() { Err(Refusal::TookTooLong { limit: self.max_time }) } else { Ok(()) }
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
            max_time: Duration::from_secs(8),
            watch: Watch::default(),
        }
    }
}
