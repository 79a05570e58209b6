//! How large the symbols of a JBIG2 dictionary are (ITU-T T.88, 6.5 and 7.4.2), where Huffman codes tell it: a class of
//! blank symbols of 65,535 x 65,535 takes some kilobytes, and is there before the clock is looked at. In dictionaries
//! with arithmetic codes each pixel is worked for, and only their number is read.

/// A line of a table: bits of the prefix, bits behind it, what they are added to.
type Line = (u32, u32, i64);

/// Tables B.1 to B.5, codes in their canonical order; a length of [`BELOW`] counts down, [`OUT`] ends a class.
const SIZES: &[Line] = &[(1, 4, 0), (2, 8, 16), (3, 16, 272), (3, 32, 65_808)];
const WIDTHS: [&[Line]; 2] = [
    &[(1, 0, 0), (2, 0, 1), (3, 0, 2), (4, 3, 3), (5, 6, 11), (6, 32, 75), (6, OUT, 0)],
    &[(8, 8, -256), (1, 0, 0), (2, 0, 1), (3, 0, 2), (4, 3, 3), (5, 6, 11), (8, BELOW, -257), (7, 32, 75), (6, OUT, 0)],
];
const HEIGHTS: [&[Line]; 2] = [
    &[(1, 0, 1), (2, 0, 2), (3, 0, 3), (4, 3, 4), (5, 6, 12), (5, 32, 76)],
    &[(7, 8, -255), (1, 0, 1), (2, 0, 2), (3, 0, 3), (4, 3, 4), (5, 6, 12), (7, BELOW, -256), (6, 32, 76)],
];
const BELOW: u32 = 33;
const OUT: u32 = 34;

/// What a dictionary asks for.
#[derive(Debug, Default, PartialEq)]
pub struct Asked {
    pub symbols: u64,
    pub pixels: u64,
    /// Whether the state of its decoder is kept for others.
    pub state: bool,
}

/// Reads a dictionary's segment as far as it can be followed; `None` where its codes are its own, or its symbols put
/// together from others, so that nothing can be told.
pub fn asked(data: &[u8]) -> Option<Asked> {
    let mut asked = Asked::default();
    let Some((flags, rest)) = data.split_first_chunk::<2>() else { return Some(asked) };
    let flags = u16::from_be_bytes(*flags);
    let huffman = flags & 1 != 0;
    if flags & 2 != 0 {
        return None;
    }
    let template = match (huffman, flags >> 10 & 3) {
        (true, _) => 0,
        (false, 0) => 8,
        (false, _) => 2,
    };
    let counts = rest.get(template..).unwrap_or(&[]);
    let Some((_, rest)) = counts.split_first_chunk::<4>() else { return Some(asked) };
    let Some((count, codes)) = rest.split_first_chunk::<4>() else { return Some(asked) };
    asked.symbols = u32::from_be_bytes(*count).into();
    asked.state = flags & 0x200 != 0;
    if !huffman {
        return Some(asked);
    }
    let heights = HEIGHTS.get(usize::from(flags >> 2 & 3))?;
    let widths = WIDTHS.get(usize::from(flags >> 4 & 3))?;
    if flags & 0x40 != 0 {
        return None;
    }
    let mut bits = Bits { data: codes, at: 0 };
    asked.pixels = bits.classes(heights, widths, asked.symbols);
    Some(asked)
}

struct Bits<'a> {
    data: &'a [u8],
    /// The next bit.
    at: usize,
}

impl Bits<'_> {
    /// Pixels of all classes of equal height, each once as a whole and once as its symbols.
    fn classes(&mut self, heights: &[Line], widths: &[Line], symbols: u64) -> u64 {
        let (mut pixels, mut height, mut left) = (0_u64, 0_u64, symbols);
        while left > 0
            && let Some(area) = self.class(heights, widths, &mut height, &mut left)
        {
            pixels = pixels.saturating_add(area.saturating_mul(2));
        }
        pixels
    }

    fn class(&mut self, heights: &[Line], widths: &[Line], height: &mut u64, left: &mut u64) -> Option<u64> {
        *height = height.checked_add_signed(self.value(heights)??)?;
        let (mut width, mut total) = (0_u64, 0_u64);
        while let Some(delta) = self.value(widths)? {
            width = width.checked_add_signed(delta)?;
            total = total.checked_add(width)?;
            *left = left.checked_sub(1)?;
        }
        let size = u64::try_from(self.value(SIZES)??).ok()?;
        let area = total.saturating_mul(*height);
        // Without a size the pixels stand there as they are.
        let stored = if size == 0 { total.div_ceil(8).saturating_mul(*height) } else { size };
        let stored = usize::try_from(stored).ok()?.checked_mul(8)?;
        self.at = self.at.next_multiple_of(8).saturating_add(stored);
        Some(area)
    }

    fn bits(&mut self, count: u32) -> Option<i64> {
        (0..count).try_fold(0, |value, _| {
            let byte = *self.data.get(self.at / 8)?;
            let bit = byte >> (7 - self.at % 8) & 1;
            self.at += 1;
            Some(value << 1 | i64::from(bit))
        })
    }

    /// The next value; `Some(None)` at the end of a class. Codes of each length follow those before in their order.
    fn value(&mut self, table: &[Line]) -> Option<Option<i64>> {
        let (mut read, mut code) = (0, 0);
        for length in 1..=8 {
            (read, code) = (read << 1 | self.bits(1)?, code << 1);
            for (_, range, low) in table.iter().filter(|line| line.0 == length) {
                if read == code {
                    return Some(match *range {
                        OUT => None,
                        BELOW => Some(low - self.bits(32)?),
                        range => Some(low + self.bits(range)?),
                    });
                }
                code += 1;
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packed(bits: &str) -> Vec<u8> {
        let bits: Vec<u8> = bits.bytes().filter(|b| *b != b' ').map(|b| b - b'0').collect();
        bits.chunks(8).map(|c| c.iter().fold(0, |v, b| v << 1 | b) << (8 - c.len())).collect()
    }

    #[test]
    fn classes_are_measured() {
        // Height 76 + 924, width 75 + 1925, the end of the class; 5 bytes of data. Then one of 1 x 1, stored as it is.
        let first = format!("11111 {:032b} 111110 {:032b} 111111 0 0101", 924, 1925);
        let head = |symbols: u8| [&[0, 1, 0, 0, 0, 0, 0, 0, 0][..], &[symbols]].concat();
        let one = [head(1), packed(&first), vec![0; 5]].concat();
        assert_eq!(asked(&one), Some(Asked { symbols: 1, pixels: 2 * 1000 * 2000, state: false }));
        let two = [head(2), packed(&first), vec![0; 5], packed("0 10 111111 0 0000"), vec![0]].concat();
        assert_eq!(asked(&two), Some(Asked { symbols: 2, pixels: 2 * (1000 * 2000 + 1001), state: false }));
        assert_eq!(asked(&[0, 2, 0, 0, 0, 1, 0, 0, 0, 1]), None, "put together");
        assert_eq!(asked(&[0, 0x0D, 0, 0, 0, 1, 0, 0, 0, 1]), None, "codes of its own");
    }
}
