//! The same picture in two places.

use crate::{
    finding::Finding,
    measure::hash::Look,
    options::Thresholds,
    rules::{Level, Rule},
    submission::Image,
};

/// Finds steps that carry the same picture: by their bytes, or by their looks where these are known (in the order of the
/// images).
///
/// ```
/// use idenfy_preflight::{Image, Step, check::mixup, options::Thresholds, rules::Rule};
/// let images = [Step::Front, Step::Back].map(|step| Image::new(step, "same.jpg", &b"the same bytes"[..]));
/// let found = mixup::check(&images, &[None, None], &Thresholds::default());
/// assert_eq!((found[0].rule, found[0].step.as_ref()), (Rule::SamePicture, Some(&Step::Back)));
/// ```
pub fn check(images: &[Image<'_>], looks: &[Option<Look>], t: &Thresholds) -> Vec<Finding> {
    let all: Vec<_> = images.iter().zip(looks).collect();
    let mut found = Vec::new();
    for (i, (later, look)) in all.iter().enumerate() {
        for (earlier, other) in all.iter().take(i).filter(|(e, _)| e.step != later.step) {
            let same_bytes = !later.bytes.is_empty() && later.bytes == earlier.bytes;
            let distance = look.zip(**other).map(|(a, b)| a.distance(&b));
            let level = match distance {
                _ if same_bytes => Level::Deny,
                Some(d) if d <= t.same_look => Level::Deny,
                Some(d) if d <= t.like_look => Level::Warn,
                _ => continue,
            };
            let alike = if level == Level::Deny { "the same picture" } else { "nearly the same picture" };
            found.push(
                Finding::new(
                    Rule::SamePicture,
                    format!("{} and {} are {alike}.", earlier.step, later.step),
                    format!("Give the right file for {}.", later.step),
                )
                .at(level)
                .on(&later.step)
                .predicting(if later.step.is_document() { "DOC_SIDE_MISMATCH" } else { "FACE_MISMATCH" })
                .with("same_as", earlier.step.name())
                .with("value", distance)
                .with("threshold", t.like_look)
                .with("unit", "of 256 bits"),
            );
        }
    }
    found
}
