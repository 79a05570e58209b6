//! Colours as a profile means them, brought to sRGB: a wide-gamut photo is converted, not merely relabelled.

use crate::{options::Limits, watch::Watch};
use flate2::read::ZlibDecoder;
use moxcms::{
    CicpColorPrimaries, CicpProfile, ColorProfile, DataColorSpace, Layout, MatrixCoefficients, ParsingOptions,
    ProfileText, TransferCharacteristics, TransformOptions,
};
use std::io::Read;

/// A profile for RGB that differs from sRGB.
pub(crate) struct Profile(ColorProfile);

impl Profile {
    /// From an ICC profile; `None` when it cannot be used, is for other components than RGB, or comes to sRGB.
    pub(crate) fn from_icc(icc: &[u8], limits: &Limits) -> Option<Self> {
        let most = usize::try_from(limits.max_inflated).unwrap_or(usize::MAX);
        let options = ParsingOptions { max_profile_size: most, ..Default::default() };
        let profile = ColorProfile::new_from_slice_with_options(icc, options).ok()?;
        (profile.color_space == DataColorSpace::Rgb).then_some(Self(profile)).filter(Self::matters)
    }

    /// From the code points of ITU-T H.273 for primaries and transfer; `None` for unknown ones, and where they come to
    /// sRGB. Broadcast's curves count as sRGB's: such pictures are made and looked at on screens, and so do browsers.
    pub(crate) fn from_code_points(primaries: u16, transfer: u16) -> Option<Self> {
        const SRGB: u16 = 13;
        let transfer = if matches!(transfer, 1 | 2 | 6 | 14 | 15) { SRGB } else { transfer };
        let profile = CicpProfile {
            color_primaries: CicpColorPrimaries::try_from(u8::try_from(primaries).ok()?).ok()?,
            transfer_characteristics: TransferCharacteristics::try_from(u8::try_from(transfer).ok()?).ok()?,
            matrix_coefficients: MatrixCoefficients::Identity,
            full_range: true,
        };
        Some(Self(ColorProfile::new_from_cicp(profile))).filter(Self::matters)
    }

    /// From what a PNG has: code points go before a profile (PNG, third edition, 4.3).
    pub(crate) fn of_png(iccp: Option<&[u8]>, cicp: Option<[u8; 4]>, limits: &Limits) -> Option<Self> {
        if let Some([primaries, transfer, ..]) = cicp {
            return Self::from_code_points(primaries.into(), transfer.into());
        }
        // A name of up to 79 bytes, 0, the method, and the profile compressed (PNG, 11.3.2.3).
        let iccp = iccp?;
        let name = iccp.iter().take(80).position(|b| *b == 0)?;
        let packed = iccp.get(name + 1..)?.strip_prefix(b"\0")?;
        let mut icc = Vec::new();
        ZlibDecoder::new(packed).take(limits.max_inflated).read_to_end(&mut icc).ok()?;
        Self::from_icc(&icc, limits)
    }

    /// Whether any of 216 colours spread over the cube moves further than rounding does. Most profiles in the wild are
    /// sRGB under one name or another; those pictures stay as they are, to the bit.
    fn matters(&self) -> bool {
        differ(&cube(), &self.shown())
    }

    /// What the colours of [`cube`] are in sRGB.
    fn shown(&self) -> Vec<u8> {
        let mut colours = cube();
        self.to_srgb(&mut colours, &Watch::default());
        colours
    }

    /// The same colours as an ICC profile that tells of nobody and nothing: no words but the two that it must have
    /// (ICC.1:2022, 8.2), no dates, no makers, models or programs. `None` where its colours cannot be stated so.
    pub(crate) fn anonymous(&self) -> Option<Vec<u8>> {
        let words = |text: &str| Some(ProfileText::PlainString(text.to_owned()));
        let mut bare = self.0.clone();
        (bare.description, bare.copyright) = (words("RGB"), words("none"));
        (bare.device_manufacturer, bare.device_model, bare.char_target) = (None, None, None);
        (bare.viewing_conditions, bare.viewing_conditions_description) = (None, None);
        // Of no use to whoever looks at a picture.
        (bare.luminance, bare.gamut) = (None, None);
        (bare.lut_b_to_a_perceptual, bare.lut_b_to_a_colorimetric, bare.lut_b_to_a_saturation) = (None, None, None);
        let mut icc = bare.encode().ok()?;
        // ICC.1:2022, 7.2: preferred module, date, platform, maker, model, attributes, creator and checksum.
        for unneeded in [4..8, 24..36, 40..44, 48..64, 80..100] {
            icc.get_mut(unneeded)?.fill(0);
        }
        let again = Self(ColorProfile::new_from_slice(&icc).ok()?);
        (!differ(&self.shown(), &again.shown())).then_some(icc)
    }

    /// Converts RGB samples in place. Where the profile cannot be applied they stay as they are, and so do those that are
    /// left when it is time to stop.
    pub(crate) fn to_srgb(&self, rgb: &mut [u8], watch: &Watch) {
        let srgb = ColorProfile::new_srgb();
        let Ok(transform) = self.0.create_transform_8bit(Layout::Rgb, &srgb, Layout::Rgb, TransformOptions::default())
        else {
            return;
        };
        let mut from = Vec::new();
        for piece in rgb.chunks_mut(3 << 14) {
            from.clear();
            from.extend_from_slice(piece);
            // The pieces are equally long and whole pixels; that is all it can object to.
            if watch.is_over() || transform.transform(&from, piece).is_err() {
                return;
            }
        }
    }
}

/// 216 colours spread over the cube.
fn cube() -> Vec<u8> {
    let level = |i: u32| (i % 6 * 51) as u8;
    (0..216).flat_map(|i| [level(i), level(i / 6), level(i / 36)]).collect()
}

/// Whether any sample differs by more than rounding.
fn differ(a: &[u8], b: &[u8]) -> bool {
    const ROUNDING: u8 = 4;
    a.iter().zip(b).any(|(a, b)| a.abs_diff(*b) > ROUNDING)
}
