//! The page tree (ISO 32000-2, 7.7.3): how many pages, and the first one with what it inherits.

use super::{file::File, kept::held};
use crate::fault::{Break, Refusal};
use lopdf::{Dictionary, Object};
use std::{collections::HashSet, rc::Rc};

/// What a page takes from the nodes above it (ISO 32000-2, table 31).
const INHERITED: [&[u8]; 4] = [b"Resources", b"MediaBox", b"CropBox", b"Rotate"];

/// US Letter, what viewers take for a page without a size.
const LETTER: [f32; 4] = [0.0, 0.0, 612.0, 792.0];

/// Bytes that a kid of the list waits in, beside itself.
const KID: u64 = 32;

/// The pages of a file.
#[derive(Debug, Default)]
pub(crate) struct Pages {
    /// How many, as far as [`Limits::max_pages`](crate::options::Limits::max_pages).
    pub count: u32,
    /// Whether there are more than that.
    pub more: bool,
    pub first: Option<Page>,
    pub broken: Option<Break>,
}

/// A page.
#[derive(Clone, Debug)]
pub(crate) struct Page {
    /// Its dictionary, inherited entries filled in, without the way back up the tree.
    pub dict: Dictionary,
    /// The visible part: left, bottom, right, top, in the page's own units.
    pub area: [f32; 4],
    /// Degrees clockwise by which it is turned for display: 0, 90, 180 or 270.
    pub rotate: u16,
    /// Points (1/72 inch) in the page's own unit, usually 1.
    pub unit: f32,
}

impl Page {
    /// Width and height as displayed, in points.
    pub fn size(&self) -> (f32, f32) {
        let [left, bottom, right, top] = self.area;
        let (width, height) = ((right - left) * self.unit, (top - bottom) * self.unit);
        if self.rotate % 180 == 90 { (height, width) } else { (width, height) }
    }

    /// From its dictionary, inherited entries filled in.
    pub fn of(file: &File, dict: Dictionary) -> Self {
        page(file, dict, &mut None)
    }
}

impl File<'_> {
    /// The catalog: the newest trailer's `/Root` that has pages, or, in a file whose trailers are lost, any catalog.
    pub fn catalog(&self) -> Option<Dictionary> {
        let catalog = |object: &Object| match self.resolve(object) {
            Object::Dictionary(dict) if self.dict(&dict, b"Pages").is_some() => Some(dict),
            _ => None,
        };
        let named = self.trailers.iter().filter_map(|t| t.get(b"Root").ok()).find_map(catalog);
        named.or_else(|| {
            let mut numbers: Vec<u32> =
                if self.trailers.is_empty() { self.entries.keys().copied().collect() } else { Vec::new() };
            numbers.sort_unstable_by(|a, b| b.cmp(a));
            numbers.into_iter().find_map(|n| catalog(&Object::Reference((n, 0))).filter(|c| c.has_type(b"Catalog")))
        })
    }

    /// Walks the page tree, without recursion, each node once, so that no depth is too deep.
    pub fn pages(&self, catalog: &Dictionary) -> Pages {
        self.visit(catalog, |_| ())
    }

    /// The same, with a look at each page's dictionary, inherited entries filled in.
    pub fn visit(&self, catalog: &Dictionary, see: impl FnMut(&Dictionary)) -> Pages {
        self.kept_meanwhile(|| self.walk(catalog, see))
    }

    fn walk(&self, catalog: &Dictionary, mut see: impl FnMut(&Dictionary)) -> Pages {
        let mut pages = Pages::default();
        let mut seen = HashSet::new();
        let root = catalog.get(b"Pages").cloned().unwrap_or(Object::Null);
        // Viewers go by the count in the list's root: without one, or with zero, they show nothing.
        let claimed = match self.resolve(&root) {
            Object::Dictionary(dict) if dict.has_type(b"Page") => 1.0,
            Object::Dictionary(dict)
                if !dict.has(b"Kids") && self.value(&dict, b"Count").as_float().ok() != Some(0.0) =>
            {
                pages.broken = Some(Break::new("the list of pages is damaged"));
                0.0
            }
            Object::Dictionary(dict) => self.value(&dict, b"Count").as_float().unwrap_or(0.0),
            _ => 0.0,
        };
        if claimed < 1.0 {
            return pages;
        }
        // What is handed down is shared: a list may have very many kids.
        let mut open = vec![(root, true, Rc::new(Dictionary::new()))];
        while let Some((node, is_root, above)) = open.pop() {
            let number = if let Object::Reference((n, _)) = node { Some(n) } else { None };
            let Object::Dictionary(mut dict) = self.resolve(&node) else {
                pages.broken.get_or_insert_with(|| Break::new("a page of the list is missing"));
                continue;
            };
            for key in INHERITED {
                if let (false, Ok(value)) = (dict.has(key), above.get(key)) {
                    dict.set(key, value.clone());
                }
            }
            let kids = match self.value(&dict, b"Kids") {
                Object::Array(kids) if !dict.has_type(b"Page") => kids,
                _ if is_root && !dict.has_type(b"Page") => {
                    pages.broken.get_or_insert_with(|| Break::new("the list of pages is damaged"));
                    continue;
                }
                _ => {
                    if pages.count >= self.limits.max_pages {
                        pages.more = true;
                        return pages;
                    }
                    see(&dict);
                    if pages.first.is_none() {
                        self.look_for_content(&dict);
                        pages.first = Some(page(self, dict, &mut pages.broken));
                    }
                    pages.count += 1;
                    continue;
                }
            };
            if number.is_some_and(|n| !seen.insert(n)) {
                pages.broken.get_or_insert_with(|| Break::new("the list of pages runs in a loop"));
                continue;
            }
            let above: Dictionary =
                INHERITED.iter().filter_map(|key| Some((key.to_vec(), dict.get(key).ok()?.clone()))).collect();
            let above = Rc::new(above);
            if !self.keep(kids.len() as u64 * KID + kids.iter().map(held).sum::<u64>()) {
                return pages;
            }
            open.extend(kids.into_iter().rev().map(|kid| (kid, false, Rc::clone(&above))));
        }
        if pages.count > 0 && claimed != pages.count as f32 {
            let what = format!("the list of pages says {claimed}, and {} are there", pages.count);
            pages.broken.get_or_insert_with(|| Break::new(what));
        }
        pages
    }
}

