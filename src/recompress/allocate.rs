//! One budget over all pictures: the same loss for each, as far as floors and caps let it.

use super::{
    budget::{base64_len, bytes_within},
    jpeg::Point,
};

/// What a picture costs at every loss.
#[derive(Clone, Debug)]
pub(super) struct Curve {
    /// From fine to coarse: bytes fall, loss rises.
    points: Vec<Point>,
    /// Bytes of the file that loses nothing, when there is one that may be sent.
    pub lossless: Option<u64>,
    /// How much its loss counts.
    pub worth: f64,
    /// The most bytes that it may have.
    pub cap: u64,
}

/// What is to become of a picture.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) enum Share {
    /// The file that loses nothing.
    #[default]
    Lossless,
    /// A JPEG of that coarseness.
    Coarseness(f64),
}

impl Curve {
    /// Points in the order of their coarseness. Where a coarser one is not smaller (a quantiser that meets the one of
    /// the original, once more) it is left out.
    pub fn new(points: Vec<Point>, lossless: Option<u64>, worth: f64, cap: u64) -> Self {
        let mut kept: Vec<Point> = Vec::with_capacity(points.len());
        for point in points {
            while kept.last().is_some_and(|last| last.bytes <= point.bytes && last.loss > point.loss) {
                kept.pop();
            }
            if kept.last().is_none_or(|last| point.bytes < last.bytes) {
                let loss = kept.last().map_or(point.loss, |last| point.loss.max(last.loss));
                kept.push(Point { loss, ..point });
            }
        }
        Self { points: kept, lossless: lossless.filter(|n| *n <= cap), worth, cap }
    }

    /// Bytes of the file that loses nothing; more than the cap is no choice.
    pub fn set_lossless(&mut self, bytes: u64) {
        self.lossless = Some(bytes).filter(|n| *n <= self.cap);
    }

    /// Makes the file that loses nothing no choice, if there is another.
    pub fn without_lossless(&mut self) {
        if !self.points.is_empty() {
            self.lossless = None;
        }
    }

    /// Whether that coarseness is what its cap leaves.
    pub fn is_capped(&self, coarseness: f64) -> bool {
        self.bytes_at(coarseness) >= self.cap as f64 * 0.99
    }

    /// Brings the curve to a size that was counted.
    pub fn corrected(&mut self, coarseness: f64, bytes: f64) {
        let factor = bytes / self.bytes_at(coarseness).max(1.0);
        self.points.iter_mut().for_each(|p| p.bytes *= factor);
    }

    /// Bytes of the smallest file.
    pub fn least(&self) -> u64 {
        self.least_at(1.0)
    }

    /// The same when the JPEG's bytes shrink by a factor.
    pub fn least_at(&self, factor: f64) -> u64 {
        let coarsest = self.points.last().map_or(u64::MAX, |p| (p.bytes * factor).ceil() as u64);
        coarsest.min(self.lossless.unwrap_or(u64::MAX))
    }

    /// Bytes at a coarseness: the logarithm of one is nearly straight over the logarithm of the other.
    pub fn bytes_at(&self, coarseness: f64) -> f64 {
        self.interpolate(|p| p.coarseness.ln(), coarseness.ln(), |p| p.bytes.max(1.0).ln()).exp()
    }

    /// The coarsest that loses at most `loss`, weighed.
    fn at_loss(&self, loss: f64) -> f64 {
        self.interpolate(|p| p.loss * self.worth, loss, |p| p.coarseness.ln()).exp()
    }

    /// The finest that takes at most `bytes`.
    fn at_bytes(&self, bytes: f64) -> f64 {
        self.interpolate(|p| -p.bytes.max(1.0).ln(), -bytes.max(1.0).ln(), |p| p.coarseness.ln()).exp()
    }

    /// `y` where the rising `x` has a value; the first or the last outside.
    fn interpolate(&self, x: impl Fn(&Point) -> f64, at: f64, y: impl Fn(&Point) -> f64) -> f64 {
        let right = self.points.partition_point(|p| x(p) < at);
        match (right.checked_sub(1).and_then(|i| self.points.get(i)), self.points.get(right)) {
            (Some(a), Some(b)) => {
                let t = (at - x(a)) / (x(b) - x(a)).max(1e-12);
                y(a) + (y(b) - y(a)) * t.clamp(0.0, 1.0)
            }
            (Some(only), None) | (None, Some(only)) => y(only),
            (None, None) => 0.0,
        }
    }

