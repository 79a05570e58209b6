//! Rules: facts in, findings out. Nothing here touches pixels.

pub mod quality;
