//! Scans of progressive coding (ITU T.81, annex G). Coefficients are kept until all scans are read; scans of
//! coefficients that the wanted scale does not need are not decoded at all.

use super::{
    bits::Bits,
    canvas::Canvas,
    dct::{self, Weights},
    huffman::Table,
    scan::Units,
};
use crate::{
    pixmap::{Block, every},
    probe::jpeg::ScanHeader,
    watch::Watch,
};

/// The coefficients of one component, zigzag, so many of each block.
#[derive(Clone, Debug)]
pub struct Store {
    values: Vec<i16>,
    /// Coefficients that are kept of a block.
    pub depth: usize,
    across: usize,
    /// By coefficient, the bit position down to which it is known; `None` before its first scan.
    pub known: [Option<u8>; 64],
}

impl Store {
    /// For a component, with its first `depth` coefficients.
    pub fn new(canvas: &Canvas, depth: usize) -> Self {
        let (across, down) = canvas.padded;
        Self { values: vec![0; across * down * depth], depth, across, known: [None; 64] }
    }

    fn block(&mut self, x: usize, y: usize) -> Option<&mut [i16]> {
        let at = (y * self.across + x) * self.depth;
        self.values.get_mut(at..at + self.depth)
    }

    /// All blocks with their places, across and down.
    pub fn blocks(&self) -> impl Iterator<Item = (usize, usize, &[i16])> {
        let blocks = self.values.chunks_exact(self.depth.max(1)).enumerate();
        blocks.map(|(i, block)| (i % self.across.max(1), i / self.across.max(1), block))
    }

    /// Whether a scan takes up where the earlier ones ended. Others are noise, and are not worth any time.
    pub fn follows(&self, scan: &ScanHeader) -> bool {
        let band = self.known.get(scan.first.into()..=scan.last.into()).unwrap_or(&[]);
        let before = (scan.high > 0).then_some(scan.high);
        band.iter().all(|known| *known == before)
            && (scan.first == 0 || self.known.first().is_some_and(Option::is_some))
    }

    /// Notes that a scan was read.
    pub fn learn(&mut self, scan: &ScanHeader) {
        if let Some(band) = self.known.get_mut(scan.first.into()..=scan.last.into()) {
            band.fill(Some(scan.low));
        }
    }

    /// What was not sent when all scans are read: how many of the 64 coefficients never came, and whether any came only
    /// in part. The standard lets an encoder leave passes out (ITU T.81, G.1.1.1); none is known to do so, and a file
    /// that lost its last ones looks just like that.
    pub fn missing(&self) -> Option<usize> {
        let never = self.known.iter().filter(|known| known.is_none()).count();
        (never > 0 || self.known.iter().flatten().any(|low| *low > 0)).then_some(never)
    }

    /// Some blocks at full scale; none where not all passes over all coefficients were read.
    pub fn sample(&self, fine: &Weights) -> Vec<Block> {
        if self.depth < 64 || self.missing().is_some() {
            return Vec::new();
        }
        let blocks = self.values.chunks_exact(self.depth);
        let (every, basis) = (every(self.across, blocks.len() / self.across.max(1)), dct::basis());
        let samples = |block| dct::inverse(&dct::cells(block, fine), &basis).map(|row| row.map(dct::sample));
        blocks.step_by(every).map(samples).collect()
    }

    /// Turns all blocks into samples, or some when it is time to stop.
    pub fn draw(&self, canvas: &mut Canvas, weights: &Weights, watch: &Watch) {
        match canvas.side {
            1 => self.draw_as(canvas, weights, &dct::basis::<1>(), watch),
            2 => self.draw_as(canvas, weights, &dct::basis::<2>(), watch),
            4 => self.draw_as(canvas, weights, &dct::basis::<4>(), watch),
            _ => self.draw_as(canvas, weights, &dct::basis::<8>(), watch),
        }
    }

    fn draw_as<const S: usize>(&self, canvas: &mut Canvas, weights: &Weights, basis: &[[f32; S]; S], watch: &Watch) {
        for (i, block) in self.values.chunks_exact(self.depth.max(1)).enumerate() {
            if i % self.across == 0 && watch.is_over() {
                return;
            }
            let cells = dct::cells(block, weights);
            canvas.put::<S>(i % self.across, i / self.across, &dct::inverse(&cells, basis));
        }
    }
}

/// One component's part in a scan of DC coefficients.
pub struct Direct<'a> {
    /// Its coefficients.
    pub store: &'a mut Store,
    /// Blocks of a unit, across and down.
    pub blocks: (usize, usize),
    /// Its DC table; `None` in a refining scan.
    pub table: Option<Table>,
    /// The last DC coefficient.
    pub previous: i32,
}

