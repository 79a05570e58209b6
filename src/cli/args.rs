//! The command line.

use super::files;
use clap::{
    Args, CommandFactory, Parser, Subcommand, ValueEnum,
    builder::{PossibleValuesParser, Styles},
    error::{ContextKind, ErrorKind},
};
use idenfy_preflight::{
    Options, SkipAnalysis,
    options::{Levels, PdfPassword, Sensitivity, Thresholds, TokenField, file},
    report::text::printable,
    rules::{Level, Rule},
    submission::TokenType,
    texts::Texts,
};
use std::path::{Path, PathBuf};

/// Bytes of a file of settings: with every key and its comment it has some ten thousand.
const MAX_CONFIG: u64 = 1 << 20;

/// Looks at identity-document images before they are sent to iDenfy's Direct Processing API.
///
/// Exit status: 0 ready, 1 not ready (a finding denies it), 2 could not run. Of submit: 0 accepted, 1 refused before or
/// by the service, 2 could not run, 3 unknown (the body was sent, no answer came).
#[derive(Parser)]
#[command(name = "preflight", version, max_term_width = 100)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
}

/// The arguments. Files where a command or a flag is wanted, which is what one tries first, bring a word on what to write.
pub fn parse() -> Cli {
    Cli::try_parse().unwrap_or_else(|error| {
        print_if_it_steers();
        let given = [ContextKind::InvalidSubcommand, ContextKind::InvalidArg].iter().find_map(|kind| error.get(*kind));
        let file = given.map(ToString::to_string).filter(|given| Path::new(given).is_file());
        let tip = match (error.kind(), file) {
            (ErrorKind::InvalidSubcommand, Some(_)) => {
                "inspect FILE looks at single files, check --front FILE … at a submission"
            }
            (ErrorKind::UnknownArgument, Some(_)) => "each file has its flag: --front FILE, --back FILE, --face FILE",
            _ => error.exit(),
        };
        let _ = error.print();
        let _ = super::output::print(&format!("\n  tip: {tip}\n"), true);
        std::process::exit(error.exit_code());
    })
}

/// Messages on arguments quote them as they are. One that would steer a terminal is printed without colours, for these
/// are such characters too, line by line, and ends the program.
fn print_if_it_steers() {
    let plain = Cli::command().styles(Styles::plain()).try_get_matches();
    let Some(error) = plain.err() else { return };
    let text = error.render().ansi().to_string();
    let printed: String = text.split('\n').map(printable).collect::<Vec<_>>().join("\n");
    if printed != text {
        let _ = super::output::print(&printed, error.use_stderr());
        std::process::exit(error.exit_code());
    }
}

#[derive(Subcommand)]
pub enum Command {
    Check(Box<Check>),
    Inspect(Inspect),
    Batch(Box<super::batch::Batch>),
    #[cfg(feature = "submit")]
    Submit(Box<super::submit::Submit>),
    #[cfg(feature = "submit")]
    Compare(super::submit::Compare),
    #[cfg(feature = "sandbox")]
    Sandbox(super::sandbox::Serve),
    /// Print every rule with its family, its level and what it looks for.
    Rules,
    Config(Config),
    /// Print a script that completes this program's arguments in a shell.
    Completions {
        /// Which shell.
        shell: clap_complete::Shell,
    },
    /// Print the manual page of the program, or of one of its commands.
    Man {
        /// Which command.
        command: Option<String>,
    },
}

/// Print the settings that hold, as a file for --config: every key with its meaning, its default and its source.
#[derive(Args)]
pub struct Config {
    #[command(flatten)]
    pub look: Look,
}

