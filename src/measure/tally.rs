//! How often each level occurs.

use std::ops::Range;

/// The tables that are counted in by turns: one counter that is raised again and again, as on flat paper, would be
/// waited for every time.
const TABLES: usize = 4;

/// How often each of 256 levels occurs.
pub(super) struct Tally([[u32; 256]; TABLES]);

impl Tally {
    pub(super) fn new() -> Self {
        Self([[0; 256]; TABLES])
    }

    /// Counts these levels too.
    #[inline(always)]
    pub(super) fn add(&mut self, levels: &[u8]) {
        let (chunks, rest) = levels.as_chunks::<TABLES>();
        for chunk in chunks {
            for (table, level) in self.0.iter_mut().zip(chunk) {
                if let Some(n) = table.get_mut(usize::from(*level)) {
                    *n += 1;
                }
            }
        }
        for (table, level) in self.0.iter_mut().zip(rest) {
            if let Some(n) = table.get_mut(usize::from(*level)) {
                *n += 1;
            }
        }
    }

    /// The histogram; from here on nothing is counted.
    pub(super) fn take(&mut self) -> [u32; 256] {
        let [mut sum, others @ ..] = std::mem::replace(&mut self.0, [[0; 256]; TABLES]);
        for other in others {
            sum.iter_mut().zip(other).for_each(|(sum, n)| *sum += n);
        }
        sum
    }
}

/// How often each of `BINS` equal parts of the scale occurs in each cell of a row of cells.
pub(super) struct Cells<const BINS: usize> {
    /// The columns of each.
    columns: Vec<Range<usize>>,
    /// Counted in by turns, as in [`Tally`].
    tables: Vec<[[u16; BINS]; 2]>,
}

impl<const BINS: usize> Cells<BINS> {
    /// `across` cells of as many of `width` columns: column `x` belongs to cell `x * across / width`.
    pub(super) fn new(width: usize, across: usize) -> Self {
        let from = |cell: usize| (cell * width).div_ceil(across);
        let columns = (0..across).map(|cell| from(cell)..from(cell + 1)).collect();
        Self { columns, tables: vec![[[0; BINS]; 2]; across] }
    }

    /// The columns of each cell.
    pub(super) fn columns(&self) -> &[Range<usize>] {
        &self.columns
    }

    /// Counts these columns of a row.
    #[inline(always)]
    pub(super) fn add(&mut self, row: &[u8], span: &Range<usize>) {
        for (columns, [even, odd]) in self.columns.iter().zip(&mut self.tables) {
            let levels = row.get(columns.start.max(span.start)..columns.end.min(span.end)).unwrap_or(&[]);
            let count = |table: &mut [u16; BINS], level: u8| {
                if let Some(n) = table.get_mut(usize::from(level) / (256 / BINS)) {
                    *n += 1;
                }
            };
            let (pairs, rest) = levels.as_chunks();
            for [first, second] in pairs {
                count(even, *first);
                count(odd, *second);
            }
            rest.iter().for_each(|level| count(even, *level));
        }
    }

    /// The histograms, from left to right; from here on nothing is counted.
    pub(super) fn take(&mut self) -> impl Iterator<Item = [u32; BINS]> {
        self.tables.iter_mut().map(|tables| {
            let [even, odd] = std::mem::replace(tables, [[0; BINS]; 2]);
            let mut sum = [0; BINS];
            sum.iter_mut().zip(even.iter().zip(odd)).for_each(|(sum, (a, b))| *sum = u32::from(*a) + u32::from(b));
            sum
        })
    }
}

/// Bins that [`quantile`] passes at a time.
const PART: usize = 16;

/// The value under which a share of a histogram's entries lies, in bins, with a fraction.
pub fn quantile(histogram: &[u32], share: f32) -> f32 {
    let total: u32 = histogram.iter().sum();
    let wanted = total as f32 * share;
    // In whole numbers: a sum of floats waits for itself at every bin.
    let mut below = 0;
    for (part, bins) in histogram.chunks(PART).enumerate() {
        // Many bins at once as long as they do not matter.
        let all = below + bins.iter().sum::<u32>();
        if (all as f32) < wanted {
            below = all;
            continue;
        }
        for (bin, n) in bins.iter().enumerate() {
            let reached = below + n;
            if *n > 0 && reached as f32 >= wanted {
                return (PART * part + bin) as f32 + (wanted - below as f32) / *n as f32;
            }
            below = reached;
        }
    }
    0.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_level_is_counted_once_and_taking_empties() {
        let levels: Vec<u8> = (0..1003_u32).map(|i| (i * i % 251) as u8).collect();
        let mut tally = Tally::new();
        levels.chunks(37).for_each(|part| tally.add(part));
        let histogram = tally.take();
        for (level, n) in histogram.iter().enumerate() {
            assert_eq!(*n as usize, levels.iter().filter(|l| usize::from(**l) == level).count(), "{level}");
        }
        assert_eq!(tally.take(), [0; 256]);
    }

    #[test]
    fn a_cell_counts_its_columns_alone() {
        let mut cells = Cells::<64>::new(23, 3);
        assert!((0..23).all(|x| cells.columns()[x * 3 / 23].contains(&x)));
        let row: Vec<u8> = (0..23).map(|x| x * 11).collect();
        cells.add(&row, &(2..20));
        let got: Vec<[u32; 64]> = cells.take().collect();
        for (cell, histogram) in got.iter().enumerate() {
            let of_cell = |x: &usize| x * 3 / 23 == cell && (2..20).contains(x);
            for (bin, n) in histogram.iter().enumerate() {
                let want = (0..23).filter(of_cell).filter(|x| usize::from(row[*x]) / 4 == bin).count();
                assert_eq!(*n as usize, want, "cell {cell}, bin {bin}");
            }
        }
        assert!(cells.take().all(|histogram| histogram == [0; 64]));
    }

    #[test]
    fn a_quantile_lies_where_its_share_of_entries_is_below() {
        let mut histogram = [0; 256];
        (histogram[10], histogram[20]) = (30, 70);
        assert_eq!(quantile(&histogram, 0.15), 10.5);
        assert_eq!(quantile(&histogram, 0.65), 20.5);
        assert_eq!(quantile(&[0; 256], 0.5), 0.0);
    }
}
