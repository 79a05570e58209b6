//! From the samples of a PNG, 1 to 16 bits, palette and transparency, to 8 bits of gray or colour on white.

use crate::{
    decode::on_white,
    fault::{Break, Fault},
    pixmap::Samples,
    probe::png::parts::{Ihdr, Parts},
};

/// Brings rows to 8 bits a sample, transparency flattened on white.
pub(super) struct Expander {
    ihdr: Ihdr,
    /// The colour that counts as transparent, in samples as stored.
    key: Option<[u16; 3]>,
    table: Table,
    transparent: bool,
    indices: Vec<u8>,
    row: Vec<u8>,
}

/// The colours of samples of up to 8 bits: of a palette, or of levels of gray.
struct Table {
    /// On white; those behind a palette's end are black, as in libpng.
    colours: [[u8; 3]; 256],
    /// How many there are.
    len: usize,
    /// Which are transparent.
    clear: [bool; 256],
    /// Which were seen.
    seen: [bool; 256],
}

impl Expander {
    pub(super) fn new(parts: &Parts<'_>) -> Self {
        let ihdr = parts.ihdr;
        let transparency = parts.transparency.unwrap_or_default();
        let key = key(&ihdr, transparency);
        let table = match (ihdr.colour, key) {
            (3, _) => Table::of_palette(parts.palette, transparency),
            (_, key) => Table::of_gray(ihdr.depth.min(8), key.map(|[gray, ..]| gray)),
        };
        Self { ihdr, key, table, transparent: false, indices: Vec::new(), row: Vec::new() }
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
        if self.transparent || self.table.seen_clear() {
            faults.push(Fault::Flattened { what: Fault::TRANSPARENCY.into() });
        }
        if self.table.seen_beyond() {
            faults.push(Fault::Damaged(Break::new("pixels have colours that its palette lacks")));
        }
        faults
    }

    /// One row of the picture.
    pub(super) fn row<'a>(&'a mut self, raw: &'a [u8]) -> &'a [u8] {
        match (self.ihdr.colour, self.ihdr.depth, self.key) {
            (0 | 2, 8, None) => return raw,
            (6, 8, _) if raw.as_chunks::<4>().0.iter().all(|[.., a]| *a == 255) => return raw,
            (0 | 3, 8, _) => self.table.look_up(raw, self.ihdr.colour == 0, &mut self.row),
            (0 | 3, 1..=4, _) => {
                match self.ihdr.depth {
                    1 => fill(&mut self.indices, raw.iter().map(unpack::<8>)),
                    2 => fill(&mut self.indices, raw.iter().map(unpack::<4>)),
                    _ => fill(&mut self.indices, raw.iter().map(unpack::<2>)),
                }
                self.indices.truncate(self.ihdr.width as usize);
                self.table.look_up(&self.indices, self.ihdr.colour == 0, &mut self.row);
            }
            (0, ..) => self.keyed(raw.as_chunks::<2>().0.iter().map(wide::<2, 1>), to_8),
            (2, 8, _) => self.keyed(raw.as_chunks::<3>().0.iter().map(|p| p.map(u16::from)), |v| v as u8),
            (2, ..) => self.keyed(raw.as_chunks::<6>().0.iter().map(wide::<6, 3>), to_8),
            (4, 8, _) => self.blended(raw.as_chunks::<2>().0.iter().map(|[v, a]| ([*v], *a))),
            (4, ..) => self.blended(raw.as_chunks::<4>().0.iter().map(wide::<4, 2>).map(|[v, a]| ([to_8(v)], to_8(a)))),
            (_, 8, _) => self.blended(raw.as_chunks::<4>().0.iter().map(|[r, g, b, a]| ([*r, *g, *b, 255], *a))),
            (..) => {
                let pixels = raw.as_chunks::<8>().0.iter().map(|p| wide::<8, 4>(p).map(to_8));
                self.blended(pixels.map(|[r, g, b, a]| ([r, g, b, 255], a)));
            }
        }
        &self.row
    }

