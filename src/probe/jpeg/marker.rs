//! The walk over a JPEG's segments (ITU T.81, annex B), as tolerant as libjpeg's, in time linear in the bytes.

use memchr::memchr;

/// Start of image.
pub const SOI: u8 = 0xD8;
/// End of image.
pub const EOI: u8 = 0xD9;
/// Start of scan.
pub const SOS: u8 = 0xDA;
/// Huffman tables.
pub const DHT: u8 = 0xC4;
/// Quantisation tables.
pub const DQT: u8 = 0xDB;
/// Restart interval.
pub const DRI: u8 = 0xDD;
/// Conditioning of arithmetic coding.
pub const DAC: u8 = 0xCC;

/// What the walk met.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Item<'a> {
    /// A marker segment; `at` is the byte of its 0xFF.
    Segment { code: u8, body: &'a [u8], at: usize },
    /// The entropy-coded data behind a start of scan, restart markers included, up to the next marker.
    Scan { data: &'a [u8], at: usize },
    /// Bytes where a marker should be.
    Junk { bytes: usize, at: usize },
    /// The end marker was met; `at` is the byte behind it.
    End { at: usize },
    /// The file ends here without an end marker, in the midst of a segment when `inside`.
    Cut { at: usize, inside: bool },
}

/// An iterator over the segments behind the start of image. Ends with one [`Item::End`] or [`Item::Cut`].
#[derive(Clone, Debug)]
pub struct Walk<'a> {
    bytes: &'a [u8],
    at: usize,
    scan_next: bool,
    scan_seen: bool,
    done: bool,
}

impl<'a> Walk<'a> {
    /// Over a file that begins with a start of image.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 2, scan_next: false, scan_seen: false, done: false }
    }

    fn from(&self, at: usize) -> &'a [u8] {
        self.bytes.get(at..).unwrap_or(&[])
    }

    fn cut(&mut self, inside: bool) -> Option<Item<'a>> {
        self.done = true;
        Some(Item::Cut { at: self.bytes.len(), inside })
    }

    fn scan(&mut self) -> Item<'a> {
        let at = self.at;
        let rest = self.from(at);
        let len = scan_end(rest);
        (self.at, self.scan_next, self.scan_seen) = (at + len, false, true);
        Item::Scan { data: rest.get(..len).unwrap_or(rest), at }
    }

    /// A frame header or start of image behind a scan: another picture, or noise that looks like a marker.
    fn is_foreign(&self, code: u8) -> bool {
        self.scan_seen && (code == SOI || is_frame(code))
    }
}

impl<'a> Iterator for Walk<'a> {
    type Item = Item<'a>;

    fn next(&mut self) -> Option<Item<'a>> {
        if self.done {
            return None;
        }
        if self.scan_next {
            return Some(self.scan());
        }
        loop {
            let at = self.at;
            let junk = match next_marker(self.from(at)) {
                None => return self.cut(false),
                Some(n) => n,
            };
            if junk > 0 {
                self.at = at + junk;
                return Some(Item::Junk { bytes: junk, at });
            }
            // Fill bytes (B.1.1.2) may stand before the code.
            let fill = self.from(at).iter().take_while(|b| **b == 0xFF).count();
            let Some(code) = self.from(at + fill).first().copied() else { return self.cut(false) };
            let body_at = at + fill + 1;
            match code {
                // Standing alone: TEM and stray restarts.
                0x01 | 0xD0..=0xD7 => self.at = body_at,
                EOI => {
                    self.done = true;
                    return Some(Item::End { at: body_at });
                }
                _ if self.is_foreign(code) => {
                    self.done = true;
                    return Some(Item::Cut { at, inside: false });
                }
                _ => {
                    let rest = self.from(body_at);
                    let Some(len) = rest.first_chunk::<2>() else { return self.cut(true) };
                    let len = usize::from(u16::from_be_bytes(*len)).max(2);
                    let Some(body) = rest.get(2..len) else { return self.cut(true) };
                    self.at = body_at + len;
                    self.scan_next = code == SOS;
                    return Some(Item::Segment { code, body, at });
                }
            }
        }
    }
}

