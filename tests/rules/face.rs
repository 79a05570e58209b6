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
    vec![
        case(Rule::NoFace, inspected(Step::Face, "", BACK), inspected(Step::Face, "", FACE)),
        case(Rule::TooManyFaces, face(&two()), face(&selfie)),
        case(Rule::FaceTurned, face(&turned(&selfie)), face(&selfie)),
        case(Rule::FaceTooSmall, face(&paint::selfie(90, 120)), face(&paint::selfie(300, 400))),
        case(Rule::SamePicture, with_back(again), with_back(BACK.to_vec())),
        Case { level: Level::Deny, ..case(Rule::SamePicture, with_back(FRONT.to_vec()), with_back(BACK.to_vec())) },
    ]
}
