//! When to stop: the caller's flag and the clock, asked in every loop that a file can make long.

use crate::error::Error;
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

/// Tells a running check to stop. Clones share the flag.
///
/// ```
/// use idenfy_preflight::{Cancel, Error, Preflight, Submission};
/// let cancel = Cancel::default();
/// let preflight = Preflight::default().cancelled_by(cancel.clone());
/// cancel.cancel(); // from a signal handler, or when the client hangs up
/// assert!(matches!(preflight.check(Submission::new()), Err(Error::Cancelled)));
/// ```
#[derive(Clone, Debug, Default)]
pub struct Cancel(Arc<AtomicBool>);

impl Cancel {
    /// Asks to stop; the check returns [`Error::Cancelled`] in the midst of a picture too: within 50 ms at 12 megapixels,
    /// and mostly so up to 100 on a machine that has time for it.
    ///
    /// ```
    /// use idenfy_preflight::Cancel;
    /// let cancel = Cancel::default();
    /// let in_the_handler = cancel.clone(); // clones share the flag
    /// in_the_handler.cancel();
    /// ```
    pub fn cancel(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    pub(crate) fn is_set(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    pub(crate) fn check(&self) -> Result<(), Error> {
        if self.is_set() { Err(Error::Cancelled) } else { Ok(()) }
    }
}

/// The flag, and a point in time. Once it is over it stays so: whoever breaks off may leave anything behind, whoever
/// hands a result on asks once more.
#[derive(Clone, Debug, Default)]
pub(crate) struct Watch {
    cancel: Cancel,
    until: Option<Instant>,
}

impl Watch {
    /// From now on for so long. A time beyond what the clock can tell is no bound.
    pub fn new(cancel: &Cancel, time: Duration) -> Self {
        Self { cancel: cancel.clone(), until: Instant::now().checked_add(time) }
    }

    /// Whether to stop.
    pub fn is_over(&self) -> bool {
        self.cancel.is_set() || self.until.is_some_and(|until| Instant::now() >= until)
    }

    /// Lets go of something large. A caller who has changed their mind does not wait for it: to give back a hundred million
    /// pixels takes 30 ms. After the clock the next picture follows, so that memory comes back first.
    pub fn release<T: Send + 'static>(&self, large: T) {
        if self.cancel.is_set() {
            // Where there is no thread to be had, it is let go here.
            let _ = std::thread::Builder::new().spawn(move || drop(large));
        }
    }
}

/// It says when to stop and not how much is allowed: limits that differ in it alone are the same.
impl PartialEq for Watch {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Watch {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_over_by_the_flag_or_by_the_clock_and_stays_so() {
        let cancel = Cancel::default();
        let (long, endless, none) = (Duration::from_secs(3600), Duration::MAX, Watch::default());
        let watches = [Watch::new(&cancel, long), Watch::new(&cancel, endless)];
        assert!(!watches[0].is_over() && !watches[1].is_over());
        let past = Watch::new(&Cancel::default(), Duration::ZERO);
        assert!(past.is_over() && past.is_over());
        cancel.cancel();
        assert!(watches[0].is_over() && watches[1].is_over() && !none.is_over());
    }
}