    /// Samples without alpha; pixels of the colour that counts as transparent are white.
    fn keyed<const N: usize>(&mut self, pixels: impl ExactSizeIterator<Item = [u16; N]>, to_8: impl Fn(u16) -> u8) {
        let mut transparent = false;
        fill(
            &mut self.row,
            pixels.map(|pixel| {
                let clear = self.key.is_some_and(|key| key.starts_with(&pixel));
                transparent |= clear;
                if clear { [255; N] } else { pixel.map(&to_8) }
            }),
        );
        self.transparent |= transparent;
    }

    /// Samples with alpha.
    fn blended<const N: usize>(&mut self, pixels: impl ExactSizeIterator<Item = ([u8; N], u8)>) {
        let mut opaque = 255;
        fill(
            &mut self.row,
            pixels.map(|(samples, a)| {
                opaque &= a;
                samples.map(|v| on_white(v, a))
            }),
        );
        self.transparent |= opaque != 255;
    }
}

impl Table {
    fn of_palette(palette: &[u8], alpha: &[u8]) -> Self {
        let mut this = Self { colours: [[0; 3]; 256], len: palette.len() / 3, clear: [false; 256], seen: [false; 256] };
        let alpha = alpha.iter().copied().chain(std::iter::repeat(255));
        let palette = palette.as_chunks::<3>().0.iter().zip(alpha);
        for ((colour, clear), (entry, alpha)) in this.colours.iter_mut().zip(&mut this.clear).zip(palette) {
            *colour = entry.map(|v| on_white(v, alpha));
            *clear = alpha < 255;
        }
        this
    }

    fn of_gray(depth: u8, key: Option<u16>) -> Self {
        let max = (1u32 << depth) - 1;
        let mut this = Self { colours: [[255; 3]; 256], len: 256, clear: [false; 256], seen: [false; 256] };
        for (level, (colour, clear)) in (0..=max).zip(this.colours.iter_mut().zip(&mut this.clear)) {
            *clear = key.map(u32::from) == Some(level);
            if !*clear {
                *colour = [(level * 255 / max) as u8; 3];
            }
        }
        this
    }

    #[expect(clippy::indexing_slicing, reason = "a byte is always within 256")]
    fn look_up(&mut self, indices: &[u8], gray: bool, row: &mut Vec<u8>) {
        for index in indices {
            self.seen[usize::from(*index)] = true;
        }
        if gray {
            fill(row, indices.iter().map(|i| [self.colours[usize::from(*i)][0]]));
        } else {
            fill(row, indices.iter().map(|i| self.colours[usize::from(*i)]));
        }
    }

    fn seen_clear(&self) -> bool {
        self.seen.iter().zip(&self.clear).any(|(seen, clear)| *seen && *clear)
    }

    fn seen_beyond(&self) -> bool {
        self.seen.iter().skip(self.len).any(|seen| *seen)
    }
}

/// Replaces what a row holds.
fn fill<const N: usize>(row: &mut Vec<u8>, pixels: impl ExactSizeIterator<Item = [u8; N]>) {
    row.resize(pixels.len() * N, 0);
    row.as_chunks_mut::<N>().0.iter_mut().zip(pixels).for_each(|(out, pixel)| *out = pixel);
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

/// The `N` samples in a byte, from the highest bit down.
fn unpack<const N: usize>(byte: &u8) -> [u8; N] {
    let bits = 8 / N;
    std::array::from_fn(|i| (byte >> (8 - bits * (i + 1))) & ((1 << bits) - 1))
}

fn wide<const BYTES: usize, const N: usize>(pixel: &[u8; BYTES]) -> [u16; N] {
    let samples = pixel.as_chunks::<2>().0;
    std::array::from_fn(|i| samples.get(i).map_or(0, |v| u16::from_be_bytes(*v)))
}

/// 16 bits to 8, rounded.
fn to_8(v: u16) -> u8 {
    ((u32::from(v) * 255 + 32_767) / 65_535) as u8
}
