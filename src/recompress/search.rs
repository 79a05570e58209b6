//! Aiming for a size when what comes out differs from what was aimed for.

/// What to aim for so that the target comes out.
pub(super) struct Search {
    target: f64,
    pub aim: f64,
    /// What was aimed for and what came of it, under the target and over it.
    under: Option<(f64, f64)>,
    over: Option<(f64, f64)>,
}

impl Search {
    /// For a target, to be aimed at like that at first.
    pub fn new(target: f64, aim: f64) -> Self {
        Self { target, aim, under: None, over: None }
    }

    /// Aims anew: in proportion at first, between what is known on both sides after that.
    pub fn note(&mut self, result: f64) {
        let side = if result > self.target { &mut self.over } else { &mut self.under };
        *side = Some((self.aim, result));
        self.aim = match (self.under, self.over) {
            (Some((low, less)), Some((high, more))) => {
                let share = (self.target - less) / (more - less).max(1.0);
                low + (high - low) * share.clamp(0.2, 0.8)
            }
            _ => self.aim * (self.target / result.max(1.0)).clamp(0.5, 1.5),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_behind_a_leap_is_neared_from_both_sides() {
        // 10 % too much, and a leap of 30 in what comes out where 80 is aimed for.
        let result = |aim: f64| aim * 1.1 + if aim > 80.0 { 30.0 } else { 0.0 };
        let mut search = Search::new(100.0, 100.0);
        for _ in 0..20 {
            search.note(result(search.aim));
        }
        assert!((search.aim - 80.0).abs() < 0.5, "{}", search.aim);
    }

    #[test]
    fn between_two_results_it_aims_in_proportion() {
        let aimed = |first: (f64, f64), second: (f64, f64)| {
            let mut search = Search::new(100.0, first.0);
            search.note(first.1);
            search.aim = second.0;
            search.note(second.1);
            search.aim
        };
        assert_eq!(aimed((80.0, 90.0), (100.0, 130.0)), 85.0);
        assert_eq!(aimed((100.0, 130.0), (80.0, 90.0)), 85.0);
        // Not nearer to either end than a fifth.
        assert_eq!(aimed((80.0, 99.0), (100.0, 199.0)), 84.0);
    }

    #[test]
    fn what_is_in_proportion_is_met_at_once() {
        let mut search = Search::new(100.0, 100.0);
        search.note(125.0);
        assert!((search.aim - 80.0).abs() < 1e-9);
    }
}
