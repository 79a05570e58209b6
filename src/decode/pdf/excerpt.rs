//! A PDF of one page: copies of what the page needs and nothing else, inflated within limits. The renderer, which has
//! no limits of its own on that, sees only this.

use super::{colours, nesting::deeper_than};
use crate::{
    fault::Refusal,
    probe::pdf::{File, Page, held},
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

/// Bytes of memory for each width that fonts may state: the renderer lists every one of a range.
const WIDTH: u64 = 256;

/// A page as a file of its own.
pub struct Excerpt {
    pub pdf: Vec<u8>,
    /// Whether anything may be painted with a pattern.
    pub patterns: bool,
    /// Bytes of the longest function that is a program (ISO 32000-2, 7.10.5).
    pub program: u64,
    /// The most components that a colour space has.
    pub components: u64,
}

struct Copy<'a> {
    file: &'a File<'a>,
    document: Document,
    /// New ids of the file's objects.
    ids: HashMap<u32, ObjectId>,
    /// Objects that have an id and wait to be copied.
    waiting: VecDeque<u32>,
    /// Bytes that the copy may still take.
    bytes: u64,
    /// Widths that its fonts state.
    widths: u64,
}

/// The page as a file of its own.
///
/// # Errors
/// [`Refusal::Limit`] or [`Refusal::TooManyPixels`] when what is drawn is too much to be drawn within the limits.
pub fn one_page(file: &File, page: &Page) -> Result<Excerpt, Refusal> {
    let limits = file.limits;
    let mut copy = Copy {
        file,
        document: Document::with_version("1.7"),
        ids: HashMap::new(),
        waiting: VecDeque::new(),
        bytes: limits.max_memory / SHARE,
        widths: 0,
    };
    let pages = copy.document.new_object_id();
    copy.take(page.dict.iter().map(|(_, value)| held(value)).sum())?;
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
        let (needed, limit) = (copy.widths, limits.max_memory / WIDTH);
        if needed > limit {
            return Err(Refusal::Limit { what: "widths in the fonts of the first page", needed, limit });
        }
    }
    file.within()?;
    let most = NESTED * u64::from(limits.max_depth);
    if deeper_than(&copy.document, most as usize) {
        return Err(Refusal::Limit {
            what: "values within each other on the first page",
            needed: most + 1,
            limit: most,
        });
    }
    let nested = || Refusal::Unsupported("colours worked out in others that are worked out are not drawn".into());
    let components = colours::components(&copy.document).ok_or_else(nested)?;
    let program = copy.document.objects.values().filter_map(program).max().unwrap_or(0);
    let mut pdf = Vec::new();
    copy.document
        .save_to(&mut pdf)
        .map_err(|e| Refusal::unreadable(format!("the first page cannot be copied: {e}")))?;
    let patterns = [&b"/XStep"[..], b"/ShadingType"].iter().any(|key| memchr::memmem::find(&pdf, key).is_some());
    Ok(Excerpt { pdf, patterns, program, components })
}

/// The length of a function that is, or may be, a program.
fn program(object: &Object) -> Option<u64> {
    let Object::Stream(stream) = object else { return None };
    let kind = stream.dict.get(b"FunctionType").ok()?;
    (*kind != Object::Integer(0)).then_some(stream.content.len() as u64)
}

impl Copy<'_> {
    fn object(&mut self, number: u32) -> Result<(), Refusal> {
        let Some(id) = self.ids.get(&number).copied() else { return Ok(()) };
        let object = match self.file.stream(number) {
            Some(mut stream) => {
                self.take(stream.dict.iter().map(|(_, value)| held(value)).sum())?;
                stream.dict = self.dictionary(&stream.dict);
                // The renderer believes these names before the full ones, which alone are undone here.
                for key in [&b"F"[..], b"DP", b"FFilter", b"FDecodeParms"] {
                    stream.dict.remove(key);
                }
                Object::Stream(if stream.filters().is_ok_and(|f| f.last().is_some_and(|f| is_picture_coding(f))) {
                    self.picture(stream)?
                } else {
                    let limits = self.file.limits;
                    let most = match () {
                        () if stream.dict.has(b"ShadingType") => MAX_MESH,
                        () if stream.dict.has(b"Width") => limits.max_memory / SHARE,
                        () => limits.max_inflated,
                    };
                    self.plain(stream, most)?
                })
            }
            None => {
                let object = self.file.get(number);
                self.take(held(&object))?;
                self.value(&object)
            }
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
        for (key, each) in [(&b"W"[..], 1), (b"W2", 3)] {
            if let Object::Array(ranges) = self.file.value(dict, key) {
                self.widths = self.widths.saturating_add(self.count(&ranges, each));
            }
        }
        let leads_away = dict.has(b"Rect") || dict.has_type(b"Page") || dict.has_type(b"Annot");
        let kept = dict.iter().filter(|(key, _)| !leads_away || !ELSEWHERE.contains(&key.as_slice()));
        kept.map(|(key, value)| (key.clone(), self.value(value))).collect()
    }

    /// Widths in an array of a font's (ISO 32000-2, 9.7.4.3): a first and a list, or a first, a last and `each` numbers.
    fn count(&self, mut ranges: &[Object], each: usize) -> u64 {
        let number = |object: &Object| self.file.resolve(object).as_float().ok().filter(|n| *n >= 0.0);
        let mut widths = 0_u64;
        while let [first, second, rest @ ..] = ranges {
            let listed = if let Object::Array(list) = self.file.resolve(second) { Some(list.len()) } else { None };
            (ranges, widths) = match (listed, number(first), number(second)) {
                (Some(listed), ..) => (rest, widths.saturating_add(listed as u64)),
                (_, Some(first), Some(last)) => {
                    let range = (last - first).max(0.0) as u64;
                    (rest.get(each..).unwrap_or(&[]), widths.saturating_add(range))
                }
                _ => (ranges.get(1..).unwrap_or(&[]), widths),
            };
        }
        widths
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

    /// A picture with a coding of its own, which is kept; filters that only pack it are undone.
    fn picture(&mut self, mut stream: Stream) -> Result<Stream, Refusal> {
        let mut packing: Vec<Object> =
            stream.filters().unwrap_or_default().iter().map(|f| Object::Name(f.to_vec())).collect();
        let coding = packing.pop();
        let params = stream.dict.get(b"DecodeParms").ok().cloned();
        let param = |i: usize| match &params {
            Some(Object::Array(all)) => all.get(i).cloned(),
            one => one.clone(),
        };
        let coding_params = param(packing.len()).and_then(|p| p.as_dict().ok().cloned()).unwrap_or_default();
        if packing.is_empty() {
            self.take(stream.content.len() as u64)?;
        } else {
            stream.dict.set("DecodeParms", (0..packing.len()).filter_map(param).collect::<Vec<_>>());
            stream.dict.set("Filter", packing);
            stream = self.plain(stream, self.file.limits.max_memory / SHARE)?;
        }
        stream.dict.set("Filter", coding.unwrap_or(Object::Null));
        stream.dict.set("DecodeParms", coding_params);
        Ok(stream)
    }

    fn take(&mut self, needed: u64) -> Result<(), Refusal> {
        let limit = self.file.limits.max_memory / SHARE;
        let what = "bytes in the first page";
        self.bytes = self.bytes.checked_sub(needed).ok_or(Refusal::Limit { what, needed, limit })?;
        Ok(())
    }
}

fn is_picture_coding(filter: &[u8]) -> bool {
    matches!(filter, b"DCTDecode" | b"JPXDecode" | b"JBIG2Decode" | b"CCITTFaxDecode")
}
