//! Arguments to nouns, reports to text, verdicts to exit statuses. Uses the library's public door only.

mod args;
mod batch;
mod files;
mod output;
mod picture;
#[cfg(feature = "sandbox")]
mod sandbox;
#[cfg(feature = "submit")]
mod submit;
mod tell;

use args::{Check, Cli, Command, Config, Inspect, LinesFormat, ReportFormat};
use clap::CommandFactory;
use idenfy_preflight::{
    Error, Image, Options, Preflight, Session, Step, Submission, options,
    preview::Preview,
    report::{
        ImageReport, Verdict,
        html::Page,
        text::{printable, printable_json},
    },
    rules::{Level, Rule},
    session::SessionError,
    texts::Texts,
};
use output::Out;
use rayon::prelude::*;
use std::{path::Path, process::ExitCode};

/// Not ready: a finding denies it.
const NOT_READY: u8 = 1;
/// Interrupted, as shells say it.
const INTERRUPTED: u8 = 130;
/// Could not run.
const COULD_NOT_RUN: u8 = 2;

/// Runs the program.
pub fn run() -> ExitCode {
    output::clean_up_on_interrupt();
    output::keep_panics_quiet();
    let done = match args::parse().command {
        Command::Check(check) => run_check(&check),
        Command::Inspect(inspect) => run_inspect(&inspect),
        Command::Batch(args) => batch::run(&args),
        #[cfg(feature = "submit")]
        Command::Submit(args) => submit::run(&args),
        #[cfg(feature = "submit")]
        Command::Compare(args) => submit::compare(&args),
        #[cfg(feature = "sandbox")]
        Command::Sandbox(args) => sandbox::run(&args),
        Command::Rules => output::print(&rules(), false).map(|()| 0),
        Command::Config(args) => print_config(&args),
        Command::Completions { shell } => completions(shell),
        Command::Man { command } => man(command.as_deref()),
    };
    match done {
        Ok(status) => ExitCode::from(status),
        Err(message) => {
            let _ = output::print(&format!("preflight: {}\n", printable(&message)), true);
            ExitCode::from(COULD_NOT_RUN)
        }
    }
}

/// The options of a submission.
fn options(args: &Check) -> Result<Options, String> {
    let mut options = args.look.options()?;
    let service = &mut options.service;
    service.max_body_bytes = args.budget.unwrap_or(service.max_body_bytes);
    service.max_image_base64 = args.image_cap.or(service.max_image_base64);
    service.token_field = args.token_field.map_or(service.token_field, Into::into);
    Ok(options)
}

fn run_check(args: &Check) -> Result<u8, String> {
    let outputs = files::given([("--out", &args.out)]).chain(files::of_telling(&args.telling));
    files::apart(outputs, files::of_check(args))?;
    let options = options(args)?;
    let out = args.out.as_deref().map(Out::open).transpose()?;
    let page = tell::page_file(&args.telling)?;
    let to_stderr = matches!(out, Some(Out::Stdout));
    let submission = submission(args, &options)?;
    let preflight = Preflight::new(options);
    let shows =
        (args.format == ReportFormat::Text && !to_stderr).then(|| tell::pictures(&args.telling, false)).flatten();
    let (outcome, page) = tell::checked(&preflight, submission, &args.telling, page, shows)?;
    let report = match args.format {
        ReportFormat::Text => tell::text(&outcome.report, &args.telling, to_stderr),
        ReportFormat::Json => json(&outcome.report)?,
    };
    if let (Some(request), Some(out)) = (&outcome.request, out) {
        out.write(request.body())?;
    }
    page.write()?;
    output::print(&report, to_stderr)?;
    if outcome.request.is_some() && args.out.is_none() && args.format == ReportFormat::Text {
        tell::hint("The body was not kept: --out FILE writes it, `preflight submit` sends it.");
    }
    Ok(if outcome.request.is_some() { 0 } else { NOT_READY })
}

/// The arguments as a submission, files read.
fn submission(args: &Check, options: &Options) -> Result<Submission<'static>, String> {
    let mut submission = Submission::new().skip_analysis(args.skip_analysis.into());
    submission.token =
        args.token.clone().filter(|t| !t.trim().is_empty()).map(idenfy_preflight::submission::Token::new);
    submission.country = args.country.clone();
    submission.document_type = args.document_type.clone();
    submission.token_type = args.token_type.map(Into::into);
    if let Some(path) = &args.session {
        submission.session = Some(session(path, options)?);
    }
    let fixed = [
        (Step::Front, &args.front),
        (Step::Back, &args.back),
        (Step::Face, &args.face),
        (Step::UtilityBill, &args.utility_bill),
        (Step::SecondUtilityBill, &args.second_utility_bill),
    ];
    let fixed = fixed.into_iter().filter_map(|(step, path)| Some((step, path.as_deref()?)));
    let custom = args.steps.iter().map(|(name, path)| (Step::from(name.as_str()), path.as_path()));
    for (step, path) in fixed.chain(custom) {
        submission.images.push(Image::open(step, path, &options.limits).map_err(|e| e.to_string())?);
    }
    Ok(submission)
}

