//! Which candidate is the document, or whether the whole picture is.

use super::{
    area,
    field::Field,
    print::{Print, contains},
    quads::Quad,
};

/// What was settled on, with a confidence from 0 to 1.
pub(super) enum Found {
    /// Neither edges nor print.
    Nothing,
    /// The picture is the document.
    Whole(f32),
    /// The document is in the picture.
    Quad(Quad, f32),
}

/// Candidates under this share of the best score are not weighed against it.
const RIVAL: f32 = 0.7;
/// Share of cells with print from which a place is printed all over.
const PRINTED: f32 = 0.25;
/// What a candidate without any print keeps of its score.
const BLANK: f32 = 0.7;
/// Under this score there is nothing.
const NOTHING: f32 = 0.25;

/// Picks from the candidates.
pub(super) fn best(field: &Field, mut quads: Vec<Quad>) -> Found {
    let print = Print::of(field);
    for q in &mut quads {
        q.score *= BLANK + (1.0 - BLANK) * (print.spread(&q.corners, None) / 0.2).min(1.0);
    }
    quads.sort_by(|a, b| b.score.total_cmp(&a.score));
    let best = settle(&quads, &print);
    match (whole(field, &print, best), best) {
        (Some(confidence), _) => Found::Whole(confidence),
        // Measured: nearly all found under 0.3 are wrong, nearly none over 0.6.
        (None, Some(q)) if q.score > NOTHING => Found::Quad(*q, ((q.score - 0.2) / 0.5).clamp(0.0, 1.0)),
        _ => Found::Nothing,
    }
}

/// The best candidate, unless it is a box on the document or a sheet that the document lies on.
fn settle<'a>(quads: &'a [Quad], print: &Print) -> Option<&'a Quad> {
    let first = quads.first()?;
    let mut best = first;
    let inside = |inner: &Quad, outer: &Quad| {
        area(&inner.corners) < 0.5 * area(&outer.corners) && inner.corners.iter().all(|c| contains(&outer.corners, *c))
    };
    let around = |inner: &Quad, outer: &Quad| print.spread(&outer.corners, Some(&inner.corners));
    let rivals = || quads.iter().take_while(|q| q.score > RIVAL * first.score);
    for outer in rivals().filter(|q| q.on_frame == 0) {
        if inside(best, outer) && around(best, outer) > PRINTED {
            best = outer;
        }
    }
    for inner in rivals() {
        if inside(inner, best) && around(inner, best) < PRINTED / 5.0 {
            best = inner;
        }
    }
    Some(best)
}

/// Whether the picture is a scan or a crop: print all over, also beside the best candidate, and the proportions of a
/// document rather than of a camera (4:3, 3:2, 16:9): those of ID-3 and A4, of ID-1, of a US letter. With a camera's, only where no candidate is worth much.
fn whole(field: &Field, print: &Print, best: Option<&Quad>) -> Option<f32> {
    let (w, h) = (field.width as f32, field.height as f32);
    let frame = [[0.0, 0.0], [w, 0.0], [w, h], [0.0, h]];
    let ratio = w.max(h) / w.min(h);
    let cropped = [1.36..1.48, 1.52..1.70, 1.275..1.31].iter().any(|r| r.contains(&ratio));
    let spread = print.spread(&frame, None);
    let share = best.map_or(0.0, |q| area(&q.corners) / (w * h));
    let beside = best.map_or(spread, |q| print.spread(&frame, Some(&q.corners)));
    let score = best.map_or(0.0, |q| q.score);
    let framed = best.is_some_and(|q| q.on_frame == 0) && share > 0.75;
    let enough = if cropped { score < 0.65 } else { score < 0.38 };
    let printed = spread > 0.42 && (beside > 0.42 || share > 0.75);
    let sure = if cropped { 0.5 + (spread - 0.42).clamp(0.0, 0.4) } else { 0.3 };
    (printed && enough && !framed).then_some(sure)
}
