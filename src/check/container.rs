//! The file itself: faults and refusals of `probe` and `decode` turned into findings, in plain words.

use crate::{
    decode,
    fault::{Break, Fault, Refusal},
    finding::Finding,
    format::Format,
    options::Limits,
    probe::{Details, Header, pdf::Encryption},
    rules::{Level, Rule},
    submission::Step,
};

/// Judges what a header says: the kind of file against what the service takes and what the name claims, encryption,
/// and everything that can be lived with.
///
/// ```
/// use idenfy_preflight::{Step, check::container, options::Limits, probe, rules::Rule};
/// let header = probe::probe(&std::fs::read("testdata/pdf_encrypted.pdf")?, &Limits::default())?;
/// let found = container::check(&Step::UtilityBill, "bill.pdf", &header);
/// assert_eq!(found[0].rule, Rule::PdfEncrypted);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn check(step: &Step, name: &str, header: &Header) -> Vec<Finding> {
    let mut found = Vec::new();
    if !header.format.is_accepted() {
        found.push(unsupported(header.format));
    }
    found.extend(renamed(name, header.format, header.format.is_accepted()));
    if let Details::Pdf(pdf) = &header.details
        && let Some(encryption) = &pdf.encryption
    {
        let (asks, help) = encrypted(encryption);
        let how = [Some(encryption.handler.clone()), encryption.algorithm.clone()];
        let how = how.into_iter().flatten().filter(|s| !s.is_empty()).collect::<Vec<_>>().join(", ");
        let how = if how.is_empty() { String::new() } else { format!(" ({how})") };
        let mut finding = Finding::new(Rule::PdfEncrypted, format!("The PDF is encrypted{how}. {asks}"), help);
        if let Ok(serde_json::Value::Object(evidence)) = serde_json::to_value(encryption) {
            finding.evidence = evidence;
        }
        // Told even where it cannot be known.
        finding.evidence.entry("needs_password").or_insert(serde_json::Value::Null);
        found.push(finding);
    }
    found.extend(header.faults.iter().map(fault));
    found.into_iter().map(|f| f.on(step)).collect()
}

/// A name that claims another kind of file than its content is; `sent` says whether that content, or what it was
/// converted to, can be sent.
///
/// ```
/// use idenfy_preflight::{check::container, format::Format, rules::Rule};
/// assert_eq!(container::renamed("front.jpg", Format::Png, true).map(|finding| finding.rule), Some(Rule::WrongExtension));
/// assert_eq!(container::renamed("front.jpg", Format::Jpeg, true), None);
/// ```
pub fn renamed(name: &str, format: Format, sent: bool) -> Option<Finding> {
    let claimed = Format::from_name(name).filter(|claimed| *claimed != format)?;
    // Of what has no name nothing else can be said.
    if format == Format::Other("unknown") {
        return None;
    }
    let help = if sent {
        "Nothing needs to be done: only the content is sent."
    } else {
        "A new name does not make another file of it: open it and save it anew as JPEG or PNG."
    };
    let message = format!("The file's name says {claimed}, its content is {}.", format.described());
    let finding = Finding::new(Rule::WrongExtension, message, help);
    Some(finding.with("value", format.name()).with("claimed", claimed.name()))
}

/// What encryption means for whoever opens the file, and what can be done about it.
fn encrypted(encryption: &Encryption) -> (&'static str, &'static str) {
    if encryption.only_attachments {
        return (
            "Only files attached to it are; its pages open without a password, and the service refuses it all the same.",
            "Open it and print it to a new PDF, which leaves the attached files behind.",
        );
    }
    match (encryption.handler.as_str(), encryption.needs_password) {
        (_, Some(false)) => (
            "It opens without asking for a password, and is refused by the service all the same.",
            "Open it and print it to a new PDF, or check it with --pdf-password \"\" to send a decrypted copy.",
        ),
        ("Standard", _) => (
            "The service refuses encrypted PDFs.",
            "Ask the user for a copy without password (open it, then print to PDF), or give the password with --pdf-password.",
        ),
        ("Adobe.PubSec" | "Adobe.PPKLite" | "Adobe.PPKMS" | "Entrust.PPKEF", _) => (
            "Only the holder of a certificate can open it; no password will.",
            "Ask the user, whose program opens it, to print it to a new PDF, or for a photo or a scan of the document.",
        ),
        _ => (
            "Only the program that encrypted it can open it; a password given here will not.",
            "Ask the user to open it where they usually do and print it to a new PDF, or for a photo or a scan.",
        ),
    }
}

