//! JPEG encoding with the size known before it is written.
//!
//! An encoder that is asked for a quality answers with a size; here a size is asked for. So a picture is transformed
//! once, its symbols are counted at the coarseness in question (which gives the best Huffman tables and the exact
//! length of the scan, byte stuffing apart), and only the last is written.

mod coefficients;
mod dct;
mod huffman;
mod quantise;
mod steps;
mod symbols;
mod write;

pub(super) use coefficients::{Coefficients, Layout};
pub(super) use steps::COARSEST;

use crate::watch::Watch;
use steps::Steps;

/// MCUs that a curve's sizes are estimated from, and that one size is; and the share of the picture that is not gone
/// beyond, so that all samples together are not more than the picture.
const SAMPLES: [usize; 2] = [2048, 6144];
const SHARES: [usize; 2] = [24, 8];
/// Tiny pictures are looked at whole: that costs nothing.
const LEAST: usize = 512;

/// A point of the trade between bytes and loss.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Point {
    /// Factor on the quantiser tables (see `steps`).
    pub coarseness: f64,
    /// Bytes of the file, about.
    pub bytes: f64,
    /// What people see of it, about, in units of their own: see [`loss`].
    pub loss: f64,
}

impl Coefficients {
    fn steps(&self, coarseness: f64) -> Steps {
        Steps::new(coarseness, self.own.as_ref())
    }

    /// The finest coarseness that differs from finer ones: at it a JPEG loses nothing.
    pub fn finest(&self) -> Option<f64> {
        self.own.as_ref().map(Steps::same_up_to)
    }

    /// What libjpeg calls a coarseness, given what was lost before.
    pub fn quality(&self, coarseness: f64) -> u8 {
        self.steps(coarseness).quality()
    }

    /// What some coarsenesses would give, from a sample of the picture.
    pub fn points(&self, coarsenesses: &[f64]) -> Vec<Point> {
        let [rough, close] = SAMPLES;
        let [part, larger] = SHARES.map(|n| (self.mcus() / n).max(LEAST));
        let (runs, share) = self.sample(if coarsenesses.len() > 1 { rough.min(part) } else { close.min(larger) });
        coarsenesses
            .iter()
            .map(|&coarseness| {
                let steps = self.steps(coarseness);
                let found = symbols::survey(&runs, self.layout, &steps);
                let tables = found.tables();
                let scan = found.bits(&tables) as f64 / share.max(1e-9) / 8.0;
                let bytes = with_stuffing(scan) + write::head_len(self, &steps, &tables) as f64;
                Point { coarseness, bytes, loss: loss(coarseness, found.error / found.blocks.max(1) as f64) }
            })
            .collect()
    }

    /// Counts the whole picture at one coarseness.
    pub fn counted(&self, coarseness: f64, watch: &Watch) -> Counted {
        let steps = self.steps(coarseness);
        let exact = self.own.as_ref() == Some(&steps.tables);
        let statistics = symbols::count(self, &steps, watch);
        let tables = statistics.tables();
        let scan = statistics.bits(&tables) as f64 / 8.0;
        let bytes = with_stuffing(scan) + write::head_len(self, &steps, &tables) as f64 + 3.0;
        Counted { bytes, exact, steps, statistics }
    }

    /// Writes what was counted.
    pub fn written(&self, counted: &Counted, watch: &Watch) -> Vec<u8> {
        write::file(self, &counted.steps, &counted.statistics, watch)
    }
}

/// Symbols counted at one coarseness.
#[derive(Clone)]
pub(super) struct Counted {
    /// Bytes of the file, but for the luck of byte stuffing.
    pub bytes: f64,
    /// Whether they are the picture's own levels, so that nothing is lost.
    pub exact: bool,
    steps: Steps,
    statistics: symbols::Statistics,
}

/// Pictures with the same come out about equally good: the coarseness, corrected a little by the mean squared error,
/// which is larger where there is more to lose and none where nothing is lost. Of what was tried (structural
/// similarity, and the error alone) no other kept the worst picture of a submission above what one quality for all
/// gives it, by SSIMULACRA2, wherever that quality was above the floor (`examples/evenness.rs`).
fn loss(coarseness: f64, error: f64) -> f64 {
    const BY_ERROR: f64 = 0.1;
    coarseness.powf(1.0 - BY_ERROR) * error.powf(BY_ERROR)
}

/// One byte in 256 would be FF by chance and be followed by a zero.
fn with_stuffing(scan: f64) -> f64 {
    scan * (1.0 + 1.0 / 256.0)
}
