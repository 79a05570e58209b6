//! What costs nothing: metadata, thumbnails and whatever follows the end of the picture, taken out of JPEG and PNG
//! without touching a pixel. What colours and orientation depend on stays, stated anew.

use crate::{
    decode::{self, colour::Profile},
    options::Limits,
    pixmap::Orientation,
    probe::{
        Details, Header,
        jpeg::{
            JpegDetails,
            marker::{self, Item, Walk},
        },
        png::parts::Parts,
    },
};
use flate2::{Compression, write::ZlibEncoder};
use std::io::Write;

/// The file without what does not show; `None` when nothing was gained, or the structure or the colours could not be
/// followed.
pub(super) fn strip(bytes: &[u8], header: &Header, limits: &Limits) -> Option<Vec<u8>> {
    let out = match &header.details {
        Details::Jpeg(jpeg) => self::jpeg(bytes, jpeg, header.orientation, limits),
        Details::Png(_) => png(bytes, header.orientation, limits),
        _ => None,
    }?;
    (out.len() < bytes.len()).then_some(out)
}

/// Keeps frame, tables and scans, and Adobe's colour transform. JFIF's header and the orientation (EXIF 2.32, 4.6.3)
/// are stated anew; so is a colour profile that matters, without the words in it.
fn jpeg(bytes: &[u8], details: &JpegDetails, orientation: Orientation, limits: &Limits) -> Option<Vec<u8>> {
    let profile = match decode::jpeg::profile(bytes, limits) {
        Some(profile) => Some(segment(0xE2, &[b"ICC_PROFILE\0\x01\x01", &profile.anonymous()?[..]].concat())?),
        // What inks look like is left to whoever encodes anew. Profiles of grays are of no account there either.
        None if details.profile.is_some() && details.components == 4 => return None,
        None => None,
    };
    let exif = (orientation != Orientation::Upright).then(|| minimal_exif(orientation));
    let mut stated = Some(exif.into_iter().chain(profile).flatten());
    let mut out = Vec::with_capacity(bytes.len());
    out.extend_from_slice(&[0xFF, marker::SOI]);
    // The same walk as when the picture is read: where it is damaged, another could lose what that one finds.
    for item in Walk::new(bytes) {
        match item {
            Item::Segment { code, body, .. } => {
                let kept = match code {
                    0xE0 if body.starts_with(b"JFIF\0") => &b"JFIF\0\x01\x01\0\0\x01\0\x01\0\0"[..],
                    // A version, flags and the transform (Adobe's technical note 5116, section 18): 12 bytes.
                    0xEE if body.starts_with(b"Adobe") => body.get(..12)?,
                    0xE0..=0xEF | 0xFE => continue,
                    // Frames, scans, tables, the restart interval and the number of lines (ITU T.81, table B.1).
                    0xC0..=0xCF | 0xDA..=0xDD => body,
                    // Not a picture's.
                    _ => return None,
                };
                // JFIF's header goes first.
                if code != 0xE0
                    && let Some(stated) = stated.take()
                {
                    out.extend(stated);
                }
                out.extend(segment(code, kept)?);
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

/// A marker segment; `None` when the body is longer than one can be.
fn segment(code: u8, body: &[u8]) -> Option<Vec<u8>> {
    let length = u16::try_from(body.len().checked_add(2)?).ok()?.to_be_bytes();
    Some([&[0xFF, code], &length[..], body].concat())
}

/// A TIFF that states the orientation and nothing else: big-endian, one SHORT, tag 274.
fn minimal_tiff(orientation: Orientation) -> Vec<u8> {
    let mut out = b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0".to_vec();
    out.extend_from_slice(&[orientation.exif(), 0, 0, 0, 0, 0, 0]);
    out
}

/// An APP1 segment that holds it.
fn minimal_exif(orientation: Orientation) -> Vec<u8> {
    [&b"\xFF\xE1\0\x22Exif\0\0"[..], &minimal_tiff(orientation)].concat()
}

/// Keeps the chunks that the still picture needs, up to its end. The orientation is stated anew, and so is a colour
/// profile that matters, without the words in it.
fn png(bytes: &[u8], orientation: Orientation, limits: &Limits) -> Option<Vec<u8>> {
    /// PNG, third edition, 11.2 and 11.3. Text, time, density and the frames of an animation are left out.
    const KEPT: [&[u8; 4]; 8] = [b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"sRGB", b"cICP", b"sBIT"];
    /// They give way to a profile, and would count without it.
    const BELOW_A_PROFILE: [&[u8; 4]; 2] = [b"gAMA", b"cHRM"];
    let parts = Parts::read(bytes, limits).ok()?;
    let mut stated = Vec::new();
    // Code points go before a profile (PNG, third edition, 4.3), which is then for those who do not know them.
    if let Some(profile) = Profile::of_png(parts.icc, None, limits) {
        match profile.anonymous() {
            Some(icc) => stated.extend(chunk(b"iCCP", &packed(&icc))?),
            None if parts.cicp.is_some() => {}
            None => return None,
        }
    }
    if orientation != Orientation::Upright {
        stated.extend(chunk(b"eXIf", &minimal_tiff(orientation))?);
    }
    let (signature, mut rest) = bytes.split_at_checked(8)?;
    let mut out = Vec::with_capacity(bytes.len());
    out.extend_from_slice(signature);
    loop {
        let length = usize::try_from(u32::from_be_bytes(*rest.first_chunk::<4>()?)).ok()?;
        let kind = rest.get(4..8)?;
        let chunk = rest.get(..length.checked_add(12)?)?;
        let is_one_of = |kinds: &[&[u8; 4]]| kinds.iter().any(|k| k.as_slice() == kind);
        if is_one_of(&KEPT) || (parts.icc.is_none() && is_one_of(&BELOW_A_PROFILE)) {
            out.extend_from_slice(chunk);
        }
        match kind {
            // Both go in front of the palette and the data (PNG, 5.6, table 7).
            b"IHDR" => out.append(&mut stated),
            b"IEND" => return Some(out),
            _ => {}
        }
        rest = rest.get(chunk.len()..)?;
    }
}

/// The data of an iCCP chunk: a name, a method, and the profile compressed (PNG, 11.3.2.3).
fn packed(icc: &[u8]) -> Vec<u8> {
    let mut zlib = ZlibEncoder::new(b"RGB\0\0".to_vec(), Compression::best());
    // Writing to memory cannot fail.
    let _ = zlib.write_all(icc);
    zlib.finish().unwrap_or_default()
}

/// A chunk with its length and checksum; `None` when it is longer than one can be.
fn chunk(kind: &[u8; 4], data: &[u8]) -> Option<Vec<u8>> {
    let length = u32::try_from(data.len()).ok()?.to_be_bytes();
    let mut out = [&length[..], kind, data].concat();
    let sum = crc32fast::hash(out.get(4..)?);
    out.extend_from_slice(&sum.to_be_bytes());
    Some(out)
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
            let stripped = strip(&phone, &probed(&phone), &Limits::default()).unwrap();
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
        let stripped = strip(&damaged, &probed(&damaged), &Limits::default()).unwrap();
        assert_eq!(stripped.len(), plain.len());
        assert_eq!(picture(&stripped), picture(&damaged));
    }

    /// Display P3 with a word wherever a profile has room for one.
    fn wordy_profile() -> Vec<u8> {
        let secret = || Some(moxcms::ProfileText::PlainString("secret".into()));
        let mut profile = moxcms::ColorProfile::new_display_p3();
        (profile.description, profile.copyright) = (secret(), secret());
        (profile.device_model, profile.device_manufacturer) = (secret(), secret());
        let mut icc = profile.encode().unwrap();
        icc[48..56].copy_from_slice(b"APPLMDLX");
        icc[80..84].copy_from_slice(b"appl");
        icc
    }

    fn tells(icc: &[u8]) -> bool {
        let utf16 = b"\0s\0e\0c\0r\0e\0t";
        [&b"secret"[..], utf16, b"APPL", b"MDLX", b"appl"].iter().any(|w| icc.windows(w.len()).any(|at| at == *w))
    }

    #[test]
    fn a_profile_keeps_its_colours_and_loses_its_words() {
        let icc = wordy_profile();
        let plain = encoded(image::ImageFormat::Jpeg);
        let mut wide = plain[..2].to_vec();
        wide.extend(segment(0xE2, &[b"ICC_PROFILE\0\x01\x01", &icc[..]].concat()).unwrap());
        wide.extend(segment(0xEE, b"Adobe\0\x64\0\0\0\0\x01secret").unwrap());
        wide.extend(&plain[2..]);
        let stripped = strip(&wide, &probed(&wide), &Limits::default()).unwrap();
        assert!(tells(&wide) && !tells(&stripped));
        assert_eq!(picture(&stripped), picture(&wide));
        assert_ne!(picture(&stripped), picture(&plain), "it says what its colours are");

        let plain = encoded(image::ImageFormat::Png);
        let mut wide = plain[..33].to_vec();
        wide.extend(chunk(b"iCCP", &packed(&icc)).unwrap());
        wide.extend(chunk(b"eXIf", &minimal_tiff(Orientation::Turned90)).unwrap());
        wide.extend(chunk(b"tEXt", b"Comment\0secret").unwrap());
        wide.extend(&plain[33..]);
        let stripped = strip(&wide, &probed(&wide), &Limits::default()).unwrap();
        assert_eq!(picture(&stripped), picture(&wide));
        assert_eq!(probed(&stripped).orientation, Orientation::Turned90);
        let parts = Parts::read(&stripped, &Limits::default()).unwrap();
        let mut left = Vec::new();
        let packed = &parts.icc.unwrap()[5..];
        std::io::Read::read_to_end(&mut flate2::read::ZlibDecoder::new(packed), &mut left).unwrap();
        assert!(tells(&icc) && !tells(&left) && !tells(&stripped));
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
        assert_eq!(strip(&texted, &probed(&texted), &Limits::default()).unwrap(), plain);
    }

    #[test]
    fn what_cannot_be_followed_is_left_alone() {
        let plain = encoded(image::ImageFormat::Jpeg);
        let header = probed(&plain);
        assert_eq!(strip(&plain[..plain.len() - 2], &header, &Limits::default()), None);
        assert_eq!(strip(&plain, &header, &Limits::default()), None, "there is nothing to gain");
    }
}