    /// The loss at a coarseness, not weighed.
    pub fn loss_at(&self, coarseness: f64) -> f64 {
        self.interpolate(|p| p.coarseness.ln(), coarseness.ln(), |p| p.loss)
    }

    /// The finest coarseness there is.
    pub fn finest(&self) -> Option<f64> {
        self.points.first().map(|p| p.coarseness)
    }

    /// The share of the smallest file.
    pub fn coarsest(&self) -> Share {
        self.share(f64::MAX).0
    }

    /// The share and its bytes when `loss` is allowed. What loses nothing is taken wherever it is no larger.
    fn share(&self, loss: f64) -> (Share, u64) {
        let mut coarseness = self.at_loss(loss);
        // A little less than the cap: sizes are known but for the luck of byte stuffing.
        let cap = self.cap as f64 * 0.999;
        if self.bytes_at(coarseness) > cap {
            coarseness = coarseness.max(self.at_bytes(cap));
        }
        let bytes = self.bytes_at(coarseness).ceil() as u64;
        match self.lossless {
            Some(lossless) if lossless <= bytes || self.points.is_empty() => (Share::Lossless, lossless),
            _ => (Share::Coarseness(coarseness), bytes),
        }
    }
}

/// Characters of base64 that the curves take at least.
pub(super) fn least(curves: &[&Curve]) -> u64 {
    curves.iter().fold(0, |sum, c| sum.saturating_add(base64_len(c.least())))
}

/// The shares of the least loss that all fit into `room` characters of base64; `None` when the coarsest do not.
pub(super) fn allocate(curves: &[&Curve], room: u64) -> Option<Vec<Share>> {
    if least(curves) > room || curves.iter().any(|c| c.least() > c.cap) {
        return None;
    }
    let cost = |loss: f64| curves.iter().fold(0u64, |sum, c| sum.saturating_add(base64_len(c.share(loss).1)));
    let losses = || curves.iter().flat_map(|c| c.points.iter().map(|p| p.loss * c.worth));
    // Beyond the largest loss all are at their coarsest.
    let (mut low, mut high) = (0.0, losses().fold(0.0, f64::max) * 1.001 + 1e-9);
    if cost(low) <= room {
        high = low;
    }
    for _ in 0..60 {
        let middle = f64::midpoint(low, high);
        if cost(middle) <= room { high = middle } else { low = middle }
    }
    let mut shares: Vec<(Share, u64)> = curves.iter().map(|c| c.share(high)).collect();
    spend(curves, &mut shares, room);
    Some(shares.into_iter().map(|(share, _)| share).collect())
}

/// Spends what is left of the room on files that lose nothing, in place of larger losses first and smaller costs first.
fn spend(curves: &[&Curve], shares: &mut [(Share, u64)], room: u64) {
    let mut left = room.saturating_sub(shares.iter().map(|(_, bytes)| base64_len(*bytes)).sum());
    let better = |(i, (curve, (share, bytes))): (usize, (&&Curve, &(Share, u64)))| {
        let (Share::Coarseness(coarseness), Some(lossless)) = (share, curve.lossless) else { return None };
        Some((curve.loss_at(*coarseness) == 0.0, base64_len(lossless).saturating_sub(base64_len(*bytes)), i, lossless))
    };
    let mut offers: Vec<_> = curves.iter().zip(&*shares).enumerate().filter_map(better).collect();
    offers.sort_unstable();
    for (_, more, i, lossless) in offers {
        if more <= left
            && let Some(share) = shares.get_mut(i)
        {
            left -= more;
            *share = (Share::Lossless, lossless);
        }
    }
}

