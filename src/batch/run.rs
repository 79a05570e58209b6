//! Lines to answers: one thread cuts lines, some read images, the pool looks, the caller's thread writes.
//!
//! ```text
//! input ─▶ lines ─▶ readers ─▶ window ─▶ readers ─▶ pool ─▶ answers ─▶ sink
//!          1 thread  parse, weigh         read images  look   in order   caller
//! ```

use super::{
    Answer, Answered, Batch, BatchError, Done, Sink, Stop,
    input::{Lines, Raw},
    line::{self, Line},
    place::Place,
    window::{Permit, Window},
};
use crate::{
    error::Error,
    options::Limits,
    report::{Report, text::printable_json},
    session::{Session, SessionError},
    submission::{Image, Step, Submission},
};
use sha2::{Digest, Sha256};
use std::{
    collections::BTreeMap,
    fmt::Write,
    io::{self, BufReader, Read},
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Mutex, MutexGuard, PoisonError,
        mpsc::{Receiver, RecvTimeoutError, Sender, TryRecvError, channel, sync_channel},
    },
    thread,
    time::{Duration, Instant},
};

/// What an answer is taken to weigh before it is there, and again for each image: with all measurements some 2 kB each.
const ANSWER: u64 = 4 << 10;
/// Lines larger than this are weighed one after the other, so that only one of them is outside the window.
const LARGE_LINE: usize = 1 << 20;
/// How long a stop may go unnoticed while no line comes.
const NOTICE: Duration = Duration::from_millis(50);

/// A line with all that it names.
struct Loaded<'w> {
    turn: u64,
    number: u64,
    end: u64,
    id: String,
    /// The name of its body.
    name: Option<String>,
    submission: Result<Submission<'static>, String>,
    permit: Permit<'w>,
    read: Duration,
}

/// A line that was looked at.
struct Looked<'w> {
    turn: u64,
    answer: Answer,
    permit: Permit<'w>,
}

/// Lines to come.
struct Queue {
    lines: Receiver<io::Result<Raw>>,
    turn: u64,
}

impl Batch {
    /// Answers every line that is not answered yet. Runs until the input ends, or until it is told to stop: then lines
    /// that were taken are finished, and a reader that waits for more is left behind in its thread.
    ///
    /// # Errors
    /// [`BatchError`]. What is wrong with a line is its answer.
    ///
    /// ```
    /// use idenfy_preflight::{Preflight, batch::{Answered, Batch, Settings, Stop}};
    /// let lines = br#"{"id": 1, "images": {"FRONT": "testdata/front.jpg"}}"#;
    /// let mut answered = Answered::default();
    /// answered.insert(1); // by an earlier run
    /// let batch = Batch::new(Preflight::default(), Settings::default());
    /// let done = batch.run(&lines[..], answered, &Stop::default(), &mut Vec::new())?;
    /// assert_eq!(done.lines, 0);
    /// # Ok::<(), idenfy_preflight::batch::BatchError>(())
    /// ```
    pub fn run(
        &self,
        input: impl Read + Send + 'static,
        answered: Answered,
        stop: &Stop,
        sink: &mut dyn Sink,
    ) -> Result<Done, BatchError> {
        let threads = |e: &dyn std::fmt::Display| BatchError::Threads(e.to_string());
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(self.settings.threads)
            .thread_name(|i| format!("preflight-{i}"))
            .build()
            .map_err(|e| threads(&e))?;
        let (to_queue, lines) = sync_channel(0);
        let max = self.settings.max_line;
        thread::Builder::new()
            .name("preflight-lines".into())
            .spawn(move || cut(input, max, &answered, |line| to_queue.send(line).is_ok()))
            .map_err(|e| threads(&e))?;

        let queue = Mutex::new(Queue { lines, turn: 0 });
        let window = Window::new(self.settings.window);
        let over = Stop::default();
        let (to_pool, loaded) = channel();
        let (to_sink, looked) = channel();
        let loaded = Mutex::new(loaded);
        thread::scope(|scope| {
            for _ in 0..self.settings.readers.clamp(1, 1024) {
                let (to_pool, to_sink) = (to_pool.clone(), to_sink.clone());
                let (queue, window, over) = (&queue, &window, &over);
                scope.spawn(move || {
                    while let Some(next) = self.load_next(queue, window, || stop.is_set() || over.is_set()) {
                        let sent = match next {
                            Ok(loaded) => to_pool.send(loaded).is_ok(),
                            Err(e) => to_sink.send(Err(e)).is_ok(),
                        };
                        if !sent {
                            return;
                        }
                    }
                });
            }
            drop(to_pool);
            // Each thread takes lines until there are none, then helps the others with their images.
            let (pool, loaded) = (&pool, &loaded);
            scope.spawn(move || pool.broadcast(|_| self.look_at_all(loaded, &to_sink)));

            let end = || {
                over.stop();
                window.close();
            };
            let (lines, failure) = self.hand_on(&looked, sink, end);
            match failure {
                Some(error) => Err(error),
                None => Ok(Done { lines, peak: window.peak(), stopped: stop.is_set() }),
            }
        })
    }

