//! How far a picture's dimensions may go down, and who goes first.

use super::{Hint, Source, allocate::Curve, budget::base64_len};
use crate::submission::Step;

/// Pixels an inch across the document under which no picture goes while another can still give.
pub const GOOD_DPI: f64 = 300.0;
/// Pixels an inch across the document under which no picture goes at all.
const LEAST_DPI: f64 = 150.0;
/// Bytes fall with this power of the scale: a smaller picture has more detail in each pixel, hence less than 2.
const POWER: f64 = 1.7;
/// Share of the room that is aimed for at the coarsest quality, so that quality can settle above its floor.
pub(super) const AIM: f64 = 0.88;

/// Whether a picture gives its dimensions before FRONT, BACK and FACE do.
pub(super) fn gives_first(step: &Step) -> bool {
    !matches!(step, Step::Front | Step::Back | Step::Face)
}

/// Pixels an inch across the document. Where nothing is known of it: a card (ID-1, 85.6 mm) over 60 % of the longer
/// side for FRONT, BACK and FACE, a page (A4, 297 mm) over all of it otherwise.
pub(super) fn dpi(source: &Source<'_>) -> f64 {
    if let Hint { document_px: Some(px), document_mm: Some(mm) } = source.hint
        && px > 0.0
        && mm > 0.0
    {
        return f64::from(px) / f64::from(mm) * 25.4;
    }
    let long = f64::from(source.header.width.max(source.header.height));
    if gives_first(source.step) { long / 297.0 * 25.4 } else { 0.6 * long / 85.6 * 25.4 }
}

/// A picture on its way down.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rung {
    /// Of the original.
    pub dpi: f64,
    /// Of the original's sides, what is kept so far.
    pub scale: f64,
    pub gives_first: bool,
}

impl Rung {
    pub fn new(source: &Source<'_>, scale: f64) -> Self {
        Self { dpi: dpi(source), scale, gives_first: gives_first(source.step) }
    }

    /// The resolution that the picture was brought to, where that is coarse.
    pub fn coarse_dpi(&self) -> Option<u32> {
        let dpi = self.dpi * self.scale;
        (self.scale < 1.0 && dpi < GOOD_DPI * 0.99).then_some(dpi.round() as u32)
    }

    /// The smallest scale that it may come to.
    pub fn lowest(&self) -> f64 {
        self.at(LEAST_DPI)
    }

    /// The scale at which the document has that many pixels an inch; never more than now.
    fn at(&self, dpi: f64) -> f64 {
        (dpi / self.dpi.max(1.0)).min(self.scale)
    }
}

/// New scales with which the coarsest files are expected to fit into `room` characters: bills and other pages go down
/// to 300 dpi first, then the rest, then to 150 in the same order. Within a group all come to the same resolution. The
/// lowest scales when even they are not expected to do.
pub(super) fn lowered(rungs: &[Rung], curves: &[&Curve], room: u64) -> Vec<f64> {
    let mut scales: Vec<f64> = rungs.iter().map(|r| r.scale).collect();
    for ((scale, rung), curve) in scales.iter_mut().zip(rungs).zip(curves) {
        if curve.least() > curve.cap {
            let factor = (curve.cap as f64 * AIM / curve.least() as f64).powf(1.0 / POWER);
            *scale = (*scale * factor).max(rung.at(LEAST_DPI));
        }
    }
    let least = |scales: &[f64]| -> f64 {
        let each = scales.iter().zip(rungs).zip(curves).map(|((scale, rung), curve)| {
            let bytes = curve.least_at((scale / rung.scale).powf(POWER));
            base64_len(bytes.min(curve.cap)) as f64
        });
        each.sum()
    };
    let aim = room as f64 * AIM;
    for (floor, first) in [(GOOD_DPI, true), (GOOD_DPI, false), (LEAST_DPI, true), (LEAST_DPI, false)] {
        let at = |dpi: f64| -> Vec<f64> {
            let each = scales.iter().zip(rungs);
            each.map(|(s, r)| if r.gives_first == first { r.at(dpi).min(*s) } else { *s }).collect()
        };
        if least(&scales) <= aim {
            break;
        }
        let (mut low, mut high) = (floor, rungs.iter().map(|r| r.dpi * r.scale).fold(floor, f64::max));
        for _ in 0..40 {
            let middle = f64::midpoint(low, high);
            if least(&at(middle)) <= aim { low = middle } else { high = middle }
        }
        let next = at(low);
        scales = next;
    }
    scales
}
