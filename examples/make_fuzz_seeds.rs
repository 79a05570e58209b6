//! Writes what fuzzing begins with to the folder given: small files of every kind and coding, and calls of every kind.

#[path = "../testdata/files.rs"]
mod files;
#[path = "../testdata/paint.rs"]
mod paint;

use jpeg_encoder::{ColorType, Encoder, SamplingFactor};
use paint::Canvas;
use std::{fs, io::Cursor, path::Path};

const SEPARATOR: &[u8] = b"|~|~";

fn main() -> std::io::Result<()> {
    let Some(root) = std::env::args().nth(1) else { panic!("usage: make_fuzz_seeds FOLDER") };
    let put = |target: &str, name: &str, bytes: &[u8]| {
        let folder = Path::new(&root).join(target);
        fs::create_dir_all(&folder)?;
        fs::write(folder.join(name), bytes)
    };
    let picture = picture();
    let jpegs = jpegs(&picture);
    let pngs = pngs(&picture);
    let pdfs = pdfs(&picture);
    let others = others(&picture);
    for (folder, seeds) in [("jpeg", &jpegs), ("png", &pngs), ("pdf", &pdfs), ("other", &others)] {
        for (name, bytes) in seeds {
            put(folder, name, bytes)?;
            put("sniff", name, &bytes[..bytes.len().min(600)])?;
            put("probe", name, bytes)?;
            put("check", name, &[&[0xFF, 0xFF, 0x03], bytes.as_slice()].concat())?;
            if folder == "jpeg" {
                put("jpeg_differential", name, bytes)?;
            }
            if folder != "other" {
                for (i, room) in [400u16, 900, 2500].into_iter().enumerate() {
                    put("fit", &format!("{name}{i}"), &[&room.to_le_bytes()[..], &[5], bytes.as_slice()].concat())?;
                }
            }
        }
    }
    for ((name, a), (_, b)) in jpegs.iter().zip(pngs.iter().chain(&pdfs).cycle()) {
        let pair = [&2000u16.to_le_bytes()[..], &[5], a.as_slice(), SEPARATOR, b].concat();
        put("fit", &format!("pair_{name}"), &pair)?;
        put("check", &format!("pair_{name}"), &pair)?;
    }
    for (i, kind) in [0x00, 0x11, 0x20, 0x32].into_iter().enumerate() {
        let samples: Vec<u8> = picture.rgb.iter().step_by(7 + i).take(900).copied().collect();
        put("measure", &format!("samples{i}"), &[&[0x7F, 0x5F, kind], samples.as_slice()].concat())?;
    }
    for (name, parts) in CALLS {
        let (target, name) = name.split_once('/').unwrap_or((name, "one"));
        let rest = parts.join(std::str::from_utf8(SEPARATOR).unwrap_or_default());
        let settings: &[u8] = match target {
            "request" => &[0xFF, 0xFF, 0xFF],
            "answer" => &[200, 0, 0],
            _ => &[],
        };
        put(target, name, &[settings, rest.as_bytes()].concat())?;
    }
    for (status, flags) in [(400u16, 1), (401, 0), (429, 0), (500, 1), (502, 0), (302, 0)] {
        let body = r#"{"message":"bad token","identifier":"TOKEN_NOT_VALID","severity":"x","documentation":"y"}"#;
        let head = [&status.to_le_bytes(), &[flags][..]].concat();
        put("answer", &format!("status{status}"), &[&head, &b"17"[..], SEPARATOR, body.as_bytes()].concat())?;
    }
    Ok(())
}

const SESSION: &str = r#"{"authToken":"3FA5TFPA2ZE3LMPGGS1EGOJNJE","scanRef":"44896ebe-c7cb-11eb","tokenType":"DOCUMENT","country":"LT","documents":["ID_CARD","PASSPORT"],"allowedDocuments":{"LT":["ID_CARD"]},"driverLicenseBack":true,"nfcRequired":false,"checkLiveness":false,"questionnaire":null,"utilityBill":true,"additionalSteps":{"ALL":{"ALL":{"SELFIE":{"type":"EMBEDDED","texts":null,"settings":{"canUploadPDF":true}}}}}}"#;

