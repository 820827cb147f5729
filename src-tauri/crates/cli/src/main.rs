//! `bimo`: the same desk without a window, for scripts and for testing.

mod arguments;
mod commands;
mod input;
mod output;

use std::process::ExitCode;

use clap::Parser;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    bimo_desk::settle_threads(0);
    tracing_subscriber::fmt()
        .with_env_filter(tracing_subscriber::EnvFilter::from_default_env())
        .with_writer(std::io::stderr)
        .init();
    commands::run(arguments::Arguments::parse()).unwrap_or_else(|error| {
        if output::reader_has_gone(&error) {
            return ExitCode::SUCCESS;
        }
        eprintln!("bimo: {error:#}");
        ExitCode::FAILURE
    })
}
