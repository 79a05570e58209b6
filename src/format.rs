//! What kind of file this is, from its bytes alone. Names and declared types are never believed.

mod magic;
mod text;

use memchr::memmem;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};
use std::{
    borrow::Cow,
    collections::BTreeSet,
    fmt,
    sync::{Mutex, PoisonError},
};

/// A kind of file.
///
/// ```
/// use idenfy_preflight::format::{Format, sniff};
/// let format = sniff(b"\x89PNG\r\n\x1a\n").unwrap();
/// assert_eq!((format, format.name(), format.to_string().as_str()), (Format::Png, "png", "PNG"));
/// assert!(format.is_accepted() && !Format::Heic.is_accepted());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Format {
    /// JPEG (ISO/IEC 10918-1).
    Jpeg,
    /// PNG (ISO/IEC 15948), animated ones included.
    Png,
    /// PDF (ISO 32000).
    Pdf,
    /// HEIF with HEVC pictures, what iPhones write (ISO/IEC 23008-12).
    Heic,
    /// AVIF.
    Avif,
    /// WebP.
    WebP,
    /// TIFF.
    Tiff,
    /// Windows bitmap.
    Bmp,
    /// GIF.
    Gif,
    /// JPEG XL.
    JpegXl,
    /// JPEG 2000.
    Jpeg2000,
    /// Anything else that could be named: its usual short name (`zip`, `html`, `mp4` …).
    Other(&'static str),
}

impl Format {
    /// The short lower-case name that reports use.
    ///
    /// ```
    /// use idenfy_preflight::format::Format;
    /// assert_eq!([Format::Jpeg.name(), Format::JpegXl.name(), Format::Other("zip").name()], ["jpeg", "jxl", "zip"]);
    /// ```
    pub fn name(self) -> &'static str {
        match self {
            Self::Jpeg => "jpeg",
            Self::Png => "png",
            Self::Pdf => "pdf",
            Self::Heic => "heic",
            Self::Avif => "avif",
            Self::WebP => "webp",
            Self::Tiff => "tiff",
            Self::Bmp => "bmp",
            Self::Gif => "gif",
            Self::JpegXl => "jxl",
            Self::Jpeg2000 => "jp2",
            Self::Other(name) => name,
        }
    }

    /// Whether the service takes it ("Supported formats: PNG, JPG, JPEG, PDF", Direct Processing page, 2026).
    ///
    /// ```
    /// use idenfy_preflight::format::Format;
    /// assert!([Format::Png, Format::Jpeg, Format::Pdf].into_iter().all(Format::is_accepted));
    /// ```
    pub fn is_accepted(self) -> bool {
        matches!(self, Self::Jpeg | Self::Png | Self::Pdf)
    }

    /// The format that a file name claims, from its extension; `None` when it claims none of those the service takes.
    ///
    /// ```
    /// use idenfy_preflight::format::Format;
    /// assert_eq!(Format::from_name("front.JPG"), Some(Format::Jpeg));
    /// assert_eq!(Format::from_name("front.heic"), None);
    /// ```
    pub fn from_name(name: &str) -> Option<Self> {
        let ext = name.rsplit_once('.')?.1;
        match ext.to_ascii_lowercase().as_str() {
            "jpg" | "jpeg" | "jpe" | "jfif" => Some(Self::Jpeg),
            "png" => Some(Self::Png),
            "pdf" => Some(Self::Pdf),
            _ => None,
        }
    }
}

/// What a person calls the kinds whose short name says too little.
const WORDS: &[(&str, &str)] = &[
    ("appledouble", "a macOS companion file (its name begins with \"._\"), not the picture itself"),
    ("base64", "base64 text, which has to be decoded first"),
    ("cr3", "a Canon raw photo"),
    ("data-uri", "the text of a data: URI, which has to be decoded first"),
    ("doc", "a Word document"),
    ("docx", "a Word document"),
    ("email", "an e-mail message"),
    ("exe", "a Windows program"),
    ("html", "a web page (HTML)"),
    ("jpeg-ls", "a JPEG-LS picture, which is another thing than JPEG"),
    ("json", "JSON text"),
    ("lnk", "a Windows shortcut, not the file itself"),
    ("mov", "a film (MOV)"),
    ("mp4", "a film (MP4)"),
    ("ole", "a Microsoft Office document"),
    ("p7m", "a signed envelope (P7M), from which the document has to be taken out first"),
    ("pptx", "a PowerPoint presentation"),
    ("ps", "a PostScript file"),
    ("psd", "a Photoshop picture"),
    ("svg", "a drawing (SVG)"),
    ("text", "plain text"),
    ("unknown", "no picture and no PDF"),
    ("xls", "an Excel workbook"),
    ("xlsx", "an Excel workbook"),
    ("xml", "XML text"),
    ("zeros", "zero bytes and nothing else, as a failed copy leaves them"),
    ("zip", "a ZIP archive"),
];

