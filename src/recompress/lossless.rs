//! Pictures of few colours as PNG: screenshots and scans in black and white, which JPEG would blur and hardly shrink.

use crate::{pixmap::Pixmap, watch::Watch};
use std::{collections::HashMap, io::Write};

/// Bytes of a chunk of packed data at most, and rows that are packed at a time.
const CHUNK: usize = 1 << 20;
const ROWS: usize = 16;

/// The picture as an indexed PNG when it has at most 256 colours, and there is time.
pub(super) fn png(pixmap: &Pixmap, watch: &Watch) -> Option<Vec<u8>> {
    let (palette, indices) = indexed(pixmap)?;
    let depth = match palette.len() {
        ..=2 => png::BitDepth::One,
        3..=4 => png::BitDepth::Two,
        5..=16 => png::BitDepth::Four,
        _ => png::BitDepth::Eight,
    };
    let packed = packed(&indices, pixmap.width() as usize, depth as usize);
    let mut out = Vec::new();
    let mut encoder = png::Encoder::new(&mut out, pixmap.width(), pixmap.height());
    encoder.set_color(png::ColorType::Indexed);
    encoder.set_depth(depth);
    encoder.set_palette(palette.concat());
    encoder.set_compression(png::Compression::High);
    // Indices are names, not amounts: prediction from neighbours does not help them (PNG, third edition, 12.7).
    encoder.set_filter(png::Filter::NoFilter);
    let mut file = encoder.write_header().ok()?;
    let mut writer = file.stream_writer_with_size(CHUNK).ok()?;
    let row = packed.len() / pixmap.height().max(1) as usize;
    for rows in packed.chunks(row.saturating_mul(ROWS).max(1)) {
        if watch.is_over() {
            return None;
        }
        writer.write_all(rows).ok()?;
    }
    writer.finish().ok()?;
    file.finish().ok()?;
    Some(out)
}

/// Colours, sorted, and the place of every pixel's among them.
fn indexed(pixmap: &Pixmap) -> Option<(Vec<[u8; 3]>, Vec<u8>)> {
    let pixels = pixmap.data().as_chunks::<3>().0;
    let mut places: HashMap<[u8; 3], u8> = HashMap::new();
    let mut last = None;
    for px in pixels {
        if last != Some(px) {
            places.insert(*px, 0);
            if places.len() > 256 {
                return None;
            }
            last = Some(px);
        }
    }
    let mut palette: Vec<[u8; 3]> = places.keys().copied().collect();
    palette.sort_unstable();
    for (i, colour) in (0u8..=255).zip(&palette) {
        places.insert(*colour, i);
    }
    let mut last = ([0; 3], places.get(&[0; 3]).copied().unwrap_or(0));
    let indices = pixels.iter().map(|px| {
        if *px != last.0 {
            last = (*px, places.get(px).copied().unwrap_or(0));
        }
        last.1
    });
    Some((palette, indices.collect()))
}

/// Several indices to a byte, the leftmost in the high bits; rows begin with a byte.
fn packed(indices: &[u8], width: usize, depth: usize) -> Vec<u8> {
    let per_byte = 8 / depth.max(1);
    let rows = indices.chunks(width.max(1));
    rows.flat_map(|row| {
        row.chunks(per_byte).map(|some| {
            let byte = some.iter().fold(0u16, |byte, index| byte << depth | u16::from(*index));
            (byte << (depth * (per_byte - some.len()))) as u8
        })
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{decode, options::Limits, probe};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_pixels_come_back(width in 1u32..40, height in 1u32..20, colours in 1u32..256, seed in 0u32..1000) {
            let noise = |i: u32| (i ^ seed).wrapping_mul(0x9E37_79B9).rotate_left(13).wrapping_mul(0x85EB_CA6B) >> 8;
            let data = (0..width * height).flat_map(|i| {
                let c = noise(i) % colours;
                [c as u8, (c * 7) as u8, (c * 31) as u8]
            });
            let pixmap = Pixmap::new(width, height, data.collect()).unwrap();
            let file = png(&pixmap, &Watch::default()).unwrap();
            let header = probe::probe(&file, &Limits::default()).unwrap();
            prop_assert_eq!(&header.faults, &[]);
            prop_assert_eq!(decode::pixmap(&file, &header, &Limits::default()).unwrap().picture, pixmap);
        }
    }

    #[test]
    fn a_photo_is_no_such_picture() {
        let data = (0..64 * 64u32).flat_map(|i| [i as u8, (i >> 6) as u8, 0]).collect();
        assert_eq!(png(&Pixmap::new(64, 64, data).unwrap(), &Watch::default()), None);
    }
}
