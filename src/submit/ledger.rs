//! Tokens that were sent, so that none is sent twice. A token is entered *before* its first byte leaves, and taken out
//! only when it is certain that none did: a crash in between leaves it entered, which is the safe side.

use crate::submission::Token;
use sha2::{Digest, Sha256};
use std::{
    collections::HashSet,
    fs::{File, OpenOptions},
    io::{self, Read, Seek, SeekFrom, Write},
    path::Path,
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
    file: Option<File>,
}

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
    /// entry, `+` or `-` and the token's SHA-256.
    ///
    /// # Errors
    /// When it cannot be opened for reading and writing.
    ///
    /// ```
    /// use idenfy_preflight::{submission::Token, submit::Ledger};
    /// let folder = tempfile::tempdir()?;
    /// let ledger = Ledger::open(folder.path().join("sent-tokens"))?;
    /// assert!(!ledger.holds(&Token::new("3FA5TFPA2ZE3LMPGGS1EGOJNJE"))?);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn open(path: impl AsRef<Path>) -> io::Result<Self> {
        let mut options = OpenOptions::new();
        options.read(true).append(true).create(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        Ok(Self(Mutex::new(Book { memory: HashSet::new(), file: Some(options.open(path)?) })))
    }

    /// Whether a token was sent, as far as the ledger knows.
    ///
    /// # Errors
    /// When its file cannot be read.
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
        let Some(file) = &mut book.file else { return Ok(false) };
        file.lock_shared()?;
        let text = content(file);
        file.unlock()?;
        Ok(was_sent(&text?, &name(hash)))
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
        let Some(file) = &mut self.file else { return Ok(true) };
        file.lock()?;
        let written = append(file, hash, sent);
        file.unlock()?;
        written
    }
}

fn append(file: &mut File, hash: Hash, sent: bool) -> io::Result<bool> {
    let name = name(hash);
    let text = content(file)?;
    if was_sent(&text, &name) == sent {
        return Ok(false);
    }
    let torn = text.last().is_some_and(|b| *b != b'\n');
    let line = format!("{}{}{name}\n", if torn { "\n" } else { "" }, if sent { '+' } else { '-' });
    file.write_all(line.as_bytes())?;
    file.sync_data()?;
    Ok(true)
}

fn name(hash: Hash) -> String {
    hash.iter().map(|b| format!("{b:02x}")).collect()
}

fn content(file: &mut File) -> io::Result<Vec<u8>> {
    let mut text = Vec::new();
    file.seek(SeekFrom::Start(0))?;
    file.read_to_end(&mut text)?;
    Ok(text)
}

/// Whether the last word on a token says so. A line that was torn by a crash names no token, and none was sent for it.
fn was_sent(text: &[u8], name: &str) -> bool {
    let mut words = text.split(|b| *b == b'\n').filter_map(|line| line.split_first());
    words.rfind(|(sign, rest)| *rest == name.as_bytes() && b"+-".contains(sign)).is_some_and(|word| *word.0 == b'+')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_claimed_once_across_ledgers_of_one_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ledger");
        std::fs::write(&path, "+torn").unwrap();
        let (a, b) = (Ledger::open(&path).unwrap(), Ledger::open(&path).unwrap());
        let token = Token::new("SECRETSECRET");
        assert!(a.claim(&token).unwrap());
        assert!(!a.claim(&token).unwrap() && !b.claim(&token).unwrap());
        assert!(a.holds(&token).unwrap() && b.holds(&token).unwrap());
        a.release(&token).unwrap();
        assert!(!a.holds(&token).unwrap() && !b.holds(&token).unwrap());
        assert!(b.claim(&token).unwrap() && !a.claim(&token).unwrap());
        let text = std::fs::read_to_string(&path).unwrap();
        assert_eq!(text.lines().count(), 4, "{text}");
        assert!(!text.contains("SECRET") && !format!("{a:?}").contains("SECRET"));
    }

    #[test]
    fn a_line_of_an_earlier_process_counts() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ledger");
        // SHA-256 of "T".
        let line = "+e632b7095b0bf32c260fa4c539e9fd7b852d0de454e9be26f24d0d6f91d069d3\n";
        std::fs::write(&path, line).unwrap();
        let ledger = Ledger::open(&path).unwrap();
        assert!(ledger.holds(&Token::new("T")).unwrap() && !ledger.claim(&Token::new("T")).unwrap());
        assert!(!ledger.holds(&Token::new("U")).unwrap());
    }

    #[test]
    fn the_process_has_one() {
        assert!(Arc::ptr_eq(&Ledger::shared(), &Ledger::shared()));
    }

    #[test]
    fn of_many_threads_one_wins() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ledger");
        let won: usize = std::thread::scope(|s| {
            let run = || Ledger::open(&path).unwrap().claim(&Token::new("T")).unwrap();
            let all: Vec<_> = (0..16).map(|_| s.spawn(run)).collect();
            all.into_iter().map(|h| usize::from(h.join().unwrap())).sum()
        });
        assert_eq!(won, 1);
    }
}
