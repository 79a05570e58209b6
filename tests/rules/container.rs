//! Cases on files.

use crate::{BILL, Case, FRONT, case, files, inspected, inspected_with, paint};
use idenfy_preflight::{Image, Options, Preflight, Step, rules::Rule};

fn front(name: &str, bytes: &[u8]) -> Vec<idenfy_preflight::finding::Finding> {
    inspected(Step::Front, name, bytes)
}

pub fn cases() -> Vec<Case> {
    let cut = |part: usize| front("", &FRONT[..FRONT.len() * part / 100]);
    let pixels = |max| {
        let mut options = Options::default();
        options.limits.max_pixels = max;
        inspected_with(Step::Front, "", FRONT, options)
    };
    let too_large = |size| {
        let image = Image { unread: size, ..Image::new(Step::Front, "", FRONT) };
        Preflight::default().inspect(&image).unwrap().findings
    };
    let bill = files::jpeg(&paint::bill(), 60);
    let scan = |pages| files::scan(&bill, (1240, 1754), (595, 842), pages);
    vec![
        case(Rule::EmptyFile, front("", b""), front("", b"x")),
        case(Rule::FileTooLarge, too_large(Some(5 << 30)), too_large(None)),
        case(Rule::UnsupportedFormat, front("a.jpg", b"<!doctype html><p>404"), front("a.jpg", FRONT)),
        case(Rule::WrongExtension, front("a.png", FRONT), front("a.JPEG", FRONT)),
        case(Rule::Unreadable, front("", &FRONT[..200]), front("", FRONT)),
        case(Rule::Damaged, cut(70), cut(100)),
        case(Rule::TooManyPixels, pixels(1600 * 1200 - 1), pixels(1600 * 1200)),
        case(Rule::TrailingData, front("", &[FRONT, b"0123456789"].concat()), front("", FRONT)),
        case(Rule::Polyglot, front("", &[FRONT, BILL].concat()), front("", FRONT)),
        case(Rule::PdfEncrypted, front("", &files::encrypted(scan(1), "secret")), front("", &files::saved(scan(1)))),
        case(Rule::PdfEncrypted, front("", &files::encrypted(scan(1), "")), front("", &files::saved(scan(1)))),
        case(Rule::PdfNoPages, front("", &files::saved(scan(0))), front("", &files::saved(scan(1)))),
    ]
}
