//! What the numbers of a JPEG's components mean: colour model and profile.

use super::{Frame, marker::Item};
use moxcms::{ColorProfile, DataColorSpace, ParsingOptions, ProfileText, Xyzd};

/// How components make a colour.
///
/// ```
/// use idenfy_preflight::{options::Limits, probe::{Details, jpeg::{self, ColourModel}}};
/// let header = jpeg::probe(&std::fs::read("testdata/front.jpg")?, &Limits::default())?;
/// let Details::Jpeg(jpeg) = header.details else { panic!("a JPEG") };
/// assert_eq!(jpeg.model, ColourModel::YCbCr);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ColourModel {
    /// One component.
    Gray,
    /// Luma and two colour differences (JFIF, ITU T.871).
    #[default]
    YCbCr,
    /// Red, green, blue.
    Rgb,
    /// Four inks, stored inverted as Adobe does.
    Cmyk,
    /// The same, with the first three as luma and colour differences.
    Ycck,
}

impl ColourModel {
    /// As libjpeg guesses it (jdapimin.c, `default_decompress_parms`).
    pub(crate) fn of(frame: &Frame, jfif: bool, adobe_transform: Option<u8>) -> Self {
        let ids: Vec<u8> = frame.components.iter().map(|c| c.id).collect();
        match (ids.as_slice(), adobe_transform) {
            ([_], _) => Self::Gray,
            ([_, _, _, _], None | Some(0)) => Self::Cmyk,
            ([_, _, _, _], Some(_)) => Self::Ycck,
            (_, Some(0)) if !jfif => Self::Rgb,
            (b"RGB", None) if !jfif => Self::Rgb,
            _ => Self::YCbCr,
        }
    }
}

/// An embedded ICC profile.
///
/// ```
/// use idenfy_preflight::{options::Limits, probe::{Details, jpeg}};
/// let header = jpeg::probe(&std::fs::read("testdata/front.jpg")?, &Limits::default())?;
/// let Details::Jpeg(jpeg) = header.details else { panic!("a JPEG") };
/// // Photos of phones say "Display P3" here; this one is plain sRGB.
/// assert!(jpeg.profile.is_none_or(|profile| !profile.wide_gamut));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Profile {
    /// What it calls itself ("Display P3"); empty when it does not.
    pub name: String,
    /// Whether its colours reach clearly beyond sRGB, so that dropping it would make them pale.
    pub wide_gamut: bool,
}

/// The largest profile that is read: display and camera profiles have some kilobytes, press profiles one to three
/// megabytes.
const MAX_PROFILE: usize = 4 << 20;

/// Puts together the profile that is spread over APP2 segments (ICC.1:2022, B.4).
#[derive(Debug, Default)]
pub(crate) struct ProfileParts<'a> {
    parts: Vec<(u8, &'a [u8])>,
}

impl<'a> ProfileParts<'a> {
    /// Takes a segment; all but parts of a profile are passed over.
    pub fn take(&mut self, item: &Item<'a>) {
        if let Item::Segment { code: 0xE2, body, .. } = item
            && let Some([number, _, part @ ..]) = body.strip_prefix(b"ICC_PROFILE\0")
            && self.parts.len() < 255
        {
            self.parts.push((*number, part));
        }
    }

    /// The profile's bytes; `None` without one, or beyond the bound.
    pub fn join(mut self) -> Option<Vec<u8>> {
        let len: usize = self.parts.iter().map(|(_, part)| part.len()).sum();
        if len == 0 || len > MAX_PROFILE {
            return None;
        }
        self.parts.sort_by_key(|(number, _)| *number);
        Some(self.parts.into_iter().flat_map(|(_, part)| part).copied().collect())
    }
}

/// Reads a profile, bounded; `None` when it is broken, as viewers pass over such.
pub(crate) fn parse(icc: &[u8]) -> Option<ColorProfile> {
    let bounds = ParsingOptions {
        max_profile_size: MAX_PROFILE + 1,
        max_allowed_clut_size: 4 << 20,
        max_allowed_trc_size: 40_000,
    };
    ColorProfile::new_from_slice_with_options(icc, bounds).ok()
}

/// Name and reach of a profile.
pub(crate) fn describe(profile: &ColorProfile) -> Profile {
    let name = match &profile.description {
        Some(ProfileText::PlainString(text)) => text.clone(),
        Some(ProfileText::Localizable(texts)) => {
            let english = texts.iter().find(|t| t.language.starts_with("en"));
            english.or(texts.first()).map(|t| t.value.clone()).unwrap_or_default()
        }
        Some(ProfileText::Description(text)) => text.ascii_string.clone(),
        None => String::new(),
    };
    let name = name.chars().filter(|c| !c.is_control()).take(64).collect::<String>().trim().to_owned();
    Profile { name, wide_gamut: is_wide(profile) }
}

/// Whether the triangle of the primaries in CIE xy is a tenth larger than sRGB's: Display P3 has 1.36 times its area,
/// Adobe RGB 1.35.
pub(crate) fn is_wide(profile: &ColorProfile) -> bool {
    if profile.color_space != DataColorSpace::Rgb {
        return false;
    }
    let area = |p: &ColorProfile| {
        let xy = |c: Xyzd| {
            let sum = c.x + c.y + c.z;
            (c.x / sum, c.y / sum)
        };
        let (r, g, b) = (xy(p.red_colorant), xy(p.green_colorant), xy(p.blue_colorant));
        ((g.0 - r.0) * (b.1 - r.1) - (b.0 - r.0) * (g.1 - r.1)).abs()
    };
    area(profile) > 1.1 * area(&ColorProfile::new_srgb())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wide_gamut_is_told_by_the_primaries() {
        assert!(is_wide(&ColorProfile::new_display_p3()));
        assert!(is_wide(&ColorProfile::new_adobe_rgb()));
        assert!(!is_wide(&ColorProfile::new_srgb()));
        assert_eq!(describe(&ColorProfile::new_display_p3()).name, "Display P3");
    }

    #[test]
    fn parts_are_joined_in_order() {
        let mut parts = ProfileParts::default();
        for body in [b"ICC_PROFILE\0\x02\x02cd".as_slice(), b"ICC_PROFILE\0\x01\x02ab", b"MPF\0"] {
            parts.take(&Item::Segment { code: 0xE2, body, at: 0 });
        }
        assert_eq!(parts.join().unwrap(), b"abcd");
    }
}
