//! Light thrown back: clipped, colourless pixels.

use crate::pixmap::View;

/// Light thrown back.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Glare {
    /// Share of the picture that is clipped, 0 to 1.
    pub clipped_fraction: f32,
}

/// Measures glare over the whole view.
pub fn measure(view: &View) -> Glare {
    let clipped = view.luma.data().iter().filter(|v| **v >= 252).count();
    Glare { clipped_fraction: clipped as f32 / view.luma.data().len() as f32 }
}
