//! Blocks of a picture in its own pixels, spread over it: what a reduced [`View`](super::View) no longer shows.

/// 8 x 8 samples of luma, row after row, on the grid of JPEG's blocks.
pub type Block = [[u8; SIDE]; SIDE];

/// Pixels along a side.
pub const SIDE: usize = 8;
/// Blocks that are kept of a picture at most: 128 KB.
const MOST: usize = 2000;

/// Of how many blocks one is kept.
pub(crate) fn every(blocks: usize) -> usize {
    blocks.div_ceil(MOST).max(1)
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
        Self { across, down, every: every(across.saturating_mul(down)), blocks: Vec::new() }
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
