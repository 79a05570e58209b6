//! From the samples of a PNG, 1 to 16 bits, palette and transparency, to 8 bits of gray or colour on white.

use crate::{
    fault::{Break, Fault},
    pixmap::Samples,
    probe::png::parts::{Ihdr, Parts},
};

/// Brings rows to 8 bits a sample, transparency flattened on white.
pub(super) struct Expander {
    ihdr: Ihdr,
    /// The colour that counts as transparent, in samples as stored.
    key: Option<[u16; 3]>,
    /// The palette on white; indices behind its end are black, as in libpng.
    palette: [[u8; 3]; 256],
    /// Which indices are transparent.
    clear: [bool; 256],
    /// Which indices were seen.
    seen: [bool; 256],
    colours: usize,
    transparent: bool,
    row: Vec<u8>,
}

impl Expander {
    pub(super) fn new(parts: &Parts<'_>) -> Self {
        let alpha = parts.transparency.unwrap_or_default();
        let mut this = Self {
            ihdr: parts.ihdr,
            key: key(&parts.ihdr, alpha),
            palette: [[0; 3]; 256],
            clear: [false; 256],
            seen: [false; 256],
            colours: parts.palette.len() / 3,
            transparent: false,
            row: Vec::new(),
        };
        if parts.ihdr.colour == 3 {
            let alpha = alpha.iter().copied().chain(std::iter::repeat(255));
            let colours = parts.palette.as_chunks::<3>().0.iter().zip(alpha);
            for ((entry, clear), (colour, alpha)) in this.palette.iter_mut().zip(&mut this.clear).zip(colours) {
                *entry = colour.map(|v| on_white(v, alpha));
                *clear = alpha < 255;
            }
        }
        this
    }

    /// How the rows that come out lie.
    pub(super) fn samples(&self) -> Samples {
        match self.ihdr.colour {
            0 | 4 => Samples::Gray,
            6 => Samples::Rgbx,
            _ => Samples::Rgb,
        }
    }

    /// What was found while rows went through.
    pub(super) fn faults(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        let used_clear = || self.seen.iter().zip(&self.clear).any(|(seen, clear)| *seen && *clear);
        if self.transparent || used_clear() {
            faults.push(Fault::Flattened { what: "transparency".into() });
        }
        if self.ihdr.colour == 3 && self.seen.iter().skip(self.colours).any(|seen| *seen) {
            faults.push(Fault::Damaged(Break::new("pixels have colours that its palette lacks")));
        }
        faults
    }

    /// One row of the picture.
    pub(super) fn row<'a>(&'a mut self, raw: &'a [u8]) -> &'a [u8] {
        let width = self.ihdr.width as usize;
        match (self.ihdr.colour, self.ihdr.depth, self.key) {
            (0 | 2, 8, None) => return raw,
            (6, 8, _) => {
                if raw.iter().skip(3).step_by(4).all(|a| *a == 255) {
                    return raw;
                }
                self.transparent = true;
                self.start(raw.as_chunks::<4>().0.iter().map(|p| flat(*p)));
            }
            (3, depth, _) => self.indexed(raw, depth, width),
            (0, 16, key) => self.keyed(raw.as_chunks::<2>().0.iter().map(|v| [u16::from_be_bytes(*v)]), key, 65535),
            (0, 8, key) => self.keyed(raw.iter().map(|v| [u16::from(*v)]), key, 255),
            (0, depth, key) => {
                let max = (1 << depth) - 1;
                self.keyed(packed(raw, depth).take(width).map(|v| [u16::from(v)]), key, max);
            }
            (2, 8, key) => self.keyed(raw.as_chunks::<3>().0.iter().map(|p| p.map(u16::from)), key, 255),
            (2, _, key) => self.keyed(raw.as_chunks::<6>().0.iter().map(wide::<6, 3>), key, 65535),
            (4, 8, _) => self.blended(raw.as_chunks::<2>().0.iter().map(|[v, a]| [*v, *a])),
            (4, ..) => self.blended(raw.as_chunks::<4>().0.iter().map(|p| wide::<4, 2>(p).map(to_8))),
            (_, ..) => {
                let pixels = raw.as_chunks::<8>().0.iter().map(|p| wide::<8, 4>(p).map(to_8));
                self.transparent |= pixels.clone().any(|[.., a]| a < 255);
                self.start(pixels.map(flat));
            }
        }
        &self.row
    }

