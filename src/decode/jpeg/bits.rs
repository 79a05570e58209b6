//! Bits of entropy-coded data, 64 at a time.
//!
//! Stuffed zeroes are dropped for some ten thousand bytes at once ([`Source`]), so that reading bits ([`Bits`]) needs no
//! look at what they are.

/// Bytes without stuffing that are held.
const CHUNK: usize = 64 << 10;

/// Bytes that a unit takes at most: 64 blocks of 64 coefficients, each a code of 16 bits and a value of 15.
const UNIT: usize = 64 * 64 * 31 / 8;

/// Bytes that are looked through for 0xFF at once: of random ones seven in eight times there is none among so many.
const CLEAR: usize = 32;

/// One scan's data, up to each restart marker.
#[derive(Debug)]
pub struct Source<'a> {
    data: &'a [u8],
    /// The next byte of the data that is not in the chunk yet.
    next: usize,
    /// Whether restart markers may stand in the data; where not, they are noise.
    restarts: bool,
    chunk: Box<[u8]>,
    filled: usize,
    /// Whether a restart marker or the end follows on the chunk.
    ended: bool,
    /// Where the section in front of which the last restart marker stood begins in the data, and how many of its bytes
    /// were in the chunk and are not any more.
    section: (usize, usize),
    place: Place,
    noise: Option<usize>,
}

/// Where in the chunk reading is.
#[derive(Clone, Copy, Debug, Default)]
pub struct Place {
    at: usize,
    /// The next bit is the highest.
    window: u64,
    /// Bits in the window, zeroes beyond the end included.
    count: u32,
    /// How many of the zeroes beyond the end were put into the window so far.
    lent: u32,
}

/// A place in the data: a section's start, and bytes without stuffing behind it.
#[derive(Clone, Copy, Debug)]
pub struct Mark {
    section: usize,
    bytes: usize,
}

impl Place {
    /// Whole bytes in the window.
    fn held(&self) -> usize {
        (self.count.saturating_sub(self.lent) / 8) as usize
    }
}

/// Reads from the chunk of a [`Source`]. Where the data end it gives zeroes and says so.
#[derive(Clone, Copy, Debug)]
pub struct Bits<'a> {
    chunk: &'a [u8],
    place: Place,
    /// Up to where in the chunk a whole unit is sure to be in it.
    sure: usize,
}

impl<'a> Source<'a> {
    /// Over the data of one scan.
    pub fn new(data: &'a [u8], restarts: bool) -> Self {
        let chunk = vec![0; CHUNK.min(data.len().saturating_add(8))].into_boxed_slice();
        Self {
            data,
            next: 0,
            restarts,
            chunk,
            filled: 0,
            ended: false,
            section: (0, 0),
            place: Place::default(),
            noise: None,
        }
    }

