//! The command line as a script sees it, on the model that is part of the program.

#[path = "../../../hub/tests/hub/server.rs"]
#[expect(dead_code, reason = "what misbehaves is for the tests of fetching")]
mod hub;
mod library;
mod model;
mod models;
mod sentiment;
mod servers;
mod summarize;
mod translate;

use std::io::Write;
use std::process::{Command, Output, Stdio};

/// Runs `bimo` with these arguments and this standard input.
fn bimo(arguments: &[&str], input: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_bimo"))
        .args(arguments)
        // Nobody's library: what a person has chosen there is no test's.
        .env("BIMO_LIBRARY", concat!(env!("CARGO_TARGET_TMPDIR"), "/no-library"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("bimo starts");
    let mut stdin = child.stdin.take().expect("its input");
    // A command that reads nothing closes it.
    let _ = stdin.write_all(input.as_bytes());
    drop(stdin);
    child.wait_with_output().expect("bimo ends")
}

/// What `bimo` printed, having succeeded.
fn printed(arguments: &[&str], input: &str) -> String {
    let output = bimo(arguments, input);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {errors}");
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// The one object that `bimo --json` printed.
fn object(arguments: &[&str], input: &str) -> serde_json::Value {
    let text = printed(&[arguments, &["--json"]].concat(), input);
    serde_json::from_str(&text).expect("one JSON object")
}

/// What `bimo` said on standard error, having failed with nothing on standard output.
fn refused(arguments: &[&str], input: &str) -> String {
    let output = bimo(arguments, input);
    assert!(!output.status.success(), "{arguments:?} succeeded");
    assert!(output.stdout.is_empty(), "{}", String::from_utf8_lossy(&output.stdout));
    String::from_utf8(output.stderr).expect("UTF-8")
}
