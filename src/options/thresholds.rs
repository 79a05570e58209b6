//! Our quality cut-offs. Measuring knows none of them.

/// Quality cut-offs.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Thresholds {
    /// Acutance under which text is too soft.
    pub acutance: f32,
    /// Mean luma under which the picture is too dark.
    pub luma_dark: f32,
}

impl Default for Thresholds {
    fn default() -> Self {
        Self { acutance: 0.12, luma_dark: 30.0 }
    }
}
