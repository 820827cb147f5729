// The library's tree, worked with the mouse.

import assert from "node:assert/strict";
import { before, test } from "node:test";

import { Origin } from "selenium-webdriver";

import { Key, openDesk } from "./harness.mjs";
import { libraryForTests } from "./hooks.mjs";

const library = libraryForTests(() => desk);
let desk;

before(async () => {
  desk = await openDesk(library);
});

const stored = async () => (await desk.ask("desk_state")).library.works;
const order = async () => (await stored()).map((work) => work.id);

/** Presses the mouse on one row, moves over another, and does `end` there. */
async function drag(from, to, end = (actions) => actions.release()) {
  const actions = desk.session.actions();
  actions.move({ origin: await desk.see(from) }).press();
  actions.move({ origin: Origin.POINTER, x: 0, y: 8, duration: 60 });
  actions.move({ origin: await desk.see(to), duration: 120 });
  await end(actions).perform();
}

test("a work is dragged to another place by the mouse, and a chapter into another work", async () => {
  const [first, second] = await stored();
  await drag(`work-${second.id}`, `work-${first.id}`);
  await desk.until("the works have changed places", async () => (await order())[0] === second.id);
  assert.deepEqual(await order(), [second.id, first.id]);

  const [chapter] = first.chapters;
  await drag(`chapter-${chapter.id}`, `chapter-${second.chapters[0].id}`);
  await desk.until("the chapter is in the other work", async () => (await stored())[0].chapters.length === 2);
  assert.deepEqual((await stored())[0].chapters.map(({ id }) => id), [chapter.id, second.chapters[0].id]);
});

test("Esc ends a drag and nothing has moved", async () => {
  const [first, second] = await stored();
  await drag(`work-${second.id}`, `work-${first.id}`, (actions) => actions.sendKeys(Key.ESCAPE).release());
  await desk.until("the mark is gone", async () => (await desk.run("return document.querySelectorAll('.row.above, .row.below').length")) === 0);
  assert.deepEqual(await order(), [first.id, second.id]);
});