impl Format {
    /// What such a file is, with its article ("a ZIP archive", "an AVIF file").
    ///
    /// ```
    /// use idenfy_preflight::format::Format;
    /// assert_eq!(Format::Other("docx").described(), "a Word document");
    /// assert_eq!(Format::Avif.described(), "an AVIF file");
    /// ```
    pub fn described(self) -> String {
        match WORDS.iter().find(|(short, _)| *short == self.name()) {
            Some((_, words)) => (*words).to_owned(),
            None => format!("{} file", with_article(&self.to_string())),
        }
    }

    /// The format of this short name.
    pub(crate) fn named(name: &'static str) -> Self {
        Self::WITH_VARIANT.into_iter().find(|format| format.name() == name).unwrap_or(Self::Other(name))
    }

    const WITH_VARIANT: [Self; 11] = [
        Self::Jpeg,
        Self::Png,
        Self::Pdf,
        Self::Heic,
        Self::Avif,
        Self::WebP,
        Self::Tiff,
        Self::Bmp,
        Self::Gif,
        Self::JpegXl,
        Self::Jpeg2000,
    ];
}

impl Serialize for Format {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for Format {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = Cow::<str>::deserialize(deserializer)?;
        let own = Self::WITH_VARIANT.iter().map(|format| format.name());
        let known = own.chain(WORDS.iter().map(|(short, _)| *short)).find(|known| *known == name);
        let named = known.or_else(|| kept(&name)).map(Self::named);
        named.ok_or_else(|| D::Error::custom("this is no format's short name"))
    }
}

/// Names of formats that no table here has are kept for good when a report with them is read: so many, so long.
const KEPT: (usize, usize) = (256, 16);

fn kept(name: &str) -> Option<&'static str> {
    static NAMES: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());
    let mut names = NAMES.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = names.get(name) {
        return Some(known);
    }
    if names.len() >= KEPT.0 || name.len() > KEPT.1 {
        return None;
    }
    let name: &'static str = Box::leak(name.into());
    names.insert(name);
    Some(name)
}

/// A name with the article that goes with it. Short ones in capitals are read letter by letter, if they can be: "an SVG",
/// but "a HEIC".
pub(crate) fn with_article(name: &str) -> String {
    const SPELT: [&str; 5] = ["HTML", "LNK", "MP4", "RTF", "XML"];
    let vowel = name.starts_with(['A', 'E', 'I', 'O']) || SPELT.contains(&name);
    format!("{} {name}", if vowel { "an" } else { "a" })
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Jpeg => "JPEG",
            Self::Png => "PNG",
            Self::Pdf => "PDF",
            Self::Heic => "HEIC",
            Self::Avif => "AVIF",
            Self::WebP => "WebP",
            Self::Tiff => "TIFF",
            Self::Bmp => "BMP",
            Self::Gif => "GIF",
            Self::JpegXl => "JPEG XL",
            Self::Jpeg2000 => "JPEG 2000",
            Self::Other(name) => return f.write_str(&name.to_ascii_uppercase()),
        })
    }
}

/// How far into a file the header of a PDF may stand (Adobe's implementation note 13 to PDF 1.7, appendix H).
const PDF_HEADER_WITHIN: usize = 1024;

/// Names the format by content; `None` when nothing is known about such bytes.
///
/// First come the three kinds that the service takes, each by its first bytes: a JPEG that is a PDF too is a JPEG.
/// Then kinds with a signature of their own, then PDFs with something before their header, then text. So an archive or
/// a web page that merely holds or mentions a PDF goes by its own name.
///
/// ```
/// use idenfy_preflight::format::{Format, sniff};
/// assert_eq!(sniff(b"\xFF\xD8\xFF\xE0"), Some(Format::Jpeg));
/// assert_eq!(sniff(b"<!DOCTYPE html><p>Not found"), Some(Format::Other("html")));
/// assert_eq!(sniff(b"\x01\x02"), None);
/// ```
pub fn sniff(bytes: &[u8]) -> Option<Format> {
    if let [0xFF, 0xD8, ..] = bytes {
        return Some(if magic::is_jpeg_ls(bytes) { Format::Other("jpeg-ls") } else { Format::Jpeg });
    }
    if is_png(bytes) {
        return Some(Format::Png);
    }
    if text::trimmed(bytes).starts_with(b"%PDF") {
        return Some(Format::Pdf);
    }
    magic::strong(bytes)
        .or_else(|| holds_pdf(bytes).then_some(Format::Pdf))
        .or_else(|| text::kind(bytes).map(Format::Other))
        .or_else(|| magic::weak(bytes))
        .or_else(|| (!bytes.is_empty() && bytes.iter().all(|b| *b == 0)).then_some(Format::Other("zeros")))
}

