//! A scan of baseline or extended sequential coding (ITU T.81, annex F): every symbol is read, of the coefficients only
//! those that the wanted scale needs are kept.

use super::{
    bits::Bits,
    canvas::Canvas,
    dct::{self, Weights},
    huffman::{END, Table},
    scan::Units,
};
use crate::pixmap::{Block, every};
use std::ops::Range;

/// One component's part in a scan.
pub struct Part<'a> {
    /// Its samples.
    pub canvas: &'a mut Canvas,
    /// Blocks of a unit, across and down.
    pub blocks: (usize, usize),
    /// Its DC table.
    pub dc: Table,
    /// Its AC table.
    pub ac: Table,
    /// What its coefficients weigh.
    pub weights: Weights,
    /// The last DC coefficient.
    pub previous: i32,
}

/// Blocks that are kept at full scale on the way, all of the first part.
pub struct Sample<'a> {
    fine: Weights,
    basis: [[f32; 8]; 8],
    blocks: &'a mut Vec<Block>,
    /// Of how many units one is taken, and how many are to go.
    every: usize,
    left: usize,
}

impl<'a> Sample<'a> {
    /// For so many units that are made, across and down, with so many blocks of the first part in each. `fine` is what
    /// coefficients weigh in blocks of 8 x 8 samples.
    pub fn new(fine: Weights, blocks: &'a mut Vec<Block>, (across, down): (usize, usize), each: usize) -> Self {
        blocks.clear();
        Self { fine, basis: dct::basis(), blocks, every: every(across, down.saturating_mul(each)), left: 0 }
    }

    /// Itself, where the next unit is one to take.
    #[inline(always)]
    fn due(&mut self) -> Option<&mut Self> {
        let due = self.left == 0;
        self.left = if due { self.every } else { self.left } - 1;
        due.then_some(self)
    }
}

/// The parts of a sequential scan.
pub struct Sequential<'a> {
    parts: Vec<Part<'a>>,
    sample: Option<Sample<'a>>,
    /// Columns and rows of units that are made; the others are passed over.
    wanted: (Range<usize>, Range<usize>),
    two: [[f32; 2]; 2],
    four: [[f32; 4]; 4],
    eight: [[f32; 8]; 8],
}

impl<'a> Sequential<'a> {
    /// A scan of these parts, of which units in `wanted` columns and rows are made.
    pub fn new(parts: Vec<Part<'a>>, sample: Option<Sample<'a>>, wanted: (Range<usize>, Range<usize>)) -> Self {
        Self { parts, sample, wanted, two: dct::basis(), four: dct::basis(), eight: dct::basis() }
    }
}

impl Units for Sequential<'_> {
    fn restart(&mut self) {
        self.parts.iter_mut().for_each(|part| part.previous = 0);
    }

    #[inline(always)]
    fn read(&mut self, bits: &mut Bits, x: usize, y: usize) -> Option<()> {
        let wanted = self.wanted.0.contains(&x) && self.wanted.1.contains(&y);
        let mut sample = if wanted { self.sample.as_mut().and_then(Sample::due) } else { None };
        for part in &mut self.parts {
            match (part.canvas.side, sample.take()) {
                _ if !wanted => part.each(x, y, |part, _, _| pass(bits, part))?,
                (side, Some(sample)) => part.each(x, y, |part, x, y| match side {
                    1 => sampled(bits, part, &dct::basis::<1>(), sample, x, y),
                    2 => sampled(bits, part, &self.two, sample, x, y),
                    4 => sampled(bits, part, &self.four, sample, x, y),
                    _ => sampled(bits, part, &self.eight, sample, x, y),
                })?,
                (1, _) => part.each(x, y, |part, x, y| dc_block(bits, part, x, y))?,
                (2, _) => part.each(x, y, |part, x, y| block(bits, part, &self.two, x, y))?,
                (4, _) => part.each(x, y, |part, x, y| block(bits, part, &self.four, x, y))?,
                _ => part.each(x, y, |part, x, y| block(bits, part, &self.eight, x, y))?,
            }
        }
        Some(())
    }
}

