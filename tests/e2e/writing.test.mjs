// A story goes on in the real window: the keys of the page, in both languages.

import assert from "node:assert/strict";
import { before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";

import { Key, openDesk } from "./harness.mjs";
import { libraryForTests } from "./hooks.mjs";

const ENGLISH = "The fox came down to the river, and when he saw the old woman he";
const CHINESE = "从前有一个打鱼的老人，住在海边的一间小屋里。一天早上，他";
const HAN = /\p{Script=Han}/u;

const library = libraryForTests(() => desk);
let desk;

before(async () => {
  desk = await openDesk(library);
});

/** Writes on until the model has ended by itself, and answers with what it wrote. */
async function goOn() {
  await desk.press(Key.CONTROL, Key.ENTER);
  await desk.until("the model has begun", async () => (await desk.byModel()) !== "");
  await desk.rest();
  return desk.byModel();
}

test("the first window has an editor, a work in each language and a model", async () => {
  await desk.see("page");
  assert.equal((await desk.shown("work-")).length, 2);
  assert.notEqual((await desk.page()).trim(), "");
  assert.match(await desk.textOf("requests"), /\b0\b/);
  const { library: works } = await desk.ask("desk_state");
  const bodies = [];
  for (const work of works.works) {
    bodies.push((await desk.ask("open_chapter", { chapter: work.chapters[0].id })).body);
  }
  assert.equal(bodies.filter((body) => HAN.test(body)).length, 1);
  await desk.photograph("first-window");
});

test("Ctrl+Enter goes on, Esc stops and keeps, Ctrl+Z takes it back in one step", async () => {
  await desk.choose("length", "500");
  await desk.writeAnew(ENGLISH);
  await desk.press(Key.CONTROL, Key.ENTER);
  await desk.until("some text is there", async () => (await desk.byModel()).length > 20);
  await desk.photograph("writing");
  await desk.press(Key.ESCAPE);
  await desk.rest(2_000);
  const kept = await desk.page();
  assert.ok(kept.startsWith(ENGLISH));
  assert.equal(await desk.byPerson(), ENGLISH);
  await sleep(400);
  assert.equal(await desk.page(), kept, "nothing more arrives after Esc");

  await desk.press(Key.CONTROL, "z");
  assert.equal(await desk.page(), ENGLISH);
  await desk.press(Key.CONTROL, "y");
  assert.equal(await desk.page(), kept);
  assert.equal(await desk.byPerson(), ENGLISH, "what comes back is still the model's");
});

test("every try stays, one key away", async () => {
  await desk.choose("length", "40");
  await desk.writeAnew(ENGLISH);
  const first = await goOn();
  await desk.press(Key.ALT, "r");
  await desk.until("another try is there", async () => /2/.test(await desk.textOf("try-count")));
  await desk.rest();
  const second = await desk.byModel();
  assert.notEqual(second, first);

  await desk.press(Key.ALT, Key.ARROW_LEFT);
  await desk.until("the earlier try is back", async () => (await desk.byModel()) === first);
  await desk.press(Key.ALT, Key.ARROW_RIGHT);
  await desk.until("the later try is back", async () => (await desk.byModel()) === second);
  assert.equal(await desk.byPerson(), ENGLISH);
});

test("three alternatives lie side by side until one is chosen", async () => {
  await desk.writeAnew(ENGLISH);
  await desk.click("alternatives");
  for (const id of ["alternative-0", "alternative-1", "alternative-2"]) await desk.see(id);
  await desk.rest();
  assert.equal(await desk.page(), ENGLISH, "nothing is on the page before one is chosen");
  await desk.photograph("alternatives");
  await desk.click("insert-1");
  await desk.gone("alternative-0");
  await desk.until("it is on the page", async () => (await desk.byModel()).trim() !== "");
  assert.equal(await desk.byPerson(), ENGLISH);

  await desk.writeAnew(ENGLISH);
  await desk.click("alternatives");
  await desk.see("alternative-2");
  await desk.rest();
  await desk.click("dismiss-alternatives");
  await desk.gone("alternative-0");
  assert.equal(await desk.page(), ENGLISH);
});

test("Chinese goes on in Chinese, in whole characters", async () => {
  await desk.writeAnew(CHINESE);
  const written = await goOn();
  assert.match(written, HAN);
  assert.doesNotMatch(written, /\uFFFD/);
  assert.equal(await desk.byPerson(), CHINESE);
  await desk.photograph("chinese");
});

test("what follows the caret stays", async () => {
  const end = " And that was the end.";
  await desk.writeAnew(ENGLISH + end);
  for (let i = 0; i < end.length; i += 1) await desk.press(Key.ARROW_LEFT);
  await goOn();
  const page = await desk.page();
  assert.ok(page.startsWith(ENGLISH) && page.endsWith(end), page);
  assert.equal(await desk.byPerson(), ENGLISH + end);
});

test("typing goes on while the model writes", async () => {
  const title = "By the River. ";
  await desk.choose("length", "240");
  await desk.writeAnew(ENGLISH);
  await desk.press(Key.CONTROL, Key.ENTER);
  await desk.until("the model has begun", async () => (await desk.byModel()) !== "");
  await desk.press(Key.CONTROL, Key.HOME);
  await desk.type(title);
  await desk.rest();
  assert.ok((await desk.page()).startsWith(title + ENGLISH));
  assert.equal(await desk.byPerson(), title + ENGLISH);
});

test("a plain Enter is a new line and asks for nothing", async () => {
  const count = async () => (await history()).length;
  const history = () => desk.ask("history", { query: { text: "", chapter: null, before: null, limit: 200 } });
  await desk.writeAnew("One");
  const before = await count();
  await desk.press(Key.ENTER);
  await desk.type("Two");
  assert.equal(await desk.page(), "One\nTwo");
  await desk.saved();
  assert.equal(await count(), before);
});
