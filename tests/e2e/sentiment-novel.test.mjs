// The moods of a whole novel in the real window: its arc is drawn while it is read, the window stays quick, it can be
// stopped and goes on.

import assert from "node:assert/strict";
import { after, test } from "node:test";

import { newLibrary, openDesk } from "./harness.mjs";

/** A hundred thousand words take as long as the processor lets them. */
const PATIENCE_MS = 600_000;
const CHAPTERS = 50;

const library = newLibrary();
after(() => library.forget());

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
/** How far to the right a sentence is drawn, in pixels; 0 before there is any. */
const drawnTo = (desk) =>
  desk.run(`
    const dots = [...document.querySelectorAll("[data-testid=arc] .dots")].map((path) => path.getAttribute("d")).join("");
    return Math.max(0, ...[...dots.matchAll(/M([\\d.]+)/g)].map(([, x]) => Number(x)));`);

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
    await desk.until("its beginning is drawn", async () => (await drawnTo(desk)) > 0, PATIENCE_MS);
    await desk.click("stop-mood");
    const stopped = Number(/([\d,]+) of/.exec(await desk.textOf("mood-stopped"))[1].replaceAll(",", ""));
    const before = await drawnTo(desk);
    await desk.photograph("sentiment-novel-stopped");
    await desk.click("mood-go-on");
    await desk.until("more of it is drawn", async () => (await drawnTo(desk)) > before + 20, PATIENCE_MS);
    await desk.photograph("sentiment-novel-reading");
    const seen = await frames(desk);
    await desk.until("all is read", async () => /5,600 in all$/.test(await desk.textOf("mood-status")), PATIENCE_MS);
    const fresh = Number(/^[\d,]+/.exec(await desk.textOf("mood-status"))[0].replaceAll(",", ""));
    assert.ok(stopped > 300 && fresh <= 5600 - stopped, `${stopped} were read before, and ${fresh} behind that`);
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
