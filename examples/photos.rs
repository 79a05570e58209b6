//! Writes the photos that `benches/peers.sh` measures with: `cargo run --release --example photos -- FOLDER`.
#![allow(clippy::expect_used)]

#[path = "../testdata/files.rs"]
mod files;
#[path = "../testdata/paint.rs"]
mod paint;

use paint::Scene;
use std::{fs, path::PathBuf};

fn main() {
    let folder = PathBuf::from(std::env::args().nth(1).expect("usage: photos FOLDER"));
    fs::create_dir_all(&folder).expect("the folder can be made");
    let write = |name: &str, bytes: Vec<u8>| {
        println!("{name}: {} bytes", bytes.len());
        fs::write(folder.join(name), bytes).expect("the folder can be written");
    };
    // The noise and the quality give the three to four megabytes that phones write.
    let scene = Scene { width: 4032, height: 3024, noise: 4.0, ..Scene::default() };
    for i in 0..6_u8 {
        let f = f32::from(i) * 0.008;
        let quad = scene.quad.map(|[x, y]| [x + f, y - f]);
        let shot = Scene { quad, noise: 3.4 + 0.2 * f32::from(i), ..scene.clone() }.shoot(&paint::card_front());
        write(&format!("photo{i}.jpg"), files::jpeg(&shot, 94));
        if i == 0 {
            write("photo.png", files::png(&shot));
        }
    }
    let large = Scene { width: 8064, height: 6048, ..scene }.shoot(&paint::card_front());
    write("large.jpg", files::jpeg(&large, 94));
}
