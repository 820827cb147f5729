// Makes a fresh machine ready to build Bimo. Only Node's own modules: node_modules may not be there yet.

import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = dirname(dirname(fileURLToPath(import.meta.url)));

const BUILD_PACKAGES = [
  "build-essential",
  "pkg-config",
  "libwebkit2gtk-4.1-dev",
  "mold",
  "fonts-noto-cjk",
];
const TEST_PACKAGES = ["xvfb", "xauth", "webkit2gtk-driver", "dbus"];
const TAURI_DRIVER = "2.1.0";

const ELSEWHERE = {
  fedora:
    "sudo dnf install gcc gcc-c++ make pkgconf-pkg-config webkit2gtk4.1-devel mold google-noto-sans-cjk-fonts google-noto-serif-cjk-fonts",
  arch: "sudo pacman -S --needed base-devel webkit2gtk-4.1 mold noto-fonts-cjk",
  darwin: "xcode-select --install",
  win32:
    "install the Visual Studio C++ build tools and the WebView2 runtime (winget install Microsoft.EdgeWebView2Runtime)",
};

/** Says what is being done, so that waiting is never silent. */
export function say(words) {
  console.log(`\n── ${words}`);
}

const times = [];

/** Runs one part of a longer whole, says what it is, and remembers how long it took. A part without words is silent. */
export function step(words, command, args, options = {}) {
  if (words) say(words);
  const began = performance.now();
  run(command, words ? args : [...args, "--quiet"], options);
  const seconds = (performance.now() - began) / 1000;
  if (!words) return;
  times.push({ words, seconds });
  console.log(`   ${seconds.toFixed(1)} s`);
}

/** What took how long, and all together. */
export function sayTimes() {
  say("All is well");
  const all = { words: "Together", seconds: times.reduce((sum, { seconds }) => sum + seconds, 0) };
  for (const { words, seconds } of [...times, all]) {
    console.log(`   ${seconds.toFixed(1).padStart(7)} s  ${words}`);
  }
}

/** Ends with one sentence that says what to do. */
export function fail(words) {
  console.error(`\nBimo: ${words}`);
  process.exit(1);
}

/** Runs a command in the project's folder and ends with its exit code where it fails. */
export function run(command, args, options = {}) {
  const shell = process.platform === "win32";
  const result = spawnSync(command, args, { cwd: root, stdio: "inherit", shell, ...options });
  if (result.error) fail(`${command} could not be started: ${result.error.message}`);
  if (result.status !== 0) process.exit(result.status ?? 1);
}

function succeeds(command, args) {
  return spawnSync(command, args, { stdio: "ignore" }).status === 0;
}

function distribution() {
  if (process.platform !== "linux") return process.platform;
  const release = existsSync("/etc/os-release") ? readFileSync("/etc/os-release", "utf8") : "";
  const ids = [...release.matchAll(/^ID(?:_LIKE)?="?([^"\n]*)"?$/gm)].flatMap((m) => m[1].split(" "));
  return ["debian", "ubuntu", "fedora", "arch"].find((id) => ids.includes(id)) ?? "linux";
}

function missingPackages(packages) {
  return packages.filter((name) => {
    const query = spawnSync("dpkg-query", ["-W", "-f=${Status}", name], { encoding: "utf8" });
    return !query.stdout?.includes("install ok installed");
  });
}

function installSystemPackages(packages) {
  const system = distribution();
  if (system !== "debian" && system !== "ubuntu") {
    const how = ELSEWHERE[system];
    if (how) console.log(`If the build misses a library, run this first:\n  ${how}`);
    return;
  }
  const missing = missingPackages(packages);
  if (missing.length === 0) return;
  say(`Installing ${missing.join(" ")}`);
  const elevate = process.getuid?.() === 0 ? [] : ["sudo"];
  if (elevate.length > 0 && !succeeds("sudo", ["-V"])) {
    fail(`install these packages as an administrator, then try again: ${missing.join(" ")}`);
  }
  const apt = [...elevate, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get"];
  run(apt[0], [...apt.slice(1), "update", "-qq"]);
  run(apt[0], [...apt.slice(1), "install", "-y", "-qq", "--no-install-recommends", ...missing]);
}

function checkToolchains() {
  const [major, minor] = process.versions.node.split(".").map(Number);
  if (major < 20 || (major === 20 && minor < 19)) {
    fail(`Node ${process.versions.node} is too old: install Node 20.19 or newer from https://nodejs.org`);
  }
  if (!succeeds("cargo", ["--version"])) fail("Rust is missing: install it from https://rustup.rs");
}

function installNodePackages() {
  const installed = join(root, "node_modules", ".package-lock.json");
  const lock = join(root, "package-lock.json");
  if (existsSync(installed) && statSync(installed).mtimeMs >= statSync(lock).mtimeMs) return;
  say("Installing the interface's packages");
  run("npm", ["ci", "--no-audit", "--no-fund"]);
}

/** Everything that building and starting needs. */
export function prepareToBuild() {
  checkToolchains();
  installSystemPackages(BUILD_PACKAGES);
  installNodePackages();
}

/** Everything that the tests need besides; answers with the path of tauri-driver, if this system has one. */
export function prepareToTest() {
  checkToolchains();
  installSystemPackages([...BUILD_PACKAGES, ...TEST_PACKAGES]);
  installNodePackages();
  return process.platform === "linux" ? installTauriDriver() : undefined;
}

function installTauriDriver() {
  const tools = join(root, ".ci", "tools");
  const driver = join(tools, "bin", "tauri-driver");
  if (!existsSync(driver)) {
    const version = ["--version", TAURI_DRIVER, "--locked"];
    const place = ["--debug", "--root", tools];
    const words = `Installing tauri-driver ${TAURI_DRIVER}`;
    step(words, "cargo", ["install", "tauri-driver", ...version, ...place]);
  }
  return driver;
}
