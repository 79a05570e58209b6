//! How the tones lie on the document.

use super::{
    edges::Edges,
    sheet::Sheet,
    tally::{Cells, quantile},
};

/// How the tones lie on the document, in luma levels (0 to 255).
///
/// ```
/// # use idenfy_preflight::{decode, options::Limits, pixmap::View, probe};
/// # let limits = Limits::default();
/// # let bytes = std::fs::read("testdata/front.jpg")?;
/// # let header = probe::probe(&bytes, &limits)?;
/// # let view = decode::view(&bytes, &header, View::reduction(header.width, header.height), &limits)?.picture;
/// let exposure = idenfy_preflight::measure::measure(&view).exposure;
/// assert!(exposure.paper > 110.0 && exposure.clipped_fraction < 0.5);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Exposure {
    /// Mean luma.
    pub mean: f32,
    /// The paper: 75th percentile of luma.
    pub paper: f32,
    /// What print stands out from paper by: 99th percentile of the range in small windows.
    pub contrast: f32,
    /// Standard deviation of the noise, on the sheet.
    pub noise: f32,
    /// Share of the document at 250 and above.
    pub clipped_fraction: f32,
    /// Mean distance of Cb and Cr from neutral; `None` for a gray picture.
    pub colour: Option<f32>,
    /// How much darker the document's darkest quarter of paper is than its lightest, 0 to 1.
    pub unevenness: f32,
}

/// Side of the cells by which the light on the paper is looked at, in pixels of the sheet.
const CELL: usize = 32;

/// Measures the tones on a sheet.
///
/// ```
/// # use idenfy_preflight::{decode, options::Limits, pixmap::View, probe};
/// # let limits = Limits::default();
/// # let bytes = std::fs::read("testdata/front.jpg")?;
/// # let header = probe::probe(&bytes, &limits)?;
/// # let view = decode::view(&bytes, &header, View::reduction(header.width, header.height), &limits)?.picture;
/// use idenfy_preflight::measure::{document, edges::Edges, exposure, sheet::Sheet};
/// let card = document::find(&view);
/// let sheet = Sheet::of(&view, card.as_ref()).unwrap();
/// assert!(exposure::measure(&sheet, &Edges::of(&sheet)).contrast > 35.0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn measure(sheet: &Sheet, edges: &Edges) -> Exposure {
    let light = Light::of(sheet, edges.inset());
    let histogram = &light.all;
    let total = histogram.iter().sum::<u32>().max(1) as f32;
    let sum: f32 = histogram.iter().enumerate().map(|(v, n)| v as f32 * *n as f32).sum();
    let clipped: u32 = histogram.iter().skip(250).sum();
    Exposure {
        mean: sum / total,
        paper: quantile(histogram, 0.75),
        contrast: edges.contrast,
        noise: edges.noise,
        clipped_fraction: clipped as f32 / total,
        colour: sheet.chroma.as_ref().map(|planes| {
            // 256 of them fit sixteen bits, of which a register holds twice as many as of 32.
            let runs = planes.iter().flat_map(|p| p.data().chunks(256));
            let off: u64 = runs.map(|run| u64::from(run.iter().map(|v| u16::from(v.abs_diff(128))).sum::<u16>())).sum();
            off as f32 / (planes.iter().map(|p| p.data().len()).sum::<usize>().max(1)) as f32
        }),
        unevenness: light.unevenness(),
    }
}

/// The light on the paper, cell by cell: the 80th percentile of luma.
struct Light {
    /// In rising order.
    cells: Vec<f32>,
    /// How often each level occurs on the document, by every other row.
    all: [u32; 256],
}

impl Light {
    fn of(sheet: &Sheet, inset: usize) -> Self {
        let (w, h) = (sheet.luma.width() as usize, sheet.luma.height() as usize);
        let (across, down) = ((w / CELL).max(1), (h / CELL).max(1));
        let full = (CELL * CELL / 4) as u32;
        let (mut all, mut light) = ([0; 256], Vec::with_capacity(across * down));
        let mut cells = Cells::<256>::new(w, across);
        for row in 0..down {
            let from = (row * h).div_ceil(down).next_multiple_of(2);
            for y in (from..((row + 1) * h).div_ceil(down)).step_by(2) {
                cells.add(sheet.luma.row(y as u32), &sheet.inside(y, inset));
            }
            for histogram in cells.take() {
                all.iter_mut().zip(&histogram).for_each(|(sum, n)| *sum += n);
                if histogram.iter().sum::<u32>() >= full {
                    light.push(quantile(&histogram, 0.8));
                }
            }
        }
        light.sort_by(f32::total_cmp);
        Self { cells: light, all }
    }

    fn unevenness(&self) -> f32 {
        let at = |share: f32| self.cells.get((self.cells.len() as f32 * share) as usize).copied().unwrap_or(0.0);
        1.0 - at(0.25) / at(0.9).max(1.0)
    }
}
