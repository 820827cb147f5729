//! The program that opens the window.

#![cfg_attr(not(debug_assertions), windows_subsystem = "windows")]

use std::process::ExitCode;

/// A model's buffers come and go with every token: the system's allocators are slower at that.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let mut arguments = std::env::args_os().skip(1);
    if arguments.next().is_some_and(|argument| argument == bimo_desktop::CHECK_MODEL) {
        return bimo_desktop::check_model(arguments.next());
    }
    bimo_desktop::settle_threads();
    bimo_desktop::run()
}
