//! A picture as DCT coefficients that are not quantised yet: made once, then coded at any quality.

use super::dct::forward;
use crate::{decode::jpeg::coefficients::Grid, pixmap::Pixmap, watch::Watch};
use rayon::prelude::*;

/// How chroma is sampled, and thereby which blocks an MCU has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::recompress) enum Layout {
    /// One component.
    Gray,
    /// As finely as luma (4:4:4).
    Full,
    /// Halved across (4:2:2).
    Wide,
    /// Halved down (4:4:0).
    Tall,
    /// Halved both ways (4:2:0).
    Halved,
}

impl Layout {
    /// By the blocks of a unit of each component.
    fn of(sampling: &[(u8, u8)]) -> Option<Self> {
        match sampling {
            [_] => Some(Self::Gray),
            [luma, (1, 1), (1, 1)] => {
                [Self::Full, Self::Wide, Self::Tall, Self::Halved].into_iter().find(|layout| layout.luma() == *luma)
            }
            _ => None,
        }
    }

    /// Luma blocks of an MCU, across and down.
    pub fn luma(self) -> (u8, u8) {
        match self {
            Self::Gray | Self::Full => (1, 1),
            Self::Wide => (2, 1),
            Self::Tall => (1, 2),
            Self::Halved => (2, 2),
        }
    }

    /// The component (0 luma, 1 Cb, 2 Cr) of each block of an MCU, in the order of the scan (ITU T.81, A.2.3).
    pub fn blocks(self) -> &'static [u8] {
        match self {
            Self::Gray => &[0],
            Self::Full => &[0, 1, 2],
            Self::Wide | Self::Tall => &[0, 0, 1, 2],
            Self::Halved => &[0, 0, 0, 0, 1, 2],
        }
    }

    /// MCUs of a picture.
    pub fn mcus(self, width: u32, height: u32) -> u64 {
        let (h, v) = self.luma();
        u64::from(width.div_ceil(8 * u32::from(h))) * u64::from(height.div_ceil(8 * u32::from(v)))
    }
}

/// A picture as DCT coefficients in the order of a scan: MCU after MCU, block after block, zigzag.
pub(in crate::recompress) struct Coefficients {
    pub width: u16,
    pub height: u16,
    pub layout: Layout,
    pub(super) blocks: Vec<[i16; 64]>,
    /// The steps that they were quantised by before, luma and chroma, zigzag, where they are a JPEG's own.
    pub(super) own: Option<[[u8; 64]; 2]>,
}

/// Blocks of a run that a sample is made of, in MCUs.
const RUN: usize = 2;

impl Coefficients {
    /// Bytes that the coefficients of a colour picture of that many pixels take, about.
    pub fn memory(pixels: u64) -> u64 {
        pixels.saturating_mul(3)
    }

    /// Those that a JPEG has itself.
    pub fn from_grid(grid: Grid) -> Option<Self> {
        let layout = Layout::of(&grid.sampling)?;
        let table = |i: usize| -> Option<[u8; 64]> {
            let mut steps = [0; 64];
            for (to, from) in steps.iter_mut().zip(grid.steps.get(i)?) {
                *to = u8::try_from(*from).ok().filter(|step| *step > 0)?;
            }
            Some(steps)
        };
        let own = match layout {
            Layout::Gray => table(0).map(|luma| [luma; 2]),
            _ => table(0).zip(table(1).filter(|cb| table(2) == Some(*cb))).map(|(luma, chroma)| [luma, chroma]),
        };
        Some(Self { width: grid.width, height: grid.height, layout, blocks: grid.blocks, own })
    }

