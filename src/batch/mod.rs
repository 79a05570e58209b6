//! Many submissions: JSON lines in, one answer for each line out.
//!
//! A line is `{"id", "token", "country", "document_type", "token_type", "session", "images": {"FRONT": "…"}}`; `id` and
//! `images` suffice to be looked at. An image is a path, a `file://` URI, `data:…;base64,…`, or with feature `remote` an
//! object in a store. An answer is `{"line": 1, "id": …, …}` with all that a [`Report`](crate::report::Report) has, or
//! `{"line": 8, "id": …, "error": "…"}` for a line that could not be looked at. Every line has exactly one answer, empty
//! ones too.
//!
//! ```
//! use idenfy_preflight::{Preflight, batch::{Answered, Batch, Settings, Stop}};
//!
//! let lines = br#"{"id": 1, "images": {"FRONT": "testdata/front.jpg"}}"#;
//! let batch = Batch::new(Preflight::default(), Settings::default());
//! let mut answers: Vec<u8> = Vec::new();
//! let done = batch.run(&lines[..], Answered::default(), &Stop::default(), &mut answers)?;
//! assert_eq!(done.lines, 1);
//! assert!(answers.starts_with(br#"{"line":1,"id":1,"verdict":"refused","advice":"send""#));
//! # Ok::<(), idenfy_preflight::batch::BatchError>(())
//! ```
//!
//! Reading, looking and writing overlap. Each thread looks at one submission at a time; those that find no more lines
//! help the others with single images. What is held of images and answers is bounded in bytes ([`Settings::window`]).

mod bodies;
mod input;
mod line;
mod page;
#[cfg(feature = "parquet")]
pub mod parquet;
mod place;
#[cfg(feature = "remote")]
mod remote;
mod resume;
mod run;
mod summary;
mod window;

pub use bodies::{Bodies, Folder};
#[cfg(feature = "remote")]
pub use remote::Bucket;
pub use resume::{Answered, ResumeError};
pub use summary::Summary;

