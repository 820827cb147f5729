// `npm run bench`: Bimo beside llama.cpp, CTranslate2 and ONNX Runtime, on the same weights, in one run.
// `-- --quick` measures a part of it; `-- --only opus` what has that in its
// name. A run of everything, or a quick one, writes tests/bench/latest.md and latest.json; the figures of `--only` are
// printed. BIMO_BENCH_MODELS is where the random models lie, 4 GB of them.

import { writeFileSync } from "node:fs";
import { cpus, release, totalmem } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";

import { report } from "../tests/bench/report.mjs";
import { agree, measure, sides } from "../tests/bench/rounds.mjs";
import { SUMMARIES, measureSummaries } from "../tests/bench/summaries.mjs";
import { roofline } from "../tests/bench/table.mjs";
import { works } from "../tests/bench/works.mjs";
import { buildBench, buildPrograms } from "./build.mjs";
import { cpuFlags, pythonWithPeers } from "./peers.mjs";
import { fail, root, run, say } from "./setup.mjs";

const FOLDER = join(root, "tests", "bench");
const INSTRUCTIONS = ["avx2", "avx_vnni", "avx512_vnni", "avx512_bf16", "amx_int8"];

const { values: asked } = parseArgs({
  options: { quick: { type: "boolean" }, only: { type: "string" }, rounds: { type: "string", default: "5" } },
});
const rounds = Number(asked.rounds);
if (!(rounds >= 1)) fail("--rounds is a number of at least 1");

const ours = buildBench();
const { python, avx2 } = pythonWithPeers();
const models = process.env.BIMO_BENCH_MODELS ?? join(root, ".ci", "tools", "bench-models");
const chosen = works(models, join(root, "src-tauri", "starter")).filter((work) => {
  return asked.only === undefined ? !asked.quick || work.isQuick : work.model.includes(asked.only);
});
const isSummarized = asked.only === undefined || SUMMARIES.includes(asked.only);
if (chosen.length === 0 && !isSummarized) fail(`nothing that is measured has ${asked.only} in its name`);
makeModels(chosen.flatMap(({ needs }) => needs ?? []));

const { bimo } = isSummarized ? buildPrograms("Building the command line") : {};
const places = { ours, python, script: join(FOLDER, "peer.py"), avx2 };
const native = sides(places);
const limited = sides(places, "AVX2");
const shares = [];
if (limited.theirs({ kind: "about" }).instructions.some((name) => name.startsWith("AVX512"))) {
  fail("llama.cpp for AVX2 uses more than that: remove .ci/tools/peers, and it is built again");
}
const found = {
  machine: {
    processor: cpus()[0].model.trim(),
    cores: cpus().length,
    memoryBytes: totalmem(),
    system: `${process.platform} ${release()}`,
    instructions: INSTRUCTIONS.filter((flag) => cpuFlags().includes(flag)),
    llamaInstructions: native.theirs({ kind: "about" }).instructions,
    bytesPerSecond: 0,
    measuredAt: new Date().toISOString(),
    rounds,
    quick: asked.quick === true,
    isWhole: false,
  },
  checks: [],
  rows: [],
  avx2: [],
};
if (isSummarized) found.rows.push(measureSummaries(bimo, rounds));
for (const work of chosen) compare(work);
for (const work of chosen.filter(({ inAvx2 }) => inAvx2)) compareInAvx2(work);
found.machine.isWhole = true;
keep();
console.log(`\n${report(found)}`);

/** What has been found is written after each model. */
function compare(work) {
  say(work.model);
  // The best of the whole run is what the memory can do.
  found.machine.bytesPerSecond = Math.max(found.machine.bytesPerSecond, native.ours({ kind: "bandwidth" }).bytesPerSecond);
  if (work.check) found.checks.push({ model: work.model, words: agree(work, native) });
  const rows = measure(work, native, rounds);
  found.rows.push(...rows);
  if (work.weightBytes) found.rows.push(shareOfBandwidth(work, rows[0]));
  keep();
}

function compareInAvx2(work) {
  say(`${work.model}, limited to AVX2`);
  found.avx2.push(...measure(work.peerHasNoLimit ? { ...work, peer: null } : work, limited, rounds));
  keep();
}

function keep() {
  for (const [share, bytes] of shares) {
    share.theirs = roofline(found.machine.bytesPerSecond, bytes);
    share.ratio = share.ours / share.theirs;
  }
  if (asked.only !== undefined) return;
  writeFileSync(join(FOLDER, "latest.md"), `${report(found)}\n`);
  writeFileSync(join(FOLDER, "latest.json"), `${JSON.stringify(found, null, 2)}\n`);
}

/** The limit is known when the whole run is over. */
function shareOfBandwidth({ model, weightBytes }, { ours }) {
  const work = "decode, empty, beside the bandwidth's limit";
  const share = { work, model, peer: "memory bandwidth", unit: "tokens/s", ours, theirs: 0, ratio: 0 };
  shares.push([share, weightBytes()]);
  return share;
}

function makeModels(names) {
  say("Making the random models that are not there yet");
  run(python, ["-m", "models.make", models, ...names], { cwd: FOLDER, shell: false });
}
