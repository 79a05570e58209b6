//! Huffman tables as look-ups: one symbol with its value at a time, and several unneeded ones at a time.

use super::bits::Bits;
use crate::{fault::Refusal, probe::jpeg::frame::broken};

/// Bits that a look-up sees: 12 keeps both tables of a component (16 + 8 KiB) in the first-level cache.
const WIDTH: u32 = 12;
const SIZE: usize = 1 << WIDTH;

/// A table as the file gives it (DHT): how many codes there are of each length, and their symbols.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spec {
    counts: [u8; 16],
    symbols: Vec<u8>,
}

/// The four DC and four AC tables in force.
#[derive(Clone, Debug, Default)]
pub struct Specs {
    /// DC tables.
    pub dc: [Option<Spec>; 4],
    /// AC tables.
    pub ac: [Option<Spec>; 4],
}

impl Spec {
    /// Whether a block of nothing but zero bits has nothing in it, as plain areas are written by tables made for their
    /// picture. By all others such a block is full of coefficients, each the same.
    pub fn writes_plain_as_zeroes(&self) -> bool {
        self.symbols.first() == Some(&0)
    }
}

impl Specs {
    /// Takes a segment of tables (DHT).
    pub fn take(&mut self, body: &[u8], at: usize) -> Result<(), Refusal> {
        let bad = || broken("a Huffman table of the JPEG is impossible", at);
        let mut rest = body;
        while let Some((place, data)) = rest.split_first() {
            let (counts, data) = data.split_first_chunk::<16>().ok_or_else(bad)?;
            let len: usize = counts.iter().map(|c| usize::from(*c)).sum();
            let (symbols, after) = data.split_at_checked(len).ok_or_else(bad)?;
            let class = if place >> 4 == 0 { &mut self.dc } else { &mut self.ac };
            if place >> 4 > 1 || len > 256 {
                return Err(bad());
            }
            *class.get_mut(usize::from(place & 15)).ok_or_else(bad)? =
                Some(Spec { counts: *counts, symbols: symbols.to_vec() });
            rest = after;
        }
        Ok(())
    }
}

/// An entry for one symbol: bits taken in the low byte, its run in the next, its value in the upper half. For progressive
/// coding the symbol stands in the second byte instead. With no bits taken it is longer than the look-up sees: where the
/// code itself is not, its length stands in the third byte and the symbol in the second.
#[derive(Clone, Copy, Debug, Default)]
struct Symbol(u32);

/// An entry for several symbols: bits taken (0: none fits) in bits 0 to 4, places filled in bits 5 to 10, and bit 11 set
/// when the block ends behind them, or none fits: one comparison tells whether to go on.
#[derive(Clone, Copy, Debug, Default)]
struct Leap(u16);

/// Bits that a leap takes at most: a full window has three times as many, and few leaps are cut short by it.
const LONGEST: u32 = 18;

/// Bit 11 of a [`Leap`], moved down.
const STOP: usize = 64;

/// What a table is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Dc,
    Ac,
    Band,
}

/// The end of a block, in place of a run: beyond every block.
pub const END: usize = 128;

/// A table ready for decoding.
#[derive(Clone, Debug)]
pub struct Table {
    symbols: Box<[Symbol; SIZE]>,
    leaps: Box<[Leap; SIZE]>,
    codes: Codes,
}

/// The codes themselves.
#[derive(Clone, Debug)]
struct Codes {
    /// For each length the first code behind its codes, left-aligned in 16 bits; and what to add to a code for the
    /// index of its symbol.
    limits: [(u32, i32); 17],
    symbols: Vec<u8>,
}

impl Table {
    /// A table of DC differences; their sizes go up to 11, and to 15 as libjpeg lets them.
    pub fn dc(spec: &Spec, at: usize) -> Result<Self, Refusal> {
        if spec.symbols.iter().any(|s| *s > 15) {
            return Err(broken("a Huffman table of the JPEG is impossible", at));
        }
        Self::new(spec, at, Kind::Dc)
    }