    /// The next line with its images. `None` when there are no more, or none are wanted.
    fn load_next<'w>(
        &self,
        queue: &Mutex<Queue>,
        window: &'w Window,
        unwanted: impl Fn() -> bool,
    ) -> Option<Result<Loaded<'w>, BatchError>> {
        let mut queue = lock(queue);
        let raw = loop {
            if unwanted() {
                return None;
            }
            match queue.lines.recv_timeout(NOTICE) {
                Ok(Ok(raw)) => break raw,
                Ok(Err(e)) => return Some(Err(BatchError::Input(e))),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return None,
            }
        };
        let turn = queue.turn;
        queue.turn = turn.saturating_add(1);
        let length = raw.bytes.as_ref().map_or(0, Vec::len);
        let queue = Some(queue).filter(|_| length > LARGE_LINE);

        let limits = &self.preflight.options().limits;
        // From here to the window nothing may panic: every turn has to be taken.
        let mut line = contained(|| Parsed::of(&raw, self.settings.max_line)).unwrap_or_else(Parsed::broken);
        #[cfg(feature = "remote")]
        contained(|| line.prepare(&self.stores)).unwrap_or_else(|| line.wrong = Some(internal()));
        let weight = line.weight(limits).saturating_add(length as u64);
        let mut permit = window.acquire(turn, weight)?;
        drop(queue);

        let began = Instant::now();
        let spared = ANSWER.saturating_mul(line.places.len() as u64 + 1);
        let id = std::mem::take(&mut line.id);
        let submission = contained(|| line.open(limits)).unwrap_or_else(|| Err(internal()));
        let read = began.elapsed();
        let name = self.bodies.as_ref().zip(raw.bytes.as_deref()).map(|(_, bytes)| name(bytes));
        let held: u64 = submission.iter().flat_map(|s| &s.images).map(|image| image.bytes.len() as u64).sum();
        permit.shrink(held.saturating_add(spared));
        let submission = submission.map(|s| s.skip_analysis(self.settings.skip_analysis));
        Some(Ok(Loaded { turn, number: raw.number, end: raw.end, id, name, submission, permit, read }))
    }

    fn look_at_all<'w>(&self, loaded: &Mutex<Receiver<Loaded<'w>>>, to_sink: &Sender<Result<Looked<'w>, BatchError>>) {
        loop {
            let next = lock(loaded).recv();
            let Ok(next) = next else { return };
            if to_sink.send(self.look_at(next)).is_err() {
                return;
            }
        }
    }

    fn look_at<'w>(&self, loaded: Loaded<'w>) -> Result<Looked<'w>, BatchError> {
        let Loaded { turn, number, end, id, name, submission, mut permit, read } = loaded;
        let began = Instant::now();
        let text = match submission.map(|submission| contained(|| self.preflight.check(submission))) {
            Ok(Some(Ok(outcome))) => {
                let body = match (&self.bodies, name, outcome.request) {
                    (Some(bodies), Some(name), Some(request)) => {
                        let put = bodies.put(&name, number, request.into_body());
                        put.map_err(|error| BatchError::Body { line: number, error })?;
                        Some(name)
                    }
                    _ => None,
                };
                report(number, &id, body.as_deref(), &outcome.report)
            }
            Ok(Some(Err(Error::Cancelled))) => return Err(BatchError::Cancelled),
            Ok(Some(Err(error))) => failure(number, &id, &error.to_string()),
            // Decoders are contained one by one; this is for the rest.
            Ok(None) => failure(number, &id, &internal()),
            Err(what) => failure(number, &id, &what),
        };
        permit.shrink(text.len() as u64);
        let time = read.saturating_add(began.elapsed());
        Ok(Looked { turn, answer: Answer { line: number, text, time, input: end }, permit })
    }

    /// Gives answers to the sink, in order if that is wanted, and says how many and what went wrong first.
    fn hand_on(
        &self,
        looked: &Receiver<Result<Looked<'_>, BatchError>>,
        sink: &mut dyn Sink,
        end: impl Fn(),
    ) -> (u64, Option<BatchError>) {
        let mut early = BTreeMap::new();
        let (mut turn, mut lines, mut failure) = (0_u64, 0_u64, None);
        let fail = |failure: &mut Option<BatchError>, error: BatchError| {
            // When the input fails, what is in flight is finished all the same.
            if !matches!(error, BatchError::Input(_)) {
                end();
            }
            failure.get_or_insert(error);
        };
        let mut broken = false;
        loop {
            let next = match looked.try_recv() {
                Ok(next) => next,
                Err(TryRecvError::Disconnected) => break,
                Err(TryRecvError::Empty) => {
                    if let Err(e) = if broken { Ok(()) } else { sink.flush() } {
                        broken = true;
                        fail(&mut failure, BatchError::Output(e));
                    }
                    match looked.recv() {
                        Ok(next) => next,
                        Err(_) => break,
                    }
                }
            };
            match next {
                Ok(one) => early.insert(if self.settings.ordered { one.turn } else { turn }, one),
                Err(e) => {
                    fail(&mut failure, e);
                    continue;
                }
            };
            while let Some(one) = if broken { None } else { early.remove(&turn) } {
                if let Err(e) = sink.answer(&one.answer) {
                    broken = true;
                    fail(&mut failure, BatchError::Output(e));
                }
                drop(one.permit);
                turn = turn.saturating_add(1);
                lines = lines.saturating_add(1);
            }
        }
        if let Err(e) = if broken { Ok(()) } else { sink.flush() } {
            fail(&mut failure, BatchError::Output(e));
        }
        (lines, failure)
    }
}

