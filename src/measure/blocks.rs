//! Strong JPEG compression that pixels still show after the file was saved anew: the lowest frequencies of each block
//! of 8 x 8 lie on a comb, whose teeth are as far apart as the quantisation table's steps were (Fan and de Queiroz
//! 2003, "Identification of bitmap compression history"; here over libjpeg's tables alone).

use crate::pixmap::{Block, SIDE, View};
use fearless_simd::{Level, dispatch};
use std::f32::consts::{PI, TAU};

/// Frequencies from none to two halves of a cycle, across and down, that are looked at.
const LOW: usize = 3;
/// What JPEG's example table (ITU-T T.81, K.1) has there; the first, the mean, is not looked at.
const STEPS: [[u32; LOW]; LOW] = [[16, 11, 10], [12, 12, 14], [14, 13, 16]];
/// The qualities that are looked for: over 30 the teeth come close to what saving anew blurs them by.
const QUALITIES: std::ops::RangeInclusive<u8> = 5..=30;
/// The least that a frequency has to differ from nothing in, of these blocks.
const FEWEST: u32 = 25;
/// How many of the eight frequencies have to show the comb.
const FREQUENCIES: usize = 4;
/// From 0 (no comb) to 1 (all on its teeth) for each of them, and for all together.
const EACH: f32 = 0.5;
const ALL: f32 = 0.7;

/// The quality, on libjpeg's scale, of the strongest compression that a picture went through; `None` where nothing
/// shows, which is so over quality 30, where the picture was made smaller, turned or cropped since, and where the view
/// has no [`blocks`](View::blocks).
///
/// ```
/// # use idenfy_preflight::{decode, options::Limits, pixmap::View, probe};
/// # let limits = Limits::default();
/// # let bytes = std::fs::read("testdata/front.png")?;
/// # let header = probe::probe(&bytes, &limits)?;
/// # let view = decode::view(&bytes, &header, View::reduction(header.width, header.height), &limits)?.picture;
/// assert_eq!(idenfy_preflight::measure::blocks::quality(&view), None);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn quality(view: &View) -> Option<u8> {
    let low = dispatch!(Level::new(), _simd => frequencies(&view.blocks));
    let comb = |quality: &u8| comb(&low, *quality).unwrap_or(0.0);
    let found = QUALITIES.clone().find(|q| comb(q) >= ALL)?;
    // Its neighbours have nearly the same teeth.
    QUALITIES.filter(|q| (found..found + 5).contains(q)).max_by(|a, b| comb(a).total_cmp(&comb(b)))
}

/// The lowest frequencies of blocks that are not blown out, for each frequency those of all blocks.
#[inline(always)]
fn frequencies(blocks: &[Block]) -> [[Vec<f32>; LOW]; LOW] {
    let mut low: [[Vec<f32>; LOW]; LOW] = Default::default();
    let mut waves = [[0.0; SIDE]; LOW];
    for (k, wave) in (0_u8..).zip(&mut waves) {
        let scale = (if k == 0 { 1.0 } else { 2.0 } / SIDE as f32).sqrt();
        for (x, w) in (0_u8..).zip(wave) {
            *w = scale * ((f32::from(x) + 0.5) * f32::from(k) * PI / SIDE as f32).cos();
        }
    }
    for block in blocks {
        let (mut least, mut most) = (255, 0);
        let mut sums = [[0.0; LOW]; LOW];
        for (y, row) in block.iter().enumerate() {
            (least, most) = row.iter().fold((least, most), |(least, most), v| (least.min(*v), most.max(*v)));
            let along = waves.map(|wave| wave.iter().zip(row).map(|(w, v)| w * f32::from(*v)).sum::<f32>());
            for (sums, wave) in sums.iter_mut().zip(&waves) {
                let down = wave.get(y).copied().unwrap_or(0.0);
                sums.iter_mut().zip(along).for_each(|(sum, along)| *sum += down * along);
            }
        }
        // What is beyond either end of the scale was cut off, and the comb with it.
        if least == 0 || most == 255 || most - least < 2 {
            continue;
        }
        for (low, sum) in low.iter_mut().flatten().zip(sums.iter().flatten()) {
            low.push(*sum);
        }
    }
    low
}

/// How well all lie on the teeth of this quality, 0 to 1; `None` with too few to tell or a frequency that does not.
fn comb(low: &[[Vec<f32>; LOW]; LOW], quality: u8) -> Option<f32> {
    let scale = 5000 / u32::from(quality.max(1));
    let (mut sum, mut all, mut frequencies) = (0.0, 0_u32, 0);
    for (low, step) in low.iter().flatten().zip(STEPS.iter().flatten()).skip(1) {
        let step = ((step * scale + 50) / 100).clamp(1, 255) as f32;
        let off = low.iter().filter(|c| c.abs() > step / 2.0).map(|c| (c / step * TAU).cos());
        let (on, n) = off.fold((0.0, 0), |(on, n), v| (on + v, n + 1));
        if n < FEWEST {
            continue;
        }
        if on < EACH * n as f32 {
            return None;
        }
        (sum, all, frequencies) = (sum + on, all + n, frequencies + 1);
    }
    (frequencies >= FREQUENCIES).then(|| sum / all as f32)
}
