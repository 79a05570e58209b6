use super::*;
use crate::watch::Watch;
use lopdf::{Document, Stream, dictionary};
use proptest::prelude::*;

const SIDES: (u32, u32) = (1240, 1754);

/// A page with print and, over all of it, a picture.
fn document(image: Stream, points: (i64, i64), print: bool) -> Document {
    let mut document = Document::with_version("1.5");
    let tree = document.new_object_id();
    let image = document.add_object(image);
    let text = if print { "BT /F1 12 Tf 20 20 Td (Utility bill) Tj ET" } else { "" };
    let content = format!("q {} 0 0 {} 0 0 cm /Im0 Do Q {text}", points.0, points.1).into_bytes();
    let content = document.add_object(Stream::new(dictionary! {}, content));
    let font = dictionary! { "Type" => "Font", "Subtype" => "Type1", "BaseFont" => "Helvetica" };
    let page = document.add_object(dictionary! {
        "Type" => "Page", "Parent" => tree, "Contents" => content,
        "MediaBox" => vec![0.into(), 0.into(), points.0.into(), points.1.into()],
        "Resources" => dictionary! {
            "XObject" => dictionary! { "Im0" => image }, "Font" => dictionary! { "F1" => font },
        },
    });
    document.objects.insert(tree, dictionary! { "Type" => "Pages", "Kids" => vec![page.into()], "Count" => 1 }.into());
    let catalog = document.add_object(dictionary! { "Type" => "Catalog", "Pages" => tree });
    document.trailer.set("Root", catalog);
    document
}

fn rgb() -> Vec<u8> {
    let hash = |i: u32| i.wrapping_mul(0x9E37_79B9).rotate_left(13).wrapping_mul(0x85EB_CA6B) >> 24;
    let paper =
        |i: u32| if (i % SIDES.0 / 9 + i / SIDES.0 / 13).is_multiple_of(6) { 60 } else { 200 + (hash(i) % 40) as u8 };
    (0..SIDES.0 * SIDES.1).flat_map(|i| [paper(i), paper(i), 90]).collect()
}

fn picture(filter: Option<&str>, data: Vec<u8>) -> Stream {
    let mut dict = dictionary! {
        "Type" => "XObject", "Subtype" => "Image", "Width" => i64::from(SIDES.0), "Height" => i64::from(SIDES.1),
        "ColorSpace" => "DeviceRGB", "BitsPerComponent" => 8,
    };
    if let Some(filter) = filter {
        dict.set("Filter", filter);
    }
    Stream::new(dict, data)
}

fn jpeg() -> Vec<u8> {
    let mut out = Vec::new();
    let encoder = jpeg_encoder::Encoder::new(&mut out, 92);
    encoder.encode(&rgb(), SIDES.0 as u16, SIDES.1 as u16, jpeg_encoder::ColorType::Rgb).unwrap();
    out
}

fn saved(mut document: Document, modern: bool) -> Vec<u8> {
    let mut out = Vec::new();
    if modern {
        document.save_modern(&mut out).unwrap()
    } else {
        document.save_to(&mut out).unwrap()
    }
    out
}

/// The file with its pictures coded anew at that resolution.
fn shrunk(bytes: &[u8], dpi: f64) -> Vec<u8> {
    let limits = Limits::default();
    let images = images(bytes, &limits);
    assert_eq!(images.len(), 1);
    let parts = coefficients(bytes, &images, dpi, &limits).unwrap();
    let files: Vec<_> =
        parts.iter().map(|p| (p, p.written(&p.counted(0.4, &Watch::default()), &Watch::default()))).collect();
    replaced(bytes, &images, &files, &limits).unwrap()
}

