//! The worst picture of a submission after fitting, by SSIMULACRA2, against one quality for all in the same bytes:
//! `cargo run --release --example evenness -- PHOTOS [FOLDER…]`.
//!
//! PHOTOS is what `examples/photos.rs` wrote; sets are made of its photos, and one of six JPEG or PNG files spread over
//! those of each further FOLDER that would be sent. For every set and budget, one quality for all (standard tables,
//! Huffman tables that fit, chroma halved both ways) is the highest that fits; what it takes is the budget of this
//! crate, all pictures being alike. For other measures, `EVENNESS_OUT=FOLDER` writes all pictures as PNG:
//! `SET-CHARACTERS-PICTURE-original`, `-own` and `-peer`.
#![allow(clippy::expect_used)]

#[path = "../testdata/files.rs"]
mod files;
#[path = "../testdata/paint.rs"]
mod paint;

use idenfy_preflight::{
    Image, Preflight, Step,
    check::advice::Advice,
    decode,
    options::{Limits, Service},
    pixmap::Pixmap,
    probe,
    recompress::{Hint, Source, budget::base64_len, fit},
    report::Verdict,
};
use image::{RgbImage, imageops};
use rayon::prelude::*;
use ssimulacra2::{ColorPrimaries, Rgb, TransferCharacteristic, compute_frame_ssimulacra2};
use std::path::Path;

/// Characters of a body that are no base64, about.
const OVERHEAD: u64 = 200;

fn main() {
    let folders: Vec<String> = std::env::args().skip(1).collect();
    let [photos, captures @ ..] = folders.as_slice() else { panic!("usage: evenness PHOTOS [FOLDER…]") };
    let photos: Vec<Vec<u8>> = (0..6)
        .map(|i| std::fs::read(Path::new(photos).join(format!("photo{i}.jpg"))).expect("PHOTOS has it"))
        .collect();
    println!("| set | characters | of it used | worst: this crate | one quality | each: this crate | one quality |");
    println!("| --- | --- | --- | --- | --- | --- | --- |");
    compare("six photos of 12 MP", &photos, 20_000_000);
    let pixels: Vec<Pixmap> = photos.iter().map(|file| read(file)).collect();
    let cuts: Vec<_> = pixels.iter().enumerate().map(|(i, p)| files::jpeg(&cut(p, 600 + 80 * i, 500), 94)).collect();
    share("six cut out of photos, 1 MP", &cuts);
    let coded = |(i, pixmap): (usize, &Pixmap), quality: [u8; 3], side: [u32; 3]| {
        files::jpeg(&canvas(&scaled(pixmap, side[i % 3])), quality[i % 3])
    };
    let qualities: Vec<_> = pixels.iter().enumerate().map(|p| coded(p, [96, 85, 75], [1400; 3])).collect();
    share("six of 1.5 MP, qualities 96, 85, 75", &qualities);
    let sizes: Vec<_> = pixels.iter().enumerate().map(|p| coded(p, [92; 3], [1800, 1300, 800])).collect();
    share("six of 2.4, 1.3 and 0.5 MP", &sizes);
    let mut screens: Vec<_> = pixels.iter().take(2).map(|p| files::jpeg(&canvas(&scaled(p, 1400)), 93)).collect();
    screens.extend(pixels.iter().skip(2).take(2).map(|p| files::png(&canvas(&scaled(p, 900)))));
    screens.extend([paint::card_front(), paint::bill()].map(|drawn| files::png(&drawn)));
    share("two photos, two photos as PNG, two screens", &screens);
    for folder in captures {
        let entries = std::fs::read_dir(folder).expect("FOLDER can be read").filter_map(Result::ok).map(|e| e.path());
        let wanted = |p: &std::path::PathBuf| p.extension().is_some_and(|e| e == "jpg" || e == "png");
        let mut paths: Vec<_> = entries.filter(wanted).collect();
        paths.sort();
        let read = |p: &std::path::PathBuf| std::fs::read(p).expect("FOLDER has readable files");
        let files: Vec<Vec<u8>> = paths.iter().map(read).filter(|bytes| would_be_sent(bytes)).collect();
        let every = (files.len() / 6).max(1);
        let set: Vec<_> = files.into_iter().step_by(every).take(6).collect();
        share("six of a folder", &set);
    }
}

/// Whether there is a reason to make it small: what is refused, or said to be taken again, is not sent.
fn would_be_sent(bytes: &[u8]) -> bool {
    let looked = Preflight::default().inspect(&Image::new(Step::Front, "", bytes));
    looked.is_ok_and(|report| report.verdict == Verdict::Ready && report.advice != Advice::Retake)
}

/// The set into half and a quarter of its size.
fn share(name: &str, set: &[Vec<u8>]) {
    let whole: u64 = set.iter().map(|f| base64_len(f.len() as u64)).sum();
    for part in [2, 4] {
        compare(name, set, whole / part);
    }
}

