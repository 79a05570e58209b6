//! Bodies to files, whole or not at all, and text to the terminal.

use idenfy_preflight::batch::Stop;
use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
    sync::{
        Mutex, PoisonError, TryLockError,
        atomic::{AtomicU8, Ordering},
        mpsc,
    },
    thread,
    time::{Duration, Instant},
};
use tempfile::NamedTempFile;

/// The half-written files that an interrupt has to take away.
static PENDING: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

fn pending() -> std::sync::MutexGuard<'static, Vec<PathBuf>> {
    PENDING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What else takes away what is half written.
static CLEAR: Mutex<Option<Box<dyn Fn() + Send>>> = Mutex::new(None);

/// Lets an interrupt that ends the program call this first.
pub fn clear_on_interrupt(clear: impl Fn() + Send + 'static) {
    *CLEAR.lock().unwrap_or_else(PoisonError::into_inner) = Some(Box::new(clear));
}

/// Lets an interrupt take away a file that is written elsewhere.
#[cfg(feature = "parquet")]
pub fn remove_on_interrupt(path: &Path) {
    pending().push(path.to_owned());
}

/// What a first interrupt stops instead of the program.
static STOP: Mutex<Option<Stop>> = Mutex::new(None);

/// Lets the first interrupt stop this, so that what is in flight is finished.
pub fn stop_on_interrupt(stop: &Stop) {
    *STOP.lock().unwrap_or_else(PoisonError::into_inner) = Some(stop.clone());
}

/// What an interrupt has to print from before a body leaves until its answer is told.
static LAST_WORDS: Mutex<String> = Mutex::new(String::new());

/// The status that an interrupt ends with. 130 is what shells give a program that was interrupted.
static LAST_STATUS: AtomicU8 = AtomicU8::new(130);

/// How long an interrupt waits for a reader that has stalled.
const LAST_WAIT: Duration = Duration::from_secs(2);

/// Lets an interrupt print this and end the program with this status.
#[cfg(feature = "submit")]
pub fn say_on_interrupt(text: String, status: u8) {
    *LAST_WORDS.lock().unwrap_or_else(PoisonError::into_inner) = text;
    LAST_STATUS.store(status, Ordering::SeqCst);
}

/// Prints what must not be lost; an interrupt prints nothing beside it, and ends with this status.
#[cfg(feature = "submit")]
pub fn say_at_last(text: &str, status: u8) {
    let mut words = LAST_WORDS.lock().unwrap_or_else(PoisonError::into_inner);
    LAST_STATUS.store(status, Ordering::SeqCst);
    print_surely(text);
    words.clear();
}

/// Says the last words, unless others are being said or there are none; not for long.
fn interrupted() -> ! {
    let began = Instant::now();
    // Locked to the end: the answer that comes meanwhile waits, and is not told beside them.
    let words = loop {
        match LAST_WORDS.try_lock() {
            Ok(words) => break Some(words),
            Err(TryLockError::Poisoned(words)) => break Some(words.into_inner()),
            Err(TryLockError::WouldBlock) if began.elapsed() > LAST_WAIT => break None,
            Err(TryLockError::WouldBlock) => thread::sleep(Duration::from_millis(10)),
        }
    };
    if let Some(words) = words.as_ref().filter(|words| !words.is_empty()) {
        let (text, (said, waiting)) = (words.to_string(), mpsc::channel());
        thread::spawn(move || {
            print_surely(&text);
            said.send(())
        });
        let _ = waiting.recv_timeout(LAST_WAIT);
    }
    std::process::exit(LAST_STATUS.load(Ordering::SeqCst).into())
}

/// On Ctrl-C and SIGTERM: leave nothing behind.
pub fn clean_up_on_interrupt() {
    // Without a handler the system's own remains, which is to end at once.
    let _ = ctrlc::set_handler(|| {
        if let Some(stop) = STOP.lock().unwrap_or_else(PoisonError::into_inner).take() {
            return stop.stop();
        }
        for path in pending().drain(..) {
            let _ = fs::remove_file(path);
        }
        if let Some(clear) = CLEAR.lock().unwrap_or_else(PoisonError::into_inner).take() {
            clear();
        }
        interrupted()
    });
}

/// A decoder's panic is contained and becomes a finding; its message may quote the file, so only its place is told.
pub fn keep_panics_quiet() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map_or(String::new(), |at| format!(" ({}:{})", at.file(), at.line()));
        let _ = print(&format!("preflight: a part of the program failed{place}\n"), true);
    }));
}

