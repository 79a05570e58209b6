//! How a PDF is encrypted (ISO 32000-2, 7.6): what its `/Encrypt` says, and whether the empty password opens it.

use super::file::File;
use crate::fault::{Break, contained};
use lopdf::{Dictionary, Document, EncryptionState, Object, encryption::PasswordAlgorithm};
use zeroize::Zeroizing;

/// How a PDF is encrypted (ISO 32000-2, 7.6).
///
/// ```
/// use idenfy_preflight::{options::Limits, probe::{Details, pdf}};
/// let header = pdf::probe(&std::fs::read("testdata/pdf_encrypted.pdf")?, &Limits::default())?;
/// let Details::Pdf(pdf) = header.details else { panic!("a PDF") };
/// let encryption = pdf.encryption.unwrap();
/// assert_eq!((&*encryption.handler, encryption.algorithm.as_deref()), ("Standard", Some("RC4 128")));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize)]
#[non_exhaustive]
pub struct Encryption {
    /// The security handler's name: `Standard`, `Adobe.PubSec` …; `unknown` where the file does not say.
    pub handler: String,
    /// Revision of the standard handler, 2 to 6.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revision: Option<i64>,
    /// The algorithm as a person would name it: "RC4 40", "RC4 128", "AES-128", "AES-256", "AES-256 (attachments
    /// only)"; or "Identity", which leaves everything in clear. Such a file counts as encrypted all the same: what
    /// refuses encrypted PDFs commonly goes by the dictionary being there (qpdf and pypdf do; poppler looks at the
    /// filters), and a call that is refused costs the token.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub algorithm: Option<String>,
    /// Whether a password is asked for on opening; `None` where that cannot be told (certificates, unknown handlers).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub needs_password: Option<bool>,
    /// Whether only attached files are encrypted, and the pages are not.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub only_attachments: bool,
}

/// The algorithm that changes nothing (ISO 32000-2, table 26).
const IDENTITY: &str = "Identity";

impl Encryption {
    /// Whether the pages are in clear, so that no key is needed for them.
    pub(crate) fn leaves_pages_clear(&self) -> bool {
        self.only_attachments || self.algorithm.as_deref() == Some(IDENTITY)
    }
}

/// The encryption that the trailers ask for. An `/Encrypt` anywhere in the chain of updates counts, since an update
/// cannot take it back: what was encrypted before it stays so. One that leads to null or to no object is none at all
/// (ISO 32000-2, 7.3.10); anything else than a dictionary is none either, and is noted as damage.
pub(crate) fn find(file: &File) -> Option<Encryption> {
    let dict = asked_for(file)?;
    let opens = key(file, &dict, "").is_some();
    Some(describe(&dict, opens))
}

/// The newest encryption dictionary that a trailer leads to.
pub(crate) fn asked_for(file: &File) -> Option<Dictionary> {
    let values = file.trailers.iter().filter_map(|trailer| trailer.get(b"Encrypt").ok());
    values.into_iter().find_map(|value| match file.resolve(value) {
        Object::Null => None,
        Object::Dictionary(dict) => Some(inlined(file, dict, FILTERS + 1)),
        _ => {
            file.note(Break::new("the PDF's encryption (/Encrypt) is no dictionary"));
            None
        }
    })
}

/// The encryption dictionary of a file whose trailer is lost: an object that can be nothing else.
pub(crate) fn find_orphan(file: &File) -> Option<Encryption> {
    let mut numbers: Vec<u32> = file.entries.keys().copied().collect();
    numbers.sort_unstable();
    numbers.into_iter().find_map(|number| {
        let dict = dictionary(file, &Object::Reference((number, 0)))?;
        let standard = dict.has(b"O") && dict.has(b"U") && dict.has(b"P") && dict.has(b"R");
        let public = dict.get(b"SubFilter").and_then(Object::as_name).is_ok_and(|n| n.starts_with(b"adbe.pkcs7.s"))
            && dict.has(b"V");
        (dict.has(b"Filter") && (standard || public)).then(|| describe(&dict, false))
    })
}

/// A dictionary with every reference in it followed.
fn dictionary(file: &File, value: &Object) -> Option<Dictionary> {
    let Object::Dictionary(dict) = file.resolve(value) else { return None };
    Some(inlined(file, dict, FILTERS + 1))
}

/// What is asked of an encryption dictionary and of its filters (ISO 32000-2, tables 20, 21 and 25 to 27).
const KEYS: [&[u8]; 20] = [
    b"Filter",
    b"SubFilter",
    b"V",
    b"R",
    b"Length",
    b"O",
    b"U",
    b"OE",
    b"UE",
    b"P",
    b"Perms",
    b"EncryptMetadata",
    b"CF",
    b"StmF",
    b"StrF",
    b"EFF",
    b"Type",
    b"CFM",
    b"AuthEvent",
    b"KDFSalt",
];

/// Filters (`/CF`) that are looked at, and bytes of a string in them; none has more than 127.
const MAX_FILTERS: usize = 16;
/// How much deeper than those names values may lie.
const FILTERS: u32 = 1;
const MAX_STRING: usize = 4096;

