//! A copy of an encrypted PDF without its encryption, on request.

use crate::{
    fault::Refusal,
    options::Limits,
    probe::{
        self, Details,
        pdf::{File, Opened, encryption, open},
    },
};
use lopdf::{Dictionary, Document, Object};
use std::collections::{HashSet, VecDeque};

/// Why there is no decrypted copy. Never holds the password.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum UnlockError {
    /// The file is not encrypted.
    #[error("the PDF is not encrypted")]
    NotEncrypted,
    /// The file does not open without a password, and none was given.
    #[error("the PDF needs a password to open")]
    PasswordNeeded,
    /// The password given is neither the file's user password nor its owner password.
    #[error("the password does not open the PDF")]
    WrongPassword,
    /// The file is locked in a way that passwords do not open (certificates, unknown handlers), or by an algorithm that
    /// is not known here.
    #[error("PDFs locked by \"{handler}\" cannot be unlocked")]
    Unsupported {
        /// The security handler's name, as the file gives it.
        handler: String,
    },
    /// The file itself, or the copy, cannot be read within the limits.
    #[error("{0}")]
    Refused(#[from] Refusal),
}

/// The share of the memory limit that the copy may take, in memory twice: as objects and as bytes.
const SHARE: u64 = 4;

/// A decrypted copy of `bytes`, which `password`, user's or owner's, opens; `None` stands for files that open without
/// one. All that the document's catalog leads to is kept, the pages' own codings untouched; digital signatures in it no
/// longer hold, and attachments that alone were encrypted are left out. The copy was read again: it is not encrypted and
/// has as many pages.
///
/// # Errors
/// [`UnlockError`].
pub fn unlock(bytes: &[u8], password: Option<&str>, limits: &Limits) -> Result<Vec<u8>, UnlockError> {
    let Opened { mut file, encryption, .. } = open(bytes, limits)?;
    let Some(encryption) = encryption else { return Err(UnlockError::NotEncrypted) };
    let unsupported = || UnlockError::Unsupported { handler: encryption.handler.clone() };
    let dict = file.in_trailers(b"Encrypt").and_then(|e| encryption::dictionary(&file, e)).ok_or_else(unsupported)?;
    if !encryption.only_attachments {
        if encryption.handler != "Standard" || !encryption::is_supported(&dict) {
            return Err(unsupported());
        }
        file.key = encryption::key(&file, &dict, password.unwrap_or(""));
        if file.key.is_none() {
            return Err(if password.is_some() { UnlockError::WrongPassword } else { UnlockError::PasswordNeeded });
        }
    }
    let copied = copy(&file, encryption.only_attachments)?;
    let header = probe::pdf::probe(&copied, limits)?;
    let expected = file.catalog().map(|c| file.pages(&c).count);
    match header.details {
        Details::Pdf(details) if details.encryption.is_none() && details.pages == expected => Ok(copied),
        _ => Err(Refusal::unreadable("the decrypted copy of the PDF is not whole").into()),
    }
}

fn copy(file: &File, without_attachments: bool) -> Result<Vec<u8>, Refusal> {
    let mut document = Document::with_version("1.7");
    let mut left = file.limits.max_memory / SHARE;
    let (mut seen, mut waiting) = (HashSet::new(), VecDeque::new());
    for key in ["Root", "Info", "ID"] {
        if let Some(value) = file.in_trailers(key.as_bytes()) {
            let mut value = value.clone();
            follow(&mut value, &mut seen, &mut waiting);
            document.trailer.set(key, value);
        }
    }
    while let Some(number) = waiting.pop_front() {
        let mut object = match file.stream(number) {
            Some(stream) if without_attachments && stream.dict.has_type(b"EmbeddedFile") => Object::Null,
            Some(stream) => {
                left = left.checked_sub(stream.content.len() as u64).ok_or(Refusal::Limit {
                    what: "bytes in the PDF's decrypted copy",
                    needed: file.bytes.len() as u64,
                    limit: file.limits.max_memory / SHARE,
                })?;
                Object::Stream(stream)
            }
            None => file.get(number),
        };
        follow(&mut object, &mut seen, &mut waiting);
        document.objects.insert((number, 0), object);
        document.max_id = document.max_id.max(number);
    }
    let mut bytes = Vec::new();
    let saved = document.save_to(&mut bytes);
    saved.map_err(|e| Refusal::unreadable(format!("the PDF cannot be copied: {e}")))?;
    Ok(bytes)
}

/// Queues every object that a value refers to. No deeper than the lexer reads.
fn follow(object: &mut Object, seen: &mut HashSet<u32>, waiting: &mut VecDeque<u32>) {
    let dict = |dict: &mut Dictionary, seen: &mut HashSet<u32>, waiting: &mut VecDeque<u32>| {
        dict.iter_mut().for_each(|(_, value)| follow(value, seen, waiting));
    };
    match object {
        Object::Reference((number, generation)) => {
            // Objects keep their numbers; each is there once, whatever its generation was.
            *generation = 0;
            if seen.insert(*number) {
                waiting.push_back(*number);
            }
        }
        Object::Array(values) => values.iter_mut().for_each(|value| follow(value, seen, waiting)),
        Object::Dictionary(inner) => dict(inner, seen, waiting),
        Object::Stream(stream) => dict(&mut stream.dict, seen, waiting),
        _ => {}
    }
}
