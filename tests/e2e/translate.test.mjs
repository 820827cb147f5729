// Texts into the other language in the real window, by the translator inside the program: typed, and as documents that
// survive a kill.

import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { before, test } from "node:test";

import { Key, openDesk } from "./harness.mjs";
import { libraryForTests } from "./hooks.mjs";

const HAN = /\p{Script=Han}/u;
/** The translator reads its weights and writes a sentence. */
const PATIENCE_MS = 60_000;

const library = libraryForTests(() => desk);
const { folder } = library;
let desk;

before(async () => {
  desk = await openDesk(library);
  await desk.click("rail-translate");
});

/** The translations on the screen, in the order of the text. */
const targets = () =>
  desk.run(`return [...document.querySelectorAll("[data-testid=target]")]
    .sort((a, b) => a.getBoundingClientRect().top - b.getBoundingClientRect().top)
    .map((target) => target.querySelector("[data-target]")?.textContent ?? "");`);

async function typeSource(text) {
  await desk.run("document.querySelector('[data-testid=source] .cm-content').focus()");
  await desk.press(Key.CONTROL, Key.END);
  await desk.type(text);
}

async function allTranslated(count) {
  return desk.until(
    `${count} sentences are translated`,
    async () => {
      const found = await targets();
      return found.length === count && found.every((text) => text !== "") && found;
    },
    PATIENCE_MS,
  );
}

/** How tall each row is on its two sides, and where it begins. */
const level = () =>
  desk.run(`
    const view = document.querySelector("[data-testid=source] .cm-content");
    const lines = [...view.querySelectorAll(".cm-line")].map((line) => line.getBoundingClientRect().top);
    return [...document.querySelectorAll("[data-testid=target]")].map((target) => {
      const { top } = target.getBoundingClientRect();
      return Math.min(...lines.map((line) => Math.abs(line - top)));
    });`);

test("what is typed stands translated beside it, and only a changed sentence is done anew", async () => {
  await typeSource(`I like tea.${Key.ENTER}${Key.ENTER}He is a good man.`);
  const [first, second] = await allTranslated(2);
  assert.match(first, HAN);
  assert.match(second, HAN);
  for (const distance of await level()) assert.ok(distance < 8, `a row is ${distance} px off its sentence`);
  await desk.photograph("translate-typed");
  await typeSource(`${Key.ENTER}${Key.ENTER}The book is on the table.`);
  const [same, alike, third] = await allTranslated(3);
  assert.deepEqual([same, alike], [first, second]);
  assert.match(third, HAN);
});

test("another wording is chosen, edited, confirmed by the keyboard", async () => {
  await desk.run("document.querySelector('[data-testid=target] [data-target]').focus()");
  const other = await (await desk.see("alternative-0")).getText();
  await desk.press(Key.ALT, "1");
  await desk.until("it stands there", async () => (await targets())[0] === other);
  await desk.press(Key.CONTROL, Key.ENTER);
  await desk.until("it is confirmed", async () => /^1\b/.test(await desk.textOf("confirmed")));
  const { id } = (await desk.ask("translations"))[0];
  const { segments } = await desk.ask("open_translation", { translation: id });
  assert.equal(segments[0].state, "confirmed");
});

test("the memory is searched, put right and forgotten", async () => {
  const pairs = () => desk.ask("memory_pairs", { words: "", before: null });
  assert.equal((await pairs())[0].english, "I like tea.");
  await desk.click("glossary-view");
  await desk.click("view-memory");
  await desk.with("memory-search", (field) => field.sendKeys("coffee"));
  await desk.see("memory-empty");
  await desk.with("memory-search", (field) => field.sendKeys(...Array(6).fill(Key.BACK_SPACE), "TEA"));
  await desk.click("edit-pair");
  await desk.click("pair-chinese");
  await desk.press(Key.CONTROL, "a");
  await desk.type(`我爱喝茶。${Key.ENTER}`);
  await desk.until("it is put right", async () => (await pairs())[0].chinese === "我爱喝茶。");
  await desk.photograph("translate-memory");
  await desk.click("forget-pair");
  await desk.until("it is forgotten", async () => (await pairs()).length === 0);
  await desk.click("back-to-text");
});

test("the direction follows the text", async () => {
  await desk.click("new-translation");
  await typeSource("我喜欢喝茶。");
  const [english] = await allTranslated(1);
  assert.doesNotMatch(english, HAN);
  assert.equal(await (await desk.see("to-english")).getAttribute("aria-pressed"), "true");
});

