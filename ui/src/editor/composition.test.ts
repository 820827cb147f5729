// Input methods, scripted: what a keyboard sends while a person composes, with a model's text arriving meanwhile.

import { afterEach, describe, expect, it, vi } from "vitest";

import { authorship } from "./authorship";
import { testPage } from "./testing";
import type { Page } from "./create";

const wait = (milliseconds: number) => new Promise((done) => setTimeout(done, milliseconds));

afterEach(() => document.body.replaceChildren());

function compose(page: Page, kind: "compositionstart" | "compositionend", data = ""): void {
  page.view.contentDOM.dispatchEvent(new CompositionEvent(kind, { bubbles: true, data }));
}

/** The composed text as it grows: what CodeMirror reads from the page after each key. */
function composing(page: Page, at: number, before: number, text: string): void {
  page.view.dispatch({
    changes: { from: at, to: at + before, insert: text },
    selection: { anchor: at + text.length },
    userEvent: before === 0 ? "input.type.compose.start" : "input.type.compose",
  });
}

const SCRIPTS: [string, string[], string][] = [
  ["pinyin, one word", ["n", "ni", "ni h", "ni hao"], "你好"],
  ["pinyin, a long phrase", ["w", "wo", "wo m", "wo men", "wo men d", "wo men de"], "我们的"],
  ["pinyin with an apostrophe", ["x", "xi", "xi'", "xi'a", "xi'an"], "西安"],
  ["pinyin given up as Latin", ["b", "bi", "bim", "bimo"], "bimo"],
  ["wubi", ["w", "wq", "wqv"], "你"],
  ["zhuyin", ["ㄋ", "ㄋㄧ", "ㄋㄧˇ"], "你"],
  ["cangjie", ["手", "手戈"], "我"],
  ["kana to kanji", ["k", "か", "かn", "かん", "かんじ"], "漢字"],
  ["hangul", ["ㅎ", "하", "한"], "한"],
  ["dead key", ["´"], "é"],
  ["emoji by name", ["s", "sm", "smile"], "😄"],
  ["punctuation", ["."], "。"],
  ["quotation mark", ['"'], "“"],
  ["taken back", ["n", "ni", "n"], ""],
  ["a rare character", ["y", "yi"], "𠮷"],
];

describe("while an input method composes", () => {
  it.each(SCRIPTS)("%s: text that arrives waits, and nothing is lost", async (_name, keys, result) => {
    const { page } = testPage("开头。结尾。");
    page.writer.begin(1, 3);
    page.writer.write(1, "模型");
    await wait(30);
    const at = page.text.length;
    compose(page, "compositionstart");
    let length = 0;
    for (const key of keys) {
      composing(page, at, length, key);
      length = key.length;
      page.writer.write(1, "写");
      await wait(25);
      expect(page.text).toBe(`开头。模型结尾。${key}`);
    }
    composing(page, at, length, result);
    compose(page, "compositionend", result);
    await wait(80);
    expect(page.text).toBe(`开头。模型${"写".repeat(keys.length)}结尾。${result}`);
  });

  it.each(SCRIPTS)("%s: the generation is one step of undo afterwards", async (_name, keys, result) => {
    const { page } = testPage("开头。");
    page.writer.begin(1, 3);
    compose(page, "compositionstart");
    let length = 0;
    for (const key of keys) {
      composing(page, 0, length, key);
      length = key.length;
      page.writer.write(1, "写");
    }
    composing(page, 0, length, result);
    page.writer.end(1, () => undefined);
    await wait(30);
    expect(page.text).toBe(`${result}开头。`);
    compose(page, "compositionend", result);
    await wait(80);
    expect(page.text).toBe(`${result}开头。${"写".repeat(keys.length)}`);
    page.undo();
    expect(page.text).toBe(`${result}开头。`);
  });

  it("the tint is not drawn anew until the composition has ended", async () => {
    const { page } = testPage("模型写的", { authorship: [{ from: 0, to: 4, generation: 1 }] });
    const tinted = () => [...page.view.contentDOM.querySelectorAll(".by-model")].map((mark) => mark.textContent);
    compose(page, "compositionstart");
    composing(page, 2, 0, "n");
    expect(tinted().join("")).toBe("模型n写的");
    composing(page, 2, 1, "你");
    compose(page, "compositionend", "你");
    await wait(80);
    expect(tinted()).toEqual(["模型", "写的"]);
    expect(authorship(page.view.state)).toHaveLength(2);
  });

  it("an Enter or a shortcut of the composition is no command", () => {
    const run = vi.fn();
    const commands = { continue: run, stop: () => false, retry: run, walkTries: run };
    const { page } = testPage("文", { commands });
    compose(page, "compositionstart");
    for (const key of ["Enter", "r", "ArrowLeft"]) {
      const held = { ctrlKey: key === "Enter", altKey: key !== "Enter" };
      page.view.contentDOM.dispatchEvent(
        new KeyboardEvent("keydown", { key, ...held, isComposing: true, keyCode: 229, bubbles: true }),
      );
    }
    expect(run).not.toHaveBeenCalled();
  });
});
