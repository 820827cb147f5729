//! Reads and writes changed documents and says what became of them.
//!
//!     cargo run -p bimo-convert --example mutate_documents -- seed=7 md=100000 html=100000 docx=20000 epub=20000 txt=50000 srt=50000
//!
//! `mutate_documents show md 7 1234` makes one case again and prints it, with what is written of it.

mod mutation;

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use mutation::{Ending, FORMATS, mutated, run, written};

/// A case that takes longer is a failure.
const SLOWEST: Duration = Duration::from_secs(2);

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [verb, format, seed, case] = &arguments[..]
        && verb == "show"
    {
        return show(format, seed, case);
    }
    let mut seed = 1;
    let mut failed = 0;
    for argument in &arguments {
        let Some((name, number)) = argument.split_once('=') else { return usage() };
        let Ok(number) = number.parse::<u64>() else { return usage() };
        match FORMATS.iter().find(|(format, _)| *format == name) {
            Some((format, original)) => failed += many(format, original, seed, number),
            None if name == "seed" => seed = number,
            None => return usage(),
        }
    }
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn usage() -> ExitCode {
    eprintln!("usage: mutate_documents [seed=N] [txt=N] [md=N] [html=N] [srt=N] [docx=N] [epub=N]");
    ExitCode::FAILURE
}

fn show(format: &str, seed: &str, case: &str) -> ExitCode {
    let original = FORMATS.iter().find(|(known, _)| *known == format);
    let (Some((_, original)), Ok(seed), Ok(case)) = (original, seed.parse(), case.parse()) else {
        return usage();
    };
    let bytes = mutated(format, original, seed, case);
    println!("{}\n", String::from_utf8_lossy(&bytes));
    for written in written(&bytes, &format!("case.{format}")) {
        println!("--------\n{}", String::from_utf8_lossy(&written));
    }
    ExitCode::SUCCESS
}

fn many(format: &str, original: &[u8], seed: u64, count: u64) -> usize {
    let began = Instant::now();
    let mut endings: BTreeMap<String, u64> = BTreeMap::new();
    let (mut failures, mut slowest) = (0, Duration::ZERO);
    for case in 0..count {
        let began = Instant::now();
        let ending = run(format, original, seed, case);
        let took = began.elapsed();
        slowest = slowest.max(took);
        if ending == Ending::Failed || took > SLOWEST {
            println!("{format}: FAILED: case {case}: {ending:?} after {took:?}");
            failures += 1;
        }
        *endings.entry(format!("{ending:?}")).or_default() += 1;
    }
    println!(
        "{format}: seed {seed}, {count} cases: {endings:?}, {failures} failures, slowest {slowest:.1?}, {:.0?}",
        began.elapsed()
    );
    failures
}
