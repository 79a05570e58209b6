//! Small files that ask for much: each is a few kilobytes, and takes gigabytes or minutes from a reader without limits.
//! Included by path, as `paint.rs` is.
#![allow(dead_code)]

#[path = "bombs_drawn.rs"]
mod drawn;

use drawn::{UNNAMED, named};
use flate2::{Compression, write::ZlibEncoder};
use lopdf::{Dictionary, Document, Object, Stream, dictionary};
use std::io::Write;

/// All of them, by name.
pub fn all() -> Vec<(&'static str, Vec<u8>)> {
    let mut all = drawn::all();
    all.extend([
        ("png_wide", png(10_000, 9_999, 0, &[], 12_510_000)),
        ("png_interlaced", png(10_000, 9_999, 1, &[], 12_510_000)),
        ("png_short_data", png(9_000, 9_000, 0, &[], 100)),
        ("png_profile", png(8, 8, 0, &[(b"iCCP", [b"x\0\0".as_slice(), &zeroes(1 << 29)].concat())], 16)),
        ("png_text", png(8, 8, 0, &[(b"zTXt", [b"Comment\0\0".as_slice(), &zeroes(1 << 29)].concat())], 16)),
        ("png_many_chunks", png(8, 8, 0, &vec![(b"tEXt", b"a\0b".to_vec()); 60_000], 16)),
        ("png_many_faults", png(8, 8, 0, &vec![(b"gAMA", Vec::new()); 300_000], 16)),
        ("png_one_row", png(100_000_000, 1, 0, &[], 12_500_001)),
        ("jpeg_many_scans", jpeg_scans(9_000, 9_000, 60)),
        ("jpeg_large_progressive", jpeg_scans(10_000, 9_999, 3)),
        ("pdf_content", pdf_with(|d, page| set(d, page, "Contents", flate(1 << 29, 1)))),
        ("pdf_content_twice", pdf_with(|d, page| set(d, page, "Contents", flate(1 << 28, 2)))),
        ("pdf_many_contents", pdf_with(many_contents)),
        ("pdf_picture", pdf_with(|d, page| picture(d, page, 60_000, 60_000))),
        ("pdf_picture_flat", pdf_with(|d, page| picture(d, page, 9_000, 9_000))),
        ("pdf_kids", kids()),
        ("pdf_forms", pdf_with(forms)),
        ("pdf_colours", pdf_with(colours)),
        ("pdf_functions", pdf_with(functions)),
        ("pdf_lines", pdf_with(lines)),
        ("pdf_tiles", pdf_with(tiles)),
        ("pdf_nested", nested()),
        ("pdf_object_stream", object_stream()),
        ("bmp", bmp(30_000, 30_000)),
        (
            "gif",
            [
                b"GIF89a".as_slice(),
                &[0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0x2C, 0, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0, 2, 2, 0x4C, 1, 0, 0x3B],
            ]
            .concat(),
        ),
        (
            "gif_frame",
            // The screen is small; of its two frames the second one is not.
            [
                b"GIF89a\x64\0\x64\0\0\0\0".as_slice(),
                &[0x2C, 0, 0, 0, 0, 1, 0, 1, 0, 0, 2, 2, 0x4C, 1, 0],
                &[0x2C, 0, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0, 2, 2, 0x4C, 1, 0, 0x3B],
            ]
            .concat(),
        ),
        ("tiff", tiff(60_000, 60_000)),
    ]);
    all
}

fn zeroes(len: usize) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
    let piece = vec![0; 1 << 16];
    for _ in 0..len >> 16 {
        encoder.write_all(&piece).expect("memory takes it");
    }
    encoder.finish().expect("memory takes it")
}

fn flate_of(data: &[u8]) -> Stream {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(data).expect("memory takes it");
    Stream::new(dictionary! { "Filter" => "FlateDecode" }, encoder.finish().expect("memory takes it"))
}

