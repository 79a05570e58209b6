//! HEIC, by `heic-rs`. What its tiles will take is read from their parameter sets first: the container may say less.

use super::check_memory;
use crate::{
    decode::{Decoded, colour::Profile},
    fault::{Fault, Refusal},
    options::Limits,
    pixmap::Pixmap,
    probe::check_size,
};
use heic_rs::{DecodeOptions, Error, context::Context};

/// Bytes that a decoded pixel of a tile takes: 16-bit planes of 4:4:4 at worst, and their cropped copy.
const BYTES_PER_PIXEL: u64 = 12;

pub(super) fn pixmap(bytes: &[u8], limits: &Limits) -> Result<Decoded<Pixmap>, Refusal> {
    let info = heic_rs::probe(bytes).map_err(refusal)?;
    check_size(info.coded_width.into(), info.coded_height.into(), limits)?;
    check_size(info.width.into(), info.height.into(), limits)?;
    let context = Context::open(bytes).map_err(refusal)?;
    let properties = context.props(info.primary_item).map_err(refusal)?;
    let tiles = match context.grid(info.primary_item).map_err(refusal)? {
        Some((_, tiles)) => tiles,
        None => vec![info.primary_item],
    };
    // The picture comes out as RGB and is turned by a copy.
    let mut needed = 6 * u64::from(info.coded_width) * u64::from(info.coded_height);
    for tile in tiles {
        needed = needed.saturating_add(tile_pixels(&context, tile)?.saturating_mul(BYTES_PER_PIXEL));
        check_memory(needed, limits)?;
    }

    let options = DecodeOptions::default().with_max_pixels(Some(limits.max_pixels)).with_alpha(false);
    let mut image = heic_rs::decode(bytes, &options).map_err(refusal)?;
    let profile = match (properties.icc, properties.nclx) {
        (Some(icc), _) => Profile::from_icc(icc, limits),
        (None, Some(nclx)) => Profile::from_code_points(nclx.primaries, nclx.transfer),
        (None, None) => None,
    };
    if let Some(profile) = profile {
        profile.to_srgb(&mut image.data, &limits.watch);
    }
    let transparency = info.has_alpha.then(|| Fault::Flattened { what: Fault::TRANSPARENCY.into() });
    let deep = (info.bit_depth > 8).then(|| Fault::Flattened { what: format!("{} bits per sample", info.bit_depth) });
    let faults = transparency.into_iter().chain(deep).collect();
    Pixmap::new(image.width, image.height, image.data)
        .map(|picture| Decoded { picture, faults })
        .ok_or_else(|| Refusal::unreadable("the picture has no pixels"))
}

/// The pixels that decoding one coded picture allocates, before it is cropped.
fn tile_pixels(context: &Context<'_>, item: u32) -> Result<u64, Refusal> {
    let properties = context.props(item).map_err(refusal)?;
    let not_hevc = || Refusal::Unsupported("a HEIF picture that is not coded in HEVC".into());
    let config = properties.hvcc.as_ref().ok_or_else(not_hevc)?;
    let most = config.parameter_sets().iter().filter_map(|nal| sps_pixels(nal)).max();
    most.ok_or_else(|| Refusal::unreadable("the HEIC does not say how large its tiles are"))
}

/// Width times height in a sequence parameter set (ITU-T H.265, 7.3.2.2); `None` for other NAL units and cut ones.
fn sps_pixels(nal: &[u8]) -> Option<u64> {
    const SPS: u8 = 33;
    let [first, _, payload @ ..] = nal else { return None };
    if first >> 1 & 0x3F != SPS {
        return None;
    }
    let mut bits = Bits::new(payload);
    bits.skip(4)?;
    let sub_layers = bits.take(3)?;
    bits.skip(1)?;
    // profile_tier_level (7.3.3): 88 bits and the level, then flags and the same for each sub-layer.
    bits.skip(88 + 8)?;
    let mut flags = Vec::new();
    for _ in 0..sub_layers {
        flags.push((bits.take(1)?, bits.take(1)?));
    }
    if sub_layers > 0 {
        bits.skip(2 * (8 - sub_layers))?;
    }
    for (profile, level) in flags {
        bits.skip(88 * profile + 8 * level)?;
    }
    let _id = bits.golomb()?;
    if bits.golomb()? == 3 {
        bits.skip(1)?;
    }
    Some(u64::from(bits.golomb()?) * u64::from(bits.golomb()?))
}

