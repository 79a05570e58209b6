//! Pictures that stay PNG: screenshots and scans, which JPEG would blur and hardly shrink.

use crate::{pixmap::Pixmap, watch::Watch};
use png::{BitDepth, ColorType, Compression, Encoder, Filter};
use std::{collections::HashMap, io::Write};

/// Pixels up to which a picture of many colours is always tried.
const SMALL: usize = 2_000_000;
/// Larger ones are tried when a sample shrinks to this share: flat areas and lettering do, photographs with their noise
/// come to twice as much and more.
const FLAT: f64 = 0.25;
/// Strips that a sample is made of, and rows of each.
const STRIPS: usize = 8;
const ROWS: usize = 32;
/// Bytes of a chunk of packed data at most, and pixels between two looks at the watch.
const CHUNK: usize = 1 << 20;

/// The picture as PNG: indexed when it has at most 256 colours, otherwise gray or in colour, as it is. `None` where that
/// promises nothing, or time is up.
pub(super) fn png(pixmap: &Pixmap, watch: &Watch) -> Option<Vec<u8>> {
    let (width, height) = (pixmap.width(), pixmap.height());
    let Some((palette, indices)) = indexed(pixmap, watch) else {
        let gray = pixmap.data().as_chunks::<3>().0.iter().all(|[r, g, b]| r == g && g == b);
        return promising(pixmap, watch)
            .then(|| many_colours(pixmap.data(), (width, height), gray, Compression::Balanced, watch))?;
    };
    let depth = match palette.len() {
        ..=2 => BitDepth::One,
        3..=4 => BitDepth::Two,
        5..=16 => BitDepth::Four,
        _ => BitDepth::Eight,
    };
    let packed = packed(&indices, width as usize, depth as usize);
    written(&packed, (width, height), watch, |encoder| {
        encoder.set_color(ColorType::Indexed);
        encoder.set_depth(depth);
        encoder.set_palette(palette.concat());
        encoder.set_compression(Compression::High);
        // Indices are names, not amounts: prediction from neighbours does not help them (PNG, third edition, 12.7).
        encoder.set_filter(Filter::NoFilter);
    })
}

/// Whether a PNG of many colours is worth its time.
fn promising(pixmap: &Pixmap, watch: &Watch) -> bool {
    let (width, height) = (pixmap.width(), pixmap.height() as usize);
    if width as usize * height <= SMALL {
        return true;
    }
    let row = width as usize * 3;
    let strips = (0..STRIPS).filter_map(|i| pixmap.data().get(i * height / STRIPS * row..)?.get(..ROWS * row));
    let (small, whole) = strips.fold((0, 0), |(small, whole), strip| {
        let file = many_colours(strip, (width, ROWS as u32), false, Compression::Fast, watch);
        (small + file.map_or(strip.len(), |f| f.len()), whole + strip.len())
    });
    (small as f64) < FLAT * whole as f64
}

fn many_colours(rgb: &[u8], size: (u32, u32), gray: bool, compression: Compression, watch: &Watch) -> Option<Vec<u8>> {
    let samples: Option<Vec<u8>> = gray.then(|| rgb.as_chunks::<3>().0.iter().map(|[r, ..]| *r).collect());
    written(samples.as_deref().unwrap_or(rgb), size, watch, |encoder| {
        encoder.set_color(if gray { ColorType::Grayscale } else { ColorType::Rgb });
        encoder.set_depth(BitDepth::Eight);
        encoder.set_compression(compression);
        encoder.set_filter(Filter::Adaptive);
    })
}

fn written(
    data: &[u8],
    (width, height): (u32, u32),
    watch: &Watch,
    set: impl Fn(&mut Encoder<'_, &mut Vec<u8>>),
) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    let mut encoder = Encoder::new(&mut out, width, height);
    set(&mut encoder);
    let mut file = encoder.write_header().ok()?;
    let mut writer = file.stream_writer_with_size(CHUNK).ok()?;
    let row = data.len() / height.max(1) as usize;
    for rows in data.chunks(row.saturating_mul(ROWS).max(1)) {
        if watch.is_over() {
            return None;
        }
        writer.write_all(rows).ok()?;
    }
    writer.finish().ok()?;
    file.finish().ok()?;
    Some(out)
}

/// Colours, sorted, and the place of every pixel's among them; `None` when there are more than 256, or time is up.
fn indexed(pixmap: &Pixmap, watch: &Watch) -> Option<(Vec<[u8; 3]>, Vec<u8>)> {
    let pixels = pixmap.data().as_chunks::<3>().0;
    let mut places: HashMap<[u8; 3], u8> = HashMap::new();
    let mut last = None;
    for some in pixels.chunks(CHUNK) {
        for px in some {
            if last != Some(px) {
                places.insert(*px, 0);
                if places.len() > 256 {
                    return None;
                }
                last = Some(px);
            }
        }
        if watch.is_over() {
            return None;
        }
    }
    let mut palette: Vec<[u8; 3]> = places.keys().copied().collect();
    palette.sort_unstable();
    for (i, colour) in (0u8..=255).zip(&palette) {
        places.insert(*colour, i);
    }
    let mut last = ([0; 3], places.get(&[0; 3]).copied().unwrap_or(0));
    let mut indices = Vec::with_capacity(pixels.len());
    for some in pixels.chunks(CHUNK) {
        indices.extend(some.iter().map(|px| {
            if *px != last.0 {
                last = (*px, places.get(px).copied().unwrap_or(0));
            }
            last.1
        }));
        if watch.is_over() {
            return None;
        }
    }
    Some((palette, indices))
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
    fn a_large_photo_is_not_tried_and_a_large_screenshot_is() {
        let (width, height) = (2000, 1100);
        let picture = |noise: u32| {
            let level = |i: u32| 100 + (i % width / 20 + i.wrapping_mul(0x9E37_79B9) % noise) as u8;
            Pixmap::new(width, height, (0..width * height).flat_map(|i| [level(i), level(i + 1), 9]).collect()).unwrap()
        };
        assert_eq!(png(&picture(50), &Watch::default()), None);
        let (screenshot, limits) = (picture(1), Limits::default());
        let file = png(&screenshot, &Watch::default()).unwrap();
        let header = probe::probe(&file, &limits).unwrap();
        assert_eq!(decode::pixmap(&file, &header, &limits).unwrap().picture, screenshot);
    }
}
