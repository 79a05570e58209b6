//! Coefficients to levels: where the borders between levels lie decides what the bytes are spent on. All numbers are of
//! what was tried in testdata/BUDGET.md.

use super::{dct::nearest, steps::Steps};
use crate::decode::jpeg::coefficients::UNITS;

/// By how much the border between two levels lies above the middle between them, in steps. The lower level takes fewer
/// bits, and small values are the more frequent ones, so that in the same bytes less is lost on the whole.
const BORDER: f32 = 0.1;
/// The same from [`COARSE`] on, in blocks where nothing stands out and in those where something does. Most of the first
/// are paper, skin and a table with a sensor's noise on them, most of the second have print: what noise takes print
/// lacks.
const QUIET: f32 = 0.35;
const BUSY: f32 = 0.0;
/// Steps from which on a coefficient but the first stands out.
const STANDS_OUT: f32 = 2.5;
/// The coarseness (written files are told to have quality 85) up to which every block has [`BORDER`]: so fine, noise is
/// seen to be missing before print is; and the one (quality 64) from which on the difference is whole.
const FINE: f64 = 0.4;
const COARSE: f64 = 1.0;

/// Makes levels of coefficients, by some steps.
pub(super) struct Quantiser<'a> {
    steps: &'a Steps,
    /// One over each step of luma and of chroma, in the coefficients' units.
    reciprocals: [[f32; 64]; 2],
    quiet: f32,
    busy: f32,
}

impl<'a> Quantiser<'a> {
    pub fn new(steps: &'a Steps) -> Self {
        let coarse = ((steps.coarseness - FINE) / (COARSE - FINE)).clamp(0.0, 1.0) as f32;
        let between = |coarsest: f32| BORDER + coarse * (coarsest - BORDER);
        let reciprocals = steps.tables.map(|table| table.map(|step| 1.0 / (f32::from(step) * f32::from(UNITS))));
        Self { steps, reciprocals, quiet: between(QUIET), busy: between(BUSY) }
    }

    /// The first level of a block of class 0 (luma) or 1 (chroma).
    #[inline]
    #[expect(clippy::indexing_slicing, reason = "two classes, 64 places")]
    pub fn dc(&self, class: usize, block: &[i16; 64]) -> i16 {
        nearest(f32::from(block[0]) * self.reciprocals[class & 1][0]) as i16
    }

    /// All levels of a block. One that was quantised by the same steps before keeps its own.
    #[inline]
    #[expect(clippy::indexing_slicing, reason = "two classes, 64 places")]
    pub fn levels(&self, class: usize, block: &[i16; 64], levels: &mut [i16; 64]) {
        let reciprocals = &self.reciprocals[class & 1];
        let mut exact = [0.0_f32; 64];
        exact.iter_mut().zip(block).zip(reciprocals).for_each(|((exact, c), r)| *exact = f32::from(*c) * r);
        let stands_out = exact.iter().skip(1).fold(false, |any, v| any | (v.abs() >= STANDS_OUT));
        let border = if stands_out { self.busy } else { self.quiet };
        for (level, exact) in levels.iter_mut().zip(&exact) {
            *level = nearest(exact - border.copysign(*exact)) as i16;
        }
        levels[0] = self.dc(class, block);
    }

    /// The mean squared error of a block's samples: by Parseval that of its coefficients.
    #[expect(clippy::indexing_slicing, reason = "two classes")]
    pub fn error(&self, class: usize, block: &[i16; 64]) -> f64 {
        let mut levels = [0; 64];
        self.levels(class, block, &mut levels);
        let off = |((c, level), step): ((&i16, &i16), &u8)| {
            f32::from(*c) - f32::from(*level) * f32::from(*step) * f32::from(UNITS)
        };
        let squares = block.iter().zip(&levels).zip(&self.steps.tables[class & 1]).map(off).map(|e| e * e);
        f64::from(squares.sum::<f32>() / (64.0 * f32::from(UNITS) * f32::from(UNITS)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A block with one value in it, in steps of a table of ones.
    fn level(coarseness: f64, value: f32, beside: f32) -> i16 {
        let steps = Steps { tables: [[1; 64]; 2], coarseness };
        let (mut block, mut levels) = ([0; 64], [0; 64]);
        (block[5], block[9]) = ((value * f32::from(UNITS)) as i16, (beside * f32::from(UNITS)) as i16);
        Quantiser::new(&steps).levels(0, &block, &mut levels);
        levels[5]
    }

    #[test]
    fn faint_values_are_kept_beside_what_stands_out_and_dropped_alone() {
        assert_eq!((level(COARSE, 0.75, 0.0), level(COARSE, 0.75, 3.0)), (0, 1));
        assert_eq!((level(COARSE, -0.75, 0.0), level(COARSE, -0.75, -3.0)), (0, -1));
        // Fine tables make no difference between blocks.
        assert_eq!((level(0.2, 0.75, 0.0), level(0.2, 0.75, 3.0)), (1, 1));
        assert_eq!((level(0.2, 0.55, 0.0), level(0.2, 0.55, 3.0)), (0, 0));
    }

    proptest! {
        #[test]
        fn what_was_quantised_by_the_same_steps_keeps_its_levels(
            before in proptest::collection::vec(-20_i16..20, 64), step in 1_u8..40, coarseness in 0.01_f64..1.6
        ) {
            let steps = Steps { tables: [[step; 64]; 2], coarseness };
            let (mut block, mut levels) = ([0; 64], [0; 64]);
            block.iter_mut().zip(&before).for_each(|(c, level)| *c = level * i16::from(step) * UNITS);
            Quantiser::new(&steps).levels(1, &block, &mut levels);
            prop_assert_eq!(levels.to_vec(), before);
            prop_assert!(Quantiser::new(&steps).error(1, &block) < 1e-6);
        }
    }
}