/// Check one submission, fit it into the limit and write the body that is ready to send.
#[derive(Args)]
pub struct Check {
    /// Country that issued the document, as two letters (ISO 3166-1 alpha-2, or XK).
    #[arg(long, value_name = "LT")]
    pub country: Option<String>,
    /// ID_CARD, PASSPORT, DRIVER_LICENSE or RESIDENCE_PERMIT; left out, the service tells it from the FRONT.
    #[arg(long, value_name = "TYPE")]
    pub document_type: Option<String>,
    /// The document's front.
    #[arg(long, value_name = "FILE")]
    pub front: Option<PathBuf>,
    /// The document's back.
    #[arg(long, value_name = "FILE")]
    pub back: Option<PathBuf>,
    /// The selfie.
    #[arg(long, value_name = "FILE")]
    pub face: Option<PathBuf>,
    /// Proof of address.
    #[arg(long, value_name = "FILE")]
    pub utility_bill: Option<PathBuf>,
    /// Second proof of address.
    #[arg(long, value_name = "FILE")]
    pub second_utility_bill: Option<PathBuf>,
    /// Another step that the session was created with, and its image. May be repeated.
    #[arg(long = "step", value_name = "NAME=FILE", value_parser = named_file)]
    pub steps: Vec<(String, PathBuf)>,
    /// The session's token. Other users of the machine can read arguments: the variable is the better place.
    #[arg(long, env = "IDENFY_TOKEN", hide_env_values = true)]
    pub token: Option<String>,
    /// The kind of session, where no --session tells.
    #[arg(long, value_name = "KIND", value_enum, ignore_case = true, conflicts_with = "session")]
    pub token_type: Option<Kind>,
    /// The JSON answer of session creation, from which the required steps follow.
    #[arg(long, value_name = "FILE")]
    pub session: Option<PathBuf>,
    /// When to set skipAnalysis in the request.
    #[arg(long, value_name = "WHEN", value_enum, default_value = "never")]
    pub skip_analysis: Skip,
    /// The most that the whole JSON body may have [default: 20000000].
    #[arg(long, value_name = "BYTES", value_parser = clap::value_parser!(u64).range(1..))]
    pub budget: Option<u64>,
    /// The most characters of base64 that one image may have (older service pages: 6000000).
    #[arg(long, value_name = "CHARACTERS", value_parser = clap::value_parser!(u64).range(1..))]
    pub image_cap: Option<u64>,
    /// The field that carries the token [default: token]; the service's pages of before 2026 call it authToken.
    #[arg(long, value_name = "NAME", value_enum)]
    pub token_field: Option<Field>,
    /// Where to write the body; - for standard output (the report then goes to standard error). A file is replaced only
    /// when there is a body: a check that refuses leaves an older one as it is.
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// How to print the report.
    #[arg(long, value_enum, default_value = "text")]
    pub format: ReportFormat,
    #[command(flatten)]
    pub look: Look,
    #[command(flatten)]
    pub telling: Telling,
}

/// Look at files one by one, as images for one step, without a submission.
#[derive(Args)]
pub struct Inspect {
    /// The files.
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// The step that they are looked at for.
    #[arg(long, value_name = "NAME", default_value = "FRONT")]
    pub step: String,
    /// How to print the reports.
    #[arg(long, value_enum, default_value = "text")]
    pub format: LinesFormat,
    #[command(flatten)]
    pub look: Look,
    #[command(flatten)]
    pub telling: Telling,
}

/// How the answer is told.
#[derive(Args)]
#[command(next_help_heading = "Answer")]
pub struct Telling {
    /// Say verdicts alone.
    #[arg(long, short, conflicts_with = "verbose")]
    pub quiet: bool,
    /// Say scores, native values and evidence too.
    #[arg(long, short)]
    pub verbose: bool,
    /// The language of the report. What findings on the call say stays English.
    #[arg(long, value_name = "LANGUAGE", value_enum, default_value = "en")]
    pub language: Language,
    /// Also write the report as one HTML page, with the pictures and what was seen where.
    #[arg(long, value_name = "FILE.html")]
    pub report: Option<PathBuf>,
    /// Show the pictures too, small, with what was seen where: in kitty, Ghostty, iTerm2, WezTerm, Konsole and others.
    /// Whatever records the terminal then holds the document.
    #[arg(long, conflicts_with = "quiet")]
    pub picture: bool,
    /// Hide faces, print and file names in that page, so that it can be filed.
    #[arg(long, requires = "report")]
    pub redact: bool,
}

/// How images are looked at.
#[derive(Args)]
pub struct Look {
    /// A TOML file of settings; flags stand above it. `preflight config` prints one with every key.
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Turn HEIC, WebP, TIFF, BMP and GIF into JPEG, and go on with that.
    #[arg(long)]
    convert: bool,
    /// Unlock encrypted PDFs with this password ("" for those that open without asking), and go on with a decrypted copy.
    /// Other users of the machine can read arguments: the variable is the better place.
    #[arg(long, value_name = "PASSWORD", env = "IDENFY_PDF_PASSWORD", hide_env_values = true)]
    pdf_password: Option<String>,
    /// How readily a picture is called bad: low, only what surely cannot be read; high, whatever may cost a second
    /// attempt [default: medium].
    #[arg(long, value_name = "LEVEL", value_enum)]
    sensitivity: Option<Sensitive>,
    /// Let a rule pass: it is told and does not count. `all` lets everything through that can be sent at all: not a body
    /// over the limit, not a file too large to be read, not two images for one step.
    #[arg(long, value_name = "RULE", value_parser = rules(), hide_possible_values = true, help_heading = "Rules")]
    allow: Vec<String>,
    /// Make a rule a warning.
    #[arg(long, value_name = "RULE", value_parser = rules(), hide_possible_values = true, help_heading = "Rules")]
    warn: Vec<String>,
    /// Make a rule refuse. `preflight rules` lists them.
    #[arg(long, value_name = "RULE", value_parser = rules(), hide_possible_values = true, help_heading = "Rules")]
    deny: Vec<String>,
}

