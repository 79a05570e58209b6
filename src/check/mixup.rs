//! The same picture in two places.

use crate::{
    finding::Finding,
    measure::hash::Look,
    options::Thresholds,
    rules::{Level, Rule},
    submission::Image,
};
use std::collections::BTreeMap;

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
    let mut found = Vec::new();
    // With the same bytes, the first and the first of another step. By length before content, so that little is compared.
    let mut by_bytes: BTreeMap<(usize, &[u8]), [Option<Seen<'_>>; 2]> = BTreeMap::new();
    let mut looked: Vec<(&Image<'_>, &Look)> = Vec::new();
    for (later, look) in images.iter().zip(looks) {
        let [first, other] = by_bytes.entry((later.bytes.len(), &later.bytes)).or_default();
        let same = [*first, *other].into_iter().flatten().find(|(e, _)| e.step != later.step && !e.bytes.is_empty());
        match first {
            None => *first = Some((later, look)),
            Some((first, _)) if first.step != later.step => *other = other.or(Some((later, look))),
            Some(_) => {}
        }
        let same = same.map(|(e, of_e)| (e, look.zip(*of_e).map(|(a, b)| a.distance(&b)), Level::Deny));
        // Each later image is told once: told pair by pair, a hundred alike would bring five thousand findings.
        let best = same.or_else(|| alike(later, look.as_ref()?, &looked, t));
        looked.extend(look.as_ref().map(|look| (later, look)));
        let Some((earlier, distance, level)) = best else { continue };
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
    found
}

type Seen<'i> = (&'i Image<'i>, &'i Option<Look>);

/// The image that looks most like this one, where one does.
fn alike<'i>(
    later: &Image<'_>,
    look: &Look,
    looked: &[(&'i Image<'i>, &Look)],
    t: &Thresholds,
) -> Option<(&'i Image<'i>, Option<u32>, Level)> {
    let others = looked.iter().filter(|(earlier, _)| earlier.step != later.step);
    let (earlier, distance) = others.map(|(e, other)| (*e, look.distance(other))).min_by_key(|(_, d)| *d)?;
    let level = match distance {
        d if d <= t.same_look => Level::Deny,
        d if d <= t.like_look => Level::Warn,
        _ => return None,
    };
    Some((earlier, Some(distance), level))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::submission::Step;

    #[test]
    fn each_later_image_is_told_once() {
        let image = |step: &str, bytes: &'static [u8]| Image::new(Step::from(step), "", bytes);
        let images =
            [image("A", b"x"), image("A", b"x"), image("B", b"x"), image("C", b"y"), image("A", b"x"), image("D", b"")];
        let found = check(&images, &[None; 6], &Thresholds::default());
        let told: Vec<_> = found.iter().map(|f| f.message.as_str()).collect();
        assert_eq!(told, ["A and B are the same picture.", "B and A are the same picture."]);
        let many: Vec<_> = (0..1000).map(|i| Image::new(Step::from(i.to_string().as_str()), "", &b"x"[..])).collect();
        assert_eq!(check(&many, &[None; 1000], &Thresholds::default()).len(), 999);
    }
}
