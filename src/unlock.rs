//! A copy of an encrypted PDF without its encryption, on request.

use crate::{
    fault::Refusal,
    options::Limits,
    probe::{
        self, Details,
        pdf::{File, Opened, encryption, held, open},
    },
};
use lopdf::{Dictionary, Document, Object};
use std::collections::{HashSet, VecDeque};

/// Why there is no decrypted copy. Never holds the password.
///
/// ```
/// use idenfy_preflight::{options::Limits, unlock::{UnlockError, unlock}};
/// let locked = std::fs::read("testdata/pdf_encrypted.pdf")?;
/// assert_eq!(unlock(&locked, None, &Limits::default()), Err(UnlockError::PasswordNeeded));
/// assert_eq!(unlock(&locked, Some("guess"), &Limits::default()), Err(UnlockError::WrongPassword));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
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
///
/// ```
/// use idenfy_preflight::{options::Limits, probe::{Details, pdf}, unlock::unlock};
/// let (limits, locked) = (Limits::default(), std::fs::read("testdata/pdf_encrypted_owner_only.pdf")?);
/// let open = unlock(&locked, None, &limits)?; // it opens without a password
/// let Details::Pdf(pdf) = pdf::probe(&open, &limits)?.details else { panic!("a PDF") };
/// assert_eq!(pdf.encryption, None);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn unlock(bytes: &[u8], password: Option<&str>, limits: &Limits) -> Result<Vec<u8>, UnlockError> {
    let Opened { mut file, encryption, rebuilt, .. } = open(bytes, limits)?;
    let Some(encryption) = encryption else { return Err(UnlockError::NotEncrypted) };
    let unsupported = || UnlockError::Unsupported { handler: encryption.handler.clone() };
    let dict = encryption::asked_for(&file).ok_or_else(unsupported)?;
    // A file that opens without a password is open already.
    if !encryption.leaves_pages_clear() && !file.has_key() {
        if encryption.handler != "Standard" || !encryption::is_supported(&dict) {
            return Err(unsupported());
        }
        let locked = if password.is_some() { UnlockError::WrongPassword } else { UnlockError::PasswordNeeded };
        file.set_key(encryption::key(&file, &dict, password.unwrap_or("")).ok_or(locked)?);
        if rebuilt.is_some() {
            // Object streams, which the first reading could not look into, can be read now.
            file.rebuild()?;
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
        file.limits.in_time()?;
        let mut object = match file.stream(number) {
            Some(stream) if without_attachments && stream.dict.has_type(b"EmbeddedFile") => Object::Null,
            Some(stream) => Object::Stream(stream),
            None => file.get(number),
        };
        left = left.checked_sub(held(&object)).ok_or(Refusal::Limit {
            what: "bytes in the PDF's decrypted copy",
            needed: file.bytes.len() as u64,
            limit: file.limits.max_memory / SHARE,
        })?;
        follow(&mut object, &mut seen, &mut waiting);
        document.objects.insert((number, 0), object);
        document.max_id = document.max_id.max(number);
    }
    file.within()?;
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

#[cfg(test)]
mod tests {
    use super::*;
    use lopdf::{EncryptionState, EncryptionVersion, Permissions, dictionary};

    fn plain() -> Document {
        let mut document = Document::with_version("1.7");
        let pages = document.new_object_id();
        let content = document.add_object(lopdf::Stream::new(Dictionary::new(), b"0 0 9 9 re f".to_vec()));
        let page = document.add_object(dictionary! {
            "Type" => "Page", "Parent" => pages, "Contents" => content,
            "MediaBox" => vec![0.into(), 0.into(), 100.into(), 200.into()],
        });
        let tree = dictionary! { "Type" => "Pages", "Count" => 1, "Kids" => vec![page.into()] };
        document.objects.insert(pages, tree.into());
        let root = document.add_object(dictionary! { "Type" => "Catalog", "Pages" => pages });
        document.trailer.set("Root", root);
        let id = Object::string_literal("0123456789abcdef");
        document.trailer.set("ID", vec![id.clone(), id]);
        document
    }

    fn encrypted(user_password: &str) -> Vec<u8> {
        let mut document = plain();
        let version = EncryptionVersion::V2 {
            document: &document,
            owner_password: "owner",
            user_password,
            key_length: 128,
            permissions: Permissions::all(),
        };
        let state = EncryptionState::try_from(version).unwrap();
        document.encrypt(&state).unwrap();
        let mut bytes = Vec::new();
        document.save_to(&mut bytes).unwrap();
        bytes
    }

    #[test]
    fn either_password_opens_and_no_other() {
        let limits = Limits::default();
        let bytes = encrypted("secret");
        for password in ["secret", "owner"] {
            let copy = unlock(&bytes, Some(password), &limits).unwrap();
            let Details::Pdf(details) = probe::probe(&copy, &limits).unwrap().details else { panic!("a PDF") };
            assert_eq!((details.encryption, details.pages), (None, Some(1)));
            assert!(memchr::memmem::find(&copy, b"0 0 9 9 re f").is_some(), "the content is in clear");
        }
        assert_eq!(unlock(&bytes, Some("wrong"), &limits), Err(UnlockError::WrongPassword));
        assert_eq!(unlock(&bytes, None, &limits), Err(UnlockError::PasswordNeeded));
    }

    #[test]
    fn an_empty_password_is_told_and_needs_none() {
        let limits = Limits::default();
        let bytes = encrypted("");
        let Details::Pdf(details) = probe::probe(&bytes, &limits).unwrap().details else { panic!("a PDF") };
        let encryption = details.encryption.unwrap();
        assert_eq!(encryption.needs_password, Some(false));
        assert_eq!(encryption.revision, Some(3));
        assert_eq!(encryption.algorithm.as_deref(), Some("RC4 128"));
        assert!(unlock(&bytes, None, &limits).is_ok());
    }

    #[test]
    fn a_damaged_table_does_not_hide_encryption() {
        let limits = Limits::default();
        let bytes = encrypted("secret");
        let cut = memchr::memmem::rfind(&bytes, b"startxref").unwrap();
        let Details::Pdf(details) = probe::probe(&bytes[..cut], &limits).unwrap().details else { panic!("a PDF") };
        assert_eq!(details.encryption.and_then(|e| e.needs_password), Some(true));
        assert!(unlock(&bytes[..cut], Some("secret"), &limits).is_ok());
    }

    #[test]
    fn what_is_not_encrypted_is_said_so() {
        let mut bytes = Vec::new();
        plain().save_to(&mut bytes).unwrap();
        assert_eq!(unlock(&bytes, None, &Limits::default()), Err(UnlockError::NotEncrypted));
    }
}