fn session(path: &Path, options: &Options) -> Result<Session, String> {
    let mut limits = options.limits.clone();
    limits.max_file_bytes = Session::MAX_BYTES;
    let image = Image::open("SESSION", path, &limits).map_err(|e| e.to_string())?;
    let session = image.unread.map_or_else(|| Session::from_json(&image.bytes), |n| Err(SessionError::TooLarge(n)));
    session.map_err(|e| format!("{}: {e}", path.display()))
}

fn run_inspect(args: &Inspect) -> Result<u8, String> {
    let inputs = args.files.iter().map(|path| ("FILE", path.as_path())).chain(files::of_look(&args.look));
    files::apart(files::of_telling(&args.telling), inputs)?;
    let options = args.look.options()?;
    let telling = &args.telling;
    let page = tell::page_file(telling)?;
    let step = Step::from(args.step.as_str());
    let preflight = Preflight::new(options);
    let style = tell::style(telling, false);
    let texts = Texts::from(telling.language);
    let wanted = args.format == LinesFormat::Text;
    let protocol = wanted.then(|| tell::pictures(telling, false)).flatten();
    let look = |path: &Path| -> Result<(ImageReport, Option<Preview>), Error> {
        let image = Image::open(&step, path, &preflight.options().limits)?;
        let mut report = preflight.inspect(&image)?;
        texts.translate_image(&mut report);
        let preview = (page.is_some() || protocol.is_some())
            .then(|| preflight.preview(&image, &report, telling.redact))
            .flatten();
        Ok((report, preview))
    };
    let progress = tell::Progress::new(args.files.len() as u64);
    let mut status = 0;
    let (mut reports, mut previews) = (Vec::new(), Vec::new());
    // A few files at a time: answers come in order and while others are still to be read.
    for files in args.files.chunks(rayon::current_num_threads() * 4) {
        let looked: Vec<_> = files
            .par_iter()
            .map(|path| {
                let looked = look(path);
                progress.one_done();
                (path, looked)
            })
            .collect();
        for (path, looked) in looked {
            let text = match (&looked, args.format) {
                (Ok((report, preview)), LinesFormat::Text) => {
                    let shown = protocol.and_then(|protocol| protocol.shown(preview.as_ref()?, report));
                    shown.unwrap_or_default() + &report.told(style).texts(&texts).to_string()
                }
                (Ok((report, _)), LinesFormat::Jsonl) => json(report)?,
                (Err(error), LinesFormat::Text) => {
                    progress
                        .aside(|| output::print(&format!("preflight: {}\n", printable(&error.to_string())), true))?;
                    String::new()
                }
                (Err(error), LinesFormat::Jsonl) => {
                    json(&serde_json::json!({"file": path.to_string_lossy(), "error": error.to_string()}))?
                }
            };
            progress.aside(|| output::print(&text, false))?;
            status = status.max(match &looked {
                Ok((report, _)) if report.verdict == Verdict::Ready => 0,
                Ok(_) => NOT_READY,
                Err(_) => COULD_NOT_RUN,
            });
            if let (Ok((report, preview)), true) = (looked, page.is_some()) {
                reports.push(report);
                previews.push(preview);
            }
        }
    }
    if let Some(file) = page {
        let page = Page::of_images(&reports, &previews).texts(&texts).redacted(telling.redact);
        file.write(page.render(&preflight.options().thresholds).as_bytes())?;
    }
    Ok(status)
}

/// A script for a shell, from the one definition of the arguments.
fn completions(shell: clap_complete::Shell) -> Result<u8, String> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "preflight", &mut script);
    output::print(&String::from_utf8_lossy(&script), false).map(|()| 0)
}

/// The manual page, from the same.
fn man(command: Option<&str>) -> Result<u8, String> {
    let mut program = Cli::command();
    program.build();
    let page = match command {
        None => program,
        Some(name) => program.find_subcommand(name).ok_or(format!("there is no command {name}"))?.clone(),
    };
    let mut roff = Vec::new();
    clap_mangen::Man::new(page).render(&mut roff).map_err(|e| e.to_string())?;
    output::print(&String::from_utf8_lossy(&roff), false).map(|()| 0)
}

fn print_config(args: &Config) -> Result<u8, String> {
    output::print(&options::file::print(&args.look.options()?), false).map(|()| 0)
}

fn rules() -> String {
    let width = Rule::ALL.iter().map(|r| r.id().len()).max().unwrap_or(0);
    let line = |rule: &Rule| {
        let level = match rule.default_level() {
            Level::Allow => "allow",
            Level::Warn => "warn",
            Level::Deny => "deny",
        };
        let family = format!("{:?}", rule.family()).to_lowercase();
        format!("{:width$}  {family:9}  {level:5}  {} {}\n", rule.id(), rule.summary(), rule.help())
    };
    Rule::ALL.iter().map(line).collect()
}

/// One line of JSON.
fn json(value: &impl serde::Serialize) -> Result<String, String> {
    serde_json::to_string(value)
        .map(|text| printable_json(text) + "\n")
        .map_err(|e| format!("the report cannot be written: {e}"))
}
