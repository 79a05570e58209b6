//! The order of concessions.

use super::{
    Bound, Encoded, Infeasible, Source,
    allocate::{self, Curve, Share, allocate},
    budget::base64_len,
    picture::Picture,
    resolution::{Rung, lowered},
    strip::strip,
};
use crate::{
    options::{Limits, Service},
    submission::Step,
};
use rayon::prelude::*;
use std::borrow::Cow;

/// Pictures under this share of the whole are left alone as long as the others can give.
const SMALL: u64 = 50;
/// Rounds of lowering dimensions; each measures what the last one gave.
const ROUNDS: usize = 6;
/// Rounds of correcting quality by counted sizes.
const CORRECTIONS: usize = 5;
/// Further rounds that only have to fit, each aiming lower by a factor.
const RETREATS: usize = 8;
const RETREAT: f64 = 0.93;
/// Share of the room that has to be used before nothing more is tried.
const FILLED: f64 = 0.985;
/// Share of the room left for the luck of byte stuffing.
const MARGIN: f64 = 0.002;

/// What may be used.
struct Room {
    /// Characters of base64 for all images.
    characters: u64,
    /// Bytes for one.
    cap: u64,
    limits: Limits,
}

impl Room {
    fn holds(&self, lens: impl Iterator<Item = usize>) -> bool {
        let mut sum = 0u64;
        for len in lens.map(|n| n as u64) {
            sum = sum.saturating_add(base64_len(len));
            if len > self.cap {
                return false;
            }
        }
        sum <= self.characters
    }
}

pub(super) fn fit<'a>(
    sources: &[Source<'a>],
    overhead: u64,
    service: &Service,
    limits: &Limits,
) -> Result<Vec<Encoded<'a>>, Infeasible> {
    let room = Room {
        characters: service.max_body_bytes.saturating_sub(overhead),
        cap: allocate::cap(service.max_image_base64),
        limits: limits.clone(),
    };
    let mut files: Vec<Cow<'a, [u8]>> = sources.iter().map(|s| Cow::Borrowed(s.bytes)).collect();
    let untouched = room.holds(files.iter().map(|f| f.len())) && overhead <= service.max_body_bytes;
    if untouched || stripped(sources, &mut files, &room) {
        let each = sources.iter().zip(files);
        return Ok(each.map(|(s, file)| Encoded::lossless(s, file, s.header.format, 0)).collect());
    }
    let mut pictures: Vec<Picture<'_, 'a>> =
        sources.iter().zip(files).map(|(s, file)| Picture::fixed(s, file, room.cap)).collect();
    let infeasible = |lens: &[u64]| infeasible(sources, lens, overhead, service, room.cap);
    let bounds: Vec<u64> = pictures.iter().map(Picture::bound).collect();
    if !room.holds(bounds.iter().map(|b| *b as usize)) || overhead > service.max_body_bytes {
        return Err(infeasible(&bounds));
    }
    // The large ones first; the small ones only where that is not enough.
    let whole: u64 = pictures.iter().map(|p| p.lossless.len() as u64).sum();
    let (large, small): (Vec<usize>, Vec<usize>) =
        (0..pictures.len()).filter(|i| pictures.get(*i).is_some_and(|p| Picture::can_give(p.source))).partition(|i| {
            pictures.get(*i).is_some_and(|p| {
                let len = p.lossless.len() as u64;
                len > room.cap || len.saturating_mul(SMALL) >= whole
            })
        });
    analyse(&mut pictures, &large, &room);
    let mut giving = large;
    for round in 0..ROUNDS {
        if let Some(files) = settled(&mut pictures, &room) {
            return Ok(files);
        }
        if round == 0 && !small.is_empty() {
            analyse(&mut pictures, &small, &room);
            giving.extend(&small);
            if let Some(files) = settled(&mut pictures, &room) {
                return Ok(files);
            }
        }
        let mut rungs: Vec<Rung> = pictures.iter().map(|p| p.rung).collect();
        let scales = if round + 2 < ROUNDS {
            lowered(&rungs, &pictures.iter().map(|p| &p.curve).collect::<Vec<_>>(), room.characters)
        } else {
            rungs.iter().map(Rung::lowest).collect()
        };
        let lower = |i: &usize| scales.get(*i).zip(rungs.get(*i)).is_some_and(|(s, r)| *s < r.scale * 0.999);
        let changed: Vec<usize> = giving.iter().copied().filter(lower).collect();
        if changed.is_empty() {
            break;
        }
        for (rung, scale) in rungs.iter_mut().zip(&scales) {
            rung.scale = *scale;
        }
        for i in &changed {
            if let (Some(picture), Some(rung)) = (pictures.get_mut(*i), rungs.get(*i)) {
                picture.rung = *rung;
            }
        }
        analyse(&mut pictures, &changed, &room);
    }
    let least: Vec<u64> = pictures.iter().map(|p| p.curve.least().min(p.lossless.len() as u64)).collect();
    Err(infeasible(&least))
}

/// Takes out what costs nothing, the largest gain first, until all fits.
fn stripped<'a>(sources: &[Source<'a>], files: &mut [Cow<'a, [u8]>], room: &Room) -> bool {
    let lighter: Vec<Option<Vec<u8>>> = sources.par_iter().map(|s| strip(s.bytes, s.header)).collect();
    let mut gains: Vec<(usize, Vec<u8>)> =
        lighter.into_iter().enumerate().filter_map(|(i, file)| Some((i, file?))).collect();
    let gain = |i: usize, file: &[u8]| sources.get(i).map_or(0, |s| s.bytes.len().saturating_sub(file.len()));
    gains.sort_by_key(|(i, file)| (std::cmp::Reverse(gain(*i, file)), *i));
    for (i, file) in gains {
        if let Some(place) = files.get_mut(i) {
            *place = Cow::Owned(file);
        }
        if room.holds(files.iter().map(|f| f.len())) {
            return true;
        }
    }
    false
}

