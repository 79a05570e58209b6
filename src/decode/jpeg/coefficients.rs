//! The coefficients themselves, dequantised and upright, for coding a picture anew without leaving the DCT domain.

use super::{
    bits::Bits,
    huffman::{END, Table},
    progressive::Store,
    scan::Units,
};
use crate::{
    pixmap::Orientation,
    probe::jpeg::{Frame, frame::ZIGZAG},
    watch::Watch,
};

/// Coefficients are kept in eighths, of the transform as ITU T.81, A.3.3 has it.
pub const UNITS: i16 = 8;
/// Beyond what 8-bit samples give (±1024, and rounding by the coarsest step); more is damage.
const MOST: i32 = 2047 * UNITS as i32;

/// A picture as DCT coefficients, upright.
#[derive(Clone, Debug)]
pub struct Grid {
    /// Pixels across.
    pub width: u16,
    /// Pixels down.
    pub height: u16,
    /// Blocks of a unit, across and down, of each component.
    pub sampling: Vec<(u8, u8)>,
    /// Unit after unit, component after component, row after row, zigzag, in [`UNITS`].
    pub blocks: Vec<[i16; 64]>,
    /// The quantiser steps of each component, upright, zigzag, once all is read.
    pub steps: Vec<[u16; 64]>,
    orientation: Orientation,
    /// Units across, upright.
    across: usize,
    down: usize,
}

impl Grid {
    /// Room for a frame that is to stand upright; `None` when that cannot be had by moving blocks about: a picture is
    /// mirrored block by block only where no block is filled up beyond its edge, and coarser samplings than chroma
    /// halved are left alone.
    pub fn new(frame: &Frame, orientation: Orientation) -> Option<Self> {
        let turned = |(h, v): (u8, u8)| if orientation.swaps_sides() { (v, h) } else { (h, v) };
        let sampling: Vec<(u8, u8)> = match frame.components.as_slice() {
            [_] => vec![(1, 1)],
            all => all.iter().map(|c| turned((c.h, c.v))).collect(),
        };
        let (h, v) = match sampling.as_slice() {
            [one] => *one,
            [(h @ 1..=2, v @ 1..=2), (1, 1), (1, 1)] => (*h, *v),
            _ => return None,
        };
        let (width, height) = orientation.size(frame.width.into(), frame.height.into());
        let (mirrored, flipped) = mirrors(orientation);
        let unit = (8 * u32::from(h), 8 * u32::from(v));
        if (mirrored && width % unit.0 != 0) || (flipped && height % unit.1 != 0) {
            return None;
        }
        let (across, down) = (width.div_ceil(unit.0) as usize, height.div_ceil(unit.1) as usize);
        let each: usize = sampling.iter().map(|(h, v)| usize::from(h * v)).sum();
        // Zeroed by the system where it is first written to; `vec!` does so for arrays of up to 16 alone.
        let blocks = bytemuck::zeroed_vec(across * down * each);
        let (width, height) = (u16::try_from(width).ok()?, u16::try_from(height).ok()?);
        Some(Self { width, height, sampling, blocks, steps: Vec::new(), orientation, across, down })
    }

    /// Where the block at (x, y) of a component, as stored, comes to stand.
    fn index(&self, component: usize, x: usize, y: usize) -> Option<usize> {
        let (h, v) = self.sampling.get(component).map(|(h, v)| (usize::from(*h), usize::from(*v)))?;
        let before: usize = self.sampling.iter().take(component).map(|(h, v)| usize::from(h * v)).sum();
        let each: usize = self.sampling.iter().map(|(h, v)| usize::from(h * v)).sum();
        let (x, y) = if self.orientation.swaps_sides() { (y, x) } else { (x, y) };
        let (mirrored, flipped) = mirrors(self.orientation);
        let (wide, high) = (self.across * h, self.down * v);
        let x = if mirrored { wide.checked_sub(x + 1)? } else { x };
        let y = if flipped { high.checked_sub(y + 1)? } else { y };
        (x < wide && y < high).then(|| (y / v * self.across + x / h) * each + before + y % v * h + x % h)
    }

    fn block(&mut self, component: usize, x: usize, y: usize) -> Option<&mut [i16; 64]> {
        let index = self.index(component, x, y)?;
        self.blocks.get_mut(index)
    }

    /// Takes over a progressive picture's component, or some of it when it is time to stop.
    pub fn pour(&mut self, component: usize, store: &Store, moves: &Moves, watch: &Watch) {
        for (x, y, block) in store.blocks() {
            if x == 0 && watch.is_over() {
                return;
            }
            if let Some(to) = self.block(component, x, y) {
                block.iter().enumerate().filter(|(_, v)| **v != 0).for_each(|(k, v)| moves.put(to, k, i32::from(*v)));
            }
        }
    }
}

