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

/// An entry for one symbol: bits taken (0: longer than the look-up sees) in the low byte, its run in the next, its
/// value in the upper half. For progressive coding the symbol stands in the second byte instead.
#[derive(Clone, Copy, Debug, Default)]
struct Symbol(u32);

/// An entry for several symbols: bits taken (0: none fits) in bits 0 to 4, places filled in bits 5 to 11, bit 15 set
/// when the block ends.
#[derive(Clone, Copy, Debug, Default)]
struct Leap(u16);

/// What a table is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Dc,
    Ac,
    Band,
}

/// The end of a block, in place of a run.
const END: u32 = 0xFF;

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

/// What a look-up gave: a run of zeroes and the value behind it, or the block's end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coded {
    /// So many zeroes, then this.
    Value(usize, i32),
    /// Nothing more in this block.
    End,
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
        // Codes in order of length (ITU T.81, annex C).
        for ((len, limit), count) in limits.iter_mut().enumerate().skip(1).zip(spec.counts) {
            let offset = index - code as i32;
            code += u32::from(count);
            index += i32::from(count);
            if code > 1 << len {
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
        match self.coefficient(bits)? {
            Coded::Value(_, value) => Some(value),
            Coded::End => Some(0),
        }
    }

    /// Reads one AC coefficient of sequential coding; `None` for a code that there is not. Needs 12 bits in the window.
    #[inline(always)]
    pub fn coefficient(&self, bits: &mut Bits) -> Option<Coded> {
        let Symbol(entry) = self.symbols.get(bits.peek(WIDTH) as usize).copied().unwrap_or_default();
        let entry = if entry & 0xFF != 0 {
            entry
        } else {
            bits.fill();
            self.codes.long(bits.peek(32))?.0
        };
        bits.take(entry & 0xFF);
        let run = entry >> 8 & 0xFF;
        Some(if run == END { Coded::End } else { Coded::Value(run as usize, entry as i32 >> 16) })
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
            // Two leaps take at most 2 * (12 + 15) of 56 bits.
            for _ in 0..2 {
                let Leap(entry) = self.leaps.get(bits.peek(WIDTH) as usize).copied().unwrap_or_default();
                let places = usize::from(entry >> 5 & 0x7F);
                if places == 0 || place + places > 64 {
                    match self.coefficient(bits)? {
                        Coded::End => return Some(()),
                        // A run of zeroes beyond the block harms nobody.
                        Coded::Value(run, value) if place + run >= 64 => return (value == 0).then_some(()),
                        Coded::Value(run, _) => place += run + 1,
                    }
                    break;
                }
                bits.take((entry & 0x1F).into());
                place += places;
                if entry >> 15 != 0 || place >= 64 {
                    return Some(());
                }
            }
        }
        Some(())
    }
}

impl Codes {
    /// The symbol that 16 bits begin with and its length; `None` for a code that there is not.
    fn decode(&self, bits: u32) -> Option<(u8, u32)> {
        let (len, (_, offset)) = self.limits.iter().enumerate().skip(1).find(|(_, (limit, _))| bits < *limit)?;
        let index = (bits >> (16 - len)) as i32 + offset;
        Some((*self.symbols.get(usize::try_from(index).ok()?)?, len as u32))
    }

    fn symbol_at(&self, bits: u32, kind: Kind) -> Symbol {
        match self.decode(bits << (16 - WIDTH)) {
            Some((symbol, len)) => {
                Self::symbol(symbol, len, bits << (32 - WIDTH), kind).filter(|s| s.0 & 0xFF <= WIDTH)
            }
            None => None,
        }
        .unwrap_or_default()
    }

    /// An entry for the symbol that 32 bits begin with, of any length.
    #[inline(never)]
    fn long(&self, bits: u32) -> Option<Symbol> {
        let (symbol, len) = self.decode(bits >> 16)?;
        Self::symbol(symbol, len, bits, Kind::Ac)
    }

    fn symbol(symbol: u8, len: u32, bits: u32, kind: Kind) -> Option<Symbol> {
        let (run, size) = (u32::from(symbol >> 4), u32::from(symbol & 15));
        if kind == Kind::Band {
            return Some(Symbol(len | u32::from(symbol) << 8));
        }
        if kind == Kind::Ac && size == 0 && run != 15 {
            return Some(Symbol(len | END << 8));
        }
        let value = (u64::from(bits << len) << size >> 32) as i32;
        let value = if size > 0 && value < 1 << (size - 1) { value - (1 << size) + 1 } else { value };
        Some(Symbol((len + size) | run << 8 | (value as u32) << 16))
    }

    fn leap_at(&self, bits: u32) -> Leap {
        let (mut taken, mut places) = (0, 0);
        while taken < WIDTH {
            let rest = bits << taken & (SIZE as u32 - 1);
            let Some((symbol, len)) = self.decode(rest << (16 - WIDTH)).filter(|(_, len)| taken + len <= WIDTH) else {
                break;
            };
            let (run, size) = (u32::from(symbol >> 4), u32::from(symbol & 15));
            if size == 0 && run != 15 {
                return Leap((taken + len) as u16 | ((places + 1) << 5) as u16 | 1 << 15);
            }
            if places + run + 1 > 63 {
                break;
            }
            // The last symbol's value may reach beyond the look-up: it is passed over all the same.
            taken += len + size;
            places += run + 1;
        }
        Leap(taken as u16 | (places << 5) as u16)
    }
}