    /// A table of AC coefficients of sequential coding.
    pub fn ac(spec: &Spec, at: usize) -> Result<Self, Refusal> {
        Self::new(spec, at, Kind::Ac)
    }

    /// A table of AC coefficients of progressive coding.
    pub fn band(spec: &Spec, at: usize) -> Result<Self, Refusal> {
        Self::new(spec, at, Kind::Band)
    }

    fn new(spec: &Spec, at: usize, kind: Kind) -> Result<Self, Refusal> {
        let mut limits = [(0, 0); 17];
        let (mut code, mut index) = (0_u32, 0_i32);
        let longest = spec.counts.iter().rposition(|count| *count > 0).map_or(0, |i| i + 1);
        // Codes in order of length (ITU T.81, annex C). None is all ones, as libjpeg sees to.
        for ((len, limit), count) in limits.iter_mut().enumerate().skip(1).zip(spec.counts) {
            let offset = index - code as i32;
            code += u32::from(count);
            index += i32::from(count);
            if code >= 1 << len && len <= longest {
                return Err(broken("a Huffman table of the JPEG is impossible", at));
            }
            *limit = (code << (16 - len), offset);
            code <<= 1;
        }
        let (mut symbols, mut leaps) = (Box::new([Symbol(0); SIZE]), Box::new([Leap(0); SIZE]));
        let codes = Codes { limits, symbols: spec.symbols.clone() };
        (0..).zip(symbols.iter_mut()).for_each(|(bits, entry)| *entry = codes.symbol_at(bits, kind));
        if kind == Kind::Ac {
            (0..).zip(leaps.iter_mut()).for_each(|(bits, entry)| *entry = codes.leap_at(bits));
        }
        Ok(Self { symbols, leaps, codes })
    }

    /// Reads one DC difference; `None` for a code that there is not. Needs 12 bits in the window.
    #[inline(always)]
    pub fn difference(&self, bits: &mut Bits) -> Option<i32> {
        let Symbol(entry) = self.symbols.get(bits.peek(WIDTH) as usize).copied().unwrap_or_default();
        if entry & 0xFF != 0 {
            bits.take(entry & 0xFF);
            return Some(entry as i32 >> 16);
        }
        self.coefficient(bits).map(|(_, value)| value)
    }

    /// Reads one AC coefficient of sequential coding: how many zeroes are in front of it ([`END`] at the end of the
    /// block), and its value; `None` for a code that there is not. Needs [`WIDTH`] bits in the window
    /// and takes no more of them, or leaves it full.
    #[inline(always)]
    pub fn coefficient(&self, bits: &mut Bits) -> Option<(usize, i32)> {
        let Symbol(entry) = self.symbols.get(bits.peek(WIDTH) as usize).copied().unwrap_or_default();
        if entry & 0xFF != 0 {
            bits.take(entry & 0xFF);
            return Some(((entry >> 8 & 0xFF) as usize, entry as i32 >> 16));
        }
        bits.fill();
        let (symbol, len) = match entry {
            0 => self.codes.decode(bits.peek(16))?,
            known => ((known >> 8) as u8, known >> 16),
        };
        bits.take(len);
        let value = bits.read_signed(u32::from(symbol & 15));
        bits.fill();
        let run = if symbol & 15 == 0 && symbol >> 4 != 15 { END } else { usize::from(symbol >> 4) };
        Some((run, value))
    }

    /// Reads one symbol of progressive coding, without what follows it. Needs 16 bits.
    pub fn symbol(&self, bits: &mut Bits) -> Option<u8> {
        let Symbol(entry) = self.symbols.get(bits.peek(WIDTH) as usize).copied().unwrap_or_default();
        if entry & 0xFF != 0 {
            bits.take(entry & 0xFF);
            return Some((entry >> 8) as u8);
        }
        let (symbol, len) = self.codes.decode(bits.peek(16))?;
        bits.take(len);
        Some(symbol)
    }

