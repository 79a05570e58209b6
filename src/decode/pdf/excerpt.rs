//! A PDF of one page: copies of what the page needs and nothing else, inflated within limits. The renderer, which has
//! no limits of its own on that, sees only this.

use super::nesting::deeper_than;
use crate::{
    fault::Refusal,
    options::Limits,
    probe::pdf::{File, Page},
};
use lopdf::{Dictionary, Document, Object, ObjectId, Stream, dictionary};
use std::collections::{HashMap, VecDeque};

/// Entries of pages and annotations that lead away from what is drawn.
const ELSEWHERE: [&[u8]; 12] = [
    b"Parent",
    b"P",
    b"Dest",
    b"A",
    b"AA",
    b"B",
    b"Popup",
    b"IRT",
    b"StructParents",
    b"Metadata",
    b"PieceInfo",
    b"Thumb",
];

/// The share of the memory limit that the copy may take; the drawing itself needs the rest.
const SHARE: u64 = 4;

/// Bytes of a mesh of colours. hayro 0.9 makes some 40 kB of each patch, which may take as little as four bytes; logos
/// and charts on ordinary pages have a few dozen.
const MAX_MESH: u64 = 32 << 10;

/// How often as deep as a single object values may be nested over several: 256 by default, where fonts come to some ten.
const NESTED: u64 = 4;

struct Copy<'a> {
    file: &'a File<'a>,
    document: Document,
    /// New ids of the file's objects.
    ids: HashMap<u32, ObjectId>,
    /// Objects that have an id and wait to be copied.
    waiting: VecDeque<u32>,
    /// Bytes that the copy may still take.
    bytes: u64,
    /// Pixels that its pictures may still have.
    pixels: u64,
}

/// The page as a file of its own.
///
/// # Errors
/// [`Refusal::Limit`] or [`Refusal::TooManyPixels`] when what is drawn is too much to be drawn within the limits.
pub fn one_page(file: &File, page: &Page) -> Result<Vec<u8>, Refusal> {
    let limits = file.limits;
    let mut copy = Copy {
        file,
        document: Document::with_version("1.7"),
        ids: HashMap::new(),
        waiting: VecDeque::new(),
        bytes: limits.max_memory / SHARE,
        pixels: limits.max_pixels.min(limits.max_memory / 8),
    };
    let pages = copy.document.new_object_id();
    let mut dict = copy.dictionary(&page.dict);
    dict.set("Type", "Page");
    dict.set("Parent", pages);
    let [left, bottom, right, top] = page.area;
    for key in ["MediaBox", "CropBox"] {
        dict.set(key, vec![left.into(), bottom.into(), right.into(), top.into()]);
    }
    dict.set("Rotate", i64::from(page.rotate));
    dict.set("UserUnit", 1);
    let first = copy.document.add_object(dict);
    let tree = dictionary! { "Type" => "Pages", "Count" => 1, "Kids" => vec![first.into()] };
    copy.document.objects.insert(pages, tree.into());
    let catalog = copy.document.add_object(dictionary! { "Type" => "Catalog", "Pages" => pages });
    copy.document.trailer.set("Root", catalog);
    while let Some(number) = copy.waiting.pop_front() {
        limits.in_time()?;
        copy.object(number)?;
    }
    let most = NESTED * u64::from(limits.max_depth);
    if deeper_than(&copy.document, most as usize) {
        return Err(Refusal::Limit {
            what: "values within each other on the first page",
            needed: most + 1,
            limit: most,
        });
    }
    let mut bytes = Vec::new();
    copy.document
        .save_to(&mut bytes)
        .map_err(|e| Refusal::unreadable(format!("the first page cannot be copied: {e}")))?;
    Ok(bytes)
}