/// Whether the code begins a frame (SOF0 to SOF15).
pub fn is_frame(code: u8) -> bool {
    matches!(code, 0xC0..=0xCF) && !matches!(code, DHT | 0xC8 | DAC)
}

/// Bytes before the next 0xFF that a code follows, as libjpeg's `next_marker` looks for it; `None` when there is none.
fn next_marker(bytes: &[u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        let rest = bytes.get(at..)?;
        let start = memchr(0xFF, rest)?;
        let fill = rest.get(start..)?.iter().take_while(|b| **b == 0xFF).count();
        match rest.get(start + fill)? {
            0 => at += start + fill + 1,
            _ => return Some(at + start),
        }
    }
}

/// Where entropy-coded data ends: at a marker that may follow it. Codes that no encoder writes there (0x01 to 0xBF)
/// are taken for a damaged stuffing byte and passed over.
fn scan_end(data: &[u8]) -> usize {
    const STEP: usize = 64;
    let ends = |(byte, next): (&u8, &u8)| *byte == 0xFF && next.wrapping_sub(0xC0) < 0x3F && next & 0xF8 != 0xD0;
    let followers = data.get(1..).unwrap_or(&[]);
    // Most bytes are told by many at once: no branch within a step.
    let steps = data.as_chunks::<STEP>().0.iter().zip(followers.as_chunks::<STEP>().0);
    let clear = |(bytes, next): &(&[u8; STEP], &[u8; STEP])| {
        !bytes.iter().zip(next.iter()).fold(false, |any, pair| any | ends(pair))
    };
    let start = steps.take_while(clear).count() * STEP;
    let rest = data.iter().zip(followers).skip(start);
    rest.map(ends).position(|end| end).map_or(data.len(), |place| start + place)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_walk_names_junk_fill_scan_and_end() {
        let bytes = [
            0xFF, SOI, 0xFF, 0xE0, 0, 3, 7, 1, 2, 0xFF, 0xFF, SOS, 0, 2, 5, 0xFF, 0, 0xFF, 0xD0, 6, 0xFF, 0xFF, EOI, 9,
        ];
        let items: Vec<_> = Walk::new(&bytes).collect();
        assert_eq!(
            items,
            [
                Item::Segment { code: 0xE0, body: &[7], at: 2 },
                Item::Junk { bytes: 2, at: 7 },
                Item::Segment { code: SOS, body: &[], at: 9 },
                Item::Scan { data: &[5, 0xFF, 0, 0xFF, 0xD0, 6, 0xFF], at: 14 },
                Item::End { at: 23 },
            ]
        );
    }

    #[test]
    fn entropy_coded_data_end_at_the_first_marker_that_may_follow() {
        for start in [0, 1, 62, 63, 64, 65, 127, 200] {
            for code in 0..=0xFF {
                let mut data = [0xFF, 0, 7, 0xFF, 0xD3].repeat(start / 5);
                data.resize(start, 1);
                data.extend([0xFF, code, 5]);
                data.extend([3; 70]);
                let ends = matches!(code, 0xC0..=0xCF | 0xD8..=0xFE);
                assert_eq!(scan_end(&data), if ends { start } else { data.len() }, "{code:02X} at {start}");
            }
        }
        assert_eq!([scan_end(&[]), scan_end(&[0xFF]), scan_end(&[0xFF, EOI])], [0, 1, 0]);
    }

    #[test]
    fn a_file_that_stops_is_cut_once() {
        let whole = [0xFF, SOI, 0xFF, 0xE0, 0, 4, 7, 7, 0xFF, SOS, 0, 2, 1];
        for len in 0..whole.len() {
            let items: Vec<_> = Walk::new(&whole[..len]).collect();
            assert!(matches!(items.last(), Some(Item::Cut { .. })), "{len}: {items:?}");
        }
    }
}