    /// Transforms a picture. A gray one becomes one component, any other YCbCr (JFIF 1.02) with chroma averaged over
    /// 2x2 pixels. `None` when a side has more than the 65,535 pixels of a JPEG, or it is time to stop.
    pub fn of(pixmap: &Pixmap, watch: &Watch) -> Option<Self> {
        let (width, height) = (u16::try_from(pixmap.width()).ok()?, u16::try_from(pixmap.height()).ok()?);
        let gray = pixmap.data().as_chunks::<3>().0.iter().all(|[r, g, b]| r == g && g == b);
        let layout = if gray { Layout::Gray } else { Layout::Halved };
        let side = 8 * usize::from(layout.luma().0);
        let (w, h) = (usize::from(width), usize::from(height));
        let row_blocks = w.div_ceil(side) * layout.blocks().len();
        // Zeroed by the system where it is first written to; `vec!` does so for arrays of up to 16 alone.
        let mut blocks: Vec<[i16; 64]> = bytemuck::zeroed_vec(row_blocks * h.div_ceil(side));
        let rows: Vec<&[u8]> = pixmap.data().chunks_exact(w * 3).collect();
        blocks.par_chunks_mut(row_blocks).zip(rows.par_chunks(side)).try_for_each(|(out, rows)| {
            match layout {
                Layout::Gray => gray_row(rows, out),
                _ => colour_row(rows, out),
            }
            (!watch.is_over()).then_some(())
        })?;
        Some(Self { width, height, layout, blocks, own: None })
    }

    /// Whether it has one component.
    pub fn is_gray(&self) -> bool {
        self.layout == Layout::Gray
    }

    /// MCUs in it.
    pub fn mcus(&self) -> usize {
        self.blocks.len() / self.layout.blocks().len()
    }

    /// All of it, in runs of some thousand MCUs.
    pub(super) fn runs(&self) -> impl Iterator<Item = &[[i16; 64]]> {
        self.blocks.chunks(4096 * self.layout.blocks().len())
    }

    /// Runs of MCUs spread over the picture, about `mcus` in all, and the share of the picture that they are.
    pub(super) fn sample(&self, mcus: usize) -> (Vec<&[[i16; 64]]>, f64) {
        let run = RUN * self.layout.blocks().len();
        let runs = self.blocks.len().div_ceil(run);
        let wanted = mcus.div_ceil(RUN).clamp(1, runs.max(1));
        // Every (runs / wanted)-th run, shifted by a share of the golden ratio so that no column is preferred.
        let picked = (0..wanted).map(|i| {
            let shift = (i as u64).wrapping_mul(0x9E37_79B9) & 0xFFFF_FFFF;
            let (from, to) = (i * runs / wanted, (i + 1) * runs / wanted);
            from + ((shift * (to - from) as u64) >> 32) as usize
        });
        let slices: Vec<_> =
            picked.filter_map(|r| self.blocks.get(r * run..((r + 1) * run).min(self.blocks.len()))).collect();
        let taken: usize = slices.iter().map(|s| s.len()).sum();
        (slices, taken as f64 / self.blocks.len().max(1) as f64)
    }
}

/// Luma of a pixel less 128, whole, in 16-bit fixed point (JFIF 1.02, section 3).
fn luma([r, g, b]: [u8; 3]) -> f32 {
    let y = (19595 * i32::from(r) + 38470 * i32::from(g) + 7471 * i32::from(b) + 32768) >> 16;
    (y - 128) as f32
}

/// One component's rows, each a whole number of blocks long.
struct Band {
    width: usize,
    data: Vec<f32>,
}

impl Band {
    fn new(width: usize, rows: usize) -> Self {
        Self { width, data: vec![0.0; width * rows] }
    }

    fn rows_mut(&mut self) -> impl Iterator<Item = &mut [f32]> {
        self.data.chunks_exact_mut(self.width)
    }

    /// Repeats the last of `have` rows down to the end.
    fn extend_down(&mut self, have: usize) {
        let have = (have * self.width).min(self.data.len());
        let (head, tail) = self.data.split_at_mut(have);
        if let Some(last) = head.chunks_exact(self.width).last() {
            tail.chunks_exact_mut(self.width).for_each(|row| row.copy_from_slice(last));
        }
    }

    /// Transforms the block in column `x` and row `y`, counted in blocks.
    fn block(&self, x: usize, y: usize, out: &mut [i16; 64]) {
        let mut samples = [[0.0; 8]; 8];
        for (row, from) in samples.iter_mut().zip(self.data.chunks_exact(self.width).skip(y * 8)) {
            if let Some(piece) = from.get(x * 8..).and_then(|p| p.first_chunk::<8>()) {
                *row = *piece;
            }
        }
        forward(&samples, out);
    }
}

