//! Tokens that were sent, so that none is sent twice. A token is entered *before* its first byte leaves, and taken out
//! only when it is certain that none did: a crash in between leaves it entered, which is the safe side.

use crate::submission::Token;
use sha2::{Digest, Sha256};
use std::{
    collections::HashSet,
    fs::{self, File, OpenOptions},
    io::{self, BufRead, BufReader, Read, Seek, Write},
    path::{Path, PathBuf},
    sync::{Arc, LazyLock, Mutex, PoisonError},
};

type Hash = [u8; 32];

/// Remembers tokens by their SHA-256; the tokens themselves are not kept.
///
/// ```
/// use idenfy_preflight::{submission::Token, submit::Ledger};
/// let ledger = Ledger::new(); // or Ledger::open(path), for several processes
/// assert!(!ledger.holds(&Token::new("3FA5TFPA2ZE3LMPGGS1EGOJNJE"))?);
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug, Default)]
pub struct Ledger(Mutex<Book>);

#[derive(Debug, Default)]
struct Book {
    memory: HashSet<Hash>,
    paper: Option<Paper>,
}

/// A ledger's file.
#[derive(Debug)]
struct Paper {
    file: File,
    /// Absolute, for the process may go to another folder.
    path: PathBuf,
}

/// Bytes that a line may have: an entry has 66, and a file system may fill blocks behind one that was torn.
const MAX_LINE: u64 = 1 << 20;

/// The process's own: what [`Submitter`](super::Submitter)s share by default.
static SHARED: LazyLock<Arc<Ledger>> = LazyLock::new(Arc::default);

impl Ledger {
    /// The one that all of this process share.
    ///
    /// ```
    /// use idenfy_preflight::submit::Ledger;
    /// use std::sync::Arc;
    /// assert!(Arc::ptr_eq(&Ledger::shared(), &Ledger::shared()));
    /// ```
    pub fn shared() -> Arc<Self> {
        Arc::clone(&SHARED)
    }

    /// One in memory, apart from the shared one.
    ///
    /// ```
    /// use idenfy_preflight::submit::Ledger;
    /// let for_one_test = Ledger::new(); // not the one that the process shares
    /// # let _ = for_one_test;
    /// ```
    pub fn new() -> Self {
        Self::default()
    }

    /// One in a file, which several processes may use at once: it is locked and synced for every entry. One line each
    /// entry, `+` or `-` and the token's SHA-256. A line that a crash or a power cut tore is passed over; of any other that
    /// is no entry nobody knows what it was to say, so that every use is an error, and nothing is written.
    ///
    /// # Errors
    /// When it is no ordinary file, cannot be opened for reading and writing, or holds something else.
    ///
    /// ```
    /// use idenfy_preflight::{submission::Token, submit::Ledger};
    /// let folder = tempfile::tempdir()?;
    /// let ledger = Ledger::open(folder.path().join("sent-tokens"))?;
    /// assert!(!ledger.holds(&Token::new("3FA5TFPA2ZE3LMPGGS1EGOJNJE"))?);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn open(path: impl AsRef<Path>) -> io::Result<Self> {
        let paper = Paper::open(path.as_ref())?;
        Ok(Self(Mutex::new(Book { memory: HashSet::new(), paper: Some(paper) })))
    }

    /// Whether a token was sent, as far as the ledger knows.
    ///
    /// # Errors
    /// When its file cannot be read, holds something else, or was replaced by another.
    ///
    /// ```
    /// # #[cfg(feature = "sandbox")] {
    /// # use idenfy_preflight::{Image, Preflight, Step, Submission};
    /// # let preflight = Preflight::default();
    /// # let mut submission = Submission::new().token("3FA5TFPA2ZE3LMPGGS1EGOJNJE").country("LT").document_type("ID_CARD");
    /// # for (step, file) in [(Step::Front, "front"), (Step::Back, "back"), (Step::Face, "face")] {
    /// #     let image = Image::open(step, format!("testdata/{file}.jpg"), &preflight.options().limits)?;
    /// #     submission = submission.image(image);
    /// # }
    /// # let outcome = preflight.check(&submission)?;
    /// # let (report, request) = (&outcome.report, outcome.request.unwrap());
    /// # use idenfy_preflight::{sandbox::{Sandbox, Settings}, submit::{BaseUrl, Credentials, Patience, Submitter}};
    /// # let keys = || Credentials::new("key", "secret");
    /// # let sandbox = Sandbox::start("127.0.0.1:0".parse()?, keys()?, Settings::default())?;
    /// # let base = BaseUrl::new(&format!("http://{}", sandbox.address()))?;
    /// # let submitter = Submitter::to(base, Patience::default(), keys()?);
    /// use idenfy_preflight::submit::Ledger;
    /// use std::sync::Arc;
    /// let ledger = Arc::new(Ledger::new());
    /// submitter.ledger(Arc::clone(&ledger)).submit(&request, report);
    /// assert!(ledger.holds(request.token().unwrap())?);
    /// # }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn holds(&self, token: &Token) -> io::Result<bool> {
        let hash = Sha256::digest(token.expose()).into();
        let mut book = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if book.memory.contains(&hash) {
            return Ok(true);
        }
        book.paper.as_mut().map_or(Ok(false), |paper| paper.holds(&name(hash)))
    }

    /// Enters a token; false when it was there already.
    pub(crate) fn claim(&self, token: &Token) -> io::Result<bool> {
        let hash = Sha256::digest(token.expose()).into();
        let mut book = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if book.memory.contains(&hash) || !book.write(hash, true)? {
            return Ok(false);
        }
        book.memory.insert(hash);
        Ok(true)
    }

    /// Takes a token out that was claimed and certainly did not leave.
    pub(crate) fn release(&self, token: &Token) -> io::Result<()> {
        let hash = Sha256::digest(token.expose()).into();
        let mut book = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        book.write(hash, false)?;
        book.memory.remove(&hash);
        Ok(())
    }
}

