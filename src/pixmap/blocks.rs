//! Blocks of a picture in its own pixels, spread over it: what a reduced [`View`](super::View) no longer shows.

/// 8 x 8 samples of luma, row after row, on the grid of JPEG's blocks.
pub type Block = [[u8; SIDE]; SIDE];

/// Pixels along a side.
pub const SIDE: usize = 8;
/// Blocks that are kept of a picture, about: 128 KB.
const MOST: usize = 2000;

/// Columns that blocks are taken from at least, where there are as many.
const COLUMNS: usize = 16;

/// Of how many blocks one is kept, row after row of `across` each. What it has in common with a row's length is what the
/// columns are apart that blocks are taken from.
pub(crate) fn every(across: usize, down: usize) -> usize {
    let least = across.saturating_mul(down).div_ceil(MOST).max(1);
    let spread = |apart: usize| apart == 1 || apart.saturating_mul(COLUMNS) <= across;
    (least..).find(|n| spread(common_divisor(*n, across))).unwrap_or(least)
}

fn common_divisor(mut a: usize, mut b: usize) -> usize {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

/// Keeps blocks of a picture that comes in rows. Those that a file breaks off in are black from there on.
pub(crate) struct BlockRows {
    across: usize,
    down: usize,
    every: usize,
    blocks: Vec<Block>,
}

impl BlockRows {
    /// For a picture of `width` x `height`; blocks that go beyond it are left out.
    pub(crate) fn new(width: u32, height: u32) -> Self {
        let (across, down) = (width as usize / SIDE, height as usize / SIDE);
        Self { across, down, every: every(across, down), blocks: Vec::new() }
    }

    /// Takes row `y`. `samples(x)` gives those from column `x` on.
    pub(crate) fn push(&mut self, y: u32, samples: impl Fn(usize) -> Option<[u8; SIDE]>) {
        let (row, y) = (y as usize / SIDE, y as usize % SIDE);
        if row >= self.down {
            return;
        }
        let (start, end) = (row * self.across, (row + 1) * self.across);
        for n in start.div_ceil(self.every)..end.div_ceil(self.every) {
            if n >= self.blocks.len() {
                self.blocks.push([[0; SIDE]; SIDE]);
            }
            let line = self.blocks.get_mut(n).and_then(|block| block.get_mut(y));
            if let (Some(line), Some(samples)) = (line, samples((n * self.every - start) * SIDE)) {
                *line = samples;
            }
        }
    }

    pub(crate) fn finish(self) -> Vec<Block> {
        self.blocks
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn blocks_are_those_of_the_picture_and_spread_over_it(across in 1usize..400, down in 1usize..400) {
            let (width, height) = (across as u32 * 8 + 3, down as u32 * 8 + 5);
            let mut rows = BlockRows::new(width, height);
            // Each block says where it is.
            for y in 0..height {
                rows.push(y, |x| Some([(x / 8) as u8, ((x / 8) >> 8) as u8, y as u8, 0, 0, 0, 0, 0]));
            }
            let blocks = rows.finish();
            let n = across * down;
            prop_assert!(blocks.len() <= MOST && blocks.len() >= n.min(MOST) / 5, "{} of {n}", blocks.len());
            let columns: std::collections::BTreeSet<[u8; 2]> = blocks.iter().map(|b| [b[0][0], b[0][1]]).collect();
            prop_assert!(columns.len() >= across.min(blocks.len()).min(COLUMNS), "{} columns of {across}", columns.len());
            for block in &blocks {
                prop_assert!(block.windows(2).all(|w| w[1][2] == w[0][2].wrapping_add(1)), "its rows follow each other");
            }
        }
    }

    #[test]
    fn a_picture_smaller_than_a_block_has_none() {
        let mut rows = BlockRows::new(7, 9);
        (0..9).for_each(|y| rows.push(y, |_| None));
        assert!(rows.finish().is_empty());
    }
}
