//! Signatures: what `infer` knows, and what it does not or knows too loosely.

use super::{Format, find};

/// Signatures at the very beginning that `infer` lacks, or that have to come before its own.
const AT_START: &[(&[u8], &str)] = &[
    (b"\xFF\x4F\xFF\x51", "jp2"),
    (b"PK\x03\x04", "zip"),
    (b"PK\x05\x06", "zip"),
    (b"PK\x07\x08", "zip"),
    (b"%!PS", "ps"),
    (b"\xC5\xD0\xD3\xC6", "ps"),
    (b"{\\rtf", "rtf"),
    (b"gimp xcf", "xcf"),
    (b"BPG\xFB", "bpg"),
    (b"\x8AMNG\r\n\x1A\n", "mng"),
    (b"\x8BJNG\r\n\x1A\n", "jng"),
    (b"qoif", "qoi"),
    (b"icns", "icns"),
    (b"\x76\x2F\x31\x01", "exr"),
    (b"\xD7\xCD\xC6\x9A", "wmf"),
    (b"FUJIFILMCCD-RAW", "raf"),
    (b"II*\0", "tif"),
    (b"MM\0*", "tif"),
    (b"II+\0", "tif"),
    (b"MM\0+", "tif"),
    (b"\x00\x05\x16\x07", "appledouble"),
    (b"L\0\0\0\x01\x14\x02\0", "lnk"),
    (b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", "ole"),
];

/// Kinds that `infer` tells by two bytes or three, which text and junk have too.
const LOOSE: &[&str] =
    &["exe", "dll", "obj", "der", "bmp", "mp3", "aac", "jxl", "jxr", "ps", "lz", "Z", "class", "mpg", "msi"];

/// Kinds that are not for `infer` to tell: text and PDF have rules of our own.
const OURS: &[&str] = &["pdf", "html", "xml", "sh", "pem"];

/// Kinds that four bytes or more, or a check of the structure, make sure.
pub(super) fn strong(bytes: &[u8]) -> Option<Format> {
    if let Some(format) = ftyp(bytes) {
        return Some(format);
    }
    if is_bmp(bytes) {
        return Some(Format::Bmp);
    }
    if is_signed_envelope(bytes) {
        return Some(Format::Other("p7m"));
    }
    if let [0, 0, 2, 0, 1..=64, 0, _, _, _, 0, ..] = bytes {
        return Some(Format::Other("cur"));
    }
    let inferred = inferred(bytes).filter(|name| !LOOSE.contains(name));
    inferred.or_else(|| AT_START.iter().find(|(magic, _)| bytes.starts_with(magic)).map(|(_, name)| *name)).map(named)
}

/// The rest of what `infer` tells, for bytes that nothing else laid claim to.
pub(super) fn weak(bytes: &[u8]) -> Option<Format> {
    inferred(bytes).filter(|name| *name != "bmp").map(named)
}

fn inferred(bytes: &[u8]) -> Option<&'static str> {
    infer::get(bytes).map(|kind| kind.extension()).filter(|name| !OURS.contains(name))
}

fn named(name: &'static str) -> Format {
    match name {
        "webp" => Format::WebP,
        "tif" => Format::Tiff,
        "gif" => Format::Gif,
        "jxl" => Format::JpegXl,
        "jp2" => Format::Jpeg2000,
        "heif" => Format::Heic,
        "avif" => Format::Avif,
        other => Format::Other(other),
    }
}

/// Files of the ISO base media kind, by their brands (ISO/IEC 14496-12, 4.3; 23008-12, annex B).
fn ftyp(bytes: &[u8]) -> Option<Format> {
    let len = u32::from_be_bytes(*bytes.first_chunk()?) as usize;
    let body = bytes.get(4..len.clamp(16, 512).min(bytes.len()))?.strip_prefix(b"ftyp")?;
    let brands = body.as_chunks::<4>().0;
    let any = |of: &[&[u8; 4]]| brands.iter().any(|b| of.contains(&b));
    // Generic brands (mif1, msf1) leave it to the others which codec it is.
    if any(&[b"avif", b"avis"]) {
        return Some(Format::Avif);
    }
    if any(&[b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"mif1", b"msf1"]) {
        return Some(Format::Heic);
    }
    Some(Format::Other(match brands.first()? {
        b"qt  " => "mov",
        b"crx " => "cr3",
        b"M4A " | b"M4B " => "m4a",
        [b'3', b'g', ..] => "3gp",
        _ => "mp4",
    }))
}

/// "BM" and one of the header lengths that exist.
fn is_bmp(bytes: &[u8]) -> bool {
    let header = bytes.get(14..18).and_then(|b| b.first_chunk()).map(|b| u32::from_le_bytes(*b));
    bytes.starts_with(b"BM") && matches!(header, Some(12 | 16 | 40 | 52 | 56 | 64 | 108 | 124))
}

/// PKCS #7 signed data (RFC 2315) in DER: how qualified signatures wrap a PDF.
fn is_signed_envelope(bytes: &[u8]) -> bool {
    const SIGNED_DATA: &[u8] = b"\x06\x09\x2A\x86\x48\x86\xF7\x0D\x01\x07\x02";
    bytes.starts_with(b"\x30") && find(bytes.get(..20).unwrap_or(bytes), SIGNED_DATA).is_some()
}

/// Whether the first frame marker is SOF55, JPEG-LS (ITU T.87), which shares JPEG's beginning and nothing else.
pub(super) fn is_jpeg_ls(bytes: &[u8]) -> bool {
    let mut rest = bytes.get(2..).unwrap_or_default();
    while let [0xFF, marker, high, low, ..] = *rest {
        match marker {
            0xF7 => return true,
            0xE0..=0xEF | 0xFE => {
                rest = rest.get(2 + usize::from(u16::from_be_bytes([high, low]))..).unwrap_or_default();
            }
            _ => return false,
        }
    }
    false
}