/// Runs over some pictures in parallel, as many at a time as memory allows.
fn in_waves<'s, 'a>(
    pictures: &mut [Picture<'s, 'a>],
    which: &[usize],
    limits: &Limits,
    run: impl Fn(&mut Picture<'s, 'a>) + Sync,
) {
    let numbered = pictures.iter_mut().enumerate();
    let mut chosen: Vec<&mut Picture<'s, 'a>> = numbered.filter(|(i, _)| which.contains(i)).map(|(_, p)| p).collect();
    let mut rest = chosen.as_mut_slice();
    while !rest.is_empty() {
        let held = rest.iter().scan(0u64, |held, p| {
            *held = held.saturating_add(p.memory());
            Some(*held)
        });
        let wave = held.take_while(|held| *held <= limits.max_memory).count().max(1);
        let (now, later) = rest.split_at_mut(wave);
        now.par_iter_mut().for_each(|p| run(p));
        rest = later;
    }
}

/// Decodes and transforms some pictures; of the coefficients as much is kept as memory allows.
fn analyse(pictures: &mut [Picture<'_, '_>], which: &[usize], room: &Room) {
    in_waves(pictures, which, &room.limits, |p| p.analyse(&room.limits));
    let mut held = 0u64;
    for picture in pictures.iter_mut().filter(|p| p.coefficients.is_some()) {
        held = held.saturating_add(picture.memory() / 2);
        if held > room.limits.max_memory {
            picture.coefficients = None;
        }
    }
}

/// Shares the room out, counts, corrects, writes. `None` when the coarsest files do not fit.
fn settled<'a>(pictures: &mut [Picture<'_, 'a>], room: &Room) -> Option<Vec<Encoded<'a>>> {
    let all: Vec<usize> = (0..pictures.len()).collect();
    let whole = room.characters as f64;
    let mut aim = whole * (1.0 - 2.0 * MARGIN);
    share_out(pictures, whole)?;
    for _ in 0..2 {
        share_out_or_coarsest(pictures, aim);
        in_waves(pictures, &all, &room.limits, Picture::refine);
    }
    // The fullest that was counted and fits: sizes may leap where a quantiser meets that of the original.
    let mut best: Option<(u64, Vec<Share>)> = None;
    for round in 1..=CORRECTIONS + RETREATS {
        let late = round > CORRECTIONS;
        match best.take_if(|_| late) {
            Some((_, shares)) => pictures.iter_mut().zip(shares).for_each(|(p, share)| p.share = share),
            None => share_out_or_coarsest(pictures, aim),
        }
        in_waves(pictures, &all, &room.limits, |p| p.count(&room.limits));
        let planned: u64 = pictures.iter().map(|p| base64_len(p.planned())).sum();
        let over = planned as f64 > whole * (1.0 - MARGIN / 4.0) || pictures.iter().any(|p| p.planned() > p.curve.cap);
        let wasted = (planned as f64) < whole * FILLED && !pictures.iter().all(Picture::is_finest);
        if !late && (over || wasted) {
            if !over && best.as_ref().is_none_or(|(most, _)| planned > *most) {
                best = Some((planned, pictures.iter().map(|p| p.share).collect()));
            }
            continue;
        }
        in_waves(pictures, &all, &room.limits, |p| p.write(&room.limits));
        if room.holds(pictures.iter().map(|p| p.len())) {
            return pictures.iter_mut().map(|p| Some(p.sent())).collect();
        }
        aim *= if late { RETREAT } else { 1.0 - 2.0 * MARGIN };
    }
    None
}

/// Gives every picture its share; `None` when the coarsest files do not fit.
fn share_out(pictures: &mut [Picture<'_, '_>], characters: f64) -> Option<()> {
    let curves: Vec<&Curve> = pictures.iter().map(|p| &p.curve).collect();
    let shares = allocate(&curves, characters as u64)?;
    pictures.iter_mut().zip(shares).for_each(|(p, share)| p.share = share);
    Some(())
}

fn share_out_or_coarsest(pictures: &mut [Picture<'_, '_>], characters: f64) {
    if share_out(pictures, characters).is_none() {
        pictures.iter_mut().for_each(|p| p.share = p.curve.coarsest());
    }
}

/// What is told when nothing fits. An estimate of the least may lie within a hair of the limit; it is over it.
fn infeasible(sources: &[Source<'_>], least: &[u64], overhead: u64, service: &Service, cap: u64) -> Infeasible {
    let heaviest = sources.iter().zip(least).max_by_key(|(_, n)| **n);
    let step = heaviest.map_or(Step::Front, |(s, _)| s.step.clone());
    match (heaviest, service.max_image_base64) {
        (Some((_, n)), Some(limit)) if *n > cap => {
            Infeasible { bound: Bound::Image, least: base64_len(*n), limit, heaviest: step }
        }
        _ => {
            let sum = least.iter().fold(overhead, |sum, n| sum.saturating_add(base64_len(*n)));
            let limit = service.max_body_bytes;
            Infeasible { bound: Bound::Body, least: sum.max(limit.saturating_add(1)), limit, heaviest: step }
        }
    }
}
