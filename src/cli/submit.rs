//! `preflight submit` and `preflight compare`.

use super::{
    COULD_NOT_RUN, NOT_READY,
    args::{Check, ReportFormat},
    files, json, options, output, submission, tell,
};
use clap::{Args, builder::RangedU64ValueParser};
use idenfy_preflight::{
    Preflight,
    submit::{
        Answer, BaseUrl, Credentials, Ledger, NotSentReason, Patience, Submitter,
        compare::{self, Prediction},
        webhook::Payload,
    },
};
use serde_json::{Value, json};
use std::{fmt::Display, path::PathBuf, sync::Arc, time::Duration};

/// Bytes of a file of authorities: all of Mozilla's have a quarter of it.
const MAX_CA_FILE: u64 = 1 << 20;
/// Bytes of a file that is compared: a million lines of `submit --format json`.
const MAX_COMPARED: u64 = 1 << 30;
/// The body left, no answer came.
const UNKNOWN: u8 = 3;

/// Check one submission, then POST the body, once.
///
/// Credentials come from IDENFY_API_KEY and IDENFY_API_SECRET. With --session the answer can be joined with the later
/// webhook (`preflight compare`).
#[derive(Args)]
pub struct Submit {
    #[command(flatten)]
    check: Check,
    /// Where to.
    #[arg(long, value_name = "URL", env = "IDENFY_BASE_URL", default_value = "https://ivs.idenfy.com")]
    base_url: String,
    /// A file that remembers which tokens were sent (by their hash), for several processes at once.
    #[arg(long, value_name = "FILE")]
    ledger: Option<PathBuf>,
    /// Trust the certificate authorities in this file (PEM), and those alone, instead of Mozilla's, which are built in:
    /// for a proxy that opens TLS.
    #[arg(long, value_name = "FILE", env = "SSL_CERT_FILE")]
    ca_file: Option<PathBuf>,
    /// How long to wait for the answer.
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = seconds())]
    timeout: u64,
    /// How long to wait for the name, for the connection, and for TLS, each.
    #[arg(long, value_name = "SECONDS", default_value_t = 10, value_parser = seconds())]
    connect_timeout: u64,
    /// How long sending the body may take.
    #[arg(long, value_name = "SECONDS", default_value_t = 120, value_parser = seconds())]
    send_timeout: u64,
}

/// Compare what checks predicted with what webhooks brought, joined on scanRef: to calibrate on your own traffic.
#[derive(Args)]
pub struct Compare {
    /// What `submit --format json` printed, one JSON a line. May be repeated.
    #[arg(long, value_name = "FILE", required = true)]
    predicted: Vec<PathBuf>,
    /// The bodies of webhooks, one JSON a line. Verify them first. May be repeated.
    #[arg(long, value_name = "FILE", required = true)]
    received: Vec<PathBuf>,
    /// How to print the comparison.
    #[arg(long, value_enum, default_value = "text")]
    format: ReportFormat,
}

fn seconds() -> RangedU64ValueParser {
    RangedU64ValueParser::new().range(1..)
}

