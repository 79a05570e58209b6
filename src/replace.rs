//! What stands in for a file that the service does not take as it is, when the caller asks for that: a picture
//! converted to JPEG, a PDF without its encryption.

use crate::{
    check::container,
    decode::{Decoded, other},
    fault::Refusal,
    finding::Finding,
    format::Format,
    options::{Limits, PdfPassword},
    probe::{
        Details, Header,
        jpeg::Frame,
        pdf::{Encryption, PdfDetails},
    },
    rules::Rule,
    unlock::unlock,
};

/// The quality of converted pictures. What is lost at 95 is not seen, and what a higher one keeps is mostly noise at
/// half as many bytes again, which the other images would have to give up; where it does not fit, fitting comes later.
const QUALITY: u8 = 95;

/// Another file for the same picture, and a finding that says so.
///
/// ```
/// # #[cfg(feature = "bmp")] {
/// use idenfy_preflight::{options::Limits, probe, replace::replace, rules::Rule};
/// let (limits, bitmap) = (Limits::default(), std::fs::read("testdata/converted.bmp")?);
/// let header = probe::probe(&bitmap, &limits)?;
/// let replacement = replace(&bitmap, &header, true, None, &limits).unwrap().unwrap();
/// assert!(replacement.bytes.starts_with(b"\xFF\xD8"));
/// assert_eq!(replacement.findings[0].rule, Rule::Converted);
/// # }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Replacement {
    /// The file.
    pub bytes: Vec<u8>,
    /// What was done, and what the picture has that the file does not keep.
    pub findings: Vec<Finding>,
}

/// The file to go on with: a picture in another format as JPEG when `convert` is set, an encrypted PDF unlocked when there
/// is a password. `None` when the service takes this one, nothing was asked for, or nothing can be done (a format that is
/// not converted).
///
/// # Errors
/// A finding when it was asked for and cannot be done.
///
/// ```
/// use idenfy_preflight::{options::{Limits, PdfPassword}, probe, replace::replace, rules::Rule};
/// let (limits, bill) = (Limits::default(), std::fs::read("testdata/pdf_encrypted.pdf")?);
/// let header = probe::probe(&bill, &limits)?;
/// assert!(replace(&bill, &header, true, None, &limits).is_none(), "nothing was asked for");
/// let wrong = PdfPassword::new("not this one");
/// let told = replace(&bill, &header, false, Some(&wrong), &limits).unwrap().unwrap_err();
/// assert_eq!(told.rule, Rule::PdfEncrypted);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn replace(
    bytes: &[u8],
    header: &Header,
    convert: bool,
    pdf_password: Option<&PdfPassword>,
    limits: &Limits,
) -> Option<Result<Replacement, Finding>> {
    match (&header.details, pdf_password) {
        (Details::Pdf(PdfDetails { encryption: Some(encryption), .. }), Some(password)) => {
            let password = Some(password.expose()).filter(|p| !p.is_empty());
            Some(match unlock(bytes, password, limits) {
                Ok(bytes) => Ok(Replacement { bytes, findings: vec![unlocked(encryption)] }),
                Err(error) => Err(Finding::new(
                    Rule::PdfEncrypted,
                    format!("The PDF was not unlocked: {error}."),
                    "Give the right password, or ask for a copy without one (open it, print to PDF).",
                )),
            })
        }
        _ if convert && other::converts(header.format) => {
            Some(converted(bytes, header.format, limits).map_err(|refusal| container::refusal(&refusal, limits)))
        }
        _ => None,
    }
}

fn unlocked(encryption: &Encryption) -> Finding {
    if encryption.only_attachments {
        return Finding::new(
            Rule::PdfUnlocked,
            "Files attached to the PDF were encrypted; a copy of it without its attached files is sent.",
            "Nothing needs to be done unless one of those files matters; send it by itself then.",
        )
        .with("without_attachments", true);
    }
    Finding::new(
        Rule::PdfUnlocked,
        "The PDF was encrypted; a decrypted copy of it is sent.",
        "Nothing needs to be done.",
    )
}

fn converted(bytes: &[u8], format: Format, limits: &Limits) -> Result<Replacement, Refusal> {
    let Decoded { picture, faults } = other::pixmap(bytes, format, limits)?;
    let too_large = || Refusal::Limit {
        what: "pixels on one side of a JPEG",
        needed: u64::from(picture.width().max(picture.height())),
        limit: u64::from(Frame::MOST),
    };
    let side = |n: u32| u16::try_from(n).ok().filter(|n| *n <= Frame::MOST).ok_or_else(too_large);
    let (width, height) = (side(picture.width())?, side(picture.height())?);
    let mut jpeg = Vec::new();
    jpeg_encoder::Encoder::new(&mut jpeg, QUALITY)
        .encode(picture.data(), width, height, jpeg_encoder::ColorType::Rgb)
        .map_err(|e| Refusal::Unsupported(format!("{format}, which could not be converted ({e})")))?;
    let converted = Finding::new(
        Rule::Converted,
        format!("The file was {}; an upright JPEG of it is sent.", format.described()),
        "Nothing needs to be done.",
    )
    .with("from", format.name())
    .with("quality", QUALITY);
    let findings = std::iter::once(converted).chain(faults.iter().map(container::fault)).collect();
    Ok(Replacement { bytes: jpeg, findings })
}
