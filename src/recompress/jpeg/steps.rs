//! Quantiser steps: tables near the standard's, finer or coarser by any factor.

use super::dct::ZIGZAG;
use crate::probe::jpeg::frame;

/// The tables of ITU T.81, annex K.1, row after row: luma, then chroma.
const ANNEX_K: [[u8; 64]; 2] = [
    [
        16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55, 14, 13, 16, 24, 40, 57, 69, 56, 14, 17, 22, 29,
        51, 87, 80, 62, 18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92, 49, 64, 78, 87, 103, 121,
        120, 101, 72, 92, 95, 98, 112, 100, 103, 99,
    ],
    [
        17, 18, 24, 47, 99, 99, 99, 99, 18, 21, 26, 66, 99, 99, 99, 99, 24, 26, 56, 99, 99, 99, 99, 99, 47, 66, 99, 99,
        99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99,
        99, 99, 99, 99, 99, 99, 99, 99,
    ],
];

/// Steps of luma lie half way from annex K's to what is left of them within these, which spares strokes of print more
/// than annex K does; chroma's are annex K's (testdata/BUDGET.md).
const FLATTER: [f64; 2] = [16.0, 40.0];
/// The coarsest factor that is used: what that loses is read better than what still fewer pixels lose
/// (testdata/BUDGET.md); and the ratio from one rung of the ladder to the next.
pub(in crate::recompress) const COARSEST: f64 = 1.6;
const RUNG: f64 = 1.25;

/// The step that is scaled, of a class (0 luma, 1 chroma) at a place of the block, row after row.
fn base(class: u8, place: u8) -> f64 {
    let [luma, chroma] = &ANNEX_K;
    let of = |table: &[u8; 64]| f64::from(table.get(usize::from(place)).copied().unwrap_or(1));
    let [least, most] = FLATTER;
    match class {
        0 => f64::midpoint(of(luma), of(luma).clamp(least, most)),
        _ => of(chroma),
    }
}

/// Quantiser steps.
#[derive(Clone, Debug)]
pub(super) struct Steps {
    /// Of luma and chroma, in zigzag order.
    pub tables: [[u8; 64]; 2],
    /// What they were made for.
    pub coarseness: f64,
}

impl Steps {
    /// The tables times `coarseness`: at low frequencies of luma 0.5 is what libjpeg calls quality 75, 0.1 quality 95.
    ///
    /// On the way from one rung of a ladder of factors to the next the steps change one after another, the highest
    /// frequencies first. Were they all scaled at once, the size of a picture that was quantised by the same tables
    /// before would leap wherever the ratio to the old steps passes a fraction.
    ///
    /// No step becomes finer than the picture's `own` was: that would cost bytes and give nothing back.
    pub fn new(coarseness: f64, own: Option<&[[u8; 64]; 2]>) -> Self {
        let height = ((coarseness / COARSEST).ln() / RUNG.ln()).min(0.0);
        let rung = height.floor();
        let (fine, coarse) = (COARSEST * RUNG.powf(rung), COARSEST * RUNG.powf(rung + 1.0));
        let changed = (height - rung) * 128.0;
        let table = |class: u8| {
            let mut steps = [1; 64];
            for ((step, from), k) in steps.iter_mut().zip(ZIGZAG).zip(0u8..) {
                let order = f64::from(2 * (63 - k) + 1 - class);
                let factor = if order < changed { coarse } else { fine };
                *step = (base(class, from) * factor).round().clamp(1.0, 255.0) as u8;
            }
            steps
        };
        let mut tables = [table(0), table(1)];
        let own = own.map_or(&[][..], <[_; 2]>::as_slice).iter().flatten();
        tables.as_flattened_mut().iter_mut().zip(own).for_each(|(step, own)| *step = (*step).max(*own));
        Self { tables, coarseness }
    }

    /// The coarseness up to which all steps stay a picture's own.
    pub fn same_up_to(own: &[[u8; 64]; 2]) -> f64 {
        let ratios = own.iter().zip(0u8..).flat_map(|(own, class)| {
            // Up to a half more is rounded down to it. The next rung of the ladder may be in use already.
            own.iter().zip(ZIGZAG).map(move |(step, from)| (f64::from(*step) + 0.49) / base(class, from) / RUNG)
        });
        ratios.fold(f64::INFINITY, f64::min)
    }

    /// The quality on libjpeg's scale whose luma table comes nearest, as it is told of the written file.
    pub fn quality(&self) -> u8 {
        let [luma, _] = &self.tables;
        let mut rows = [0; 64];
        for (step, to) in luma.iter().zip(ZIGZAG) {
            if let Some(place) = rows.get_mut(usize::from(to)) {
                *place = u16::from(*step);
            }
        }
        frame::quality(&rows)
    }
}
