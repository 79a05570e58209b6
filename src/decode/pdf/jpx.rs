//! What decoding a JPEG 2000 (ISO/IEC 15444-1) would take. Beside its samples the renderer's decoder holds a record of
//! every precinct and block of code, which may be as small as a pixel, and one of every tile's components.

use super::pictures::Coded;

/// Tiles (A.4.2: they are numbered in 16 bits).
const MAX_TILES: u64 = 65_535;
/// Segments that are looked at; each tile has a few.
const MAX_SEGMENTS: u32 = 1 << 20;

/// Bytes of a component's record in a tile, of a precinct, of a block, and of each piece of its code, their trees
/// included.
const COMPONENT: u64 = 512;
const PRECINCT: u64 = 192;
const BLOCK: u64 = 256;
const PIECE: u64 = 96;

/// Passes that a layer may have of a block (Table B.4), each of them a piece where some end their code early.
const PASSES: u64 = 164;

/// The largest of whatever may be a codestream in the data, for boxes may hold more than one, and which of them counts
/// goes by the boxes. `None` where one cannot be measured.
pub fn size(data: &[u8]) -> Option<Coded> {
    let (mut largest, mut segments) = (Coded::default(), MAX_SEGMENTS);
    for at in memchr::memmem::find_iter(data, &[0xFF, 0x4F, 0xFF, 0x51]) {
        let mut stream = Stream { data: data.get(at..)?, tile: [0; 2], layers: 0, record: 0 };
        let Some(coded) = stream.size(&mut segments)? else { continue };
        if coded.bytes >= largest.bytes {
            largest = coded;
        }
    }
    Some(largest)
}

struct Stream<'a> {
    data: &'a [u8],
    /// Sides of a tile, and the layers that any style may have, none before the first.
    tile: [u64; 2],
    layers: u64,
    /// Bytes of the largest record that a component may have of a tile.
    record: u64,
}

