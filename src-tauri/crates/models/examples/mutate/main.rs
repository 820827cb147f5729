//! Reads model files with changed headers, a million of each kind, and says what became of them.
//!
//!     npm run fuzz
//!     cargo run -p bimo-models --example mutate -- seed=7 gguf=1000000 safetensors=1000000 tokenizer=20000 pieces=20000 pickle=20000
//!
//! Cases are read in child processes, some thousands in each, whose address space is limited where the system can do
//! that: a panic, an abort, an endless case and greed for memory all come to light, and none ends the run. A panic inside a
//! library that is caught and answered is counted apart. Seed and number make a case again: `mutate read gguf 7 123456 1`
//! reads that one alone, and `mutate show gguf 7 123456` writes its file to the standard output.

mod mutation;
mod specimens;

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::io::{Write, stdout};
use std::panic;
use std::process::{Command, ExitCode, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use specimens::{Ending, Kind, Specimens};

/// Cases that one child reads.
const SLICE: u64 = 5000;
/// Address space of a child, in KiB: far more than it may use, so that a greedy allocation fails.
const ADDRESS_SPACE_KIB: u64 = 4 << 20;
/// Most memory that reading may take, in KiB: what the operating system counted at its highest.
const MEMORY_KIB: u64 = 64 << 10;
/// A case that computes for longer is a failure.
const SLOWEST: Duration = Duration::from_secs(2);

/// How a failure by a panic ends.
const PANICKED: &str = "panicked";

/// What a child, or all of them, have to tell.
#[derive(Default)]
struct Tally {
    read: u64,
    refused: BTreeMap<String, u64>,
    /// Panics that were caught and became an error.
    caught: u64,
    failures: Vec<String>,
    slowest_us: u64,
    memory_kib: u64,
}

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let number = |text: &str| text.parse().expect("a number");
    let kind_of = |name| Kind::named(name).expect("a kind of file");
    match words[..] {
        ["read", kind, seed, first, count] => {
            read_slice(kind_of(kind), number(seed), number(first), number(count));
            return ExitCode::SUCCESS;
        }
        ["show", kind, seed, case] => {
            let specimens = Specimens::new(kind_of(kind));
            let (_, bytes) = specimens.case(number(seed), number(case));
            stdout().write_all(&bytes).expect("the bytes can be written");
            return ExitCode::SUCCESS;
        }
        _ => {}
    }
    let mut seed = 1;
    let mut asked = Vec::new();
    for argument in &arguments {
        let Some((name, number)) = argument.split_once('=') else { return usage() };
        match (name, Kind::named(name), number.parse::<u64>()) {
            ("seed", _, Ok(number)) => seed = number,
            (_, Some(kind), Ok(number)) => asked.push((kind, number)),
            _ => return usage(),
        }
    }
    let failed = asked.into_iter().filter(|&(kind, count)| !run(kind, seed, count)).count();
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn usage() -> ExitCode {
    eprintln!(
        "usage: mutate [seed=N] [gguf=N] [safetensors=N] [tokenizer=N] [pieces=N] [pickle=N]"
    );
    ExitCode::FAILURE
}

/// Reads so many cases of a kind, and says how it went. True where nothing failed.
fn run(kind: Kind, seed: u64, count: u64) -> bool {
    let name = kind.name();
    let began = Instant::now();
    let mut all = Tally::default();
    let mut first = 0;
    while first < count {
        let slice = SLICE.min(count - first);
        all.add(slice_in_child(kind, seed, first, slice));
        first += slice;
        if first.is_multiple_of(SLICE * 20) || first == count {
            let speed = first as f64 / began.elapsed().as_secs_f64();
            println!(
                "{name}: {first} of {count}, {speed:.0} a second, {} failures",
                all.failures.len()
            );
        }
    }
    if all.memory_kib > MEMORY_KIB {
        all.failures.push(format!("{} KiB of memory; {MEMORY_KIB} are allowed", all.memory_kib));
    }
    for failure in &all.failures {
        println!("{name}: FAILED: {failure}");
    }
    println!(
        "{name}: seed {seed}, {count} cases: {} read, refused {:?}, {} panics caught, {} failures, slowest {:.1} ms, most memory {:.1} MiB, {:.0} s",
        all.read,
        all.refused,
        all.caught,
        all.failures.len(),
        all.slowest_us as f64 / 1e3,
        all.memory_kib as f64 / 1024.0,
        began.elapsed().as_secs_f64(),
    );
    all.failures.is_empty()
}

/// Reads cases in a process of their own. Where it dies, the case is looked for by halves.
fn slice_in_child(kind: Kind, seed: u64, first: u64, count: u64) -> Tally {
    let program = env::current_exe().expect("this program's path");
    let numbers = [seed, first, count].map(|number| number.to_string());
    let mut child = if cfg!(unix) {
        let mut shell = Command::new("sh");
        let limited = format!("ulimit -v {ADDRESS_SPACE_KIB} 2>/dev/null; exec \"$0\" \"$@\"");
        shell.args(["-c", &limited]).arg(program);
        shell
    } else {
        Command::new(program)
    };
    let child = child.args(["read", kind.name()]).args(numbers).stderr(Stdio::null());
    let output = child.output().expect("the child starts");
    if output.status.success() {
        return Tally::parse(&String::from_utf8_lossy(&output.stdout));
    }
    let mut tally = Tally::default();
    if count == 1 {
        tally.failures.push(format!("case {first} ended the process: {}", output.status));
    } else {
        let half = count / 2;
        tally.add(slice_in_child(kind, seed, first, half));
        tally.add(slice_in_child(kind, seed, first + half, count - half));
    }
    tally
}

/// What the child does.
fn read_slice(kind: Kind, seed: u64, first: u64, count: u64) {
    let panics = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&panics);
    // The usual words at a panic would take more time and memory than the case.
    panic::set_hook(Box::new(move |_| {
        counted.fetch_add(1, Ordering::Relaxed);
    }));
    let specimens = Specimens::new(kind);
    let mut tally = Tally::default();
    for case in first..first + count {
        let (began, computed) = (Instant::now(), computing_time());
        match specimens.read(seed, case) {
            Ending::Read => tally.read += 1,
            Ending::Refused(code) => *tally.refused.entry(code.to_owned()).or_default() += 1,
            Ending::Panicked => tally.failures.push(format!("case {case} {PANICKED}")),
        }
        // Where the system says it, what a busy machine makes a case wait for does not count.
        let took = match (computed, computing_time()) {
            (Some(before), Some(now)) => now - before,
            _ => began.elapsed(),
        };
        if took > SLOWEST {
            tally.failures.push(format!("case {case} took {:.1} s", took.as_secs_f64()));
        }
        tally.slowest_us = tally.slowest_us.max(took.as_micros() as u64);
    }
    let escaped = tally.failures.iter().filter(|failure| failure.ends_with(PANICKED)).count();
    tally.caught = panics.load(Ordering::Relaxed) - escaped as u64;
    tally.memory_kib = most_memory_kib();
    tally.print();
}

