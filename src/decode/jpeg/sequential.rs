//! A scan of baseline or extended sequential coding (ITU T.81, annex F): every symbol is read, of the coefficients only
//! those that the wanted scale needs are kept.

use super::{
    bits::Bits,
    canvas::Canvas,
    dct::{self, Weights},
    huffman::{Coded, Table},
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
            let (across, down) = part.blocks;
            for v in 0..down {
                for h in 0..across {
                    let (x, y) = (x * across + h, y * down + v);
                    match part.canvas.side {
                        _ if !wanted => pass(bits, part)?,
                        1 => dc_block(bits, part, x, y)?,
                        2 => block(bits, part, &self.two, x, y)?,
                        4 => block(bits, part, &self.four, x, y)?,
                        _ => block(bits, part, &self.eight, x, y)?,
                    }
                }
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
    let mut k = 1;
    'block: loop {
        bits.fill();
        // At most 31 bits for the first of three, and 12 each for those after it.
        for _ in 0..3 {
            if k > weights.last {
                part.ac.skip(bits, k)?;
                break 'block;
            }
            let Coded::Value(run, value) = part.ac.coefficient(bits)? else { break 'block };
            k += run;
            // A run of zeroes beyond the block harms nobody, a value there is damage.
            let (Some(factor), Some(cell)) = (weights.factor.get(k), weights.cell.get(k)) else {
                if value != 0 {
                    return None;
                }
                break 'block;
            };
            if let Some(cell) = cells.as_flattened_mut().get_mut(usize::from(*cell)) {
                *cell += value as f32 * factor;
            }
            k += 1;
        }
    }
    part.canvas.put::<S>(x, y, &dct::inverse(&cells, basis));
    Some(())
}
