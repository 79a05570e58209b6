//! How large a JBIG2 picture (ITU-T T.88) is, and what its segments ask for. All of them are looked at: the renderer's
//! decoder allocates for each what its header says, and works through it.

use super::{pictures::Coded, symbols};
use crate::fault::Refusal;
use std::collections::HashMap;

/// How often as many pixels as its page has a picture's segments may come to: text over a background, refined, has three.
const WORK: u64 = 8;

/// Bytes of a symbol or a pattern beside its pixels, and of each row of a pattern, which is kept shifted by up to 31.
const SYMBOL: u64 = 96;
const ROW: u64 = 256;

/// Bytes of the symbols of a dictionary with arithmetic codes, as often as others export them again: as many pixels as
/// may be worked for in the time that drawing has.
const WORKED: u64 = 16 << 20;

/// Bytes of a decoder's state that is kept with a dictionary, and of a table of codes for each of the bytes that state
/// it. Every segment that refers to a table has it copied.
const STATE: u64 = 80 << 10;
const TABLE: u64 = 1024;

/// Segments, and references from one to another; scans have some hundreds.
const MAX_SEGMENTS: u64 = 1 << 18;

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
    /// Bytes of the symbols that each dictionary exports, by its number, and of the largest table.
    exported: HashMap<u64, u64>,
    table: u64,
    /// Whether some symbols are coded so that their sizes cannot be told.
    untold: bool,
}

struct Segment<'a> {
    number: u64,
    kind: u8,
    /// The numbers that it refers to, of so many bytes each.
    refers: &'a [u8],
    each: usize,
    data: &'a [u8],
}

/// The size of a picture of these segments, with those that it shares with others; none where no page is stated, without
/// which the decoder looks at shared segments only.
///
/// # Errors
/// [`Refusal::Limit`] where the segments are many, or many times larger than the page; [`Refusal::Unsupported`] where
/// symbols cannot be measured.
pub fn size(data: &[u8], globals: &[u8]) -> Result<Coded, Refusal> {
    let (mut sizes, mut segments, mut needed) = (Sizes::default(), Vec::new(), 0);
    for mut bytes in [globals, data] {
        while let Some((next, rest)) = segment(bytes) {
            needed += 1 + (next.refers.len() / next.each) as u64;
            if needed > MAX_SEGMENTS {
                let what = "segments of a JBIG2 picture of the PDF";
                return Err(Refusal::Limit { what, needed, limit: MAX_SEGMENTS });
            }
            segments.push(next);
            bytes = rest;
        }
    }
    // As the decoder does, which may refer to what stands behind.
    segments.sort_by_key(|segment| segment.number);
    segments.iter().for_each(|segment| sizes.add(segment));
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
    fn add(&mut self, segment: &Segment<'_>) {
        let data = segment.data;
        let area = |at: usize| word(data, at).unwrap_or(0).saturating_mul(word(data, at + 4).unwrap_or(0));
        let references = (segment.refers.len() / segment.each) as u64;
        self.bytes = self.bytes.saturating_add(references.saturating_mul(self.table));
        match segment.kind {
            0 => match symbols::asked(data) {
                Some(asked) => self.symbols(segment, &asked),
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
                self.bytes = self.bytes.saturating_add(patterns.saturating_mul(SYMBOL + ROW * side(2)));
            }
            53 => {
                self.table = self.table.max((data.len() as u64).saturating_mul(TABLE));
                self.bytes = self.bytes.saturating_add(self.table);
            }
            _ => {}
        }
    }

    /// A dictionary may export the symbols of those it refers to once more, as often as it does.
    fn symbols(&mut self, segment: &Segment<'_>, asked: &symbols::Asked) {
        let again = segment.refers.chunks_exact(segment.each).fold(0_u64, |sum, number| {
            let number = number.iter().fold(0, |number, byte| number << 8 | u64::from(*byte));
            sum.saturating_add(self.exported.get(&number).copied().unwrap_or(0))
        });
        let record = asked.symbols.saturating_mul(SYMBOL);
        let state = if asked.state { STATE } else { 0 };
        self.pixels = self.pixels.saturating_add(asked.pixels);
        self.bytes = self.bytes.saturating_add(again).saturating_add(record + state);
        let own = record + if asked.pixels > 0 { asked.pixels / 8 } else { WORKED };
        let exported = self.exported.entry(segment.number).or_default();
        *exported = again.saturating_add(own).max(*exported);
    }
}

fn word(data: &[u8], at: usize) -> Option<u64> {
    data.get(at..)?.first_chunk::<4>().map(|b| u32::from_be_bytes(*b).into())
}

/// The first segment (T.88, 7.2), and what stands behind it.
fn segment(bytes: &[u8]) -> Option<(Segment<'_>, &[u8])> {
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
    let refers = bytes.get(at..at.checked_add(count.checked_mul(each)?)?)?;
    at += refers.len() + if flags & 0x40 == 0 { 1 } else { 4 };
    let length = word(bytes, at)?;
    let body = bytes.get(at + 4..)?;
    let length = if length == u64::from(u32::MAX) { unstated(body)? } else { length as usize };
    let (data, rest) = body.split_at_checked(length)?;
    Some((Segment { number, kind: flags & 0x3F, refers, each, data }, rest))
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
    fn symbols_that_are_exported_again_are_held() {
        let dictionary = |number: u32, refers: &[u8]| {
            let data = [&[0, 0][..], &[0; 8], &1_u32.to_be_bytes(), &1_u32.to_be_bytes()].concat();
            let head = [&number.to_be_bytes()[..], &[0, (refers.len() as u8) << 5], refers, &[1]].concat();
            [&head[..], &(data.len() as u32).to_be_bytes(), &data].concat()
        };
        let bytes = |segments: &[Vec<u8>]| size(&segments.concat(), &[]).map(|c| c.bytes / WORKED);
        let (first, twice) = (dictionary(1, &[]), dictionary(2, &[1, 1]));
        assert_eq!(bytes(&[first.clone(), twice.clone()]), Ok(2));
        assert_eq!(bytes(&[dictionary(3, &[2, 2]), twice, first]), Ok(2 + 2 * 3), "whatever their order");
    }

    #[test]
    fn patterns_and_tables_are_held() {
        let patterns = [&put(16, &[0x0001_0800, 0x0FFF_FF00])[..], &put(48, &[9, 9, 0, 0, 0])].concat();
        assert!(size(&patterns, &[]).is_ok_and(|c| c.bytes > 1 << 30));
        assert!(size(&put(53, &[0; 1 << 18]), &[]).is_ok_and(|c| c.bytes >= 1 << 30));
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
