//! How deep values are nested, references followed. The renderer recurses from colour space to colour space and from
//! function to function without a bound of its own, and a stack that overflows takes the process with it.

use lopdf::{Dictionary, Document, Object, ObjectId};
use std::collections::HashMap;

/// An object that is being followed.
struct Open {
    id: ObjectId,
    /// What it refers to, and how deep within it.
    references: Vec<(ObjectId, usize)>,
    /// The deepest so far, itself included.
    deepest: usize,
}

impl Open {
    fn new(document: &Document, id: ObjectId) -> Self {
        let mut open = Self { id, references: Vec::new(), deepest: 0 };
        match document.objects.get(&id) {
            Some(Object::Stream(stream)) if is_drawing(&stream.dict) => {
                // What a drawing uses is nested by drawing, which the renderer and the meter in front of it bound. The
                // rest counts: any stream may call itself a drawing, and be read as a profile or as a function.
                let rest = stream.dict.iter().filter(|(key, _)| *key != b"Resources");
                rest.for_each(|(_, value)| open.value(value, 1));
            }
            Some(Object::Stream(stream)) => open.dictionary(&stream.dict, 1),
            Some(object) => open.value(object, 0),
            None => {}
        }
        open
    }

    fn value(&mut self, object: &Object, depth: usize) {
        self.deepest = self.deepest.max(depth);
        match object {
            Object::Array(values) => values.iter().for_each(|value| self.value(value, depth + 1)),
            Object::Dictionary(dict) => self.dictionary(dict, depth + 1),
            Object::Reference(id) => self.references.push((*id, depth + 1)),
            _ => {}
        }
    }

    fn dictionary(&mut self, dict: &Dictionary, depth: usize) {
        dict.iter().for_each(|(_, value)| self.value(value, depth));
    }
}

/// Whether a stream says that it is run: a form, a pattern.
fn is_drawing(dict: &Dictionary) -> bool {
    let form = dict.get(b"Subtype").and_then(Object::as_name).is_ok_and(|name| name == b"Form");
    form || dict.has(b"PatternType")
}

/// Whether some value lies more than `most` deep within others. Values that hold themselves count once: the renderer
/// notices those.
pub fn deeper_than(document: &Document, most: usize) -> bool {
    let mut known: HashMap<ObjectId, Option<usize>> = HashMap::new();
    for start in document.objects.keys() {
        if known.contains_key(start) {
            continue;
        }
        known.insert(*start, None);
        let mut stack = vec![(Open::new(document, *start), 0)];
        let mut above = 0;
        while let Some((open, offset)) = stack.last_mut() {
            if above + open.deepest > most {
                return true;
            }
            let Some((id, within)) = open.references.pop() else {
                let (id, deepest, offset) = (open.id, open.deepest, *offset);
                known.insert(id, Some(deepest));
                above -= offset;
                stack.pop();
                if let Some((outer, _)) = stack.last_mut() {
                    outer.deepest = outer.deepest.max(offset + deepest);
                }
                continue;
            };
            match known.get(&id) {
                Some(Some(deepest)) => open.deepest = open.deepest.max(within + deepest),
                Some(None) => {}
                None => {
                    known.insert(id, None);
                    above += within;
                    stack.push((Open::new(document, id), within));
                }
            }
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Arrays, each within the next, by references: the innermost is 0 deep.
    fn chain(length: u32, reversed: bool) -> Document {
        let mut document = Document::new();
        for i in 0..length {
            let (own, next) = if reversed { (length - i, length - i - 1) } else { (i + 1, i + 2) };
            document.objects.insert((own, 0), Object::Array(vec![Object::Reference((next, 0))]));
        }
        document
    }

    #[test]
    fn chains_are_measured_from_either_end() {
        for reversed in [false, true] {
            let document = chain(100, reversed);
            assert!(!deeper_than(&document, 200) && deeper_than(&document, 99), "{reversed}");
        }
    }

    #[test]
    fn what_holds_itself_ends() {
        let mut document = chain(50, false);
        document.objects.insert((51, 0), Object::Array(vec![Object::Reference((1, 0))]));
        assert!(!deeper_than(&document, 110) && deeper_than(&document, 40));
    }

    #[test]
    fn nesting_within_an_object_counts() {
        let mut document = Document::new();
        let nested = (0..30).fold(Object::Reference((2, 0)), |inner, _| Object::Array(vec![inner]));
        document.objects.insert((1, 0), nested.clone());
        document.objects.insert((2, 0), (0..30).fold(Object::Null, |inner, _| Object::Array(vec![inner])));
        assert!(deeper_than(&document, 59) && !deeper_than(&document, 62));
    }
}
