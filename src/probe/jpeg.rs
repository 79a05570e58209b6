//! The markers of a JPEG: size, coding, orientation, quantisation, and what stands behind the picture's end.

use super::{Details, Header, check_size};
use crate::{
    fault::{Break, Refusal},
    format::Format,
    options::Limits,
    pixmap::Orientation,
};

/// What only a JPEG has.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct JpegDetails {
    /// The start-of-frame marker's low nibble: 0 baseline, 1 extended, 2 progressive (ITU T.81, table B.1).
    pub process: u8,
    /// Components: 1 gray, 3 colour, 4 CMYK or YCCK.
    pub components: u8,
    /// The quality that libjpeg's scale would give the luma table, 1 to 100; `None` without a table.
    pub quality: Option<u8>,
}

/// Reads the markers up to the first scan.
///
/// # Errors
/// [`Refusal::Unreadable`] without a frame header, [`Refusal::Unsupported`] for a process other than sequential and
/// progressive Huffman at 8 bits, [`Refusal::TooManyPixels`].
pub fn probe(bytes: &[u8], limits: &Limits) -> Result<Header, Refusal> {
    let mut at = 2;
    loop {
        let cut = || Refusal::Unreadable(Break::new("the JPEG ends before its picture begins").at_byte(bytes.len()));
        let marker = match bytes.get(at..at + 2).ok_or_else(cut)? {
            [0xFF, 0xFF] | [0xFF, 0x00] => {
                at += 1;
                continue;
            }
            [0xFF, m] => *m,
            _ => {
                at += 1;
                continue;
            }
        };
        let rest = bytes.get(at + 2..).ok_or_else(cut)?;
        if matches!(marker, 0x01 | 0xD0..=0xD8) {
            at += 2;
            continue;
        }
        if matches!(marker, 0xD9 | 0xDA) {
            return Err(Refusal::Unreadable(Break::new("the JPEG has no frame header").at_byte(at)));
        }
        let len = rest.first_chunk::<2>().map(|b| usize::from(u16::from_be_bytes(*b))).ok_or_else(cut)?;
        let body = rest.get(2..len.max(2)).ok_or_else(cut)?;
        if let (0xC0..=0xCF, [precision, h1, h0, w1, w0, components, ..]) = (marker, body)
            && !matches!(marker, 0xC4 | 0xC8 | 0xCC)
        {
            let (width, height) = (u16::from_be_bytes([*w1, *w0]), u16::from_be_bytes([*h1, *h0]));
            if *precision != 8 || marker > 0xC2 {
                return Err(Refusal::Unsupported(format!("JPEG process {:X}, {precision} bits", marker & 15)));
            }
            check_size(width.into(), height.into(), limits)?;
            return Ok(Header {
                format: Format::Jpeg,
                width: width.into(),
                height: height.into(),
                orientation: exif_orientation(bytes),
                faults: Vec::new(),
                details: Details::Jpeg(JpegDetails { process: marker & 15, components: *components, quality: None }),
            });
        }
        at += 2 + len.max(2);
    }
}

fn exif_orientation(bytes: &[u8]) -> Orientation {
    exif::Reader::new()
        .read_from_container(&mut std::io::Cursor::new(bytes))
        .ok()
        .and_then(|exif| exif.get_field(exif::Tag::Orientation, exif::In::PRIMARY)?.value.get_uint(0))
        .map_or(Orientation::Upright, Orientation::from_exif)
}
