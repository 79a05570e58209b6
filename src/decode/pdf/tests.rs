use super::*;
use crate::pixmap::Plane;
use lopdf::{Dictionary, Document, Stream, dictionary};

/// A page of 200 x 100 points with one XObject `/I`.
fn pdf(content: &str, picture: Stream, rotate: i64) -> Vec<u8> {
    let mut document = Document::with_version("1.7");
    let pages = document.new_object_id();
    let content = document.add_object(Stream::new(Dictionary::new(), content.into()));
    let picture = document.add_object(picture);
    let page = document.add_object(dictionary! {
        "Type" => "Page", "Parent" => pages, "Contents" => content, "Rotate" => rotate,
        "MediaBox" => vec![0.into(), 0.into(), 200.into(), 100.into()],
        "Resources" => dictionary! { "XObject" => dictionary! { "I" => picture } },
    });
    let tree = dictionary! { "Type" => "Pages", "Count" => 1, "Kids" => vec![page.into()] };
    document.objects.insert(pages, tree.into());
    let root = document.add_object(dictionary! { "Type" => "Catalog", "Pages" => pages });
    document.trailer.set("Root", root);
    let mut bytes = Vec::new();
    document.save_to(&mut bytes).unwrap();
    bytes
}

fn picture(width: i64, height: i64, filter: Option<&str>, data: Vec<u8>) -> Stream {
    let mut dict = dictionary! {
        "Subtype" => "Image", "Width" => width, "Height" => height, "BitsPerComponent" => 8, "ColorSpace" => "DeviceGray",
    };
    if let Some(filter) = filter {
        dict.set("Filter", filter);
    }
    Stream::new(dict, data)
}

/// 40 x 20, black but for a white upper left quarter.
fn quarter() -> Vec<u8> {
    (0..20).flat_map(|y| (0..40).map(move |x| if x < 20 && y < 10 { 255 } else { 0 })).collect()
}

fn jpeg() -> Vec<u8> {
    let mut bytes = Vec::new();
    let encoder = jpeg_encoder::Encoder::new(&mut bytes, 90);
    encoder.encode(&quarter(), 40, 20, jpeg_encoder::ColorType::Luma).unwrap();
    bytes
}

fn seen(bytes: &[u8]) -> Result<View, Refusal> {
    let limits = Limits::default();
    view(bytes, &probe::probe(bytes, &limits)?, 1, &limits).map(|d| d.picture)
}

/// Which of the quarters, upper left, upper right, lower left, lower right, are bright.
fn bright(luma: &Plane) -> [bool; 4] {
    let (w, h) = (i64::from(luma.width()), i64::from(luma.height()));
    [(w / 4, h / 4), (w * 3 / 4, h / 4), (w / 4, h * 3 / 4), (w * 3 / 4, h * 3 / 4)].map(|(x, y)| luma.at(x, y) > 128)
}

#[test]
fn a_scan_stands_as_its_page_shows_it() {
    let cases = [
        ("200 0 0 100 0 0 cm /I Do", 0, (40, 20), [true, false, false, false]),
        ("200 0 0 100 0 0 cm /I Do", 90, (20, 40), [false, true, false, false]),
        ("-200 0 0 100 200 0 cm /I Do", 0, (40, 20), [false, true, false, false]),
        ("200 0 0 -100 0 100 cm /I Do", 0, (40, 20), [false, false, true, false]),
        ("-200 0 0 -100 200 100 cm /I Do", 180, (40, 20), [true, false, false, false]),
        ("0 100 -50 0 50 0 cm /I Do", 0, (20, 40), [false, false, true, false]),
        ("0 -100 50 0 0 100 cm /I Do", 0, (20, 40), [false, true, false, false]),
        ("0 100 50 0 0 0 cm /I Do", 0, (20, 40), [false, false, false, true]),
        ("0 -100 -50 0 50 100 cm /I Do", 0, (20, 40), [true, false, false, false]),
    ];
    for (content, rotate, size, quarters) in cases {
        let view = seen(&pdf(content, picture(40, 20, Some("DCTDecode"), jpeg()), rotate)).unwrap();
        assert_eq!(((view.width, view.height), bright(&view.luma)), (size, quarters), "{content}, {rotate}");
        // Drawn, it has to come out the same way round.
        if cfg!(feature = "pdf-render") {
            let view = seen(&pdf(content, picture(40, 20, None, quarter()), rotate)).unwrap();
            assert_eq!(((view.width, view.height), bright(&view.luma)), (size, quarters), "{content}, {rotate}, drawn");
        }
    }
}

