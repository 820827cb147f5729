// Moods in the real window, by the classifier inside the program: a text of one's own, a work, its arc, and a table of labels.

import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { before, test } from "node:test";

import { Key, openDesk } from "./harness.mjs";
import { libraryForTests } from "./hooks.mjs";

/** The model reads its weights and some sentences. */
const PATIENCE_MS = 60_000;
const JOY = "She laughed, and it was the happiest day of her life.";
const WOE = "He died alone in the cold, and nobody wept for him.";

const library = libraryForTests(() => desk);
const { folder } = library;
let desk;

before(async () => {
  desk = await openDesk(library);
  await desk.click("rail-sentiment");
});

const tinted = (look) =>
  desk.run(`return [...document.querySelectorAll("[data-testid=mood-text] .${look}")].map((each) => each.textContent).join("");`);

async function typeText(text) {
  await desk.run("document.querySelector('[data-testid=mood-text] .cm-content').focus()");
  await desk.press(Key.CONTROL, Key.END);
  await desk.type(text);
}

/** Waits until a reading has ended, and answers what the status line says of it. */
const readToEnd = (words) => desk.until(`it is read: ${words}`, async () => words.test(await desk.textOf("mood-status")), PATIENCE_MS);

test("what is typed is tinted by its mood, and only what is new is read", async () => {
  await desk.see("mood-start");
  await desk.photograph("sentiment-start");
  await typeText(`${JOY} ${WOE}`);
  await readToEnd(/, 2 in all$/);
  await desk.until("joy is tinted", async () => (await tinted("mood-positive")).includes("laughed"));
  assert.match(await tinted("mood-negative"), /alone/);
  await typeText(" 她高兴得笑了起来。");
  await readToEnd(/^1 sentence read anew, 3 in all/);
  await desk.until("the Chinese sentence is tinted too", async () => (await tinted("mood-positive")).includes("笑"));
});

test("the arc is walked by keys, and says why", async () => {
  await desk.run("document.querySelector('[data-testid=arc]').focus()");
  await desk.press(Key.HOME);
  await desk.press(Key.ARROW_RIGHT);
  const words = await desk.until("the sentence is there", async () => (await desk.textOf("mood-words")).includes("alone"));
  assert.ok(words);
  await desk.see("why", PATIENCE_MS);
  await desk.photograph("sentiment-why");
  await desk.press(Key.ENTER);
  const inText = "return document.activeElement?.closest('[data-testid=mood-text]') !== null";
  await desk.until("the caret is in the text", () => desk.run(inText));
});

test("a whole work has its arc with chapters, and one of its sentences leads to the page", async () => {
  const { library: works } = await desk.ask("desk_state");
  const work = works.works[0];
  const texts = ["The sun rose over a calm sea. They sang on the way home.", `${WOE} The house stood empty and dark.`];
  for (const [at, body] of texts.entries()) {
    const { chapter } = await desk.ask("create_chapter", { work: work.id, title: `Part ${at + 1}`, position: null });
    await desk.ask("replace_page", { chapter, body, authorship: [] });
  }
  // The window hears of chapters that were made behind its back with the next change of its own.
  await desk.click("rail-write");
  await desk.click("new-work");
  await desk.until("its page is open", async () => (await desk.page()) === "");
  await desk.click("rail-sentiment");
  await desk.choose("mood-source", `work-${work.id}`);
  await readToEnd(/in all$/);
  const chapters = await desk.run("return document.querySelector('[data-testid=by-chapter]').textContent");
  assert.match(chapters, /Part 2/);
  await desk.click("part-2");
  await desk.until("the arc is of that chapter", () => desk.run("return document.querySelector('[data-testid=part]').value === '2'"));
  await desk.until("and so are its bars", async () => /This chapter/i.test(await desk.textOf("overall")));
  await desk.photograph("sentiment-work");
  await desk.run("document.querySelector('[data-testid=arc]').focus()");
  await desk.press(Key.HOME);
  await desk.click("open-in-chapter");
  await desk.until("the page is there", async () => (await desk.page()).includes("nobody wept"));
  await desk.click("rail-sentiment");
});

test("scores are kept: after a restart nothing is read again", async () => {
  const { library: works } = await desk.ask("desk_state");
  const work = works.works.find(({ chapters }) => chapters.length > 1);
  await desk.quit();
  desk = await openDesk(library);
  await desk.click("rail-sentiment");
  await desk.choose("mood-source", `work-${work.id}`);
  await readToEnd(/^0 sentences read anew/);
});

test("pictures of the arc are drawn in this window, SVG and PNG", async () => {
  // The dialog for files is the system's own: its answer is put in its place.
  await desk.run(`
    const { fetch } = window;
    const headers = { "Tauri-Response": "ok", "Content-Type": "application/json" };
    window.fetch = (url, request) =>
      String(url).endsWith("/choose_target_file")
        ? Promise.resolve(new Response(JSON.stringify("${folder}/" + JSON.parse(request.body).name), { headers }))
        : fetch(url, request);`);
  for (const kind of ["csv", "svg", "png"]) {
    await desk.click("export");
    await desk.click(`export-${kind}`);
    const told = "return document.querySelector('[data-testid=written]')?.textContent ?? ''";
    const path = await desk.until(`the ${kind} is written`, async () => new RegExp(`(/.*\\.${kind})`).exec(await desk.run(told))?.[1]);
    const bytes = readFileSync(path);
    if (kind === "png") assert.deepEqual([...bytes.subarray(0, 4)], [0x89, 0x50, 0x4e, 0x47]);
    else assert.match(bytes.toString("utf8"), kind === "svg" ? /^<svg / : /nobody wept/);
    if (kind === "png") assert.ok(bytes.length > 10_000, `a picture of ${bytes.length} bytes shows nothing`);
    if (process.env.BIMO_SHOTS) writeFileSync(join(process.env.BIMO_SHOTS, `arc.${kind}`), bytes);
  }
});

test("a classifier labels many texts at once", async () => {
  await desk.click("look-labels");
  await desk.run("document.querySelector('[data-testid=lines]').focus()");
  await desk.type(`${JOY}${Key.ENTER}${WOE}${Key.ENTER}他哭了。`);
  await desk.press(Key.CONTROL, Key.ENTER);
  const rows = await desk.until("all are labelled", async () => {
    const found = await desk.shown("labelled");
    return found.length === 3 && found;
  }, PATIENCE_MS);
  assert.match(await rows[0].getText(), /positive/);
  assert.match(await rows[1].getText(), /negative/);
  await desk.photograph("sentiment-labels");
});