use crate::{preflight::Preflight, submission::SkipAnalysis};
use std::{
    fmt,
    io::{self, Write},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

/// How a batch is run.
///
/// ```
/// use idenfy_preflight::batch::Settings;
/// let mut settings = Settings::with_threads(2);
/// settings.ordered = false; // answers as they are ready
/// settings.window = 32 << 20;
/// assert_eq!(settings.threads, 2);
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Settings {
    /// Threads that look at submissions. Default: one for each core.
    pub threads: usize,
    /// Bytes of images and answers that are held at a time. Default: 64 MiB, and 32 MiB for each thread: two sets of
    /// phone photos for each and one file of the largest size. A submission that is larger is looked at alone. What a
    /// thread needs for its own work, and the body that it writes, come on top.
    pub window: u64,
    /// Bytes that a line may have. Default: 64 MiB, room for three times what a request may carry. Of lines over
    /// 1 MiB, two at most are held outside the window.
    pub max_line: usize,
    /// Threads that read images, each a line's at a time. Default: 16, which is plenty for disks and keeps as many
    /// requests to a store under way.
    pub readers: usize,
    /// Whether answers come in the order of the lines. Default: yes.
    pub ordered: bool,
    /// When `skipAnalysis` is set. Default: never.
    pub skip_analysis: SkipAnalysis,
}

impl Default for Settings {
    fn default() -> Self {
        Self::with_threads(std::thread::available_parallelism().map_or(1, usize::from))
    }
}

impl Settings {
    /// The defaults for so many threads.
    ///
    /// ```
    /// use idenfy_preflight::batch::Settings;
    /// assert!(Settings::with_threads(8).window > Settings::with_threads(1).window);
    /// ```
    pub fn with_threads(threads: usize) -> Self {
        let threads = threads.clamp(1, 1024);
        Self {
            threads,
            window: (64 << 20) + (32 << 20) * threads as u64,
            max_line: 64 << 20,
            readers: 16,
            ordered: true,
            skip_analysis: SkipAnalysis::Never,
        }
    }
}

/// Tells a running batch to take no further lines and to finish those it has. Clones share the flag.
///
/// ```
/// use idenfy_preflight::batch::Stop;
/// let (stop, handlers) = (Stop::default(), Stop::default().clone());
/// stop.clone().stop(); // from a signal handler
/// assert!(stop.is_set() && !handlers.is_set());
/// ```
#[derive(Clone, Debug, Default)]
pub struct Stop(Arc<AtomicBool>);

impl Stop {
    /// Asks to stop.
    pub fn stop(&self) {
        self.0.store(true, Ordering::SeqCst);
    }

    /// Whether that was asked.
    pub fn is_set(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }
}

/// What came of a line.
///
/// ```
/// use idenfy_preflight::{Preflight, batch::{Answered, Batch, Settings, Stop, Answer, Sink}};
/// let lines = br#"{"id": 1, "images": {"FRONT": "testdata/front.jpg"}}"#;
/// #[derive(Default)]
/// struct Texts(Vec<String>);
/// impl Sink for Texts {
///     fn answer(&mut self, answer: &Answer) -> std::io::Result<()> {
///         self.0.push(format!("{}: {}", answer.line, answer.text));
///         Ok(())
///     }
///     fn flush(&mut self) -> std::io::Result<()> {
///         Ok(())
///     }
/// }
/// let mut texts = Texts::default();
/// Batch::new(Preflight::default(), Settings::default()).run(&lines[..], Answered::default(), &Stop::default(), &mut texts)?;
/// assert!(texts.0[0].starts_with(r#"1: {"line":1,"id":1"#));
/// # Ok::<(), idenfy_preflight::batch::BatchError>(())
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Answer {
    /// The line's number, from 1.
    pub line: u64,
    /// The answer: one JSON object, without a line break.
    pub text: String,
    /// How long reading and looking took.
    pub time: Duration,
    /// Bytes of the input up to the end of this line.
    pub input: u64,
}

/// Takes the answers.
///
/// ```
/// use idenfy_preflight::{Preflight, batch::{Answered, Batch, Settings, Stop, Sink}};
/// let lines = br#"{"id": 1, "images": {"FRONT": "testdata/front.jpg"}}"#;
/// // Whatever can be written to is one: a file, a socket, a vector.
/// let mut answers: Vec<u8> = Vec::new();
/// let sink: &mut dyn Sink = &mut answers;
/// Batch::new(Preflight::default(), Settings::default()).run(&lines[..], Answered::default(), &Stop::default(), sink)?;
/// sink.flush().unwrap();
/// assert!(answers.ends_with(b"\n"));
/// # Ok::<(), idenfy_preflight::batch::BatchError>(())
/// ```
pub trait Sink {
    /// Takes one.
    ///
    /// # Errors
    /// Any error ends the batch.
    ///
    /// ```
    /// use idenfy_preflight::{Preflight, batch::{Answer, Answered, Batch, Settings, Sink, Stop}};
    /// /// Answers go to a table of your own instead of a file.
    /// #[derive(Default)]
    /// struct Rows(Vec<(u64, serde_json::Value)>);
    /// impl Sink for Rows {
    ///     fn answer(&mut self, answer: &Answer) -> std::io::Result<()> {
    ///         self.0.push((answer.line, serde_json::from_str(&answer.text)?));
    ///         Ok(())
    ///     }
    ///     fn flush(&mut self) -> std::io::Result<()> {
    ///         Ok(())
    ///     }
    /// }
    /// let (lines, mut rows) = (&b"no JSON"[..], Rows::default());
    /// let batch = Batch::new(Preflight::default(), Settings::with_threads(1));
    /// batch.run(lines, Answered::default(), &Stop::default(), &mut rows)?;
    /// assert!(rows.0[0].1["error"].is_string());
    /// # Ok::<(), idenfy_preflight::batch::BatchError>(())
    /// ```
    fn answer(&mut self, answer: &Answer) -> io::Result<()>;

    /// Called when no further answer is there yet.
    ///
    /// # Errors
    /// Any error ends the batch.
    fn flush(&mut self) -> io::Result<()>;
}

impl<W: Write> Sink for W {
    /// One line each.
    fn answer(&mut self, answer: &Answer) -> io::Result<()> {
        self.write_all(answer.text.as_bytes())?;
        self.write_all(b"\n")
    }

    fn flush(&mut self) -> io::Result<()> {
        Write::flush(self)
    }
}

/// What was done.
///
/// ```
/// use idenfy_preflight::{Preflight, batch::{Answered, Batch, Settings, Stop}};
/// let lines = br#"{"id": 1, "images": {"FRONT": "testdata/front.jpg"}}"#;
/// let batch = Batch::new(Preflight::default(), Settings::default());
/// let done = batch.run(&lines[..], Answered::default(), &Stop::default(), &mut Vec::new())?;
/// assert!(done.lines == 1 && !done.stopped && done.peak > 0);
/// # Ok::<(), idenfy_preflight::batch::BatchError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Done {
    /// Lines that were answered.
    pub lines: u64,
    /// The most bytes that were held at a time, as [`Settings::window`] counts them.
    pub peak: u64,
    /// Whether it was told to stop, so that lines may be left.
    pub stopped: bool,
}