/// Characters of base64 that `room` leaves for one picture, in bytes.
pub(super) fn cap(service_cap: Option<u64>) -> u64 {
    service_cap.map_or(u64::MAX, bytes_within)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A curve as JPEGs have it: bytes fall with the 0.7th power of the coarseness, loss rises with its square.
    fn curve(bytes: f64, loss: f64, lossless: Option<u64>, worth: f64) -> Curve {
        let points = [0.08, 0.12, 0.2, 0.3, 0.5].map(|coarseness: f64| Point {
            coarseness,
            bytes: bytes * (coarseness / 0.08).powf(-0.7),
            loss: loss * coarseness * coarseness,
        });
        Curve::new(points.to_vec(), lossless, worth, u64::MAX)
    }

    fn coarseness(share: Share) -> f64 {
        match share {
            Share::Coarseness(c) => c,
            Share::Lossless => 0.0,
        }
    }

    #[test]
    fn a_bill_gives_before_a_front_and_a_small_image_stays_as_it_is() {
        let curves = [curve(6e6, 1.0, None, 1.0), curve(6e6, 1.0, None, 0.5), curve(9e5, 1.0, Some(300_000), 1.0)];
        let shares = allocate(&curves.iter().collect::<Vec<_>>(), 10_000_000).unwrap();
        assert!(coarseness(shares[1]) > coarseness(shares[0]) * 1.2);
        assert_eq!(shares[2], Share::Lossless);
    }

    #[test]
    fn a_curve_knows_its_ends_and_takes_correction() {
        let mut curve = curve(1e6, 1.0, None, 1.0);
        let last = curve.bytes_at(0.5);
        assert_eq!((curve.finest(), curve.coarsest()), (Some(0.08), Share::Coarseness(0.5)));
        assert_eq!(curve.least_at(0.5), (last * 0.5).ceil() as u64);
        assert_eq!(curve.least(), last.ceil() as u64);
        let before = [0.1, 0.2, 0.5].map(|c| curve.bytes_at(c));
        curve.corrected(0.2, before[1] * 1.5);
        for (before, after) in before.into_iter().zip([0.1, 0.2, 0.5].map(|c| curve.bytes_at(c))) {
            assert!((after / before - 1.5).abs() < 1e-9);
        }
    }

    #[test]
    fn what_loses_nothing_is_taken_only_where_it_is_no_larger() {
        let curves = [curve(2e6, 1.0, Some(5_000_000), 1.0), curve(2e6, 1.0, Some(10), 1.0)];
        let shares = allocate(&curves.iter().collect::<Vec<_>>(), 2_000_000).unwrap();
        assert!(matches!(shares[0], Share::Coarseness(_)));
        assert_eq!((shares[1], curves[1].coarsest()), (Share::Lossless, Share::Lossless));
    }

    #[test]
    fn just_enough_is_enough_for_all_and_for_each() {
        // A loss that counts so much that the bound on it is not the loss itself.
        let mut one = curve(1e6, 100.0, None, 3.0);
        let least = one.least();
        let room = base64_len(least);
        let coarsest = coarseness(allocate(&[&one], room).unwrap()[0]);
        assert!((0.4999..=0.5).contains(&coarsest), "{coarsest}");
        assert!(allocate(&[&one], room - 1).is_none());
        let near = allocate(&[&one], room + 400).unwrap();
        assert!(base64_len(one.bytes_at(coarseness(near[0])).ceil() as u64) <= room + 400);
        one.cap = least;
        assert!(allocate(&[&one], 2 * room).is_some());
        one.cap = least - 1;
        assert!(allocate(&[&one], 2 * room).is_none());
        assert_eq!((cap(None), cap(Some(8))), (u64::MAX, 6));
    }

    #[test]
    fn what_its_own_cap_binds_leaves_the_rest_to_the_others() {
        let mut curves = [curve(6e6, 1.0, None, 1.0), curve(6e6, 1.0, None, 1.0)];
        curves[0].cap = 2_000_000;
        let shares = allocate(&curves.iter().collect::<Vec<_>>(), 9_000_000).unwrap();
        let bound = curves[0].bytes_at(coarseness(shares[0]));
        assert!((1.997e6..1.999e6).contains(&bound), "{bound}");
        let used: f64 = curves.iter().zip(&shares).map(|(c, s)| c.bytes_at(coarseness(*s)) * 4.0 / 3.0).sum();
        assert!(used > 8_900_000.0);
    }

    proptest! {
        #[test]
        fn never_over_and_nearly_all_of_it(
            sizes in proptest::collection::vec((1e5f64..1e7, 0.1f64..4.0, 0.3f64..1.0), 1..7), share in 0.01f64..1.0
        ) {
            let curves: Vec<Curve> = sizes.iter().map(|(b, l, w)| curve(*b, *l, None, *w)).collect();
            let (most, least) = (curves.iter().map(|c| base64_len(c.bytes_at(0.0).ceil() as u64)).sum::<u64>(), least(&curves.iter().collect::<Vec<_>>()));
            let room = least + ((most - least) as f64 * share) as u64;
            let shares = allocate(&curves.iter().collect::<Vec<_>>(), room).unwrap();
            let used: u64 = curves.iter().zip(shares).map(|(c, s)| base64_len(c.bytes_at(coarseness(s)).ceil() as u64)).sum();
            prop_assert!(used <= room && used as f64 > 0.99 * room as f64, "{used} of {room}");
            prop_assert!(allocate(&curves.iter().collect::<Vec<_>>(), least - 1).is_none());
        }
    }
}
