//! Recipes, all of them compiled and run with the tests. `examples/upload_service.rs` is a whole service.
//!
//! # Within a request of an asynchronous server
//!
//! A check is work for the processor: hand it to rayon and wait for its answer, so that the runtime's threads stay free.
//! Bound how many are under way, and turn the others away at once: a queue that grows answers nobody in time.
//!
//! ```
//! use idenfy_preflight::{Image, Preflight, Step, report::ImageReport};
//! use tokio::sync::{Semaphore, oneshot};
//!
//! async fn look(preflight: Preflight, places: &Semaphore, upload: Vec<u8>) -> Option<ImageReport> {
//!     let _place = places.try_acquire().ok()?; // none: answer 503 with Retry-After
//!     let (answer, answered) = oneshot::channel();
//!     rayon::spawn(move || {
//!         let _ = answer.send(preflight.inspect(&Image::new(Step::Front, "upload", upload)));
//!     });
//!     answered.await.ok()?.ok()
//! }
//!
//! let runtime = tokio::runtime::Builder::new_current_thread().build()?;
//! let upload = std::fs::read("testdata/front.jpg")?;
//! let report = runtime.block_on(look(Preflight::default(), &Semaphore::new(2), upload));
//! assert_eq!(report.unwrap().scores.legibility, Some(100));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # A worker on a queue
//!
//! One [`Preflight`](crate::Preflight) serves all threads. [`Cancel`](crate::Cancel) ends a check within some
//! milliseconds when the worker is told to stop; the message then goes back to the queue.
//!
//! ```
//! use idenfy_preflight::{Cancel, Error, Image, Preflight, Step, Submission};
//! use std::sync::mpsc;
//!
//! let stop = Cancel::default(); // stop.cancel() from a signal handler
//! let preflight = Preflight::default().cancelled_by(stop.clone());
//! let (queue, messages) = mpsc::channel();
//! queue.send("testdata/front.jpg")?;
//! drop(queue);
//! for path in messages {
//!     let front = Image::open(Step::Front, path, &preflight.options().limits)?;
//!     match preflight.check(Submission::new().country("LT").image(front)) {
//!         // The report is data: JSON for a table, and a hash of the settings in it.
//!         Ok(outcome) => println!("{}", serde_json::to_string(&outcome.report)?),
//!         Err(Error::Cancelled) => break, // give the message back
//!         Err(error) => return Err(error.into()),
//!     }
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Asking for another photo, in the user's language
//!
//! What to do stands in each finding, in English; [`Texts`](crate::texts::Texts) has it in other languages, or takes a
//! table of your own. Ask for one thing at a time, the heaviest first, and not for ever.
//!
//! ```
//! use idenfy_preflight::{Image, Preflight, Step, check::advice::Advice, texts::Texts};
//!
//! fn hint(preflight: &Preflight, photo: &Image<'_>, texts: &Texts) -> Result<Option<String>, idenfy_preflight::Error> {
//!     let report = preflight.inspect(photo)?;
//!     if report.advice < Advice::Retake {
//!         return Ok(None); // send it
//!     }
//!     let heaviest = report.findings.iter().max_by_key(|finding| finding.level);
//!     Ok(heaviest.map(|finding| texts.of(finding)[1].to_owned()))
//! }
//!
//! let preflight = Preflight::default();
//! let photo = Image::open(Step::Front, "testdata/document_not_fully_visible.jpg", &preflight.options().limits)?;
//! let said = hint(&preflight, &photo, &Texts::german())?;
//! assert_eq!(said.as_deref(), Some("Gehen Sie etwas zurück, bis alle vier Ecken im Bild sind."));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
