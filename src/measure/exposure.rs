//! How the tones lie.

use crate::pixmap::View;

/// How the tones lie.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Exposure {
    /// Mean luma, 0 to 255.
    pub mean: f32,
}

/// Measures exposure over the whole view.
pub fn measure(view: &View) -> Exposure {
    let sum: u64 = view.luma.data().iter().map(|v| u64::from(*v)).sum();
    Exposure { mean: sum as f32 / view.luma.data().len() as f32 }
}
