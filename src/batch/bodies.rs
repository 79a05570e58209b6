//! Where the bodies go.

use std::{
    fs::{self, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
};

/// Takes the bodies of requests that are ready. Called from several threads at once.
pub trait Bodies: Send + Sync {
    /// Keeps a body, whole or not at all; one of the same name is replaced. `line` is the line it belongs to.
    ///
    /// # Errors
    /// Any error ends the batch: that line has no answer then.
    fn put(&self, name: &str, line: u64, body: Vec<u8>) -> io::Result<()>;
}

/// A folder. Bodies are readable by their owner alone.
#[derive(Clone, Debug)]
pub struct Folder(PathBuf);

impl Folder {
    /// Makes it when it is not there.
    ///
    /// # Errors
    /// When it cannot be made, or something else has its name.
    pub fn open(path: impl AsRef<Path>) -> io::Result<Self> {
        fs::create_dir_all(&path)?;
        Ok(Self(path.as_ref().to_owned()))
    }
}

impl Bodies for Folder {
    fn put(&self, name: &str, line: u64, body: Vec<u8>) -> io::Result<()> {
        // Two lines may be the same, and looked at at once.
        let part = self.0.join(format!(".{name}.{line}.part"));
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let written = options.open(&part).and_then(|mut file| file.write_all(&body));
        let kept = written.and_then(|()| fs::rename(&part, self.0.join(name)));
        if kept.is_err() {
            let _ = fs::remove_file(&part);
        }
        kept
    }
}
