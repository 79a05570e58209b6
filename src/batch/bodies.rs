//! Where the bodies go.

use std::{
    collections::BTreeSet,
    fs::{self, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// Takes the bodies of requests that are ready. Called from several threads at once.
///
/// ```
/// use idenfy_preflight::batch::Bodies;
/// use std::{collections::BTreeMap, io, sync::Mutex};
/// /// Keeps them in memory; a store of your own is as short.
/// #[derive(Default)]
/// struct Memory(Mutex<BTreeMap<String, Vec<u8>>>);
/// impl Bodies for Memory {
///     fn put(&self, name: &str, _line: u64, body: Vec<u8>) -> io::Result<()> {
///         self.0.lock().unwrap().insert(name.to_owned(), body);
///         Ok(())
///     }
/// }
/// let memory = Memory::default();
/// memory.put("0a1b.json", 1, b"{}".to_vec())?;
/// # Ok::<(), io::Error>(())
/// ```
pub trait Bodies: Send + Sync {
    /// Keeps a body, whole or not at all; one of the same name is replaced. `line` is the line it belongs to.
    ///
    /// # Errors
    /// Any error ends the batch: that line has no answer then.
    ///
    /// ```
    /// use idenfy_preflight::batch::{Bodies, Folder};
    /// let place = tempfile::tempdir()?;
    /// let folder = Folder::open(place.path())?;
    /// folder.put("0a1b.json", 1, b"{}".to_vec())?;
    /// folder.put("0a1b.json", 2, b"[]".to_vec())?; // replaced, as a whole
    /// assert_eq!(std::fs::read(place.path().join("0a1b.json"))?, b"[]");
    /// # Ok::<(), std::io::Error>(())
    /// ```
    fn put(&self, name: &str, line: u64, body: Vec<u8>) -> io::Result<()>;
}

/// A folder. Bodies are readable by their owner alone.
///
/// ```
/// use idenfy_preflight::batch::{Bodies, Folder};
/// let place = tempfile::tempdir()?;
/// Folder::open(place.path().join("bodies"))?.put("0a1b.json", 1, b"{}".to_vec())?;
/// assert_eq!(std::fs::read(place.path().join("bodies/0a1b.json"))?, b"{}");
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Folder {
    path: PathBuf,
    /// What is being written; `None` once it was cleared.
    parts: Arc<Mutex<Option<BTreeSet<PathBuf>>>>,
}

impl Folder {
    /// Makes it when it is not there.
    ///
    /// # Errors
    /// When it cannot be made, or something else has its name.
    ///
    /// ```
    /// use idenfy_preflight::batch::Folder;
    /// let place = tempfile::tempdir()?;
    /// Folder::open(place.path().join("a/b"))?;
    /// assert!(place.path().join("a/b").is_dir());
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn open(path: impl AsRef<Path>) -> io::Result<Self> {
        fs::create_dir_all(&path)?;
        Ok(Self { path: path.as_ref().to_owned(), parts: Arc::new(Mutex::new(Some(BTreeSet::new()))) })
    }

    /// Takes away what is half written, and takes no more: for a program that is about to end without waiting for it.
    ///
    /// ```
    /// use idenfy_preflight::batch::Folder;
    /// let place = tempfile::tempdir()?;
    /// let folder = Folder::open(place.path())?;
    /// folder.clear(); // in a handler of signals, on a clone
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn clear(&self) {
        for part in self.parts().take().into_iter().flatten() {
            let _ = fs::remove_file(part);
        }
    }

    fn parts(&self) -> MutexGuard<'_, Option<BTreeSet<PathBuf>>> {
        self.parts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Bodies for Folder {
    fn put(&self, name: &str, line: u64, body: Vec<u8>) -> io::Result<()> {
        // Two lines may be the same, and looked at at once.
        let part = self.path.join(format!(".{name}.{line}.part"));
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut parts = self.parts();
        let Some(open) = parts.as_mut() else {
            return Err(io::Error::other("no more bodies are kept, for the program is about to end"));
        };
        // One that a power cut left may have another mode, and may be a link.
        let _ = fs::remove_file(&part);
        // Under the lock, so that whoever clears finds each part that there is.
        let mut file = options.open(&part)?;
        open.insert(part.clone());
        drop(parts);
        // Synced first: after a power cut the name would stand for an empty file, and --resume pass over its line.
        let written = file.write_all(&body).and_then(|()| file.sync_data());
        let kept = written.and_then(|()| fs::rename(&part, self.path.join(name)));
        if kept.is_err() {
            let _ = fs::remove_file(&part);
        }
        if let Some(open) = self.parts().as_mut() {
            open.remove(&part);
        }
        kept
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::os::unix::fs::{PermissionsExt, symlink};

    #[test]
    fn a_part_is_the_owners_alone_and_a_link_in_its_place_is_not_followed() {
        let place = tempfile::tempdir().unwrap();
        let elsewhere = place.path().join("elsewhere");
        fs::write(&elsewhere, "kept").unwrap();
        symlink(&elsewhere, place.path().join(".a.json.1.part")).unwrap();
        let folder = Folder::open(place.path()).unwrap();
        folder.put("a.json", 1, b"{}".to_vec()).unwrap();
        let body = fs::symlink_metadata(place.path().join("a.json")).unwrap();
        assert!(body.is_file() && body.permissions().mode() & 0o777 == 0o600);
        assert_eq!(
            (fs::read_to_string(&elsewhere).unwrap(), folder.parts().as_ref().map(BTreeSet::len)),
            ("kept".to_owned(), Some(0))
        );
    }

    #[test]
    fn what_is_half_written_can_be_taken_away() {
        let place = tempfile::tempdir().unwrap();
        let folder = Folder::open(place.path()).unwrap();
        let part = place.path().join(".a.json.1.part");
        fs::write(&part, "half").unwrap();
        folder.parts().as_mut().unwrap().insert(part.clone());
        folder.clone().clear();
        assert!(!part.exists());
        assert!(folder.put("b.json", 2, b"{}".to_vec()).is_err());
        assert_eq!(fs::read_dir(place.path()).unwrap().count(), 0, "nothing more comes");
    }
}
