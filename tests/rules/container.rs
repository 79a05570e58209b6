//! Cases on files.

use crate::{BILL, Case, FRONT, case, files, inspected, inspected_with, paint};
use idenfy_preflight::{
    Image, Options, Preflight, Step,
    check::container::refusal,
    fault::Refusal,
    finding::Finding,
    options::{Limits, PdfPassword},
    rules::Rule,
};
use std::time::Duration;

fn front(name: &str, bytes: &[u8]) -> Vec<Finding> {
    inspected(Step::Front, name, bytes)
}

/// A baseline JPEG whose frame header says another process (ITU T.81, table B.1).
fn as_process(marker: u8) -> Vec<u8> {
    let mut bytes = FRONT.to_vec();
    let at = bytes.windows(2).position(|w| w == [0xFF, 0xC0]).unwrap();
    bytes[at + 1] = marker;
    bytes
}

/// A gray PNG of this depth.
fn png_of_depth(depth: png::BitDepth) -> Vec<u8> {
    let mut out = Vec::new();
    let mut encoder = png::Encoder::new(&mut out, 64, 64);
    encoder.set_depth(depth);
    let mut writer = encoder.write_header().unwrap();
    writer.write_image_data(&vec![128; 64 * 64 * if depth == png::BitDepth::Sixteen { 2 } else { 1 }]).unwrap();
    drop(writer);
    out
}

/// A BMP of one gray row after another, as the format's own header says it.
fn bmp() -> Vec<u8> {
    let (width, height) = (64_u32, 64_u32);
    let size = 54 + width * height * 3;
    let mut out = b"BM".to_vec();
    for word in [size, 0, 54, 40, width, height, 1 | 24 << 16, 0, width * height * 3, 2835, 2835, 0, 0] {
        out.extend(word.to_le_bytes());
    }
    out.resize(size as usize, 128);
    out
}

fn options(change: impl FnOnce(&mut Options)) -> Options {
    let mut options = Options::default();
    change(&mut options);
    options
}

pub fn cases() -> Vec<Case> {
    let cut = |part: usize| front("", &FRONT[..FRONT.len() * part / 100]);
    let pixels = |max| inspected_with(Step::Front, "", FRONT, options(|o| o.limits.max_pixels = max));
    let too_large = |size| {
        let image = Image { unread: size, ..Image::new(Step::Front, "", FRONT) };
        Preflight::default().inspect(&image).unwrap().findings
    };
    let bill = files::jpeg(&paint::bill(), 60);
    let scan = |pages| files::scan(&bill, (1240, 1754), (595, 842), pages);
    let objects = |max| inspected_with(Step::UtilityBill, "", BILL, options(|o| o.limits.max_objects = max));
    let unlocked = |password: Option<&str>| {
        let options = options(|o| o.pdf_password = password.map(PdfPassword::new));
        inspected_with(Step::UtilityBill, "", &files::encrypted(scan(1), "secret"), options)
    };
    // No decoder here is known to panic, so the fault itself is judged.
    let decoder_fault = refusal(&Refusal::DecoderFault { decoder: "jpeg" }, &Limits::default());
    let enough = (1..100).find(|max| !objects(*max).iter().any(|f| f.rule == Rule::LimitExceeded)).unwrap();
    let converted = |name| inspected_with(Step::Front, name, &bmp(), options(|o| o.convert = true));
    let png = files::png(&paint::selfie(90, 120));
    let timed = |max| inspected_with(Step::Front, "", FRONT, options(|o| o.limits.max_time = max));
    let memory = |max| inspected_with(Step::UtilityBill, "", BILL, options(|o| o.limits.max_memory = max));
    vec![
        case(Rule::EmptyFile, front("", b""), front("", b"x")),
        case(Rule::FileTooLarge, too_large(Some(5 << 30)), too_large(None)),
        case(Rule::UnsupportedFormat, front("a.jpg", b"<!doctype html><p>404"), front("a.jpg", FRONT)),
        case(Rule::WrongExtension, front("a.png", FRONT), front("a.JPEG", FRONT)),
        case(Rule::WrongExtension, front("a.jpg", &bmp()), front("a.bmp", &bmp())),
        case(Rule::WrongExtension, converted("a.jpg"), converted("a.bmp")),
        case(Rule::Unreadable, cut(2), cut(3)),
        case(Rule::Damaged, front("", &FRONT[..FRONT.len() - 1]), front("", FRONT)),
        case(Rule::Damaged, cut(70), front("", &files::with_comment(FRONT, b"0123456789"))),
        case(Rule::Unreadable, front("", &png[..png.len() - 600]), front("", &png)),
        case(Rule::UnsupportedCoding, front("", &as_process(0xC9)), front("", &as_process(0xC1))),
        case(Rule::TooManyPixels, pixels(1600 * 1200 - 1), pixels(1600 * 1200)),
        case(Rule::LimitExceeded, objects(enough - 1), objects(enough)),
        case(Rule::TookTooLong, timed(Duration::ZERO), timed(Duration::MAX)),
        case(Rule::DecoderFault, vec![decoder_fault], front("", FRONT)),
        case(
            Rule::TrailingData,
            front("", &[FRONT, b"0123456789"].concat()),
            front("", &files::with_comment(FRONT, b"0123456789")),
        ),
        case(
            Rule::Polyglot,
            front("", &[FRONT, BILL].concat()),
            front("", &files::with_comment(FRONT, b"made by %PDF-1.4 tool")),
        ),
        case(
            Rule::Polyglot,
            front("", &files::with_comment(FRONT, b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\n")),
            front("", &files::with_comment(FRONT, b"%PDF-1.4\n")),
        ),
        case(
            Rule::Flattened,
            front("", &png_of_depth(png::BitDepth::Sixteen)),
            front("", &png_of_depth(png::BitDepth::Eight)),
        ),
        case(Rule::PdfEncrypted, front("", &files::encrypted(scan(1), "secret")), front("", &files::saved(scan(1)))),
        case(Rule::PdfEncrypted, front("", &files::encrypted(scan(1), "")), front("", &files::saved(scan(1)))),
        case(Rule::PdfEncrypted, unlocked(Some("wrong")), unlocked(Some("secret"))),
        case(Rule::PdfNoPages, front("", &files::saved(scan(0))), front("", &files::saved(scan(1)))),
        case(Rule::PdfNotRendered, memory(1 << 16), memory(1 << 29)),
        case(Rule::PdfUnlocked, unlocked(Some("secret")), unlocked(None)),
        case(Rule::Converted, converted(""), inspected_with(Step::Front, "", FRONT, options(|o| o.convert = true))),
    ]
}
