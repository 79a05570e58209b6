//! Fits files into a body of BYTES and says what became of each:
//! `cargo run --release --example budget -- [--alike] BYTES OUT_DIR FILES…`. Steps are FRONT, BACK, FACE and bills, in
//! that order; with `--alike` none of them goes before another.

use idenfy_preflight::{
    Step,
    options::{Limits, Service},
    probe,
    recompress::{Hint, Source, budget::base64_len, fit},
};
use std::{path::Path, process::ExitCode, time::Instant};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let alike = arguments.first().is_some_and(|a| a == "--alike");
    let [bytes, out, files @ ..] = arguments.get(usize::from(alike)..).unwrap_or_default() else {
        eprintln!("usage: budget [--alike] BYTES OUT_DIR FILES…");
        return ExitCode::from(2);
    };
    let limits = Limits::default();
    let mut service = Service::default();
    service.max_body_bytes = bytes.parse().expect("BYTES is a number");
    let steps: Vec<Step> = (0..files.len())
        .map(|i| {
            ["FRONT", "BACK", "FACE", "UTILITY_BILL", "SECOND_UTILITY_BILL"]
                .get(i)
                .filter(|_| !alike)
                .map_or_else(|| format!("PAGE_{i}").as_str().into(), |s| Step::from(*s))
        })
        .collect();
    let read: Vec<Vec<u8>> = files.iter().map(|f| std::fs::read(f).expect("the file can be read")).collect();
    let started = Instant::now();
    let headers: Vec<_> = read.iter().map(|b| probe::probe(b, &limits).expect("the file is a picture")).collect();
    let sources: Vec<Source<'_>> = steps
        .iter()
        .zip(&read)
        .zip(&headers)
        .map(|((step, bytes), header)| Source { step, bytes, header, hint: Hint::default() })
        .collect();
    let overhead = 200;
    let fitted = fit(&sources, overhead, &service, &limits);
    let seconds = started.elapsed().as_secs_f64();
    match fitted {
        Ok(encoded) => {
            let body = overhead + encoded.iter().map(|e| base64_len(e.bytes.len() as u64)).sum::<u64>();
            let used = body as f64 / service.max_body_bytes as f64;
            println!("{seconds:.2} s, body {body} bytes, {used:.4} of the budget");
            std::fs::create_dir_all(out).expect("OUT_DIR can be made");
            for ((file, step), e) in files.iter().zip(&steps).zip(&encoded) {
                let name = Path::new(file).file_name().expect("a file has a name");
                std::fs::write(Path::new(out).join(name), &e.bytes).expect("OUT_DIR can be written");
                let quality = e.quality.map_or("as it was".to_owned(), |q| format!("quality {q}"));
                println!(
                    "  {step}: {} bytes, {} x {}, {quality}, {} passes",
                    e.bytes.len(),
                    e.width,
                    e.height,
                    e.passes
                );
            }
            ExitCode::SUCCESS
        }
        Err(infeasible) => {
            println!("{seconds:.2} s, cannot fit: {infeasible:?}");
            ExitCode::FAILURE
        }
    }
}