fn unsupported(format: Format) -> Finding {
    let (what, help) = match format {
        Format::Heic if decode::other::converts(format) => (
            "an iPhone photo (HEIC)".to_owned(),
            "Check it with --convert, or set the phone to Settings, Camera, Formats, Most Compatible and take it again.",
        ),
        other if decode::other::converts(other) => {
            (format.described(), "Check it with --convert, or save it as JPEG or PNG.")
        }
        _ => (format.described(), "Save it as JPEG or PNG, or ask the user for a photo or a PDF."),
    };
    Finding::new(Rule::UnsupportedFormat, format!("The file is {what}; the service takes PNG, JPEG and PDF."), help)
        .with("value", format.name())
}

/// A fault as a finding.
///
/// ```
/// use idenfy_preflight::{check::container, fault::{Break, Fault}, rules::Rule};
/// let finding = container::fault(&Fault::Damaged(Break::new("a row of blocks is lost").at_row(1200)));
/// assert_eq!((finding.rule, &finding.evidence["row"]), (Rule::Damaged, &1200.into()));
/// ```
pub fn fault(fault: &Fault) -> Finding {
    match fault {
        Fault::Damaged(at) => place(
            Finding::new(
                Rule::Damaged,
                format!("The file is damaged: {}.", at.what),
                "Ask for the file once more, best sent in another way; the upload or a copy was probably cut short.",
            ),
            at,
        ),
        Fault::BrokenOff(at) => place(
            Finding::new(
                Rule::Unreadable,
                format!("Most programs show nothing of this file: {}.", at.what),
                "Ask for the file once more; the upload or a copy was probably cut short. What is there was looked at.",
            ),
            at,
        ),
        Fault::Trailing { bytes, what } => Finding::new(
            Rule::TrailingData,
            format!("{bytes} bytes follow the file's proper end: {what}."),
            "Nothing needs to be done; they are left out when the image has to be made smaller.",
        )
        .with("value", *bytes)
        .with("unit", "bytes"),
        Fault::Polyglot { also } => Finding::new(
            Rule::Polyglot,
            format!(
                "The file is {} at the same time, which ordinary photos and scans are not.",
                Format::named(also).described()
            ),
            "Find out where it comes from; save the picture anew to be rid of the rest.",
        )
        .with("also", *also),
        Fault::Flattened { what } => Finding::new(
            Rule::Flattened,
            match what.as_str() {
                Fault::TRANSPARENCY => {
                    "The picture has transparent parts; it was looked at flattened on white.".to_owned()
                }
                _ => format!("The picture has {what}, of which a plain picture keeps nothing."),
            },
            "Nothing needs to be done unless it looks wrong without.",
        ),
    }
}