    fn start<const N: usize>(&mut self, pixels: impl Iterator<Item = [u8; N]>) {
        self.row.clear();
        self.row.extend(pixels.flatten());
    }

    fn indexed(&mut self, raw: &[u8], depth: u8, width: usize) {
        self.row.clear();
        let (palette, seen) = (&self.palette, &mut self.seen);
        let mut take = |index: u8| {
            let index = usize::from(index);
            if let (Some(colour), Some(seen)) = (palette.get(index), seen.get_mut(index)) {
                *seen = true;
                self.row.extend_from_slice(colour);
            }
        };
        if depth == 8 {
            raw.iter().for_each(|v| take(*v));
        } else {
            packed(raw, depth).take(width).for_each(take);
        }
    }

    /// Samples without alpha of their own; those that equal the key are white.
    fn keyed<const N: usize>(&mut self, pixels: impl Iterator<Item = [u16; N]>, key: Option<[u16; 3]>, max: u32) {
        let mut transparent = false;
        self.row.clear();
        self.row.extend(pixels.flat_map(|pixel| {
            let clear = key.is_some_and(|key| key.starts_with(&pixel));
            transparent |= clear;
            if clear { [255; N] } else { pixel.map(|v| ((u32::from(v) * 255 + max / 2) / max) as u8) }
        }));
        self.transparent |= transparent;
    }

    /// Gray with alpha.
    fn blended(&mut self, pixels: impl Iterator<Item = [u8; 2]>) {
        let mut transparent = false;
        self.row.clear();
        self.row.extend(pixels.map(|[v, a]| {
            transparent |= a < 255;
            on_white(v, a)
        }));
        self.transparent |= transparent;
    }
}

/// The transparent colour of a gray or RGB picture: 16 bits a sample, of which those beyond the depth count for nothing
/// (PNG, 11.3.1.1).
fn key(ihdr: &Ihdr, data: &[u8]) -> Option<[u16; 3]> {
    let mask = if ihdr.depth == 16 { u16::MAX } else { (1 << ihdr.depth) - 1 };
    match (ihdr.colour, data.as_chunks::<2>().0) {
        (0, [gray, ..]) => Some([u16::from_be_bytes(*gray) & mask, 0, 0]),
        (2, [r, g, b, ..]) => Some([*r, *g, *b].map(|v| u16::from_be_bytes(v) & mask)),
        _ => None,
    }
}

/// The samples of 1, 2 or 4 bits in a row, from the highest bit down.
fn packed(raw: &[u8], depth: u8) -> impl Iterator<Item = u8> {
    let mask = (1 << depth) - 1;
    raw.iter().flat_map(move |byte| (0..8 / depth).rev().map(move |i| byte >> (i * depth) & mask))
}

fn wide<const BYTES: usize, const N: usize>(pixel: &[u8; BYTES]) -> [u16; N] {
    let samples = pixel.as_chunks::<2>().0;
    std::array::from_fn(|i| samples.get(i).map_or(0, |v| u16::from_be_bytes(*v)))
}

/// 16 bits to 8, rounded.
fn to_8(v: u16) -> u8 {
    ((u32::from(v) * 255 + 32_767) / 65_535) as u8
}

fn flat([r, g, b, a]: [u8; 4]) -> [u8; 4] {
    [on_white(r, a), on_white(g, a), on_white(b, a), 255]
}

/// v * a + 255 * (1 - a), rounded.
fn on_white(v: u8, a: u8) -> u8 {
    let sum = u16::from(v) * u16::from(a) + 255 * (255 - u16::from(a)) + 128;
    ((sum + (sum >> 8)) >> 8) as u8
}