impl File<'_> {
    /// Notes it when a part of the page's content is not in the file, so that it is looked for elsewhere.
    fn look_for_content(&self, page: &Dictionary) {
        let parts = match self.value(page, b"Contents") {
            Object::Array(parts) => parts,
            _ => page.get(b"Contents").into_iter().cloned().collect(),
        };
        if parts.iter().any(|part| matches!(part, Object::Reference(_)) && self.resolve(part).is_null()) {
            self.note(Break::new("the first page's content is missing"));
        }
    }
}

fn page(file: &File, mut dict: Dictionary, broken: &mut Option<Break>) -> Page {
    let number = |o: &Object| file.resolve(o).as_float().ok().filter(|v| v.is_finite());
    let rectangle = |key: &[u8]| {
        let Object::Array(values) = file.value(&dict, key) else { return None };
        let values: Vec<f32> = values.iter().take(4).filter_map(number).collect();
        let &[a, b, c, d] = values.as_slice() else { return None };
        let area = [a.min(c), b.min(d), a.max(c), b.max(d)];
        (area[2] - area[0] > 0.0 && area[3] - area[1] > 0.0).then_some(area)
    };
    let media = rectangle(b"MediaBox").unwrap_or_else(|| {
        broken.get_or_insert_with(|| Break::new("the first page has no size"));
        LETTER
    });
    let area = match rectangle(b"CropBox") {
        Some(crop) => {
            let both = [crop[0].max(media[0]), crop[1].max(media[1]), crop[2].min(media[2]), crop[3].min(media[3])];
            if both[2] > both[0] && both[3] > both[1] { both } else { media }
        }
        None => media,
    };
    let rotate = file.value(&dict, b"Rotate").as_float().unwrap_or(0.0) as i64;
    let unit = file.value(&dict, b"UserUnit").as_float().ok().filter(|u| (0.01..=10_000.0).contains(u)).unwrap_or(1.0);
    dict.remove(b"Parent");
    Page { dict, area, rotate: rotate.rem_euclid(360) as u16 / 90 * 90, unit }
}

/// The page's drawing instructions, all parts joined.
///
/// # Errors
/// [`Refusal::Limit`] when they inflate beyond [`Limits::max_inflated`](crate::options::Limits::max_inflated);
/// [`Refusal::Unreadable`] when none of the parts can be read.
pub(crate) fn content(file: &File, page: &Page) -> Result<Vec<u8>, Refusal> {
    let parts = match page.dict.get(b"Contents") {
        Err(_) => return Ok(Vec::new()),
        Ok(Object::Reference(_)) => match file.value(&page.dict, b"Contents") {
            Object::Array(parts) => parts,
            Object::Null => return Ok(Vec::new()),
            _ => page.dict.get(b"Contents").into_iter().cloned().collect(),
        },
        Ok(Object::Array(parts)) => parts.clone(),
        Ok(_) => return Err(Refusal::unreadable("the first page's content is not a stream")),
    };
    let (mut content, mut failure) = (Vec::new(), None);
    for part in &parts {
        let Object::Reference((number, _)) = part else { continue };
        let Some(stream) = file.stream(*number) else {
            failure.get_or_insert(Refusal::unreadable("the first page's content is missing"));
            continue;
        };
        match file.decoded(&stream) {
            Ok(data) if data.is_empty() && !stream.content.is_empty() => {
                failure.get_or_insert(Refusal::unreadable("the first page's content cannot be decompressed"));
            }
            Ok(data) => content.extend(data),
            Err(Refusal::Unreadable(b)) => {
                failure.get_or_insert(Refusal::Unreadable(b));
            }
            Err(limit) => return Err(limit),
        }
        content.push(b'\n');
        let (needed, limit) = (content.len() as u64, file.limits.max_inflated);
        if needed > limit {
            return Err(Refusal::Limit { what: "bytes in the first page's content", needed, limit });
        }
    }
    match failure {
        Some(failure) if content.iter().all(u8::is_ascii_whitespace) => Err(failure),
        _ => Ok(content),
    }
}
