//! Bits of entropy-coded data, 64 at a time, straight from the file: stuffed zeroes are dropped on the way.

use memchr::memchr;

/// Reads one scan's data from its first bit on; stops at restart markers and at the end, and from there on gives
/// zeroes and says so.
#[derive(Clone, Copy, Debug)]
pub struct Bits<'a> {
    data: &'a [u8],
    at: usize,
    /// The next bit is the highest.
    window: u64,
    /// Bits in the window, zeroes beyond the end included.
    count: u32,
    /// How many of the zeroes beyond the end were put into the window so far.
    lent: u32,
    /// Whether restart markers may stand in the data; where not, they are noise.
    restarts: bool,
    /// The first byte that no encoder writes.
    pub noise: Option<usize>,
}

impl<'a> Bits<'a> {
    /// Over the data of one scan.
    pub fn new(data: &'a [u8], restarts: bool) -> Self {
        Self { data, at: 0, window: 0, count: 0, lent: 0, restarts, noise: None }
    }

    /// Makes sure of 56 bits.
    #[inline(always)]
    pub fn fill(&mut self) {
        if let Some(next) = self.data.get(self.at..).and_then(|d| d.first_chunk::<8>()) {
            let next = u64::from_be_bytes(*next);
            // No byte of 0xFF among the eight (the zero-byte test of Hacker's Delight, 6-1, on the complement).
            if (!next).wrapping_sub(0x0101_0101_0101_0101) & next & 0x8080_8080_8080_8080 == 0 {
                self.window |= next >> self.count;
                self.at += ((63 - self.count) >> 3) as usize;
                self.count |= 56;
                return;
            }
        }
        // By value, so that the fields can live in registers around the call.
        *self = self.filled_bytewise();
    }

    #[inline(never)]
    fn filled_bytewise(mut self) -> Self {
        while self.count < 56 {
            let Some(byte) = self.next_byte() else {
                self.lent += 63 - self.count;
                self.count = 63;
                break;
            };
            self.window |= u64::from(byte) << (56 - self.count);
            self.count += 8;
        }
        self
    }

    fn next_byte(&mut self) -> Option<u8> {
        loop {
            match self.data.get(self.at..)? {
                [0xFF, 0, ..] => self.at += 2,
                // Fill bytes in front of a marker.
                [0xFF, 0xFF, ..] => {
                    self.at += 1;
                    continue;
                }
                [0xFF] => return None,
                [0xFF, 0xD0..=0xD7, ..] if self.restarts => return None,
                [0xFF, ..] => {
                    self.noise.get_or_insert(self.at);
                    self.at += 2;
                }
                [byte, ..] => {
                    self.at += 1;
                    return Some(*byte);
                }
                [] => return None,
            }
            return Some(0xFF);
        }
    }

    /// The next `n` bits, 1 to 32, without taking them.
    #[inline(always)]
    pub fn peek(&self, n: u32) -> u32 {
        (self.window >> (64 - n)) as u32
    }

    /// Takes `n` bits, at most 31 of those that [`Bits::fill`] made sure of.
    #[inline(always)]
    pub fn take(&mut self, n: u32) {
        self.window <<= n;
        self.count = self.count.wrapping_sub(n);
    }

    /// The next `n` bits as a number, 0 to 16, taken.
    #[inline(always)]
    pub fn read(&mut self, n: u32) -> u32 {
        let value = (self.window >> 32 >> (32 - n)) as u32;
        self.take(n);
        value
    }

    /// A coefficient of `size` bits, 0 to 16, taken (ITU T.81, F.2.2.1, EXTEND).
    #[inline(always)]
    pub fn read_signed(&mut self, size: u32) -> i32 {
        let value = self.read(size) as i32;
        if size > 0 && value < 1 << (size - 1) { value - (1 << size) + 1 } else { value }
    }

    /// Whether more was taken than there was.
    #[inline(always)]
    pub fn is_overdrawn(&self) -> bool {
        self.lent > self.count
    }

    /// The byte of the data that the next bit is in, or close to it.
    pub fn position(&self) -> usize {
        self.at.saturating_sub((self.count.saturating_sub(self.lent) / 8) as usize)
    }

    /// Goes to the next restart marker and behind it: the bytes passed over, and the marker's number; `None` without
    /// one.
    pub fn restart(&mut self) -> Option<(usize, u8)> {
        let mut skipped = (self.count.saturating_sub(self.lent) / 8) as usize;
        (self.window, self.count, self.lent) = (0, 0, 0);
        loop {
            let rest = self.data.get(self.at..)?;
            let Some(start) = memchr(0xFF, rest) else {
                self.at = self.data.len();
                return None;
            };
            skipped += start;
            self.at += start;
            match self.data.get(self.at + 1) {
                Some(code @ 0xD0..=0xD7) => {
                    self.at += 2;
                    return Some((skipped, code & 7));
                }
                Some(0xFF) => self.at += 1,
                Some(_) => {
                    skipped += 2;
                    self.at += 2;
                }
                None => {
                    self.at = self.data.len();
                    return None;
                }
            }
        }
    }

    /// Bytes of the data that were not taken.
    pub fn left(&self) -> usize {
        let behind = self.data.get(self.at..).unwrap_or(&[]);
        let fill = behind.iter().rev().take_while(|b| **b == 0xFF).count();
        behind.len() - fill + (self.count.saturating_sub(self.lent) / 8) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stuffing_is_dropped_and_the_end_is_noticed() {
        let data = [1, 2, 3, 4, 5, 6, 7, 8, 0xFF, 0, 9, 0xFF, 0xFF, 0xD3, 10, 11];
        let mut bits = Bits::new(&data, true);
        let read = |bits: &mut Bits| {
            bits.fill();
            bits.read(8)
        };
        let got: Vec<u32> = (0..10).map(|_| read(&mut bits)).collect();
        assert_eq!(got, [1, 2, 3, 4, 5, 6, 7, 8, 0xFF, 9]);
        assert!(!bits.is_overdrawn());
        assert_eq!(read(&mut bits), 0);
        assert!(bits.is_overdrawn());
        assert_eq!(bits.restart(), Some((0, 3)));
        assert_eq!((read(&mut bits), bits.left()), (10, 1));
        assert_eq!(bits.restart(), None);
    }

    #[test]
    fn markers_that_cannot_be_are_noise() {
        let mut bits = Bits::new(&[0xFF, 0xD0, 0xFF, 0x55, 7], false);
        bits.fill();
        assert_eq!((bits.read(8), bits.read(8), bits.read(8), bits.noise), (0xFF, 0xFF, 7, Some(0)));
    }

    #[test]
    fn signed_values_extend() {
        let mut bits = Bits::new(&[0b0110_1000, 0b1000_0000], false);
        bits.fill();
        assert_eq!(
            [bits.read_signed(1), bits.read_signed(2), bits.read_signed(2), bits.read_signed(0)],
            [-1, 3, -2, 0]
        );
    }
}