/// The bits of a NAL unit's payload, without the bytes that keep start codes out (7.4.2).
struct Bits {
    bytes: Vec<u8>,
    at: usize,
}

impl Bits {
    fn new(payload: &[u8]) -> Self {
        let mut bytes = Vec::new();
        // The size stands well within the first 256 bytes.
        for byte in payload.iter().take(256) {
            if !(*byte == 3 && bytes.ends_with(&[0, 0])) {
                bytes.push(*byte);
            }
        }
        Self { bytes, at: 0 }
    }

    fn bit(&mut self) -> Option<u32> {
        let bit = self.bytes.get(self.at / 8)? >> (7 - self.at % 8) & 1;
        self.at += 1;
        Some(bit.into())
    }

    fn take(&mut self, n: u32) -> Option<u32> {
        (0..n).try_fold(0, |value, _| Some(value << 1 | self.bit()?))
    }

    fn skip(&mut self, n: u32) -> Option<()> {
        self.at += n as usize;
        Some(())
    }

    /// ue(v), 9.2.
    fn golomb(&mut self) -> Option<u32> {
        let mut zeroes = 0;
        while self.bit()? == 0 {
            zeroes += 1;
        }
        (zeroes < 32).then_some(())?;
        Some((1u32 << zeroes) - 1 + self.take(zeroes)?)
    }
}

fn refusal(error: Error) -> Refusal {
    match error {
        Error::Unsupported(what) => Refusal::Unsupported(format!("a HEIC with {what}")),
        Error::PixelLimit { pixels, .. } => Refusal::TooManyPixels { width: pixels, height: 1 },
        _ => Refusal::unreadable("the HEIC is damaged, or ends before its picture does"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The beginning of a sequence parameter set, with or without sub-layers, as a NAL unit.
    fn sps(width: u32, height: u32, sub_layers: u32) -> Vec<u8> {
        let mut bits: Vec<bool> = Vec::new();
        let mut put = |value: u64, n: u32| bits.extend((0..n).rev().map(|i| value >> i & 1 == 1));
        put(0, 4);
        put(sub_layers.into(), 3);
        put(1, 1);
        put(0x0160_0000_0090, 48);
        put(0, 48);
        for _ in 0..sub_layers {
            put(0b11, 2);
        }
        if sub_layers > 0 {
            put(0, 2 * (8 - sub_layers));
        }
        for _ in 0..sub_layers {
            put(u64::MAX, 64);
            put(u64::MAX, 32);
        }
        let mut golomb = |value: u32| put(u64::from(value) + 1, 2 * (value + 1).ilog2() + 1);
        golomb(0);
        golomb(1);
        golomb(width);
        golomb(height);
        put(0, 7);
        let bytes = bits.chunks(8).map(|b| b.iter().fold(0, |byte, bit| byte << 1 | u8::from(*bit)));
        let mut nal = vec![33 << 1, 1];
        for byte in bytes {
            // No start code may appear within (7.4.2).
            if byte <= 3 && nal.ends_with(&[0, 0]) {
                nal.push(3);
            }
            nal.push(byte);
        }
        nal
    }

    #[test]
    fn the_size_of_a_tile_is_read_from_its_parameter_set() {
        for (width, height, sub_layers) in [(512, 512, 0), (4032, 3024, 0), (65_535, 65_535, 0), (800, 1072, 6)] {
            assert_eq!(sps_pixels(&sps(width, height, sub_layers)), Some(u64::from(width) * u64::from(height)));
        }
        assert_eq!(sps_pixels(&sps(512, 512, 0)[..12]), None);
        assert_eq!(sps_pixels(&[34 << 1, 1, 0, 0, 0, 0]), None);
        assert_eq!(sps_pixels(&[]), None);
        assert_eq!(sps_pixels(&[[33 << 1, 1].to_vec(), vec![0; 300]].concat()), None);
    }
}
