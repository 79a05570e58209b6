//! Decoders that cannot be stopped, in a thread of their own: when the time is up they are no longer waited for.

use crate::{
    fault::{Refusal, contained},
    options::Limits,
};
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
        mpsc,
    },
    time::Duration,
};

/// The thread's stack. Renderers recurse as deep as what they draw is nested, which they bound themselves, or which is
/// held before they begin.
const STACK: usize = 16 << 20;
/// How often the caller's flag is looked at.
const GLANCE: Duration = Duration::from_millis(20);

/// Threads that are left behind at a time; with more, nothing is begun. They still hold memory.
const MOST_LEFT: usize = 16;
/// Those that are.
static LEFT: AtomicUsize = AtomicUsize::new(0);

/// Runs somebody else's code for at most `most`; `None` when it was not done by then. What the thread still does then is
/// bounded by what the code was given, and nobody hears of it.
///
/// # Errors
/// [`Refusal::DecoderFault`] when it panics, or there is no thread to be had; [`Refusal::TookTooLong`] when the limits
/// say that it is time to stop, or too many are left behind already.
pub(crate) fn aside<T: Send + 'static>(
    decoder: &'static str,
    most: Duration,
    limits: &Limits,
    run: impl FnOnce() -> T + Send + 'static,
) -> Result<Option<T>, Refusal> {
    if LEFT.load(Ordering::Relaxed) >= MOST_LEFT {
        return Err(Refusal::TookTooLong { limit: limits.max_time });
    }
    let (done, result) = mpsc::sync_channel(1);
    // Set by whichever ends first, the thread or the wait for it; who finds it set has come second.
    let over = Arc::new(AtomicBool::new(false));
    let own = Arc::clone(&over);
    let thread = std::thread::Builder::new().stack_size(STACK).spawn(move || {
        // Nobody listens any more when the time was up.
        let _ = done.send(contained(decoder, run));
        if own.swap(true, Ordering::AcqRel) {
            LEFT.fetch_sub(1, Ordering::Relaxed);
        }
    });
    let leave = || {
        LEFT.fetch_add(1, Ordering::Relaxed);
        if over.swap(true, Ordering::AcqRel) {
            LEFT.fetch_sub(1, Ordering::Relaxed);
        }
    };
    let fault = || Refusal::DecoderFault { decoder };
    thread.map_err(|_| fault())?;
    let mut left = most;
    loop {
        let glance = left.min(GLANCE);
        match result.recv_timeout(glance) {
            Ok(done) => return done.map(Some),
            Err(mpsc::RecvTimeoutError::Disconnected) => return Err(fault()),
            Err(mpsc::RecvTimeoutError::Timeout) => {}
        }
        if let Err(refusal) = limits.in_time() {
            leave();
            return Err(refusal);
        }
        left = left.saturating_sub(glance);
        if left.is_zero() {
            leave();
            return Ok(None);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Cancel;

    #[test]
    fn what_hangs_or_panics_is_left_behind() {
        let limits = Limits::default();
        let long = Duration::from_secs(3600);
        assert_eq!(aside("x", long, &limits, || 7), Ok(Some(7)));
        assert_eq!(
            aside("x", long, &limits, || -> u8 { panic!("never mind") }),
            Err(Refusal::DecoderFault { decoder: "x" })
        );
        let (_hold, wait) = mpsc::channel::<()>();
        assert_eq!(aside("x", Duration::from_millis(30), &limits, move || wait.recv().is_ok()), Ok(None));
        let (_hold, wait) = mpsc::channel::<()>();
        let cancel = Cancel::default();
        let watched = limits.watched(&cancel);
        cancel.cancel();
        let stopped = aside("x", long, &watched, move || wait.recv().is_ok());
        assert_eq!(stopped, Err(Refusal::TookTooLong { limit: limits.max_time }));
    }
}
