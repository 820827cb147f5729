//! The house rules that no compiler checks: which crate may know which, what files look like, what the map says.
//!
//! Start reading at the tests. Each collects every breach, so that one run shows them all.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// Which of our crates each of our crates may know. Arrows run one way.
const ARROWS: &[(&str, &[&str])] = &[
    ("bimo-text", &[]),
    ("bimo-engine", &[]),
    ("bimo-kernels", &[]),
    ("bimo-models", &["bimo-engine", "bimo-text", "bimo-kernels"]),
    ("bimo-net", &[]),
    ("bimo-remote", &["bimo-net", "bimo-engine", "bimo-text"]),
    ("bimo-hub", &["bimo-net", "bimo-engine", "bimo-text"]),
    ("bimo-store", &["bimo-engine", "bimo-text"]),
    ("bimo-convert", &["bimo-engine", "bimo-text"]),
    (
        "bimo-desk",
        &[
            "bimo-store",
            "bimo-convert",
            "bimo-hub",
            "bimo-models",
            "bimo-net",
            "bimo-remote",
            "bimo-engine",
            "bimo-text",
        ],
    ),
    ("bimo-cli", &["bimo-desk"]),
    ("bimo-desktop", &["bimo-desk"]),
];

/// What few crates may know: the beginning of a dependency's name, and whose it is.
const RESERVED: &[(&str, &[&str])] = &[
    ("tauri", &["bimo-desktop"]),
    ("sqlx", &["bimo-store"]),
    ("candle", &["bimo-models"]),
    ("tokenizers", &["bimo-models"]),
    ("minijinja", &["bimo-models"]),
    ("reqwest", &["bimo-net", "bimo-hub", "bimo-remote"]),
    ("rustls", &["bimo-net"]),
    ("clap", &["bimo-cli"]),
    ("keyring", &["bimo-desk"]),
];

/// Crates that compute and never touch files, the network or the clock.
const PURE: &[&str] = &["text", "engine", "convert"];
const INPUT_OUTPUT: &[&str] = &["std::fs", "std::net", "std::env", "std::process", "SystemTime"];

/// Lines of a file that a reader can still keep in mind.
const MOST_LINES: usize = 600;

/// Names that say nothing of what a thing is.
const VAGUE: &[&str] = &["manager", "service", "helper", "util", "processor"];
const DEFINES: &[&str] =
    &["struct ", "enum ", "trait ", "fn ", "mod ", "class ", "interface ", "function ", "type "];

/// Marks of unfinished work, and where they count. Written in two halves, so that this file passes its own test.
const UNFINISHED: &[(&str, &[&str])] = &[
    (concat!("TO", "DO"), &["rs", "ts", "svelte", "py", "mjs", "css", "sql"]),
    (concat!("FIX", "ME"), &["rs", "ts", "svelte", "py", "mjs", "css", "sql"]),
    (concat!("db", "g!("), &["rs"]),
    (concat!("todo", "!("), &["rs"]),
    (concat!("console", ".log"), &["ts", "svelte"]),
    (concat!("debug", "ger;"), &["ts", "svelte"]),
];

#[test]
fn crates_know_only_what_they_may() {
    let mut breaches = Vec::new();
    for package in packages() {
        let Some((_, allowed)) = ARROWS.iter().find(|(name, _)| *name == package.name) else {
            breaches.push(format!("{} is not in the drawing of tests/tidy.rs", package.name));
            continue;
        };
        for dependency in package.dependencies.iter().filter(|name| name.starts_with("bimo")) {
            if !allowed.contains(&dependency.as_str()) {
                breaches.push(format!("{} may not know {dependency}", package.name));
            }
        }
    }
    assert_none(&breaches);
}

#[test]
fn libraries_stay_with_their_crate() {
    let mut breaches = Vec::new();
    for package in packages() {
        let name = package.name.as_str();
        for (prefix, owners) in RESERVED.iter().filter(|(_, owners)| !owners.contains(&name)) {
            for dependency in package.dependencies.iter().filter(|name| name.starts_with(prefix)) {
                let owners = owners.join(" and ");
                breaches.push(format!("{name} names {dependency}, which belongs to {owners}"));
            }
        }
    }
    assert_none(&breaches);
}

#[test]
fn pure_crates_do_no_input_or_output() {
    let mut breaches = Vec::new();
    for source in sources(&["rs"]) {
        let is_pure =
            |name: &&str| source.name.starts_with(&format!("src-tauri/crates/{name}/src/"));
        if PURE.iter().any(is_pure) {
            breaches.extend(
                source.lines_with(INPUT_OUTPUT, |line| line.split("//").next().unwrap_or_default()),
            );
        }
    }
    assert_none(&breaches);
}

