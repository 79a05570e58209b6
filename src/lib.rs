//! x
pub mod check;
pub mod decode;
pub mod fault;
pub mod finding;
pub mod format;
pub mod measure;
pub mod options;
pub mod pixmap;
pub mod probe;
pub mod rules;
pub mod score;
pub mod session;
pub mod submission;
pub mod unlock;
