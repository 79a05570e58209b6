//! Bytes in flight, bounded: who wants to hold some waits, in the order of the lines, until there is room.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// A bound on the bytes that are held at a time.
///
/// Room is given in the order of turns. So the oldest line in flight always has its room already, needs nothing more to
/// be answered, and nothing can lock up.
#[derive(Debug)]
pub(super) struct Window {
    capacity: u64,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    held: u64,
    peak: u64,
    turn: u64,
    closed: bool,
}

impl Window {
    pub fn new(capacity: u64) -> Self {
        Self { capacity: capacity.max(1), state: Mutex::default(), changed: Condvar::new() }
    }

    /// Waits for this turn and for room; every turn from nought has to be taken, once. What is larger than the whole
    /// window gets all of it and is alone in it. `None` when the window was closed.
    pub fn acquire(&self, turn: u64, bytes: u64) -> Option<Permit<'_>> {
        let bytes = bytes.min(self.capacity);
        let mut state = self.state();
        while !state.closed && (state.turn != turn || bytes > self.capacity.saturating_sub(state.held)) {
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        if state.closed {
            return None;
        }
        state.turn = turn.saturating_add(1);
        state.held = state.held.saturating_add(bytes);
        state.peak = state.peak.max(state.held);
        self.changed.notify_all();
        Some(Permit { window: self, bytes })
    }

    /// Sends everybody away who waits or will wait.
    pub fn close(&self) {
        self.state().closed = true;
        self.changed.notify_all();
    }

    /// The most that was held at a time.
    pub fn peak(&self) -> u64 {
        self.state().peak
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Room in the window; given back on drop.
#[derive(Debug)]
pub(super) struct Permit<'w> {
    window: &'w Window,
    bytes: u64,
}

impl Permit<'_> {
    /// Gives back all but this much.
    pub fn shrink(&mut self, bytes: u64) {
        let back = self.bytes.saturating_sub(bytes);
        if back > 0 {
            self.bytes = bytes;
            let mut state = self.window.state();
            state.held = state.held.saturating_sub(back);
            self.window.changed.notify_all();
        }
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        self.shrink(0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::{collection::vec, prelude::*};
    use std::sync::atomic::{AtomicU64, Ordering};

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        /// Threads that come in any order, with any sizes: all get their turn, and what is held stays within bounds
        /// unless one alone is larger.
        #[test]
        fn never_more_than_the_window(sizes in vec(0_u64..150, 1..40), threads in 1_usize..6) {
            let window = Window::new(100);
            let (next, held) = (AtomicU64::new(0), AtomicU64::new(0));
            let in_order = Mutex::new(Vec::new());
            std::thread::scope(|scope| {
                for _ in 0..threads {
                    scope.spawn(|| loop {
                        let turn = next.fetch_add(1, Ordering::SeqCst);
                        let Some(size) = sizes.get(turn as usize) else { break };
                        let mut permit = window.acquire(turn, *size).unwrap();
                        in_order.lock().unwrap().push(turn);
                        let now = held.fetch_add((*size).min(100), Ordering::SeqCst) + (*size).min(100);
                        assert!(now <= 100, "{now} are held");
                        std::thread::yield_now();
                        held.fetch_sub((*size).min(100) - (*size).min(10), Ordering::SeqCst);
                        permit.shrink(10);
                        held.fetch_sub((*size).min(10), Ordering::SeqCst);
                    });
                }
            });
            prop_assert_eq!(in_order.lock().unwrap().len(), sizes.len());
            prop_assert!(window.peak() <= 100);
            prop_assert_eq!(window.state().held, 0);
        }
    }

    #[test]
    fn a_closed_window_lets_nobody_wait() {
        let window = Window::new(10);
        let all = window.acquire(0, 10);
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| window.acquire(1, 1).is_none());
            window.close();
            assert!(waiting.join().unwrap());
        });
        drop(all);
    }
}
