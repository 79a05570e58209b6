//! The one property that matters: whatever goes wrong, at most one body of a token arrives.

use crate::*;
use idenfy_preflight::{sandbox::Fault, submit::Answer};
use std::{net::TcpListener, thread};

const RUNS: u64 = 10_000;
const THREADS: u64 = 4;

/// Steele, Lea and Flood's SplitMix64.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) % sides) as usize
    }
}

#[test]
fn of_ten_thousand_faulty_runs_none_sends_a_token_twice() {
    let runs: Vec<_> = (0..THREADS).map(|seed| thread::spawn(move || run(seed))).collect();
    let arrived: Vec<usize> = runs.into_iter().flat_map(|r| r.join().unwrap()).collect();
    assert!(arrived.iter().all(|bodies| *bodies == 1), "a token arrived twice");
    // Most arrived, or the test would hold for a client that sends nothing.
    assert!(arrived.len() as u64 > RUNS * 7 / 10, "{} of {RUNS} arrived", arrived.len());
}

fn run(seed: u64) -> Vec<usize> {
    let mut dice = Dice(seed);
    let sandbox = sandbox(settings());
    let dead = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let ledger = Arc::new(Ledger::new());
    let patience =
        Patience { answer: Duration::from_millis(40), waits: vec![Duration::ZERO; 2], ..Patience::default() };
    let to = |address| Submitter::to(base(address), patience.clone(), credentials()).ledger(Arc::clone(&ledger));
    let (alive, down) = (to(sandbox.address()), to(dead));
    for n in 0..RUNS / THREADS {
        let token = format!("TOKEN{seed}TOKEN{n}");
        let outcome = small(&token);
        let request = outcome.request.as_ref().unwrap();
        // Tried up to four times, as by a caller who does not read the answers.
        for _ in 0..=dice.roll(4) {
            let fault = match dice.roll(200) {
                0 => Fault::Silence,
                n => Fault::ALL[n % Fault::ALL.len()].1,
            };
            sandbox.set_fault(if fault == Fault::Silence && dice.roll(20) > 0 { Fault::Reset } else { fault });
            let before = sandbox.bodies(&token);
            let answer = if dice.roll(5) == 0 { &down } else { &alive }.submit(request, &outcome.report);
            let sent = sandbox.bodies(&token) - before;
            assert!(sent == 0 || !answer.token_is_good(), "{fault:?}: sent, and called good: {answer:?}");
            assert!(!matches!(answer, Answer::Accepted), "no such token was made");
        }
    }
    sandbox.all_bodies()
}
