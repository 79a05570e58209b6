//! `preflight batch`.

use super::{
    INTERRUPTED, NOT_READY,
    args::{Field, Look, Skip},
    files, output,
};
use clap::Args;
#[cfg(feature = "parquet")]
use idenfy_preflight::batch::parquet::Parquet;
use idenfy_preflight::{
    Options, Preflight,
    batch::{self, Answer, Answered, Bodies, Folder, Settings, Sink, Stop, Summary},
};
use indicatif::{ProgressBar, ProgressStyle};
use std::{
    fs::{File, OpenOptions, TryLockError},
    io::{self, BufWriter, Read, Write},
    path::{Path, PathBuf},
    sync::Arc,
    time::Instant,
};

/// Check many submissions: JSON lines in, one answer a line out.
///
/// A line is {"id", "token", "country", "document_type", "token_type", "session", "images": {"FRONT": "…"}}; id and
/// images suffice to be looked at. An image is a path, file://…, or data:image/jpeg;base64,…. An answer is what `check
/// --format json` prints, with "line" and "id"; of a line that cannot be looked at, "line", "id" and "error".
///
/// Exit status: 0 every line is ready, 1 every line is answered and some are not ready, 2 could not run to the end, 130
/// interrupted: what was in flight is finished and answered, and --resume goes on.
#[derive(Args)]
pub struct Batch {
    /// Where the lines are; standard input when it is left out.
    #[arg(long, value_name = "FILE")]
    input: Option<PathBuf>,
    /// Where the answers go; standard output when it is left out. A name that ends in .parquet gets a Parquet file
    /// (feature parquet), whole or not at all.
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Go on after the answers that stand in --output; one that was cut off is answered anew. Takes the same input.
    #[arg(long, requires = "output")]
    resume: bool,
    /// Write answers as they come, not in the order of the lines.
    #[arg(long)]
    unordered: bool,
    /// A folder for the bodies of what is ready; answers say which file ("body"). With the feature remote, a store's
    /// URI as well (s3://bucket/run-1).
    #[arg(long, value_name = "DIR")]
    requests: Option<String>,
    /// Write counts, percentiles and bytes here when done, as JSON.
    #[arg(long, value_name = "FILE")]
    summary: Option<PathBuf>,
    /// Write the same here as an HTML page with histograms.
    #[arg(long, value_name = "FILE")]
    summary_page: Option<PathBuf>,
    /// Threads that look at submissions [default: one for each core].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,
    /// Threads that read images; with the feature remote, how many lines are fetched at a time.
    #[arg(long, value_name = "N", default_value_t = 16, value_parser = clap::value_parser!(u16).range(1..=1024))]
    readers: u16,
    /// Most bytes of images and answers held at a time [default: 64 MiB, and 32 MiB for each thread].
    #[arg(long, value_name = "BYTES", value_parser = clap::value_parser!(u64).range(1..))]
    window: Option<u64>,
    /// Most bytes that a line may have.
    #[arg(long, value_name = "BYTES", default_value_t = 64 << 20, value_parser = clap::value_parser!(u32).range(1..))]
    max_line: u32,
    /// When to set skipAnalysis in the requests.
    #[arg(long, value_name = "WHEN", value_enum, default_value = "never")]
    skip_analysis: Skip,
    /// The most that a whole JSON body may have.
    #[arg(long, value_name = "BYTES", default_value_t = 20_000_000, value_parser = clap::value_parser!(u64).range(1..))]
    budget: u64,
    /// The most characters of base64 that one image may have (older service pages: 6000000).
    #[arg(long, value_name = "CHARACTERS", value_parser = clap::value_parser!(u64).range(1..))]
    image_cap: Option<u64>,
    /// The field that carries the token; the service's pages of before 2026 call it authToken.
    #[arg(long, value_name = "NAME", value_enum, default_value = "token")]
    token_field: Field,
    #[command(flatten)]
    look: Look,
}

impl Batch {
    fn options(&self) -> Result<Options, String> {
        let mut options = self.look.options()?;
        options.service.max_body_bytes = self.budget;
        options.service.max_image_base64 = self.image_cap;
        options.service.token_field = self.token_field.into();
        Ok(options)
    }