/// A PNG of one bit a pixel with `data` zero bytes of picture, inflated, and other chunks before it.
fn png(width: u32, height: u32, interlace: u8, others: &[(&[u8; 4], Vec<u8>)], data: usize) -> Vec<u8> {
    let mut out = b"\x89PNG\r\n\x1a\n".to_vec();
    let mut chunk = |kind: &[u8; 4], body: &[u8]| {
        out.extend((body.len() as u32).to_be_bytes());
        let from = out.len();
        out.extend(kind);
        out.extend(body);
        let sum = crc32fast::hash(&out[from..]);
        out.extend(sum.to_be_bytes());
    };
    let head = [&width.to_be_bytes()[..], &height.to_be_bytes(), &[1, 0, 0, 0, interlace]].concat();
    chunk(b"IHDR", &head);
    others.iter().for_each(|(kind, body)| chunk(kind, body));
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(&vec![0; data]).expect("memory takes it");
    chunk(b"IDAT", &encoder.finish().expect("memory takes it"));
    chunk(b"IEND", b"");
    out
}

/// A gray progressive JPEG of no content: one scan of DC and many of the same AC band's refinement.
fn jpeg_scans(width: u16, height: u16, scans: usize) -> Vec<u8> {
    let mut out = vec![0xFF, 0xD8];
    let mut segment = |marker: u8, body: &[u8]| {
        out.extend([0xFF, marker]);
        out.extend((body.len() as u16 + 2).to_be_bytes());
        out.extend(body);
    };
    segment(0xDB, &[&[0][..], &[1; 64]].concat());
    let [h, w] = [height.to_be_bytes(), width.to_be_bytes()];
    segment(0xC2, &[8, h[0], h[1], w[0], w[1], 1, 1, 0x11, 0]);
    // One code of one bit, for category 0 and for a run of 2^14 blocks.
    let counts = [1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    segment(0xC4, &[&[0x00][..], &counts, &[0]].concat());
    segment(0xC4, &[&[0x10][..], &counts, &[0xE0]].concat());
    let blocks = usize::from(width).div_ceil(8) * usize::from(height).div_ceil(8);
    segment(0xDA, &[1, 1, 0x00, 0, 0, 0]);
    out.extend(vec![0; blocks / 8 + 1]);
    for k in 1..scans.min(63) {
        out.extend([0xFF, 0xDA, 0, 8, 1, 1, 0x00, k as u8, k as u8, 0]);
        out.extend(vec![0; blocks / 16_384 * 2 + 4]);
    }
    out.extend([0xFF, 0xD9]);
    out
}

fn saved(mut document: Document) -> Vec<u8> {
    let mut out = Vec::new();
    document.save_to(&mut out).expect("a document saves to memory");
    out
}

/// A PDF of one page that something is done to.
fn pdf_with(set: impl FnOnce(&mut Document, lopdf::ObjectId)) -> Vec<u8> {
    let mut document = Document::with_version("1.7");
    let tree = document.new_object_id();
    let page = document.add_object(dictionary! {
        "Type" => "Page", "Parent" => tree, "MediaBox" => vec![0.into(), 0.into(), 600.into(), 800.into()],
        "Resources" => dictionary! {},
    });
    document.objects.insert(tree, dictionary! { "Type" => "Pages", "Kids" => vec![page.into()], "Count" => 1 }.into());
    let catalog = document.add_object(dictionary! { "Type" => "Catalog", "Pages" => tree });
    document.trailer.set("Root", catalog);
    set(&mut document, page);
    saved(document)
}

fn set(document: &mut Document, page: lopdf::ObjectId, key: &str, stream: Stream) {
    let id = document.add_object(stream);
    document.get_dictionary_mut(page).expect("the page is there").set(key, id);
}

fn resource(document: &mut Document, page: lopdf::ObjectId, kind: &str, name: &str, value: impl Into<Object>) {
    let page = document.get_dictionary_mut(page).expect("the page is there");
    let resources = page.get_mut(b"Resources").and_then(Object::as_dict_mut).expect("the page has resources");
    if !resources.has(kind.as_bytes()) {
        resources.set(kind, Dictionary::new());
    }
    let group = resources.get_mut(kind.as_bytes()).and_then(Object::as_dict_mut).expect("it was just set");
    group.set(name, value);
}

fn draw(document: &mut Document, page: lopdf::ObjectId, content: impl Into<Vec<u8>>) {
    set(document, page, "Contents", Stream::new(dictionary! {}, content.into()));
}

/// So many zero bytes, packed so many times.
fn flate(len: usize, times: usize) -> Stream {
    let mut data = zeroes(len);
    for _ in 1..times {
        data = flate_of(&data).content;
    }
    let filters: Vec<Object> = (0..times).map(|_| "FlateDecode".into()).collect();
    Stream::new(dictionary! { "Filter" => filters }, data)
}

fn many_contents(document: &mut Document, page: lopdf::ObjectId) {
    let part = document.add_object(flate(1 << 24, 1));
    let parts: Vec<Object> = vec![part.into(); 5_000];
    document.get_dictionary_mut(page).expect("the page is there").set("Contents", parts);
}

fn picture(document: &mut Document, page: lopdf::ObjectId, width: i64, height: i64) {
    let data = zeroes((width * height * 3).min(1 << 28) as usize);
    let dict = dictionary! {
        "Type" => "XObject", "Subtype" => "Image", "Width" => width, "Height" => height,
        "ColorSpace" => "DeviceRGB", "BitsPerComponent" => 8, "Filter" => "FlateDecode",
    };
    let image = document.add_object(Stream::new(dict, data));
    resource(document, page, "XObject", "I", image);
    draw(document, page, "600 0 0 800 0 0 cm /I Do 0 0 10 10 re f");
}

/// A list of pages that hands a large dictionary down to each.
fn kids() -> Vec<u8> {
    let mut bytes = pdf_with(|document, page| {
        let names: Dictionary = (0..5_000).map(|i| (format!("N{i}").into_bytes(), Object::Integer(i))).collect();
        let tree = document.get_dictionary(page).and_then(|p| p.get(b"Parent")).and_then(Object::as_reference);
        let tree = document.get_dictionary_mut(tree.expect("the page has a parent")).expect("the list is there");
        tree.set("Resources", dictionary! { "Font" => names });
        tree.set("Kids", vec![Object::Reference(page); 100_000]);
        tree.set("Count", 100_000);
    });
    bytes.extend(b"\n");
    bytes
}

/// Forms that draw each other, twice at every level.
fn forms(document: &mut Document, page: lopdf::ObjectId) {
    let mut below: Option<lopdf::ObjectId> = None;
    for _ in 0..40 {
        let resources = below.map_or(dictionary! {}, |id| dictionary! { "XObject" => dictionary! { "F" => id } });
        let content = if below.is_some() { "/F Do /F Do" } else { "0 0 5 5 re f" };
        let dict = dictionary! {
            "Type" => "XObject", "Subtype" => "Form", "BBox" => vec![0.into(), 0.into(), 600.into(), 800.into()],
            "Resources" => resources,
        };
        below = Some(document.add_object(Stream::new(dict, content.as_bytes().to_vec())));
    }
    resource(document, page, "XObject", "F", below.expect("there are some"));
    draw(document, page, "/F Do");
}

/// Colour spaces that rest upon each other, thousands deep.
fn colours(document: &mut Document, page: lopdf::ObjectId) {
    let mut base = document.add_object("DeviceRGB");
    for _ in 0..20_000 {
        base = document.add_object(vec!["Indexed".into(), base.into(), 1.into(), Object::string_literal("abcdef")]);
    }
    resource(document, page, "ColorSpace", "C", base);
    draw(document, page, "/C cs 1 sc 0 0 99 99 re f");
}

/// Functions that are stitched from each other, thousands deep.
fn functions(document: &mut Document, page: lopdf::ObjectId) {
    let unit = || vec![Object::Integer(0), Object::Integer(1)];
    let mut below = document.add_object(dictionary! { "FunctionType" => 2, "Domain" => unit(), "N" => 1 });
    for _ in 0..20_000 {
        below = document.add_object(dictionary! {
            "FunctionType" => 3, "Domain" => unit(), "Functions" => vec![Object::Reference(below)],
            "Bounds" => Vec::<Object>::new(), "Encode" => unit(),
        });
    }
    let shading = document.add_object(dictionary! {
        "ShadingType" => 2, "ColorSpace" => "DeviceGray", "Function" => below,
        "Coords" => vec![0.into(), 0.into(), 600.into(), 800.into()],
    });
    resource(document, page, "Shading", "S", shading);
    draw(document, page, "/S sh");
}

/// A line of so many dashes that no page could show them.
fn lines(document: &mut Document, page: lopdf::ObjectId) {
    let line = "[0.0001 0.0001] 0 d 0 0 m 600 800 l S\n";
    draw(document, page, line.repeat(2_000));
}

/// A pattern of cells a thousandth of a point apart, within itself.
fn tiles(document: &mut Document, page: lopdf::ObjectId) {
    let mut below: Option<lopdf::ObjectId> = None;
    for _ in 0..8 {
        let resources = below.map_or(dictionary! {}, |id| dictionary! { "Pattern" => dictionary! { "P" => id } });
        let content = if below.is_some() { "/Pattern cs /P scn 0 0 9 9 re f" } else { "0 0 5 5 re f" };
        let dict = dictionary! {
            "PatternType" => 1, "PaintType" => 1, "TilingType" => 1, "XStep" => Object::Real(0.001), "YStep" => Object::Real(0.001),
            "BBox" => vec![0.into(), 0.into(), 9.into(), 9.into()], "Resources" => resources,
        };
        below = Some(document.add_object(Stream::new(dict, content.as_bytes().to_vec())));
    }
    resource(document, page, "Pattern", "P", below.expect("there are some"));
    draw(document, page, "/Pattern cs /P scn 0 0 600 800 re f");
}

/// Brackets within brackets, a million of them.
fn nested() -> Vec<u8> {
    let deep = "[".repeat(1_000_000);
    format!("%PDF-1.4\n1 0 obj <</Type/Catalog/Pages {deep} >> endobj\ntrailer <</Root 1 0 R>>\n").into_bytes()
}

/// An object stream that holds a million objects and inflates to half a gigabyte.
fn object_stream() -> Vec<u8> {
    let mut document = Document::with_version("1.7");
    let mut stream = flate(1 << 29, 1);
    stream.dict.set("Type", UNNAMED);
    stream.dict.set("N", 1_000_000);
    stream.dict.set("First", 10);
    let id = document.add_object(stream);
    document.trailer.set("Root", id);
    named(saved(document))
}

fn bmp(width: u32, height: u32) -> Vec<u8> {
    let mut out = b"BM\0\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0".to_vec();
    out.extend(width.to_le_bytes());
    out.extend(height.to_le_bytes());
    out.extend(b"\x01\0\x08\0\x01\0\0\0");
    out.extend([0; 20]);
    out.extend([0, 0, 0, 1]);
    out
}

fn tiff(width: u32, height: u32) -> Vec<u8> {
    let mut out = b"II*\0\x08\0\0\0\x08\0".to_vec();
    let entries: [(u16, u32); 8] =
        [(256, width), (257, height), (258, 8), (259, 1), (262, 1), (273, 8), (278, height), (279, 100)];
    for (tag, value) in entries {
        out.extend(tag.to_le_bytes());
        out.extend(b"\x04\0\x01\0\0\0");
        out.extend(value.to_le_bytes());
    }
    out.extend([0; 4]);
    out
}
