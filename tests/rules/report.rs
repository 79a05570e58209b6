//! What reports say of a file: the shape that programs rely on, and words that are true of it.

use crate::{BILL, FRONT, files, good, inspected, inspected_with, paint};
use idenfy_preflight::{
    Image, Options, Preflight, Step,
    finding::Finding,
    options::PdfPassword,
    report::{ImageReport, Report},
    rules::{Family, Level, Rule},
};
use lopdf::{Object, dictionary};
use serde_json::{Value, json};

fn options(change: impl FnOnce(&mut Options)) -> Options {
    let mut options = Options::default();
    change(&mut options);
    options
}

fn seen(name: &str, bytes: &[u8], options: Options) -> ImageReport {
    Preflight::new(options).inspect(&Image::new(Step::UtilityBill, name, bytes)).unwrap()
}

fn as_json(report: &impl serde::Serialize) -> Value {
    serde_json::to_value(report).unwrap()
}

fn the(findings: &[Finding], rule: Rule) -> &Finding {
    let mut of_rule = findings.iter().filter(|f| f.rule == rule);
    let found = of_rule.next().unwrap_or_else(|| panic!("{rule} is not in {findings:?}"));
    assert!(of_rule.next().is_none(), "{rule} is told twice: {findings:?}");
    found
}

fn scan(pages: usize) -> lopdf::Document {
    files::scan(&files::jpeg(&paint::bill(), 60), (1240, 1754), (595, 842), pages)
}

fn checked(front: &[u8], options: Options) -> Report {
    let mut submission = good();
    submission.images[0] = Image::new(Step::Front, "front", front.to_vec());
    Preflight::new(options).check(&submission).unwrap().report
}

/// A BMP of a painted card, upside down as the format has it.
fn bmp() -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    let picture = paint::selfie(90, 120);
    let (width, height) = (picture.width as u32, picture.height as u32);
    let picture = image::RgbImage::from_raw(width, height, picture.rgb.clone()).unwrap();
    picture.write_to(&mut bytes, image::ImageFormat::Bmp).unwrap();
    bytes.into_inner()
}

#[test]
fn the_first_page_of_a_pdf_is_described() {
    let page = json!({"width_pt": 595, "height_pt": 842, "image_only": true});
    assert_eq!(as_json(&seen("", BILL, Options::default()))["page"], page);
    assert_eq!(as_json(&seen("", FRONT, Options::default()))["page"], Value::Null);
    let locked = files::encrypted(scan(1), "secret");
    assert_eq!(as_json(&seen("", &locked, Options::default()))["page"], Value::Null);
}

#[test]
fn an_unlocked_pdf_was_encrypted() {
    let locked = files::encrypted(scan(1), "secret");
    let unlocked = seen("", &locked, options(|o| o.pdf_password = Some(PdfPassword::new("secret"))));
    assert!(unlocked.encrypted && unlocked.page.is_some(), "{unlocked:?}");
    assert!(!seen("", BILL, Options::default()).encrypted);
}

#[test]
fn more_pages_than_are_counted_are_not_said_to_be_few() {
    let with_limit = |pages, max| {
        let mut submission = good();
        submission.images.push(Image::new(Step::UtilityBill, "", files::saved(scan(pages))));
        let report = Preflight::new(options(|o| o.limits.max_pages = max)).check(&submission).unwrap().report;
        the(&report.images[3].findings, Rule::PdfPages).message.clone()
    };
    assert!(with_limit(3, 2).starts_with("The PDF has more than 2 pages;"), "{}", with_limit(3, 2));
    assert!(with_limit(3, 3).starts_with("The PDF has 3 pages;"));
}

#[test]
fn a_wrong_password_is_told_once_and_not_advised_again() {
    let locked = files::encrypted(scan(1), "secret");
    let found = seen("", &locked, options(|o| o.pdf_password = Some(PdfPassword::new("wrong")))).findings;
    let finding = the(&found, Rule::PdfEncrypted);
    assert!(finding.message.contains("the password does not open the PDF") && finding.denies(), "{finding:?}");
    assert!(!finding.help.contains("--pdf-password"), "{}", finding.help);
    assert_eq!(finding.evidence["handler"], "Standard");
}

#[test]
fn attachments_that_are_left_out_are_told() {
    let mut document = scan(1);
    let filter = dictionary! { "S" => dictionary! { "CFM" => "AESV3" } };
    let encrypt = document.add_object(dictionary! {
        "Filter" => "Standard", "V" => 5, "R" => 6, "O" => Object::string_literal("o"),
        "U" => Object::string_literal("u"), "P" => -4, "CF" => filter, "EFF" => "S",
    });
    document.trailer.set("Encrypt", encrypt);
    let unlock = options(|o| o.pdf_password = Some(PdfPassword::new("")));
    let report = seen("", &files::saved(document), unlock);
    let finding = the(&report.findings, Rule::PdfUnlocked);
    assert!(finding.message.contains("without its attached files"), "{}", finding.message);
    let plain = options(|o| o.pdf_password = Some(PdfPassword::new("")));
    let report = seen("", &files::encrypted(scan(1), ""), plain);
    assert!(!the(&report.findings, Rule::PdfUnlocked).message.contains("attached"));
}

