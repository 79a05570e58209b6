//! Arguments to nouns, reports to text, verdicts to exit statuses. Uses the library's public door only.

mod args;
mod output;
#[cfg(feature = "sandbox")]
mod sandbox;
#[cfg(feature = "submit")]
mod submit;

use args::{Check, Cli, Command, Inspect, LinesFormat, ReportFormat};
use clap::Parser;
use idenfy_preflight::{
    Error, Image, Options, Preflight, Session, Step, Submission,
    report::{ImageReport, Verdict, text::printable},
    rules::{Level, Rule},
};
use output::Out;
use rayon::prelude::*;
use std::{path::Path, process::ExitCode};

/// Not ready: a finding denies it.
const NOT_READY: u8 = 1;
/// Could not run.
const COULD_NOT_RUN: u8 = 2;

/// Runs the program.
pub fn run() -> ExitCode {
    output::clean_up_on_interrupt();
    output::keep_panics_quiet();
    let done = match Cli::parse().command {
        Command::Check(check) => run_check(&check),
        Command::Inspect(inspect) => run_inspect(&inspect),
        #[cfg(feature = "submit")]
        Command::Submit(args) => submit::run(&args),
        #[cfg(feature = "submit")]
        Command::Compare(args) => submit::compare(&args),
        #[cfg(feature = "sandbox")]
        Command::Sandbox(args) => sandbox::run(&args),
        Command::Rules => output::print(&rules(), false).map(|()| 0),
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
    options.service.max_body_bytes = args.budget;
    options.service.max_image_base64 = args.image_cap;
    options.service.token_field = args.token_field.into();
    Ok(options)
}

fn run_check(args: &Check) -> Result<u8, String> {
    let options = options(args)?;
    let out = args.out.as_deref().map(Out::open).transpose()?;
    let to_stderr = matches!(out, Some(Out::Stdout));
    let submission = submission(args, &options)?;
    let outcome = Preflight::new(options).check(submission).map_err(|e| e.to_string())?;
    let report = match args.format {
        ReportFormat::Text => outcome.report.to_string(),
        ReportFormat::Json => json(&outcome.report)?,
    };
    match (outcome.request, out) {
        (Some(request), Some(out)) => {
            out.write(request.body())?;
            output::print(&report, to_stderr)?;
            Ok(0)
        }
        (request, _) => {
            output::print(&report, to_stderr)?;
            Ok(if request.is_some() { 0 } else { NOT_READY })
        }
    }
}

/// The arguments as a submission, files read.
fn submission(args: &Check, options: &Options) -> Result<Submission<'static>, String> {
    let mut submission = Submission::new().skip_analysis(args.skip_analysis.into());
    submission.token = args.token.clone().filter(|t| !t.is_empty()).map(idenfy_preflight::submission::Token::new);
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
    let image = Image::open("SESSION", path, &options.limits).map_err(|e| e.to_string())?;
    Session::from_json(&image.bytes).map_err(|e| format!("{}: {e}", path.display()))
}

fn run_inspect(args: &Inspect) -> Result<u8, String> {
    let options = args.look.options()?;
    let step = Step::from(args.step.as_str());
    let preflight = Preflight::new(options);
    let look = |path: &Path| -> Result<ImageReport, Error> {
        preflight.inspect(&Image::open(&step, path, &preflight.options().limits)?)
    };
    let mut status = 0;
    // A few files at a time: answers come in order and while others are still to be read.
    for files in args.files.chunks(rayon::current_num_threads() * 4) {
        let looked: Vec<_> = files.par_iter().map(|path| (path, look(path))).collect();
        for (path, report) in looked {
            let text = match (&report, args.format) {
                (Ok(report), LinesFormat::Text) => report.to_string(),
                (Ok(report), LinesFormat::Jsonl) => json(report)?,
                (Err(error), LinesFormat::Text) => {
                    output::print(&format!("preflight: {error}\n"), true)?;
                    String::new()
                }
                (Err(error), LinesFormat::Jsonl) => {
                    json(&serde_json::json!({"file": path.to_string_lossy(), "error": error.to_string()}))?
                }
            };
            output::print(&text, false)?;
            status = status.max(match report {
                Ok(report) if report.verdict == Verdict::Ready => 0,
                Ok(_) => NOT_READY,
                Err(_) => COULD_NOT_RUN,
            });
        }
    }
    Ok(status)
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
    serde_json::to_string(value).map(|text| text + "\n").map_err(|e| format!("the report cannot be written: {e}"))
}
