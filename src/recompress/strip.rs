//! What costs nothing: metadata, thumbnails and whatever follows the end of the picture, taken out of JPEG and PNG
//! without touching a pixel. What colours and orientation depend on stays.

use crate::{
    format::Format,
    pixmap::Orientation,
    probe::{
        Header,
        jpeg::marker::{self, Item, Walk},
    },
};

/// The file without what does not show; `None` when nothing was gained or the structure could not be followed.
pub(super) fn strip(bytes: &[u8], header: &Header) -> Option<Vec<u8>> {
    let out = match header.format {
        Format::Jpeg => jpeg(bytes, header.orientation),
        Format::Png => png(bytes),
        _ => None,
    }?;
    (out.len() < bytes.len()).then_some(out)
}

/// Keeps frame, tables and scans, the colour profile, Adobe's colour transform and JFIF's header; orientation is
/// stated anew (EXIF 2.32, 4.6.3).
fn jpeg(bytes: &[u8], orientation: Orientation) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(bytes.len());
    out.extend_from_slice(&[0xFF, marker::SOI]);
    let mut exif = (orientation != Orientation::Upright).then(|| minimal_exif(orientation));
    // The same walk as when the picture is read: where it is damaged, another could lose what that one finds.
    for item in Walk::new(bytes) {
        match item {
            Item::Segment { code, body, .. } => {
                let keep = match code {
                    0xE0 => body.starts_with(b"JFIF\0") && body.len() == 14,
                    0xE2 => body.starts_with(b"ICC_PROFILE\0"),
                    0xEE => body.starts_with(b"Adobe"),
                    0xE0..=0xEF | 0xFE => false,
                    _ => true,
                };
                // JFIF's header goes first, EXIF after it.
                if code != 0xE0
                    && let Some(exif) = exif.take()
                {
                    out.extend_from_slice(&exif);
                }
                if keep {
                    let length = u16::try_from(body.len().checked_add(2)?).ok()?;
                    out.extend_from_slice(&[0xFF, code]);
                    out.extend_from_slice(&length.to_be_bytes());
                    out.extend_from_slice(body);
                }
            }
            Item::Scan { data, .. } => out.extend_from_slice(data),
            Item::End { .. } => {
                out.extend_from_slice(&[0xFF, marker::EOI]);
                return Some(out);
            }
            Item::Junk { .. } | Item::Cut { .. } => return None,
        }
    }
    None
}

/// An APP1 segment that states the orientation and nothing else: big-endian TIFF, one SHORT, tag 274.
fn minimal_exif(orientation: Orientation) -> Vec<u8> {
    let mut out = b"\xFF\xE1\0\x22Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0".to_vec();
    out.extend_from_slice(&[orientation.exif(), 0, 0, 0, 0, 0, 0]);
    out
}

/// Keeps the chunks that the still picture and its colours need, with orientation, up to the end of the picture.
fn png(bytes: &[u8]) -> Option<Vec<u8>> {
    /// PNG, third edition, 11.2 and 11.3; text, time, and the frames of an animation are left out.
    const KEPT: [&[u8; 4]; 12] =
        [b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"iCCP", b"cICP", b"sBIT", b"pHYs"];
    let (signature, mut rest) = bytes.split_at_checked(8)?;
    let mut out = Vec::with_capacity(bytes.len());
    out.extend_from_slice(signature);
    loop {
        let length = usize::try_from(u32::from_be_bytes(*rest.first_chunk::<4>()?)).ok()?;
        let kind = rest.get(4..8)?;
        let chunk = rest.get(..length.checked_add(12)?)?;
        if KEPT.iter().any(|k| k.as_slice() == kind) {
            out.extend_from_slice(chunk);
        }
        if kind == b"IEND" {
            return Some(out);
        }
        rest = rest.get(chunk.len()..)?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{decode, options::Limits, probe};

    fn probed(bytes: &[u8]) -> Header {
        probe::probe(bytes, &Limits::default()).unwrap()
    }

    fn picture(bytes: &[u8]) -> crate::pixmap::Pixmap {
        decode::pixmap(bytes, &probed(bytes), &Limits::default()).unwrap().picture
    }

    fn encoded(format: image::ImageFormat) -> Vec<u8> {
        let rgb = image::RgbImage::from_fn(40, 24, |x, y| image::Rgb([(x * 6) as u8, (y * 9) as u8, 90]));
        let mut out = std::io::Cursor::new(Vec::new());
        rgb.write_to(&mut out, format).unwrap();
        out.into_inner()
    }

    #[test]
    fn a_jpeg_loses_metadata_and_film_and_keeps_its_pixels_and_its_orientation() {
        let plain = encoded(image::ImageFormat::Jpeg);
        for orientation in 1..=8 {
            let orientation = Orientation::from_exif(orientation);
            let mut phone = plain[..2].to_vec();
            phone.extend(minimal_exif(orientation));
            phone.extend(b"\xFF\xE1\0\x10http://ns.ado\0\xFF\xFE\0\x08secret".iter());
            phone.extend(&plain[2..]);
            phone.extend(b"ftypmp42 a film");
            let stripped = strip(&phone, &probed(&phone)).unwrap();
            assert_eq!(picture(&stripped), picture(&phone));
            assert_eq!(probed(&stripped).orientation, orientation);
            assert!(!stripped.windows(6).any(|w| w == b"secret" || w == b"ftypmp"));
            assert!(stripped.len() <= plain.len() + 36);
        }
    }

    /// A marker that there is not stands within the scan.
    #[test]
    fn a_damaged_scan_is_followed_as_it_is_read() {
        let plain = encoded(image::ImageFormat::Jpeg);
        let scan = plain.windows(2).position(|w| w == [0xFF, 0xDA]).unwrap() + 14;
        let mut damaged = plain[..2].to_vec();
        damaged.extend(b"\xFF\xFE\0\x08secret".iter().chain(&plain[2..]));
        damaged[scan + 10 + 20..][..4].copy_from_slice(&[0xFF, 0x72, 0, 6]);
        let stripped = strip(&damaged, &probed(&damaged)).unwrap();
        assert_eq!(stripped.len(), plain.len());
        assert_eq!(picture(&stripped), picture(&damaged));
    }

    #[test]
    fn a_png_loses_its_text_and_keeps_its_pixels() {
        let plain = encoded(image::ImageFormat::Png);
        let mut texted = plain[..33].to_vec();
        let text = b"tEXtComment\0secret";
        texted.extend((text.len() as u32 - 4).to_be_bytes());
        texted.extend(text);
        texted.extend(crc32fast::hash(text).to_be_bytes());
        texted.extend(&plain[33..]);
        texted.extend(b"trailing");
        assert_eq!(strip(&texted, &probed(&texted)).unwrap(), plain);
    }

    #[test]
    fn what_cannot_be_followed_is_left_alone() {
        let plain = encoded(image::ImageFormat::Jpeg);
        let header = probed(&plain);
        assert_eq!(strip(&plain[..plain.len() - 2], &header), None);
        assert_eq!(strip(&plain, &header), None, "there is nothing to gain");
    }
}
