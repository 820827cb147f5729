//! The other process: this binary again, with a task in its environment. It says on standard output what it has done,
//! each line only when the store has answered.

use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::kill;
use crate::trouble;

const TASK: &str = "BIMO_STORE_CHILD_TASK";

/// How a task is given: its name and its arguments, separated by tabs.
pub fn command(name: &str, arguments: &[&str]) -> Command {
    let program = std::env::current_exe().expect("this binary");
    let mut command = Command::new(program);
    command.args(["child::run_task", "--exact", "--ignored", "--nocapture", "--test-threads=1"]);
    command.env(TASK, [&[name], arguments].concat().join("\t"));
    command.stdout(Stdio::piped());
    command
}

#[test]
#[ignore = "a task for another process; the other tests start it"]
fn run_task() {
    let Ok(task) = std::env::var(TASK) else {
        return;
    };
    // The test harness has begun a line of its own.
    println!();
    let parts: Vec<&str> = task.split('\t').collect();
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    match parts[..] {
        ["write", folder, chapter, seed] => runtime.block_on(kill::write(folder, chapter, seed)),
        ["back-up", folder, day] => runtime.block_on(kill::back_up(folder, day)),
        ["hold", folder] => runtime.block_on(trouble::hold(folder)),
        ["fill", folder] => runtime.block_on(trouble::fill(folder)),
        #[cfg(target_os = "linux")]
        ["make-room", folder] => runtime.block_on(trouble::make_room(folder)),
        _ => panic!("there is no task {task:?}"),
    }
}

/// Says a line at once.
pub fn say(line: &str) {
    println!("> {line}");
}

/// What a child said.
pub struct Listener(BufReader<std::process::ChildStdout>);

impl Listener {
    pub fn to(child: &mut Child) -> Self {
        Self(BufReader::new(child.stdout.take().expect("its output")))
    }

    /// The next line that it said; nothing when it has ended.
    pub fn next(&mut self) -> Option<String> {
        let mut line = String::new();
        while self.0.read_line(&mut line).expect("its output") > 0 {
            if let Some(said) = line.strip_prefix("> ") {
                return Some(said.trim_end().to_owned());
            }
            line.clear();
        }
        None
    }

    /// All that it said from here on. A line without an end was not said.
    pub fn rest(mut self) -> Vec<String> {
        let mut rest = String::new();
        self.0.read_to_string(&mut rest).expect("its output");
        let whole = rest.rfind('\n').map_or("", |end| &rest[..end]);
        whole.lines().filter_map(|line| line.strip_prefix("> ").map(str::to_owned)).collect()
    }
}

/// Starts a task, waits for `ready`, lets it go on for a while and ends it with SIGKILL. Answers what it said.
pub fn kill_after(name: &str, arguments: &[&str], pause: Duration) -> Vec<String> {
    let mut child = command(name, arguments).spawn().expect("the child starts");
    let mut listener = Listener::to(&mut child);
    assert_eq!(listener.next().as_deref(), Some("ready"));
    std::thread::sleep(pause);
    child.kill().expect("it is ended");
    child.wait().expect("it has ended");
    listener.rest()
}

/// A path as an argument.
pub fn text(path: &Path) -> &str {
    path.to_str().expect("a plain path")
}
