//! How often each level occurs.

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

/// The value under which a share of a histogram's entries lies, in bins, with a fraction.
pub fn quantile(histogram: &[u32], share: f32) -> f32 {
    let total: u32 = histogram.iter().sum();
    let wanted = total as f32 * share;
    let mut below = 0.0;
    for (bin, n) in histogram.iter().enumerate() {
        let n = *n as f32;
        if n > 0.0 && below + n >= wanted {
            return bin as f32 + (wanted - below) / n;
        }
        below += n;
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
    fn a_quantile_lies_where_its_share_of_entries_is_below() {
        let mut histogram = [0; 256];
        (histogram[10], histogram[20]) = (30, 70);
        assert_eq!(quantile(&histogram, 0.15), 10.5);
        assert_eq!(quantile(&histogram, 0.65), 20.5);
        assert_eq!(quantile(&[0; 256], 0.5), 0.0);
    }
}