/// A line, understood or not.
struct Parsed<'a> {
    id: String,
    submission: Submission<'static>,
    session: Option<Place<'a>>,
    places: Vec<(Step, Place<'a>)>,
    wrong: Option<String>,
}

impl<'a> Parsed<'a> {
    fn of(raw: &'a Raw, max_line: usize) -> Self {
        let Some(bytes) = &raw.bytes else {
            return Self::wrong("null".into(), format!("the line has more than {max_line} bytes"));
        };
        let Line { id, submission, session, images } = match line::parse(bytes, raw.number) {
            Ok(line) => line,
            Err((id, what)) => return Self::wrong(id, what),
        };
        let session = session.map(Place::of).transpose().map_err(|what| format!("session: {what}"));
        let places = images.into_iter().map(|(step, text)| match Place::of(text) {
            Ok(place) => Ok((step, place)),
            Err(what) => Err(format!("{}: {what}", line::short(step.name()))),
        });
        match (session, places.collect()) {
            (Ok(session), Ok(places)) => Self { id, submission, session, places, wrong: None },
            (Err(what), _) | (_, Err(what)) => Self::wrong(id, what),
        }
    }

    fn wrong(id: String, what: String) -> Self {
        Self { id, submission: Submission::new(), session: None, places: Vec::new(), wrong: Some(what) }
    }

    fn broken() -> Self {
        Self::wrong("null".into(), internal())
    }

