//! The file with some of its pictures in another coding: its own bytes, the new streams in the old ones' places, and a
//! new table of objects behind them.

use super::Image;
use crate::{
    options::Limits,
    probe::{self, pdf::Entry},
    recompress::jpeg::Coefficients,
};
use lopdf::{Dictionary, Object, Writer, dictionary};
use std::collections::BTreeMap;

/// The document with these JPEG files for its pictures, which are as large as the coefficients say. A picture whose new
/// file is no smaller stays as it is. `None` when the file's structure cannot be followed to the byte.
pub(in crate::recompress) fn replaced(
    bytes: &[u8],
    images: &[Image],
    files: &[(&Coefficients, Vec<u8>)],
    limits: &Limits,
) -> Option<Vec<u8>> {
    let opened = probe::pdf::open(bytes, limits).ok()?;
    let file = &opened.file;
    // Where each object's header stands, by generation and number.
    let mut places: BTreeMap<u32, (usize, u16)> = BTreeMap::new();
    let mut inside: BTreeMap<u32, u32> = BTreeMap::new();
    for (number, entry) in &file.entries {
        match *entry {
            Entry::Free => {}
            Entry::In(container) => {
                inside.insert(*number, container);
            }
            Entry::At(offset) => {
                let candidates = [file.base.checked_add(offset)?, offset];
                let found = candidates.into_iter().find_map(|at| {
                    let mut lexer = file.lexer(at);
                    lexer.skip_space();
                    let start = lexer.at;
                    let (found, generation) = lexer.object_header()?;
                    (found == *number).then_some((start, generation))
                });
                // An entry that leads nowhere stands for null; leaving it out says the same.
                places.extend(found.map(|place| (*number, place)));
            }
        }
    }
    // Spans of the old file with what takes their place, in the order of the file.
    let mut spans: Vec<(usize, usize, Vec<u8>)> = Vec::new();
    for (image, (coefficients, jpeg)) in images.iter().zip(files) {
        if jpeg.len() >= image.stored {
            continue;
        }
        let (start, generation) = *places.get(&image.number)?;
        let (stream, end) = file.stream_at(start)?;
        let mut dict = stream.dict;
        ["Filter", "DecodeParms", "F", "FFilter", "FDecodeParms", "DL"].iter().for_each(|key| {
            dict.remove(key.as_bytes());
        });
        dict.set("Filter", "DCTDecode");
        dict.set("Width", i64::from(coefficients.width));
        dict.set("Height", i64::from(coefficients.height));
        dict.set("Length", jpeg.len() as i64);
        if coefficients.is_gray() && !was_gray(file, &dict) {
            dict.set("ColorSpace", "DeviceGray");
        }
        let mut object = format!("{} {generation} obj\n", image.number).into_bytes();
        Writer::write_object(&mut object, &Object::Dictionary(dict)).ok()?;
        object.extend_from_slice(b"\nstream\n");
        object.extend_from_slice(jpeg);
        object.extend_from_slice(b"\n");
        spans.push((start, end, object));
    }
    spans.sort_by_key(|span| span.0);
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    for (start, end, object) in &spans {
        out.extend_from_slice(bytes.get(at..*start)?);
        out.extend_from_slice(object);
        at = *end;
    }
    out.extend_from_slice(bytes.get(at..)?);
    // Offsets count from the header, which stays where it was.
    let moved = |place: usize| -> Option<usize> {
        let mut before = spans.iter().take_while(|span| span.0 < place);
        // Objects may lie within each other in a file that means no good.
        let place = before
            .try_fold(place, |p, (start, end, new)| p.checked_add(new.len())?.checked_sub(end.checked_sub(*start)?));
        place?.checked_sub(file.base)
    };
    let mut entries: BTreeMap<u32, [u64; 3]> = BTreeMap::new();
    for (number, (place, generation)) in &places {
        entries.insert(*number, [1, moved(*place)? as u64, u64::from(*generation)]);
    }
    for (number, container) in &inside {
        let index = file.index_in(*container, *number)?;
        entries.insert(*number, [2, u64::from(*container), index as u64]);
    }
    let mut trailer = Dictionary::new();
    for key in [&b"Root"[..], b"Info", b"ID"] {
        if let Some(value) = file.in_trailers(key) {
            trailer.set(key.to_vec(), value.clone());
        }
    }
    table(&mut out, file.base, entries, inside.is_empty(), trailer)?;
    Some(out)
}

