// Classifiers in the real window whose labels are no moods, or thousands; models that cannot do it; tables of texts.

import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { before, test } from "node:test";
import { fileURLToPath } from "node:url";

import { classifierWith, encoder } from "./classifiers.mjs";
import { Key, openDesk } from "./harness.mjs";
import { libraryForTests } from "./hooks.mjs";

/** A model reads its weights and some sentences. */
const PATIENCE_MS = 60_000;
const TEXT = "The match ended in a draw. Shares fell again. The moon is far away.";
/** A model that writes summaries. */
const BART = fileURLToPath(new URL("../reference/fixtures/seq2seq/bart-safetensors", import.meta.url));
const TOPICS = ["World", "Sports", "Business", "Sci/Tech"];

const library = libraryForTests(() => desk);
const { folder } = library;
let desk;

before(async () => {
  desk = await openDesk(library);
  for (const [name, labels] of [
    ["news-topics", TOPICS],
    ["thousands", Array.from({ length: 3000 }, (_, topic) => `topic ${topic}`)],
  ]) {
    classifierWith(labels, join(folder, name));
    await desk.ask("bring_model", { path: join(folder, name) });
  }
  await desk.ask("bring_model", { path: encoder("xlm-roberta-sentiment") });
  await desk.click("rail-sentiment");
  await desk.see("mood-text");
});

const read = () => desk.until("it is read", async () => / in all$/.test(await desk.textOf("mood-status")), PATIENCE_MS);
const options = (id) => desk.run("return [...document.querySelector(arguments[0]).options].map((option) => option.textContent.trim())", `[data-testid=${id}]`);

/** Reads with another model from now on; the text is read anew when the panel is opened again. */
async function use(path) {
  await desk.click("rail-models");
  await desk.ask("use_model", { task: "sentiment", path });
  await desk.click("rail-sentiment");
  await desk.see("mood-text");
}

async function typeInstead(text) {
  await desk.run("document.querySelector('[data-testid=mood-text] .cm-content').focus()");
  await desk.press(Key.CONTROL, "a");
  await desk.type(text);
}

test("labels that are no moods are drawn by how likely one of them is", async () => {
  await use(join(folder, "news-topics"));
  await typeInstead(TEXT);
  await read();
  assert.match(await desk.textOf("mood-model"), /news-topics/);
  const label = await desk.textOf("overall-label");
  assert.ok(TOPICS.includes(label), label);
  const offered = await options("measure");
  assert.ok(offered.length > 0 && offered.every((words) => TOPICS.some((topic) => words.includes(topic))), offered.join());
  assert.match(await desk.run("return document.querySelector('[data-testid=sentiment]').textContent"), /labels are no moods/);
  await desk.photograph("sentiment-topics");
});

test("XLM-R reads both languages, and another model has the text read anew", async () => {
  await use(encoder("xlm-roberta-sentiment"));
  await typeInstead("她笑了。 He wept.");
  await read();
  await desk.until("by the new model", async () => /xlm-roberta/.test(await desk.textOf("mood-model")));
  await desk.until("as moods", async () => ["negative", "neutral", "positive"].includes(await desk.textOf("overall-label")));
});

test("of three thousand labels the best are shown", async () => {
  await use(join(folder, "thousands"));
  await typeInstead(TEXT);
  await read();
  await desk.until("a topic", async () => /^topic \d+$/.test(await desk.textOf("overall-label")), PATIENCE_MS);
  const bars = await desk.run("return document.querySelectorAll('[data-testid=overall] [data-testid^=bar-]').length");
  assert.equal(bars, 8);
  await desk.photograph("sentiment-thousands");
});

test("a model for something else is refused in words, and the one in the program reads on", async () => {
  const refused = async (command, values) => desk.ask(command, values).then(() => assert.fail("it is accepted"), ({ code }) => code);
  assert.equal(await refused("bring_model", { path: encoder("bert-chinese-extractive") }), "model_without_use");
  await desk.ask("bring_model", { path: BART });
  assert.equal(await refused("use_model", { task: "sentiment", path: BART }), "model_of_other_task");
  await use(null);
  await typeInstead(TEXT);
  await read();
});

/** The dialog for files is the system's own: its answer is put in its place. */
const answerWith = (path) =>
  desk.run(
    `window.systemFetch ??= window.fetch;
     const headers = { "Tauri-Response": "ok", "Content-Type": "application/json" };
     window.fetch = (url, request) =>
       /\\/choose_(document|target_file)$/.test(String(url))
         ? Promise.resolve(new Response(JSON.stringify(arguments[0]), { headers }))
         : window.systemFetch(url, request);`.replace("arguments[0]", JSON.stringify(path)),
  );

test("a column of a table is labelled, counted, filtered, and written to another table", async () => {
  const path = join(folder, "reviews.csv");
  const rows = Array.from({ length: 300 }, (_, row) => `${row},"${row % 3 === 0 ? "A wonderful, happy film." : "Sad, dull and far too long."}",${row % 5}`);
  writeFileSync(path, ["id,review,stars", ...rows].join("\n"));
  await desk.click("look-labels");
  await answerWith(path);
  await desk.click("open-table");
  await desk.until("its columns are offered", async () => (await options("column")).length === 3);
  assert.equal(await desk.run("return document.querySelector('[data-testid=column]').value"), "1");
  await desk.click("run-labels");
  await desk.until("all are labelled", async () => /^300 texts/.test(await desk.textOf("mood-status")), PATIENCE_MS);
  assert.match(await desk.textOf("labels"), /100[\s\S]*200|200[\s\S]*100/);
  await desk.photograph("sentiment-table");
  await answerWith(join(folder, "labelled.csv"));
  await desk.click("export");
  await desk.click("export-csv");
  await desk.see("written");
  const written = readFileSync(join(folder, "labelled.csv"), "utf8").trim().split("\n");
  assert.equal(written.length, 301);
  assert.match(written[1], /wonderful/);
});

test("another classifier is picked for a table alone", async () => {
  await desk.choose("classifier", join(folder, "news-topics"));
  await desk.click("run-labels");
  await desk.until("by topics", async () => TOPICS.includes(await (await desk.shown("labelled"))[0]?.findElement({ css: "[role=gridcell]:nth-child(2)" }).getText()), PATIENCE_MS);
});

test("a file that is no table is said to be none, and what was there stays", async () => {
  const path = join(folder, "picture.csv");
  writeFileSync(path, Buffer.from("89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c489", "hex"));
  await desk.click("close-table");
  await answerWith(path);
  await desk.click("open-table");
  assert.match(await desk.textOf("error"), /damaged, or its name does not fit/);
  await desk.photograph("sentiment-no-table");
  await desk.see("lines");
});