impl Copy<'_> {
    fn object(&mut self, number: u32) -> Result<(), Refusal> {
        let Some(id) = self.ids.get(&number).copied() else { return Ok(()) };
        let object = match self.file.stream(number) {
            Some(mut stream) => {
                stream.dict = self.dictionary(&stream.dict);
                Object::Stream(if stream.dict.get(b"Subtype").and_then(Object::as_name).is_ok_and(|n| n == b"Image") {
                    self.picture(stream)?
                } else {
                    let most = if stream.dict.has(b"ShadingType") { MAX_MESH } else { self.file.limits.max_inflated };
                    self.plain(stream, most)?
                })
            }
            None => self.value(&self.file.get(number)),
        };
        self.document.objects.insert(id, object);
        Ok(())
    }

    /// A value with its references renumbered. No deeper than the lexer reads.
    fn value(&mut self, object: &Object) -> Object {
        match object {
            Object::Array(values) => Object::Array(values.iter().map(|v| self.value(v)).collect()),
            Object::Dictionary(dict) => Object::Dictionary(self.dictionary(dict)),
            Object::Reference((number, _)) => {
                if !self.file.entries.contains_key(number) {
                    return Object::Null;
                }
                let id = *self.ids.entry(*number).or_insert_with(|| {
                    self.waiting.push_back(*number);
                    self.document.new_object_id()
                });
                Object::Reference(id)
            }
            other => other.clone(),
        }
    }

    fn dictionary(&mut self, dict: &Dictionary) -> Dictionary {
        let leads_away = dict.has(b"Rect") || dict.has_type(b"Page") || dict.has_type(b"Annot");
        let kept = dict.iter().filter(|(key, _)| !leads_away || !ELSEWHERE.contains(&key.as_slice()));
        kept.map(|(key, value)| (key.clone(), self.value(value))).collect()
    }

    /// A stream with its filters undone. One that cannot be read becomes empty.
    fn plain(&mut self, mut stream: Stream, most: u64) -> Result<Stream, Refusal> {
        let limit = most.min(self.bytes);
        match stream.decompressed_content_with_limit(limit as usize) {
            Ok(data) => {
                self.bytes = self.bytes.saturating_sub(data.len() as u64);
                stream.set_plain_content(data);
            }
            Err(lopdf::Error::Decompress(lopdf::DecompressError::MemoryLimitExceeded { .. })) => {
                return Err(Refusal::Limit { what: "bytes in the first page, inflated", needed: limit + 1, limit });
            }
            Err(_) => stream.set_plain_content(Vec::new()),
        }
        Ok(stream)
    }

    /// A picture: filters that only pack it are undone, its own coding is kept, its size held against the limits.
    fn picture(&mut self, mut stream: Stream) -> Result<Stream, Refusal> {
        let side = |dict: &Dictionary, key: &[u8]| {
            dict.get(key).and_then(Object::as_i64).ok().and_then(|n| u64::try_from(n).ok()).unwrap_or(0)
        };
        let size = (side(&stream.dict, b"Width"), side(&stream.dict, b"Height"));
        let filters: Vec<Vec<u8>> = stream.filters().unwrap_or_default().iter().map(|f| f.to_vec()).collect();
        let (coding, packing) = match filters.split_last() {
            Some((last, before)) if is_picture_coding(last) => (Some(last), before),
            _ => (None, filters.as_slice()),
        };
        let params = stream.dict.get(b"DecodeParms").ok().cloned();
        let param = |i: usize| match &params {
            Some(Object::Array(all)) => all.get(i).cloned(),
            one => one.clone(),
        };
        let coding_params = param(packing.len()).and_then(|p| p.as_dict().ok().cloned()).unwrap_or_default();
        if coding.is_none() || !packing.is_empty() {
            if coding.is_some() {
                stream.dict.set("Filter", packing.iter().cloned().map(Object::Name).collect::<Vec<_>>());
                stream.dict.set("DecodeParms", (0..packing.len()).filter_map(param).collect::<Vec<_>>());
            }
            // At most four components of 16 bits, and a byte for each row's predictor.
            let most = size.0.saturating_mul(8).saturating_add(1).saturating_mul(size.1);
            stream = self.plain(stream, most.max(self.file.limits.max_inflated))?;
        }
        let coded = coding.and_then(|c| coded_size(c, &stream.content, &coding_params)).unwrap_or((0, 0));
        if let Some(coding) = coding {
            stream.dict.set("Filter", Object::Name(coding.clone()));
            stream.dict.set("DecodeParms", coding_params);
        }
        for (width, height) in [size, coded] {
            if width.saturating_mul(height) > self.pixels {
                return Err(Refusal::TooManyPixels { width, height });
            }
        }
        self.pixels = self.pixels.saturating_sub(size.0.saturating_mul(size.1));
        self.bytes = self.bytes.checked_sub(stream.content.len() as u64).ok_or(Refusal::Limit {
            what: "bytes in the first page",
            needed: stream.content.len() as u64,
            limit: self.file.limits.max_memory / SHARE,
        })?;
        Ok(stream)
    }
}

fn is_picture_coding(filter: &[u8]) -> bool {
    matches!(filter, b"DCTDecode" | b"JPXDecode" | b"JBIG2Decode" | b"CCITTFaxDecode")
}

/// The size that coded data itself states, for a decoder believes it before the PDF.
fn coded_size(coding: &[u8], data: &[u8], params: &Dictionary) -> Option<(u64, u64)> {
    let word = |at: usize| data.get(at..)?.first_chunk::<4>().map(|b| u64::from(u32::from_be_bytes(*b)));
    match coding {
        b"DCTDecode" => match crate::probe::jpeg::probe(data, &Limits::default()) {
            Ok(header) => Some((header.width.into(), header.height.into())),
            Err(Refusal::TooManyPixels { width, height }) => Some((width, height)),
            Err(_) => None,
        },
        // The SIZ marker (ISO/IEC 15444-1, A.5.1): Xsiz and Ysiz behind marker, length and capabilities.
        b"JPXDecode" => {
            let at = memchr::memmem::find(data, &[0xFF, 0x4F, 0xFF, 0x51])?;
            Some((word(at + 8)?, word(at + 12)?))
        }
        // The page information segment (ITU T.88, 7.2 and 7.4.8): header of 11 bytes, then width and height.
        b"JBIG2Decode" => {
            (data.get(4)? & 0x3F == 48).then(|| Some((word(11)?, word(15)?)))?.filter(|s| s.1 != 0xFFFF_FFFF)
        }
        _ => {
            let number = |key: &[u8]| params.get(key).and_then(Object::as_i64).ok();
            let [columns, rows] = [number(b"Columns").unwrap_or(1728), number(b"Rows").unwrap_or(0)];
            Some((u64::try_from(columns).ok()?, u64::try_from(rows).ok()?))
        }
    }
}