    /// The bits to come, enough for a unit.
    pub fn bits(&mut self) -> Bits<'_> {
        self.refill();
        let sure = if self.ended { usize::MAX } else { self.filled.saturating_sub(UNIT) };
        Bits { chunk: self.chunk.get(..self.filled).unwrap_or(&[]), place: self.place, sure }
    }

    /// Goes on where `place` is.
    pub fn keep(&mut self, place: Place) {
        self.place = place;
    }

    fn refill(&mut self) {
        if self.ended || self.filled.saturating_sub(self.place.at) > UNIT {
            return;
        }
        let at = self.place.at.min(self.filled);
        self.chunk.copy_within(at..self.filled, 0);
        (self.filled, self.place.at, self.section.1) = (self.filled - at, 0, self.section.1 + at);
        self.unstuff();
    }

    /// Fills the chunk as far as eight bytes at a time go, or to the end.
    fn unstuff(&mut self) {
        self.copy_clear();
        while let Some(to) = self.chunk.get_mut(self.filled..).and_then(|c| c.first_chunk_mut::<8>()) {
            if let Some(next) = self.data.get(self.next..).and_then(|d| d.first_chunk::<8>()) {
                *to = *next;
                // The first 0xFF (the zero-byte test of Hacker's Delight, 6-1, on the complement; exact for the first).
                let next = u64::from_le_bytes(*next);
                let marks = (!next).wrapping_sub(0x0101_0101_0101_0101) & next & 0x8080_8080_8080_8080;
                let clear = (marks.trailing_zeros() / 8) as usize;
                (self.filled, self.next) = (self.filled + clear, self.next + clear);
                if marks == 0 {
                    continue;
                }
                if self.data.get(self.next + 1) == Some(&0) {
                    (self.filled, self.next) = (self.filled + 1, self.next + 2);
                    self.copy_clear();
                    continue;
                }
            }
            let Some(byte) = byte(self.data, &mut self.next, self.restarts, &mut self.noise) else {
                self.ended = true;
                return;
            };
            if let Some(to) = self.chunk.get_mut(self.filled) {
                *to = byte;
                self.filled += 1;
            }
        }
    }

    /// Copies [`CLEAR`] bytes at a time as long as there is no 0xFF among them.
    #[inline(always)]
    fn copy_clear(&mut self) {
        let (Some(to), Some(from)) = (self.chunk.get_mut(self.filled..), self.data.get(self.next..)) else { return };
        let parts = to.as_chunks_mut::<CLEAR>().0.iter_mut().zip(from.as_chunks::<CLEAR>().0);
        let mut copied = 0;
        for (to, from) in parts {
            if from.iter().fold(false, |any, byte| any | (*byte == 0xFF)) {
                break;
            }
            *to = *from;
            copied += CLEAR;
        }
        (self.filled, self.next) = (self.filled + copied, self.next + copied);
    }

    /// Where reading is, for [`Source::position`].
    pub fn mark(&self) -> Mark {
        let (section, passed) = self.section;
        Mark { section, bytes: (passed + self.place.at).saturating_sub(self.place.held()) }
    }

    /// The byte of the data that the next bit after a mark is in, or close to it: looked for from the section's start.
    pub fn position(&self, mark: Mark) -> usize {
        let mut at = mark.section;
        for _ in 0..mark.bytes {
            byte(self.data, &mut at, self.restarts, &mut None);
        }
        at
    }

    /// The first byte up to here that no encoder writes.
    pub fn noise(&self) -> Option<usize> {
        self.noise.filter(|at| *at <= self.position(self.mark()))
    }

    /// Goes to the next restart marker and behind it: the bytes passed over, and the marker's number; `None` without
    /// one.
    pub fn restart(&mut self) -> Option<(usize, u8)> {
        let mut skipped = self.filled.saturating_sub(self.place.at) + self.place.held();
        while !self.ended {
            self.filled = 0;
            self.unstuff();
            skipped += self.filled;
        }
        let number = match self.data.get(self.next..)? {
            [0xFF, code @ 0xD0..=0xD7, ..] => code & 7,
            _ => return None,
        };
        self.next += 2;
        (self.filled, self.ended, self.section, self.place) = (0, false, (self.next, 0), Place::default());
        Some((skipped, number))
    }

    /// Bytes of the data that were not taken.
    pub fn left(&self) -> usize {
        let behind = self.data.get(self.next..).unwrap_or(&[]);
        let fill = behind.iter().rev().take_while(|b| **b == 0xFF).count();
        behind.len() - fill + self.filled.saturating_sub(self.place.at) + self.place.held()
    }
}

/// The next byte of entropy-coded data without its stuffing; `None` at a restart marker and at the end.
fn byte(data: &[u8], at: &mut usize, restarts: bool, noise: &mut Option<usize>) -> Option<u8> {
    loop {
        match data.get(*at..)? {
            [0xFF, 0, ..] => *at += 2,
            // Fill bytes in front of a marker.
            [0xFF, 0xFF, ..] => {
                *at += 1;
                continue;
            }
            [0xFF] => return None,
            [0xFF, 0xD0..=0xD7, ..] if restarts => return None,
            [0xFF, ..] => {
                noise.get_or_insert(*at);
                *at += 2;
            }
            [byte, ..] => {
                *at += 1;
                return Some(*byte);
            }
            [] => return None,
        }
        return Some(0xFF);
    }
}

