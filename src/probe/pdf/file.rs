//! The objects of a PDF, read where they lie when they are asked for, within [`Limits`].

use super::{
    filters::{spell_out, without_crypt},
    kept::KEPT,
    lexer::{Lexer, Token},
};
use crate::{
    fault::{Break, Refusal},
    options::Limits,
};
use lopdf::{Dictionary, EncryptionState, Object, Stream};
use std::{
    cell::{Cell, RefCell},
    collections::HashMap,
    rc::Rc,
};

/// References that are followed from one to the next; more than two are unheard of.
const MAX_HOPS: usize = 16;

/// Where an object lies.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Entry {
    /// Nowhere: deleted.
    Free,
    /// At this byte, counted from the header.
    At(usize),
    /// In the object stream of this number.
    In(u32),
}

/// A PDF, opened.
pub(crate) struct File<'a> {
    pub bytes: &'a [u8],
    /// The byte that offsets count from: the header's.
    pub base: usize,
    pub limits: &'a Limits,
    pub entries: HashMap<u32, Entry>,
    /// Trailers and cross-reference stream dictionaries, the newest first.
    pub trailers: Vec<Dictionary>,
    /// Decrypts what is read, once it is known how.
    key: Option<EncryptionState>,
    /// The first thing that was not where the cross-reference table says.
    pub broken: RefCell<Option<Break>>,
    /// Bytes that may still be inflated, or searched through for lost ends.
    work: Cell<u64>,
    /// Bytes that may still be kept of what was read: lists of pages and of objects, trailers.
    pub(super) kept: Cell<u64>,
    containers: RefCell<HashMap<u32, Option<Rc<Container>>>>,
}

/// An object stream, inflated.
struct Container {
    data: Vec<u8>,
    /// By number, where an object begins and the how-manieth it is.
    offsets: HashMap<u32, (usize, usize)>,
}

/// An object as found: a stream's data begins at `data`.
struct Found {
    object: Object,
    generation: u16,
    data: Option<usize>,
    /// Objects inside object streams are not encrypted one by one.
    contained: bool,
}

impl<'a> File<'a> {
    /// A file without a table yet.
    pub fn new(bytes: &'a [u8], base: usize, limits: &'a Limits) -> Self {
        Self {
            bytes,
            base,
            limits,
            entries: HashMap::new(),
            trailers: Vec::new(),
            key: None,
            broken: RefCell::new(None),
            work: Cell::new(limits.max_memory / 4),
            kept: Cell::new(limits.max_memory / KEPT),
            containers: RefCell::new(HashMap::new()),
        }
    }

    /// Adds an entry unless a newer one is there.
    ///
    /// # Errors
    /// [`Refusal::Limit`] with more than [`Limits::max_objects`].
    pub fn add(&mut self, number: u32, entry: Entry) -> Result<(), Refusal> {
        self.entries.entry(number).or_insert(entry);
        let (needed, limit) = (self.entries.len() as u64, self.limits.max_objects);
        if needed > limit { Err(Refusal::Limit { what: "objects in the PDF", needed, limit }) } else { Ok(()) }
    }

    /// Reads through this key from here on; what was read without it is forgotten.
    pub fn set_key(&mut self, key: EncryptionState) {
        self.key = Some(key);
        self.containers.take();
        self.broken.take();
    }

    /// Whether it is read through a key.
    pub fn has_key(&self) -> bool {
        self.key.is_some()
    }