/// A refusal as a finding.
///
/// ```
/// use idenfy_preflight::{check::container, fault::Refusal, options::Limits, rules::Rule};
/// let finding = container::refusal(&Refusal::Empty, &Limits::default());
/// assert_eq!((finding.rule, finding.message.as_str()), (Rule::EmptyFile, "The file is empty."));
/// ```
pub fn refusal(refusal: &Refusal, limits: &Limits) -> Finding {
    match refusal {
        Refusal::Empty => Finding::new(
            Rule::EmptyFile,
            "The file is empty.",
            "Ask for the file once more; the upload probably failed.",
        ),
        Refusal::Unreadable(at) => place(
            Finding::new(
                Rule::Unreadable,
                format!("The file cannot be read: {}.", at.what),
                "Ask for the file once more, or for a new photo.",
            ),
            at,
        ),
        Refusal::Unsupported(what) => Finding::new(
            Rule::UnsupportedCoding,
            format!("The file has a coding that decoders commonly refuse: {what}."),
            "Save the picture anew as an ordinary JPEG or PNG.",
        ),
        Refusal::TooManyPixels { width, height } => Finding::new(
            Rule::TooManyPixels,
            format!("The picture has {width} x {height} pixels, where {} in all are the limit.", limits.max_pixels),
            "Make it smaller, or take the photo at the camera's normal setting.",
        )
        .with("value", width.saturating_mul(*height))
        .with("threshold", limits.max_pixels)
        .with("unit", "pixels"),
        Refusal::Limit { what: "bytes in the file", needed, limit } => file_too_large(*needed, *limit),
        Refusal::Limit { what, needed, limit } => Finding::new(
            Rule::LimitExceeded,
            format!("Reading the file takes {}.", beyond(what, *needed, *limit)),
            "Ask for a simpler file; ordinary photos and scans stay far below.",
        )
        .with("value", *needed)
        .with("threshold", *limit)
        .with("unit", *what),
        Refusal::TookTooLong { limit } => Finding::new(
            Rule::TookTooLong,
            format!("Looking at the file took longer than {} ms and was given up.", limit.as_millis()),
            "Try once more; if it takes as long again, ask for a simpler or smaller file.",
        )
        .with("threshold", limit.as_millis() as u64)
        .with("unit", "milliseconds"),
        Refusal::NoPages => {
            Finding::new(Rule::PdfNoPages, "The PDF has no pages.", "Ask for the file once more, or for a photo.")
        }
        Refusal::DecoderFault { decoder } => Finding::new(
            Rule::DecoderFault,
            format!("The {decoder} decoder failed on this file in a way that it should not."),
            "Save the picture anew as an ordinary JPEG or PNG, and report the file if you can share it.",
        )
        .with("decoder", *decoder),
    }
}

/// The finding on a file that is larger than one file may be.
///
/// ```
/// use idenfy_preflight::check::container;
/// let finding = container::file_too_large(80_000_000, 64 << 20);
/// assert!(finding.denies() && finding.message.contains("80000000"));
/// ```
pub fn file_too_large(bytes: u64, limit: u64) -> Finding {
    Finding::new(
        Rule::FileTooLarge,
        format!("The file has {bytes} bytes, where {limit} are the limit for one file."),
        "Ask for a photo at the camera's normal setting, or a scan at 300 dpi.",
    )
    .with("value", bytes)
    .with("threshold", limit)
    .with("unit", "bytes")
}

/// A PDF page that could not be drawn is told, and stops nothing.
///
/// ```
/// use idenfy_preflight::{check::container, fault::Refusal};
/// let finding = container::not_rendered(&Refusal::unreadable("its font is broken"));
/// assert!(!finding.denies() && finding.message.ends_with("its font is broken."));
/// ```
pub fn not_rendered(refusal: &Refusal) -> Finding {
    Finding::new(
        Rule::PdfNotRendered,
        match refusal {
            Refusal::Limit { what, needed, limit } => {
                format!("The PDF's first page was not looked at: it takes {}.", beyond(what, *needed, *limit))
            }
            other => format!("The PDF's first page was not looked at: {other}."),
        },
        "Open the PDF and see for yourself that it can be read.",
    )
    .at(Level::Warn)
}

/// A limit and what goes beyond it. Counting stops at the first that is too many, so that one more only means "more".
fn beyond(what: &str, needed: u64, limit: u64) -> String {
    if needed > limit.saturating_add(1) {
        format!("{needed} {what}, and {limit} is the limit")
    } else {
        format!("more than the limit of {limit} {what}")
    }
}

fn place(mut finding: Finding, at: &Break) -> Finding {
    if let Some(byte) = at.byte {
        finding = finding.with("byte", byte);
    }
    if let Some(row) = at.row {
        finding = finding.with("row", row);
    }
    finding
}