/// Why a batch ended before its input did. All that was answered until then was given to the sink.
///
/// ```
/// use idenfy_preflight::{Preflight, batch::{Answered, Batch, Settings, Stop, BatchError}};
/// let lines = br#"{"id": 1, "images": {"FRONT": "testdata/front.jpg"}}"#;
/// /// A full disk.
/// struct Full;
/// impl std::io::Write for Full {
///     fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
///         Err(std::io::ErrorKind::StorageFull.into())
///     }
///     fn flush(&mut self) -> std::io::Result<()> {
///         Ok(())
///     }
/// }
/// let batch = Batch::new(Preflight::default(), Settings::default());
/// let ended = batch.run(&lines[..], Answered::default(), &Stop::default(), &mut Full);
/// assert!(matches!(ended, Err(BatchError::Output(_))));
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BatchError {
    /// The input could not be read on.
    #[error("the input cannot be read on: {0}")]
    Input(io::Error),
    /// The sink refused an answer.
    #[error("the output cannot be written: {0}")]
    Output(io::Error),
    /// A request's body could not be written.
    #[error("the body of line {line} cannot be written: {error}")]
    Body {
        /// The line.
        line: u64,
        /// Why.
        error: io::Error,
    },
    /// The check was cancelled.
    #[error("cancelled")]
    Cancelled,
    /// Threads could not be started.
    #[error("threads cannot be started: {0}")]
    Threads(String),
}

/// Looks at many submissions.
///
/// ```
/// use idenfy_preflight::{Preflight, batch::{Answered, Batch, Settings, Stop}};
/// let lines = br#"{"id": 1, "images": {"FRONT": "testdata/front.jpg"}}"#;
/// let batch = Batch::new(Preflight::default(), Settings::with_threads(1));
/// let mut answers: Vec<u8> = Vec::new();
/// batch.run(&lines[..], Answered::default(), &Stop::default(), &mut answers)?;
/// let answer: serde_json::Value = serde_json::from_slice(&answers).unwrap();
/// assert_eq!((&answer["id"], &answer["advice"]), (&1.into(), &"send".into()));
/// # Ok::<(), idenfy_preflight::batch::BatchError>(())
/// ```
#[derive(Clone)]
pub struct Batch {
    preflight: Preflight,
    settings: Settings,
    bodies: Option<Arc<dyn Bodies>>,
    #[cfg(feature = "remote")]
    stores: Arc<remote::Stores>,
}

impl Batch {
    /// With these settings.
    ///
    /// ```
    /// use idenfy_preflight::{Preflight, batch::{Batch, Settings}};
    /// let batch = Batch::new(Preflight::default(), Settings::with_threads(2));
    /// ```
    pub fn new(preflight: Preflight, settings: Settings) -> Self {
        Self {
            preflight,
            settings,
            bodies: None,
            #[cfg(feature = "remote")]
            stores: Arc::default(),
        }
    }

    /// Writes the bodies of what is ready. An answer then says under which name: `"body": "….json"`. The name is made
    /// from the line's bytes (the first half of their SHA-256), so that a line that is looked at twice writes one body.
    ///
    /// ```
    /// use idenfy_preflight::{Preflight, batch::{Batch, Folder, Settings}};
    /// let folder = tempfile::tempdir()?;
    /// let bodies = Folder::open(folder.path().join("bodies"))?;
    /// let batch = Batch::new(Preflight::default(), Settings::default()).bodies(std::sync::Arc::new(bodies));
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn bodies(mut self, bodies: Arc<dyn Bodies>) -> Self {
        self.bodies = Some(bodies);
        self
    }
}

impl fmt::Debug for Batch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Batch").field("settings", &self.settings).finish_non_exhaustive()
    }
}