#[test]
fn only_the_host_speaks_to_the_shell() {
    let elsewhere = |source: &Source| {
        source.name.starts_with("ui/")
            && !source.name.starts_with("ui/src/host/")
            && !source.name.starts_with("ui/src/generated/")
    };
    let breaches: Vec<_> = sources(&["ts", "svelte"])
        .iter()
        .filter(|source| elsewhere(source))
        .flat_map(|source| {
            source.lines_with(&["@tauri-apps/", "generated/bindings"], |line| {
                if line.trim_start().starts_with("import type") { "" } else { line }
            })
        })
        .collect();
    assert_none(&breaches);
}

#[test]
fn arrows_of_the_interface_run_one_way() {
    let may_not: &[(&str, &[&str])] = &[
        ("ui/src/host/", &["/panels/", "/state/", "/editor/", "/components/"]),
        ("ui/src/state/", &["/panels/", "/components/"]),
        ("ui/src/editor/", &["/panels/", "/components/"]),
        ("ui/src/components/", &["/panels/"]),
        ("ui/src/i18n/", &["/panels/", "/state/", "/editor/", "/components/"]),
    ];
    let mut breaches = Vec::new();
    for source in sources(&["ts", "svelte"]).iter().filter(|source| !source.is_test()) {
        for (_, others) in may_not.iter().filter(|(folder, _)| source.name.starts_with(folder)) {
            breaches.extend(source.lines_with(others, |line| {
                line.split_once(" from ").map_or("", |(_, module)| module)
            }));
        }
    }
    assert_none(&breaches);
}

#[test]
fn files_are_short_and_begin_with_what_they_are_for() {
    let mut breaches = Vec::new();
    for source in sources(&["rs", "ts", "svelte", "py", "mjs"]) {
        let lines = source.text.lines().count();
        if lines > MOST_LINES && !source.name.starts_with("ui/src/generated/") {
            breaches.push(format!("{} has {lines} lines, more than {MOST_LINES}", source.name));
        }
        if source.name.ends_with(".rs") && !source.text.starts_with("//!") {
            breaches.push(format!("{} does not begin with a //! line", source.name));
        }
    }
    assert_none(&breaches);
}

#[test]
fn every_crate_states_its_invariants() {
    let breaches: Vec<_> = packages()
        .iter()
        .map(|package| package.folder.join("src/lib.rs"))
        .filter(|path| path.exists())
        .filter(|path| !read(path).contains("**Invariant**"))
        .map(|path| format!("{} states no **Invariant**", path.display()))
        .collect();
    assert_none(&breaches);
}

#[test]
fn nothing_is_left_unfinished() {
    let mut breaches = Vec::new();
    for (mark, endings) in UNFINISHED {
        for source in sources(endings) {
            breaches.extend(source.lines_with(&[mark], |line| line));
        }
    }
    assert_none(&breaches);
}

#[test]
fn names_say_what_a_thing_is() {
    let mut breaches = Vec::new();
    for source in sources(&["rs", "ts", "svelte", "py", "mjs"]) {
        if VAGUE.iter().any(|word| source.name.to_lowercase().contains(word)) {
            breaches.push(format!("{}: the file's name", source.name));
        }
        for (number, line) in source.text.lines().enumerate() {
            let name = defined_name(line).to_lowercase();
            if VAGUE.iter().any(|word| name.contains(word)) {
                breaches.push(format!("{}:{}: {}", source.name, number + 1, line.trim()));
            }
        }
    }
    assert_none(&breaches);
}

#[test]
fn the_map_shows_every_crate() {
    let readme = read(&root().join("README.md"));
    let breaches: Vec<_> = packages()
        .iter()
        .filter_map(|package| {
            package.folder.strip_prefix(root().join("src-tauri")).ok().map(slashes)
        })
        .filter(|folder| !readme.contains(folder.as_str()))
        .map(|folder| format!("README.md does not name {folder}"))
        .collect();
    assert_none(&breaches);
}

