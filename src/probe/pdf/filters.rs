//! The filters of a stream (ISO 32000-2, 7.4), by their full names and in place.

use lopdf::{Dictionary, Object};

/// Filters of one stream that are looked at; more than three are unheard of.
const MAX_FILTERS: usize = 16;

/// Parameters of filters (ISO 32000-2, 7.4) that are read by somebody.
const PARAMS: [&[u8]; 15] = [
    b"Predictor",
    b"Colors",
    b"BitsPerComponent",
    b"Columns",
    b"EarlyChange",
    b"K",
    b"EndOfLine",
    b"EncodedByteAlign",
    b"Rows",
    b"EndOfBlock",
    b"BlackIs1",
    b"DamagedRowsBeforeError",
    b"ColorTransform",
    b"JBIG2Globals",
    b"Name",
];

/// Writes a stream's filters in full and in place, so that the filters' reader needs nothing else of the file.
pub fn spell_out(dict: &mut Dictionary, resolve: impl Fn(&Object) -> Object) {
    for key in [&b"Filter"[..], b"DecodeParms"] {
        let Ok(value) = dict.get(key) else { continue };
        let value = match resolve(value) {
            Object::Array(values) => {
                Object::Array(values.iter().take(MAX_FILTERS).map(|v| plain(resolve(v), &resolve)).collect())
            }
            other => plain(other, &resolve),
        };
        dict.set(key, value);
    }
}

/// Takes the filter that stands for encryption out of a stream's list; what it asks for has been done.
pub fn without_crypt(dict: &mut Dictionary) {
    let is_crypt = |filter: &Object| filter.as_name().is_ok_and(|n| n == b"Crypt");
    match dict.get(b"Filter").cloned() {
        Ok(Object::Array(mut filters)) => {
            let Some(at) = filters.iter().position(is_crypt) else { return };
            filters.remove(at);
            if let Ok(Object::Array(params)) = dict.get_mut(b"DecodeParms")
                && at < params.len()
            {
                params.remove(at);
            }
            dict.set("Filter", filters);
        }
        Ok(filter) if is_crypt(&filter) => {
            dict.remove(b"Filter");
            dict.remove(b"DecodeParms");
        }
        _ => {}
    }
}

fn plain(object: Object, resolve: &impl Fn(&Object) -> Object) -> Object {
    match object {
        Object::Name(name) => Object::Name(match name.as_slice() {
            b"Fl" => b"FlateDecode".to_vec(),
            b"LZW" => b"LZWDecode".to_vec(),
            b"A85" => b"ASCII85Decode".to_vec(),
            b"AHx" => b"ASCIIHexDecode".to_vec(),
            b"RL" => b"RunLengthDecode".to_vec(),
            b"CCF" => b"CCITTFaxDecode".to_vec(),
            b"DCT" => b"DCTDecode".to_vec(),
            _ => name,
        }),
        Object::Dictionary(params) => {
            let kept = params.into_iter().filter(|(key, _)| PARAMS.contains(&key.as_slice()));
            let plain = kept.map(|(key, value)| match value {
                // The one parameter that is a stream stays a reference.
                Object::Reference(_) if key != b"JBIG2Globals" => {
                    let value = resolve(&value);
                    (key, if value.as_array().is_ok() || value.as_dict().is_ok() { Object::Null } else { value })
                }
                value => (key, value),
            });
            Object::Dictionary(plain.collect())
        }
        Object::Array(_) => Object::Null,
        other => other,
    }
}
