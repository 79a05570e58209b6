//! The structure of a PDF: encryption, pages, and whether it had to be repaired to be read.

pub(crate) mod encryption;
mod file;
mod filters;
mod kept;
mod lexer;
mod pages;
mod scan;
mod xref;

pub use encryption::Encryption;

use super::{Details, Header};
use crate::{
    fault::{Break, Fault, Refusal},
    format::{Format, ends_as_zip, sniff},
    options::Limits,
    pixmap::Orientation,
};
pub(crate) use file::{Entry, File};
pub(crate) use kept::held;
pub(crate) use pages::{Page, content};
pub(crate) use scan::{Picture, sole_picture};

use pages::Pages;
use xref::Stop;

/// What only a PDF has.
///
/// ```
/// use idenfy_preflight::{options::Limits, probe::{Details, pdf}};
/// let header = pdf::probe(&std::fs::read("testdata/pdf_pages.pdf")?, &Limits::default())?;
/// let Details::Pdf(pdf) = header.details else { panic!("a PDF") };
/// assert!(pdf.pages > Some(1));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct PdfDetails {
    /// How it is encrypted; `None` when it is not.
    pub encryption: Option<Encryption>,
    /// Pages, as far as [`Limits::max_pages`] were counted; `None` when encryption hides them.
    pub pages: Option<u32>,
    /// Whether there are more than were counted.
    pub more_pages: bool,
    /// Whether the first page is one picture and nothing else, as scanners write.
    pub image_only: bool,
}

/// A PDF that was read, whichever way it took.
pub(crate) struct Opened<'a> {
    pub file: File<'a>,
    pub encryption: Option<Encryption>,
    pub pages: Pages,
    /// Why its table of objects had to be rebuilt.
    pub rebuilt: Option<Break>,
}

/// Reads trailer, encryption and page tree.
///
/// # Errors
/// [`Refusal::Unreadable`], [`Refusal::NoPages`], [`Refusal::Limit`].
///
/// ```
/// use idenfy_preflight::{fault::Refusal, options::Limits, probe::pdf};
/// let empty = std::fs::read("testdata/pdf_no_pages.pdf")?;
/// assert_eq!(pdf::probe(&empty, &Limits::default()), Err(Refusal::NoPages));
/// # Ok::<(), std::io::Error>(())
/// ```
pub fn probe(bytes: &[u8], limits: &Limits) -> Result<Header, Refusal> {
    let opened = open(bytes, limits)?;
    let first = opened.pages.first.as_ref();
    let (width, height) = first.map_or((0.0, 0.0), Page::size);
    let mut header = Header {
        format: Format::Pdf,
        width: width.ceil() as u32,
        height: height.ceil() as u32,
        orientation: Orientation::Upright,
        faults: around(bytes),
        details: Details::None,
    };
    let mut details = PdfDetails { encryption: opened.encryption.clone(), ..PdfDetails::default() };
    let pages = opened.pages.count;
    details.pages = (pages > 0).then_some(pages);
    details.more_pages = opened.pages.more;
    header.faults.extend(opened.rebuilt.clone().map(Fault::Damaged));
    if details.encryption.is_none() {
        let Some(page) = first else { return Err(Refusal::NoPages) };
        match pages::content(&opened.file, page) {
            // Pages without a trailer and without content are what is left of a file cut short.
            Ok(content) if opened.file.trailers.is_empty() && content.iter().all(u8::is_ascii_whitespace) => {
                return Err(Refusal::Unreadable(opened.rebuilt.unwrap_or_default()));
            }
            Ok(content) => details.image_only = sole_picture(&opened.file, page, &content).is_some(),
            Err(Refusal::Unreadable(b)) if opened.rebuilt.is_none() => header.faults.push(Fault::Damaged(b)),
            Err(refusal) => return Err(refusal),
        }
        header.faults.extend(opened.pages.broken.clone().map(Fault::Damaged));
    }
    header.details = Details::Pdf(details);
    Ok(header)
}

