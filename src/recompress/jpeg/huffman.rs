//! Huffman tables made for the symbols that are there.

/// How often each symbol of a table comes up.
#[derive(Clone)]
pub(super) struct Frequencies(pub [u32; 256]);

impl Default for Frequencies {
    fn default() -> Self {
        Self([0; 256])
    }
}

/// Code and length of every symbol, and the table as the file states it.
#[derive(Clone)]
pub(super) struct Table {
    /// Code in the low bits, its length in bits above; 0 for symbols that do not come up.
    pub codes: [(u16, u8); 256],
    /// How many codes there are of each length, 1 to 16.
    pub counts: [u8; 16],
    /// The symbols in the order of their codes.
    pub symbols: Vec<u8>,
}

/// The longest code that JPEG allows.
const LONGEST: usize = 16;
/// The longest that can come out of 257 symbols whose frequencies sum up to less than 2^32 before it is cut.
const UNCUT: usize = 64;

impl Table {
    /// The best table for these frequencies whose codes have at most 16 bits, none of them all ones (ITU T.81, K.2).
    pub fn best(frequencies: &Frequencies) -> Self {
        // Symbol 256 takes the code of all ones out of use.
        let mut weight: Vec<(u64, usize)> =
            frequencies.0.iter().enumerate().filter(|(_, f)| **f > 0).map(|(s, f)| (u64::from(*f), s)).collect();
        let present = weight.clone();
        weight.push((1, 256));
        let mut lengths = [0usize; 257];
        // Groups of symbols under one node; two lightest joined until one is left.
        let mut groups: Vec<(u64, Vec<usize>)> = weight.into_iter().map(|(w, s)| (w, vec![s])).collect();
        groups.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
        while groups.len() > 1 {
            let (Some(a), Some(b)) = (groups.pop(), groups.pop()) else { break };
            let members: Vec<usize> = a.1.into_iter().chain(b.1).collect();
            for s in &members {
                if let Some(l) = lengths.get_mut(*s) {
                    *l += 1;
                }
            }
            let sum = a.0 + b.0;
            let at = groups.partition_point(|g| g.0 > sum);
            groups.insert(at, (sum, members));
        }
        let mut counts = [0usize; UNCUT + 1];
        for l in lengths.iter().filter(|l| **l > 0) {
            if let Some(c) = counts.get_mut((*l).min(UNCUT)) {
                *c += 1;
            }
        }
        let counts = cut(counts);
        // The rarest symbols get the longest codes; among equals the order of their values.
        let mut order = present;
        order.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
        let symbols: Vec<u8> = order.into_iter().map(|(_, s)| s as u8).collect();
        let mut codes = [(0u16, 0u8); 256];
        let (mut code, mut next) = (0u32, symbols.iter());
        for (count, length) in counts.iter().zip(1u8..) {
            for symbol in next.by_ref().take(usize::from(*count)) {
                if let Some(place) = codes.get_mut(usize::from(*symbol)) {
                    *place = (code as u16, length);
                }
                code += 1;
            }
            code <<= 1;
        }
        Self { codes, counts, symbols }
    }

    /// Bits that the symbols take with their extra bits, `extra` telling how many a symbol has.
    pub fn bits(&self, frequencies: &Frequencies, extra: impl Fn(u8) -> u8) -> u64 {
        let each = self.codes.iter().zip(&frequencies.0).zip(0u8..=255);
        each.map(|(((_, length), f), symbol)| u64::from(*f) * u64::from(length + extra(symbol))).sum()
    }
}

/// Brings codes longer than 16 bits up, and takes the reserved one out (ITU T.81, figure K.3).
fn cut(mut counts: [usize; UNCUT + 1]) -> [u8; LONGEST] {
    let at = |counts: &[usize; UNCUT + 1], i: usize| counts.get(i).copied().unwrap_or(0);
    for long in (LONGEST + 1..=UNCUT).rev() {
        while at(&counts, long) > 0 {
            let Some(short) = (1..long - 1).rev().find(|j| at(&counts, *j) > 0) else { break };
            for (place, change) in [(long, -2), (long - 1, 1), (short + 1, 2), (short, -1)] {
                if let Some(c) = counts.get_mut(place) {
                    *c = c.saturating_add_signed(change);
                }
            }
        }
    }
    if let Some(last) = (1..=LONGEST).rev().find(|i| at(&counts, *i) > 0)
        && let Some(c) = counts.get_mut(last)
    {
        *c -= 1;
    }
    std::array::from_fn(|i| at(&counts, i + 1).min(255) as u8)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_symbol_has_a_code_and_the_code_is_complete_but_for_the_reserved_one(
            weights in proptest::collection::vec((0usize..256, 0u32..24), 1..256)
        ) {
            let mut f = Frequencies::default();
            for (symbol, log) in weights {
                f.0[symbol] = 1 << log;
            }
            let table = Table::best(&f);
            let taken: f64 = table.codes.iter().filter(|c| c.1 > 0).map(|c| 0.5f64.powi(i32::from(c.1))).sum();
            prop_assert!(taken < 1.0);
            for ((code, length), f) in table.codes.iter().zip(f.0) {
                prop_assert_eq!(*length > 0, f > 0);
                prop_assert!(*length <= 16 && u32::from(*code) + 1 < 1 << u32::from(*length).max(1) || *length == 0);
            }
            prop_assert_eq!(table.counts.iter().map(|c| usize::from(*c)).sum::<usize>(), table.symbols.len());
        }
    }

    #[test]
    fn a_frequent_symbol_has_the_short_code() {
        let mut f = Frequencies::default();
        (f.0[3], f.0[7], f.0[9]) = (1000, 10, 9);
        let table = Table::best(&f);
        assert_eq!((table.codes[3].1, table.symbols[0]), (1, 3));
        // 1000 of one bit, 10 of two and 9 of three, with no extra bits; three ones stay unused beside 1110.
        assert_eq!(table.bits(&f, |_| 0), 1000 + 10 * 2 + 9 * 3);
    }
}
