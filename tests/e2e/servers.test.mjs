// A server writes in place of the model in the program: added, asked, written with, and left again.

import assert from "node:assert/strict";
import { join } from "node:path";
import { before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";

import { openCompletions } from "./completions.mjs";
import { Key, openDesk } from "./harness.mjs";
import { libraryForTests } from "./hooks.mjs";

const KEY = "sk-only-for-this-test";
const SETTLED_MS = 250;

const library = libraryForTests(() => desk, () => server?.close());
let server;
let desk;

before(async () => {
  server = await openCompletions(KEY);
  desk = await openDesk(library, { env: { BIMO_MODELS: join(library.folder, "models") } });
});

const fill = async (id, text) => desk.with(id, (field) => field.sendKeys(text));

async function add(name, key) {
  await desk.click("rail-models");
  await desk.click("server-new");
  await fill("server-address", `http://${server.host}`);
  await fill("server-key", key);
  // The key of a test is nothing for a person's keyring.
  await desk.click("server-keep-key");
  await fill("server-name", name);
}

async function goOn(text) {
  await desk.click("rail-write");
  await desk.see("page");
  await desk.writeAnew(text);
  await desk.press(Key.CONTROL, Key.ENTER);
}

test("a server is asked for its models and added, and gets nothing yet", async () => {
  await add("The cluster", KEY);
  await desk.click("server-look");
  await desk.until("its model is named", async () => (await (await desk.see("server-model")).getAttribute("value")) === "story-70b");
  await desk.photograph("servers-form");
  await desk.click("server-add");
  assert.match(await desk.textOf("server"), /The cluster/);
  assert.equal((await desk.ask("desk_state")).model.goesTo, null);
  assert.deepEqual(server.seen.map(({ path }) => path), ["/v1/models"]);
});

test("it writes once it is chosen, and the window says where the text goes", async () => {
  server.say(" the snow", " stopped,", " 雪停了", "。");
  await desk.click("use-server");
  await goOn("That night");
  await desk.rest();
  assert.equal(await desk.page(), "That night the snow stopped, 雪停了。");
  assert.match(await desk.textOf("goes-to"), new RegExp(server.host));
  assert.match(server.seen.at(-1).body.prompt, /That night$/u);
  await desk.photograph("servers-writes");
  const [generation] = await desk.ask("history", { query: { text: "", chapter: null, before: null, limit: 1 } });
  assert.equal(generation.model, "story-70b");
});

test("it translates once it is chosen for that, and the Translate panel says where the text goes", async () => {
  await desk.click("rail-models");
  await desk.click("use-server");
  await desk.until("it translates", async () => (await desk.shown("server-used-for")).length === 2);
  await desk.photograph("servers-two-tasks");
  server.say("<think>Rain.", "</think>\n\n", "雨停", "了。");
  await desk.click("rail-translate");
  await desk.see("source");
  await desk.run("document.querySelector('[data-testid=source] .cm-content').focus()");
  await desk.type("The rain stopped.");
  await desk.until("it is translated", async () => (await desk.textOf("translate")).includes("雨停了。"));
  assert.match(await desk.textOf("goes-to"), new RegExp(server.host));
  const { messages } = server.seen.at(-1).body;
  assert.match(messages.at(-1).content, /The rain stopped\.$/u);
  await desk.photograph("servers-translates");
  await desk.ask("use_model", { task: "translate", path: null });
  await desk.gone("goes-to");
});

for (const [language, theme] of [["zh", "dark"], ["en", "light"]]) {
  test(`what goes wrong is said beside the text, ${language}, ${theme}`, async () => {
    await desk.click("rail-settings");
    await desk.choose("setting-language", language);
    await desk.choose("setting-theme", theme);
    server.refuse(400);
    await goOn("And then");
    const words = { en: /does not take the request/, zh: /服务器/ }[language];
    await desk.until("it is said", async () => words.test(await desk.textOf("error")));
    assert.equal(await desk.page(), "And then");
    await sleep(SETTLED_MS);
    await desk.photograph(`servers-refused-${language}-${theme}`);
    await desk.click("rail-models");
    await desk.see("server");
    await desk.photograph(`servers-list-${language}-${theme}`);
  });
}

test("a wrong key is said to be wrong, and no request shows a key", async () => {
  await add("Wrong", "sk-wrong");
  await desk.click("server-look");
  await desk.until("it is said", async () => /does not take the key/.test(await desk.textOf("error")));
  const requests = await desk.ask("network_requests");
  assert.equal(requests.length, server.seen.length);
  assert.doesNotMatch(JSON.stringify(requests), /sk-/u);
});

test("the model in the program writes again, and nothing goes out any more", async () => {
  const asked = server.seen.length;
  await desk.ask("use_model", { task: "story", path: null });
  await goOn("Once upon a time");
  await desk.rest();
  assert.ok((await desk.page()).length > "Once upon a time".length);
  await desk.gone("goes-to");
  assert.equal(server.seen.length, asked);
});