pub fn run(args: &Submit) -> Result<u8, String> {
    let check = &args.check;
    let outputs = files::given([("--out", &check.out), ("--ledger", &args.ledger)]);
    let inputs = files::of_check(check).into_iter().chain(files::given([("--ca-file", &args.ca_file)]));
    files::apart(outputs.chain(files::of_telling(&check.telling)), inputs)?;
    let options = options(check)?;
    let out = check.out.as_deref().map(output::Out::open).transpose()?;
    if matches!(out, Some(output::Out::Stdout)) {
        return Err("--out -: submit prints its answer there; name a file".into());
    }
    let base = BaseUrl::new(&args.base_url).map_err(|e| format!("--base-url: {e}"))?;
    let credentials = Credentials::from_env().map_err(|e| e.to_string())?;
    let patience = Patience {
        connect: Duration::from_secs(args.connect_timeout),
        send: Duration::from_secs(args.send_timeout),
        answer: Duration::from_secs(args.timeout),
        ..Patience::default()
    };
    let mut submitter = Submitter::to(base, patience, credentials);
    if let Some(path) = args.ca_file.as_ref().filter(|path| !path.as_os_str().is_empty()) {
        let fail = |what: &dyn Display| format!("--ca-file (or SSL_CERT_FILE) {}: {what}", path.display());
        let pem = files::read(path, MAX_CA_FILE).map_err(|e| format!("--ca-file (or SSL_CERT_FILE) {e}"))?;
        submitter = submitter.trust(&pem).map_err(|e| fail(&e))?;
    }
    if let Some(path) = &args.ledger {
        let ledger = Ledger::open(path).map_err(|e| format!("--ledger {}: {e}", path.display()))?;
        submitter = submitter.ledger(Arc::new(ledger));
    }
    let page = tell::page_file(&check.telling)?;
    let submission = submission(check, &options)?;
    let preflight = Preflight::new(options);
    let shows = (check.format == ReportFormat::Text).then(|| tell::pictures(&check.telling, false)).flatten();
    let (outcome, page) = tell::checked(&preflight, submission, &check.telling, page, shows)?;
    page.write()?;
    let report = &outcome.report;
    if let (Some(request), Some(out)) = (&outcome.request, out) {
        out.write(request.body())?;
    }
    let scan_ref = outcome.request.as_ref().and_then(|r| r.scan_ref());
    let told = |answer: Option<&Answer>| match check.format {
        ReportFormat::Text => {
            let said = answer.map(|answer| format!("{answer}\n")).unwrap_or_default();
            Ok(tell::text(report, &check.telling, false) + &said)
        }
        ReportFormat::Json => {
            json(&json!({"scanRef": scan_ref, "submit": answer.map(Answer::to_json), "report": report}))
        }
    };
    let Some(request) = &outcome.request else {
        output::print_surely(&told(None)?);
        return Ok(NOT_READY);
    };
    // From here on a body may have left, and whoever interrupts has to know.
    let interrupted = Answer::Unknown {
        what: "the program was interrupted".to_owned(),
        bytes: request.body().len() as u64,
        scan_ref: scan_ref.map(str::to_owned),
    };
    output::say_on_interrupt(told(Some(&interrupted))?, UNKNOWN);
    let answer = submitter.submit(request, report);
    let status = status(&answer);
    let text = told(Some(&answer)).unwrap_or_else(|why| format!("{why}\n{answer}\n"));
    output::say_at_last(&text, status);
    Ok(status)
}

fn status(answer: &Answer) -> u8 {
    match answer {
        Answer::Accepted => 0,
        // A token that was sent before is refused, before the network.
        Answer::NotSent(NotSentReason::TokenSent | NotSentReason::NoToken) => NOT_READY,
        Answer::NotSent(_) => COULD_NOT_RUN,
        Answer::Unknown { .. } => UNKNOWN,
        _ => NOT_READY,
    }
}

pub fn compare(args: &Compare) -> Result<u8, String> {
    let predicted = lines(&args.predicted)?.iter().filter_map(prediction).collect::<Vec<_>>();
    let received = lines(&args.received)?
        .into_iter()
        .map(|line| serde_json::from_value::<Payload>(line).map_err(|e| format!("--received: {e}")))
        .collect::<Result<Vec<_>, _>>()?;
    let found = compare::compare(&predicted, &received);
    let text = match args.format {
        ReportFormat::Text => found.to_string(),
        ReportFormat::Json => json(&found)?,
    };
    output::print(&text, false)?;
    Ok(0)
}

/// What a line of `submit --format json` foresees; `None` without a scanRef.
fn prediction(line: &Value) -> Option<Prediction> {
    let report = line.get("report")?;
    let of_images = report.get("images").and_then(Value::as_array).into_iter().flatten();
    let codes = of_images
        .chain([report])
        .filter_map(|part| part.get("findings")?.as_array())
        .flatten()
        .filter_map(|f| Some(f.get("predicts")?.as_str()?.to_owned()));
    Some(Prediction { scan_ref: line.get("scanRef")?.as_str()?.to_owned(), codes: codes.collect() })
}

fn lines(paths: &[PathBuf]) -> Result<Vec<Value>, String> {
    let mut values = Vec::new();
    for path in paths {
        let text = files::read_text(path, MAX_COMPARED)?;
        for (n, line) in text.lines().enumerate().filter(|(_, l)| !l.trim().is_empty()) {
            let value = serde_json::from_str(line).map_err(|e| format!("{}, line {}: {e}", path.display(), n + 1))?;
            values.push(value);
        }
    }
    Ok(values)
}