    fn settings(&self) -> Settings {
        let mut settings = self.threads.map_or_else(Settings::default, |n| Settings::with_threads(n.into()));
        settings.window = self.window.unwrap_or(settings.window);
        settings.max_line = self.max_line as usize;
        settings.readers = self.readers.into();
        settings.ordered = !self.unordered;
        settings.skip_analysis = self.skip_analysis.into();
        settings
    }
}

pub fn run(args: &Batch) -> Result<u8, String> {
    let outputs = [("--output", &args.output), ("--summary", &args.summary), ("--summary-page", &args.summary_page)];
    let inputs = files::given([("--input", &args.input)]).chain(files::of_look(&args.look));
    files::apart(files::given(outputs), inputs)?;
    let mut batch = batch::Batch::new(Preflight::new(args.options()?), args.settings());
    let (input, length) = input(args.input.as_deref())?;
    // What cannot be written is told before any work is done.
    let create = |flag, path: &Option<PathBuf>| path.as_ref().map(|p| output::Out::file(flag, p)).transpose();
    let summary_file = create("--summary", &args.summary)?;
    let page_file = create("--summary-page", &args.summary_page)?;
    if let Some(folder) = &args.requests {
        batch = batch.bodies(bodies(folder)?);
    }
    let mut summary = Summary::default();
    let (out, answered) = match &args.output {
        Some(path) => open(path, args, &mut summary)?,
        None => (Out::Lines(BufWriter::new(Box::new(io::stdout()))), Answered::default()),
    };
    let stop = Stop::default();
    output::stop_on_interrupt(&stop);

    let began = Instant::now();
    let mut answers = Answers { out, summary, bar: bar(length), began };
    let done = batch.run(input, answered, &stop, &mut answers);
    answers.bar.finish_and_clear();
    let Answers { out, mut summary, .. } = answers;
    let done = done.map_err(|e| match &args.output {
        Some(path) if !parquet(path) => format!("{}: {e}; --resume goes on after it", path.display()),
        Some(path) => format!("{}: {e}", path.display()),
        None => e.to_string(),
    });
    summary.close(began.elapsed(), done.as_ref().ok());
    let written = |file: Option<output::Out>, text: String| file.map_or(Ok(()), |file| file.write(text.as_bytes()));
    let wrote = written(summary_file, format!("{:#}\n", summary.to_json()))
        .and_then(|()| written(page_file, summary.to_html()));
    output::print(&format!("{summary}\n"), true)?;
    let done = done?;
    out.finish().and(wrote)?;
    Ok(match summary.all_ready() {
        _ if done.stopped => INTERRUPTED,
        true => 0,
        false => NOT_READY,
    })
}

/// Where the bodies go.
fn bodies(to: &str) -> Result<Arc<dyn Bodies>, String> {
    #[cfg(feature = "remote")]
    if to.contains("://") && !to.starts_with("file://") {
        let bucket = batch::Bucket::open(to).map_err(|e| format!("--requests {e}"))?;
        return Ok(Arc::new(bucket));
    }
    let folder = to.strip_prefix("file://").unwrap_or(to);
    if folder.contains("://") {
        return Err(format!("--requests {to}: a store needs a build with the feature remote"));
    }
    let folder = Folder::open(folder).map_err(told("--requests", Path::new(folder)))?;
    let half_written = folder.clone();
    output::clear_on_interrupt(move || half_written.clear());
    Ok(Arc::new(folder))
}

/// The input, and its length when that is known.
fn input(path: Option<&Path>) -> Result<(Box<dyn Read + Send>, Option<u64>), String> {
    let Some(path) = path.filter(|p| *p != Path::new("-")) else {
        return Ok((Box::new(io::stdin()), None));
    };
    let file = File::open(path).map_err(told("--input", path))?;
    let metadata = file.metadata().map_err(told("--input", path))?;
    if metadata.is_dir() {
        return Err(format!("--input {}: it is a folder, where a file is needed", path.display()));
    }
    Ok((Box::new(file), metadata.is_file().then_some(metadata.len())))
}

