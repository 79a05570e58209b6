//! Numbers about a picture, without a word on whether they are good.

pub mod document;
pub mod exposure;
pub mod glare;
pub mod sharpness;

pub use document::Document;

use crate::pixmap::View;

/// Everything that was measured on one picture.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Measurements {
    /// Where the document is; `None` when none was made out.
    pub document: Option<Document>,
    /// How crisp edges are.
    pub sharpness: sharpness::Sharpness,
    /// Light thrown back.
    pub glare: glare::Glare,
    /// How the tones lie.
    pub exposure: exposure::Exposure,
}

impl Measurements {
    /// The native values by name, units in the names.
    pub fn native(&self) -> Vec<(&'static str, f64)> {
        vec![
            ("acutance", self.sharpness.acutance.map_or(f64::NAN, f64::from)),
            ("edge_pixels", f64::from(self.sharpness.edge_pixels)),
            ("clipped_fraction", f64::from(self.glare.clipped_fraction)),
            ("luma_mean", f64::from(self.exposure.mean)),
        ]
    }
}

/// Measures a view.
pub fn measure(view: &View) -> Measurements {
    Measurements {
        document: document::find(view),
        sharpness: sharpness::measure(view),
        glare: glare::measure(view),
        exposure: exposure::measure(view),
    }
}
