// The moods of a whole novel in the real window: it can be stopped and goes on, and the window stays quick.

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
const frames = (desk) => desk.run("return window.framesSeen");

/** Presses Stop as soon as something is read, from within: a quick machine is through before a driver has pressed. */
const stopEarly = (desk) =>
  desk.run(`
    const look = setInterval(() => {
      const stop = document.querySelector("[data-testid=stop-mood]");
      const told = document.querySelector("[data-testid=mood-status]")?.textContent ?? "";
      if (!stop || !/Reading [1-9]/.test(told)) return;
      clearInterval(look);
      stop.click();
    }, 10);`);
/** How many sentences were read of how many, when it was stopped. */
const whereItStopped = async (desk) => {
  const found = /([\d,]+) of ([\d,]+)/.exec(await desk.textOf("mood-stopped"));
  return found && found.slice(1).map((words) => Number(words.replaceAll(",", "")));
};

test("the arc of a hundred thousand words is drawn, stopped and gone on with, and the window stays quick", async (t) => {
  let desk = await openDesk(library);
  const work = await writeNovel(desk);
  await desk.quit();
  desk = await openDesk(library);
  try {
    await desk.click("rail-sentiment");
    await desk.see("mood-text");
    await watchFrames(desk);
    await stopEarly(desk);
    const began = performance.now();
    await desk.choose("mood-source", `work-${work}`);
    const [stopped, total] = await desk.until("it has stopped", () => whereItStopped(desk), PATIENCE_MS);
    assert.equal(total, CHAPTERS * 112);
    await desk.photograph("sentiment-novel-stopped");
    await desk.click("mood-go-on");
    await desk.until("all is read", async () => /5,600 in all$/.test(await desk.textOf("mood-status")), PATIENCE_MS);
    const fresh = Number(/^[\d,]+/.exec(await desk.textOf("mood-status"))[0].replaceAll(",", ""));
    assert.ok(stopped > 0 && stopped < total && fresh <= total - stopped, `${stopped} were read before, and ${fresh} behind that`);
    const seconds = (performance.now() - began) / 1000;
    const seen = await frames(desk);
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
