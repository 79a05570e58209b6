//! Coefficients to quantised levels to Huffman symbols: counted for a size, or written.

use super::{
    coefficients::{Coefficients, Layout},
    huffman::{Frequencies, Table},
    quantise::Quantiser,
    steps::Steps,
};
use crate::watch::Watch;

/// How often each symbol comes up: DC and AC, of luma and of chroma.
#[derive(Clone, Default)]
pub(super) struct Statistics {
    pub dc: [Frequencies; 2],
    pub ac: [Frequencies; 2],
    /// Sum over blocks of the mean squared error of quantising.
    pub error: f64,
    /// Blocks.
    pub blocks: u64,
}

/// The tables for some statistics, in the same order.
pub(super) struct Tables {
    pub dc: [Table; 2],
    pub ac: [Table; 2],
}

impl Statistics {
    /// The best tables.
    pub fn tables(&self) -> Tables {
        Tables { dc: self.dc.each_ref().map(Table::best), ac: self.ac.each_ref().map(Table::best) }
    }

    /// Bits of the scan with those tables, byte stuffing not counted.
    pub fn bits(&self, tables: &Tables) -> u64 {
        let dc = tables.dc.iter().zip(&self.dc).map(|(t, f)| t.bits(f, |symbol| symbol));
        let ac = tables.ac.iter().zip(&self.ac).map(|(t, f)| t.bits(f, |symbol| symbol & 15));
        dc.chain(ac).sum()
    }
}

/// What a walk over the blocks hands out, symbol by symbol.
pub(super) trait Sink {
    /// A DC difference of that category; `class` is 0 for luma and 1 for chroma.
    fn dc(&mut self, class: usize, size: u8, value: i32);
    /// An AC symbol (run and size) with its value; 0xF0 and 0x00 have none.
    fn ac(&mut self, class: usize, symbol: u8, value: i32);
}

#[expect(clippy::indexing_slicing, reason = "classes are 0 and 1, symbols have 256 places")]
impl Sink for Statistics {
    #[inline]
    fn dc(&mut self, class: usize, size: u8, _: i32) {
        self.dc[class & 1].0[usize::from(size)] += 1;
    }

    #[inline]
    fn ac(&mut self, class: usize, symbol: u8, _: i32) {
        self.ac[class & 1].0[usize::from(symbol)] += 1;
    }
}

/// Counts the symbols of all MCUs, or of some when it is time to stop.
pub(super) fn count(coefficients: &Coefficients, steps: &Steps, watch: &Watch) -> Statistics {
    let mut statistics = Statistics::default();
    whole(coefficients, steps, &mut statistics, watch);
    statistics
}

/// Counts the symbols of some runs, and the error.
pub(super) fn survey(runs: &[&[[i16; 64]]], layout: Layout, steps: &Steps) -> Statistics {
    let mut statistics = Statistics::default();
    let quantiser = Quantiser::new(steps);
    for run in runs {
        walk(run, layout, &quantiser, first_dc(run, layout, &quantiser), &mut statistics);
        for (block, component) in run.iter().zip(layout.blocks().iter().cycle()) {
            statistics.error += quantiser.error(usize::from(*component).min(1), block);
            statistics.blocks += 1;
        }
    }
    statistics
}

/// The first DC level of each component: in the midst of a picture the neighbour is about the same.
fn first_dc(run: &[[i16; 64]], layout: Layout, quantiser: &Quantiser<'_>) -> [i32; 3] {
    std::array::from_fn(|component| {
        let block = layout.blocks().iter().position(|c| usize::from(*c) == component).and_then(|i| run.get(i));
        block.map_or(0, |block| quantiser.dc(component.min(1), block).into())
    })
}

/// Walks over all MCUs, or some when it is time to stop.
pub(super) fn whole(coefficients: &Coefficients, steps: &Steps, sink: &mut impl Sink, watch: &Watch) {
    let quantiser = Quantiser::new(steps);
    let mut previous = [0; 3];
    for run in coefficients.runs() {
        if watch.is_over() {
            return;
        }
        previous = walk(run, coefficients.layout, &quantiser, previous, sink);
    }
}

/// Quantises and codes a run of whole MCUs; DC prediction starts from `previous` (ITU T.81, F.1.2), and where it ends
/// is handed back.
#[expect(clippy::indexing_slicing, reason = "components are 0 to 2, classes 0 and 1, blocks 64 long")]
pub(super) fn walk(
    run: &[[i16; 64]],
    layout: Layout,
    quantiser: &Quantiser<'_>,
    mut previous: [i32; 3],
    sink: &mut impl Sink,
) -> [i32; 3] {
    let mut levels = [0i16; 64];
    for (block, component) in run.iter().zip(layout.blocks().iter().cycle()) {
        let component = usize::from(*component);
        let class = component.min(1);
        quantiser.levels(class, block, &mut levels);
        let dc = i32::from(levels[0]).clamp(-1024, 1023);
        let difference = dc - previous[component];
        previous[component] = dc;
        sink.dc(class, size(difference), difference);
        // From one level that is not zero to the next: most are, and which is nothing that a processor could foresee.
        let mut others = filled(&levels) & !1;
        let mut last = 0;
        while others != 0 {
            let at = others.trailing_zeros();
            others &= others - 1;
            let mut zeros = at - last - 1;
            last = at;
            while zeros > 15 {
                sink.ac(class, 0xF0, 0);
                zeros -= 16;
            }
            let level = i32::from(levels[at as usize & 63]).clamp(-1023, 1023);
            sink.ac(class, (zeros << 4) as u8 | size(level), level);
        }
        if last < 63 {
            sink.ac(class, 0, 0);
        }
    }
    previous
}

/// One bit for each level that is not zero, the first in the lowest.
#[inline]
fn filled(levels: &[i16; 64]) -> u64 {
    levels.as_chunks::<8>().0.iter().rev().fold(0, |all, eight| {
        let bytes = u64::from_le_bytes(eight.map(|level| u8::from(level != 0)));
        // Eight bytes of 0 or 1 are gathered into the highest byte, the first of them in its lowest bit.
        all << 8 | bytes.wrapping_mul(0x0102_0408_1020_4080) >> 56
    })
}

/// Bits of a value (ITU T.81, tables F.1 and F.2).
#[inline]
fn size(value: i32) -> u8 {
    (32 - value.unsigned_abs().leading_zeros()) as u8
}