/// A scan of DC coefficients.
pub struct DirectScan<'a> {
    /// The components in it.
    pub parts: Vec<Direct<'a>>,
    /// The bit position of this pass.
    pub low: u8,
}

impl Units for DirectScan<'_> {
    fn restart(&mut self) {
        self.parts.iter_mut().for_each(|part| part.previous = 0);
    }

    fn read(&mut self, bits: &mut Bits, x: usize, y: usize) -> Option<()> {
        for part in &mut self.parts {
            let (across, down) = part.blocks;
            for v in 0..down {
                for h in 0..across {
                    bits.fill();
                    let value = match &part.table {
                        Some(table) => {
                            part.previous = i32::from(part.previous.wrapping_add(table.difference(bits)?) as i16);
                            part.previous << self.low
                        }
                        None => (bits.read(1) as i32) << self.low,
                    };
                    let block = part.store.block(x * across + h, y * down + v);
                    if let Some(dc) = block.and_then(|b| b.first_mut()) {
                        *dc = if part.table.is_some() { value as i16 } else { *dc | value as i16 };
                    }
                }
            }
        }
        Some(())
    }
}

/// A scan of a band of AC coefficients of one component.
pub struct BandScan<'a> {
    /// Its coefficients.
    pub store: &'a mut Store,
    /// Its AC table.
    pub table: Table,
    /// First and last coefficient.
    pub band: (usize, usize),
    /// The bit position of this pass.
    pub low: u8,
    /// Whether it refines coefficients that are known already.
    pub refines: bool,
    /// Whether no later scan will refine: then each value is taken to lie in the middle of what it may be.
    pub settles: bool,
    /// Blocks still to come without a new coefficient.
    pub run: u32,
}

impl Units for BandScan<'_> {
    fn restart(&mut self) {
        self.run = 0;
    }

    fn read(&mut self, bits: &mut Bits, x: usize, y: usize) -> Option<()> {
        if self.refines { self.refine(bits, x, y) } else { self.first(bits, x, y) }
    }
}

impl BandScan<'_> {
    fn first(&mut self, bits: &mut Bits, x: usize, y: usize) -> Option<()> {
        if self.run > 0 {
            self.run -= 1;
            return Some(());
        }
        let half = if self.settles && self.low > 0 { 1 << (self.low - 1) } else { 0 };
        let (mut k, last) = self.band;
        let block = self.store.block(x, y)?;
        while k <= last {
            bits.fill();
            let symbol = self.table.symbol(bits)?;
            let (run, size) = (u32::from(symbol >> 4), u32::from(symbol & 15));
            match (run, size) {
                (15, 0) => k += 16,
                (_, 0) => {
                    self.run = (1 << run) + bits.read(run) - 1;
                    break;
                }
                _ => {
                    k += run as usize;
                    let value = bits.read_signed(size);
                    if k > last {
                        return None;
                    }
                    if let Some(to) = block.get_mut(k) {
                        *to = ((value << self.low) + value.signum() * half) as i16;
                    }
                    k += 1;
                }
            }
        }
        Some(())
    }

    fn refine(&mut self, bits: &mut Bits, x: usize, y: usize) -> Option<()> {
        let bit = 1_i16 << self.low;
        let (mut k, last) = self.band;
        let block = self.store.block(x, y)?.get_mut(..=last)?;
        while self.run == 0 && k <= last {
            bits.fill();
            let symbol = self.table.symbol(bits)?;
            let (mut zeroes, size) = (u32::from(symbol >> 4), u32::from(symbol & 15));
            let mut value = 0;
            match size {
                0 if zeroes < 15 => {
                    self.run = (1 << zeroes) + bits.read(zeroes);
                    break;
                }
                0 => {}
                // Libjpeg warns of other sizes and takes them for 1; only damage makes them.
                1 => value = if bits.read(1) == 1 { bit } else { -bit },
                _ => return None,
            }
            // Known coefficients on the way get their correction bit; unknown ones are counted.
            while let Some(c) = block.get_mut(k) {
                k += 1;
                if *c != 0 {
                    correct(bits, c, bit);
                } else if zeroes == 0 {
                    *c = value;
                    break;
                } else {
                    zeroes -= 1;
                }
            }
        }
        if self.run > 0 {
            self.run -= 1;
            block.iter_mut().skip(k).filter(|c| **c != 0).for_each(|c| correct(bits, c, bit));
        }
        Some(())
    }
}

#[inline(always)]
fn correct(bits: &mut Bits, coefficient: &mut i16, bit: i16) {
    bits.fill();
    if bits.read(1) == 1 {
        *coefficient = coefficient.saturating_add(if *coefficient >= 0 { bit } else { -bit });
    }
}