/// Repeats the last of `have` samples along the row.
fn extend_right(row: &mut [f32], have: usize) {
    let last = have.checked_sub(1).and_then(|i| row.get(i)).copied().unwrap_or(0.0);
    row.iter_mut().skip(have).for_each(|v| *v = last);
}

fn gray_row(rows: &[&[u8]], out: &mut [[i16; 64]]) {
    let mut band = Band::new(out.len() * 8, 8);
    for (to, from) in band.rows_mut().zip(rows) {
        let pixels = from.as_chunks::<3>().0;
        to.iter_mut().zip(pixels).for_each(|(v, [g, ..])| *v = f32::from(*g) - 128.0);
        extend_right(to, pixels.len());
    }
    band.extend_down(rows.len());
    for (x, block) in out.iter_mut().enumerate() {
        band.block(x, 0, block);
    }
}

fn colour_row(rows: &[&[u8]], out: &mut [[i16; 64]]) {
    let (mcus, _) = out.as_chunks_mut::<6>();
    let wide = mcus.len() * 16;
    let (mut y, mut cb, mut cr) = (Band::new(wide, 16), Band::new(wide / 2, 8), Band::new(wide / 2, 8));
    for (to, from) in y.rows_mut().zip(rows) {
        let pixels = from.as_chunks::<3>().0;
        to.iter_mut().zip(pixels).for_each(|(v, px)| *v = luma(*px));
        extend_right(to, pixels.len());
    }
    y.extend_down(rows.len());
    for ((cb, cr), pair) in cb.rows_mut().zip(cr.rows_mut()).zip(rows.chunks(2)) {
        // A last single row counts twice.
        if let (Some(upper), Some(lower)) = (pair.first(), pair.last()) {
            halve(upper, lower, cb, cr);
        }
    }
    let have = rows.len().div_ceil(2);
    cb.extend_down(have);
    cr.extend_down(have);
    for (x, [y0, y1, y2, y3, b, r]) in mcus.iter_mut().enumerate() {
        y.block(2 * x, 0, y0);
        y.block(2 * x + 1, 0, y1);
        y.block(2 * x, 1, y2);
        y.block(2 * x + 1, 1, y3);
        cb.block(x, 0, b);
        cr.block(x, 0, r);
    }
}

/// Chroma of two rows, averaged over 2x2 pixels; a last single column counts twice.
fn halve(upper: &[u8], lower: &[u8], cb: &mut [f32], cr: &mut [f32]) {
    let (pairs, single) = upper.as_chunks::<6>();
    let (below, single_below) = lower.as_chunks::<6>();
    let places = cb.iter_mut().zip(cr.iter_mut());
    for (([r0, g0, b0, r1, g1, b1], [r2, g2, b2, r3, g3, b3]), (cb, cr)) in pairs.iter().zip(below).zip(places) {
        let sum =
            |a: &u8, b: &u8, c: &u8, d: &u8| (u16::from(*a) + u16::from(*b) + u16::from(*c) + u16::from(*d)) as f32;
        (*cb, *cr) = chroma(sum(r0, r1, r2, r3), sum(g0, g1, g2, g3), sum(b0, b1, b2, b3));
    }
    let mut have = pairs.len();
    if let ([r0, g0, b0], [r1, g1, b1]) = (single, single_below)
        && let (Some(cb), Some(cr)) = (cb.get_mut(have), cr.get_mut(have))
    {
        let sum = |a: &u8, b: &u8| 2.0 * (f32::from(*a) + f32::from(*b));
        (*cb, *cr) = chroma(sum(r0, r1), sum(g0, g1), sum(b0, b1));
        have += 1;
    }
    extend_right(cb, have);
    extend_right(cr, have);
}

/// Cb and Cr less 128 of four pixels' sums (JFIF 1.02, section 3).
#[inline]
fn chroma(r: f32, g: f32, b: f32) -> (f32, f32) {
    let cb = -0.168_735_9 * r - 0.331_264_1 * g + 0.5 * b;
    let cr = 0.5 * r - 0.418_687_6 * g - 0.081_312_4 * b;
    (cb * 0.25, cr * 0.25)
}
