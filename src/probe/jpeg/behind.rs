//! What stands behind the end marker, and whether the bytes are a second kind of file too.

use crate::{
    fault::Fault,
    format::{Format, ends_as_zip},
};
use memchr::memmem;

/// What of the header helps to name the bytes behind the picture.
#[derive(Clone, Copy, Debug, Default)]
pub struct Hints {
    /// A multi-picture index (CIPA DC-007) was seen.
    pub multi_picture: bool,
    /// A gain map is announced (Ultra HDR, ISO 21496-1).
    pub gain_map: bool,
}

/// Faults about the bytes from `end`, the byte behind the end marker, and about a second header in front.
pub fn faults(bytes: &[u8], end: Option<usize>, hints: Hints) -> Vec<Fault> {
    let behind = end.and_then(|at| bytes.get(at..)).unwrap_or(&[]);
    // Readers of PDF look for its header in the first 1024 bytes (ISO 32000-1, annex H.3, note 13).
    let front = bytes.get(..bytes.len().min(1024)).unwrap_or(bytes);
    let mut faults = Vec::new();
    let second = if has_pdf(behind) { Some("pdf") } else { archive(behind) };
    if !behind.is_empty() {
        let what = second.map_or_else(|| name(behind, hints).to_owned(), |kind| Format::named(kind).described());
        faults.push(Fault::Trailing { bytes: behind.len() as u64, what });
    }
    // A header alone is a word in a comment; what makes a PDF of it are its objects or its table of them.
    let is_pdf = || has_pdf(front) && [&b"endobj"[..], b"startxref"].iter().any(|w| memmem::find(bytes, w).is_some());
    let also = second.or_else(|| is_pdf().then_some("pdf")).or_else(|| ends_as_zip(bytes).then_some("zip"));
    faults.extend(also.map(|also| Fault::Polyglot { also }));
    faults
}

fn has_pdf(bytes: &[u8]) -> bool {
    memmem::find_iter(bytes, b"%PDF-").any(|at| bytes.get(at + 5).is_some_and(u8::is_ascii_digit))
}

/// Archives and scripts begin right behind the picture; a zip's directory stands at the end of the file, within
/// 64 KiB (APPNOTE.TXT, 4.3.16).
fn archive(behind: &[u8]) -> Option<&'static str> {
    let tail = behind.get(behind.len().saturating_sub(0x1_0016)..).unwrap_or(behind);
    let zip = memmem::find(behind, b"PK\x03\x04").is_some() && memmem::rfind(tail, b"PK\x05\x06").is_some();
    const HEADS: [(&[u8], &str); 5] = [
        (b"Rar!\x1A\x07", "rar"),
        (b"7z\xBC\xAF\x27\x1C", "7z"),
        (b"\x1F\x8B\x08", "gzip"),
        (b"<html", "html"),
        (b"<?php", "php"),
    ];
    let head = || HEADS.iter().find(|(head, _)| behind.starts_with(head)).map(|(_, kind)| *kind);
    if zip { Some("zip") } else { head() }
}

fn name(behind: &[u8], hints: Hints) -> &'static str {
    let film = behind.get(4..8) == Some(b"ftyp") || memmem::find(behind, b"MotionPhoto_Data").is_some();
    let picture = memmem::find(behind, b"\xFF\xD8\xFF").is_some();
    match () {
        () if film || (picture && memmem::find(behind, b"ftypmp4").is_some()) => "a motion photo's film",
        () if behind.iter().all(|b| matches!(b, 0 | 0xFF | b' ' | b'\r' | b'\n')) => "padding",
        () if picture && hints.gain_map => "a gain map for bright screens",
        () if picture && hints.multi_picture => "further pictures (preview, depth or second eye)",
        () if picture => "another JPEG, such as a preview",
        () if behind.ends_with(b"SEFT") => "the camera's notes",
        () => "bytes of no known kind",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_behind_are_named() {
        let hints = Hints { multi_picture: true, gain_map: false };
        let cases: [(&[u8], Hints, &str, Option<&str>); 7] = [
            (b"\0\0\0", hints, "padding", None),
            (b"\0\0\0\x18ftypmp42", hints, "a motion photo's film", None),
            (b"\xFF\xD8\xFF\xE0", hints, "further pictures (preview, depth or second eye)", None),
            (b"\xFF\xD8\xFF\xE0", Hints { gain_map: true, ..hints }, "a gain map for bright screens", None),
            (b"PK\x03\x04..PK\x05\x06", hints, "a ZIP archive", Some("zip")),
            (b"\n%PDF-1.4 \xFF\xD8\xFF", hints, "a PDF file", Some("pdf")),
            (b"%PDF-less prose", hints, "bytes of no known kind", None),
        ];
        for (behind, hints, what, also) in cases {
            let mut want = vec![Fault::Trailing { bytes: behind.len() as u64, what: what.into() }];
            want.extend(also.map(|also| Fault::Polyglot { also }));
            assert_eq!(faults(behind, Some(0), hints).as_slice(), want, "{behind:?}");
        }
        assert!(faults(b"anything", Some(8), hints).is_empty());
    }

    #[test]
    fn a_pdf_in_front_has_more_than_its_header() {
        let said = b"\xFF\xD8\xFF\xFEmade by %PDF-1.4 tool";
        assert_eq!(faults(said, None, Hints::default()), []);
        let is = [&said[..], b"\n1 0 obj\n<<>>\nendobj"].concat();
        assert_eq!(faults(&is, None, Hints::default()), [Fault::Polyglot { also: "pdf" }]);
    }
}
