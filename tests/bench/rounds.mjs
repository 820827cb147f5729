// Alternating rounds: a process of ours, a process of theirs, and the other way round, so that whatever else the machine
// does meets both.

import { spawnSync } from "node:child_process";

import { row } from "./table.mjs";

const THREADS = "2";
const LIMITED = { BIMO_INSTRUCTIONS: "avx2", CT2_FORCE_CPU_ISA: "AVX2" };

/**
 * The two sides. `limit` is "AVX2" or nothing; Bimo and CTranslate2 heed a variable, llama.cpp is a build of its own.
 */
export function sides({ ours, python, script, avx2 }, limit) {
  const limits = limit === undefined ? {} : LIMITED;
  const path = limit === undefined ? {} : { PYTHONPATH: avx2 };
  return {
    ours: (request) => ask([ours], request, { CANDLE_NUM_THREADS: THREADS, RAYON_NUM_THREADS: THREADS, ...limits }),
    theirs: (request) => ask([python, script], request, { BENCH_THREADS: THREADS, OMP_NUM_THREADS: THREADS, ...limits, ...path }),
  };
}

function ask([program, ...args], request, more) {
  const env = { ...process.env, ...more };
  const result = spawnSync(program, args, { input: JSON.stringify(request), encoding: "utf8", env, maxBuffer: 1 << 26 });
  if (result.status !== 0) throw new Error(`${program} did not answer: ${result.error?.message ?? result.stderr.slice(-2000)}`);
  return JSON.parse(result.stdout);
}

/** Whether both sides compute the same model. Nothing is measured where they do not. */
export function agree(work, { ours, theirs }) {
  const { request, compare } = work.check;
  const { holds, words } = compare(ours({ ...request, path: work.paths.ours }), theirs({ ...request, path: work.paths.theirs }));
  if (!holds) throw new Error(`${work.model}: Bimo and ${work.peer} do not compute the same: ${words}`);
  return words;
}

/** Rows of the medians of so many rounds. */
export function measure(work, { ours, theirs }, rounds) {
  const found = { ours: [], theirs: [] };
  const turns = {
    ours: () => found.ours.push(ours({ ...work.request, path: work.paths.ours })),
    theirs: () => found.theirs.push(theirs({ ...work.request, path: work.paths.theirs })),
  };
  for (let round = 0; round < rounds; round += 1) {
    const order = round % 2 === 0 ? ["ours", "theirs"] : ["theirs", "ours"];
    for (const side of order) if (side === "ours" || work.peer !== null) turns[side]();
  }
  return work.measures.map(([measure, valueOf]) => {
    const others = work.peer === null ? null : found.theirs.map(valueOf);
    return row(measure, work.model, work.peer, found.ours.map(valueOf), others);
  });
}