/// How long this thread has computed, as Linux counts it.
fn computing_time() -> Option<Duration> {
    let status = fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    Some(Duration::from_nanos(status.split_whitespace().next()?.parse().ok()?))
}

/// Most memory that this process has had, as Linux counts it; 0 elsewhere.
fn most_memory_kib() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
    line.trim().trim_end_matches(" kB").parse().unwrap_or(0)
}

impl Tally {
    fn add(&mut self, other: Self) {
        self.read += other.read;
        for (code, count) in other.refused {
            *self.refused.entry(code).or_default() += count;
        }
        self.caught += other.caught;
        self.failures.extend(other.failures);
        self.slowest_us = self.slowest_us.max(other.slowest_us);
        self.memory_kib = self.memory_kib.max(other.memory_kib);
    }

    fn print(&self) {
        println!("read {}", self.read);
        println!("caught {}", self.caught);
        println!("slowest {}", self.slowest_us);
        println!("memory {}", self.memory_kib);
        self.refused.iter().for_each(|(code, count)| println!("refused {code} {count}"));
        self.failures.iter().for_each(|failure| println!("failure {failure}"));
    }

    fn parse(text: &str) -> Self {
        let mut tally = Self::default();
        let number = |text: &str| text.parse().unwrap_or(0);
        for line in text.lines() {
            match line.split_once(' ') {
                Some(("read", count)) => tally.read = number(count),
                Some(("caught", count)) => tally.caught = number(count),
                Some(("slowest", micros)) => tally.slowest_us = number(micros),
                Some(("memory", kib)) => tally.memory_kib = number(kib),
                Some(("failure", words)) => tally.failures.push(words.to_owned()),
                Some(("refused", counted)) => {
                    if let Some((code, count)) = counted.split_once(' ') {
                        tally.refused.insert(code.to_owned(), number(count));
                    }
                }
                _ => {}
            }
        }
        tally
    }
}
