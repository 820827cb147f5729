// Key sentences of an article, as a script has them made: `bimo summarize`, its start included.

import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { row } from "./table.mjs";

const WORDS = 2000;
const SENTENCE = 20;
const VOCABULARY = 400;
const SYLLABLES = ["ba", "ri", "to", "len", "mu", "sha", "ke", "do", "vin", "pe"];

/** The model's name in the table. */
export const SUMMARIES = "key sentences";

/** An article in which some words come up often and most seldom, as in any text. */
export function article() {
  let seed = 7;
  const random = () => (seed = (seed * 48_271) % 2_147_483_647) / 2_147_483_647;
  const word = () => {
    const rank = Math.floor(VOCABULARY ** random());
    return [rank % 10, Math.floor(rank / 10) % 10, Math.floor(rank / 100)].map((place) => SYLLABLES[place]).join("");
  };
  const sentence = () => {
    const words = Array.from({ length: SENTENCE }, word).join(" ");
    return `${words[0].toUpperCase()}${words.slice(1)}.`;
  };
  const sentences = Array.from({ length: WORDS / SENTENCE }, sentence);
  return Array.from({ length: sentences.length / 5 }, (_, part) => sentences.slice(part * 5, part * 5 + 5).join(" ")).join("\n\n");
}

/** A row of so many summaries, each made by a process of its own. */
export function measureSummaries(bimo, rounds) {
  const folder = mkdtempSync(join(tmpdir(), "bimo-bench-"));
  const file = join(folder, "article.txt");
  writeFileSync(file, article());
  const env = { ...process.env, BIMO_LIBRARY: join(folder, "library") };
  const once = () => {
    const began = performance.now();
    const result = spawnSync(bimo, ["summarize", "--json", file], { encoding: "utf8", env });
    if (result.status !== 0 || JSON.parse(result.stdout).sentences.length === 0) {
      throw new Error(`bimo summarize made no summary: ${result.stderr}`);
    }
    return 1000 / (performance.now() - began);
  };
  try {
    once();
    const measure = { work: `an article of ${WORDS} words, each by a process of its own`, unit: "summaries/s", better: "more" };
    return row(measure, SUMMARIES, null, Array.from({ length: rounds }, once), null);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
