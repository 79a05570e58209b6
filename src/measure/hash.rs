//! What a picture looks like in 256 bits, to tell the same one sent twice whatever its size, format or quality.

use crate::{measure::shrink::shrink, pixmap::View};

/// The look of a picture: the signs of its 256 lowest spatial frequencies (Zauner 2010, section 3.2.1, with 16 x 16
/// coefficients of 64 x 64 pixels instead of 8 x 8 of 32 x 32: two cards of one design differ in the finer ones only).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Look([u64; 4]);
