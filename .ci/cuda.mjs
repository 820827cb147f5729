// `npm run build-cuda`: the window and the command line for NVIDIA's GPUs, which start on machines without one too.

import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";

import { buildInterface, targetFolder } from "./build.mjs";
import { fail, prepareToBuild, root, say, step } from "./setup.mjs";

const PROGRAMS = ["bimo-desktop", "bimo"];
const GENERATIONS = "80 for the RTX 30 series, 89 for the RTX 40, 90 for the H100, 120 for the RTX 50";

const toolkit = [process.env.CUDA_HOME, process.env.CUDA_PATH, "/usr/local/cuda", "/opt/cuda"].find(hasCompiler);
if (!toolkit) fail("There is no CUDA toolkit: install it (13.0 was tried), or say in CUDA_HOME where it is");
if (!process.env.CUDA_COMPUTE_CAP && spawnSync("nvidia-smi").status !== 0) {
  fail(`There is no GPU here to ask for its generation: say it in CUDA_COMPUTE_CAP (${GENERATIONS})`);
}
prepareToBuild();
buildInterface();
// A folder of its own: cargo does not notice that the wrapper chooses otherwise.
const target = join(targetFolder(), "cuda");
const late = process.platform === "linux" ? { RUSTC_WRAPPER: join(root, ".ci", "late-cuda.sh") } : {};
const env = { ...process.env, CUDA_HOME: toolkit, CARGO_TARGET_DIR: target, ...late };
const bins = PROGRAMS.flatMap((name) => ["--bin", name]);
step("Building for NVIDIA", "cargo", ["build", "--locked", "--workspace", "--features", "cuda", ...bins], { env });
if (process.platform === "linux") {
  PROGRAMS.map((name) => join(target, "debug", name)).forEach(needsNothingOfNvidia);
}
say(`Built: ${join(target, "debug")}`);

function hasCompiler(folder) {
  return folder && existsSync(join(folder, "bin", process.platform === "win32" ? "nvcc.exe" : "nvcc"));
}

function needsNothingOfNvidia(program) {
  const read = spawnSync("readelf", ["-d", program], { encoding: "utf8" });
  if (read.status !== 0) fail(`readelf ${program}: ${read.stderr}`);
  const needed = read.stdout.match(/NEEDED.*(cuda|cublas|curand|nvrtc).*/u);
  if (needed) fail(`${program} would not start without NVIDIA's driver: ${needed[0]}`);
}
