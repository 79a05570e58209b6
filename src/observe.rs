//! How long stages take and how much they are given, for metrics and traces. Nothing here says what a picture shows.

use std::{fmt, sync::Arc, time::Duration};

/// A stage of a check.
///
/// ```
/// use idenfy_preflight::observe::Stage;
/// assert_eq!(Stage::Measure.name(), "measure");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Stage {
    /// A file's header and structure; bytes of the file.
    Probe,
    /// Its pixels; bytes of the file.
    Decode,
    /// What is measured on them; bytes of the reduced picture.
    Measure,
    /// Making all images fit; bytes of all files.
    Fit,
    /// Writing the body; bytes of all files that are sent.
    Assemble,
}

impl Stage {
    /// The name, in snake case.
    pub fn name(self) -> &'static str {
        match self {
            Self::Probe => "probe",
            Self::Decode => "decode",
            Self::Measure => "measure",
            Self::Fit => "fit",
            Self::Assemble => "assemble",
        }
    }
}

/// A stage that was gone through, for one image or for the submission.
///
/// ```
/// use idenfy_preflight::{Image, Preflight, Step};
/// // A histogram of a metrics library takes the place of `println!`.
/// let preflight = Preflight::default().observed_by(|timing| {
///     println!("{} of {} bytes took {:?}", timing.stage.name(), timing.bytes, timing.took);
/// });
/// preflight.inspect(&Image::new(Step::Front, "a.jpg", &b""[..]))?;
/// # Ok::<(), idenfy_preflight::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Timing {
    /// Which.
    pub stage: Stage,
    /// What it was given.
    pub bytes: u64,
    /// How long it took, by the clock.
    pub took: Duration,
}

/// Who is told, if anyone.
#[derive(Clone, Default)]
pub(crate) struct Observer(Option<Arc<dyn Fn(Timing) + Send + Sync>>);

impl Observer {
    pub fn new(told: impl Fn(Timing) + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(told)))
    }

    /// Runs a stage. With the cargo feature `tracing` it is a span too, `preflight` at level debug.
    pub fn timed<T>(&self, stage: Stage, bytes: usize, run: impl FnOnce() -> T) -> T {
        #[cfg(feature = "tracing")]
        let _span = tracing::debug_span!("preflight", stage = stage.name(), bytes).entered();
        let Some(told) = &self.0 else { return run() };
        let begun = std::time::Instant::now();
        let done = run();
        told(Timing { stage, bytes: bytes as u64, took: begun.elapsed() });
        done
    }
}

impl fmt::Debug for Observer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "Observer(…)" } else { "Observer(none)" })
    }
}
