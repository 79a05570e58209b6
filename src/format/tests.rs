use super::*;
use proptest::prelude::*;

const PICTURE: &[u8] = b"\xFF\xD8\xFF\xE0\x00\x10JFIF";

fn ftyp(brands: &[&[u8; 4]]) -> Vec<u8> {
    let mut box_ = ((8 + 8 + 4 * (brands.len() - 1)) as u32).to_be_bytes().to_vec();
    box_.extend(b"ftyp");
    box_.extend(brands[0]);
    box_.extend([0; 4]);
    brands[1..].iter().for_each(|b| box_.extend(*b));
    box_.extend(b"\0\0\0\x08mdat");
    box_
}

#[test]
fn kinds_are_named_by_content() {
    use Format::*;
    let zip = b"PK\x03\x04\x14\0\0\0\0\0 and so on, %PDF-1.7\n1 0 obj";
    let bmp = [&b"BM\x46\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0"[..], &[0; 40]].concat();
    let pdf_behind = |before: &[u8]| [before, b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\nstartxref\n0\n%%EOF\n"].concat();
    let cases: Vec<(Vec<u8>, Option<Format>)> = vec![
        (PICTURE.to_vec(), Some(Jpeg)),
        (b"\xFF\xD8".to_vec(), Some(Jpeg)),
        (b"\xFF\xD8\x00\x10JFIF".to_vec(), Some(Jpeg)),
        (b"\xFF\xD8\xFF\xE8\x00\x02\xFF\xF7\x00\x0B\x08".to_vec(), Some(Other("jpeg-ls"))),
        (b"\x89PNG\r\n\x1A\n".to_vec(), Some(Png)),
        (b"\x89PNG\r".to_vec(), Some(Png)),
        (b"\x89PNG\n\x1A\n\0\0\0\rIHDR\0\0".to_vec(), Some(Png)),
        (b"\x09PNG\r\n\x1A\n\0\0\0\rIHDR\0\0".to_vec(), Some(Png)),
        (b"%PDF-1.7\nhello".to_vec(), Some(Pdf)),
        (b"\xEF\xBB\xBF \r\n%PDF-1.7\n".to_vec(), Some(Pdf)),
        (pdf_behind(b"\x1B%-12345X@PJL JOB\n"), Some(Pdf)),
        (pdf_behind(b"<br />\n<b>Warning</b>: no such file\n"), Some(Pdf)),
        (pdf_behind(&[0x81; 900]), Some(Pdf)),
        (pdf_behind(&[b'X'; 2000]), Some(Pdf)),
        (b"%\xE2\xE3\xCF\xD3\n1 0 obj\n<<>>\nendobj\nstartxref\n9\n%%EOF".to_vec(), Some(Pdf)),
        (b"date,note\n1,the file begins with %PDF-1.4 as it should\n".to_vec(), Some(Other("text"))),
        (b"<html><body>%PDF-1.4 is a PDF's header</body></html>".to_vec(), Some(Other("html"))),
        (zip.to_vec(), Some(Other("zip"))),
        (pdf_behind(zip), Some(Other("zip"))),
        (pdf_behind(b"\x30\x82\x10\x00\x06\x09\x2A\x86\x48\x86\xF7\x0D\x01\x07\x02"), Some(Other("p7m"))),
        (ftyp(&[b"heic", b"mif1"]), Some(Heic)),
        (ftyp(&[b"mif1", b"heic"]), Some(Heic)),
        (ftyp(&[b"mif1", b"avif", b"miaf"]), Some(Avif)),
        (ftyp(&[b"qt  "]), Some(Other("mov"))),
        (ftyp(&[b"isom", b"mp42"]), Some(Other("mp4"))),
        (b"RIFF\x24\0\0\0WEBPVP8 ".to_vec(), Some(WebP)),
        (b"II*\0\x08\0\0\0".to_vec(), Some(Tiff)),
        (b"GIF89a\x01\0\x01\0".to_vec(), Some(Gif)),
        (bmp, Some(Bmp)),
        (b"BMW and other makers of cars\n".to_vec(), Some(Other("text"))),
        (b"MZ is how some words begin\n".to_vec(), Some(Other("text"))),
        (b"\x00\x00\x00\x0CJXL \r\n\x87\n\0\0".to_vec(), Some(JpegXl)),
        (b"\x00\x00\x00\x0CjP  \r\n\x87\n\0\0\0\x14ftypjp2 \0\0\0\0jp2 ".to_vec(), Some(Jpeg2000)),
        (b"\xFF\x4F\xFF\x51\x00\x2F".to_vec(), Some(Jpeg2000)),
        (b"{\\rtf1\\ansi hello}".to_vec(), Some(Other("rtf"))),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n".to_vec(), Some(Other("ps"))),
        (b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1\0\0\0\0".to_vec(), Some(Other("ole"))),
        (b"<?xml version='1.0'?>\n<svg xmlns='x'/>".to_vec(), Some(Other("svg"))),
        (b"<?xml version='1.0'?>\n<invoice/>".to_vec(), Some(Other("xml"))),
        (b"\n<!DOCTYPE html>\n<p>Not found</p>".to_vec(), Some(Other("html"))),
        (b"{\"error\": \"expired\"}".to_vec(), Some(Other("json"))),
        (b"data:image/jpeg;base64,/9j/4AAQSkZJRg==".to_vec(), Some(Other("data-uri"))),
        (b"/9j/4AAQSkZJRgABAQEASABIAAD".to_vec(), Some(Other("base64"))),
        (b"\"iVBORw0KGgoAAAANSUhEUgAA\"".to_vec(), Some(Other("base64"))),
        (b"Aaaaaaaaaaaaaaaaaaaaaaaaargh".to_vec(), Some(Other("text"))),
        ("Vardas: Žygimantas\n".as_bytes().to_vec(), Some(Other("text"))),
        (b"\xFF\xFEh\0e\0l\0l\0o\0".to_vec(), Some(Other("text"))),
        (vec![0; 1000], Some(Other("zeros"))),
        (b"\x01".to_vec(), None),
        (b"\x93\x01\x88\x02\x99\x03\x04\x05".to_vec(), None),
        (Vec::new(), None),
    ];
    for (bytes, want) in cases {
        assert_eq!(sniff(&bytes), want, "{}", bytes.get(..60).unwrap_or(&bytes).escape_ascii());
    }
}

#[test]
fn a_second_kind_is_found_behind_the_picture_and_in_front() {
    let zip = b"PK\x03\x04 an entry PK\x01\x02 its name PK\x05\x06 the end";
    let picture = b"picture";
    assert_eq!(second_kind(&[&picture[..], zip].concat(), 7), Some(Format::Other("zip")));
    assert_eq!(second_kind(&[&picture[..], b"junk ", zip].concat(), 7), Some(Format::Other("zip")));
    assert_eq!(second_kind(b"picture%PDF-1.4 1 0 obj startxref 1 %%EOF", 7), Some(Format::Pdf));
    assert_eq!(second_kind(b"pic %PDF-1.4 1 0 obj startxref 1 %%EOF ture", 43), Some(Format::Pdf));
    assert_eq!(second_kind(b"a comment on %PDF-1.4, and the picture", 38), None);
    assert_eq!(second_kind(&[&picture[..], PICTURE].concat(), 7), None);
    assert_eq!(second_kind(picture, 7), None);
    // A zip in a comment of the picture, whose own comment is the rest of the file.
    let mut within = b"a picture with PK\x03\x04 an entry PK\x01\x02 its name ".to_vec();
    let end = [b"PK\x05\x06\0\0\0\0\x01\0\x01\0".as_slice(), &14_u32.to_le_bytes(), b"\0\0\0\0\x0D\0 in a comment"];
    within.extend(end.concat());
    assert!(ends_as_zip(&within) && second_kind(&within, within.len()) == Some(Format::Other("zip")));
    let mut large = within.clone();
    large.splice(within.len() - 35..within.len() - 35, b"PK\x06\x07\0\0\0\0 place \0\0\x01\0\0".iter().copied());
    within[29] = b'?';
    large[29] = b'?';
    assert!(ends_as_zip(&large), "{}", large.escape_ascii());
    assert!(!ends_as_zip(&within), "{}", within.escape_ascii());
}

proptest! {
    #[test]
    fn any_bytes_get_an_answer(mut bytes: Vec<u8>, magic in 0usize..8) {
        let start = [&b""[..], b"%PDF-", b"\0\0\0\x20ftyp", b"PK\x03\x04", b"BM", b"<?xml", b"\xFF\xD8\xFF", b"\xFF\xFE"][magic];
        bytes.splice(..0, start.iter().copied());
        sniff(&bytes);
        second_kind(&bytes, magic);
    }

    #[test]
    fn text_is_never_taken_for_something_to_send(text in "[ a-zA-Z0-9%,.;:<>/\n-]{2,200}") {
        prop_assert!(!sniff(text.as_bytes()).is_some_and(Format::is_accepted) || text.trim_start().starts_with("%PDF"));
    }
}
