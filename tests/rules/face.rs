//! Cases on selfies and on pictures in the wrong place.

use crate::{BACK, Case, FACE, FRONT, case, files, found, good, inspected, paint};
use idenfy_preflight::{
    Image, Step,
    rules::{Level, Rule},
};
use paint::Canvas;

fn face(picture: &Canvas) -> Vec<idenfy_preflight::finding::Finding> {
    inspected(Step::Face, "", &files::jpeg(picture, 90))
}

/// Two people side by side.
fn two() -> Canvas {
    let mut picture = Canvas::new(1200, 900, [178, 190, 196]);
    picture.fill_face(330.0, 400.0, 420.0);
    picture.fill_face(870.0, 400.0, 420.0);
    paint::blurred(&picture, 1.0)
}

/// A quarter turn clockwise.
fn turned(picture: &Canvas) -> Canvas {
    let mut out = Canvas::new(picture.height, picture.width, [0; 3]);
    for y in 0..picture.height {
        for x in 0..picture.width {
            out.set((picture.height - 1 - y) as isize, x as isize, picture.get(x as isize, y as isize));
        }
    }
    out
}

pub fn cases() -> Vec<Case> {
    let selfie = paint::selfie(900, 1200);
    let with_back = |bytes: Vec<u8>| {
        let mut submission = good();
        submission.images.retain(|i| i.step != Step::Back);
        found(submission.image(Image::new(Step::Back, "", bytes)))
    };
    // The front once more, smaller and compressed harder.
    let scene = paint::Scene { width: 1000, height: 750, ..paint::Scene::default() };
    let again = files::jpeg(&scene.shoot(&paint::card_front()), 60);
    let lit = |level: u8| {
        let mut picture = selfie.clone();
        picture.rgb.iter_mut().for_each(|v| *v = v.saturating_add(level));
        picture
    };
    let blurred = |sigma| face(&paint::blurred(&selfie, sigma));
    let warned = |rule, fires, near_miss| Case { level: Level::Warn, ..case(rule, fires, near_miss) };
    let dim = |share: f32| {
        let mut picture = selfie.clone();
        picture.rgb.iter_mut().for_each(|v| *v = (f32::from(*v) * share) as u8);
        face(&picture)
    };
    vec![
        case(Rule::FaceTooBlurry, blurred(32.0), blurred(4.0)),
        warned(Rule::FaceTooBlurry, blurred(20.0), blurred(4.0)),
        case(Rule::FaceGlared, face(&lit(70)), face(&lit(10))),
        warned(Rule::Underexposed, dim(0.18), dim(0.5)),
        case(Rule::NoFace, inspected(Step::Face, "", BACK), inspected(Step::Face, "", FACE)),
        case(Rule::TooManyFaces, face(&two()), face(&selfie)),
        case(Rule::FaceTurned, face(&turned(&selfie)), face(&selfie)),
        case(Rule::FaceTooSmall, face(&paint::selfie(90, 120)), face(&paint::selfie(300, 400))),
        case(Rule::SamePicture, with_back(again), with_back(BACK.to_vec())),
        Case { level: Level::Deny, ..case(Rule::SamePicture, with_back(FRONT.to_vec()), with_back(BACK.to_vec())) },
    ]
}
