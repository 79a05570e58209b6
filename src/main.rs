//! The program `preflight`: arguments to the library's nouns, reports to the terminal, verdicts to exit statuses.
#![forbid(unsafe_code)]

mod cli;

fn main() -> std::process::ExitCode {
    cli::run()
}