impl Part<'_> {
    /// Calls `read` for each of its blocks in the unit at (x, y).
    #[inline(always)]
    fn each(&mut self, x: usize, y: usize, mut read: impl FnMut(&mut Self, usize, usize) -> Option<()>) -> Option<()> {
        let (across, down) = self.blocks;
        for y in y * down..y * down + down {
            for x in x * across..x * across + across {
                read(self, x, y)?;
            }
        }
        Some(())
    }
}

/// Reads the DC difference. Sums beyond what 8-bit pictures can have wrap as in libjpeg's 16 bits.
#[inline(always)]
fn direct(bits: &mut Bits, part: &mut Part) -> Option<i32> {
    bits.fill();
    part.previous = i32::from(part.previous.wrapping_add(part.dc.difference(bits)?) as i16);
    Some(part.previous)
}

/// Passes over a block.
#[inline(always)]
fn pass(bits: &mut Bits, part: &mut Part) -> Option<()> {
    direct(bits, part)?;
    part.ac.skip(bits, 1)
}

#[inline(always)]
fn dc_block(bits: &mut Bits, part: &mut Part, x: usize, y: usize) -> Option<()> {
    let dc = direct(bits, part)?;
    let [weight, ..] = part.weights.factor;
    part.canvas.put::<1>(x, y, &[[dc as f32 * weight]]);
    part.ac.skip(bits, 1)
}

#[inline(always)]
fn block<const S: usize>(bits: &mut Bits, part: &mut Part, basis: &[[f32; S]; S], x: usize, y: usize) -> Option<()> {
    let dc = direct(bits, part)?;
    let weights = &part.weights;
    let mut cells = [[0.0_f32; S]; S];
    let [weight, ..] = weights.factor;
    if let Some(cell) = cells.as_flattened_mut().first_mut() {
        *cell = dc as f32 * weight;
    }
    let (mut k, mut room) = (1, 3);
    'block: loop {
        // A full window has four times the bits of a look-up, the first time less those of the DC difference.
        for _ in 0..room {
            let (run, value) = part.ac.coefficient(bits)?;
            k += run;
            if k > 63 {
                // A run of zeroes beyond the block harms nobody, a value there is damage.
                if run != END && value != 0 {
                    return None;
                }
                break 'block;
            }
            // Both within bounds; the masks show it.
            let factor = weights.factor.get(k & 63).copied().unwrap_or_default();
            let cell = weights.cell.get(k & 63).copied().unwrap_or_default();
            if let Some(cell) = cells.as_flattened_mut().get_mut(usize::from(cell) & (S * S - 1)) {
                *cell += value as f32 * factor;
            }
            k += 1;
            if k > weights.last {
                part.ac.skip(bits, k)?;
                break 'block;
            }
        }
        bits.fill();
        room = 4;
    }
    part.canvas.put::<S>(x, y, &dct::inverse(&cells, basis));
    Some(())
}

/// A block that is kept at full scale too.
#[inline(never)]
fn sampled<const S: usize>(
    bits: &mut Bits,
    part: &mut Part,
    basis: &[[f32; S]; S],
    sample: &mut Sample,
    x: usize,
    y: usize,
) -> Option<()> {
    let mut values = [0_i16; 64];
    values[0] = direct(bits, part)? as i16;
    // As `block` does it: the first value at or behind the last that counts is still taken in.
    let (mut k, mut counted) = (1, 64);
    while k < 64 {
        bits.fill();
        let (run, value) = part.ac.coefficient(bits)?;
        k += run;
        match values.get_mut(k) {
            Some(to) => *to = value as i16,
            None if run != END && value != 0 => return None,
            None => break,
        }
        k += 1;
        if k > part.weights.last {
            counted = counted.min(k);
        }
    }
    let rows = dct::inverse(&dct::cells(values.get(..counted).unwrap_or(&values), &part.weights), basis);
    part.canvas.put::<S>(x, y, &rows);
    let fine = dct::inverse(&dct::cells(&values, &sample.fine), &sample.basis);
    sample.blocks.push(fine.map(|row| row.map(dct::sample)));
    Some(())
}
