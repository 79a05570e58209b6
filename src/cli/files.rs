//! The files that a call names: read in bounds, and none of them written over by another flag's output.

use super::{
    args::{Check, Look, Telling},
    output,
};
use std::{
    fmt::Display,
    fs::{self, File},
    io::Read,
    path::{Path, PathBuf},
};

/// A flag, and the file that it names.
pub type Named<'a> = (&'a str, &'a Path);

/// Reads a file, or what a pipe gives, of at most so many bytes.
pub fn read(path: &Path, most: u64) -> Result<Vec<u8>, String> {
    let told = |what: &dyn Display| format!("{}: {what}", path.display());
    let mut bytes = Vec::new();
    let read = File::open(path).and_then(|file| file.take(most.saturating_add(1)).read_to_end(&mut bytes));
    match read {
        Err(e) => Err(told(&e)),
        Ok(size) if size as u64 > most => Err(told(&format!("it has more than {most} bytes"))),
        Ok(_) => Ok(bytes),
    }
}

/// The same, as text.
pub fn read_text(path: &Path, most: u64) -> Result<String, String> {
    String::from_utf8(read(path, most)?).map_err(|_| format!("{}: it is no UTF-8 text", path.display()))
}

/// What a submission is read from.
pub fn of_check(check: &Check) -> Vec<Named<'_>> {
    let single = [
        ("--front", &check.front),
        ("--back", &check.back),
        ("--face", &check.face),
        ("--utility-bill", &check.utility_bill),
        ("--second-utility-bill", &check.second_utility_bill),
        ("--session", &check.session),
    ];
    let steps = check.steps.iter().map(|(_, path)| ("--step", path.as_path()));
    given(single).chain(of_look(&check.look)).chain(steps).collect()
}

/// The settings.
pub fn of_look(look: &Look) -> impl Iterator<Item = Named<'_>> {
    given([("--config", &look.config)])
}

/// The page.
pub fn of_telling(telling: &Telling) -> impl Iterator<Item = Named<'_>> {
    given([("--report", &telling.report)])
}

/// Those that are given.
pub fn given<'a, const N: usize>(flags: [(&'a str, &'a Option<PathBuf>); N]) -> impl Iterator<Item = Named<'a>> {
    flags.into_iter().filter_map(|(flag, path)| Some((flag, path.as_deref()?)))
}

/// Refuses a file that is to be written and is another flag's too, by whatever name.
pub fn apart<'a>(
    outputs: impl IntoIterator<Item = Named<'a>>,
    inputs: impl IntoIterator<Item = Named<'a>>,
) -> Result<(), String> {
    let mut written: Vec<(&str, Identity)> = Vec::new();
    let mut meets = |(flag, path): Named<'a>, is_output: bool| {
        let Some(own) = identity(path) else { return Ok(()) };
        if let Some((other, _)) = written.iter().find(|(_, identity)| *identity == own) {
            return Err(format!(
                "{other} and {flag} name the same file, {}, which {other} would change",
                path.display()
            ));
        }
        if is_output {
            written.push((flag, own));
        }
        Ok(())
    };
    outputs.into_iter().try_for_each(|output| meets(output, true))?;
    inputs.into_iter().try_for_each(|input| meets(input, false))
}

#[derive(PartialEq)]
enum Identity {
    #[cfg(unix)]
    Inode(u64, u64),
    Path(PathBuf),
}

/// What tells an ordinary file from any other. Of standard output, pipes and devices there may be several users.
fn identity(path: &Path) -> Option<Identity> {
    let target = output::followed(path);
    match fs::metadata(&target) {
        _ if path == Path::new("-") => None,
        Ok(found) if !found.is_file() => None,
        #[cfg(unix)]
        Ok(found) => {
            use std::os::unix::fs::MetadataExt;
            Some(Identity::Inode(found.dev(), found.ino()))
        }
        #[cfg(not(unix))]
        Ok(_) => target.canonicalize().ok().map(Identity::Path),
        // It is made where it is to be.
        Err(_) => {
            let folder = target.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
            Some(Identity::Path(folder.canonicalize().ok()?.join(target.file_name()?)))
        }
    }
}
