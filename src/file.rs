//! Files from disk, read once and whole, or refused for a reason that can be told.

use crate::error::Error;
use std::{
    fs::{self, File, Metadata},
    io::Read,
    path::Path,
};

/// What a path held.
#[derive(Debug, PartialEq, Eq)]
pub enum Content {
    /// All of it.
    Whole(Vec<u8>),
    /// More than was asked for; nothing was read.
    TooLarge(u64),
}

/// Reads a file of at most `max` bytes.
///
/// # Errors
/// [`Error::Read`] for whatever is no ordinary file, cannot be read, or changes while it is read.
pub fn read(path: &Path, max: u64) -> Result<Content, Error> {
    let fail = |what: String| Error::Read { path: path.to_owned(), what };
    let io = |e: std::io::Error| fail(reason(&e));
    // Looked at before it is opened: opening a FIFO would wait for its other end.
    if let Some(what) = not_a_file(&fs::metadata(path).map_err(io)?) {
        return Err(fail(what.to_owned()));
    }
    let mut file = File::open(path).map_err(io)?;
    let before = file.metadata().map_err(io)?;
    if before.len() > max {
        return Ok(Content::TooLarge(before.len()));
    }
    let mut bytes = Vec::new();
    bytes.try_reserve_exact(before.len() as usize).map_err(|_| fail("there is not enough memory to read it".into()))?;
    file.by_ref().take(max.saturating_add(1)).read_to_end(&mut bytes).map_err(io)?;
    let after = file.metadata().map_err(io)?;
    let same = after.len() == before.len() && after.modified().ok() == before.modified().ok();
    if !same || bytes.len() as u64 != before.len() {
        return Err(fail("it changed while it was read; try again when it is complete".into()));
    }
    Ok(Content::Whole(bytes))
}

fn not_a_file(metadata: &Metadata) -> Option<&'static str> {
    if metadata.is_file() {
        None
    } else if metadata.is_dir() {
        Some("it is a folder, where a file is needed")
    } else {
        Some("it is no ordinary file (a pipe, socket or device)")
    }
}

fn reason(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => "there is no such file".into(),
        std::io::ErrorKind::PermissionDenied => "permission to read it is denied".into(),
        _ => format!("it cannot be read ({error})"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_file_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let text = |path: &Path| read(path, 10).unwrap_err().to_string();
        assert!(text(folder.path()).ends_with("it is a folder, where a file is needed"));
        assert!(text(&folder.path().join("none")).ends_with("there is no such file"));
        if cfg!(unix) {
            assert!(text(Path::new("/dev/zero")).contains("no ordinary file"));
        }
    }

    #[test]
    fn a_large_file_is_measured_and_not_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("large");
        File::create(&path).unwrap().set_len(5 << 30).unwrap();
        assert_eq!(read(&path, 64 << 20).unwrap(), Content::TooLarge(5 << 30));
        fs::write(&path, b"0123456789").unwrap();
        assert_eq!(read(&path, 10).unwrap(), Content::Whole(b"0123456789".to_vec()));
        assert_eq!(read(&path, 9).unwrap(), Content::TooLarge(10));
    }
}
