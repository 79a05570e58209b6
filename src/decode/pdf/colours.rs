//! What colour spaces a page uses. One of many components is held beside the pixels, and so is what its colours are worked
//! out in; which may be neither of that kind nor a pattern (ISO 32000-2, 8.6.6.4 and 8.6.6.5), else nothing bounds it.

use lopdf::{Dictionary, Document, Object};

/// Components of ordinary spaces, and the most that the renderer takes.
const ORDINARY: u64 = 4;
const MOST: u64 = 32;

/// The most components that a colour space of the document has; `None` where colours of one are worked out in those of
/// another which are worked out themselves.
pub fn components(document: &Document) -> Option<u64> {
    document.objects.values().try_fold(ORDINARY, |most, object| Some(within(document, object)?.max(most)))
}

/// Of an object and what it holds. No deeper than the lexer reads.
fn within(document: &Document, object: &Object) -> Option<u64> {
    let of =
        |dict: &Dictionary| dict.iter().try_fold(ORDINARY, |most, (_, value)| Some(within(document, value)?.max(most)));
    match object {
        Object::Array(values) => {
            let own = space(document, values)?;
            values.iter().try_fold(own, |most, value| Some(within(document, value)?.max(most)))
        }
        Object::Dictionary(dict) => of(dict),
        Object::Stream(stream) => of(&stream.dict),
        _ => Some(ORDINARY),
    }
}

fn space(document: &Document, values: &[Object]) -> Option<u64> {
    let part = |at: usize| Some(resolved(document, values.get(at)?));
    let below = match kind(document, values) {
        Some(b"DeviceN" | b"Separation") => part(2),
        // Where the profile is not one.
        Some(b"ICCBased") => match part(1) {
            Some(Object::Stream(profile)) => profile.dict.get(b"Alternate").ok().map(|o| resolved(document, o)),
            _ => None,
        },
        _ => return Some(ORDINARY),
    };
    if let Some(Object::Array(below)) = below
        && matches!(kind(document, below), Some(b"DeviceN" | b"Separation" | b"Indexed" | b"I" | b"Pattern"))
    {
        return None;
    }
    match part(1) {
        Some(Object::Array(names)) => Some((names.len() as u64).clamp(ORDINARY, MOST)),
        _ => Some(ORDINARY),
    }
}

fn kind<'a>(document: &'a Document, values: &'a [Object]) -> Option<&'a [u8]> {
    resolved(document, values.first()?).as_name().ok()
}

fn resolved<'a>(document: &'a Document, object: &'a Object) -> &'a Object {
    document.dereference(object).map_or(&Object::Null, |(_, object)| object)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn device_n(names: usize, below: Object) -> Object {
        vec!["DeviceN".into(), vec![Object::from("Ink"); names].into(), below, Object::Null].into()
    }

    #[test]
    fn colours_worked_out_twice_are_refused() {
        let plain = device_n(7, "DeviceRGB".into());
        let cases = [
            (Object::Null, Some(4)),
            (device_n(3, "DeviceRGB".into()), Some(4)),
            (plain.clone(), Some(7)),
            (vec!["Indexed".into(), plain.clone()].into(), Some(7)),
            (device_n(99, Object::from(vec!["ICCBased".into()])), Some(32)),
            (device_n(2, plain.clone()), None),
            (device_n(2, Object::Reference((1, 0))), None),
            (vec!["Separation".into(), "Ink".into(), Object::from(vec!["Pattern".into(), plain.clone()])].into(), None),
        ];
        for (space, most) in cases {
            let mut document = Document::new();
            if most.is_none() {
                document.objects.insert((1, 0), plain.clone());
            }
            document.objects.insert((2, 0), Object::Array(vec![Object::Null, space.clone()]));
            assert_eq!(components(&document), most, "{space:?}");
        }
    }
}
