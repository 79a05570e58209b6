//! Whether the selfie shows one face, well enough.

use crate::{
    finding::Finding,
    measure::face::{FaceLook, Faces},
    options::Thresholds,
    rules::{Level, Rule},
    submission::Step,
};

/// Judges the faces of the FACE step.
///
/// ```
/// use idenfy_preflight::{Step, check::face, measure::face::Faces, options::Thresholds, rules::Rule};
/// let found = face::check(&Step::Face, &Faces::default(), &Thresholds::default());
/// assert_eq!(found[0].rule, Rule::NoFace);
/// ```
pub fn check(step: &Step, faces: &Faces, t: &Thresholds) -> Vec<Finding> {
    let boxes: Vec<[f32; 4]> = faces.boxes.iter().map(|b| [b.x, b.y, b.w, b.h]).collect();
    let Some(largest) = faces.boxes.first() else {
        let help = "Take a selfie with the whole face in the frame, looking at the camera, in even light.";
        let none = Finding::new(Rule::NoFace, "No face can be found in the picture.", help);
        return vec![none.on(step).predicting("NO_FACE_FOUND").with("value", 0).with("threshold", 1)];
    };
    let mut found = Vec::new();
    let people = faces.people();
    if people > 1 {
        found.push(
            Finding::new(
                Rule::TooManyFaces,
                format!("{people} faces are in the picture, where one is to be matched."),
                "Take the selfie alone, in front of a plain wall.",
            )
            .predicting("TOO_MANY_FACES")
            .with("value", people)
            .with("threshold", 1)
            .with("boxes", boxes),
        );
    }
    if faces.turned != 0 {
        found.push(
            Finding::new(
                Rule::FaceTurned,
                format!("The face does not stand upright; the picture is to be turned by {} degrees.", faces.turned),
                "Turn the picture and save it, or hold the phone upright.",
            )
            .with("value", faces.turned)
            .with("unit", "degrees clockwise"),
        );
    }
    if largest.w < t.face_px {
        found.push(
            Finding::new(
                Rule::FaceTooSmall,
                format!("The face is {:.0} pixels wide, where {:.0} are wanted.", largest.w, t.face_px),
                "Hold the camera at arm's length so that the face fills a third of the frame.",
            )
            .with("value", largest.w)
            .with("threshold", t.face_px)
            .with("unit", "pixels"),
        );
    }
    found.extend(faces.look.iter().flat_map(|look| seen(look, t)));
    found.into_iter().map(|f| f.on(step)).collect()
}

/// How well the face is seen.
fn seen(look: &FaceLook, t: &Thresholds) -> Vec<Finding> {
    let FaceLook { crispness, luma, clipped_fraction, .. } = *look;
    let soft = (crispness < t.face_soft).then(|| {
        let denied = crispness < t.face_crisp;
        let message = if denied { "The face is too blurred to be matched." } else { "The face is a little blurred." };
        let help = "Hold the camera still, wipe its lens, and take the selfie again in more light.";
        Finding::new(Rule::FaceTooBlurry, message, help)
            .at(if denied { Level::Deny } else { Level::Warn })
            .predicting("FACE_TOO_BLURRY")
            .with("value", crispness)
            .with("threshold", if denied { t.face_crisp } else { t.face_soft })
            .with("unit", "gradient over spread, face at 96 pixels")
    });
    let glared = (clipped_fraction >= t.face_clipped).then(|| {
        let help = "Turn away from the lamp or the window, and switch the flash off.";
        Finding::new(Rule::FaceGlared, "Light blows out part of the face.", help)
            .predicting("FACE_GLARED")
            .with("value", clipped_fraction)
            .with("threshold", t.face_clipped)
            .with("unit", "share of the face")
    });
    let dark = (luma < t.face_dark).then(|| {
        let help = "Face a window or a lamp; light from behind leaves the face in the dark.";
        Finding::new(Rule::Underexposed, "The face is in the dark.", help)
            .at(Level::Warn)
            .with("value", luma)
            .with("threshold", t.face_dark)
            .with("unit", "luma")
    });
    [soft, glared, dark].into_iter().flatten().collect()
}
