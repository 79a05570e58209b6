//! The same picture in two places.

use crate::{finding::Finding, rules::Rule, submission::Image};

/// Finds steps that carry the same file.
pub fn check(images: &[Image<'_>]) -> Vec<Finding> {
    let mut found = Vec::new();
    for (i, later) in images.iter().enumerate() {
        if let Some(earlier) =
            images.iter().take(i).find(|e| !e.bytes.is_empty() && e.bytes == later.bytes && e.step != later.step)
        {
            found.push(
                Finding::new(
                    Rule::SamePicture,
                    format!("{} and {} are the same picture.", earlier.step, later.step),
                    format!("Give the right file for {}.", later.step),
                )
                .on(&later.step)
                .predicting("DOC_SIDE_MISMATCH")
                .with("same_as", earlier.step.name()),
            );
        }
    }
    found
}
