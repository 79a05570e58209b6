//! One group a room, named as the room, with its throughput: `cargo bench`. Inputs are generated.

#[path = "../testdata/files.rs"]
mod files;
#[path = "../testdata/paint.rs"]
mod paint;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use idenfy_preflight::{
    Image, Preflight, Step, Submission, check, decode, format, measure,
    options::{Limits, Options, Service, Thresholds},
    pixmap::View,
    probe,
    recompress::{Hint, Source, fit},
    request, score,
};
use paint::{Canvas, Scene};
use std::hint::black_box;

/// A photographed card with a phone's noise.
fn photo(width: usize, height: usize) -> Canvas {
    Scene { width, height, noise: 4.0, ..Scene::default() }.shoot(&paint::card_front())
}

/// Name, file, pixels.
fn inputs() -> Vec<(&'static str, Vec<u8>, u64)> {
    let (two, twelve) = (photo(1632, 1224), photo(4032, 3024));
    let scan = files::saved(files::scan(&files::jpeg(&paint::bill(), 80), (1240, 1754), (595, 842), 1));
    vec![
        ("jpeg-2mp", files::jpeg(&two, 92), 1632 * 1224),
        ("jpeg-12mp", files::jpeg(&twelve, 92), 4032 * 3024),
        ("png-2mp", files::png(&two), 1632 * 1224),
        ("pdf-scan", scan, 1240 * 1754),
    ]
}

fn stages(c: &mut Criterion) {
    let limits = Limits::default();
    let thresholds = Thresholds::default();
    let inputs = inputs();

    let mut group = c.benchmark_group("format");
    for (name, bytes, _) in &inputs {
        group.bench_function(*name, |b| b.iter(|| format::sniff(black_box(bytes))));
    }
    group.finish();

    let mut group = c.benchmark_group("probe");
    for (name, bytes, _) in &inputs {
        group.throughput(Throughput::Bytes(bytes.len() as u64));
        group.bench_function(*name, |b| b.iter(|| probe::probe(black_box(bytes), &limits)));
    }
    group.finish();

    let mut group = c.benchmark_group("decode");
    group.sample_size(20);
    for (name, bytes, pixels) in &inputs {
        let header = probe::probe(bytes, &limits).expect("the input is good");
        let (width, height) = header.upright_size();
        group.throughput(Throughput::Elements(*pixels));
        group.bench_function(BenchmarkId::new("view", name), |b| {
            b.iter(|| decode::view(black_box(bytes), &header, View::reduction(width, height), &limits));
        });
        if name.starts_with("pdf") {
            continue;
        }
        group.bench_function(BenchmarkId::new("pixmap", name), |b| {
            b.iter(|| decode::pixmap(black_box(bytes), &header, &limits));
        });
    }
    group.finish();

    let (_, bytes, pixels) = &inputs[1];
    let header = probe::probe(bytes, &limits).expect("the input is good");
    let view = decode::view(bytes, &header, 4, &limits).expect("the input is good").picture;
    let mut group = c.benchmark_group("measure");
    group.throughput(Throughput::Elements(*pixels));
    group.bench_function("jpeg-12mp", |b| b.iter(|| measure::measure(black_box(&view))));
    group.finish();

    let measured = measure::measure(&view);
    let mut group = c.benchmark_group("check");
    group.throughput(Throughput::Elements(1));
    group.bench_function("quality", |b| {
        b.iter(|| {
            let scores = score::score(black_box(&measured));
            (scores, check::quality::check(&Step::Front, &measured, None, &thresholds))
        });
    });
    group.finish();

    let submission = |options: Options, photos: usize, bytes: &Vec<u8>| {
        let mut submission = Submission::new().token("3FA5TFPA2ZE3LMPGGS1EGOJNJE").country("LT");
        for i in 0..photos {
            submission = submission.image(Image::new(format!("PHOTO_{i}").as_str(), "", bytes.clone()));
        }
        let mut options = options;
        options.levels.set_all(idenfy_preflight::rules::Level::Allow);
        (Preflight::new(options), submission)
    };
    let heavy = bytes.iter().copied().cycle().take(15_000_000).collect::<Vec<u8>>();
    let assemble = |heavy: &[u8]| {
        let mut body = vec![0; 4 * heavy.len().div_ceil(3)];
        request::encode(heavy.into(), &mut body);
        body
    };
    let body = assemble(&heavy);
    let mut group = c.benchmark_group("request");
    group.throughput(Throughput::Bytes(body.len() as u64));
    group.bench_function("a body of 15 MB of images", |b| b.iter(|| assemble(black_box(&heavy))));
    group.bench_function("memcpy of that body", |b| b.iter(|| black_box(&body).clone()));
    group.finish();

    let mut group = c.benchmark_group("preflight");
    group.sample_size(10);
    group.throughput(Throughput::Bytes(3 * bytes.len() as u64));
    let (preflight, three) = submission(Options::default(), 3, bytes);
    group.bench_function("check three jpeg-12mp that fit", |b| b.iter(|| preflight.check(black_box(&three))));
    group.finish();

    let mut group = c.benchmark_group("recompress");
    group.sample_size(10);
    group.throughput(Throughput::Bytes(3 * bytes.len() as u64));
    let header = probe::probe(bytes, &limits).expect("the input is good");
    let steps: Vec<Step> = ["FRONT", "BACK", "FACE"].into_iter().map(Step::from).collect();
    let source = |step| Source { step, bytes: bytes.as_slice(), header: &header, hint: Hint::default() };
    let three: Vec<Source<'_>> = steps.iter().map(source).collect();
    // In their own coefficients, and at fewer pixels.
    for (name, share) in [("of their own coefficients", 2), ("of fewer pixels", 8)] {
        let mut service = Service::default();
        service.max_body_bytes = 4 * bytes.len() as u64 / share;
        group.bench_function(format!("fit three jpeg-12mp into 1/{share}, {name}"), |b| {
            b.iter(|| fit(black_box(&three), 200, &service, &limits));
        });
    }
    let mut half = Options::default();
    half.service.max_body_bytes = 2 * bytes.len() as u64;
    let (preflight, three) = submission(half, 3, bytes);
    group.bench_function("check three jpeg-12mp into half", |b| b.iter(|| preflight.check(black_box(&three))));
    group.finish();
}

criterion_group!(benches, stages);
criterion_main!(benches);
