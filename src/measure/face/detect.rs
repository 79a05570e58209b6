//! SeetaFace's funnel-structured cascade (Wu et al. 2016), by the `rustface` crate, with its frontal model.

use super::{FaceBox, Faces};
use crate::{
    measure::shrink::{FINE, shrink},
    pixmap::{Orientation, Plane, View},
};
use rustface::ImageData;

/// Trained by VIPL, Chinese Academy of Sciences; BSD 2-clause, see `LICENSE` beside it.
const MODEL: &[u8] = include_bytes!("seeta_fd_frontal_v1.0.bin");
/// The long side that is searched, in pixels.
const LONG_SIDE: u32 = 320;
/// The smallest face that is searched for, in pixels of that: 7.5 % of the long side. A selfie's is 20 % and more.
const LEAST: u32 = 24;
/// The same for turned pictures, which are looked at for a big face only.
const LONG_SIDE_TURNED: u32 = 200;
/// The cascade's score from which something is a face. Measured: upright ones in portraits and on identity documents
/// scored 5 and more, at a fifth of the light and not brightened 2 and more; what is none, in 45 pictures, up to 2.2.
/// SeetaFace's own examples use 0.95, 2.8 and 4.5.
const FACE: f64 = 3.0;
/// A face found with this much is clearly upright: turned by half a turn, the same ones scored up to 5.9.
const CLEAR: f64 = 8.0;

/// Looks for faces, upright ones first; for one that lies on its side or stands on its head only when there is no
/// clear upright one.
pub(super) fn find(view: &View) -> Faces {
    let upright = Faces { boxes: detect(view, LONG_SIDE, Orientation::Upright), turned: 0, look: None };
    let best = |boxes: &[FaceBox]| boxes.iter().map(|b| f64::from(b.score)).fold(0.0, f64::max);
    let score = best(&upright.boxes);
    if score >= CLEAR {
        return upright;
    }
    let turns = [(90, Orientation::Turned90), (180, Orientation::Turned180), (270, Orientation::Turned270)];
    let turned = turns.map(|(turned, turn)| Faces { boxes: detect(view, LONG_SIDE_TURNED, turn), turned, look: None });
    let better = turned.into_iter().filter(|f| best(&f.boxes) > (2.0 * score).max(1.5 * FACE));
    better.max_by(|a, b| best(&a.boxes).total_cmp(&best(&b.boxes))).unwrap_or(upright)
}

/// The faces of the picture turned, in places of the picture as it is.
fn detect(view: &View, long_side: u32, turn: Orientation) -> Vec<FaceBox> {
    let luma = &view.luma;
    let (w, h) = (luma.width(), luma.height());
    let long = w.max(h).min(long_side);
    let size = |n: u32| (u64::from(n) * u64::from(long) / u64::from(w.max(h))) as u32;
    let (w, h) = (size(w), size(h));
    if w.min(h) < LEAST {
        return Vec::new();
    }
    let Some(plane) = Plane::new(w, h, lit(&shrink(luma, w as usize, h as usize))) else { return Vec::new() };
    let plane = plane.oriented(turn);
    let Ok(model) = rustface::read_model(MODEL) else { return Vec::new() };
    let mut detector = rustface::create_detector_with_model(model);
    detector.set_min_face_size(LEAST);
    detector.set_score_thresh(FACE);
    detector.set_pyramid_scale_factor(0.8);
    let (sx, sy) = (view.width as f32 / w as f32, view.height as f32 / h as f32);
    let found = detector.detect(&ImageData::new(plane.data(), plane.width(), plane.height()));
    let mut boxes: Vec<FaceBox> = found
        .iter()
        .map(|f| {
            let b = f.bbox();
            let (x, y, bw, bh) = (b.x() as f32, b.y() as f32, b.width() as f32, b.height() as f32);
            let (w, h) = (w as f32, h as f32);
            let (x, y, bw, bh) = match turn {
                Orientation::Turned90 => (y, h - x - bw, bh, bw),
                Orientation::Turned180 => (w - x - bw, h - y - bh, bw, bh),
                Orientation::Turned270 => (w - y - bh, x, bh, bw),
                _ => (x, y, bw, bh),
            };
            FaceBox { x: x * sx, y: y * sy, w: bw * sx, h: bh * sy, score: f.score() as f32 }
        })
        .collect();
    boxes.sort_by(|a, b| b.w.total_cmp(&a.w).then(b.score.total_cmp(&a.score)));
    boxes
}

/// The plane with its brightest hundredth brought to 220 when it is darker, up to sixfold: the cascade was trained on
/// well-lit faces.
fn lit(plane: &[i16]) -> Vec<u8> {
    let levels: Vec<u32> = plane.iter().map(|v| u32::from(v.unsigned_abs()) / FINE).collect();
    let mut sorted = levels.clone();
    let k = levels.len() * 99 / 100;
    let bright = if sorted.is_empty() { 220 } else { *sorted.select_nth_unstable(k.min(levels.len() - 1)).1 };
    let bright = bright.clamp(37, 220);
    levels.iter().map(|v| (v * 220 / bright).min(255) as u8).collect()
}
