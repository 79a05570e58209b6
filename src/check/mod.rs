//! Rules: facts in, findings out. Nothing here touches pixels.
//!
//! ```
//! use idenfy_preflight::{Step, check, decode, measure, options::{Limits, Thresholds}, pixmap::View, probe, score};
//!
//! // The stages by hand, as `Preflight::inspect` goes through them.
//! let (limits, thresholds) = (Limits::default(), Thresholds::default());
//! let photo = std::fs::read("testdata/glare.jpg")?;
//! let header = probe::probe(&photo, &limits)?;
//! let mut found = check::container::check(&Step::Front, "glare.jpg", &header);
//! let reduction = View::reduction(header.width, header.height);
//! let measured = measure::measure(&decode::view(&photo, &header, reduction, &limits)?.picture);
//! found.extend(check::quality::check(&Step::Front, &measured, header.jpeg_quality(), &thresholds));
//! let advice = check::advice::image(&found, &score::score(&measured), &thresholds);
//! assert_eq!(advice, check::advice::Advice::Retake);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod advice;
pub mod budget;
pub mod container;
pub mod face;
pub mod mixup;
pub mod quality;
pub mod request;
