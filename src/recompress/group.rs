//! All that is coded anew of a file: its one picture, or those in a PDF, at one coarseness.

use super::jpeg::{COARSEST, Coefficients, Counted, Point};
use crate::watch::Watch;

/// The finest factor on the quantiser tables: about quality 99.
const FINEST: f64 = 0.02;

/// Some pictures, and the bytes of the file that are not theirs.
pub(super) struct Group {
    pub parts: Vec<Coefficients>,
    pub around: f64,
}

/// What was counted of each.
#[derive(Clone)]
pub(super) struct Plan {
    pub coarseness: f64,
    /// Bytes of the file, about.
    pub bytes: f64,
    /// Whether nothing is lost.
    pub exact: bool,
    /// What libjpeg calls it; of several pictures the lowest.
    pub quality: u8,
    each: Vec<Counted>,
}

impl Group {
    /// What some coarsenesses would give, from samples.
    pub fn points(&self, coarsenesses: &[f64]) -> Vec<Point> {
        let start = |c: &f64| Point { coarseness: *c, bytes: self.around, loss: 0.0 };
        let mut sums: Vec<Point> = coarsenesses.iter().map(start).collect();
        let all: f64 = self.parts.iter().map(|part| part.mcus() as f64).sum();
        for part in &self.parts {
            let weight = part.mcus() as f64 / all.max(1.0);
            for (sum, point) in sums.iter_mut().zip(part.points(coarsenesses)) {
                sum.bytes += point.bytes;
                sum.loss += point.loss * weight;
            }
        }
        sums
    }

    /// Coarsenesses that show how bytes and loss go, from the finest worth having to the floor.
    pub fn ladder(&self) -> [f64; 12] {
        let own = self.parts.iter().map(|part| part.finest().unwrap_or(FINEST)).reduce(f64::min);
        let finest = own.unwrap_or(FINEST).clamp(FINEST, COARSEST);
        std::array::from_fn(|i| finest * (COARSEST / finest).powf(i as f64 / 11.0))
    }

    /// Counts all at one coarseness.
    pub fn counted(&self, coarseness: f64, watch: &Watch) -> Plan {
        let each: Vec<Counted> = self.parts.iter().map(|part| part.counted(coarseness, watch)).collect();
        Plan {
            coarseness,
            bytes: self.around + each.iter().map(|c| c.bytes).sum::<f64>(),
            exact: each.iter().all(|c| c.exact),
            quality: self.parts.iter().map(|part| part.quality(coarseness)).min().unwrap_or(100),
            each,
        }
    }

    /// Writes what was counted.
    pub fn written(&self, plan: &Plan, watch: &Watch) -> Vec<(&Coefficients, Vec<u8>)> {
        self.parts.iter().zip(&plan.each).map(|(part, counted)| (part, part.written(counted, watch))).collect()
    }
}
