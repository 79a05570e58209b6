//! Makes the files in `testdata/` anew: `cargo run --release --example make_testdata`.
#![allow(clippy::expect_used)]

#[path = "../testdata/files.rs"]
mod files;
#[path = "../testdata/paint.rs"]
mod paint;

use paint::Scene;
use std::{fs, path::Path};

fn main() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata");
    let write = |name: &str, bytes: &[u8]| fs::write(folder.join(name), bytes).expect("testdata can be written");
    let back_scene = Scene { quad: [[0.14, 0.2], [0.9, 0.17], [0.88, 0.82], [0.11, 0.84]], ..Scene::default() };
    let front = Scene::default().shoot(&paint::card_front());
    let back = back_scene.shoot(&paint::card_back());
    let face = paint::selfie(900, 1200);

    // A set that is ready to send.
    write("front.jpg", &files::jpeg(&front, 88));
    write("back.jpg", &files::jpeg(&back, 88));
    write("face.jpg", &files::jpeg(&face, 88));
    // The same, smaller, as PNG.
    let small = Scene { width: 800, height: 600, noise: 0.0, ..Scene::default() };
    write("front.png", &files::png(&small.shoot(&paint::card_front())));
    write("back.png", &files::png(&Scene { quad: back_scene.quad, ..small }.shoot(&paint::card_back())));
    write("face.png", &files::png(&paint::selfie(450, 600)));
    let bill = files::jpeg(&paint::bill(), 80);
    let scan = |pages| files::scan(&bill, (1240, 1754), (595, 842), pages);
    let pdf = files::saved(scan(1));
    write("bill.pdf", &pdf);

    // One file for each finding on containers, named for the rule.
    let jpeg =
        files::jpeg(&Scene { width: 640, height: 480, noise: 0.0, ..Scene::default() }.shoot(&paint::card_front()), 80);
    write("empty_file.jpg", b"");
    write(
        "converted.bmp",
        &bmp(&Scene { width: 160, height: 120, noise: 0.0, ..Scene::default() }.shoot(&paint::card_front())),
    );
    write("unsupported_coding.jpg", &arithmetic(&jpeg));
    write("flattened.png", &deep_png());
    write("unsupported_format.jpg", b"<!doctype html><title>404 Not Found</title>");
    write("wrong_extension.png", &jpeg);
    write("unreadable.jpg", &jpeg[..300]);
    write("damaged.jpg", &jpeg[..jpeg.len() * 2 / 3]);
    write("too_many_pixels.png", &huge_png());
    write("trailing_data.jpg", &[&jpeg, b"0123456789".as_slice()].concat());
    write("polyglot.jpg", &[jpeg.as_slice(), &pdf].concat());
    write("pdf_encrypted.pdf", &files::encrypted(scan(1), "secret"));
    write("pdf_encrypted_owner_only.pdf", &files::encrypted(scan(1), ""));
    write("pdf_no_pages.pdf", &files::saved(scan(0)));
    write("pdf_pages.pdf", &files::saved(scan(2)));
    // And for the quality of pictures.
    let shoot = |scene: Scene| files::jpeg(&scene.shoot(&paint::card_front()), 85);
    let base = Scene { width: 1200, height: 900, ..Scene::default() };
    write("too_blurry.jpg", &shoot(Scene { blur: 7.0, ..base.clone() }));
    write("glare.jpg", &shoot(Scene { glare: Some(([0.62, 0.45], 0.13)), ..base.clone() }));
    write("underexposed.jpg", &shoot(Scene { exposure: 0.06, ..base.clone() }));
    let cut = [[0.3, 0.17], [1.06, 0.15], [1.08, 0.81], [0.28, 0.83]];
    let head =
        Scene { quad: [[0.88, 0.81], [0.12, 0.83], [0.1, 0.17], [0.9, 0.15]], width: 800, height: 600, ..base.clone() };
    write("document_turned.jpg", &files::jpeg(&head.shoot(&paint::card_back()), 85));
    write("document_not_fully_visible.jpg", &shoot(Scene { quad: cut, ..base }));
}

/// A PNG that says it has 60,000 x 60,000 pixels, and has none.
fn huge_png() -> Vec<u8> {
    let mut out = Vec::new();
    let mut encoder = png::Encoder::new(&mut out, 60_000, 60_000);
    encoder.set_color(png::ColorType::Grayscale);
    drop(encoder.write_header().expect("a header is written"));
    out
}

/// A BMP of 24 bits, bottom row first.
fn bmp(picture: &paint::Canvas) -> Vec<u8> {
    let (width, height) = (picture.width as u32, picture.height as u32);
    let mut out = b"BM".to_vec();
    for word in
        [54 + width * height * 3, 0, 54, 40, width, height, 1 | 24 << 16, 0, width * height * 3, 2835, 2835, 0, 0]
    {
        out.extend(word.to_le_bytes());
    }
    for row in picture.rgb.chunks(picture.width * 3).rev() {
        out.extend(row.chunks(3).flat_map(|px| [px[2], px[1], px[0]]));
    }
    out
}

/// The same JPEG with a frame header that says arithmetic coding (ITU T.81, table B.1).
fn arithmetic(jpeg: &[u8]) -> Vec<u8> {
    let mut bytes = jpeg.to_vec();
    let at = bytes.windows(2).position(|w| w == [0xFF, 0xC0]).expect("a baseline JPEG");
    bytes[at + 1] = 0xC9;
    bytes
}

/// A gray PNG of 16 bits a sample.
fn deep_png() -> Vec<u8> {
    let mut out = Vec::new();
    let mut encoder = png::Encoder::new(&mut out, 64, 64);
    encoder.set_depth(png::BitDepth::Sixteen);
    let samples: Vec<u8> = (0..64 * 64_u16).flat_map(|i| (i * 16).to_be_bytes()).collect();
    let mut writer = encoder.write_header().expect("a header is written");
    writer.write_image_data(&samples).expect("the picture is as large as its header says");
    writer.finish().expect("a PNG ends");
    out
}
