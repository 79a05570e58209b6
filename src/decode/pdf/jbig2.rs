//! How large a JBIG2 picture (ITU-T T.88) is, and what its segments ask for. All of them are looked at: the renderer's
//! decoder allocates for each what its header says, and works through it.

use super::{pictures::Coded, symbols};
use crate::fault::Refusal;

/// How often as many pixels as its page has a picture's segments may come to: text over a background, refined, has three.
const WORK: u64 = 8;

/// Bytes of a symbol beside its pixels.
const SYMBOL: u64 = 96;

/// Pixels that the segments may have, however small the page is.
const LITTLE: u64 = 1 << 24;

#[derive(Default)]
struct Sizes {
    /// The largest page, for which of them counts goes by their numbers.
    page: (u64, u64),
    /// Whether some page leaves its height to its stripes.
    open: bool,
    striped: u64,
    /// Pixels of everything but the page.
    pixels: u64,
    /// Bytes that are held beside them.
    bytes: u64,
    /// Whether some symbols are coded so that their sizes cannot be told.
    untold: bool,
}

/// The size of a picture of these segments, with those that it shares with others; none where no page is stated, without
/// which the decoder looks at shared segments only.
///
/// # Errors
/// [`Refusal::Limit`] where the segments are many times larger than the page; [`Refusal::Unsupported`] where symbols
/// cannot be measured.
pub fn size(data: &[u8], globals: &[u8]) -> Result<Coded, Refusal> {
    let mut sizes = Sizes::default();
    sizes.read(globals);
    sizes.read(data);
    if sizes.untold {
        return Err(Refusal::Unsupported("symbols of JBIG2 with codes of their own are not drawn".into()));
    }
    let (width, height) = sizes.page;
    let height = if sizes.open { height.max(sizes.striped) } else { height };
    let limit = width.saturating_mul(height).saturating_mul(WORK).max(LITTLE);
    if sizes.pixels > limit {
        let what = "pixels in the segments of a JBIG2 picture of the PDF";
        return Err(Refusal::Limit { what, needed: sizes.pixels, limit });
    }
    // A bit for each pixel, but a byte once the page is done.
    let bytes = width.saturating_mul(height).saturating_mul(8).max(sizes.pixels / 8).saturating_add(sizes.bytes);
    Ok(Coded { width, height, bytes })
}

impl Sizes {
    /// Adds what a sequence of segments asks for, as far as it can be followed.
    fn read(&mut self, mut bytes: &[u8]) {
        while let Some((kind, data, rest)) = segment(bytes) {
            self.add(kind, data);
            bytes = rest;
        }
    }

    fn add(&mut self, kind: u8, data: &[u8]) {
        let area = |at: usize| word(data, at).unwrap_or(0).saturating_mul(word(data, at + 4).unwrap_or(0));
        match kind {
            0 => match symbols::asked(data) {
                Some(asked) => {
                    self.pixels = self.pixels.saturating_add(asked.pixels);
                    self.bytes = self.bytes.saturating_add(asked.symbols.saturating_mul(SYMBOL));
                }
                None => self.untold = true,
            },
            48 => {
                let (width, mut height) = (word(data, 0).unwrap_or(0), word(data, 4).unwrap_or(0));
                if height == u64::from(u32::MAX) {
                    (self.open, height) = (true, 0);
                }
                self.page = (self.page.0.max(width), self.page.1.max(height));
            }
            50 => self.striped = self.striped.max(word(data, 0).unwrap_or(0).saturating_add(1)),
            // A halftone's grid stands behind 18 bytes; it is held as numbers, and coded in up to 16 layers.
            20 | 22 | 23 => {
                self.pixels = self.pixels.saturating_add(area(0)).saturating_add(area(18).saturating_mul(16));
                self.bytes = self.bytes.saturating_add(area(18).saturating_mul(8));
            }
            4 | 6 | 7 | 36 | 38 | 39 | 40 | 42 | 43 => self.pixels = self.pixels.saturating_add(area(0)),
            16 => {
                let side = |at: usize| data.get(at).copied().map_or(0, u64::from);
                let patterns = word(data, 3).unwrap_or(0).saturating_add(1);
                self.pixels = self.pixels.saturating_add(patterns.saturating_mul(side(1)).saturating_mul(side(2)));
            }
            _ => {}
        }
    }
}

fn word(data: &[u8], at: usize) -> Option<u64> {
    data.get(at..)?.first_chunk::<4>().map(|b| u32::from_be_bytes(*b).into())
}

/// The first segment's kind and data (T.88, 7.2), and what stands behind it.
fn segment(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let number = word(bytes, 0)?;
    let flags = *bytes.get(4)?;
    let first = *bytes.get(5)?;
    let (count, mut at) = match first >> 5 {
        7 => {
            let count = word(bytes, 5)? as usize & 0x1FFF_FFFF;
            (count, 9 + (count + 1).div_ceil(8))
        }
        few => (usize::from(few), 6),
    };
    let each = match number {
        0..=256 => 1,
        257..=65_536 => 2,
        _ => 4,
    };
    at += count * each + if flags & 0x40 == 0 { 1 } else { 4 };
    let length = word(bytes, at)?;
    let body = bytes.get(at + 4..)?;
    let length = if length == u64::from(u32::MAX) { unstated(body)? } else { length as usize };
    let (data, rest) = body.split_at_checked(length)?;
    Some((flags & 0x3F, data, rest))
}

/// The length of a generic region that does not state it: as far as the mark of its coding, and a count of rows (7.2.7).
fn unstated(body: &[u8]) -> Option<usize> {
    let flags = *body.get(17)?;
    let (from, mark): (usize, &[u8]) = match (flags & 1, (flags >> 1) & 3, flags & 0x10) {
        (1, ..) => (18, &[0, 0]),
        (_, 0, 0) => (26, &[0xFF, 0xAC]),
        (_, 0, _) => (42, &[0xFF, 0xAC]),
        _ => (20, &[0xFF, 0xAC]),
    };
    Some(from + memchr::memmem::find(body.get(from..)?, mark)? + 6)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn put(kind: u8, words: &[u32]) -> Vec<u8> {
        let data: Vec<u8> = words.iter().flat_map(|w| w.to_be_bytes()).collect();
        [&[0, 0, 0, 1, kind, 0, 1][..], &(data.len() as u32).to_be_bytes(), &data].concat()
    }

    #[test]
    fn a_page_behind_other_segments_is_found() {
        let page = put(48, &[600, 800, 0, 0, 0]);
        let hidden = [put(62, &[7]), page.clone()].concat();
        for (data, globals) in [(&page, &[][..]), (&hidden, &[]), (&put(62, &[7]), &page)] {
            let got = size(data, globals).map(|c| (c.width, c.height));
            assert_eq!(got, Ok((600, 800)));
        }
        assert_eq!(size(&put(62, &[7]), &[]), Ok(Coded::default()));
    }

    #[test]
    fn segments_larger_than_their_page_are_refused() {
        let region = put(36, &[60_000, 60_000, 0, 0, 0]);
        let page = put(48, &[1000, 1000, 0, 0, 0]);
        assert!(matches!(size(&[page.clone(), region.clone()].concat(), &[]), Err(Refusal::Limit { .. })));
        let striped = [put(48, &[1000, u32::MAX, 0, 0, 0]), put(38, &[1000, 99, 0, 0, 0]), put(50, &[98])].concat();
        assert_eq!(size(&striped, &[]).map(|c| c.height), Ok(99));
    }
}