const CALLS: &[(&str, &[&str])] = &[
    ("request/plain", &["3FA5TFPA2ZE3LMPGGS1EGOJNJE", "LT", "ID_CARD", SESSION, "SELFIE", "UTILITY_BILL"]),
    ("request/odd", &["short", "Lithuania", "DRIVING_LICENCE", "{}", "", "front"]),
    ("session/whole", &[SESSION]),
    ("session/update", &[r#"{"tokenString":"ABC","additionalSteps":["UTILITY_BILL"],"country":["LT","LV"]}"#]),
    ("answer/empty", &[""]),
    ("answer/not_detected", &[r#"{"message":"Document not detected","identifier":"BAD_VALUE"}"#]),
    ("answer/page", &["<html>502 Bad Gateway</html>"]),
    (
        "webhook/whole",
        &[
            "key",
            "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff",
            r#"{"final":true,"scanRef":"a","clientId":"c","status":{"overall":"DENIED","autoDocument":"DOC_GLARED","fraudTags":["X"],"mismatchTags":[]}}"#,
        ],
    ),
    (
        "lines/whole",
        &[
            "+e632b7095b0bf32c260fa4c539e9fd7b852d0de454e9be26f24d0d6f91d069d3\n-00\n",
            "a DOC_GLARED DOC_TOO_BLURRY\nb",
            "{\"scanRef\":\"a\",\"status\":{\"autoDocument\":\"DOC_GLARED\"}}\n{\"scanRef\":\"y\"}",
        ],
    ),
];

/// A card of 96 x 64 pixels.
fn picture() -> Canvas {
    let mut canvas = Canvas::new(96, 64, [120, 110, 100]);
    canvas.rect(10, 8, 76, 48, [230, 228, 220]);
    canvas.text(14, 12, 1, "CARD 123", [20, 20, 30]);
    canvas.text(14, 24, 1, "NAME", [20, 20, 30]);
    canvas.ellipse(70.0, 36.0, 9.0, 12.0, [224, 180, 150]);
    canvas
}

type Seeds = Vec<(String, Vec<u8>)>;

fn jpegs(picture: &Canvas) -> Seeds {
    let (width, height) = (picture.width as u16, picture.height as u16);
    let gray: Vec<u8> = picture.rgb.chunks(3).map(|p| p[1]).collect();
    let inks: Vec<u8> = picture.rgb.chunks(3).flat_map(|p| [p[0], p[1], p[2], 255]).collect();
    let encoded = |kind: ColorType, set: &dyn Fn(&mut Encoder<&mut Vec<u8>>)| {
        let mut out = Vec::new();
        let mut encoder = Encoder::new(&mut out, 50);
        set(&mut encoder);
        let data = match kind {
            ColorType::Luma => &gray,
            ColorType::Cmyk | ColorType::CmykAsYcck => &inks,
            _ => &picture.rgb,
        };
        encoder.encode(data, width, height, kind).expect("a picture of this size encodes");
        out
    };
    let mut seeds: Seeds = Vec::new();
    for (name, factor) in [
        ("444", SamplingFactor::R_4_4_4),
        ("420", SamplingFactor::R_4_2_0),
        ("422", SamplingFactor::R_4_2_2),
        ("440", SamplingFactor::R_4_4_0),
        ("411", SamplingFactor::R_4_1_1),
    ] {
        seeds.push((format!("{name}.jpg"), encoded(ColorType::Rgb, &|e| e.set_sampling_factor(factor))));
    }
    seeds.push(("gray.jpg".into(), encoded(ColorType::Luma, &|_| {})));
    seeds.push(("cmyk.jpg".into(), encoded(ColorType::Cmyk, &|_| {})));
    seeds.push(("ycck.jpg".into(), encoded(ColorType::CmykAsYcck, &|_| {})));
    seeds.push(("progressive.jpg".into(), encoded(ColorType::Rgb, &|e| e.set_progressive(true))));
    seeds.push(("restarts.jpg".into(), encoded(ColorType::Rgb, &|e| e.set_restart_interval(2))));
    seeds.push(("scans.jpg".into(), encoded(ColorType::Rgb, &|e| e.set_optimized_huffman_tables(true))));
    let plain = encoded(ColorType::Rgb, &|e| e.set_sampling_factor(SamplingFactor::R_4_2_0));
    for orientation in [3, 6, 7] {
        seeds.push((format!("turned{orientation}.jpg"), files::with_orientation(&plain, orientation)));
    }
    seeds.push(("cut.jpg".into(), plain[..plain.len() * 2 / 3].to_vec()));
    seeds.push(("film.jpg".into(), [&plain[..], b"\0\0\0\x18ftypmp42 a film"].concat()));
    seeds
}

fn pngs(picture: &Canvas) -> Seeds {
    use png::{BitDepth::*, ColorType::*};
    let mut seeds: Seeds = vec![("rgb.png".into(), files::png(picture))];
    for (colour, depth, bits) in [
        (Grayscale, One, 1),
        (Grayscale, Two, 2),
        (Grayscale, Eight, 8),
        (Grayscale, Sixteen, 16),
        (GrayscaleAlpha, Eight, 16),
        (Rgb, Sixteen, 48),
        (Rgba, Eight, 32),
        (Rgba, Sixteen, 64),
        (Indexed, Four, 4),
        (Indexed, Eight, 8),
    ] {
        let (width, height) = (40_usize, 24_usize);
        let mut out = Vec::new();
        let mut encoder = png::Encoder::new(&mut out, width as u32, height as u32);
        encoder.set_color(colour);
        encoder.set_depth(depth);
        if colour == Indexed {
            encoder.set_palette((0..=255).flat_map(|i: u8| [i, 255 - i, i / 2]).take(48).collect::<Vec<_>>());
            encoder.set_trns(vec![0, 128, 255]);
        }
        let mut writer = encoder.write_header().expect("a header is written");
        let rows = (width * bits).div_ceil(8) * height;
        let data: Vec<u8> =
            picture.rgb.iter().cycle().take(rows).map(|v| if bits < 8 { v & 0x11 } else { *v }).collect();
        writer.write_image_data(&data).expect("as many samples as the header says");
        writer.finish().expect("a PNG ends");
        seeds.push((format!("{colour:?}{depth:?}.png"), out));
    }
    let plain = seeds[0].1.clone();
    let mut text = plain[..33].to_vec();
    let body = b"tEXtComment\0secret";
    text.extend((body.len() as u32 - 4).to_be_bytes());
    text.extend(body);
    text.extend(crc32fast::hash(body).to_be_bytes());
    text.extend(&plain[33..]);
    seeds.push(("text.png".into(), text));
    seeds.push(("cut.png".into(), plain[..plain.len() / 2].to_vec()));
    seeds
}

fn pdfs(picture: &Canvas) -> Seeds {
    use lopdf::{Stream, dictionary};
    let jpeg = files::jpeg(picture, 40);
    let scan = || files::scan(&jpeg, (picture.width, picture.height), (96, 64), 2);
    let mut drawn = scan();
    let content = b"q 0.5 g 5 5 50 30 re f 1 0 0 RG 2 w [3 2] 0 d 0 0 m 90 60 l S Q BT /F1 12 Tf 10 20 Td (Hello) Tj ET 20 0 0 20 60 30 cm /Im0 Do";
    let content = drawn.add_object(Stream::new(dictionary! {}, content.to_vec()));
    let pages: Vec<_> = drawn.get_pages().into_values().collect();
    for page in pages {
        if let Ok(page) = drawn.get_dictionary_mut(page) {
            page.set("Contents", content);
            if let Ok(resources) = page.get_mut(b"Resources").and_then(lopdf::Object::as_dict_mut) {
                let font = dictionary! { "Type" => "Font", "Subtype" => "Type1", "BaseFont" => "Helvetica" };
                resources.set("Font", dictionary! { "F1" => font });
            }
        }
    }
    let mut packed = Vec::new();
    scan().save_modern(&mut packed).expect("a document saves to memory");
    let plain = files::saved(scan());
    let cut = plain[..plain.len() - 60].to_vec();
    vec![
        ("scan.pdf".into(), plain),
        ("cut.pdf".into(), cut),
        ("drawn.pdf".into(), files::saved(drawn)),
        ("packed.pdf".into(), packed),
        ("locked.pdf".into(), files::encrypted(scan(), "secret")),
        ("open.pdf".into(), files::encrypted(scan(), "")),
    ]
}

fn others(picture: &Canvas) -> Seeds {
    use image::ImageFormat::*;
    let small: Vec<u8> = (0..24).flat_map(|y| picture.rgb[(y * 96) * 3..(y * 96 + 40) * 3].to_vec()).collect();
    let rgb = image::RgbImage::from_raw(40, 24, small).expect("as many samples as pixels");
    let formats = [("a.webp", WebP), ("a.tif", Tiff), ("a.bmp", Bmp), ("a.gif", Gif)];
    let written = formats.into_iter().filter_map(|(name, format)| {
        let mut out = Cursor::new(Vec::new());
        rgb.write_to(&mut out, format).ok()?;
        Some((name.to_owned(), out.into_inner()))
    });
    let named: [(&str, &[u8]); 3] = [
        ("page.html", b"<!DOCTYPE html><html><body>error</body></html>"),
        ("zip.zip", b"PK\x03\x04\x14\0\0\0\0\0"),
        (
            "a.heic",
            b"\0\0\0\x18ftypheic\0\0\0\0heicmif1\0\0\0\x20meta\0\0\0\0\0\0\0\x18hdlr\0\0\0\0\0\0\0\0pict\0\0\0\0",
        ),
    ];
    written.chain(named.map(|(name, bytes)| (name.to_owned(), bytes.to_vec()))).collect()
}
