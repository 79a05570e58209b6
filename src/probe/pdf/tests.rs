//! Small PDFs, written by hand, each with one thing to be noticed.

use super::*;
use proptest::prelude::*;

const PAGE: &str = "<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 100]/Contents 4 0 R>>";

/// A PDF of numbered objects with a right table; `trailer` is added to the trailer's entries.
fn pdf(objects: &[&str], trailer: &str) -> Vec<u8> {
    let (mut bytes, mut places) = (b"%PDF-1.7\n".to_vec(), Vec::new());
    for (i, object) in objects.iter().enumerate() {
        places.push(bytes.len());
        bytes.extend(format!("{} 0 obj\n{object}\nendobj\n", i + 1).bytes());
    }
    let (table, size) = (bytes.len(), objects.len() + 1);
    bytes.extend(format!("xref\n0 {size}\n0000000000 65535 f \n").bytes());
    places.iter().for_each(|place| bytes.extend(format!("{place:010} 00000 n \n").bytes()));
    bytes.extend(format!("trailer\n<</Size {size}/Root 1 0 R{trailer}>>\nstartxref\n{table}\n%%EOF\n").bytes());
    bytes
}

fn one_page(page: &str, content: &str, more: &[&str], trailer: &str) -> Vec<u8> {
    let content = format!("<</Length {}>>\nstream\n{content}\nendstream", content.len());
    let mut objects = vec!["<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Kids[3 0 R]/Count 1>>", page, &content];
    objects.extend(more);
    pdf(&objects, trailer)
}

fn simple() -> Vec<u8> {
    one_page(PAGE, "0 0 9 9 re f", &[], "")
}

fn details(bytes: &[u8]) -> PdfDetails {
    match probe(bytes, &Limits::default()).map(|h| h.details) {
        Ok(Details::Pdf(details)) => details,
        other => panic!("{other:?}"),
    }
}

fn damage(bytes: &[u8]) -> Vec<String> {
    let faults = probe(bytes, &Limits::default()).unwrap().faults;
    faults.into_iter().filter_map(|f| if let Fault::Damaged(seen) = f { Some(seen.what) } else { None }).collect()
}

fn replaced(bytes: &[u8], from: &str, to: &str) -> Vec<u8> {
    let at = memchr::memmem::rfind(bytes, from.as_bytes()).unwrap();
    [&bytes[..at], to.as_bytes(), &bytes[at + from.len()..]].concat()
}

#[test]
fn a_sound_file_has_no_faults() {
    let header = probe(&simple(), &Limits::default()).unwrap();
    assert_eq!((header.width, header.height, header.faults), (200, 100, Vec::new()));
    assert_eq!(details(&simple()).pages, Some(1));
}

#[test]
fn what_is_kept_of_lists_is_bounded() {
    let list = format!("<</Type/Pages/Kids[{}]/Count 1>>", "3 0 R ".repeat(1_000));
    let bytes = replaced(&simple(), "<</Type/Pages/Kids[3 0 R]/Count 1>>", &list);
    let mut limits = Limits::default();
    assert!(probe(&bytes, &limits).is_ok());
    limits.max_memory = 1 << 20;
    let got = probe(&bytes, &limits);
    assert!(matches!(got, Err(Refusal::Limit { what: "bytes of lists in the PDF", .. })), "{got:?}");
}

#[test]
fn every_way_to_ask_for_encryption_is_seen() {
    let standard = "<</Filter/Standard/V 4/R 4/O(o)/U(u)/P -4/CF<</S<</CFM/AESV2>>>>/StmF/S/StrF/S>>";
    let public = "<</Filter/Adobe.PubSec/SubFilter/adbe.pkcs7.s3/V 1>>";
    let attachments = "<</Filter/Standard/V 5/R 6/O(o)/U(u)/P -4/CF<</S<</CFM/AESV3>>>>/EFF/S>>";
    let identity = "<</Filter/Standard/V 4/R 4/O(o)/U(u)/P -4/StmF/Identity/StrF/Identity>>";
    let cases = [
        (standard, "/Encrypt 5 0 R", "Standard", Some("AES-128")),
        (standard, "/#45ncr#79pt 5 0 R", "Standard", Some("AES-128")),
        (public, "/Encrypt 5 0 R", "Adobe.PubSec", Some("RC4 40")),
        (attachments, "/Encrypt 5 0 R", "Standard", Some("AES-256 (attachments only)")),
        ("null", "/Encrypt<</Filter/Own/V 2>>", "Own", Some("RC4 40")),
        (identity, "/Encrypt 5 0 R", "Standard", Some("Identity")),
    ];
    for (object, trailer, handler, algorithm) in cases {
        let seen = details(&one_page(PAGE, "", &[object], trailer)).encryption.unwrap();
        assert_eq!((seen.handler.as_str(), seen.algorithm.as_deref()), (handler, algorithm), "{trailer} {object}");
    }
}

