//! Pages whose parts are small and stand for much: the renderer's decoders allocate what a picture's coded data says,
//! and a name of one byte becomes a value of a hundred. Included by `bombs.rs`.

use super::{draw, flate_of, pdf_with, resource, set, zeroes};
use lopdf::{Dictionary, Document, Object, Stream, dictionary};

pub fn all() -> Vec<(&'static str, Vec<u8>)> {
    let fax = dictionary! { "K" => -1, "Columns" => 50_000 };
    vec![
        ("pdf_fax", coded("CCITTFaxDecode", (1000, 60_000), b"\x26\xA0".repeat(100), fax)),
        ("pdf_inline", inline(b"/W 60000 /H 60000 /BPC 1 /CS /G ID \0 EI")),
        (
            "pdf_inline_fax",
            inline(b"/W 9 /H 60000 /BPC 1 /CS /G /F /CCF /DP <</K -1 /Columns 2000000000>> ID \x00\x10\x01 EI"),
        ),
        ("pdf_inline_packed", inline(&[&b"/W 9 /H 9 /BPC 8 /CS /G /F /Fl ID "[..], &zeroes(1 << 29), b" EI"].concat())),
        ("pdf_inline_predicted", inline(&predicted())),
        ("pdf_tiles_deep", pdf_with(tiles)),
        ("pdf_profiles_deep", pdf_with(profiles)),
        ("pdf_jpx_hidden", coded("JPXDecode", (1000, 1000), hidden_jpx(), dictionary! {})),
        (
            "pdf_jpx_blocks",
            coded(
                "JPXDecode",
                (1000, 1000),
                jpx(2_400, 2_400, 1, &[1, 0, 0, 32, 0, 0, 0, 0, 0, 1, 0x11]),
                dictionary! {},
            ),
        ),
        ("pdf_jpx_components", coded("JPXDecode", (1000, 1000), jpx(8_000, 7_900, 255, PLAIN), dictionary! {})),
        ("pdf_jbig2_hidden", coded("JBIG2Decode", (1000, 1000), hidden_jbig2(), dictionary! {})),
        ("pdf_jbig2_patterns", coded("JBIG2Decode", (1000, 1000), patterns(), dictionary! {})),
        ("pdf_jbig2_regions", coded("JBIG2Decode", (1000, 1000), regions(), dictionary! {})),
        ("pdf_program", pdf_with(program)),
        ("pdf_widths", pdf_with(widths)),
        (
            "pdf_values_drawn",
            values(|d, refs| {
                let page = d.page_iter().next().expect("there is a page");
                d.get_dictionary_mut(page).expect("the page is there").set("X", refs);
            }),
        ),
        (
            "pdf_values_encryption",
            values(|d, refs| {
                let keys = refs.into_iter().enumerate().map(|(i, r)| (format!("K{i}").into_bytes(), r));
                let mut encrypt: Dictionary = keys.collect();
                encrypt.extend(&dictionary! { "Filter" => "Standard", "V" => 9, "R" => 9 });
                let encrypt = d.add_object(encrypt);
                d.trailer.set("Encrypt", encrypt);
            }),
        ),
    ]
}

/// A page of one picture.
fn coded(filter: &str, (width, height): (i64, i64), data: Vec<u8>, params: Dictionary) -> Vec<u8> {
    pdf_with(|document, page| {
        let dict = dictionary! {
            "Type" => "XObject", "Subtype" => "Image", "Width" => width, "Height" => height, "Filter" => filter,
            "ColorSpace" => "DeviceGray", "BitsPerComponent" => 1, "DecodeParms" => params,
        };
        let image = document.add_object(Stream::new(dict, data));
        resource(document, page, "XObject", "I", image);
        draw(document, page, "q 600 0 0 800 0 0 cm /I Do Q 0 0 10 10 re f");
    })
}

fn inline(picture: &[u8]) -> Vec<u8> {
    let content = [b"q 600 0 0 800 0 0 cm BI ", picture, b" Q 0 0 10 10 re f"].concat();
    pdf_with(|document, page| draw(document, page, content))
}

/// A JPEG 2000 that is one behind a predictor only, which leaves out every other byte.
fn predicted() -> Vec<u8> {
    let rows: Vec<u8> = jpx(20_000, 20_000, 3, PLAIN).into_iter().flat_map(|byte| [0, byte]).collect();
    let head = b"/W 9 /H 9 /BPC 8 /CS /RGB /F [/Fl /JPXDecode] /DP [<</Predictor 12 /Columns 1>> null] ID ";
    [&head[..], &flate_of(&rows).content, b" EI"].concat()
}