/// One line of the table.
fn compare(name: &str, set: &[Vec<u8>], budget: u64) {
    let originals: Vec<Pixmap> = set.iter().map(|file| read(file)).collect();
    let same = |quality: u8| -> Vec<Vec<u8>> { originals.par_iter().map(|p| coded(p, quality)).collect() };
    let body = |files: &[Vec<u8>]| OVERHEAD + files.iter().map(|f| base64_len(f.len() as u64)).sum::<u64>();
    let (mut low, mut high) = (1u8, 99u8);
    while low < high {
        let middle = (low + high).div_ceil(2);
        if body(&same(middle)) <= budget { low = middle } else { high = middle - 1 }
    }
    let peer = same(low);
    let limits = Limits::default();
    let room = body(&peer);
    let mut service = Service::default();
    service.max_body_bytes = room;
    let steps: Vec<Step> = (0..set.len()).map(|i| format!("PAGE_{i}").as_str().into()).collect();
    let headers: Vec<_> = set.iter().map(|b| probe::probe(b, &limits).expect("the file is a picture")).collect();
    let each = steps.iter().zip(set).zip(&headers);
    let sources: Vec<Source<'_>> =
        each.map(|((step, bytes), header)| Source { step, bytes, header, hint: Hint::default() }).collect();
    let Ok(own) = fit(&sources, OVERHEAD, &service, &limits) else {
        return println!("| {name} | {room} | refused | | quality {low} | | |");
    };
    let own: Vec<Vec<u8>> = own.into_iter().map(|e| e.bytes.into_owned()).collect();
    let scores = |files: &[Vec<u8>]| -> Vec<f64> {
        originals
            .iter()
            .zip(files)
            .map(|(original, file)| ssimulacra(original, &at_size_of(original, read(file))))
            .collect()
    };
    let (ours, theirs) = (scores(&own), scores(&peer));
    if let Some(folder) = std::env::var_os("EVENNESS_OUT") {
        for (kind, files) in [("original", set), ("own", &own), ("peer", &peer)] {
            for (i, (file, original)) in files.iter().zip(&originals).enumerate() {
                let name = format!("{}-{room}-{i}-{kind}.png", name.replace([' ', ',', '.'], "_"));
                let png = files::png(&canvas(&at_size_of(original, read(file))));
                std::fs::write(Path::new(&folder).join(name), png).expect("EVENNESS_OUT can be written");
            }
        }
    }
    let worst = |scores: &[f64]| scores.iter().copied().fold(f64::INFINITY, f64::min);
    let list = |scores: &[f64]| scores.iter().map(|s| format!("{s:.1}")).collect::<Vec<_>>().join(" ");
    println!(
        "| {name} | {room} | {:.1} % | {:.1} | {:.1} at quality {low} | {} | {} |",
        100.0 * body(&own) as f64 / room as f64,
        worst(&ours),
        worst(&theirs),
        list(&ours),
        list(&theirs)
    );
}

fn read(file: &[u8]) -> Pixmap {
    let limits = Limits::default();
    let header = probe::probe(file, &limits).expect("the file is a picture");
    decode::pixmap(file, &header, &limits).expect("the picture can be decoded").picture
}

fn scaled(pixmap: &Pixmap, width: u32) -> Pixmap {
    let image = RgbImage::from_raw(pixmap.width(), pixmap.height(), pixmap.data().to_vec()).expect("the sides fit");
    let height = (f64::from(pixmap.height()) * f64::from(width) / f64::from(pixmap.width())).round() as u32;
    resized(&image, width, height)
}

/// A window of 1 MP of it, with its noise as it is.
fn cut(pixmap: &Pixmap, left: usize, top: usize) -> paint::Canvas {
    let rows = pixmap.data().chunks(pixmap.width() as usize * 3).skip(top).take(900);
    let rgb = rows.flat_map(|row| row.iter().skip(left * 3).take(1200 * 3)).copied().collect();
    paint::Canvas { width: 1200, height: 900, rgb }
}

fn resized(image: &RgbImage, width: u32, height: u32) -> Pixmap {
    let to = imageops::resize(image, width, height, imageops::FilterType::Lanczos3);
    Pixmap::new(width, height, to.into_raw()).expect("the sides fit")
}

fn canvas(pixmap: &Pixmap) -> paint::Canvas {
    let (width, height) = (pixmap.width() as usize, pixmap.height() as usize);
    paint::Canvas { width, height, rgb: pixmap.data().to_vec() }
}

/// As libjpeg codes it with `-optimize`.
fn coded(pixmap: &Pixmap, quality: u8) -> Vec<u8> {
    let mut out = Vec::new();
    let mut encoder = jpeg_encoder::Encoder::new(&mut out, quality);
    encoder.set_sampling_factor(jpeg_encoder::SamplingFactor::R_4_2_0);
    encoder.set_optimized_huffman_tables(true);
    let (width, height) = (pixmap.width() as u16, pixmap.height() as u16);
    encoder.encode(pixmap.data(), width, height, jpeg_encoder::ColorType::Rgb).expect("it can be coded");
    out
}

/// A picture that lost dimensions, brought back to them.
fn at_size_of(original: &Pixmap, other: Pixmap) -> Pixmap {
    let (width, height) = (original.width(), original.height());
    if (other.width(), other.height()) == (width, height) {
        return other;
    }
    let image = RgbImage::from_raw(other.width(), other.height(), other.data().to_vec()).expect("the sides fit");
    resized(&image, width, height)
}

/// 100 is no difference, 90 none that is seen, 70 little.
fn ssimulacra(original: &Pixmap, other: &Pixmap) -> f64 {
    let linear = |pixmap: &Pixmap| {
        let pixels = pixmap.data().as_chunks::<3>().0.iter().map(|px| px.map(|v| f32::from(v) / 255.0)).collect();
        let (curve, primaries) = (TransferCharacteristic::SRGB, ColorPrimaries::BT709);
        Rgb::new(pixels, pixmap.width() as usize, pixmap.height() as usize, curve, primaries).expect("the sides fit")
    };
    compute_frame_ssimulacra2(linear(original), linear(other)).expect("large enough")
}