test("a document is opened, killed in the middle, resumed, and written in both ways", async () => {
  const path = join(folder, "cups.md");
  const sentences = Array.from({ length: 120 }, (_, at) => `He has ${at + 2} books and a red cup.`);
  const text = `# The cups\n\n${sentences.join(" ")}\n`;
  writeFileSync(path, text);
  const begun = (await desk.ask("import_document", { path, to: null })).summary.id;
  // The dialog for files is the system's own; what it leads to is asked for behind the window's back.
  await desk.click("rail-write");
  await desk.click("rail-translate");
  await desk.click("new-translation");
  await desk.click(`translation-${begun}`);
  await desk.see("progress", PATIENCE_MS);
  const doneNow = async () => (await desk.ask("translations"))[0].progress;
  await desk.until("some sentences are done", async () => (await doneNow()).done >= 3, PATIENCE_MS);
  const beforeKill = await doneNow();
  assert.ok(beforeKill.done < beforeKill.total, "it is in the middle");
  await desk.photograph("translate-document");
  await desk.kill();

  desk = await openDesk(library);
  await desk.click("rail-translate");
  const { id, progress } = (await desk.ask("translations"))[0];
  assert.equal(progress.status, "paused");
  assert.ok(progress.done >= beforeKill.done, "nothing that was told is lost");
  const kept = (await desk.ask("open_translation", { translation: id })).segments.map((each) => each.target);
  await desk.click(`translation-${id}`);
  await desk.see("resting");
  await desk.photograph("translate-resting");
  await desk.click("resume");
  await desk.until("all is translated", async () => (await doneNow()).status === "complete", 180_000);
  const { segments } = await desk.ask("open_translation", { translation: id });
  for (const [at, target] of kept.entries()) {
    if (target !== "") assert.equal(segments[at].target, target, "what was done is not done again");
  }

  for (const [edition, hasEnglish] of [["translated", false], ["bilingual", true]]) {
    const target = join(folder, `cups.${edition}.md`);
    await desk.ask("export_document", { translation: id, path: target, edition });
    const written = readFileSync(target, "utf8");
    assert.match(written, /^# .*\p{Script=Han}/mu);
    assert.equal(written.includes(sentences[4]), hasEnglish);
  }
});

test("a web page and subtitles are let go over the panel, and keep their form", async () => {
  for (const [name, text, form] of [
    ["page.html", "<p class=x>I like tea.</p>", /^<p class=x>[^<]*\p{Script=Han}[^<]*<\/p>/u],
    ["film.srt", "1\n00:00:01,000 --> 00:00:02,000\nI like tea.\n", /^1\n00:00:01,000 --> 00:00:02,000\n.*\p{Script=Han}/u],
  ]) {
    await desk.click("new-translation");
    await desk.run(
      // A page cannot make a drag of its own that has files in it.
      `const dataTransfer = { types: ["Files"], files: [new File([arguments[1]], arguments[0])] };
       const sheet = document.querySelector("[data-testid=source] .cm-content");
       for (const kind of ["dragover", "drop"]) {
         const event = new DragEvent(kind, { bubbles: true, cancelable: true });
         sheet.dispatchEvent(Object.defineProperty(event, "dataTransfer", { value: dataTransfer }));
       }`,
      name,
      text,
    );
    const newest = async () => (await desk.ask("translations"))[0];
    await desk.until(
      `${name} is translated`,
      async () => {
        const { title, progress } = await newest();
        return title === name && progress.status === "complete";
      },
      PATIENCE_MS,
    );
    const path = join(folder, `new-${name}`);
    await desk.ask("export_document", { translation: (await newest()).id, path, edition: "translated" });
    assert.match(readFileSync(path, "utf8"), form);
  }
});

test("a chapter goes into a linked one, from its menu", async () => {
  await desk.click("rail-write");
  await desk.goToEnd();
  const { library: works } = await desk.ask("desk_state");
  const { chapters } = works.works[0];
  const row = await desk.see(`chapter-${chapters[0].id}`);
  await desk.session.actions().move({ origin: row }).perform();
  await (await row.findElement({ css: ".more" })).click();
  await desk.click("translate-chapter");
  await desk.until(
    "the chapter is translated",
    async () => {
      const { kind, progress } = (await desk.ask("translations"))[0];
      return kind === "chapter" && progress.status === "complete";
    },
    180_000,
  );
  await desk.photograph("translate-chapter");
  const [{ linkedChapter }] = await desk.ask("translations");
  assert.match((await desk.ask("open_chapter", { chapter: linkedChapter })).body, HAN);
  await desk.click("open-linked");
  await desk.until("it is on the page", async () => HAN.test(await desk.page()));
});
