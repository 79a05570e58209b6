//! Bodies to files, whole or not at all, and text to the terminal.

use std::{
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};
use tempfile::NamedTempFile;

/// The half-written file that an interrupt has to take away.
static PENDING: Mutex<Option<PathBuf>> = Mutex::new(None);

fn pending() -> std::sync::MutexGuard<'static, Option<PathBuf>> {
    PENDING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// On Ctrl-C and SIGTERM: leave nothing behind. 130 is what shells give a program that was interrupted.
pub fn clean_up_on_interrupt() {
    // Without a handler the system's own remains, which is to end at once.
    let _ = ctrlc::set_handler(|| {
        if let Some(path) = pending().take() {
            let _ = fs::remove_file(path);
        }
        std::process::exit(130);
    });
}

/// A decoder's panic is contained and becomes a finding; its message may quote the file, so only its place is told.
pub fn keep_panics_quiet() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map_or(String::new(), |at| format!(" ({}:{})", at.file(), at.line()));
        let _ = print(&format!("preflight: a part of the program failed{place}\n"), true);
    }));
}

/// Where a body goes.
pub enum Out {
    /// To standard output.
    Stdout,
    /// To a temporary file beside its destination, readable by its owner alone, renamed when it is whole.
    File(NamedTempFile, PathBuf),
}

impl Out {
    /// Opens the destination before any work is done, so that an unwritable one is told at once.
    pub fn open(path: &Path) -> Result<Self, String> {
        if path == Path::new("-") {
            return Ok(Self::Stdout);
        }
        if path.is_dir() {
            return Err(format!("--out {}: it is a folder, where a file is needed", path.display()));
        }
        let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
        // The lock is held over the creation, so that an interrupt cannot fall between it and its being known.
        let mut pending = pending();
        let file = tempfile::Builder::new()
            .prefix(".preflight-")
            .suffix(".part")
            .tempfile_in(folder)
            .map_err(|e| format!("--out {}: it cannot be written ({e})", path.display()))?;
        *pending = Some(file.path().to_owned());
        Ok(Self::File(file, path.to_owned()))
    }

    /// Writes the body.
    pub fn write(self, body: &[u8]) -> Result<(), String> {
        match self {
            Self::Stdout => quietly(io::stdout().lock().write_all(body)),
            Self::File(mut file, path) => {
                let fail = |e: &dyn std::fmt::Display| format!("--out {}: it cannot be written ({e})", path.display());
                file.write_all(body).and_then(|()| file.as_file().sync_all()).map_err(|e| fail(&e))?;
                file.persist(&path).map_err(|e| fail(&e.error))?;
                *pending() = None;
                Ok(())
            }
        }
    }
}

/// Prints to standard output, or to standard error where the output is taken.
pub fn print(text: &str, to_stderr: bool) -> Result<(), String> {
    quietly(if to_stderr {
        io::stderr().lock().write_all(text.as_bytes())
    } else {
        io::stdout().lock().write_all(text.as_bytes())
    })
}

/// A reader that has gone away has seen enough; anything else is told.
fn quietly(result: io::Result<()>) -> Result<(), String> {
    match result {
        Err(e) if e.kind() != io::ErrorKind::BrokenPipe => Err(format!("standard output: {e}")),
        _ => Ok(()),
    }
}
