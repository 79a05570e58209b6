//! What kind of file this is, from its bytes alone. Names and declared types are never believed.

use std::fmt;

/// A kind of file.
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
    pub fn is_accepted(self) -> bool {
        matches!(self, Self::Jpeg | Self::Png | Self::Pdf)
    }

    /// The format that a file name claims, from its extension; `None` when it claims none of those the service takes.
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
            Self::Other(name) => name,
        })
    }
}

/// Names the format by content; `None` when nothing is known about such bytes.
pub fn sniff(bytes: &[u8]) -> Option<Format> {
    match bytes {
        [0xFF, 0xD8, 0xFF, ..] => return Some(Format::Jpeg),
        [0x89, b'P', b'N', b'G', 0x0D, 0x0A, 0x1A, 0x0A, ..] => return Some(Format::Png),
        _ => {}
    }
    // Old writers began a PDF as `%!PS-Adobe-3.0 PDF-1.4` (PDF reference 1.7, annex H, note 15).
    let Some(kind) = infer::get(bytes).filter(|k| k.extension() != "ps") else {
        // A PDF whose header is lost or stands far in still ends in the pointer to its table of objects.
        let tail = bytes.get(bytes.len().saturating_sub(1024)..).unwrap_or(bytes);
        let ps = bytes.starts_with(b"%!PS").then_some(Format::Other("ps"));
        return memchr::memmem::find(tail, b"startxref").map(|_| Format::Pdf).or(ps);
    };
    Some(match kind.extension() {
        "jpg" => Format::Jpeg,
        "png" => Format::Png,
        "pdf" => Format::Pdf,
        "heif" | "heic" => Format::Heic,
        "avif" => Format::Avif,
        "webp" => Format::WebP,
        "tif" => Format::Tiff,
        "bmp" => Format::Bmp,
        "gif" => Format::Gif,
        "jxl" => Format::JpegXl,
        "jp2" => Format::Jpeg2000,
        other => Format::Other(other),
    })
}