impl Bits<'_> {
    /// Makes sure of 56 bits.
    #[inline(always)]
    pub fn fill(&mut self) {
        let Place { at, window, count, .. } = &mut self.place;
        if let Some(next) = self.chunk.get(*at..).and_then(|d| d.first_chunk::<8>()) {
            *window |= u64::from_be_bytes(*next) >> *count;
            *at += ((63 - *count) >> 3) as usize;
            *count |= 56;
            return;
        }
        // By value, so that the fields can live in registers around the call.
        self.place = self.filled_bytewise();
    }

    #[inline(never)]
    fn filled_bytewise(self) -> Place {
        let mut place = self.place;
        while place.count < 56 {
            let Some(byte) = self.chunk.get(place.at) else {
                place.lent += 63 - place.count;
                place.count = 63;
                break;
            };
            place.window |= u64::from(*byte) << (56 - place.count);
            place.at += 1;
            place.count += 8;
        }
        place
    }

    /// Where this is, for [`Source::keep`].
    pub fn place(&self) -> Place {
        self.place
    }

    /// Whether a whole unit is in the chunk, or nothing follows on it.
    #[inline(always)]
    pub fn is_sure(&self) -> bool {
        self.place.at <= self.sure
    }

    /// The next `n` bits, 1 to 32, without taking them.
    #[inline(always)]
    pub fn peek(&self, n: u32) -> u32 {
        (self.place.window >> (64 - n)) as u32
    }

    /// Takes `n` bits, at most 31 of those that [`Bits::fill`] made sure of.
    #[inline(always)]
    pub fn take(&mut self, n: u32) {
        self.place.window <<= n;
        self.place.count = self.place.count.wrapping_sub(n);
    }

    /// The next `n` bits as a number, 0 to 16, taken.
    #[inline(always)]
    pub fn read(&mut self, n: u32) -> u32 {
        let value = (self.place.window >> 32 >> (32 - n)) as u32;
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
        self.place.lent > self.place.count
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Eight bits a time, as units of a byte: what was read before the end, and whether that was overdrawn.
    fn bytes(source: &mut Source, most: usize) -> (Vec<u8>, bool) {
        let mut got = Vec::new();
        loop {
            let mut bits = source.bits();
            while got.len() < most && bits.is_sure() && !bits.is_overdrawn() {
                bits.fill();
                got.push(bits.read(8) as u8);
            }
            let (over, place) = (bits.is_overdrawn(), bits.place());
            source.keep(place);
            if over || got.len() == most {
                return (got, over);
            }
        }
    }

    #[test]
    fn stuffing_is_dropped_and_the_end_is_noticed() {
        let data = [1, 2, 3, 4, 5, 6, 7, 8, 0xFF, 0, 9, 0xFF, 0xFF, 0xD3, 10, 11];
        let mut source = Source::new(&data, true);
        assert_eq!(bytes(&mut source, 10), (vec![1, 2, 3, 4, 5, 6, 7, 8, 0xFF, 9], false));
        assert_eq!(source.position(source.mark()), 11);
        assert_eq!(bytes(&mut source, 1), (vec![0], true));
        assert_eq!(source.restart(), Some((0, 3)));
        assert_eq!((bytes(&mut source, 1), source.left(), source.position(source.mark())), ((vec![10], false), 1, 15));
        assert_eq!(source.restart(), None);
    }

    #[test]
    fn markers_that_cannot_be_are_noise() {
        let mut source = Source::new(&[0xFF, 0xD0, 0xFF, 0x55, 7], false);
        assert_eq!((bytes(&mut source, 3), source.noise()), ((vec![0xFF, 0xFF, 7], false), Some(0)));
    }

    #[test]
    fn signed_values_extend() {
        let mut source = Source::new(&[0b0110_1000, 0b1000_0000], false);
        let mut bits = source.bits();
        bits.fill();
        assert_eq!(
            [bits.read_signed(1), bits.read_signed(2), bits.read_signed(2), bits.read_signed(0)],
            [-1, 3, -2, 0]
        );
    }

    proptest! {
        /// Across chunks, what was stuffed comes out as it went in, and restart markers divide it.
        #[test]
        fn what_was_stuffed_comes_out(seed: u64, lens in prop::collection::vec(0_usize..200_000, 1..4), full in 1_u64..40) {
            let mut state = seed | 1;
            let mut random = || {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                if (state >> 33).is_multiple_of(full) { 0xFF } else { (state >> 56) as u8 }
            };
            let sections: Vec<Vec<u8>> = lens.iter().map(|len| (0..*len).map(|_| random()).collect()).collect();
            let mut data = Vec::new();
            for (i, section) in sections.iter().enumerate() {
                if i > 0 {
                    data.extend([0xFF, 0xD0 + i as u8 - 1]);
                }
                section.iter().for_each(|b| data.extend(if *b == 0xFF { &[0xFF, 0][..] } else { std::slice::from_ref(b) }));
            }
            let mut source = Source::new(&data, true);
            for (i, section) in sections.iter().enumerate() {
                if i > 0 {
                    prop_assert_eq!(source.restart(), Some((0, i as u8 - 1)));
                }
                let (got, over) = bytes(&mut source, section.len());
                prop_assert!(!over && got == *section);
            }
            prop_assert_eq!((source.left(), source.position(source.mark()), source.noise()), (0, data.len(), None));
        }
    }
}
