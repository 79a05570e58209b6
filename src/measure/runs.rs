//! Connected pixels, by their runs in rows.

use std::ops::Range;

/// Appends the runs of ones of a row of zeros and ones, from left to right.
pub(super) fn find(mask: &[u8], runs: &mut Vec<Range<u32>>) {
    let (mut before, mut from) = (0, None);
    let (words, rest) = mask.as_chunks::<8>();
    let mut last = [0; 8];
    last.iter_mut().zip(rest).for_each(|(l, r)| *l = *r);
    // One more than there is: a run that goes to the end is closed there.
    for (i, word) in (0_u32..).zip(words.iter().chain([&last, &[0; 8]])) {
        let word = u64::from_le_bytes(*word);
        // Ones where a pixel differs from the one on its left.
        let mut changes = word ^ (word << 8 | before);
        before = word >> 56;
        while changes != 0 {
            let x = 8 * i + changes.trailing_zeros() / 8;
            match from.take() {
                Some(from) => runs.push(from..x),
                None => from = Some(x),
            }
            changes &= changes - 1;
        }
    }
}

/// Sets that are joined bit by bit, as a forest: each points to one that it was joined to, roots to themselves.
#[derive(Default)]
pub(super) struct Forest(Vec<u32>);

impl Forest {
    /// A new set; they are numbered from 0.
    pub(super) fn plant(&mut self) -> u32 {
        let new = self.0.len() as u32;
        self.0.push(new);
        new
    }

    /// The number that stands for all of a set: the least in it.
    pub(super) fn root(&mut self, mut of: u32) -> u32 {
        while let Some(up) = self.0.get(of as usize).copied().filter(|up| *up != of) {
            // Halve the way for the next time.
            let further = self.0.get(up as usize).copied().unwrap_or(up);
            if let Some(parent) = self.0.get_mut(of as usize) {
                *parent = further;
            }
            of = further;
        }
        of
    }

    /// Makes one set of two; the roots that they had, the one that stays and the other, if they were two.
    pub(super) fn join(&mut self, a: u32, b: u32) -> (u32, Option<u32>) {
        let (a, b) = (self.root(a), self.root(b));
        let (root, other) = (a.min(b), a.max(b));
        if root == other {
            return (root, None);
        }
        if let Some(parent) = self.0.get_mut(other as usize) {
            *parent = root;
        }
        (root, Some(other))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn runs_are_where_the_ones_are(mask in proptest::collection::vec(0_u8..2, 0..70)) {
            let mut runs = Vec::new();
            find(&mask, &mut runs);
            let mut drawn = vec![0; mask.len()];
            for run in &runs {
                drawn[run.start as usize..run.end as usize].fill(1);
            }
            prop_assert_eq!(drawn, mask);
            prop_assert!(runs.array_windows().all(|[a, b]| a.end < b.start));
        }
    }

    #[test]
    fn the_least_stands_for_a_set() {
        let mut forest = Forest::default();
        (0..5).for_each(|i| assert_eq!(forest.plant(), i));
        assert_eq!(forest.join(4, 2), (2, Some(4)));
        assert_eq!(forest.join(1, 4), (1, Some(2)));
        assert_eq!(forest.join(2, 4), (1, None));
        assert_eq!([0, 1, 2, 3, 4].map(|i| forest.root(i)), [0, 1, 1, 3, 1]);
    }
}