#[cfg(feature = "pdf-render")]
#[test]
fn a_page_of_print_is_drawn_on_white() {
    let view = seen(&pdf("0 50 100 50 re f 0 0 1 1 re f", picture(1, 1, None, vec![0]), 0)).unwrap();
    assert_eq!((view.width, view.height), (1000, 500));
    assert_eq!(bright(&view.luma), [false, true, true, true]);
}

#[cfg(feature = "pdf-render")]
#[test]
fn more_pixels_than_the_limits_are_not_drawn() {
    let huge = picture(60_000, 60_000, Some("FlateDecode"), Vec::new());
    let got = seen(&pdf("200 0 0 100 0 0 cm /I Do", huge, 0));
    assert_eq!(got.err(), Some(Refusal::TooManyPixels { width: 60_000, height: 60_000 }));
}

#[cfg(feature = "pdf-render")]
#[test]
fn pictures_are_held_as_the_renderer_reads_them() {
    let within = |picture: &str| format!("q 200 0 0 100 0 0 cm BI {picture} EI Q 0 0 1 1 re f");
    let cases = [
        ("/W 60000 /H 60000 /BPC 1 /CS /G ID x", Some((60_000, 60_000))),
        ("/W 9 /H 60000 /BPC 1 /CS /G /F /CCF /DP <</K -1 /Columns 50000>> ID x", Some((50_000, 60_000))),
        ("/W 9 /H 9 /BPC 1 /CS /G /F /CCF /DP <</K -1 /Columns 70000>> ID x", Some((70_000, 9))),
        ("/W 2 /H 1 /BPC 8 /CS /G ID ab", None),
    ];
    for (picture, size) in cases {
        let got = seen(&pdf(&within(picture), Stream::new(Dictionary::new(), Vec::new()), 0)).err();
        assert_eq!(got, size.map(|(width, height)| Refusal::TooManyPixels { width, height }), "{picture}");
    }
    let mut abbreviated = picture(10, 10, None, vec![0; 100]);
    abbreviated.dict.set("W", 60_000);
    abbreviated.dict.set("H", 60_000);
    let got = seen(&pdf("100 0 0 50 0 0 cm /I Do 0 0 1 1 re f", abbreviated, 0)).err();
    assert_eq!(got, Some(Refusal::TooManyPixels { width: 60_000, height: 60_000 }));
}

#[cfg(feature = "pdf-render")]
#[test]
fn pages_that_would_take_too_much_are_not_drawn() {
    let dashes = "[0.0001] 0 d 0 0 m 200 100 l S ".repeat(100);
    let phase = "[0.001] 1000000000 d 0 0 m 200 100 l S";
    let fills = "0 0 200 100 re f ".repeat(500_000);
    for content in [&dashes, phase, &fills] {
        let got = seen(&pdf(content, picture(1, 1, None, vec![0]), 0)).err();
        assert!(matches!(got, Some(Refusal::Limit { what: "bytes to draw the PDF's first page", .. })), "{got:?}");
    }
    let ordinary = "[3 3] 0 d 0 0 m 200 100 l S ".repeat(100);
    assert!(seen(&pdf(&ordinary, picture(1, 1, None, vec![0]), 0)).is_ok());
}

#[test]
fn impossible_filter_parameters_are_damage() {
    let mut stream = Stream::new(Dictionary::new(), b"0 0 10 10 re f".repeat(9));
    stream.compress().unwrap();
    let mut document = Document::load_mem(&pdf("", picture(1, 1, None, vec![0]), 0)).unwrap();
    for (colours, damaged) in [(1, false), (536_870_913, true)] {
        stream.dict.set("DecodeParms", dictionary! { "Predictor" => 2, "Colors" => colours });
        let content = document.add_object(stream.clone());
        let page = document.page_iter().next().unwrap();
        document.get_dictionary_mut(page).unwrap().set("Contents", content);
        let mut bytes = Vec::new();
        document.save_to(&mut bytes).unwrap();
        let header = probe::probe(&bytes, &Limits::default()).unwrap();
        assert_eq!(!header.faults.is_empty(), damaged, "{:?}", header.faults);
    }
}
