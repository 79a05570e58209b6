//! What looking at a file holds at its worst, by an allocator that counts, against the formula on [`Limits`].

#[path = "../testdata/bombs.rs"]
mod bombs;

use idenfy_preflight::{Image, Options, Preflight, Submission, options::Limits};
use peak_alloc::PeakAlloc;
use std::{fs, path::Path, path::PathBuf};

#[global_allocator]
static COUNTED: PeakAlloc = PeakAlloc;

/// Looks at one file with one thread and everything switched on: bytes held beyond those held before.
fn peak(pool: &rayon::ThreadPool, name: &str, bytes: &[u8], options: Options) -> usize {
    let before = COUNTED.current_usage();
    COUNTED.reset_peak_usage();
    let preflight = Preflight::new(options);
    let submission = Submission::new().token("3FA5TFPA2ZE3LMPGGS1EGOJNJE").country("LT");
    let submission = submission.image(Image::new("FRONT", name, bytes));
    let outcome = pool.install(|| preflight.check(&submission)).expect("nobody cancels");
    drop(outcome);
    COUNTED.peak_usage().saturating_sub(before)
}

fn options(limits: Limits) -> Options {
    let mut options = Options::default();
    options.limits = limits;
    options.convert = true;
    options.pdf_password = Some(idenfy_preflight::options::PdfPassword::new(""));
    options
}

/// Not in parallel with anything else, for whatever else allocates is counted too.
#[test]
fn hostile_files_stay_within_the_formula() {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().expect("a thread");
    let mut files: Vec<(String, Vec<u8>)> = bombs::all().into_iter().map(|(n, b)| (n.to_owned(), b)).collect();
    let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus");
    files.extend(
        files_under(&kept).iter().map(|p| (p.display().to_string(), fs::read(p).expect("the file can be read"))),
    );
    if let Some(folder) = std::env::var_os("IDENFY_CORPUS") {
        let paths = files_under(&PathBuf::from(folder));
        assert!(!paths.is_empty(), "IDENFY_CORPUS holds no files");
        files.extend(paths.iter().map(|p| (p.display().to_string(), fs::read(p).expect("the file can be read"))));
    }
    let mut limits = Limits::default();
    // Tight, so that a share of what is allowed does not hide in what is allowed by default.
    limits.max_memory = 96 << 20;
    let mut worst = (0, String::new());
    for (name, bytes) in &files {
        let most = limits.most_memory(bytes.len() as u64, 1) as usize;
        let held = peak(&pool, name, bytes, options(limits.clone()));
        assert!(held <= most, "{name} held {held} bytes, where {most} are allowed");
        worst = worst.max((held, name.clone()));
    }
    println!("{} files, the most: {} MiB for {}", files.len(), worst.0 >> 20, worst.1);
}

fn files_under(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("the folder can be read").map(|e| e.expect("an entry").path());
    let (folders, mut files): (Vec<_>, Vec<_>) = entries.partition(|path| path.is_dir());
    files.extend(folders.iter().flat_map(|folder| files_under(folder)));
    files.sort();
    files
}