fn inlined(file: &File, dict: Dictionary, depth: u32) -> Dictionary {
    // The names of filters are the file's own, those within them are not.
    let named = depth == FILTERS;
    let kept = dict.iter().filter(|(key, _)| named || KEYS.contains(&key.as_slice())).take(MAX_FILTERS.max(KEYS.len()));
    let pairs = kept.filter_map(|(key, value)| {
        let value = match file.resolve(value) {
            Object::Dictionary(inner) if depth > 0 => Object::Dictionary(inlined(file, inner, depth - 1)),
            Object::Dictionary(_) | Object::Array(_) => return None,
            Object::String(bytes, _) | Object::Name(bytes) if bytes.len() > MAX_STRING => return None,
            other => other,
        };
        (key.len() <= MAX_STRING).then(|| (key.clone(), value))
    });
    pairs.collect()
}

fn describe(dict: &Dictionary, opens: bool) -> Encryption {
    let integer = |d: &Dictionary, key: &[u8]| d.get(key).and_then(Object::as_i64).ok();
    let name = |key: &[u8]| dict.get(key).and_then(Object::as_name).ok();
    let handler = name(b"Filter").map_or("unknown".into(), |n| String::from_utf8_lossy(n).into_owned());
    let version = integer(dict, b"V").unwrap_or(0);
    let filter = |which: &[u8]| {
        let filter = match name(which) {
            None | Some(b"Identity") => return None,
            Some(filter) => dict.get(b"CF").and_then(Object::as_dict).and_then(|cf| cf.get(filter)?.as_dict()).ok()?,
        };
        Some(match filter.get(b"CFM").and_then(Object::as_name).ok()? {
            b"V2" => format!("RC4 {}", bits(integer(filter, b"Length").or(integer(dict, b"Length")).unwrap_or(128))),
            b"AESV2" => "AES-128".into(),
            b"AESV3" => "AES-256".into(),
            b"AESV4" => "AES-256 GCM".into(),
            _ => return None,
        })
    };
    let content = filter(b"StmF").or_else(|| filter(b"StrF"));
    let attachments = filter(b"EFF");
    let only_attachments = version >= 4 && content.is_none() && attachments.is_some();
    let clear = |which: &[u8]| matches!(name(which), None | Some(b"Identity"));
    let nothing = version >= 4 && [&b"StmF"[..], b"StrF", b"EFF"].into_iter().all(clear);
    let algorithm = match version {
        1 => Some("RC4 40".into()),
        2 | 3 => Some(format!("RC4 {}", bits(integer(dict, b"Length").unwrap_or(40)))),
        _ if only_attachments => attachments.map(|a| format!("{a} (attachments only)")),
        _ if nothing => Some(IDENTITY.into()),
        _ => content,
    };
    let needs_password = match handler.as_str() {
        _ if only_attachments || nothing => Some(false),
        "Standard" => Some(!opens),
        _ => None,
    };
    let revision = integer(dict, b"R").filter(|_| handler == "Standard");
    Encryption { handler, revision, algorithm, needs_password, only_attachments }
}

/// A key's length in bits; some writers give bytes.
fn bits(length: i64) -> i64 {
    if length < 40 { length.saturating_mul(8) } else { length }
}

/// Whether the algorithm is one of those that [`key`] knows.
pub(crate) fn is_supported(encrypt: &Dictionary) -> bool {
    let integer = |key: &[u8]| encrypt.get(key).and_then(Object::as_i64).unwrap_or(0);
    matches!(integer(b"V"), 1 | 2 | 4 | 5) && matches!(integer(b"R"), 2..=6)
}

/// What decrypts the file's objects, if `password` is its user's or owner's.
pub(crate) fn key(file: &File, encrypt: &Dictionary, password: &str) -> Option<EncryptionState> {
    let mut encrypt = encrypt.clone();
    // lopdf holds key lengths that these versions fix against the specification; viewers do not.
    match encrypt.get(b"V").and_then(Object::as_i64).ok()? {
        1 | 4 | 5 => {
            encrypt.remove(b"Length");
        }
        _ => {
            if let Ok(length) = encrypt.get(b"Length").and_then(Object::as_i64) {
                encrypt.set("Length", bits(length));
            }
        }
    }
    let mut document = Document::new();
    let encrypt = document.add_object(encrypt);
    document.trailer.set("Encrypt", encrypt);
    let id = file.in_trailers(b"ID").map(|id| file.resolve(id));
    document.trailer.set("ID", id.unwrap_or_else(|| Object::Array(vec![Object::string_literal(""); 2])));
    contained("lopdf", || {
        let algorithm = PasswordAlgorithm::try_from(&document).ok()?;
        // In the encoding that is due, or, as some programs do, as typed.
        let encoded = algorithm.sanitize_password(password).into_iter().chain([password.as_bytes().to_vec()]);
        encoded.into_iter().map(Zeroizing::new).find_map(|password| {
            document.authenticate_raw_password(password.as_slice()).ok()?;
            EncryptionState::decode(&document, password.as_slice()).ok()
        })
    })
    .ok()?
}