#[test]
fn findings_on_the_call_are_of_family_request() {
    let mut submission = good();
    submission.images[1] = Image::new(Step::Back, "", FRONT);
    let report = Preflight::default().check(&submission).unwrap().report;
    assert_eq!(the(&report.findings, Rule::SamePicture).level, Level::Deny);
    assert!(report.findings.iter().all(|f| f.family() == Family::Request));
}

#[test]
fn what_was_not_read_has_no_size() {
    let allow = options(|o| o.levels.set_all(Level::Allow));
    let report = as_json(&checked(b"neither picture nor document \x01\x02", allow));
    assert_eq!(report["verdict"], "ready", "{report:#}");
    let sent = &report["images"][0]["sent"];
    assert_eq!([&sent["width"], &sent["height"], &sent["format"]], [&Value::Null; 3], "{sent}");
    assert_eq!(report["images"][1]["sent"]["format"], "jpeg");
}

#[test]
fn a_converted_picture_says_what_became_of_it() {
    let convert = options(|o| {
        o.convert = true;
        o.levels.set_all(Level::Allow);
    });
    let report = as_json(&checked(&bmp(), convert));
    let sent = &report["images"][0]["sent"];
    assert_eq!((&sent["quality"], &sent["recompressed"]), (&json!(95), &json!(true)), "{sent}");
    assert_eq!(report["images"][1]["sent"]["quality"], Value::Null);
}

#[test]
fn what_cannot_be_converted_is_refused_once() {
    let avif = b"\0\0\0\x1cftypavif\0\0\0\0avifmif1miaf";
    for convert in [false, true] {
        let found = inspected_with(Step::Front, "", avif, options(|o| o.convert = convert));
        assert_eq!(found.iter().map(|f| f.rule).collect::<Vec<_>>(), [Rule::UnsupportedFormat]);
        assert!(found[0].message.contains("an AVIF file"), "{}", found[0].message);
    }
    let cut = &bmp()[..40];
    let found = inspected_with(Step::Front, "", cut, options(|o| o.convert = true));
    assert_eq!(found.iter().map(|f| f.rule).collect::<Vec<_>>(), [Rule::Unreadable]);
}

#[test]
fn a_png_that_breaks_off_is_refused_and_looked_at() {
    let png = files::png(&paint::selfie(300, 400));
    let report = seen("", &png[..png.len() * 9 / 10], Options::default());
    let finding = the(&report.findings, Rule::Unreadable);
    assert!(finding.denies() && finding.message.contains("of 400 rows"), "{}", finding.message);
    let row = finding.evidence["row"].as_u64().unwrap();
    assert!((300..400).contains(&row), "{row}");
    assert!(report.scores.exposure.is_some() && report.width == Some(300), "{report:?}");
}

#[test]
fn a_wrong_name_is_no_matter_only_for_what_is_sent() {
    let help = |convert| {
        let found = inspected_with(Step::Front, "heic_as.jpg", &bmp(), options(|o| o.convert = convert));
        the(&found, Rule::WrongExtension).help.clone()
    };
    assert!(help(true).starts_with("Nothing needs to be done"));
    assert!(help(false).starts_with("A new name does not make another file of it"));
    let found = inspected(Step::Front, "page.jpg", b"<!doctype html><p>404");
    assert!(the(&found, Rule::WrongExtension).message.ends_with("its content is a web page (HTML)."), "{found:?}");
}

#[test]
fn texts_say_what_is_so() {
    let front = |bytes: &[u8]| inspected(Step::Front, "", bytes);
    let mut clear = Vec::new();
    let mut encoder = png::Encoder::new(&mut clear, 64, 64);
    encoder.set_color(png::ColorType::Rgba);
    encoder.write_header().unwrap().write_image_data(&[200; 64 * 64 * 4]).unwrap();
    let both = front(&[FRONT, BILL].concat());
    let behind = inspected(Step::UtilityBill, "", &[BILL, &[0xFE, 1].repeat(20)].concat());
    let objects = inspected_with(Step::UtilityBill, "", BILL, options(|o| o.limits.max_objects = 2));
    let cases = [
        (front(&clear), Rule::Flattened, "flattened on white"),
        (both.clone(), Rule::Polyglot, "The file is a PDF file at the same time"),
        (both, Rule::TrailingData, "follow the file's proper end: a PDF file."),
        (behind, Rule::TrailingData, "40 bytes follow the file's proper end: bytes of no known kind."),
        (objects, Rule::LimitExceeded, "takes more than the limit of 2 objects in the PDF."),
    ];
    for (found, rule, said) in cases {
        assert!(the(&found, rule).message.contains(said), "{}", the(&found, rule).message);
    }
    let mut faceless = good();
    faceless.images.retain(|image| image.step != Step::Back);
    let report = Preflight::default().check(&faceless).unwrap().report;
    assert!(the(&report.findings, Rule::MissingStep).message.contains("an ID_CARD has a back side"));
}
