//! Secrets struck out of texts that came from outside.

/// The text without a secret, whether it stands there as it is or as JSON, HTML or an address would spell it.
pub(super) fn strike(text: &str, secret: &str) -> String {
    let Some(first) = secret.chars().next() else { return text.to_owned() };
    let begins = |c| c == first || "\\&%+".contains(c);
    let (mut kept, mut rest) = (String::with_capacity(text.len()), text);
    while let Some((before, from)) = rest.find(begins).and_then(|at| rest.split_at_checked(at)) {
        kept.push_str(before);
        rest = match behind(from, secret) {
            Some(after) => {
                kept.push('…');
                after
            }
            None => {
                let mut chars = from.chars();
                kept.extend(chars.next());
                chars.as_str()
            }
        };
    }
    kept + rest
}

/// What follows the secret where a text begins with it.
fn behind<'t>(text: &'t str, secret: &str) -> Option<&'t str> {
    // Several, for a backslash may be one of the secret's or an escape.
    let mut rests = vec![text];
    for c in secret.chars() {
        rests = rests.into_iter().flat_map(|rest| spelt(rest, c)).collect();
        rests.sort_unstable_by_key(|rest| rest.len());
        rests.dedup_by_key(|rest| rest.len());
        if rests.is_empty() {
            break;
        }
    }
    rests.first().copied()
}

/// What follows a character where a text begins with it, in each way that it may be spelt.
fn spelt(text: &str, c: char) -> impl Iterator<Item = &str> {
    let is = |digits: &str, radix| u32::from_str_radix(digits, radix).is_ok_and(|n| n == u32::from(c));
    let json = text.strip_prefix('\\').and_then(|escape| match escape.strip_prefix('u') {
        Some(digits) => digits.split_at_checked(4).filter(|(digits, _)| is(digits, 16)).map(|(_, rest)| rest),
        None => escape.strip_prefix(c).filter(|_| "\"\\/'".contains(c)),
    });
    let entity = text.strip_prefix('&').and_then(|entity| {
        // None is longer than &#x10ffff; is.
        let end = entity.bytes().take(10).position(|b| b == b';')?;
        let (name, rest) = (entity.get(..end)?, entity.get(end..)?.strip_prefix(';')?);
        let same = match name.strip_prefix('#').map(|number| (number, number.strip_prefix(['x', 'X']))) {
            Some((_, Some(hex))) => is(hex, 16),
            Some((number, None)) => is(number, 10),
            None => [("amp", '&'), ("lt", '<'), ("gt", '>'), ("quot", '"'), ("apos", '\'')].contains(&(name, c)),
        };
        same.then_some(rest)
    });
    let address = c.encode_utf8(&mut [0; 4]).bytes().try_fold(text, |text, byte| {
        let (digits, rest) = text.strip_prefix('%')?.split_at_checked(2)?;
        u8::from_str_radix(digits, 16).is_ok_and(|b| b == byte).then_some(rest)
    });
    let form = if c == ' ' { text.strip_prefix('+') } else { None };
    [text.strip_prefix(c), json, entity, address, form].into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_struck_out_in_every_spelling() {
        let secret = "a\"b\\/<é &'";
        for spelt in [
            "a\"b\\/<é &'",
            "a\\\"b\\\\/<é &'",
            "a\\\"b\\\\\\/\\u003c\\u00E9 &'",
            "a&quot;b\\/&lt;é &amp;&#39;",
            "a&#34;b&#92;&#x2F;&lt;&#xe9; &#38;&apos;",
            "a%22b%5C%2F%3C%C3%A9%20%26%27",
            "%61%22b%5c%2f%3c%c3%a9+%26'",
        ] {
            assert_eq!(strike(&format!("&%x{spelt}\\{spelt}"), secret), "&%x…\\…", "{spelt}");
        }
        assert_eq!(strike("a\\\\\\\\b", "\\\\"), "a…b", "as many backslashes as may be it");
        assert_eq!(strike("a%2 &amp \\u12 b", "none"), "a%2 &amp \\u12 b");
        assert_eq!(strike("abc", ""), "abc");
    }
}