impl Book {
    /// Writes an entry under the file's lock; false when it says that already.
    fn write(&mut self, hash: Hash, sent: bool) -> io::Result<bool> {
        let Some(paper) = &mut self.paper else { return Ok(true) };
        paper.file.lock()?;
        let written = paper.append(&name(hash), sent);
        paper.file.unlock()?;
        written
    }
}

impl Paper {
    fn open(path: &Path) -> io::Result<Self> {
        let is_new = match fs::metadata(path) {
            // Opening a pipe would wait, and a device has no end.
            Ok(found) if !found.is_file() => return Err(io::Error::other("it is no ordinary file")),
            found => found.is_err(),
        };
        let mut options = OpenOptions::new();
        options.read(true).append(true).create(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(path)?;
        let mut paper = Self { file, path: path.canonicalize()? };
        // An entry is no use if a power cut takes the file's name.
        if let (true, Some(folder)) = (is_new && cfg!(unix), paper.path.parent()) {
            File::open(folder)?.sync_all()?;
        }
        paper.holds("")?;
        Ok(paper)
    }

    fn holds(&mut self, name: &str) -> io::Result<bool> {
        self.file.lock_shared()?;
        let found = self.find(name);
        self.file.unlock()?;
        Ok(found?.0)
    }

    /// Adds an entry; false when the last one on the token says the same.
    fn append(&mut self, name: &str, sent: bool) -> io::Result<bool> {
        let (was_sent, torn) = self.find(name)?;
        if was_sent == sent {
            return Ok(false);
        }
        let line = format!("{}{}{name}\n", if torn { "\n" } else { "" }, if sent { '+' } else { '-' });
        self.file.write_all(line.as_bytes())?;
        self.file.sync_data()?;
        Ok(true)
    }

    /// Whether the last entry on a token says that it was sent, and whether the last line has no end.
    fn find(&mut self, name: &str) -> io::Result<(bool, bool)> {
        // Under the lock: another file at the path has other entries, and other locks.
        #[cfg(unix)]
        {
            use std::os::unix::fs::MetadataExt;
            let (own, there) = (self.file.metadata()?, fs::metadata(&self.path).ok());
            if there.is_none_or(|there| (there.dev(), there.ino()) != (own.dev(), own.ino())) {
                return Err(io::Error::other("it was moved, removed or replaced since it was opened"));
            }
        }
        self.file.rewind()?;
        let mut lines = BufReader::new(&self.file);
        let (mut sent, mut torn, mut line) = (false, false, Vec::new());
        for number in 1_u64.. {
            line.clear();
            if lines.by_ref().take(MAX_LINE).read_until(b'\n', &mut line)? == 0 {
                break;
            }
            let text = line.strip_suffix(b"\n");
            torn = text.is_none();
            match understood(text.unwrap_or(&line)) {
                Some(Some((sign, entry))) if entry == name.as_bytes() => sent = sign == b'+',
                Some(_) if !torn || (line.len() as u64) < MAX_LINE => {}
                _ => {
                    let what = format!(
                        "line {number} is no entry of a ledger (+ or -, and 64 hexadecimal digits); is it another file?"
                    );
                    return Err(io::Error::new(io::ErrorKind::InvalidData, what));
                }
            }
        }
        Ok((sent, torn))
    }
}

/// A line's sign and hash; `Some(None)` for the beginning of an entry, and for zeros that a file system left after it or in
/// its place. For what was torn nothing was sent.
fn understood(line: &[u8]) -> Option<Option<(u8, &[u8])>> {
    // As some editors leave it.
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let zeros = line.iter().rev().take_while(|b| **b == 0).count();
    let Some((sign, hash)) = line.get(..line.len().saturating_sub(zeros))?.split_first() else { return Some(None) };
    let digits = hash.iter().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    let is_own = b"+-".contains(sign) && digits && hash.len() <= 64;
    is_own.then(|| (hash.len() == 64 && zeros == 0).then_some((*sign, hash)))
}

fn name(hash: Hash) -> String {
    hash.iter().map(|b| format!("{b:02x}")).collect()
}

#[cfg(test)]
mod tests;
