//! How well a face is seen: crisp, lit, free of glare.

use super::FaceBox;
use crate::{measure::tally::quantile, pixmap::View};

/// How well a face is seen.
///
/// ```
/// # use idenfy_preflight::{decode, options::Limits, pixmap::View, probe};
/// # let limits = Limits::default();
/// # let bytes = std::fs::read("testdata/face.jpg")?;
/// # let header = probe::probe(&bytes, &limits)?;
/// # let view = decode::view(&bytes, &header, View::reduction(header.width, header.height), &limits)?.picture;
/// # #[cfg(feature = "face")] {
/// let look = idenfy_preflight::measure::face::find(&view).unwrap().look.unwrap();
/// assert!(look.luma > 40.0 && look.clipped_fraction < 0.15);
/// # }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct FaceLook {
    /// Steepness of its edges, per pixel of a face that is 96 pixels wide: the 99th percentile of the gradient over the
    /// spread of its tones. A sharp face has 0.15 and more.
    pub crispness: f32,
    /// Median luma.
    pub luma: f32,
    /// Share of it at 250 and above.
    pub clipped_fraction: f32,
}

/// Pixels that a face is brought to; smaller ones stay as they are.
const ACROSS: f32 = 96.0;

impl FaceLook {
    /// Of a face in a view; `None` where too little of it lies in the picture.
    ///
    /// ```
    /// # use idenfy_preflight::{decode, options::Limits, pixmap::View, probe};
    /// # let limits = Limits::default();
    /// # let bytes = std::fs::read("testdata/face.jpg")?;
    /// # let header = probe::probe(&bytes, &limits)?;
    /// # let view = decode::view(&bytes, &header, View::reduction(header.width, header.height), &limits)?.picture;
    /// # #[cfg(feature = "face")] {
    /// use idenfy_preflight::measure::face::{self, FaceLook};
    /// let face = face::find(&view).unwrap().boxes[0];
    /// assert!(FaceLook::of(&view, &face).is_some_and(|look| look.crispness > 0.11));
    /// # }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn of(view: &View, face: &FaceBox) -> Option<Self> {
        let scale = view.scale();
        let (w, h) = (view.luma.width() as f32, view.luma.height() as f32);
        let (x0, x1) = ((face.x / scale).clamp(0.0, w), ((face.x + face.w) / scale).clamp(0.0, w));
        let (y0, y1) = ((face.y / scale).clamp(0.0, h), ((face.y + face.h) / scale).clamp(0.0, h));
        // Whole pixels are averaged, so the step is at least one.
        let step = ((face.w / scale) / ACROSS).max(1.0);
        let (columns, rows) = (((x1 - x0) / step) as usize, ((y1 - y0) / step) as usize);
        if columns.min(rows) < 16 {
            return None;
        }
        let at = |from: f32, i: usize| (from + i as f32 * step) as u32;
        let mut small: Vec<f32> = Vec::with_capacity(columns * rows);
        for row in 0..rows {
            let (top, bottom) = (at(y0, row), at(y0, row + 1).max(at(y0, row) + 1));
            small.extend((0..columns).map(|column| {
                let span = at(x0, column) as usize..(at(x0, column + 1).max(at(x0, column) + 1)) as usize;
                let cells = (top..bottom).flat_map(|y| view.luma.row(y).get(span.clone()).unwrap_or(&[]));
                let (sum, n) = cells.fold((0_u32, 0_u32), |(sum, n), v| (sum + u32::from(*v), n + 1));
                sum as f32 / n.max(1) as f32
            }));
        }
        let (mut tones, mut gradients) = ([0_u32; 256], [0_u32; 256]);
        let tally = |histogram: &mut [u32; 256], value: f32| {
            if let Some(n) = histogram.get_mut(value as usize) {
                *n += 1;
            }
        };
        small.iter().for_each(|v| tally(&mut tones, *v));
        let lines: Vec<&[f32]> = small.chunks_exact(columns).collect();
        for [above, here, below] in lines.array_windows() {
            let columns = here.array_windows::<3>().zip(above.iter().zip(*below).skip(1));
            for ([left, _, right], (up, down)) in columns {
                tally(&mut gradients, (right - left).hypot(down - up) / 2.0);
            }
        }
        let spread = (quantile(&tones, 0.95) - quantile(&tones, 0.05)).max(10.0);
        let clipped: u32 = tones.iter().skip(250).sum();
        Some(Self {
            crispness: quantile(&gradients, 0.99) / spread,
            luma: quantile(&tones, 0.5),
            clipped_fraction: clipped as f32 / small.len() as f32,
        })
    }
}
