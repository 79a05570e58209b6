//! A scan of baseline or extended sequential coding (ITU T.81, annex F): every symbol is read, of the coefficients only
//! those that the wanted scale needs are kept.

use super::{
    bits::Bits,
    canvas::Canvas,
    dct::{self, Weights},
    huffman::{END, Table},
    scan::Units,
};
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

/// The parts of a sequential scan.
pub struct Sequential<'a> {
    parts: Vec<Part<'a>>,
    /// Columns and rows of units that are made; the others are passed over.
    wanted: (Range<usize>, Range<usize>),
    two: [[f32; 2]; 2],
    four: [[f32; 4]; 4],
    eight: [[f32; 8]; 8],
}

impl<'a> Sequential<'a> {
    /// A scan of these parts, of which units in `wanted` columns and rows are made.
    pub fn new(parts: Vec<Part<'a>>, wanted: (Range<usize>, Range<usize>)) -> Self {
        Self { parts, wanted, two: dct::basis(), four: dct::basis(), eight: dct::basis() }
    }
}

impl Units for Sequential<'_> {
    fn restart(&mut self) {
        self.parts.iter_mut().for_each(|part| part.previous = 0);
    }

    #[inline(always)]
    fn read(&mut self, bits: &mut Bits, x: usize, y: usize) -> Option<()> {
        let wanted = self.wanted.0.contains(&x) && self.wanted.1.contains(&y);
        for part in &mut self.parts {
            match part.canvas.side {
                _ if !wanted => part.each(x, y, |part, _, _| pass(bits, part))?,
                1 => part.each(x, y, |part, x, y| dc_block(bits, part, x, y))?,
                2 => part.each(x, y, |part, x, y| block(bits, part, &self.two, x, y))?,
                4 => part.each(x, y, |part, x, y| block(bits, part, &self.four, x, y))?,
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
