//! Where the samples of one component are gathered, at the scale that they are wanted in.

use super::dct;
use crate::{
    fault::Refusal,
    options::Limits,
    pixmap::Plane,
    probe::jpeg::{Component, Frame},
};

/// The samples of one component. Blocks beyond the picture's edge, which fill up the last units, are kept.
#[derive(Clone, Debug)]
pub struct Canvas {
    /// Samples along a block's side: 1, 2, 4 or 8.
    pub side: usize,
    /// Blocks across and down that belong to the picture.
    pub blocks: (usize, usize),
    /// Blocks across and down with those that fill up units.
    pub padded: (usize, usize),
    /// Samples across and down that belong to the picture.
    size: (u32, u32),
    samples: Vec<u8>,
}

impl Canvas {
    /// One for each component of a frame, mid-gray, with blocks of `side(index)`.
    ///
    /// # Errors
    /// [`Refusal::Limit`] before anything is allocated, when all of them, and `extra` bytes for each of their blocks,
    /// come to more than [`Limits::max_memory`]; [`Refusal::TookTooLong`] when it is time to stop.
    pub fn all(frame: &Frame, limits: &Limits, layout: impl Fn(usize) -> (usize, usize)) -> Result<Vec<Self>, Refusal> {
        let (h_max, v_max) = frame.max_sampling();
        let units = |pixels: u16, max: u32| u32::from(pixels).div_ceil(8 * max) as usize;
        let across = |c: &Component| units(frame.width, h_max) * usize::from(c.h);
        let down = |c: &Component| units(frame.height, v_max) * usize::from(c.v);
        let cost = |(i, c): (usize, &Component)| {
            let (side, extra) = layout(i);
            across(c).saturating_mul(down(c)).saturating_mul(side * side + extra) as u64
        };
        let needed = frame.components.iter().enumerate().map(cost).fold(0, u64::saturating_add);
        if needed > limits.max_memory {
            let what = "bytes of memory for decoding the JPEG";
            return Err(Refusal::Limit { what, needed, limit: limits.max_memory });
        }
        let canvas = |(i, c): (usize, &Component)| {
            let (side, _) = layout(i);
            let pixels = |size: u16, factor: u8, max: u32| (u32::from(size) * u32::from(factor)).div_ceil(max);
            let (w, h) = (pixels(frame.width, c.h, h_max), pixels(frame.height, c.v, v_max));
            let n = 8 / side.max(1) as u32;
            let padded = (across(c), down(c));
            Ok(Self {
                side,
                blocks: (w.div_ceil(8) as usize, h.div_ceil(8) as usize),
                padded,
                size: (w.div_ceil(n), h.div_ceil(n)),
                samples: gray(padded.0 * padded.1 * side * side, limits)?,
            })
        };
        frame.components.iter().enumerate().map(canvas).collect()
    }

    /// Writes the samples of the block at (x, y), counted in blocks.
    #[inline(always)]
    pub fn put<const S: usize>(&mut self, x: usize, y: usize, rows: &[[f32; S]; S]) {
        let stride = self.padded.0 * S;
        let start = y * S * stride + x * S;
        for (i, row) in rows.iter().enumerate() {
            let to = self.samples.get_mut(start + i * stride..).and_then(|s| s.first_chunk_mut::<S>());
            if let Some(to) = to {
                to.iter_mut().zip(row).for_each(|(to, v)| *to = dct::sample(*v));
            }
        }
    }

    /// The picture's part.
    pub fn into_plane(mut self) -> Option<Plane> {
        let (width, height) = (self.size.0 as usize, self.size.1 as usize);
        let stride = self.padded.0 * self.side;
        if width < stride {
            for y in 0..height {
                self.samples.copy_within(y * stride..y * stride + width, y * width);
            }
        }
        self.samples.truncate(width * height);
        Plane::new(self.size.0, self.size.1, self.samples)
    }
}

/// So many samples of mid-gray, unless it is time to stop: a hundred million take their time.
fn gray(len: usize, limits: &Limits) -> Result<Vec<u8>, Refusal> {
    let mut samples = Vec::with_capacity(len);
    while samples.len() < len {
        limits.in_time()?;
        samples.resize(len.min(samples.len() + (16 << 20)), 128);
    }
    Ok(samples)
}