impl Look {
    /// The options that follow, over those of the file; two flags that contradict are told.
    pub fn options(&self) -> Result<Options, String> {
        let sensitivity = self.sensitivity.map(Into::into);
        let mut options = match &self.config {
            Some(path) => {
                let text = files::read_text(path, MAX_CONFIG).map_err(|e| format!("--config {e}"))?;
                file::parse(&text, sensitivity).map_err(|e| format!("--config {}, {e}", path.display()))?
            }
            None => {
                let mut options = Options::default();
                options.thresholds = Thresholds::new(sensitivity.unwrap_or_default());
                options
            }
        };
        options.convert |= self.convert;
        options.pdf_password = self.pdf_password.clone().map(PdfPassword::new);
        let mut seen = std::collections::BTreeMap::new();
        let flags = [(Level::Allow, &self.allow), (Level::Warn, &self.warn), (Level::Deny, &self.deny)];
        for (level, names) in flags {
            for name in names {
                if seen.insert(name, level).is_some_and(|other| other != level) {
                    return Err(format!("two flags contradict: {name} is given two levels"));
                }
                let rule = Rule::from_id(name);
                if let Some(why) = rule.and_then(Levels::fixed).filter(|_| level != Level::Deny) {
                    return Err(format!("the rule {name} always refuses: {why}"));
                }
                match rule {
                    Some(rule) => options.levels.set(rule, level),
                    None => options.levels.set_all(level),
                }
            }
        }
        Ok(options)
    }
}

fn rules() -> PossibleValuesParser {
    PossibleValuesParser::new(Rule::ALL.iter().map(|r| r.id()).chain(["all"]))
}

fn named_file(text: &str) -> Result<(String, PathBuf), String> {
    match text.split_once('=') {
        Some((name, file)) if !name.is_empty() && !file.is_empty() => Ok((name.to_owned(), file.into())),
        _ => Err("NAME=FILE is needed, such as VISA_PAGE=visa.jpg".into()),
    }
}

#[derive(Clone, Copy, ValueEnum)]
pub enum Language {
    /// English.
    En,
    /// German.
    De,
}

impl From<Language> for Texts {
    fn from(language: Language) -> Self {
        match language {
            Language::En => Self::english(),
            Language::De => Self::german(),
        }
    }
}

#[derive(Clone, Copy, ValueEnum)]
pub enum Kind {
    #[value(name = "IDENTIFICATION")]
    Identification,
    #[value(name = "DOCUMENT")]
    Document,
}

impl From<Kind> for TokenType {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Identification => Self::Identification,
            Kind::Document => Self::Document,
        }
    }
}

#[derive(Clone, Copy, ValueEnum)]
pub enum Sensitive {
    Low,
    Medium,
    High,
}

impl From<Sensitive> for Sensitivity {
    fn from(sensitive: Sensitive) -> Self {
        match sensitive {
            Sensitive::Low => Self::Low,
            Sensitive::Medium => Self::Medium,
            Sensitive::High => Self::High,
        }
    }
}

#[derive(Clone, Copy, ValueEnum)]
pub enum Skip {
    /// Never; the report recommends.
    Never,
    /// When the report recommends it.
    Warranted,
    /// Always.
    Always,
}

impl From<Skip> for SkipAnalysis {
    fn from(skip: Skip) -> Self {
        match skip {
            Skip::Never => Self::Never,
            Skip::Warranted => Self::Warranted,
            Skip::Always => Self::Always,
        }
    }
}

#[derive(Clone, Copy, ValueEnum)]
pub enum Field {
    #[value(name = "token")]
    Token,
    #[value(name = "authToken")]
    AuthToken,
}

impl From<Field> for TokenField {
    fn from(field: Field) -> Self {
        match field {
            Field::Token => Self::Token,
            Field::AuthToken => Self::AuthToken,
        }
    }
}

#[derive(Clone, Copy, PartialEq, ValueEnum)]
pub enum ReportFormat {
    /// For people.
    Text,
    /// One JSON object.
    Json,
}

#[derive(Clone, Copy, PartialEq, ValueEnum)]
pub enum LinesFormat {
    /// For people.
    Text,
    /// One JSON object a line, in the order of the files.
    Jsonl,
}
