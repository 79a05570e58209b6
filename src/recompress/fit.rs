//! The order of concessions.

use super::{
    Bound, Encoded, Infeasible, Source,
    allocate::{self, Curve, Share, allocate},
    budget::base64_len,
    picture::Picture,
    resolution::{self, Rung, lowered},
    search::Search,
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
/// Share of what the coarsest files were expected to come to that is asked for when they turn out not to fit.
const SMALLER: f64 = 0.97;
/// Rounds in which sizes are estimated from a sample, and in which they are counted.
const SAMPLED: usize = 8;
const COUNTED: u32 = 4;
/// An estimate that close to what is wanted is not worth another; and by how much the truth may lie over it.
const CLOSE: f64 = 0.002;
const OVER: f64 = 0.01;
/// Further rounds that only have to fit, each aiming lower by a factor.
const RETREATS: usize = 8;
const RETREAT: f64 = 0.93;
/// Share of the room that is aimed for, and that has to be used before nothing more is tried.
const AIM: f64 = 0.993;
const FILLED: f64 = 0.985;
/// The most that a counted size may come to: the rest is for the luck of byte stuffing.
const SAFE: f64 = 0.9995;

/// What may be used.
struct Room {
    /// Characters of base64 for all images.
    characters: u64,
    /// Bytes for one.
    cap: u64,
    /// Bytes of the body without a single character of base64.
    overhead: u64,
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
        overhead,
        limits: limits.clone(),
    };
    let mut files: Vec<Cow<'a, [u8]>> = sources.iter().map(|s| Cow::Borrowed(s.bytes)).collect();
    let untouched = room.holds(files.iter().map(|f| f.len())) && overhead <= service.max_body_bytes;
    if untouched || stripped(sources, &mut files, &room) {
        let each = sources.iter().zip(files);
        return Ok(each.map(|(s, file)| Encoded::lossless(s, file, s.header.format, 0)).collect());
    }
    let mut pictures: Vec<Picture<'_, 'a>> =
        sources.iter().zip(files).map(|(s, file)| Picture::new(s, file, room.cap, limits)).collect();
    let bounds: Vec<u64> = pictures.iter().map(Picture::bound).collect();
    if !room.holds(bounds.iter().map(|b| *b as usize)) || overhead > service.max_body_bytes {
        return Err(infeasible(&pictures, &bounds, &room, service, false));
    }
    // The large ones first; the small ones only where that is not enough.
    let whole: u64 = pictures.iter().map(|p| p.lossless.len() as u64).sum();
    let (large, small): (Vec<usize>, Vec<usize>) =
        (0..pictures.len()).filter(|i| pictures.get(*i).is_some_and(Picture::can_give)).partition(|i| {
            pictures.get(*i).is_some_and(|p| {
                let len = p.lossless.len() as u64;
                len > room.cap || len.saturating_mul(SMALL) >= whole
            })
        });
    analyse(&mut pictures, &large, &room);
    let mut giving = large;
    for round in 0..ROUNDS {
        if limits.is_over() {
            break;
        }
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
        let rungs: Vec<Rung> = pictures.iter().map(|p| p.rung).collect();
        let scales = if round + 2 < ROUNDS {
            let curves: Vec<&Curve> = pictures.iter().map(|p| &p.curve).collect();
            // Where the coarsest were expected to fit, they do not: less than that is asked for.
            let asked = allocate::least(&curves) as f64 * SMALLER;
            lowered(&rungs, &curves, (room.characters as f64).min(asked / resolution::AIM) as u64)
        } else {
            rungs.iter().map(Rung::lowest).collect()
        };
        let lower = |i: &usize| scales.get(*i).zip(rungs.get(*i)).is_some_and(|(s, r)| *s < r.scale * 0.999);
        let changed: Vec<usize> = giving.iter().copied().filter(lower).collect();
        if changed.is_empty() {
            break;
        }
        for i in &changed {
            if let (Some(picture), Some(scale)) = (pictures.get_mut(*i), scales.get(*i)) {
                picture.rung.scale = *scale;
            }
        }
        analyse(&mut pictures, &changed, &room);
    }
    // What the coarsest come to is not estimated but written.
    let all: Vec<usize> = (0..pictures.len()).collect();
    pictures.iter_mut().for_each(|p| p.share = p.curve.coarsest());
    written(&mut pictures, &all, &room);
    let least: Vec<u64> = pictures.iter().map(|p| p.len() as u64).collect();
    sent(&mut pictures, &room).ok_or_else(|| infeasible(&pictures, &least, &room, service, true))
}