#[test]
fn encryption_that_leads_nowhere_is_none() {
    for (trailer, object) in [("/Encrypt 99 0 R", "null"), ("/Encrypt 5 0 R", "null"), ("/Encrypt 5 0 R", "6 0 R")] {
        let header = probe(&one_page(PAGE, "", &[object], trailer), &Limits::default()).unwrap();
        assert_eq!(header.faults, [], "{trailer} {object}");
        assert_eq!(details(&one_page(PAGE, "", &[object], trailer)).encryption, None, "{trailer} {object}");
    }
    for trailer in ["/Encrypt 5", "/Encrypt[1 2]", "/Encrypt(yes)", "/Encrypt 5 0 R"] {
        let bytes = one_page(PAGE, "", &["/Name"], trailer);
        assert_eq!(details(&bytes).encryption, None, "{trailer}");
        assert_eq!(damage(&bytes), ["the PDF's encryption (/Encrypt) is no dictionary"], "{trailer}");
    }
}

#[test]
fn an_update_cannot_take_encryption_back() {
    let mut bytes = one_page(PAGE, "", &["<</Filter/Standard/V 1/R 2>>"], "/Encrypt 5 0 R");
    let first = memchr::memmem::find(&bytes, b"xref").unwrap();
    let table = bytes.len();
    let update = format!("xref\n0 0\ntrailer\n<</Size 6/Root 1 0 R/Prev {first}>>\nstartxref\n{table}\n%%EOF\n");
    bytes.extend(update.bytes());
    assert!(details(&bytes).encryption.is_some());
}

#[test]
fn the_bare_word_is_not_encryption() {
    let word = "trailer <</Root 1 0 R/Encrypt 5 0 R>>";
    let files = [
        one_page(PAGE, &format!("% {word}\n({word}) Tj"), &[], ""),
        one_page(PAGE, "", &[&format!("({word})")], "/Info 5 0 R"),
        one_page(PAGE, "", &["<</Filter/Standard/V 1/R 2/O(o)/U(u)/P -4>>"], ""),
        one_page(PAGE, "", &["<</Encrypt 4 0 R>>"], "/Encrypt null"),
        replaced(&simple(), "1 0 obj", &format!("% {word}\n1 0 obj")),
    ];
    for bytes in files {
        assert_eq!(details(&bytes).encryption, None);
        // Nor where the table is lost and the whole file has to be read.
        assert_eq!(details(&replaced(&bytes, "startxref", "startxxxx")).encryption, None);
    }
}

#[test]
fn what_viewers_repair_is_accepted_and_named() {
    let bytes = simple();
    let mut moved = bytes.clone();
    let last_entry = memchr::memmem::find(&bytes, b" 00000 n \ntrailer").unwrap();
    moved[last_entry - 2] ^= 1;
    let cases = [
        ("stand before", [b"junk\r\n".repeat(30), bytes.clone()].concat()),
        ("header (%PDF-) is missing", bytes[9..].to_vec()),
        ("%%EOF) is missing", replaced(&bytes, "%%EOF", "")),
        ("startxref) is missing", replaced(&bytes, "startxref", "startxxxx")),
        ("where the file says", replaced(&bytes, "xref\n0 5", "xrfe\n0 5")),
        ("object 4 is not where the table says", moved),
        ("list of pages says 7", replaced(&bytes, "/Count 1", "/Count 7")),
    ];
    for (what, bytes) in cases {
        assert!(damage(&bytes).iter().any(|d| d.contains(what)), "{what}: {:?}", damage(&bytes));
        assert_eq!(details(&bytes).pages, Some(1), "{what}");
    }
}

#[test]
fn what_no_viewer_shows_is_refused() {
    let limits = Limits::default();
    let tree = |tree| pdf(&["<</Type/Catalog/Pages 2 0 R>>", tree, PAGE], "");
    for empty in ["<</Type/Pages/Kids[]/Count 0>>", "<</Type/Pages/Kids[]/Count 1>>", "<</Type/Pages/Kids[3 0 R]>>"] {
        assert_eq!(probe(&tree(empty), &limits), Err(Refusal::NoPages), "{empty}");
    }
    // Pages that there may be, and that are not reached, are not said to be none.
    let catalog = |catalog: &str| pdf(&[catalog, "<</Type/Pages/Kids[3 0 R]/Count 1>>", PAGE], "");
    for (what, bytes) in [
        ("runs in a loop", tree("<</Type/Pages/Kids[2 0 R]/Count 1>>")),
        ("a page of the list is missing", tree("<</Type/Pages/Kids[99 0 R]/Count 1>>")),
        ("the list of pages is damaged", tree("<</Type/Pages/Count 1>>")),
        ("the list of pages is damaged", catalog("<</Type/Catalog/Pages 1 0 R>>")),
        ("does not lead to a list of pages", catalog("1 0 R")),
        ("does not lead to a list of pages", catalog("<</Type/Catalog/Pages 99 0 R>>")),
    ] {
        match probe(&bytes, &limits) {
            Err(Refusal::Unreadable(seen)) => assert!(seen.what.contains(what), "{what}: {seen:?}"),
            other => panic!("{what}: {other:?}"),
        }
    }
    for bytes in [&b"%PDF-1.7\n"[..], &simple()[..60]] {
        assert!(matches!(probe(bytes, &limits), Err(Refusal::Unreadable(_))));
    }
}