#[test]
fn the_picture_shrinks_and_all_else_stays() {
    // However slow the machine.
    let limits = Limits { max_render: std::time::Duration::from_secs(600), ..Limits::default() };
    let mut packed = picture(None, rgb());
    packed.compress().unwrap();
    for (stream, print, modern) in [
        (picture(Some("DCTDecode"), jpeg()), false, false),
        (picture(Some("DCTDecode"), jpeg()), true, true),
        (packed, true, false),
    ] {
        // 5 x 7.07 inches: 248 pixels an inch.
        let bytes = saved(document(stream, (360, 509), print), modern);
        let header = probe::probe(&bytes, &limits).unwrap();
        let found = images(&bytes, &limits);
        // Where the page has more than the picture, it may be drawn no larger than the page is long.
        let dpi = if print { 1240.0 * 72.0 / 509.0 } else { 1240.0 * 72.0 / 360.0 };
        assert!((found[0].dpi - dpi).abs() < 2.0, "{}", found[0].dpi);
        let new = shrunk(&bytes, dpi / 2.0);
        assert!(new.len() * 2 < bytes.len() && alike(&new, &header, &limits));
        let again = images(&new, &limits);
        assert_eq!((again[0].width, again[0].height), (620, 877));
        // The bytes around the picture are the old ones.
        let at = memchr::memmem::find(&bytes, b"stream").unwrap().min(40);
        assert_eq!(new.get(..at), bytes.get(..at));
        let reread = Document::load_mem(&new).unwrap();
        let text = |d: &Document| d.get_page_content(d.get_pages()[&1]);
        assert_eq!(text(&reread), text(&Document::load_mem(&bytes).unwrap()));
        let view = |bytes: &[u8]| decode::pdf::view(bytes, &header, 1, &limits).unwrap().picture;
        let (old, new) = (view(&bytes), view(&new));
        let mean = |v: &crate::pixmap::View| {
            v.luma.data().iter().map(|v| f64::from(*v)).sum::<f64>() / v.luma.data().len() as f64
        };
        assert!((mean(&old) - mean(&new)).abs() < 2.0);
    }
}

#[test]
fn pictures_that_are_more_than_their_pixels_are_left_alone() {
    let limits = Limits::default();
    let masked = |key: &str, value: Object| {
        let mut stream = picture(Some("DCTDecode"), jpeg());
        stream.dict.set(key, value);
        images(&saved(document(stream, (360, 509), false), false), &limits)
    };
    assert_eq!(masked("Decode", vec![1.into(), 0.into(), 1.into(), 0.into(), 1.into(), 0.into()].into()), []);
    assert_eq!(masked("ImageMask", true.into()), []);
    assert_eq!(masked("ColorSpace", "DeviceCMYK".into()), []);
    assert_eq!(masked("Interpolate", true.into()).len(), 1);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    /// Damage leads to no file or to one that can be read, never to a panic.
    #[test]
    fn damage_is_survived(cuts in proptest::collection::vec((0.0f64..1.0, any::<u8>()), 1..6)) {
        let mut bytes = saved(document(picture(None, vec![200; (SIDES.0 * SIDES.1 * 3) as usize]), (360, 509), true), true);
        for (place, value) in cuts {
            // Structure is at both ends; the samples between would soak up all damage.
            let ends = 4000.min(bytes.len() / 2);
            let at = (place * 2.0 * ends as f64) as usize;
            let at = if at < ends { at } else { bytes.len() + at - 2 * ends };
            if let Some(byte) = bytes.get_mut(at) {
                *byte = value;
            }
        }
        let limits = Limits::default();
        let images = images(&bytes, &limits);
        if let Some(parts) = coefficients(&bytes, &images, 80.0, &limits).filter(|parts| !parts.is_empty()) {
            let files: Vec<_> = parts.iter().map(|p| (p, p.written(&p.counted(0.4, &Watch::default()), &Watch::default()))).collect();
            if let Some(new) = replaced(&bytes, &images, &files, &limits) {
                prop_assert!(probe::pdf::open(&new, &limits).is_ok());
            }
        }
    }
}