/// The output, where the next answer goes, and what stands in it.
fn open(path: &Path, args: &Batch, summary: &mut Summary) -> Result<(Out, Answered), String> {
    let fail = told("--output", path);
    if parquet(path) {
        if args.resume {
            return Err(format!(
                "--output {}: a Parquet file cannot be gone on with; write JSON lines",
                path.display()
            ));
        }
        #[cfg(feature = "parquet")]
        return Ok((Out::parquet(path)?, Answered::default()));
        #[cfg(not(feature = "parquet"))]
        return Err(format!("--output {}: Parquet needs a build with the feature parquet", path.display()));
    }
    let mut file =
        OpenOptions::new().read(args.resume).write(true).create(true).truncate(false).open(path).map_err(&fail)?;
    let mut answered = Answered::default();
    // Pipes and devices are written as they are.
    if file.metadata().map_err(&fail)?.is_file() {
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => {
                return Err(format!("--output {}: another run is writing it", path.display()));
            }
            // A file system without locks.
            Err(TryLockError::Error(_)) | Ok(()) => {}
        }
        if args.resume {
            let read = Answered::read(&mut file, |text| summary.add_earlier(text));
            answered = read.map_err(|e| format!("--output {}: {e}", path.display()))?;
        } else {
            file.set_len(0).map_err(&fail)?;
        }
    }
    Ok((Out::Lines(BufWriter::new(Box::new(file))), answered))
}

fn told(flag: &'static str, path: &Path) -> impl Fn(io::Error) -> String {
    move |e| format!("{flag} {}: {e}", path.display())
}

/// Shown when standard error is a terminal.
fn bar(length: Option<u64>) -> ProgressBar {
    let (bar, template) = match length {
        Some(length) => (ProgressBar::new(length), "{bar:30} {percent:>3} %  {msg}, {eta} left"),
        None => (ProgressBar::new_spinner(), "{spinner} {msg}, {elapsed}"),
    };
    match ProgressStyle::with_template(template) {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

fn parquet(path: &Path) -> bool {
    path.extension().is_some_and(|e| e.eq_ignore_ascii_case("parquet"))
}

/// Where answers go.
enum Out {
    Lines(BufWriter<Box<dyn Write>>),
    /// Beside its destination until it is whole.
    #[cfg(feature = "parquet")]
    Parquet(Box<Parquet<tempfile::NamedTempFile>>, PathBuf),
}

impl Out {
    /// Opened before any work is done.
    #[cfg(feature = "parquet")]
    fn parquet(path: &Path) -> Result<Self, String> {
        let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let mut part = tempfile::Builder::new();
        part.prefix(".preflight-").suffix(".part");
        // It holds reports, no bodies. As an ordinary file: the umask decides who reads it.
        #[cfg(unix)]
        part.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
        let part = part.tempfile_in(folder).map_err(told("--output", path))?;
        output::remove_on_interrupt(part.path());
        let sink = Parquet::new(part).map_err(told("--output", path))?;
        Ok(Self::Parquet(Box::new(sink), path.to_owned()))
    }

    /// What was answered is there now.
    fn finish(self) -> Result<(), String> {
        match self {
            Self::Lines(_) => Ok(()),
            #[cfg(feature = "parquet")]
            Self::Parquet(sink, path) => {
                let file = sink.finish().map_err(told("--output", &path))?;
                file.persist(&path).map_err(|e| told("--output", &path)(e.error))?;
                Ok(())
            }
        }
    }
}

/// Writes, counts and shows.
struct Answers {
    out: Out,
    summary: Summary,
    bar: ProgressBar,
    began: Instant,
}

impl Sink for Answers {
    fn answer(&mut self, answer: &Answer) -> io::Result<()> {
        match &mut self.out {
            Out::Lines(out) => Sink::answer(out, answer)?,
            #[cfg(feature = "parquet")]
            Out::Parquet(sink, _) => sink.answer(answer)?,
        }
        self.summary.add(answer);
        if !self.bar.is_hidden() {
            if self.bar.position() == 0 && self.summary.earlier() > 0 {
                // What an earlier run did is no measure of this one's speed.
                self.bar.set_position(answer.input);
                self.bar.reset_eta();
            }
            self.bar.set_position(answer.input.max(self.bar.position()));
            let (lines, images) = (self.summary.lines(), self.summary.rate(self.began.elapsed()));
            self.bar.set_message(format!("{lines} lines, {images:.1} images a second"));
        }
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        match &mut self.out {
            Out::Lines(out) => Write::flush(out),
            #[cfg(feature = "parquet")]
            Out::Parquet(sink, _) => sink.flush(),
        }
    }
}