fn was_gray(file: &probe::pdf::File, dict: &Dictionary) -> bool {
    match file.value(dict, b"ColorSpace") {
        Object::Name(name) => name == b"DeviceGray",
        Object::Array(space) => {
            let profile = space.get(1).map(|p| file.resolve(p));
            let one = profile
                .as_ref()
                .and_then(|p| p.as_dict().ok())
                .map(|p| file.value(p, b"N").as_i64().is_ok_and(|n| n == 1));
            one.unwrap_or(false) || space.first().is_some_and(|n| n.as_name().is_ok_and(|n| n == b"CalGray"))
        }
        _ => false,
    }
}

/// Appends the table of objects: as text where every object stands for itself (ISO 32000-2, 7.5.4), and as a stream
/// (7.5.8) where some are in object streams.
fn table(
    out: &mut Vec<u8>,
    base: usize,
    mut entries: BTreeMap<u32, [u64; 3]>,
    plain: bool,
    mut trailer: Dictionary,
) -> Option<()> {
    out.extend_from_slice(b"\n");
    let start = out.len().checked_sub(base)?;
    let next = entries.keys().next_back().map_or(1, |n| n.saturating_add(1));
    if plain {
        entries.insert(0, [0, 0, 65_535]);
        trailer.set("Size", i64::from(next));
        out.extend_from_slice(b"xref\n");
        for (first, run) in runs(&entries) {
            out.extend_from_slice(format!("{first} {}\n", run.len()).as_bytes());
            for [kind, offset, generation] in run {
                let mark = if kind == 0 { 'f' } else { 'n' };
                out.extend_from_slice(format!("{offset:010} {generation:05} {mark} \n").as_bytes());
            }
        }
        out.extend_from_slice(b"trailer\n");
        Writer::write_object(out, &Object::Dictionary(trailer)).ok()?;
    } else {
        entries.insert(0, [0, 0, 65_535]);
        entries.insert(next, [1, start as u64, 0]);
        let mut index: Vec<Object> = Vec::new();
        let mut data = Vec::new();
        for (first, run) in runs(&entries) {
            index.extend([i64::from(first).into(), (run.len() as i64).into()]);
            for [kind, field, last] in run {
                data.push(kind as u8);
                data.extend_from_slice(&u32::try_from(field).ok()?.to_be_bytes());
                data.extend_from_slice(&u16::try_from(last).ok()?.to_be_bytes());
            }
        }
        let own = dictionary! {
            "Type" => "XRef", "Size" => i64::from(next) + 1, "W" => vec![1.into(), 4.into(), 2.into()],
            "Index" => index, "Length" => data.len() as i64,
        };
        trailer.extend(&own);
        out.extend_from_slice(format!("{next} 0 obj\n").as_bytes());
        Writer::write_object(out, &Object::Dictionary(trailer)).ok()?;
        out.extend_from_slice(b"\nstream\n");
        out.extend_from_slice(&data);
        out.extend_from_slice(b"\nendstream\nendobj");
    }
    out.extend_from_slice(format!("\nstartxref\n{start}\n%%EOF\n").as_bytes());
    Some(())
}

/// Runs of numbers that follow each other, with their entries.
fn runs(entries: &BTreeMap<u32, [u64; 3]>) -> Vec<(u32, Vec<[u64; 3]>)> {
    let mut runs: Vec<(u32, Vec<[u64; 3]>)> = Vec::new();
    for (number, entry) in entries {
        match runs.last_mut() {
            Some((first, run)) if u64::from(*first) + run.len() as u64 == u64::from(*number) => run.push(*entry),
            _ => runs.push((*number, vec![*entry])),
        }
    }
    runs
}