/// Whether the upright picture is mirrored left to right, and top to bottom, after its sides have changed places.
fn mirrors(orientation: Orientation) -> (bool, bool) {
    use Orientation::*;
    match orientation {
        Upright | Transposed => (false, false),
        Mirrored | Turned90 => (true, false),
        Flipped | Turned270 => (false, true),
        Turned180 | Transversed => (true, true),
    }
}

/// Where each coefficient of a block goes, by zigzag index, and by what it is multiplied: its quantiser step, negative
/// where a mirrored cosine is the opposite of itself.
#[derive(Clone, Debug)]
pub struct Moves {
    place: [u8; 64],
    factor: [i32; 64],
}

impl Moves {
    /// For a quantisation table in natural order.
    pub fn new(table: &[u16; 64], orientation: Orientation) -> Self {
        let (mirrored, flipped) = mirrors(orientation);
        let mut moves = Self { place: [0; 64], factor: [0; 64] };
        for ((place, factor), natural) in moves.place.iter_mut().zip(&mut moves.factor).zip(ZIGZAG) {
            let step = i32::from(table.get(usize::from(natural)).copied().unwrap_or(1));
            let (v, u) = (natural / 8, natural % 8);
            let (v, u) = if orientation.swaps_sides() { (u, v) } else { (v, u) };
            let odd = (mirrored && u % 2 == 1) != (flipped && v % 2 == 1);
            *place = ZIGZAG.iter().position(|n| *n == v * 8 + u).unwrap_or(0) as u8;
            *factor = step * i32::from(UNITS) * if odd { -1 } else { 1 };
        }
        moves
    }

    /// The quantiser steps where the coefficients go.
    pub fn steps(&self) -> [u16; 64] {
        let mut steps = [0; 64];
        for (place, factor) in self.place.iter().zip(self.factor) {
            if let Some(step) = steps.get_mut(usize::from(*place)) {
                *step = (factor.abs() / i32::from(UNITS)) as u16;
            }
        }
        steps
    }

    #[inline(always)]
    fn put(&self, to: &mut [i16; 64], k: usize, level: i32) {
        let (Some(place), Some(factor)) = (self.place.get(k), self.factor.get(k)) else { return };
        if let Some(to) = to.get_mut(usize::from(*place)) {
            *to = level.saturating_mul(*factor).clamp(-MOST, MOST) as i16;
        }
    }
}

/// One component's part in a sequential scan.
pub struct Part<'a> {
    /// Which component.
    pub component: usize,
    /// Blocks of a unit, across and down.
    pub blocks: (usize, usize),
    /// Its DC table.
    pub dc: Table,
    /// Its AC table.
    pub ac: Table,
    /// Where its coefficients go.
    pub moves: &'a Moves,
    /// The last DC coefficient.
    pub previous: i32,
}

/// A scan of sequential coding (ITU T.81, annex F) whose coefficients are all kept.
pub struct Kept<'a> {
    /// Where.
    pub grid: &'a mut Grid,
    /// The components in it.
    pub parts: Vec<Part<'a>>,
}

impl Units for Kept<'_> {
    fn restart(&mut self) {
        self.parts.iter_mut().for_each(|part| part.previous = 0);
    }

    #[inline(always)]
    fn read(&mut self, bits: &mut Bits, x: usize, y: usize) -> Option<()> {
        for part in &mut self.parts {
            let (across, down) = part.blocks;
            for v in 0..down {
                for h in 0..across {
                    // What fills up units beyond the grid is read and let go.
                    let mut spare = [0; 64];
                    let to = self.grid.block(part.component, x * across + h, y * down + v).unwrap_or(&mut spare);
                    block(bits, part, to)?;
                }
            }
        }
        Some(())
    }
}

#[inline(always)]
fn block(bits: &mut Bits, part: &mut Part, to: &mut [i16; 64]) -> Option<()> {
    bits.fill();
    part.previous = i32::from(part.previous.wrapping_add(part.dc.difference(bits)?) as i16);
    part.moves.put(to, 0, part.previous);
    let (mut k, mut room) = (1, 3);
    while k < 64 {
        // A full window has four times the bits of a look-up, the first time less those of the DC difference.
        for _ in 0..room {
            let (run, value) = part.ac.coefficient(bits)?;
            k += run;
            if k > 63 {
                // Beyond it lies the block's end. A run of zeroes beyond the block harms nobody, a value there is damage.
                return (run == END || value == 0).then_some(());
            }
            part.moves.put(to, k, value);
            k += 1;
            if k > 63 {
                break;
            }
        }
        bits.fill();
        room = 4;
    }
    Some(())
}
