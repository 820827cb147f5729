// Summaries by models in the real window: T5, mT5 and one on a server, in the other language, part by part, stopped in the
// middle; books and letters as sources, and sentences compared by an encoder. The models have random weights or recite.

import assert from "node:assert/strict";
import { cpSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { before, test } from "node:test";
import { fileURLToPath } from "node:url";

import { openCompletions } from "./completions.mjs";
import { Key, openDesk } from "./harness.mjs";
import { libraryForTests } from "./hooks.mjs";

/** A model is read and writes. */
const PATIENCE_MS = 60_000;
const KEY = "sk-only-for-this-test";
const at = (path) => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const fixture = (name) => at(`tests/reference/fixtures/${name}`);
const specimen = (name) => at(`src-tauri/crates/convert/examples/mutate_documents/specimens/${name}`);

const FERRY = "The ferry across the Carrow ran for forty years without a single accident.";
const STORM = "In the storm of 1987 the ferry broke its rope and drifted nine miles down the Carrow to the sea.";
const ARTICLE = `${FERRY} It was green. ${STORM} Everybody came home. The council voted to build a bridge in its place.`;
const CHINESE = [
  "市政府周一宣布，地铁三号线将提前半年通车，票价与现有线路相同。新线长二十八公里，设十九个车站，从城西一直通到火车站。",
  "通车以后，从城西到火车站只要二十五分钟，比现在坐公交车少一半。工程一共用了四年，其中最难的一段在江底，挖了整整十四个月。",
  "沿线的房租已经涨了两成，不少租户担心住不起地铁旁边的房子。政府说会在终点站旁边建一批便宜的公寓，明年秋天交付。",
];

const library = libraryForTests(() => desk, () => server?.close());
const { folder } = library;
let server;
let desk;

before(async () => {
  server = await openCompletions(KEY);
  desk = await openDesk(library, { env: { BIMO_MODELS: join(folder, "models") } });
  const added = { name: "The cluster", address: `http://${server.host}`, model: "story-70b", key: KEY, converses: true, contextLength: null };
  await desk.ask("add_server", { server: added, keepKey: false });
  await desk.click("rail-summarize");
  await desk.see("start");
});

const textsOf = (selector) =>
  desk.run("return [...document.querySelectorAll(arguments[0])].map((element) => element.textContent)", selector);
const newest = async () => (await desk.ask("summaries"))[0];

async function blank() {
  await desk.click("new-article");
  await desk.see("start");
}

/** Lays an article on a clean sheet, as a paste does. Answers the newest summary before it: key sentences come at once. */
async function lay(text) {
  await blank();
  const before = (await newest())?.id ?? 0;
  await desk.run(
    `const data = new DataTransfer();
     data.setData("text/plain", arguments[0]);
     const sheet = document.querySelector("[data-testid=article] .cm-content");
     sheet.focus();
     sheet.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));`,
    text,
  );
  await desk.until("the article is there", async () => (await textsOf("[data-testid=article] .cm-line")).join("").length > 0);
  return before;
}

/** Waits until a summary behind this one has ended. */
async function ended(before) {
  const behind = async () => {
    const entry = await newest();
    return entry !== undefined && entry.id > before && entry.status !== "running" && entry;
  };
  const { id } = await desk.until("the summary has ended", behind, PATIENCE_MS);
  const open = await desk.ask("open_summary", { summary: id });
  if (open.entry.status !== "failed") await desk.see("result");
  return open;
}

/** Asks for a summary, and waits until it has ended. */
async function summarize() {
  const before = (await newest())?.id ?? 0;
  await desk.until("it can be asked for", () => desk.run("return document.querySelector('[data-testid=run]')?.disabled === false"));
  await desk.press(Key.CONTROL, Key.ENTER);
  return ended(before);
}

/** Has a model do a task, and the panel know it. */
async function use(task, path) {
  await desk.ask("bring_model", { path });
  await desk.ask("use_model", { task, path });
  await again();
}

/** The panel asks anew who does what. */
async function again() {
  await desk.click("rail-write");
  await desk.click("rail-summarize");
}

async function drop(name, path) {
  await desk.run(
    `const [name, base64] = arguments;
     const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
     const files = new DataTransfer();
     files.items.add(new File([bytes], name));
     const sheet = document.querySelector("[data-testid=article] .cm-content");
     for (const kind of ["dragover", "drop"]) sheet.dispatchEvent(new DragEvent(kind, { dataTransfer: files, bubbles: true, cancelable: true }));`,
    name,
    readFileSync(path).toString("base64"),
  );
}

for (const name of ["letter.docx", "book.epub"]) {
  test(`${name} is let go over the panel and summarised`, async () => {
    await blank();
    await drop(name, specimen(name));
    await desk.see("result");
    const { kind, status, method } = await newest();
    assert.deepEqual([kind, status, method], ["file", "complete", "key"]);
    assert.ok((await textsOf("[data-testid=sentence]")).length > 0);
    await desk.photograph(`summarize-${name.replace(".", "-")}`);
  });
}

test("a file that is not what its name says is refused in words", async () => {
  await blank();
  await drop("letter.docx", specimen("book.epub"));
  await desk.until("it is said", async () => /name does not fit/.test(await desk.textOf("error")));
  await desk.photograph("summarize-wrong-file");
});

test("a whole work is summarised from the start", async () => {
  await blank();
  await desk.click("start-work");
  await desk.see("result");
  await desk.until("it is kept", async () => (await newest()).kind === "work");
});

test("key sentences of an English article are said in Chinese by the translator, each with its place", async () => {
  await desk.choose("to", "simplified");
  await desk.choose("amount", "2");
  const { entry, outcome } = await ended(await lay(ARTICLE));
  assert.equal(entry.to, "simplified");
  assert.match(outcome.text, /\p{Script=Han}/u);
  assert.equal(outcome.sentences.length, 2);
  for (const { sources } of outcome.sentences) assert.equal(sources.length, 1, "its own place");
  await desk.press(Key.ALT, Key.ARROW_DOWN);
  await desk.until("its source is lit", async () => (await textsOf(".lit")).length > 0);
  await desk.photograph("summarize-key-in-chinese");
  await desk.choose("to", "same");
});

for (const [name, path] of [["T5", "t5-gated-gguf-f32/model.gguf"], ["mT5", "mt5-safetensors"]]) {
  test(`${name} rewrites, and what it makes up is said`, async () => {
    await use("summarize", fixture(`seq2seq/${path}`));
    await desk.click("method-rewritten");
    await desk.see("summarizer");
    await lay(ARTICLE);
    const { entry, outcome, error } = await summarize();
    assert.equal(entry.status, "complete", JSON.stringify(error));
    assert.ok(outcome.sentences.some(({ flags }) => flags.includes("unsupported")), JSON.stringify(outcome));
    await desk.photograph(`summarize-${name}`);
  });
}

test("a model that writes nothing says so, and what to do", async () => {
  await use("summarize", fixture("seq2seq/t5-safetensors"));
  await lay(ARTICLE);
  const { error } = await summarize();
  assert.equal(error.code, "empty_summary");
  await desk.until("it is said", async () => /wrote nothing/.test(await desk.textOf("error")));
  assert.deepEqual(await textsOf("[data-testid=article] .cm-line"), [ARTICLE], "the article stays");
});

test("a model that converses says it in the other language, and what it makes up is said", async () => {
  await desk.ask("use_server", { task: "summarize", name: "The cluster" });
  await again();
  server.say("<think>Ferry.</think>", "渡船平安", "走了40年。", "1987年的风暴", "把它冲到海里。");
  await desk.choose("to", "simplified");
  await lay(ARTICLE);
  await desk.until("who gets the text is said", async () => (await desk.textOf("goes-to")).includes(server.host));
  const { outcome } = await summarize();
  assert.equal(outcome.text, "渡船平安走了40年。1987年的风暴把它冲到海里。");
  assert.deepEqual(outcome.sentences.map(({ flags }) => flags), [["otherLanguage"], ["otherLanguage"]], "forty is 40");
  assert.match(await desk.textOf("other-language"), /another language/);
  assert.equal(await (await desk.see("result")).getAttribute("lang"), "zh-Hans");
  await desk.photograph("summarize-chat-in-chinese");
  await desk.choose("to", "same");
});

test("a summary that is stopped in the middle keeps its words and shows where they are from", async () => {
  server.pace(150);
  server.say(`${FERRY} `, ...Array.from({ length: 200 }, (_, number) => `Then came day ${number}. `));
  await lay(ARTICLE);
  await desk.press(Key.CONTROL, Key.ENTER);
  await desk.until("it is being written", async () => (await desk.textOf("result")).includes("Then came day 2"), PATIENCE_MS);
  await desk.photograph("summarize-being-written");
  await desk.press(Key.ESCAPE);
  await desk.until("it has stopped", async () => (await newest()).status === "stopped");
  await desk.see("resting");
  const shown = await textsOf("[data-testid=sentence]");
  assert.equal(shown[0], FERRY);
  const { outcome } = await desk.ask("open_summary", { summary: (await newest()).id });
  assert.equal(outcome.sentences[0].sources[0].sentence, 0);
  server.pace(0);
});

test("a long article is summarised part by part, and parts and places open", async () => {
  const line = (number) => `In year ${number} the keeper of the old lamp carried the letter number ${number} over the frozen river to the harbour.`;
  const chapters = Array.from({ length: 6 }, (_, chapter) => `# Chapter ${chapter + 1}\n\n${Array.from({ length: 60 }, (_, at) => line(chapter * 60 + at)).join(" ")}`);
  server.say(line(150), " ", line(310));
  await lay(chapters.join("\n\n"));
  const { parts, outcome } = await summarize();
  assert.ok(parts.length > 1 && parts.every(({ done }) => done), JSON.stringify(parts));
  assert.ok(outcome.coverage.bars.some(({ weight }) => weight > 0.9));
  await desk.run("document.querySelector('[data-testid=part-1] summary').click()");
  await desk.until("its words are shown", async () => (await desk.textOf("part-1")).includes(line(150)));
  await desk.photograph("summarize-parts");
  const middle = () => desk.run("return document.querySelector('[data-testid=article] .cm-scroller').scrollTop");
  const before = await middle();
  const bars = await desk.see("coverage");
  await desk.run("arguments[0].querySelector('svg').scrollIntoView({ block: 'center' })", bars);
  // Where the pointer goes first is the middle of the bar, and so of the article.
  await desk.session.actions().move({ origin: await bars.findElement({ css: "svg" }) }).click().perform();
  await desk.until("the article is shown there", async () => Math.abs((await middle()) - before) > 100);
});

test("sentences are compared by an encoder where one is chosen, and by their words where it is gone", async () => {
  await desk.click("method-key");
  await use("embed", fixture("encoders/bert-sentences-mean"));
  const { outcome } = await ended(await lay(ARTICLE));
  assert.equal(outcome.compared.problem, null);
  assert.match(await desk.textOf("compared"), /by their meaning, with .*bert/i);
  await desk.photograph("summarize-encoder");
  await desk.choose("amount", "1");
  await desk.until("there is one", async () => (await textsOf("[data-testid=sentence]")).length === 1);
  const gone = join(folder, "bert-gone");
  cpSync(fixture("encoders/bert-sentences-mean"), gone, { recursive: true });
  await use("embed", gone);
  rmSync(join(gone, "model.safetensors"));
  await lay(`${ARTICLE} Nobody sang.`);
  await desk.see("encoder-failed");
  assert.match(await desk.textOf("compared"), /by the words/);
  await desk.photograph("summarize-encoder-gone");
  await desk.click("rail-models");
  await desk.choose("model-for-embed", "");
  const encoder = async () => (await desk.ask("models")).tasks.find(({ task }) => task === "embed");
  await desk.until("words are compared from now on", async () => (await encoder()).path === null);
  await desk.photograph("summarize-no-encoder");
  await desk.click("rail-summarize");
  await ended(await lay(`${ARTICLE} Somebody sang.`));
  await desk.gone("encoder-failed");
});

for (const [language, theme] of [["zh", "dark"], ["en", "light"]]) {
  test(`a long Chinese article looks as it should, ${language}, ${theme}`, async () => {
    await desk.click("rail-settings");
    await desk.choose("setting-language", language);
    await desk.choose("setting-theme", theme);
    await desk.click("rail-summarize");
    await blank();
    await desk.photograph(`summarize-start-${language}-${theme}`);
    await desk.choose("amount", "4");
    const { outcome } = await ended(await lay(CHINESE.join("\n\n").repeat(6)));
    assert.ok(outcome.text.includes("地铁三号线"));
    await desk.press(Key.ALT, Key.ARROW_DOWN);
    await desk.photograph(`summarize-chinese-${language}-${theme}`);
    server.say("地铁三号线提前通车。", "王先生在北京说票价要涨到９元。");
    await desk.click("method-rewritten");
    await summarize();
    assert.equal((await textsOf("[data-testid=flag]")).length, 3, "number, name, and nothing like it");
    await desk.photograph(`summarize-chinese-doubts-${language}-${theme}`);
    server.refuse(400);
    await lay(CHINESE.join(""));
    await desk.press(Key.CONTROL, Key.ENTER);
    await desk.see("error");
    await desk.photograph(`summarize-error-${language}-${theme}`);
    await desk.click("method-key");
  });
}
