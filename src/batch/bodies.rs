//! Where the bodies go.

use std::{
    fs::{self, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
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
pub struct Folder(PathBuf);

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
