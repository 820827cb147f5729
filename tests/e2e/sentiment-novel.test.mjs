// The moods of a whole novel in the real window: its arc is drawn while it is read, the window stays quick, it can be
// stopped and goes on, and a disk without room loses nothing.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";

import { newLibrary, openDesk } from "./harness.mjs";

/** A hundred thousand words take as long as the processor lets them. */
const PATIENCE_MS = 600_000;
const CHAPTERS = 50;

const library = newLibrary();
const folder = mkdtempSync(join(tmpdir(), "bimo-novel-"));
const program = process.env.BIMO_DESK;
after(() => {
  process.env.BIMO_DESK = program;
  library.forget();
  rmSync(folder, { recursive: true, force: true });
});

const names = ["Mara", "Eli", "Chen", "Marsh", "Lin"];
const things = ["lamp", "rope", "harbour", "letter", "winter", "bridge", "storm", "boat"];
const feelings = ["was glad of it", "wept for it", "said nothing of it", "hated it", "sang of it"];
const sentence = (at) =>
  `In the ${things[at % 8]} of year ${at} old ${names[at % 5]} carried the ${things[(at * 3 + 1) % 8]} to the ${things[(at * 5 + 2) % 8]} and ${feelings[(at * 7) % 5]}.`;
/** 112 sentences of 18 words and more. */
const chapter = (number) => Array.from({ length: 112 }, (_, at) => sentence(number * 112 + at)).join(" ");

async function writeNovel(desk) {
  const { chapter: first } = await desk.ask("create_work", { title: "A long winter" });
  const { library: works } = await desk.ask("desk_state");
  const work = works.works.find(({ chapters }) => chapters.some(({ id }) => id === first)).id;
  for (let number = 0; number < CHAPTERS; number += 1) {
    const { chapter: id } = await desk.ask("create_chapter", { work, title: `Chapter ${number + 1}`, position: null });
    await desk.ask("replace_page", { chapter: id, body: chapter(number), authorship: [] });
  }
  return work;
}

/** Measures from now on how long the window takes from one frame to the next. */
const watchFrames = (desk) =>
  desk.run(`
    window.framesSeen = [];
    let last = performance.now();
    const look = (now) => { window.framesSeen.push(now - last); last = now; requestAnimationFrame(look); };
    requestAnimationFrame((now) => { last = now; requestAnimationFrame(look); });`);
const frames = (desk) => desk.run("const seen = window.framesSeen; window.framesSeen = []; return seen;");

const far = async (desk) => {
  const found = /Reading ([\d,]+) of ([\d,]+)/.exec(await desk.textOf("mood-status"));
  return found && found.slice(1).map((words) => Number(words.replaceAll(",", "")));
};
const dots = (desk) => desk.run("return document.querySelector('[data-testid=arc] .dots')?.getAttribute('d')?.length ?? 0");

test("the arc of a hundred thousand words is drawn while they are read, and the window stays quick", async (t) => {
  let desk = await openDesk(library);
  const work = await writeNovel(desk);
  await desk.quit();
  desk = await openDesk(library);
  try {
    await desk.click("rail-sentiment");
    await desk.see("mood-text");
    await watchFrames(desk);
    const began = performance.now();
    await desk.choose("mood-source", `work-${work}`);
    const [, total] = await desk.until("it is under way", async () => {
      const now = await far(desk);
      return now && now[0] > 300 && now;
    }, PATIENCE_MS);
    assert.equal(total, CHAPTERS * 112);
    await desk.until("its beginning is drawn", async () => (await dots(desk)) > 0, PATIENCE_MS);
    await desk.photograph("sentiment-novel-reading");
    const before = await dots(desk);
    await desk.until("more of it is drawn", async () => (await dots(desk)) > before, PATIENCE_MS);
    await desk.click("stop-mood");
    const [, stopped] = /([\d,]+) of/.exec(await desk.textOf("mood-stopped"));
    await desk.photograph("sentiment-novel-stopped");
    await desk.click("mood-go-on");
    await desk.until("what was read stays", async () => {
      const now = await far(desk);
      return now && now[0] >= Number(stopped.replaceAll(",", ""));
    });
    const seen = await frames(desk);
    await desk.until("all is read", async () => /5,600 in all$/.test(await desk.textOf("mood-status")), PATIENCE_MS);
    const seconds = (performance.now() - began) / 1000;
    seen.push(...(await frames(desk)));
    seen.sort((a, b) => a - b);
    const slowest = Math.round(seen.at(-1));
    t.diagnostic(`read in ${seconds.toFixed(1)} s; of ${seen.length} frames the longest took ${slowest} ms, p99 ${Math.round(seen[Math.floor(seen.length * 0.99)])} ms`);
    assert.ok(slowest < 1000, `the window stood still for ${slowest} ms`);
    await desk.photograph("sentiment-novel");
    const asked = performance.now();
    await desk.click("part-20");
    await desk.until("a chapter alone is drawn", () => desk.run("return document.querySelector('[data-testid=part]').value === '20'"));
    assert.ok(performance.now() - asked < 5000);
    assert.deepEqual(await desk.faults(), []);
  } finally {
    await desk.quit();
  }
});

test("on a disk without room it is read all the same, it is said, and what was typed is kept as soon as there is room", async () => {
  // A file that would grow is refused to the program as a disk without room refuses it.
  const bounded = join(folder, "bimo-bounded");
  writeFileSync(bounded, `#!/bin/sh\ntrap '' XFSZ\nexec "${program}" "$@"\n`);
  chmodSync(bounded, 0o755);
  process.env.BIMO_DESK = bounded;
  const small = newLibrary();
  const desk = await openDesk(small);
  const [pid] = desk.processes();
  const limit = (bytes) => execFileSync("prlimit", ["--pid", String(pid), `--fsize=${bytes}:unlimited`]);
  try {
    await desk.click("rail-sentiment");
    await desk.see("mood-text");
    limit(0);
    await desk.run("document.querySelector('[data-testid=mood-text] .cm-content').focus()");
    await desk.type("She lost her way in the snow. Nobody came.");
    await desk.until("it is read", async () => /2 in all$/.test(await desk.textOf("mood-status")), 60_000);
    assert.match(await desk.textOf("unkept"), /read again the next time/);
    await desk.see("error");
    await desk.photograph("sentiment-no-room");
    limit("unlimited");
    await desk.until("it is kept", async () => (await desk.ask("mood_draft")).text.endsWith("Nobody came."));
  } finally {
    limit("unlimited");
    await desk.quit();
    small.forget();
  }
});
