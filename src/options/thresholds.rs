//! Our quality cut-offs. Measuring knows none of them.

/// How readily something is called bad.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sensitivity {
    /// Only what surely cannot be used.
    Low,
    /// Balanced.
    #[default]
    Medium,
    /// Whatever may cost a second attempt.
    High,
}

/// Quality cut-offs.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Thresholds {
    /// Acutance at which text is read as often as not.
    pub acutance: f32,
    /// Contrast over noise at which it is.
    pub contrast_to_noise: f32,
    /// Pixels along the document at which it is.
    pub across_px: f32,
    /// Share of the print under reflections at which it is.
    pub glare_text: f32,
    /// Legibility under which an image is to be taken again.
    pub legibility: u8,
    /// Paper luma under which the picture is too dark.
    pub luma_dark: f32,
}

impl Default for Thresholds {
    fn default() -> Self {
        Self {
            acutance: 0.2,
            contrast_to_noise: 30.0,
            across_px: 330.0,
            glare_text: 0.15,
            legibility: 50,
            luma_dark: 90.0,
        }
    }
}
