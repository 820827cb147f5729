// What Bimo is tried with and measured against: llama.cpp, CTranslate2 and ONNX Runtime, in a Python environment of its own.
// BIMO_PEERS_PYTHON names a Python that has all of them already, BIMO_PEERS_AVX2 a folder with llama.cpp for AVX2 only.

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { root, run, say } from "./setup.mjs";

const LLAMA = "llama-cpp-python[server]==0.3.36";
const PEERS = join(root, ".ci", "tools", "peers");
const REQUIREMENTS = join(root, "tests", "bench", "requirements.txt");
const isWindows = process.platform === "win32";
const own = join(PEERS, isWindows ? "Scripts/python.exe" : "bin/python");

/** llama.cpp's switches, and the processor's flags that they are for. AMX is left off: GCC 12 builds it so that it crashes. */
const INSTRUCTIONS = {
  AVX: "avx",
  AVX2: "avx2",
  FMA: "fma",
  F16C: "f16c",
  BMI2: "bmi2",
  AVX_VNNI: "avx_vnni",
  AVX512: "avx512bw",
  AVX512_VBMI: "avx512_vbmi",
  AVX512_VNNI: "avx512_vnni",
  AVX512_BF16: "avx512_bf16",
};

/** A Python that has llama.cpp, built for this machine, with its server. Builds it once, from source: minutes. */
export function pythonWithLlama() {
  if (process.env.BIMO_PEERS_PYTHON) return process.env.BIMO_PEERS_PYTHON;
  once("python", "Making a Python environment", () => run(isWindows ? "python" : "python3", ["-m", "venv", PEERS]));
  once("llama", `Building ${LLAMA}`, () => install([LLAMA], llamaOptions((flag) => cpuHas(flag))));
  return own;
}

/** A Python that has everything Bimo is measured against, and the folder in which llama.cpp is limited to AVX2. */
export function pythonWithPeers() {
  const python = pythonWithLlama();
  const avx2 = process.env.BIMO_PEERS_AVX2 ?? join(PEERS, "avx2");
  if (python !== own) return { python, avx2 };
  once("libraries", "Installing CTranslate2 and ONNX Runtime", () => install(["-r", REQUIREMENTS]));
  const upToAvx2 = (flag) => flag !== "avx_vnni" && !flag.startsWith("avx512");
  once("llama-avx2", `Building ${LLAMA} for AVX2`, () => {
    install(["--no-deps", "--target", avx2, LLAMA.replace("[server]", "")], llamaOptions(upToAvx2));
  });
  return { python, avx2 };
}

/** The processor's flags, as Linux lists them. */
export function cpuFlags() {
  const list = "/proc/cpuinfo";
  if (!existsSync(list)) return [];
  return /^flags\s*:\s*(.*)$/m.exec(readFileSync(list, "utf8"))?.[1].split(" ") ?? [];
}

function cpuHas(flag) {
  return cpuFlags().includes(flag);
}

/** Elsewhere than on x86 under Linux its build finds out by itself. */
function llamaOptions(isWanted) {
  if (cpuFlags().length === 0) return "";
  const switches = Object.entries(INSTRUCTIONS).map(([name, flag]) => `-DGGML_${name}=${isWanted(flag) ? "ON" : "OFF"}`);
  return ["-DGGML_NATIVE=OFF", ...switches].join(" ");
}

/** Does a part of the installation that is not done yet, as it would be done now. */
function once(part, words, work) {
  const stamp = join(PEERS, `${part}.done`);
  const recipe = `${LLAMA}\n${readFileSync(REQUIREMENTS, "utf8")}`;
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === recipe) return;
  say(words);
  work();
  writeFileSync(stamp, recipe);
}

/** Gently, beside other work. A wheel that was built with other options is no use. */
function install(packages, cmakeOptions) {
  const built = cmakeOptions === undefined ? [] : ["--no-cache-dir", "--force-reinstall", "--no-binary", "llama-cpp-python"];
  const command = [own, "-m", "pip", "install", "--quiet", ...built, ...packages];
  const gently = isWindows ? command : ["nice", "-n", "19", ...command];
  run(gently[0], gently.slice(1), { env: { ...process.env, CMAKE_ARGS: cmakeOptions ?? "" }, shell: false });
}