/// Opens a file by its table of objects, or, where that is damaged, by reading the whole of it.
pub(crate) fn open<'a>(bytes: &'a [u8], limits: &'a Limits) -> Result<Opened<'a>, Refusal> {
    let base = header_at(bytes).unwrap_or(0);
    let mut file = File::new(bytes, base, limits);
    let stop = match file.read_chain() {
        Ok(()) => None,
        Err(Stop::Broken(seen)) => Some(seen),
        Err(Stop::Refused(refusal)) => return Err(refusal),
    };
    let encryption = encrypted(&mut file);
    let pages = file.catalog().map(|c| file.pages(&c)).unwrap_or_default();
    limits.in_time()?;
    file.within()?;
    let seen = stop.clone().or_else(|| file.broken.take());
    if encryption.is_some() || (seen.is_none() && pages.count > 0) {
        return Ok(Opened { file, encryption, pages, rebuilt: stop });
    }
    let seen = seen.or_else(|| Some(Break::new("the table of objects does not lead to the pages")));

    let mut again = File::new(bytes, base, limits);
    again.rebuild()?;
    let mut encryption = encrypted(&mut again);
    if again.has_key() {
        // Object streams could not be looked into before.
        again.rebuild()?;
    }
    if again.trailers.is_empty() {
        encryption = encryption.or_else(|| encryption::find_orphan(&again));
    }
    let catalog = again.catalog();
    let has_catalog = catalog.is_some();
    let found = catalog.map(|c| again.pages(&c)).unwrap_or_default();
    limits.in_time()?;
    again.within()?;
    if encryption.is_some() && (stop.is_some() || pages.count == 0) {
        return Ok(Opened { file: again, encryption, pages: found, rebuilt: seen });
    }
    if found.count >= pages.count && found.count > 0 {
        return Ok(Opened { file: again, encryption: None, pages: found, rebuilt: seen });
    }
    if pages.count > 0 {
        return Ok(Opened { file, encryption: None, pages, rebuilt: seen });
    }
    // "No pages" is for a list that is whole and empty. Where it is not, there may be some.
    let lost = (!has_catalog).then(|| Break::new("the PDF's trailer does not lead to a list of pages"));
    Err(stop.or(pages.broken).or(found.broken).or(lost).map_or(Refusal::NoPages, Refusal::Unreadable))
}

/// The file's encryption; where the empty password opens it, the file is read through it from here on.
fn encrypted(file: &mut File) -> Option<Encryption> {
    let encryption = encryption::find(file)?;
    if encryption.needs_password == Some(false)
        && !encryption.leaves_pages_clear()
        && let Some(key) = encryption::asked_for(file).and_then(|dict| encryption::key(file, &dict, ""))
    {
        file.set_key(key);
    }
    Some(encryption)
}

/// The byte at which the header stands.
fn header_at(bytes: &[u8]) -> Option<usize> {
    memchr::memmem::find(bytes, b"%PDF-")
}

/// What is wrong before the header and behind the end.
fn around(bytes: &[u8]) -> Vec<Fault> {
    let mut faults = Vec::new();
    match header_at(bytes) {
        Some(0) => {}
        Some(at) => {
            let what = format!("{at} bytes stand before the PDF's header");
            faults.push(Fault::Damaged(Break::new(what).at_byte(at)));
        }
        None => faults.push(Fault::Damaged(Break::new("the PDF's header (%PDF-) is missing").at_byte(0))),
    }
    let Some(end) = memchr::memmem::rfind(bytes, b"%%EOF") else {
        faults.push(Fault::Damaged(Break::new("the PDF's end mark (%%EOF) is missing").at_byte(bytes.len())));
        return faults;
    };
    if memchr::memmem::rfind(bytes, b"startxref").is_some_and(|at| at > end) {
        // The end mark before this one closes an older state of the file.
        faults.push(Fault::Damaged(Break::new("the PDF's end mark (%%EOF) is missing").at_byte(bytes.len())));
        return faults;
    }
    let tail = bytes.len().saturating_sub(1024);
    if memchr::memmem::rfind(bytes, b"startxref").is_some_and(|at| at < tail) {
        // Acrobat and others look for it no further from the end (ISO 32000-1, annex H.3.4.4).
        let what = "so much stands behind the PDF's end that some programs do not find its table of objects";
        faults.push(Fault::Damaged(Break::new(what).at_byte(end)));
    }
    let behind = bytes.get(end + b"%%EOF".len()..).unwrap_or(&[]).trim_ascii();
    let zip = [&b"PK\x03\x04"[..], b"PK\x01\x02", b"PK\x05\x06"];
    if zip.iter().any(|mark| memchr::memmem::find(behind, mark).is_some()) || ends_as_zip(bytes) {
        faults.push(Fault::Polyglot { also: "zip" });
    } else if memchr::memmem::find(behind, b"endobj").is_some() {
        let what = "an update of the PDF is cut off";
        faults.push(Fault::Damaged(Break::new(what).at_byte(bytes.len())));
    } else if behind.iter().any(|b| *b != 0) {
        let what = sniff(behind).map_or_else(|| "bytes of no known kind".to_owned(), Format::described);
        faults.push(Fault::Trailing { bytes: behind.len() as u64, what });
    }
    faults
}

#[cfg(test)]
mod tests;