/// Profiles that call themselves forms, each of which leaves its colours to the next.
fn profiles(document: &mut Document, page: lopdf::ObjectId) {
    let last = Object::from("DeviceRGB");
    let space = (0..20_000).fold(last, |below, _| {
        let dict = dictionary! { "Subtype" => "Form", "N" => 3, "Alternate" => below };
        let profile = document.add_object(Stream::new(dict, b"none".to_vec()));
        document.add_object(vec!["ICCBased".into(), profile.into()]).into()
    });
    resource(document, page, "ColorSpace", "C", space);
    draw(document, page, "/C cs 0 0 0 scn 0 0 600 800 re f");
}

/// Patterns of one small cell each, far from the next, within each other.
fn tiles(document: &mut Document, page: lopdf::ObjectId) {
    let mut below: Option<lopdf::ObjectId> = None;
    for _ in 0..4_000 {
        let resources = below.map_or(dictionary! {}, |id| dictionary! { "Pattern" => dictionary! { "P" => id } });
        let dict = dictionary! {
            "PatternType" => 1, "PaintType" => 1, "TilingType" => 1, "XStep" => 1_000_000, "YStep" => 1_000_000,
            "BBox" => vec![0.into(), 0.into(), 1.into(), 1.into()], "Resources" => resources,
        };
        below = Some(document.add_object(Stream::new(dict, b"/Pattern cs /P scn 0 0 1 1 re f".to_vec())));
    }
    resource(document, page, "Pattern", "P", below.expect("there are some"));
    draw(document, page, "/Pattern cs /P scn 0 0 600 800 re f");
}

/// Blocks of code of 64 x 64.
const PLAIN: &[u8] = &[0, 0, 0, 1, 0, 0, 4, 4, 0, 1];

/// A JPEG 2000 codestream without coefficients.
fn jpx(width: u32, height: u32, components: u16, style: &[u8]) -> Vec<u8> {
    let mut out = vec![0xFF, 0x4F];
    let mut segment = |marker: u8, body: &[u8]| {
        out.extend([0xFF, marker]);
        out.extend((body.len() as u16 + 2).to_be_bytes());
        out.extend(body);
    };
    let mut siz = vec![0, 0];
    [width, height, 0, 0, width, height, 0, 0].iter().for_each(|v| siz.extend(v.to_be_bytes()));
    siz.extend(components.to_be_bytes());
    (0..components).for_each(|_| siz.extend([7, 1, 1]));
    segment(0x51, &siz);
    segment(0x52, style);
    segment(0x5C, &[0x40, 0x40]);
    segment(0x90, &[0, 0, 0, 0, 0, 18, 0, 1]);
    out.extend([0xFF, 0x93, 0, 0, 0, 0, 0xFF, 0xD9]);
    out
}

/// One that is large, behind a box with one that is small.
fn hidden_jpx() -> Vec<u8> {
    let put = |kind: &[u8; 4], body: &[u8]| [&(body.len() as u32 + 8).to_be_bytes()[..], kind, body].concat();
    let [side, small] = [40_000_u32, 10];
    let head = [&side.to_be_bytes()[..], &side.to_be_bytes(), &[0, 3, 7, 7, 0, 0]].concat();
    [
        put(b"jP  ", b"\r\n\x87\n"),
        put(b"ftyp", b"jp2 \0\0\0\0jp2 "),
        put(b"xml ", &jpx(small, small, 1, PLAIN)),
        put(b"jp2h", &[put(b"ihdr", &head), put(b"colr", &[1, 0, 0, 0, 0, 0, 16])].concat()),
        put(b"jp2c", &jpx(side, side, 3, PLAIN)),
    ]
    .concat()
}

fn segment(number: u32, kind: u8, data: &[u8]) -> Vec<u8> {
    [&number.to_be_bytes()[..], &[kind, 0, 1], &(data.len() as u32).to_be_bytes(), data].concat()
}

fn words(words: &[u32], rest: &[u8]) -> Vec<u8> {
    words.iter().flat_map(|w| w.to_be_bytes()).chain(rest.iter().copied()).collect()
}

/// A JBIG2 whose page stands behind a comment.
fn hidden_jbig2() -> Vec<u8> {
    let region = words(&[16, 16, 0, 0], &[&[0, 0, 3, 255, 253, 255, 2, 254, 254, 254][..], &[0; 20]].concat());
    let parts = [
        segment(0, 62, b"\x20\0\0\0a\0b\0\0"),
        segment(1, 48, &words(&[60_000, 60_000, 0, 0], &[0, 0, 0])),
        segment(2, 38, &region),
    ];
    parts.concat()
}

