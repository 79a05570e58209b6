//! Colours as a profile means them, brought to sRGB: a wide-gamut photo is converted, not merely relabelled.

use crate::{options::Limits, watch::Watch};
use flate2::read::ZlibDecoder;
use moxcms::{
    CicpColorPrimaries, CicpProfile, ColorProfile, DataColorSpace, Layout, MatrixCoefficients, ParsingOptions,
    TransferCharacteristics, TransformOptions,
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
    pub(super) fn of_png(iccp: Option<&[u8]>, cicp: Option<[u8; 4]>, limits: &Limits) -> Option<Self> {
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
        const ROUNDING: u8 = 4;
        let level = |i: u32| (i % 6 * 51) as u8;
        let colours: Vec<u8> = (0..216).flat_map(|i| [level(i), level(i / 6), level(i / 36)]).collect();
        let mut moved = colours.clone();
        self.to_srgb(&mut moved, &Watch::default());
        colours.iter().zip(&moved).any(|(a, b)| a.abs_diff(*b) > ROUNDING)
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