/// Takes out what costs nothing, the largest gain first, until all fits.
fn stripped<'a>(sources: &[Source<'a>], files: &mut [Cow<'a, [u8]>], room: &Room) -> bool {
    let lighter: Vec<Option<Vec<u8>>> = sources.par_iter().map(|s| strip(s.bytes, s.header, &room.limits)).collect();
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
    while !rest.is_empty() && !limits.is_over() {
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
    for picture in pictures.iter_mut().filter(|p| p.group.is_some()) {
        held = held.saturating_add(picture.memory() / 2);
        if held > room.limits.max_memory {
            picture.group = None;
        }
    }
}

/// Shares the room out, estimates, counts, corrects, writes. `None` when the coarsest files do not fit.
fn settled<'a>(pictures: &mut [Picture<'_, 'a>], room: &Room) -> Option<Vec<Encoded<'a>>> {
    let all: Vec<usize> = (0..pictures.len()).collect();
    let whole = room.characters as f64;
    forgo(pictures, room);
    share_out(pictures, whole)?;
    if pictures.iter().all(Picture::loses_nothing) {
        written(pictures, &all, room);
        if let Some(files) = sent(pictures, room) {
            return Some(files);
        }
    }
    // The fullest that was counted and fits: sizes may leap where a quantiser meets that of the original.
    let mut most = None;
    let mut aim = whole * AIM;
    for round in 0..COUNTED {
        if room.limits.is_over() {
            return None;
        }
        // What was over twice is to fit at last.
        let target = whole * (AIM - if most.is_none() { OVER * f64::from(round.saturating_sub(1)) } else { 0.0 });
        aim = estimated(pictures, &all, room, target, aim);
        if round == 0 && characters(pictures) > whole * (1.0 + OVER) {
            share_out_or_coarsest(pictures, 0.0);
            in_waves(pictures, &all, &room.limits, Picture::estimate);
            if characters(pictures) > whole * (1.0 + OVER) {
                return None;
            }
        }
        in_waves(pictures, &all, &room.limits, |p| p.count(&room.limits));
        let sum = characters(pictures);
        let over = sum > whole * SAFE || pictures.iter().any(|p| p.planned() > p.curve.cap);
        if !over && most.is_none_or(|most| sum > most) {
            most = Some(sum);
            pictures.iter_mut().for_each(Picture::keep);
            if sum >= whole * FILLED || pictures.iter().all(Picture::is_finest) {
                break;
            }
        }
    }
    if most.is_some() {
        in_waves(pictures, &all, &room.limits, |p| p.write(&room.limits));
        if let Some(files) = sent(pictures, room) {
            return Some(files);
        }
    }
    let mut before = None;
    for _ in 0..RETREATS {
        if room.limits.is_over() {
            break;
        }
        aim *= RETREAT;
        share_out_or_coarsest(pictures, aim);
        let shares: Vec<Share> = pictures.iter().map(|p| p.share).collect();
        if before.as_ref() == Some(&shares) {
            break;
        }
        before = Some(shares);
        written(pictures, &all, room);
        if let Some(files) = sent(pictures, room) {
            return Some(files);
        }
    }
    None
}

/// Leaves out files that lose nothing but that alone are more than the least of the others leaves.
fn forgo(pictures: &mut [Picture<'_, '_>], room: &Room) {
    pictures.iter_mut().for_each(|p| p.curve.set_lossless(p.lossless.len() as u64));
    let least: Vec<u64> = pictures.iter().map(|p| base64_len(p.curve.least())).collect();
    let sum = least.iter().fold(0u64, |sum, n| sum.saturating_add(*n));
    if sum > room.characters {
        return;
    }
    for (picture, own) in pictures.iter_mut().zip(least) {
        let others = sum.saturating_sub(own);
        if others.saturating_add(picture.curve.lossless.map_or(0, base64_len)) > room.characters {
            picture.curve.without_lossless();
        }
    }
}

/// Counts and writes the shares as they are.
fn written(pictures: &mut [Picture<'_, '_>], all: &[usize], room: &Room) {
    in_waves(pictures, all, &room.limits, |p| {
        p.count(&room.limits);
        p.keep();
        p.write(&room.limits);
    });
}

/// Gives every picture a share such that together they are estimated to take `target` characters; what was aimed for
/// then.
fn estimated(pictures: &mut [Picture<'_, '_>], all: &[usize], room: &Room, target: f64, aim: f64) -> f64 {
    let mut search = Search::new(target, aim);
    let mut best = (f64::INFINITY, aim);
    for _ in 0..SAMPLED {
        if room.limits.is_over() {
            break;
        }
        share_out_or_coarsest(pictures, search.aim);
        in_waves(pictures, all, &room.limits, Picture::estimate);
        let sum = characters(pictures);
        let off = (sum / target).ln();
        // What is over is worse than anything that fits.
        let worse = if off > OVER { 1.0 + off } else { off.abs() };
        if worse < best.0 {
            best = (worse, search.aim);
        }
        if worse < CLOSE {
            return search.aim;
        }
        search.note(sum);
    }
    share_out_or_coarsest(pictures, best.1);
    in_waves(pictures, all, &room.limits, Picture::estimate);
    best.1
}

/// Characters of base64 that are planned.
fn characters(pictures: &[Picture<'_, '_>]) -> f64 {
    pictures.iter().map(|p| base64_len(p.planned())).sum::<u64>() as f64
}

/// The files, when they hold. Originals that fit into what is left are sent after all, the cheapest first.
fn sent<'a>(pictures: &mut [Picture<'_, 'a>], room: &Room) -> Option<Vec<Encoded<'a>>> {
    if !room.holds(pictures.iter().map(|p| p.len())) {
        return None;
    }
    let characters = |len: usize| base64_len(len as u64);
    let mut left = room.characters.saturating_sub(pictures.iter().map(|p| characters(p.len())).sum());
    let more = |p: &Picture<'_, '_>| characters(p.source.bytes.len()).saturating_sub(characters(p.len()));
    let mut order: Vec<usize> = (0..pictures.len()).collect();
    order.sort_by_key(|i| pictures.get(*i).map(more));
    for i in order {
        if let Some(picture) =
            pictures.get_mut(i).filter(|p| p.source.bytes.len() as u64 <= room.cap && more(p) <= left)
        {
            left -= more(picture);
            picture.restore();
        }
    }
    Some(pictures.iter_mut().map(Picture::sent).collect())
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

/// What is told when nothing fits; `lens` are the least bytes of each.
fn infeasible(
    pictures: &[Picture<'_, '_>],
    lens: &[u64],
    room: &Room,
    service: &Service,
    reachable: bool,
) -> Infeasible {
    let heaviest = pictures.iter().zip(lens).max_by_key(|(_, n)| **n);
    let (step, rigid) = heaviest.map_or((Step::Front, false), |(p, _)| (p.source.step.clone(), !p.can_give()));
    let (bound, least, limit) = match (heaviest, service.max_image_base64) {
        (Some((_, n)), Some(limit)) if *n > room.cap => (Bound::Image, base64_len(*n), limit),
        _ => {
            let sum = lens.iter().fold(room.overhead, |sum, n| sum.saturating_add(base64_len(*n)));
            (Bound::Body, sum, service.max_body_bytes)
        }
    };
    Infeasible { bound, least, reachable, limit, heaviest: step, rigid }
}
