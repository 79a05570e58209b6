//! How the answer is told: colours and width of the terminal, progress, the page.

use super::{
    args::Telling,
    output::{self, Out},
    picture::Protocol,
};
use idenfy_preflight::{
    Outcome, Preflight, Submission,
    report::{
        Report,
        html::Page,
        text::{Detail, Style},
    },
    texts::Texts,
};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use rayon::prelude::*;
use std::{
    env,
    io::{self, IsTerminal},
    sync::mpsc,
    thread,
    time::Duration,
};

/// Columns beyond which lines are hard to follow.
const WIDEST: u16 = 120;
/// How long something takes before its progress is shown.
const PATIENCE: Duration = Duration::from_secs(1);

/// Colours and width where the answer goes to a terminal. `NO_COLOR`, `CLICOLOR` and `TERM` are honoured.
pub fn style(telling: &Telling, to_stderr: bool) -> Style {
    let detail = match () {
        () if telling.quiet => Detail::Quiet,
        () if telling.verbose => Detail::Verbose,
        () => Detail::Normal,
    };
    let choice = if to_stderr {
        anstream::AutoStream::choice(&io::stderr())
    } else {
        anstream::AutoStream::choice(&io::stdout())
    };
    let columns = terminal_size::terminal_size().map(|(width, _)| usize::from(width.0.min(WIDEST)));
    Style { colour: choice != anstream::ColorChoice::Never, width: columns.filter(|_| terminal(to_stderr)), detail }
}

/// The report as text, as the terminal can show it.
pub fn text(report: &Report, telling: &Telling, to_stderr: bool) -> String {
    report.told(style(telling, to_stderr)).texts(&Texts::from(telling.language)).to_string()
}

/// The page's file, opened before any work is done.
pub fn page_file(telling: &Telling) -> Result<Option<Out>, String> {
    telling.report.as_deref().map(|path| Out::file("--report", path)).transpose()
}

/// How pictures are shown, where they are wanted (`--picture`) and the answer goes to a terminal that can show them.
pub fn pictures(telling: &Telling, to_stderr: bool) -> Option<Protocol> {
    if !telling.picture || !style(telling, to_stderr).colour || !terminal(to_stderr) {
        return None;
    }
    let known = Protocol::of(|name| env::var(name).ok());
    if known.is_none() {
        hint("This terminal is not known to show pictures: --report FILE.html writes them as a page.");
    }
    known
}

fn terminal(to_stderr: bool) -> bool {
    if to_stderr { io::stderr().is_terminal() } else { io::stdout().is_terminal() }
}

/// A word aside, for whoever sits at a terminal.
pub fn hint(text: &str) {
    if io::stderr().is_terminal() {
        let _ = output::print(&format!("{text}\n"), true);
    }
}

/// What is still to be written and shown: the page, if one was asked for, and pictures.
pub struct Pending(Option<(Out, String)>, String);

impl Pending {
    pub fn write(self) -> Result<(), String> {
        output::print(&self.1, false)?;
        self.0.map_or(Ok(()), |(file, page)| file.write(page.as_bytes()))
    }
}

/// Checks a submission and makes its page and pictures. Without these, images are freed while the body is written.
pub fn checked(
    preflight: &Preflight,
    submission: Submission<'static>,
    telling: &Telling,
    page: Option<Out>,
    shows: Option<Protocol>,
) -> Result<(Outcome, Pending), String> {
    let _progress = Progress::new(0);
    let texts = Texts::from(telling.language);
    if page.is_none() && shows.is_none() {
        let mut outcome = preflight.check(submission).map_err(|e| e.to_string())?;
        texts.translate(&mut outcome.report);
        return Ok((outcome, Pending(None, String::new())));
    }
    let mut outcome = preflight.check(&submission).map_err(|e| e.to_string())?;
    texts.translate(&mut outcome.report);
    let images = submission.images.par_iter().zip(&outcome.report.images);
    let previews: Vec<_> = images.map(|(image, report)| preflight.preview(image, report, telling.redact)).collect();
    let seen = previews.iter().zip(&outcome.report.images);
    let pictures = seen.filter_map(|(preview, report)| shows?.shown(preview.as_ref()?, report)).collect();
    let page = page.map(|file| {
        let skeleton = outcome.request.as_ref().map(|request| request.skeleton());
        let page = Page::of_submission(&outcome.report, &previews, skeleton).texts(&texts).redacted(telling.redact);
        (file, page.render(&preflight.options().thresholds))
    });
    Ok((outcome, Pending(page, pictures)))
}

/// A bar on standard error for what takes over a second; silent where that is no terminal.
pub struct Progress {
    bar: ProgressBar,
    /// Closed when the work is done.
    _done: mpsc::Sender<()>,
}

impl Progress {
    /// For so many files; 0 for work that cannot be counted.
    pub fn new(files: u64) -> Self {
        let bar = ProgressBar::with_draw_target(Some(files), ProgressDrawTarget::hidden());
        let (done, waiting) = mpsc::channel::<()>();
        let template =
            if files > 1 { "{bar:30} {pos} of {len} files, {eta} left" } else { "{spinner} looking, {elapsed}" };
        if let (true, Ok(style)) = (io::stderr().is_terminal(), ProgressStyle::with_template(template)) {
            bar.set_style(style);
            let shown = bar.clone();
            thread::spawn(move || {
                if waiting.recv_timeout(PATIENCE) == Err(mpsc::RecvTimeoutError::Timeout) {
                    shown.set_draw_target(ProgressDrawTarget::stderr());
                    shown.enable_steady_tick(Duration::from_millis(200));
                }
            });
        }
        Self { bar, _done: done }
    }

    /// One file more is done.
    pub fn one_done(&self) {
        self.bar.inc(1);
    }

    /// Prints without tearing the bar.
    pub fn aside<T>(&self, print: impl FnOnce() -> T) -> T {
        self.bar.suspend(print)
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
