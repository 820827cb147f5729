// A model from a hub on this machine: found, downloaded, paused, the window killed, resumed, used, written with.

import assert from "node:assert/strict";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";

import axe from "axe-core";

import { Key, openDesk } from "./harness.mjs";
import { libraryForTests } from "./hooks.mjs";
import { openHub } from "./hub.mjs";

const FIXTURE = join(import.meta.dirname, "../reference/fixtures/models/llama-gguf-q8_0/model.gguf");
const TRANSLATOR = join(import.meta.dirname, "../reference/fixtures/seq2seq/marian-opus-bin");
const REPO = "tiny/llama";
const FILE = "tiny-Q8_0.gguf";
const ADDRESS = `${REPO}:${FILE}`;
const HELD = 30_000;
const SETTLED_MS = 250;
const PATIENCE_MS = 30_000;

const library = libraryForTests(() => desk, () => hub?.close());
const models = join(library.folder, "models");
const content = readFileSync(FIXTURE);
let hub;
let desk;

const open = () => openDesk(library, { env: { HF_ENDPOINT: hub.address, HF_TOKEN: "", BIMO_MODELS: models } });

before(async () => {
  hub = await openHub(REPO, new Map([[FILE, content], ["README.md", Buffer.from("# Tiny")]]));
  desk = await open();
});

/** What makes the window hard or impossible to use for somebody, one line each. */
async function barriers() {
  await desk.run(`if (!window.axe) { ${axe.source}; window.axe = axe; }`);
  const found = await desk.session.executeAsyncScript(
    "const done = arguments[0]; axe.run(document).then((r) => done(r.violations), (e) => done([{ id: String(e), impact: 'critical', nodes: [] }]));",
  );
  return found
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .flatMap(({ id, nodes }) => [id, ...nodes.map((n) => `  ${n.html}\n  ${n.failureSummary}`)]);
}

const stateOf = async () => (await desk.see("download")).getAttribute("data-state");
const press = async (id) => desk.with(id, (field) => field.sendKeys(Key.ENTER), PATIENCE_MS);

async function show(language, theme) {
  await desk.click("rail-settings");
  await desk.choose("setting-language", language);
  await desk.choose("setting-theme", theme);
  await desk.click("rail-models");
  await sleep(SETTLED_MS);
}

test("nothing is asked of the network before the person does", async () => {
  await desk.click("rail-models");
  await desk.see("recommended");
  await desk.photograph("models-catalogue");
  assert.deepEqual(hub.seen, []);
  assert.match(await desk.textOf("hub-search"), new RegExp(hub.address), "the hub in HF_ENDPOINT is shown");
});

test("a model is found and downloaded by the keyboard alone, and pauses", async () => {
  hub.hold(HELD);
  await desk.with("hub-words", (field) => field.sendKeys("tiny", Key.ENTER));
  await press("look-found");
  await desk.see("offered");
  await sleep(SETTLED_MS);
  await desk.photograph("models-offer");
  assert.deepEqual(await barriers(), []);
  assert.match(await desk.textOf("offered"), /tiny-Q8_0\.gguf/);
  await press("download-offered");
  await desk.gone("offer");
  await desk.until("a part has come", async () => /0\.0 MB of 0\.1 MB/.test(await desk.textOf("download-told")), PATIENCE_MS);
  await press("pause-download");
  await desk.until("it pauses", async () => (await stateOf()) === "paused");
});

for (const [language, theme] of [["en", "light"], ["zh", "dark"], ["zh", "light"], ["en", "dark"]]) {
  test(`the panel with a download is fit to be seen, ${language}, ${theme}`, async () => {
    await show(language, theme);
    await desk.see("download");
    await desk.photograph(`models-download-${language}-${theme}`);
    assert.deepEqual(await barriers(), []);
  });
}

test("after a kill it is listed with what had come, and goes on from there", async () => {
  await show("en", "light");
  await desk.kill();
  const part = readdirSync(models, { recursive: true }).find((name) => name.endsWith(".partial"));
  assert.equal(readFileSync(join(models, part)).length, HELD);
  const asked = hub.seen.length;
  hub.hold(null);
  desk = await open();
  await desk.click("rail-models");
  assert.equal(await stateOf(), "paused");
  assert.equal(hub.seen.length, asked, "nothing is asked before the person says so");
  await press("resume-download");
  await desk.until("all of it is here", async () => (await stateOf()) === "done", PATIENCE_MS);
  assert.equal(hub.seen.at(-1).range, `bytes=${HELD}-`);
  assert.ok(existsSync(join(models, part.replace(".partial", ""))));
});

test("it is used with one click, and writes", async () => {
  await press("use-download");
  await desk.until("it is ready", async () => (await desk.ask("desk_state")).model.name !== "Bimo story starter");
  await desk.until("it can write", async () => (await desk.ask("desk_state")).model.state === "ready", PATIENCE_MS);
  await desk.photograph("models-used");
  const { models: shelf } = await desk.ask("models");
  assert.deepEqual(shelf.find(({ address }) => address === ADDRESS)?.usedFor, ["story"]);
  await desk.click("rail-write");
  await desk.see("page");
  await desk.writeAnew("Once upon a time");
  await desk.press(Key.CONTROL, Key.ENTER);
  await desk.rest(PATIENCE_MS);
  const written = await desk.until("it is in the history", async () => (await desk.ask("history", { query: { text: "", chapter: null, before: null, limit: 5 } }))[0]);
  assert.notEqual(written.model, "Bimo story starter");
  assert.ok(written.tokens > 0);
});

test("a translator of one's own is refused for stories, and translates with one choice", async () => {
  const { models: shelf } = await desk.ask("bring_model", { path: TRANSLATOR });
  const own = shelf.find(({ path }) => path === TRANSLATOR);
  assert.deepEqual([own.tasks, own.problem], [["translate"], null]);
  await assert.rejects(desk.ask("use_model", { task: "story", path: TRANSLATOR }), { code: "model_of_other_task" });
  await desk.click("rail-write");
  await desk.click("rail-models");
  await desk.until("it can be chosen", async () => (await desk.textOf("model-for-translate")).includes(own.name));
  await desk.choose("model-for-translate", TRANSLATOR);
  await desk.until("it translates", async () => {
    const { tasks } = await desk.ask("models");
    return tasks.find(({ task }) => task === "translate").path === TRANSLATOR;
  });
  await desk.see("memory-use");
  await desk.photograph("models-tasks");
  assert.deepEqual(await barriers(), []);
});

test("every request is listed, with true numbers", async () => {
  await desk.click("rail-settings");
  await press("list-requests");
  await desk.until("all are listed", async () => (await desk.shown("request")).length === hub.seen.length);
  await desk.photograph("settings-requests");
  assert.deepEqual(await barriers(), []);
});