/// The eight bytes that every PNG begins with (PNG, third edition, 5.2).
pub(crate) const PNG_SIGNATURE: [u8; 8] = [0x89, b'P', b'N', b'G', 0x0D, 0x0A, 0x1A, 0x0A];

/// Whether this was written as a PNG: the signature or the beginning of it, or the header chunk about where it belongs
/// behind a damaged signature.
fn is_png(bytes: &[u8]) -> bool {
    let header = || bytes.get(4..22).or(bytes.get(4..)).is_some_and(|h| find(h, b"\0\0\0\rIHDR").is_some());
    bytes.starts_with(b"\x89PNG") || (bytes.len() > 1 && PNG_SIGNATURE.starts_with(bytes)) || header()
}

/// Whether a file that begins with something else is a PDF all the same: a header near the beginning, or, without one,
/// the end that only a PDF has. A text that mentions the header has neither objects nor that end.
fn holds_pdf(bytes: &[u8]) -> bool {
    let head = bytes.get(..PDF_HEADER_WITHIN + 4).unwrap_or(bytes);
    let tail = bytes.get(bytes.len().saturating_sub(2048)..).unwrap_or(bytes);
    let end = find(tail, b"startxref").is_some() || find(tail, b"%%EOF").is_some();
    match find(head, b"%PDF-").and_then(|at| bytes.get(at..)) {
        Some(pdf) => {
            let objects = || find(pdf.get(..4096).unwrap_or(pdf), b" obj").is_some();
            end || objects() || text::kind(bytes).is_none()
        }
        None => end && (find(head, b" obj").is_some() || find(tail, b"startxref").is_some()),
    }
}

/// The second kind of file that the bytes of a picture are too: something that stands on its own behind the picture's
/// end, or a PDF whose header hides near the beginning.
pub(crate) fn second_kind(bytes: &[u8], end: usize) -> Option<Format> {
    let behind = bytes.get(end..).unwrap_or_default();
    // A zip is found from its end (APPNOTE 4.3.16): 22 bytes and a comment of up to 65,535.
    let zip = behind.get(behind.len().saturating_sub(22 + 65_535)..).is_some_and(|b| find(b, b"PK\x05\x06").is_some());
    if zip || ends_as_zip(bytes) {
        return Some(Format::Other("zip"));
    }
    let tail = bytes.get(bytes.len().saturating_sub(2048)..).unwrap_or(bytes);
    let head = bytes.get(..PDF_HEADER_WITHIN + 4).unwrap_or(bytes);
    if find(head, b"%PDF-").is_some() && find(tail, b"startxref").is_some() {
        return Some(Format::Pdf);
    }
    sniff(behind).filter(|kind| {
        matches!(kind, Format::Pdf | Format::Other("zip" | "docx" | "xlsx" | "rar" | "7z" | "gz" | "html" | "exe"))
    })
}

/// Whether what opens archives finds one in the file: a zip is found from its end (APPNOTE 4.3.16), 22 bytes and a
/// comment of up to 65,535, and its directory lies right before that end, wherever the rest of it is.
pub(crate) fn ends_as_zip(bytes: &[u8]) -> bool {
    let from = bytes.len().saturating_sub(22 + 65_535);
    let tail = bytes.get(from..).unwrap_or_default();
    memmem::find_iter(tail, b"PK\x05\x06").any(|place| {
        let size = tail.get(place + 12..).and_then(<[u8]>::first_chunk).map(|size| u32::from_le_bytes(*size) as usize);
        let directory = size.filter(|size| *size > 0).and_then(|size| (from + place).checked_sub(size));
        // Of a large one another record says where (4.3.15).
        let locator = place.checked_sub(20).and_then(|at| tail.get(at..));
        locator.is_some_and(|locator| locator.starts_with(b"PK\x06\x07"))
            || directory.and_then(|at| bytes.get(at..)).is_some_and(|found| found.starts_with(b"PK\x01\x02"))
    })
}

/// The first place of `needle` in `hay`.
pub(crate) fn find(hay: &[u8], needle: &[u8]) -> Option<usize> {
    memmem::find(hay, needle)
}

#[cfg(test)]
mod tests;