impl Stream<'_> {
    fn byte(&self, at: usize) -> Option<u8> {
        self.data.get(at).copied()
    }

    fn half(&self, at: usize) -> Option<u16> {
        self.data.get(at..)?.first_chunk::<2>().map(|b| u16::from_be_bytes(*b))
    }

    fn word(&self, at: usize) -> Option<u64> {
        self.data.get(at..)?.first_chunk::<4>().map(|b| u32::from_be_bytes(*b).into())
    }

    /// `Some(None)` where the header is cut short.
    fn size(&mut self, segments: &mut u32) -> Option<Option<Coded>> {
        // Behind two markers, length and capabilities (A.5.1).
        let [Some(width), Some(height), Some(across), Some(down), Some(components)] =
            [self.word(8), self.word(12), self.word(24), self.word(28), self.half(40).map(u64::from)]
        else {
            return Some(None);
        };
        // The decoder goes by the components, not by the length, behind which this goes on.
        if self.half(4).map(u64::from) != Some(38 + 3 * components) {
            return None;
        }
        let tiles = width.div_ceil(across.max(1)).saturating_mul(height.div_ceil(down.max(1)));
        if tiles > MAX_TILES {
            return None;
        }
        self.tile = [across.min(width), down.min(height)];
        self.styles(components, segments)?;
        let bytes = (width.saturating_mul(height))
            .saturating_mul(8 + 8 * components)
            .saturating_add(tiles * components * COMPONENT)
            .saturating_add(self.record.saturating_mul(components));
        Some(Some(Coded { width, height, bytes }))
    }

    /// Measures every coding style (COD and COC, A.6) in the headers of the whole and of its tiles.
    fn styles(&mut self, components: u64, segments: &mut u32) -> Option<()> {
        let index = if components < 257 { 1 } else { 2 };
        let (mut at, mut end) = (2, None);
        while let Some(marker) = self.half(at) {
            *segments = segments.checked_sub(1)?;
            let length = usize::from(self.half(at + 2).unwrap_or(0));
            let mut sound = true;
            match marker {
                // A tile's part, as long as it says, or to the end.
                0xFF90 => {
                    let part = usize::try_from(self.word(at + 6).unwrap_or(0)).ok()?;
                    end = (part != 0).then(|| at.saturating_add(part.max(12)));
                    at += 12;
                    continue;
                }
                0xFF93 | 0xFFD9 => match end.take() {
                    Some(next) => {
                        at = next.max(at + 2);
                        continue;
                    }
                    None => break,
                },
                0xFF30..=0xFF3F => {
                    at += 2;
                    continue;
                }
                0xFF52 => {
                    // More than those before would be more for what was measured already.
                    let layers = self.half(at + 6).map_or(1, u64::from).max(1);
                    sound = self.layers == 0 || layers <= self.layers;
                    self.layers = self.layers.max(layers);
                    sound &= self.style(at + 4, at + 9, length.checked_sub(7));
                }
                0xFF53 => {
                    let (flags, own) = (at + 4 + index, length.checked_sub(3 + index));
                    sound = self.layers > 0 && self.style(flags, flags + 1, own);
                }
                // The decoder goes by what these hold, not by the length that they state.
                0xFF5C => sound = self.steps(at + 4, length.checked_sub(3)),
                0xFF5D => sound = self.steps(at + 4 + index, length.checked_sub(3 + index)),
                0xFF5E => sound = length == 4 + index,
                _ if marker >> 8 != 0xFF => break,
                _ => {}
            }
            // Where the length is wrong, what follows is not what the decoder would read.
            sound.then_some(())?;
            at += 2 + length.max(2);
            if end.is_some_and(|end| at >= end) {
                end = None;
            }
        }
        Some(())
    }

    fn steps(&self, at: usize, length: Option<usize>) -> bool {
        match (self.byte(at).map(|style| style & 0x1F), length) {
            (Some(1), Some(length)) => length == 2,
            (Some(2), Some(length)) => length.is_multiple_of(2),
            (_, length) => length.is_some(),
        }
    }

    /// Measures a style whose levels stand at a byte; `false` where it is not as long as it says.
    fn style(&mut self, flags: usize, at: usize, length: Option<usize>) -> bool {
        let (Some(flags), Some(levels)) = (self.byte(flags), self.byte(at)) else { return true };
        let stated = flags & 1 != 0;
        if levels > 32 || length != Some(if stated { 6 + usize::from(levels) } else { 5 }) {
            return false;
        }
        let block = [self.byte(at + 1), self.byte(at + 2)].map(|side| u32::from(side.unwrap_or(0)).min(8) + 2);
        // Without the arithmetic coder for some passes, or with an end to each (Table A.19).
        let ended = self.byte(at + 3).is_some_and(|style| style & 5 != 0);
        let pieces = self.layers * if ended { PASSES } else { 1 };
        let mut bytes = 0_u64;
        for level in 0..=levels {
            let precinct = if stated { self.byte(at + 5 + usize::from(level)).unwrap_or(0) } else { 0xFF };
            let precinct = [precinct & 0xF, precinct >> 4].map(u32::from);
            let half = u32::from(level > 0);
            let reduced = self.tile.map(|side| side.div_ceil(1 << (levels - level)));
            let along = |side: u64, precinct: u32, block: u32| {
                let precincts = side.div_ceil(1 << precinct) + 1;
                let block = block.min(precinct.saturating_sub(half));
                (precincts, side.div_ceil(1 << (block + half)) + 2 * precincts)
            };
            let ([pw, ph], [bw, bh], [rw, rh]) = (precinct, block, reduced);
            let ((px, bx), (py, by)) = (along(rw, pw, bw), along(rh, ph, bh));
            let bands = if level > 0 { 3 } else { 1 };
            let precincts = px.saturating_mul(py).saturating_mul(PRECINCT);
            let blocks = bx.saturating_mul(by).saturating_mul(BLOCK + PIECE * pieces);
            bytes = bytes.saturating_add(precincts.saturating_add(blocks).saturating_mul(bands));
        }
        self.record = self.record.max(bytes);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A codestream of 1000 x 1000 in one component with blocks and precincts of two to these powers.
    fn stream(blocks: u8, precincts: Option<u8>, stated: u8) -> Vec<u8> {
        let mut out = vec![0xFF, 0x4F, 0xFF, 0x51, 0, 41, 0, 0];
        [1000_u32, 1000, 0, 0, 1000, 1000, 0, 0].iter().for_each(|v| out.extend(v.to_be_bytes()));
        out.extend([0, 1, 7, 1, 1, 0xFF, 0x52, 0, stated, precincts.is_some().into(), 0, 0, 1, 0, 1]);
        out.extend([blocks - 2, blocks - 2, 0, 1]);
        precincts.iter().for_each(|p| out.extend([p << 4 | p; 2]));
        out
    }

    #[test]
    fn small_blocks_and_precincts_are_held() {
        let bytes = |data: &[u8]| size(data).map(|c| c.bytes >> 20);
        assert_eq!(bytes(&stream(6, None, 12)), Some(15));
        assert!(bytes(&stream(2, None, 12)) > Some(30));
        assert!(bytes(&stream(6, Some(1), 14)) > Some(300));
        assert_eq!(bytes(&stream(6, Some(1), 12)), None, "a wrong length");
        let (mut ended, mut longer) = (stream(2, None, 12), stream(6, None, 12));
        (ended[57], longer[5]) = (4, 99);
        assert!(bytes(&ended) > Some(900));
        assert_eq!(bytes(&longer), None, "a size that is longer than its components");
    }

    #[test]
    fn the_largest_of_several_counts() {
        let small = stream(6, None, 12);
        let mut large = small.clone();
        large[8] = 1;
        let boxes = [small.as_slice(), &large, &small].concat();
        assert_eq!(size(&boxes).map(|c| c.width), Some((1 << 24) + 1000));
    }
}
