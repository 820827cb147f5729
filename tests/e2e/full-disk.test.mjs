// A disk that is full while a text is read for its moods, or summarised: it is said, nothing is lost, and it goes on when
// there is room again.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { before, test } from "node:test";
import { fileURLToPath } from "node:url";

import { openCompletions } from "./completions.mjs";
import { Key, openDesk } from "./harness.mjs";
import { libraryForTests } from "./hooks.mjs";

const PATIENCE_MS = 60_000;
const KEY = "sk-only-for-this-test";
const NEXT = "And in the end she laughed.";
const ARTICLE = "The ferry ran for forty years. In the storm of 1987 it broke its rope. The council voted to build a bridge.";

const library = libraryForTests(() => desk, () => server?.close());
/** While this file is there, the disk is full. */
const mark = join(library.folder, "full");
const disk = join(library.folder, "full-disk.so");
let server;
let desk;

const open = () => openDesk(library, { env: { BIMO_MODELS: join(library.folder, "models"), BIMO_FULL_DISK: mark, LD_PRELOAD: disk } });
const fill = () => writeFileSync(mark, "");
const makeRoom = () => rmSync(mark);

before(async () => {
  execFileSync("cc", ["-shared", "-fPIC", "-o", disk, fileURLToPath(new URL("full-disk.c", import.meta.url))]);
  server = await openCompletions(KEY);
  desk = await open();
  const added = { name: "The cluster", address: `http://${server.host}`, model: "story-70b", key: KEY, converses: true, contextLength: null };
  await desk.ask("add_server", { server: added, keepKey: false });
  await desk.ask("use_server", { task: "summarize", name: "The cluster" });
});

async function paste(sheet, text) {
  await desk.run(
    `const data = new DataTransfer();
     data.setData("text/plain", arguments[1]);
     const content = document.querySelector("[data-testid=" + arguments[0] + "] .cm-content");
     content.focus();
     content.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));`,
    sheet,
    text,
  );
}

/** What the window says when it cannot write: above the panels, or in one of them. */
const REFUSED = /disk is full/;
const isSaid = async (where) => REFUSED.test(await desk.run("return document.querySelector(arguments[0])?.textContent ?? ''", where));

test("a reading goes on, and what is typed meanwhile is kept as soon as there is room", async () => {
  await desk.click("rail-sentiment");
  await desk.see("mood-start");
  const lines = Array.from({ length: 3000 }, (_, day) => `On day ${day} she wept, and nobody came across the river ${day % 7} to her.`);
  await paste("mood-text", lines.join(" "));
  await desk.until("it is under way", async () => /Reading [1-9]/.test(await desk.textOf("mood-status")), PATIENCE_MS);
  fill();
  await desk.until("it is said", () => isSaid("[data-testid=unkept]"), PATIENCE_MS);
  await desk.photograph("full-disk-sentiment");
  await desk.until("it is read to its end", async () => /3,000 in all$/.test(await desk.textOf("mood-status")), PATIENCE_MS);
  await desk.press(Key.CONTROL, Key.END);
  await desk.type(` ${NEXT}`);
  await desk.until("that it is not kept is said", () => isSaid("[data-testid=error]"), PATIENCE_MS);
  await desk.until("and it is read all the same", async () => /3,001 in all$/.test(await desk.textOf("mood-status")), PATIENCE_MS);
  makeRoom();
  await desk.until("it is kept", async () => (await desk.ask("mood_draft")).text.endsWith(NEXT), PATIENCE_MS);
  await desk.gone("error");
});

test("a summary that cannot be kept says so, and is made when there is room", async () => {
  await desk.click("rail-summarize");
  await desk.click("method-rewritten");
  await desk.see("summarizer");
  server.pace(100);
  server.say("The ferry ran for forty years. ", ...Array.from({ length: 100 }, (_, day) => `Then came day ${day}. `));
  await paste("article", ARTICLE);
  await desk.press(Key.CONTROL, Key.ENTER);
  await desk.until("it is being written", async () => (await desk.textOf("result")).includes("Then came day 2"), PATIENCE_MS);
  fill();
  await desk.until("it is said", () => isSaid("[data-testid=summarize] [data-testid=error]"), PATIENCE_MS);
  await desk.photograph("full-disk-summarize");
  const shown = await desk.textOf("result");
  assert.match(shown, /^The ferry ran for forty years\. Then came day 0\./, "what was written stays");
  makeRoom();
  server.pace(0);
  server.say("The ferry ran for forty years.");
  await desk.click("try-again");
  const done = async () => (await desk.ask("summaries"))[0].status === "complete";
  await desk.until("it is made", done, PATIENCE_MS);
  assert.equal(await desk.textOf("result"), "The ferry ran for forty years.");
  await desk.gone("error");
});

test("all that was typed and read is there after a power cut", async () => {
  await desk.kill();
  desk = await open();
  assert.ok((await desk.ask("mood_draft")).text.endsWith(NEXT));
  const statuses = (await desk.ask("summaries")).map(({ status }) => status);
  assert.deepEqual(statuses, ["complete", "stopped"]);
  await desk.click("rail-sentiment");
  await desk.until("it is read", async () => /3,001 in all$/.test(await desk.textOf("mood-status")), PATIENCE_MS);
});
