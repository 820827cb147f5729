// Builds the program: first the interface, which is embedded, then everything that is written in Rust.

import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { fail, root, step } from "./setup.mjs";

const UI_SOURCES = ["ui", "package.json", "package-lock.json", "tauri.conf.json"];
const UI_STAMP = join(root, ".ci", "tools", "ui-sources.sha256");

/**
 * Always the same selection of packages: cargo chooses the features of what they share by it, and another selection
 * would compile half of everything a second time.
 */
const SELECTION = ["--locked", "--workspace"];

/** Builds the interface where its sources have changed; an untouched `ui/dist` leaves the program as it is. */
export function buildInterface() {
  const sources = digestOf(UI_SOURCES);
  const isBuilt = existsSync(join(root, "ui", "dist", "index.html"));
  if (isBuilt && existsSync(UI_STAMP) && readFileSync(UI_STAMP, "utf8") === sources) return;
  step("Building the interface", "npm", ["run", "--silent", "ui:build"]);
  mkdirSync(join(root, ".ci", "tools"), { recursive: true });
  writeFileSync(UI_STAMP, sources);
}

/** Builds the window and the command line; answers with their paths. */
export function buildPrograms(words) {
  step(words, "cargo", ["build", ...SELECTION, "--bins"]);
  return { desk: built("bimo-desktop"), bimo: built("bimo") };
}

/** Builds a program for trying the crates; answers with its path. */
export function buildExample(name) {
  step(`Building ${name}`, "cargo", ["build", ...SELECTION, "--example", name]);
  return built(join("examples", name));
}

/**
 * Builds what measures Bimo's models, as a released program is built; answers with its path. The only build of its own
 * profile and selection.
 */
export function buildBench() {
  step("Building Bimo's side", "cargo", ["build", "--locked", "--release", "--package", "bimo-models", "--example", "bench"]);
  return built(join("examples", "bench"), "release");
}

function built(name, profile = "debug") {
  return join(targetFolder(), profile, process.platform === "win32" ? `${name}.exe` : name);
}

/** `cargo clippy` and `cargo test` over the same selection. */
export function checkRust() {
  step("Rust: format", "cargo", ["fmt", "--all", "--check"]);
  step("Rust: lints", "cargo", ["clippy", ...SELECTION, "--all-targets", "--", "-D", "warnings"]);
  // Tests run side by side, and the spinning threads of several models on a few cores would wait for each other.
  const env = { ...process.env, CANDLE_NUM_THREADS: "1" };
  step("Rust: tests", "cargo", ["test", ...SELECTION], { env });
}

/** Where cargo puts what it builds. */
export function targetFolder() {
  const query = ["metadata", "--format-version", "1", "--no-deps", "--locked"];
  const metadata = spawnSync("cargo", query, { cwd: root, encoding: "utf8", maxBuffer: 1 << 26 });
  if (metadata.status !== 0) fail(`cargo metadata failed: ${metadata.stderr}`);
  return JSON.parse(metadata.stdout).target_directory;
}

function digestOf(names) {
  const hash = createHash("sha256");
  for (const path of names.flatMap(filesUnder)) {
    hash.update(`${path}\0`).update(readFileSync(join(root, path))).update("\0");
  }
  return hash.digest("hex");
}

function filesUnder(name) {
  if (name === join("ui", "dist") || name.endsWith("node_modules")) return [];
  const path = join(root, name);
  if (!existsSync(path)) return [];
  const entries = readdirSyncOrFile(path);
  return entries ? entries.sort().flatMap((entry) => filesUnder(join(name, entry))) : [name];
}

function readdirSyncOrFile(path) {
  try {
    return readdirSync(path);
  } catch (error) {
    if (error.code === "ENOTDIR") return undefined;
    throw error;
  }
}
