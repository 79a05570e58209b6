//! Rules: facts in, findings out. Nothing here touches pixels.

pub mod advice;
pub mod budget;
pub mod container;
pub mod face;
pub mod mixup;
pub mod quality;
pub mod request;
