// How large the program is, how soon the desk is there, what memory it takes while nothing happens, and how soon a key is
// on the screen while a model writes. `npm run measure`
//
// Figures are of this machine and this moment: close what else is running. They are printed, never asserted.

import { execFileSync } from "node:child_process";
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { Key, newLibrary, openDesk } from "../e2e/harness.mjs";

const STARTS = 7;
/** An ordinary chapter, and more than any book has. */
const LENGTHS = [20_000, 1_000_000];
const KEYS = 200;
/** Until then it has done all that it does by itself. */
const IDLE_MS = 10_000;
const PARAGRAPHS = {
  English: "The ferry had not crossed the river for three winters when the bell on the far bank began to ring again.\n\n",
  Chinese: "渡船已经三个冬天没有过河了，这天夜里，对岸的钟忽然又响了起来，一声一声，隔着雪传到屋里。\n\n",
};

/** Keeps the time from each key to the frame that shows it, in milliseconds, the wait for the page to hear of it included. */
const WATCH_KEYS = `
  window.keyTimes = [];
  let struck = 0;
  addEventListener("keydown", (event) => (struck = event.timeStamp), { capture: true });
  addEventListener("beforeinput", () => {
    const began = struck;
    requestAnimationFrame(() => {
      const painted = new MessageChannel();
      painted.port1.onmessage = () => window.keyTimes.push(performance.now() - began);
      painted.port2.postMessage(0);
    });
  }, { capture: true });`;

const at = (values, share) => values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))];
const ms = (value) => `${value.toFixed(0)} ms`;

const mb = (bytes) => `${(bytes / 1e6).toFixed(0)} MB`;

/** Bytes of the program as it is given away: without what only a debugger reads. */
function size() {
  const library = newLibrary();
  const stripped = join(library.folder, "bimo-desktop");
  execFileSync("strip", ["-o", stripped, process.env.BIMO_DESK]);
  console.log(`the program has ${mb(statSync(stripped).size)}, its models and its interface included`);
  library.forget();
}

/** Memory of a process in bytes; what it shares with others is shared out among them. */
const memoryOf = (pid) => Number(readFileSync(`/proc/${pid}/smaps_rollup`, "utf8").match(/^Pss:\s+(\d+) kB$/m)[1]) * 1024;

async function rests() {
  const library = newLibrary();
  const desk = await openDesk(library);
  await desk.until("the model is ready", async () => /starter/.test(await desk.run("return document.body.innerText")));
  await sleep(IDLE_MS);
  const [program, ...web] = desk.processes().map(memoryOf);
  const all = web.reduce((sum, bytes) => sum + bytes, program);
  console.log(`idle, the story model loaded: ${mb(all)} of memory, ${mb(program)} of it the program's, the rest the web view's`);
  await desk.quit();
  library.forget();
}

async function starts() {
  const times = { window: [], editor: [], model: [] };
  for (let i = 0; i < STARTS; i += 1) {
    const library = newLibrary();
    const began = performance.now();
    const desk = await openDesk(library);
    const driverMs = performance.now() - began - desk.openedMs;
    const since = () => performance.now() - began - driverMs;
    times.window.push(desk.openedMs);
    await desk.until("the page has text", async () => (await desk.page()) !== "");
    times.editor.push(since());
    await desk.until("the model is ready", async () => /starter/.test(await desk.run("return document.body.innerText")));
    times.model.push(since());
    await desk.quit();
    library.forget();
  }
  for (const [what, values] of Object.entries(times)) {
    console.log(`${what.padEnd(8)} ready after ${ms(at(values, 0.5))} (median of ${STARTS}, slowest ${ms(at(values, 1))})`);
  }
}

async function typing(language, paragraph, length) {
  const library = newLibrary();
  const desk = await openDesk(library);
  try {
    await desk.see("page");
    const [work] = (await desk.ask("desk_state")).library.works;
    const body = paragraph.repeat(Math.ceil(length / paragraph.length));
    await desk.ask("replace_page", { chapter: work.chapters[0].id, body, authorship: [] });
    await desk.run("location.reload()");
    const began = performance.now();
    await desk.until("the long page is open", async () => (await desk.page()).startsWith(paragraph.trim()));
    const page = `${language}, ${body.length.toLocaleString("en")} characters`;
    console.log(`${page}: open after ${ms(performance.now() - began)}`);
    await desk.run(WATCH_KEYS);
    await desk.goToEnd();
    for (const writes of [false, true]) {
      await desk.run("window.keyTimes = []");
      for (let struck = 0; struck < KEYS; struck += 10) {
        if (writes && (await desk.shown("stop")).length === 0) await desk.press(Key.CONTROL, Key.ENTER);
        const actions = desk.session.actions();
        for (const key of "and so on ") actions.sendKeys(key).pause(25);
        await actions.perform();
      }
      await desk.press(Key.ESCAPE);
      await desk.rest();
      const times = await desk.run("return window.keyTimes");
      const words = writes ? "while the model writes" : "while nothing else happens";
      console.log(`${page}: a key is on the screen after ${at(times, 0.5).toFixed(1)} ms, p95 ${at(times, 0.95).toFixed(1)} ms ${words} (${times.length} keys)`);
    }
    await desk.saved();
  } finally {
    await desk.quit();
    library.forget();
  }
}

size();
await starts();
await rests();
for (const [language, paragraph] of Object.entries(PARAGRAPHS)) {
  for (const length of LENGTHS) await typing(language, paragraph, length);
}