/// A JBIG2 whose segments are thousands of times as large as its page.
fn regions() -> Vec<u8> {
    let region = words(&[60_000, 60_000, 0, 0], &[&[0, 8, 3, 255, 253, 255, 2, 254, 254, 254][..], &[0; 20]].concat());
    let mut out = segment(1, 48, &words(&[1000, 1000, 0, 0], &[0, 0, 0]));
    (2..14).for_each(|number| out.extend(segment(number, 36, &region)));
    out
}

/// A JBIG2 of patterns that are a pixel each, and kept shifted by each number of bits.
fn patterns() -> Vec<u8> {
    let many = [&[1, 1, 1][..], &words(&[65_534], &[0x80, 0, 0, 0])].concat();
    let mut out = segment(0, 48, &words(&[1000, 1000, 0, 0], &[0, 0, 0]));
    (1..60).for_each(|number| out.extend(segment(number, 16, &many)));
    out
}

/// Colours that are worked out for each pixel, in hundreds of thousands of steps.
fn program(document: &mut Document, page: lopdf::ObjectId) {
    let unit = |n: i64| (0..2 * n).map(|i| Object::Integer(i % 2)).collect::<Vec<_>>();
    let steps = [&b"{"[..], &b"dup mul sin ".repeat(200_000), b"dup dup}"].concat();
    let mut stream = flate_of(&steps);
    stream.dict.extend(&dictionary! { "FunctionType" => 4, "Domain" => unit(2), "Range" => unit(3) });
    let function = document.add_object(stream);
    let shading = document.add_object(dictionary! {
        "ShadingType" => 1, "ColorSpace" => "DeviceRGB", "Function" => function,
        "Matrix" => vec![600.into(), 0.into(), 0.into(), 800.into(), 0.into(), 0.into()],
    });
    resource(document, page, "Shading", "S", shading);
    draw(document, page, "/S sh");
}

/// A font that states the widths of four thousand million letters.
fn widths(document: &mut Document, page: lopdf::ObjectId) {
    let info = dictionary! {
        "Registry" => Object::string_literal("Adobe"), "Ordering" => Object::string_literal("Identity"), "Supplement" => 0,
    };
    let below = document.add_object(dictionary! {
        "Type" => "Font", "Subtype" => "CIDFontType2", "BaseFont" => "Helvetica", "CIDSystemInfo" => info,
        "W" => vec![0.into(), 4_294_967_295_i64.into(), 500.into()],
    });
    let font = document.add_object(dictionary! {
        "Type" => "Font", "Subtype" => "Type0", "BaseFont" => "X", "Encoding" => "Identity-H",
        "DescendantFonts" => vec![Object::Reference(below)],
    });
    resource(document, page, "Font", "F", font);
    draw(document, page, "BT /F 12 Tf (abcd) Tj ET");
}

/// A document with forty objects of hundreds of thousands of empty names each, in an object stream, and what uses them.
fn values(using: impl FnOnce(&mut Document, Vec<Object>)) -> Vec<u8> {
    const MANY: u32 = 40;
    let names = [&b"["[..], &b"/".repeat(240_000), b"]\n"].concat();
    let mut head = Vec::new();
    (0..MANY).for_each(|i| head.extend(format!("{} 0 ", 500 + i).into_bytes()));
    let mut stream = flate_of(&[head.clone(), names].concat());
    stream.dict.extend(&dictionary! { "Type" => UNNAMED, "N" => i64::from(MANY), "First" => head.len() as i64 });
    let mut bytes = pdf_with(|document, page| {
        set(document, page, "Contents", Stream::new(dictionary! {}, b"0 0 9 9 re f".to_vec()));
        document.objects.insert((400, 0), stream.into());
        document.max_id = 400;
        using(document, (0..MANY).map(|i| Object::Reference((500 + i, 0))).collect());
    });
    // Without a table the objects are found by reading, those in the stream too.
    let table = memchr::memmem::rfind(&bytes, b"startxref").expect("a saved document has one");
    bytes[table] = b'x';
    named(bytes)
}

/// What an object stream is called until it is saved: lopdf leaves those that bear their name out.
pub const UNNAMED: &str = "ObjStX";

pub fn named(mut bytes: Vec<u8>) -> Vec<u8> {
    while let Some(at) = memchr::memmem::find(&bytes, UNNAMED.as_bytes()) {
        bytes[at..at + UNNAMED.len()].copy_from_slice(b"ObjStm");
    }
    bytes
}