    fn weight(&self, limits: &Limits) -> u64 {
        let places = self.places.iter().map(|(_, place)| place).chain(&self.session);
        places.fold(ANSWER, |sum, place| sum.saturating_add(place.weight(limits)).saturating_add(ANSWER))
    }

    /// Asks for what is in stores.
    #[cfg(feature = "remote")]
    fn prepare(&mut self, stores: &super::remote::Stores) {
        let session = self.session.iter_mut().map(|place| ("session", place));
        let images = self.places.iter_mut().map(|(step, place)| (step.name(), place));
        for (name, place) in session.chain(images) {
            if let Err(what) = place.prepare(stores) {
                self.wrong = Some(format!("{}: {what}", line::short(name)));
                return;
            }
        }
    }

    /// Reads what the line names.
    fn open(self, limits: &Limits) -> Result<Submission<'static>, String> {
        if let Some(what) = self.wrong {
            return Err(what);
        }
        let mut submission = self.submission;
        if let Some(place) = self.session {
            let mut own = limits.clone();
            own.max_file_bytes = Session::MAX_BYTES;
            let file = place.open("SESSION".into(), &own).map_err(|what| format!("session: {what}"))?;
            let read = file.unread.map_or_else(|| Session::from_json(&file.bytes), |n| Err(SessionError::TooLarge(n)));
            submission.session = Some(read.map_err(|e| e.to_string())?);
        }
        for (step, place) in self.places {
            let image: Image<'static> =
                place.open(step.clone(), limits).map_err(|what| format!("{}: {what}", line::short(step.name())))?;
            submission.images.push(image);
        }
        Ok(submission)
    }
}

/// Cuts the input into lines and hands on those without an answer, until one is not taken.
fn cut(input: impl Read, max: usize, answered: &Answered, mut hand_on: impl FnMut(io::Result<Raw>) -> bool) {
    let mut lines = Lines::new(BufReader::with_capacity(1 << 18, input), max);
    let mut last = 0;
    loop {
        let raw = match lines.next() {
            Ok(Some(raw)) => raw,
            Ok(None) if last < answered.last() => {
                let what =
                    format!("it has {last} lines, and line {} is answered: is it another input?", answered.last());
                hand_on(Err(io::Error::other(what)));
                return;
            }
            Ok(None) => return,
            Err(e) => {
                hand_on(Err(e));
                return;
            }
        };
        last = raw.number;
        if let Some((_, id)) = answered.witness.as_ref().filter(|(line, _)| *line == last) {
            let own = Parsed::of(&raw, max).id;
            if own != *id {
                let what = format!(
                    "line {last} has the id {}, and what is answered has {}: is it another input?",
                    line::short(&own),
                    line::short(id)
                );
                hand_on(Err(io::Error::other(what)));
                return;
            }
        }
        if !answered.contains(last) && !hand_on(Ok(raw)) {
            return;
        }
    }
}

fn report(line: u64, id: &str, body: Option<&str>, report: &Report) -> String {
    // A report has texts, numbers and lists: nothing that JSON lacks.
    let report = printable_json(serde_json::to_string(report).unwrap_or_default());
    let mut text = String::with_capacity(report.len().saturating_add(id.len()).saturating_add(64));
    let _ = write!(text, "{{\"line\":{line},\"id\":{id},");
    if let Some(body) = body {
        let _ = write!(text, "\"body\":\"{body}\",");
    }
    text.push_str(report.get(1..).unwrap_or("}"));
    text
}

fn failure(line: u64, id: &str, what: &str) -> String {
    printable_json(format!("{{\"line\":{line},\"id\":{id},\"error\":{}}}", serde_json::Value::from(what)))
}

/// The name of a line's body.
fn name(line: &[u8]) -> String {
    let mut name = String::with_capacity(37);
    for byte in Sha256::digest(line).iter().take(16) {
        let _ = write!(name, "{byte:02x}");
    }
    name + ".json"
}

fn contained<T>(run: impl FnOnce() -> T) -> Option<T> {
    catch_unwind(AssertUnwindSafe(run)).ok()
}

fn internal() -> String {
    "a fault of this program on this line; please report it".into()
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