#[test]
fn a_page_is_found_however_deep_it_lies() {
    for levels in [1, 64, 65, 5_000] {
        let mut objects = vec!["<</Type/Catalog/Pages 2 0 R>>".to_owned()];
        objects.extend((0..levels).map(|i| format!("<</Type/Pages/Kids[{} 0 R]/Count 1>>", i + 3)));
        objects.push("<</Type/Page/MediaBox[0 0 200 100]>>".to_owned());
        let objects: Vec<&str> = objects.iter().map(String::as_str).collect();
        let header = probe(&pdf(&objects, ""), &Limits::default()).unwrap();
        assert_eq!((header.width, header.faults), (200, Vec::new()), "{levels} levels");
    }
}

#[test]
fn the_first_page_is_sized_as_it_is_shown() {
    let cases = [
        ("/MediaBox[0 0 200 100]", (200, 100)),
        ("/MediaBox[200 100 0 0]/Rotate 90", (100, 200)),
        ("/MediaBox[0 0 200 100]/Rotate -270", (100, 200)),
        ("/MediaBox[0 0 200 100]/CropBox[10 10 60 500]", (50, 90)),
        ("/MediaBox[0 0 200 100]/UserUnit 2", (400, 200)),
        ("", (30, 40)),
    ];
    for (entries, size) in cases {
        let page = format!("<</Type/Page/Parent 2 0 R{entries}>>");
        let tree = "<</Type/Pages/Kids[3 0 R]/Count 1/MediaBox[0 0 30 40]>>";
        let header = probe(&pdf(&["<</Type/Catalog/Pages 2 0 R>>", tree, &page], ""), &Limits::default()).unwrap();
        assert_eq!((header.width, header.height), size, "{entries}");
    }
}

#[test]
fn one_picture_and_nothing_else_is_a_scan() {
    let page = "<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 100]/Contents 4 0 R/Resources<</XObject<</I 5 0 R>>>>>>";
    let picture =
        "<</Subtype/Image/Width 1/Height 1/ColorSpace/DeviceGray/BitsPerComponent 8/Length 1>>\nstream\nx\nendstream";
    let cases = [
        ("q 200 0 0 100 0 0 cm /I Do Q", true),
        ("1 g 0 0 200 100 re f q 0 0 200 100 re W n 200 0 0 100 0 0 cm /I Do Q", true),
        ("q 200 0 0 100 0 0 cm /I Do Q BT 3 Tr (read by machine) Tj ET", true),
        ("q 200 0 0 100 0 0 cm /I Do Q BT (stamp) Tj ET", false),
        ("q 0 0 20 20 re W n 200 0 0 100 0 0 cm /I Do Q", false),
        ("q 200 0 0 100 0 0 cm /I Do /I Do Q", false),
        ("q 150 90 -90 150 0 0 cm /I Do Q", false),
        ("0 0 9 9 re f", false),
    ];
    for (content, scan) in cases {
        assert_eq!(details(&one_page(page, content, &[picture], "")).image_only, scan, "{content}");
    }
}

#[test]
fn a_second_kind_of_file_behind_the_end_is_named() {
    let bytes = [simple(), b"PK\x03\x04zip".to_vec()].concat();
    let faults = probe(&bytes, &Limits::default()).unwrap().faults;
    assert_eq!(faults, [Fault::Polyglot { also: "zip" }]);
}

#[test]
fn limits_hold() {
    let limits = Limits { max_objects: 3, ..Limits::default() };
    assert!(matches!(probe(&simple(), &limits), Err(Refusal::Limit { .. })));
    let kids = format!("<</Type/Pages/Kids[{}]/Count 9>>", "3 0 R ".repeat(9));
    let bytes = pdf(&["<</Type/Catalog/Pages 2 0 R>>", &kids, PAGE], "");
    let counted = |max_pages| {
        let limits = Limits { max_pages, ..Limits::default() };
        let Details::Pdf(details) = probe(&bytes, &limits).unwrap().details else { panic!("a PDF") };
        (details.pages, details.more_pages)
    };
    assert_eq!([2, 8, 9].map(counted), [(Some(2), true), (Some(8), true), (Some(9), false)]);
}

proptest! {
    #[test]
    fn any_bytes_are_answered(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let _ = probe(&bytes, &Limits::default());
    }

    #[test]
    fn any_damage_is_answered(at in 0usize..700, byte: u8, cut in 0usize..700) {
        let mut bytes = one_page(PAGE, "0 0 9 9 re f", &["<</Filter/Standard/V 2/R 3/O(o)/U(u)/P -4>>"], "/Encrypt 5 0 R");
        if let Some(b) = bytes.get_mut(at) {
            *b = byte;
        }
        bytes.truncate(bytes.len() - cut.min(bytes.len()));
        let _ = probe(&bytes, &Limits::default());
    }

    #[test]
    fn a_file_cut_short_is_never_taken_for_whole(cut in 8usize..600) {
        let mut bytes = simple();
        bytes.truncate(bytes.len().saturating_sub(cut));
        if let Ok(header) = probe(&bytes, &Limits::default()) {
            prop_assert!(!header.faults.is_empty());
        }
    }
}
