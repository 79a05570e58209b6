//! Every limit at its edge, and one past it; a clock that has run out, and a caller who changes their mind.

#[path = "../testdata/files.rs"]
mod files;
#[path = "../testdata/paint.rs"]
mod paint;

use idenfy_preflight::{
    Cancel, Error, Image, Options, Preflight, Step, Submission, decode,
    fault::Refusal,
    options::Limits,
    pixmap::View,
    probe::{Details, probe},
    rules::{Level, Rule},
};
use std::{
    thread,
    time::{Duration, Instant},
};

fn card(width: usize, height: usize) -> paint::Canvas {
    let mut canvas = paint::Canvas::new(width, height, [230, 228, 220]);
    canvas.text(8, 8, 2, "CARD 123", [20, 20, 30]);
    canvas
}

fn seen(bytes: &[u8], limits: &Limits) -> Result<(), Refusal> {
    let header = probe(bytes, limits)?;
    decode::view(bytes, &header, View::reduction(header.width, header.height), limits).map(drop)
}

/// Nothing is refused for the limit, a lot is enough, and between them is one edge.
fn edge(bytes: &[u8], what: &str, set: impl Fn(&mut Limits, u64)) {
    let with = |value: u64| {
        let mut limits = Limits::default();
        set(&mut limits, value);
        seen(bytes, &limits)
    };
    let (mut refused, mut enough) = (0, 1 << 22);
    assert_eq!(with(enough), Ok(()), "{what}");
    while enough - refused > 1 {
        let middle = u64::midpoint(refused, enough);
        if with(middle).is_ok() { enough = middle } else { refused = middle }
    }
    let at_the_edge = with(refused);
    assert!(matches!(at_the_edge, Err(Refusal::Limit { needed, limit, .. }) if needed > limit), "{at_the_edge:?}");
}

#[test]
fn bytes_of_a_file() {
    let bytes = files::jpeg(&card(64, 48), 80);
    let mut limits = Limits::default();
    limits.max_file_bytes = bytes.len() as u64;
    assert_eq!(seen(&bytes, &limits), Ok(()));
    limits.max_file_bytes -= 1;
    assert!(matches!(seen(&bytes, &limits), Err(Refusal::Limit { what: "bytes in the file", .. })));
}

#[test]
fn pixels() {
    for bytes in [files::jpeg(&card(64, 48), 80), files::png(&card(64, 48))] {
        let mut limits = Limits::default();
        limits.max_pixels = 64 * 48;
        assert_eq!(seen(&bytes, &limits), Ok(()));
        limits.max_pixels -= 1;
        assert_eq!(seen(&bytes, &limits), Err(Refusal::TooManyPixels { width: 64, height: 48 }));
    }
}

#[test]
fn memory() {
    edge(&files::jpeg(&card(64, 48), 80), "JPEG", |limits, n| limits.max_memory = n);
    let bytes = files::png(&card(64, 48));
    let whole = |max_memory| {
        let mut limits = Limits::default();
        limits.max_memory = max_memory;
        decode::pixmap(&bytes, &probe(&bytes, &limits)?, &limits).map(drop)
    };
    assert!(matches!(whole(64 * 48 * 3 - 1), Err(Refusal::Limit { needed: 9216, .. })));
    assert_eq!(whole(64 * 48 * 3), Ok(()));
}

fn drawn(content: &str) -> Vec<u8> {
    use lopdf::{Stream, dictionary};
    let mut document = files::scan(&files::jpeg(&card(64, 48), 80), (64, 48), (64, 48), 1);
    let content = document.add_object(Stream::new(dictionary! {}, content.as_bytes().to_vec()));
    let page = document.get_pages()[&1];
    document.get_dictionary_mut(page).unwrap().set("Contents", content);
    files::saved(document)
}

#[test]
fn inflated_bytes() {
    let content = "0 0 9 9 re f ".repeat(4_000);
    edge(&drawn(&content), "content", |limits, n| limits.max_inflated = n);
}

#[test]
fn objects() {
    edge(&drawn("0 0 9 9 re f"), "objects", |limits, n| limits.max_objects = n);
}

#[test]
fn pages_are_counted_as_far_as_the_limit() {
    let bytes = files::saved(files::scan(&files::jpeg(&card(64, 48), 80), (64, 48), (64, 48), 5));
    let counted = |max_pages| {
        let mut limits = Limits::default();
        limits.max_pages = max_pages;
        match probe(&bytes, &limits).unwrap().details {
            Details::Pdf(pdf) => pdf.pages,
            _ => None,
        }
    };
    assert_eq!([counted(6), counted(5), counted(4)], [Some(5), Some(5), Some(4)]);
}

#[test]
fn depth_of_what_is_nested() {
    let nested = |depth: usize, max_depth: u32| {
        let (open, close) = ("[".repeat(depth), "]".repeat(depth));
        let text = format!(
            "1 0 obj <</Type/Catalog/Pages 2 0 R/X {open}{close}>> endobj 2 0 obj <</Type/Pages/Count 1/Kids[3 0 R]>> endobj 3 0 obj <</Type/Page/Parent 2 0 R/MediaBox[0 0 99 99]>> endobj trailer <</Root 1 0 R>>"
        );
        let mut limits = Limits::default();
        limits.max_depth = max_depth;
        let header = probe(format!("%PDF-1.4\n{text}").as_bytes(), &limits);
        header.is_ok_and(|header| matches!(header.details, Details::Pdf(pdf) if pdf.pages == Some(1)))
    };
    for max_depth in [Limits::default().max_depth, 5] {
        // The dictionary around it is one.
        let edge = max_depth as usize - 1;
        assert!(nested(edge, max_depth) && !nested(edge + 1, max_depth), "{max_depth}");
    }
}