    pub fn lexer(&self, at: usize) -> Lexer<'a> {
        Lexer::new(self.bytes, at, self.limits.max_depth)
    }

    /// Notes the first thing that is not where it should be.
    pub fn note(&self, seen: Break) {
        self.broken.borrow_mut().get_or_insert(seen);
    }

    /// The newest trailer's value of a key that is somewhere in the chain.
    pub fn in_trailers(&self, key: &[u8]) -> Option<&Object> {
        self.trailers.iter().filter_map(|t| t.get(key).ok()).find(|o| !o.is_null())
    }

    /// Takes from the budget of bytes to work through; `false` when it is spent.
    pub fn spend(&self, bytes: usize) -> bool {
        let left = self.work.get().checked_sub(bytes as u64);
        self.work.set(left.unwrap_or(0));
        left.is_some()
    }

    /// The object of that number; a stream comes as its dictionary, what is missing as null.
    pub fn get(&self, number: u32) -> Object {
        let Some(found) = self.find(number) else { return Object::Null };
        let mut object = found.object;
        if let (Some(key), false) = (&self.key, found.contained) {
            // What cannot be decrypted stays as it is.
            let _ = lopdf::encryption::decrypt_object(key, (number, found.generation), &mut object);
        }
        object
    }

    /// What a value stands for, with references followed.
    pub fn resolve(&self, object: &Object) -> Object {
        let mut object = object.clone();
        for _ in 0..MAX_HOPS {
            match object {
                Object::Reference((number, _)) => object = self.get(number),
                other => return other,
            }
        }
        Object::Null
    }

    /// A dictionary's value, with references followed; null when there is none.
    pub fn value(&self, dict: &Dictionary, key: &[u8]) -> Object {
        dict.get(key).map_or(Object::Null, |v| self.resolve(v))
    }

    /// A dictionary's value that is a dictionary (or a stream's).
    pub fn dict(&self, dict: &Dictionary, key: &[u8]) -> Option<Dictionary> {
        match self.value(dict, key) {
            Object::Dictionary(inner) => Some(inner),
            _ => None,
        }
    }

    fn find(&self, number: u32) -> Option<Found> {
        // When it is time to stop nothing is found any more, which ends every walk; `open` and `view` tell why.
        if self.limits.is_over() {
            return None;
        }
        match *self.entries.get(&number)? {
            Entry::Free => None,
            Entry::At(offset) => {
                // Junk before the header moves every offset; some writers had counted it.
                let places = [self.base.checked_add(offset)?, offset];
                let found = places.into_iter().find_map(|at| self.found_at(at, Some(number)));
                if found.is_none() {
                    self.note(Break::new(format!("object {number} is not where the table says")).at_byte(offset));
                }
                found
            }
            Entry::In(container) => {
                if !matches!(self.entries.get(&container), Some(Entry::At(_))) {
                    self.note(Break::new(format!("object stream {container} is nowhere in the file")));
                    return None;
                }
                let object = self.container(container).and_then(|c| {
                    let (at, _) = *c.offsets.get(&number)?;
                    Lexer::new(&c.data, at, self.limits.max_depth).object()
                });
                if object.is_none() {
                    self.note(Break::new(format!("object {number} is not in object stream {container}")));
                }
                Some(Found { object: object?, generation: 0, data: None, contained: true })
            }
        }
    }

    /// The object whose `N G obj` stands at a byte.
    fn found_at(&self, at: usize, number: Option<u32>) -> Option<Found> {
        let mut lexer = self.lexer(at);
        let (found, generation) = lexer.object_header()?;
        if number.is_some_and(|n| n != found) {
            return None;
        }
        let before = lexer.at;
        let object = match lexer.token() {
            // `7 0 obj endobj`: null.
            Some(Token::Word(b"endobj")) => Object::Null,
            _ => {
                lexer.at = before;
                lexer.object()?
            }
        };
        let data = (matches!(object, Object::Dictionary(_)) && lexer.take(b"stream")).then(|| {
            let skip = match lexer.rest() {
                [b'\r', b'\n', ..] => 2,
                [b'\r' | b'\n', ..] => 1,
                _ => 0,
            };
            lexer.at + skip
        });
        Some(Found { object, generation, data, contained: false })
    }

    /// The stream of that number, as stored but for encryption, its filters spelt out and free of references.
    pub fn stream(&self, number: u32) -> Option<Stream> {
        let found = self.find(number)?;
        let mut stream = self.with_data(found.object, found.data?)?;
        if let Some(key) = &self.key {
            let mut object = Object::Stream(stream);
            let _ = lopdf::encryption::decrypt_object(key, (number, found.generation), &mut object);
            let Object::Stream(decrypted) = object else { return None };
            stream = decrypted;
        }
        without_crypt(&mut stream.dict);
        Some(stream)
    }

    /// The stream whose header stands at a byte.
    pub fn stream_at(&self, at: usize) -> Option<(Stream, usize)> {
        let found = self.found_at(at, None)?;
        let data = found.data?;
        let stream = self.with_data(found.object, data)?;
        let end = data + stream.content.len();
        Some((stream, end))
    }

    fn with_data(&self, object: Object, data: usize) -> Option<Stream> {
        let Object::Dictionary(mut dict) = object else { return None };
        let rest = self.bytes.get(data..)?;
        let length = self.value(&dict, b"Length").as_i64().ok().and_then(|n| usize::try_from(n).ok());
        let whole = length.filter(|n| {
            let mut after = self.lexer(data.saturating_add(*n));
            *n <= rest.len() && (after.take(b"endstream") || after.take(b"endobj"))
        });
        let content = match whole.and_then(|n| rest.get(..n)) {
            Some(content) => content,
            None => self.until_end(rest, data)?,
        };
        spell_out(&mut dict, |o| self.resolve(o));
        Some(Stream::new(dict, content.to_vec()))
    }

    /// The data of a stream whose length is wrong: as far as `endstream`, or whatever ends the object.
    fn until_end(&self, rest: &'a [u8], at: usize) -> Option<&'a [u8]> {
        let ends: [&[u8]; 2] = [b"endstream", b"endobj"];
        let end = ends.iter().find_map(|end| memchr::memmem::find(rest, end)).unwrap_or(rest.len());
        if !self.spend(end) {
            return None;
        }
        self.note(Break::new("a stream's length is wrong").at_byte(at));
        let content = rest.get(..end)?;
        let trimmed = content.strip_suffix(b"\n").unwrap_or(content);
        Some(trimmed.strip_suffix(b"\r").unwrap_or(trimmed))
    }

    /// A stream's data with its filters undone; `Err` with the limit's refusal, or when a filter fails or is a picture's.
    pub fn decoded(&self, stream: &Stream) -> Result<Vec<u8>, Refusal> {
        self.limits.in_time()?;
        let limit = self.limits.max_inflated.min(self.work.get());
        if self.impossible(stream) {
            return Err(Refusal::unreadable("a stream of the PDF has impossible parameters"));
        }
        let result = stream.decompressed_content_with_limit(limit as usize);
        match result {
            Ok(data) if self.spend(data.len()) => Ok(data),
            Err(lopdf::Error::Decompress(lopdf::DecompressError::MemoryLimitExceeded { .. }))
                if stream.dict.has(b"DecodeParms") =>
            {
                // Rows wider than the limit are a slip of the parameters when the data itself is small.
                let mut raw = stream.clone();
                raw.dict.remove(b"DecodeParms");
                self.decoded(&raw)?;
                Err(Refusal::unreadable("a stream of the PDF has impossible parameters"))
            }
            Ok(_) | Err(lopdf::Error::Decompress(lopdf::DecompressError::MemoryLimitExceeded { .. })) => {
                self.spend(limit as usize);
                Err(Refusal::Limit { what: "bytes in a stream of the PDF, inflated", needed: limit + 1, limit })
            }
            Err(e) => Err(Refusal::unreadable(format!("a stream of the PDF cannot be read: {e}"))),
        }
    }

    /// Whether a predictor is asked for rows that no data can have (ISO 32000-2, table 8).
    fn impossible(&self, stream: &Stream) -> bool {
        let params = match self.value(&stream.dict, b"DecodeParms") {
            Object::Dictionary(one) => vec![one],
            Object::Array(all) => {
                let all = all.iter().take(16).map(|p| self.resolve(p));
                all.filter_map(|p| if let Object::Dictionary(p) = p { Some(p) } else { None }).collect()
            }
            _ => return false,
        };
        params.iter().any(|params| {
            let number = |key: &[u8], default| self.value(params, key).as_i64().unwrap_or(default);
            let [colours, bits, columns] =
                [number(b"Colors", 1), number(b"BitsPerComponent", 8), number(b"Columns", 1)];
            let row = colours.max(1).saturating_mul(bits.max(1)).saturating_mul(columns.max(1)) as u64 / 8;
            number(b"Predictor", 1) > 1 && (colours.min(bits).min(columns) < 1 || row > self.limits.max_inflated)
        })
    }

    fn container(&self, number: u32) -> Option<Rc<Container>> {
        if let Some(known) = self.containers.borrow().get(&number) {
            return known.clone();
        }
        // Stands there while it is being read, so that a stream cannot ask for itself.
        self.containers.borrow_mut().insert(number, None);
        let container = self.read_container(number).map(Rc::new);
        self.containers.borrow_mut().insert(number, container.clone());
        container
    }

    fn read_container(&self, number: u32) -> Option<Container> {
        let stream = self.stream(number)?;
        let first = usize::try_from(self.value(&stream.dict, b"First").as_i64().ok()?).ok()?;
        let count = usize::try_from(self.value(&stream.dict, b"N").as_i64().ok()?).ok()?;
        let data = self.decoded(&stream).ok()?;
        let mut offsets = HashMap::new();
        let mut header = Lexer::new(&data, 0, self.limits.max_depth);
        for index in 0..count.min(self.limits.max_objects as usize) {
            let (Some(inner), Some(offset)) = (header.unsigned(), header.unsigned()) else { break };
            if !self.keep(64) {
                return None;
            }
            if let (Ok(inner), Ok(offset)) = (u32::try_from(inner), usize::try_from(offset)) {
                if inner == number {
                    self.note(Break::new(format!("object stream {number} holds itself")));
                }
                offsets.entry(inner).or_insert((first.saturating_add(offset), index));
            }
        }
        Some(Container { data, offsets })
    }

    /// The how-manieth object of an object stream has that number.
    pub fn index_in(&self, container: u32, number: u32) -> Option<usize> {
        self.container(container)?.offsets.get(&number).map(|(_, index)| *index)
    }

    /// The numbers of the objects in an object stream.
    pub fn contained(&self, container: u32) -> Vec<u32> {
        self.container(container).map_or(Vec::new(), |c| c.offsets.keys().copied().collect())
    }
}
