//! SeetaFace's funnel-structured cascade (Wu et al. 2016), by the `rustface` crate, with its frontal model.

use super::{FaceBox, Faces};
use crate::{
    measure::{
        shrink::{FINE, shrink},
        tally::Tally,
    },
    pixmap::{Orientation, Plane, View},
};
use rustface::{Detector, ImageData};

/// Trained by VIPL, Chinese Academy of Sciences; BSD 2-clause, see `LICENSE` beside it.
const MODEL: &[u8] = include_bytes!("seeta_fd_frontal_v1.0.bin");
/// The long side that is searched, in pixels. The cascade's window has 40: the smallest face that is found takes an
/// eighth of it. A selfie's is 20 % and more.
const LONG_SIDE: u32 = 320;
/// The same for turned pictures, which are looked at for a big face only: a fifth of it. At 160
/// one of twelve portraits was no longer found on its side.
const LONG_SIDE_TURNED: u32 = 200;
/// The least side that is searched: the cascade's window.
const LEAST: u32 = 40;
/// The cascade's score from which something is a face. Measured: upright ones in portraits and on identity documents
/// scored 5 and more, at a fifth of the light and not brightened 2 and more; what is none, in 45 pictures, up to 2.2.
/// SeetaFace's own examples use 0.95, 2.8 and 4.5.
const FACE: f64 = 3.0;
/// A face found with this much is clearly upright: turned by half a turn, the same ones scored up to 5.9.
const CLEAR: f64 = 8.0;

/// Looks for faces, upright ones first; for one that lies on its side or stands on its head only when there is no
/// clear upright one.
pub(super) fn find(view: &View) -> Faces {
    let Ok(model) = rustface::read_model(MODEL) else { return Faces::default() };
    let mut detector = rustface::create_detector_with_model(model);
    detector.set_score_thresh(FACE);
    detector.set_pyramid_scale_factor(0.8);
    let mut faces = |plane: &Option<Plane>, turn: Orientation, turned: u16| {
        let boxes = plane.as_ref().map_or(Vec::new(), |plane| detect(&mut *detector, view, plane, turn));
        Faces { boxes, turned, look: None }
    };
    let upright = faces(&small(&view.luma, LONG_SIDE), Orientation::Upright, 0);
    let best = |boxes: &[FaceBox]| boxes.iter().map(|b| f64::from(b.score)).fold(0.0, f64::max);
    let score = best(&upright.boxes);
    if score >= CLEAR {
        return upright;
    }
    let plane = small(&view.luma, LONG_SIDE_TURNED);
    let turns = [(90, Orientation::Turned90), (180, Orientation::Turned180), (270, Orientation::Turned270)];
    let turned = turns.map(|(turned, turn)| faces(&plane, turn, turned));
    let better = turned.into_iter().filter(|f| best(&f.boxes) > (2.0 * score).max(1.5 * FACE));
    better.max_by(|a, b| best(&a.boxes).total_cmp(&best(&b.boxes))).unwrap_or(upright)
}

/// What is searched; `None` when it is smaller than any face that is found.
fn small(luma: &Plane, long_side: u32) -> Option<Plane> {
    let (w, h) = (luma.width(), luma.height());
    let long = w.max(h).min(long_side);
    let size = |n: u32| (u64::from(n) * u64::from(long) / u64::from(w.max(h))) as u32;
    let (w, h) = (size(w), size(h));
    if w.min(h) < LEAST {
        return None;
    }
    Plane::new(w, h, lit(&shrink(luma, w as usize, h as usize)))
}

/// The faces of the picture turned, in places of the picture as it is.
fn detect(detector: &mut dyn Detector, view: &View, plane: &Plane, turn: Orientation) -> Vec<FaceBox> {
    let (w, h) = (plane.width(), plane.height());
    let plane = plane.clone().oriented(turn);
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
    let levels: Vec<u8> = plane.iter().map(|v| (u32::from(v.unsigned_abs()) / FINE).min(255) as u8).collect();
    let mut tally = Tally::new();
    tally.add(&levels);
    let mut below = levels.len() * 99 / 100;
    let bright = tally.take().iter().position(|n| {
        let more = below < *n as usize;
        below = below.saturating_sub(*n as usize);
        more
    });
    let bright = bright.map_or(220, |level| level as u32).clamp(37, 220);
    levels.iter().map(|v| (u32::from(*v) * 220 / bright).min(255) as u8).collect()
}