fn rules(bytes: &[u8], set: impl Fn(&mut Options)) -> Vec<Rule> {
    let mut options = Options::default();
    set(&mut options);
    let report = Preflight::new(options).inspect(&Image::new(Step::Front, "", bytes)).unwrap();
    report.findings.iter().map(|f| f.rule).collect()
}

#[test]
fn time_to_draw_a_page() {
    let bytes = drawn("0 0 9 9 re f");
    assert!(!rules(&bytes, |_| {}).contains(&Rule::PdfNotRendered));
    assert!(rules(&bytes, |o| o.limits.max_render = Duration::ZERO).contains(&Rule::PdfNotRendered));
}

#[test]
fn time_for_an_image() {
    let picture = card(64, 48);
    let bmp = {
        let mut out = std::io::Cursor::new(Vec::new());
        image::RgbImage::from_raw(64, 48, picture.rgb.clone())
            .unwrap()
            .write_to(&mut out, image::ImageFormat::Bmp)
            .unwrap();
        out.into_inner()
    };
    for bytes in [files::jpeg(&picture, 80), files::png(&picture), drawn("0 0 9 9 re f"), bmp] {
        let convert = |options: &mut Options| options.convert = true;
        assert!(!rules(&bytes, convert).contains(&Rule::TookTooLong));
        let found = rules(&bytes, |options| {
            convert(options);
            options.limits.max_time = Duration::ZERO;
        });
        assert!(found.contains(&Rule::TookTooLong), "{found:?}");
    }
}

/// Whatever the moment: cancelled or done, and once cancelled never done.
#[test]
fn a_caller_who_changes_their_mind() {
    let picture = paint::Canvas::new(2_400, 1_800, [200, 190, 180]);
    let (jpeg, png) = (files::jpeg(&picture, 90), files::png(&picture));
    let submission = Submission::new()
        .token("3FA5TFPA2ZE3LMPGGS1EGOJNJE")
        .country("LT")
        .image(Image::new(Step::Front, "", jpeg))
        .image(Image::new(Step::Back, "", png));
    let mut options = Options::default();
    options.service.max_body_bytes = 12_000;
    for wait in [0, 1, 3, 10, 30, 100, 300] {
        let cancel = Cancel::default();
        let preflight = Preflight::new(options.clone()).cancelled_by(cancel.clone());
        let result = std::thread::scope(|scope| {
            let running = scope.spawn(|| preflight.check(&submission));
            std::thread::sleep(Duration::from_millis(wait));
            cancel.cancel();
            running.join().expect("it does not panic")
        });
        assert!(matches!(result, Err(Error::Cancelled) | Ok(_)));
        assert!(matches!(preflight.check(&submission), Err(Error::Cancelled)));
        assert!(matches!(preflight.inspect(&submission.images[0]), Err(Error::Cancelled)));
    }
}

/// A picture with something in every block.
fn textured(width: usize, height: usize) -> paint::Canvas {
    let mut canvas = paint::Canvas::new(width, height, [0; 3]);
    for (i, sample) in (0_u32..).zip(&mut canvas.rgb) {
        *sample = 128 + (i.wrapping_mul(0x9E37_79B9) >> 26) as u8 + (i / 5000 % 40) as u8;
    }
    canvas
}

/// `cargo test --release --test limits -- --ignored --nocapture`: without an allocator that counts, which writes to all
/// memory that the system would give zeroed.
#[test]
#[ignore = "figures, for a machine that has nothing else to do"]
fn how_soon_a_flag_is_obeyed() {
    for (width, height) in [(4_000, 3_000), (11_000, 9_000)] {
        let picture = textured(width, height);
        let (jpeg, png) = (files::jpeg(&picture, 85), files::png(&picture));
        let turned = files::with_orientation(&jpeg, 6);
        let pdf = files::saved(files::scan(&jpeg, (width, height), (595, 842), 1));
        for (name, bytes, budget) in [
            ("JPEG", &jpeg, 20_000_000),
            ("JPEG to fit", &jpeg, 600_000),
            ("JPEG on its side, to fit", &turned, 600_000),
            ("PNG", &png, 400_000_000),
            ("PNG to fit", &png, 600_000),
            ("PDF", &pdf, 20_000_000),
            ("PDF to fit", &pdf, 600_000),
        ] {
            let submission = Submission::new().token("3FA5TFPA2ZE3LMPGGS1EGOJNJE").country("LT").image(Image::new(
                Step::Front,
                "",
                bytes.as_slice(),
            ));
            let mut options = Options::default();
            options.service.max_body_bytes = budget;
            options.limits.max_file_bytes = 1 << 30;
            options.levels.set_all(Level::Allow);
            let whole = Instant::now();
            Preflight::new(options.clone()).check(&submission).expect("nobody cancels");
            let whole = whole.elapsed();
            let mut waits: Vec<Duration> = (0..40)
                .map(|n| {
                    let cancel = Cancel::default();
                    let preflight = Preflight::new(options.clone()).cancelled_by(cancel.clone());
                    thread::scope(|scope| {
                        let running = scope.spawn(|| preflight.check(&submission).is_ok());
                        thread::sleep(whole * n / 40);
                        let asked = Instant::now();
                        cancel.cancel();
                        running.join().expect("it does not panic");
                        asked.elapsed()
                    })
                })
                .collect();
            waits.sort();
            println!(
                "{width} x {height} {name}: {whole:?} in all; obeyed within {:?}, half of them within {:?}",
                waits[39], waits[20]
            );
        }
    }
}