/// Where a body or a page goes.
pub enum Out {
    /// To standard output.
    Stdout,
    /// To a temporary file beside its destination, readable by its owner alone, renamed when it is whole.
    File(NamedTempFile, PathBuf, &'static str),
    /// Into a device or a pipe, which is what it is and stays so.
    InPlace(File, PathBuf, &'static str),
}

impl Out {
    /// Opens the destination of a body.
    pub fn open(path: &Path) -> Result<Self, String> {
        if ["-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"].iter().any(|name| path == Path::new(name)) {
            return Ok(Self::Stdout);
        }
        Self::file("--out", path)
    }

    /// Opens a destination that `flag` names before any work is done, so that an unwritable one is told at once.
    ///
    /// A file is replaced as a whole, and where the path is a link, the file that it leads to. Devices and pipes are
    /// written to, never replaced; a pipe waits for its reader here, as in a shell. Sockets and folders are refused.
    pub fn file(flag: &'static str, path: &Path) -> Result<Self, String> {
        let fail = |what: String| format!("{flag} {}: {what}", path.display());
        let target = followed(path);
        match fs::metadata(&target) {
            Ok(found) if found.is_dir() => return Err(fail("it is a folder, where a file is needed".into())),
            Ok(found) if !found.is_file() || is_descriptor(path) => {
                let file = OpenOptions::new().write(true).truncate(true).open(path);
                return file.map(|file| Self::InPlace(file, path.to_owned(), flag)).map_err(|e| fail(reason(&e)));
            }
            Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(fail(reason(&e))),
            _ => {}
        }
        let folder = target.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
        // The lock is held over the creation, so that an interrupt cannot fall between it and its being known.
        let mut pending = pending();
        let file = tempfile::Builder::new()
            .prefix(".preflight-")
            .suffix(".part")
            .tempfile_in(folder)
            .map_err(|e| fail(reason(&e)))?;
        pending.push(file.path().to_owned());
        Ok(Self::File(file, target, flag))
    }

    /// Writes the body.
    pub fn write(self, body: &[u8]) -> Result<(), String> {
        let fail = |flag: &str, path: &Path, e: &io::Error| format!("{flag} {}: {}", path.display(), reason(e));
        match self {
            Self::Stdout => quietly(io::stdout().lock().write_all(body)),
            Self::File(mut file, path, flag) => {
                let part = file.path().to_owned();
                file.write_all(body).and_then(|()| file.as_file().sync_all()).map_err(|e| fail(flag, &path, &e))?;
                file.persist(&path).map_err(|e| fail(flag, &path, &e.error))?;
                pending().retain(|p| *p != part);
                Ok(())
            }
            Self::InPlace(mut file, path, flag) => file.write_all(body).map_err(|e| fail(flag, &path, &e)),
        }
    }
}

/// Where links lead, the last of them to something that need not be there yet.
pub fn followed(path: &Path) -> PathBuf {
    // As many as Linux follows. More is a loop, which the system tells when the path is used.
    const MOST: usize = 40;
    let mut at = path.to_owned();
    for _ in 0..MOST {
        let Ok(next) = fs::read_link(&at) else { break };
        // What is behind a descriptor's link is a name that may lead nowhere ("pipe:[12345]").
        if is_descriptor(&at) {
            break;
        }
        at = at.parent().unwrap_or(Path::new("")).join(next);
    }
    at
}

/// Whether a path stands for something that is open already, as `/dev/fd/3` does.
fn is_descriptor(path: &Path) -> bool {
    ["/dev/fd", "/dev/stderr", "/proc"].iter().any(|place| path.starts_with(place))
}

/// Why something could not be written, without the name of the temporary file, which says nothing to anyone.
fn reason(error: &io::Error) -> String {
    let why = match error.kind() {
        io::ErrorKind::NotFound => "there is no such folder".to_owned(),
        io::ErrorKind::PermissionDenied => "permission is denied".to_owned(),
        io::ErrorKind::BrokenPipe => "its reader has gone away".to_owned(),
        kind if error.raw_os_error().is_none() => kind.to_string(),
        _ => error.to_string(),
    };
    format!("it cannot be written ({why})")
}

/// Prints to standard output, or to standard error where the output is taken.
pub fn print(text: &str, to_stderr: bool) -> Result<(), String> {
    quietly(if to_stderr {
        io::stderr().lock().write_all(text.as_bytes())
    } else {
        io::stdout().lock().write_all(text.as_bytes())
    })
}

/// Prints what must not be lost: to standard error where standard output does not take it.
pub fn print_surely(text: &str) {
    if let Err(why) = print(text, false) {
        let _ = print(&format!("preflight: {why}\n{text}"), true);
    }
}

/// A reader that has gone away has seen enough; anything else is told.
fn quietly(result: io::Result<()>) -> Result<(), String> {
    match result {
        Err(e) if e.kind() != io::ErrorKind::BrokenPipe => Err(format!("standard output: {e}")),
        _ => Ok(()),
    }
}
