//! Pictures of `paint.rs` as files: JPEG, PNG, PDF, and the ways in which each goes wrong.
#![allow(dead_code)]

use super::paint::Canvas;
use lopdf::{Document, EncryptionState, EncryptionVersion, Object, Permissions, Stream, dictionary};

/// A JPEG of this quality, 4:2:0.
pub fn jpeg(picture: &Canvas, quality: u8) -> Vec<u8> {
    let mut out = Vec::new();
    let mut encoder = jpeg_encoder::Encoder::new(&mut out, quality);
    encoder.set_sampling_factor(jpeg_encoder::SamplingFactor::R_4_2_0);
    encoder
        .encode(&picture.rgb, picture.width as u16, picture.height as u16, jpeg_encoder::ColorType::Rgb)
        .expect("a picture of these sizes encodes");
    out
}

/// The same JPEG with a comment in it.
pub fn with_comment(jpeg: &[u8], comment: &[u8]) -> Vec<u8> {
    let length = (comment.len() + 2) as u16;
    [&jpeg[..2], &[0xFF, 0xFE], &length.to_be_bytes(), comment, &jpeg[2..]].concat()
}

/// The same JPEG with an EXIF orientation, 1 to 8.
pub fn with_orientation(jpeg: &[u8], orientation: u8) -> Vec<u8> {
    let tiff =
        [b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0".as_slice(), &[orientation, 0, 0, 0, 0, 0, 0]].concat();
    let length = (2 + 6 + tiff.len()) as u16;
    [&jpeg[..2], &[0xFF, 0xE1], &length.to_be_bytes(), b"Exif\0\0", &tiff, &jpeg[2..]].concat()
}

/// An RGB PNG.
pub fn png(picture: &Canvas) -> Vec<u8> {
    let mut out = Vec::new();
    let mut encoder = png::Encoder::new(&mut out, picture.width as u32, picture.height as u32);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    let mut writer = encoder.write_header().expect("a header of these sizes is written");
    writer.write_image_data(&picture.rgb).expect("the picture is as large as its header says");
    writer.finish().expect("a PNG ends");
    out
}

/// A PDF whose pages are each one JPEG that fills them, as scanners write; sizes in points.
pub fn scan(jpeg: &[u8], pixels: (usize, usize), points: (i64, i64), pages: usize) -> Document {
    let mut document = Document::with_version("1.5");
    let tree = document.new_object_id();
    let image = document.add_object(Stream::new(
        dictionary! {
            "Type" => "XObject", "Subtype" => "Image", "Width" => pixels.0 as i64, "Height" => pixels.1 as i64,
            "ColorSpace" => "DeviceRGB", "BitsPerComponent" => 8, "Filter" => "DCTDecode",
        },
        jpeg.to_vec(),
    ));
    let (w, h) = points;
    let content =
        document.add_object(Stream::new(dictionary! {}, format!("q {w} 0 0 {h} 0 0 cm /Im0 Do Q").into_bytes()));
    let kids: Vec<Object> = (0..pages)
        .map(|_| {
            document
                .add_object(dictionary! {
                    "Type" => "Page", "Parent" => tree, "MediaBox" => vec![0.into(), 0.into(), w.into(), h.into()],
                    "Contents" => content, "Resources" => dictionary! { "XObject" => dictionary! { "Im0" => image } },
                })
                .into()
        })
        .collect();
    document.objects.insert(tree, dictionary! { "Type" => "Pages", "Kids" => kids, "Count" => pages as i64 }.into());
    let catalog = document.add_object(dictionary! { "Type" => "Catalog", "Pages" => tree });
    document.trailer.set("Root", catalog);
    document
        .trailer
        .set("ID", vec![Object::string_literal("0123456789abcdef"), Object::string_literal("0123456789abcdef")]);
    document
}

/// A document's bytes.
pub fn saved(mut document: Document) -> Vec<u8> {
    let mut out = Vec::new();
    document.save_to(&mut out).expect("a document saves to memory");
    out
}

/// The document encrypted (R3, RC4 128) with this password to open it; an empty one opens without asking.
pub fn encrypted(mut document: Document, user_password: &str) -> Vec<u8> {
    let version = EncryptionVersion::V2 {
        document: &document,
        owner_password: "owner",
        user_password,
        key_length: 128,
        permissions: Permissions::all(),
    };
    let state = EncryptionState::try_from(version).expect("RC4 128 is supported");
    document.encrypt(&state).expect("a document that is not encrypted can be");
    saved(document)
}
