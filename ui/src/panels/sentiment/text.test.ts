import { describe, expect, it } from "vitest";

import type { MoodPart, MoodReading, MoodSentence } from "../../host";
import { feelingOf, lookOf, moversOf, placeIn, sentenceAt, sheetOf, tintsOf, wordsOf } from "./text";

const part = (title: string, text: string, first = 0, sentences = 1): MoodPart => ({ chapter: 1, title, text, first, sentences });

function sentence(index: number, of: number, from: number, to: number, valence: number): MoodSentence {
  const scores = [{ label: 2, score: 0.9 }];
  return { index, part: of, from, to, mood: { label: 2, scores, valence }, guess: false };
}

const mood = { kind: "mood" } as const;

describe("a sheet", () => {
  it("has the title of each part above it, unless the part begins with that", () => {
    const sheet = sheetOf([part("Rain", "It rained."), part("雨", "# 雨\n\n下雨了。")]);
    expect(sheet.text).toBe("Rain\n\nIt rained.\n\n\n# 雨\n\n下雨了。");
    expect(sheet.starts.map((start) => sheet.text.slice(start, start + 4))).toEqual(["It r", "# 雨\n"]);
    expect(sheet.titles).toEqual([{ from: 0, to: 4, look: "mood-title" }]);
  });

  it("of one part is its text", () => {
    expect(sheetOf([part("Rain", "It rained.")])).toEqual({ text: "It rained.", starts: [0], titles: [] });
  });

  it("knows which part a place is in", () => {
    const sheet = sheetOf([part("A", "One."), part("B", "Two.")]);
    expect(placeIn(sheet, sheet.text.indexOf("Two.") + 2)).toEqual({ part: 1, offset: 2 });
    expect(placeIn(sheet, 0).part).toBe(0);
  });
});

describe("sentences", () => {
  const parts = [part("A", "One. Two.", 0, 2), part("B", "Three.", 2, 1)];
  const sheet = sheetOf(parts);
  const reading = { parts } as MoodReading;
  const all = [sentence(0, 0, 0, 4, 0.9), undefined, sentence(2, 1, 0, 6, -0.3)];

  it("are tinted where they stand, those that are felt and the chosen one", () => {
    const tints = tintsOf(sheet, all, mood, 2).map(({ from, to, look }) => [sheet.text.slice(from, to), look]);
    expect(tints).toEqual([
      ["A", "mood-title"],
      ["One.", "mood mood-positive mood-5"],
      ["B", "mood-title"],
      ["Three.", "mood mood-negative mood-2 mood-chosen"],
    ]);
  });

  it("are found by a place in them, and those that are not read yet are passed over", () => {
    const at = (words: string) => sentenceAt(sheet, reading, all, sheet.text.indexOf(words) + 1)?.index;
    expect([at("One"), at("Two"), at("Three")]).toEqual([0, 0, 2]);
  });

  it("have their words", () => {
    expect(wordsOf(reading, sentence(1, 0, 5, 9, 0))).toBe("Two.");
  });
});

describe("the words that moved a sentence", () => {
  it("are those that did so to speak of", () => {
    const word = (text: string, weight: number) => ({ from: 0, to: 1, text, weight });
    const words = [word("cold", -0.4), word("wept", 0.05), word("and", 0.03), word("him", -0.001)];
    expect(moversOf({ sentence: 0, measure: mood, value: -0.7, words, tried: 4 }).map(({ text }) => text)).toEqual(["cold", "wept"]);
    expect(moversOf({ sentence: 0, measure: mood, value: 0, words: [word("the", 0.004)], tried: 1 })).toEqual([]);
  });
});

describe("a value", () => {
  it("near nothing is neutral and has no tint", () => {
    expect([feelingOf(0.05), feelingOf(-0.5), feelingOf(0.5)]).toEqual(["neutral", "negative", "positive"]);
    expect(lookOf(0.05, mood)).toBeNull();
  });

  it("of a label is deeper the likelier it is", () => {
    expect(lookOf(0.95, { kind: "label", label: 0 })).toBe("mood mood-label mood-5");
    expect(lookOf(0.3, { kind: "label", label: 0 })).toBe("mood mood-label mood-2");
    expect(lookOf(0.02, { kind: "label", label: 0 })).toBeNull();
  });
});