    /// Passes over the rest of a block whose next place is `place`; `None` for a code that there is not, or a value
    /// beyond the block.
    #[inline(always)]
    pub fn skip(&self, bits: &mut Bits, mut place: usize) -> Option<()> {
        while place < 64 {
            bits.fill();
            for _ in 0..56 / LONGEST {
                let Leap(entry) = self.leaps.get(bits.peek(WIDTH) as usize).copied().unwrap_or_default();
                let (taken, next) = (u32::from(entry & 0x1F), place + usize::from(entry >> 5));
                if next < 64 {
                    bits.take(taken);
                    place = next;
                    continue;
                }
                // All places filled, or the block's end before they are.
                let over = if entry >> 11 == 0 { next == 64 } else { taken > 0 && next < 2 * STOP };
                if over {
                    bits.take(taken);
                    return Some(());
                }
                match self.coefficient(bits)? {
                    (END.., _) => return Some(()),
                    // A run of zeroes beyond the block harms nobody.
                    (run, value) if place + run >= 64 => return (value == 0).then_some(()),
                    (run, _) => place += run + 1,
                }
                break;
            }
        }
        Some(())
    }
}

impl Codes {
    /// The symbol that 16 bits begin with and its length; `None` for a code that there is not.
    #[inline(never)]
    fn decode(&self, bits: u32) -> Option<(u8, u32)> {
        let (len, (_, offset)) = self.limits.iter().enumerate().skip(1).find(|(_, (limit, _))| bits < *limit)?;
        let index = (bits >> (16 - len)) as i32 + offset;
        Some((*self.symbols.get(usize::try_from(index).ok()?)?, len as u32))
    }

    fn symbol_at(&self, bits: u32, kind: Kind) -> Symbol {
        let Some((symbol, len)) = self.decode(bits << (16 - WIDTH)).filter(|(_, len)| *len <= WIDTH) else {
            return Symbol::default();
        };
        let entry = Self::symbol(symbol, len, bits << (32 - WIDTH), kind);
        if entry.0 & 0xFF <= WIDTH { entry } else { Symbol(u32::from(symbol) << 8 | len << 16) }
    }

    fn symbol(symbol: u8, len: u32, bits: u32, kind: Kind) -> Symbol {
        let (run, size) = (u32::from(symbol >> 4), u32::from(symbol & 15));
        if kind == Kind::Band {
            return Symbol(len | u32::from(symbol) << 8);
        }
        if kind == Kind::Ac && size == 0 && run != 15 {
            return Symbol(len | (END as u32) << 8);
        }
        let value = (u64::from(bits << len) << size >> 32) as i32;
        let value = if size > 0 && value < 1 << (size - 1) { value - (1 << size) + 1 } else { value };
        Symbol((len + size) | run << 8 | (value as u32) << 16)
    }

    fn leap_at(&self, bits: u32) -> Leap {
        let entry = |taken: u32, places: u32| Leap((taken | places << 5) as u16);
        let (mut taken, mut places) = (0, 0);
        while taken < WIDTH {
            let rest = bits << taken & (SIZE as u32 - 1);
            let Some((symbol, len)) = self.decode(rest << (16 - WIDTH)).filter(|(_, len)| taken + len <= WIDTH) else {
                break;
            };
            let (run, size) = (u32::from(symbol >> 4), u32::from(symbol & 15));
            if size == 0 && run != 15 {
                return entry(taken + len, places + STOP as u32);
            }
            // The last symbol's value may reach beyond the look-up: it is passed over all the same.
            if places + run + 1 > 63 || taken + len + size > LONGEST {
                break;
            }
            taken += len + size;
            places += run + 1;
        }
        entry(taken, if taken == 0 { STOP as u32 } else { places })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_code_is_all_ones() {
        let table = |counts: &[u8]| {
            let mut spec = Spec { counts: [0; 16], symbols: (0..counts.iter().sum()).collect() };
            spec.counts[..counts.len()].copy_from_slice(counts);
            Table::dc(&spec, 0).is_ok()
        };
        assert!(table(&[1]) && table(&[0, 3]) && table(&[1, 1, 1]));
        assert!(!table(&[2]) && !table(&[0, 4]) && !table(&[1, 2]) && !table(&[2, 0, 1]));
    }
}