#[test]
fn every_reference_fixture_stands_in_the_table_of_what_is_covered() {
    let reference = root().join("tests/reference");
    let table = read(&reference.join("README.md"));
    let mut breaches = Vec::new();
    for kind in ["models", "seq2seq", "encoders", "tokenizers"] {
        let folder = reference.join("fixtures").join(kind);
        for entry in std::fs::read_dir(folder).expect("the fixtures") {
            let name = entry.expect("a fixture").file_name().to_string_lossy().into_owned();
            if !table.contains(&format!("`{name}`")) {
                breaches.push(format!("tests/reference/README.md does not name {kind}/{name}"));
            }
        }
    }
    assert_none(&breaches);
}

#[test]
fn the_newest_version_is_in_the_changelog() {
    let changelog = read(&root().join("CHANGELOG.md"));
    let version = env!("CARGO_PKG_VERSION");
    assert!(changelog.contains(&format!("## {version}")), "CHANGELOG.md says nothing of {version}");
    for file in ["package.json", "tauri.conf.json"] {
        let written: Value = serde_json::from_str(&read(&root().join(file))).expect("it is JSON");
        assert_eq!(written["version"], version, "{file} has another version than Cargo.toml");
    }
}

/// One of our packages: its name, its folder, and the names of what it needs to run or to be built.
struct Package {
    name: String,
    folder: PathBuf,
    dependencies: Vec<String>,
}

fn packages() -> Vec<Package> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--no-deps", "--locked", "--offline"])
        .current_dir(root())
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("cargo writes JSON");
    metadata["packages"].as_array().expect("there are packages").iter().map(package).collect()
}

fn package(value: &Value) -> Package {
    let text = |value: &Value| value.as_str().expect("it is a string").to_owned();
    let dependencies = value["dependencies"].as_array().expect("there is a list of dependencies");
    let manifest = PathBuf::from(text(&value["manifest_path"]));
    Package {
        name: text(&value["name"]),
        folder: manifest.parent().expect("a manifest is in a folder").to_owned(),
        dependencies: dependencies
            .iter()
            .filter(|dependency| dependency["kind"] != "dev")
            .map(|dependency| text(&dependency["name"]))
            .collect(),
    }
}

/// A file of ours; its name counts from the root and has forward slashes.
struct Source {
    name: String,
    text: String,
}

impl Source {
    fn is_test(&self) -> bool {
        self.name.contains(".test.") || self.name.contains("/test")
    }

    /// Places of the lines whose `part` has one of `words`.
    fn lines_with(&self, words: &[&str], part: impl Fn(&str) -> &str) -> Vec<String> {
        let lines = self.text.lines().enumerate();
        let found = lines.filter(|(_, line)| words.iter().any(|word| part(line).contains(word)));
        found
            .map(|(number, line)| format!("{}:{}: {}", self.name, number + 1, line.trim()))
            .collect()
    }
}

fn sources(endings: &[&str]) -> Vec<Source> {
    let mut found = BTreeMap::new();
    for folder in ["src-tauri", "ui", "tests", ".ci"] {
        collect(&root().join(folder), endings, &mut found);
    }
    found.into_iter().map(|(name, text)| Source { name, text }).collect()
}

fn collect(folder: &Path, endings: &[&str], found: &mut BTreeMap<String, String>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for path in entries.map(|entry| entry.expect("a folder can be read").path()) {
        let name = slashes(path.strip_prefix(root()).expect("it is under the root"));
        let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
        if path.is_dir() {
            if !is_foreign(&name) {
                collect(&path, endings, found);
            }
        } else if endings.contains(&ending) {
            found.insert(name, read(&path));
        }
    }
}

/// Folders whose files are made or fetched.
fn is_foreign(name: &str) -> bool {
    let last = name.rsplit('/').next().unwrap_or_default();
    ["node_modules", "target", ".venv", "__pycache__"].contains(&last)
        || ["ui/dist", ".ci/tools"].contains(&name)
}

/// The name that a line defines; empty where it defines none.
fn defined_name(line: &str) -> &str {
    let line = line.trim_start();
    let prefixes = ["pub ", "pub(crate) ", "export ", "default ", "async ", "const ", "abstract "];
    let mut rest = line;
    while let Some(shorter) = prefixes.iter().find_map(|prefix| rest.strip_prefix(prefix)) {
        rest = shorter;
    }
    let Some(name) = DEFINES.iter().find_map(|word| rest.strip_prefix(word)) else { return "" };
    let end = name.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(name.len());
    &name[..end]
}

fn assert_none(breaches: &[String]) {
    assert!(breaches.is_empty(), "\n{}\n", breaches.join("\n"));
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn slashes(path: &Path) -> String {
    path.to_string_lossy().replace('\\', "/")
}
