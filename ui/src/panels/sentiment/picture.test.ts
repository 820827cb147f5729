import { describe, expect, it } from "vitest";

import type { MoodModel, MoodView } from "../../host";
import { beginningsOf, drawingOf, pointFor, strokeOf } from "./drawing";
import { base64Of, pngOf, sizeOf, svgOf } from "./picture";

const point = (position: number, value: number, sentence: number, part: number) => ({
  position,
  value,
  low: value,
  high: value,
  sentence,
  sentences: 1,
  part,
  from: 0,
});

const points = [point(0.1, 0.8, 0, 0), point(0.3, 0, 4, 0), point(0.7, -0.8, 9, 1)];
const view: MoodView = {
  part: null,
  names: [],
  measure: { kind: "mood" },
  sentences: 3,
  overall: null,
  counts: [],
  arc: { low: -1, high: 1, points, line: points.map(({ position, value }) => ({ position, value })) },
  parts: [0, 1].map((part) => ({ part, sentences: 1, mood: null, from: part / 2, to: (part + 1) / 2 })),
};
const room = { width: 220, height: 120, left: 10, right: 10, top: 10, bottom: 10 };
const parts = ["Rain & <Net>", "二"].map((title, first) => ({ chapter: null, title, text: "", first, sentences: 1 }));
const drawn = { view, name: "Mine", model: {} as MoodModel, parts, others: [{ name: "Theirs", view }] };

describe("a drawing", () => {
  const drawing = drawingOf(room, drawn);

  it("has dots by what is felt, a line for each text, and where chapters begin", () => {
    expect(drawing.dots.map(({ colour, d }) => [colour, d])).toEqual([
      ["--mood-neu", "M70 60h0"],
      ["--mood-neg", "M150 100h0"],
      ["--mood-pos", "M30 20h0"],
    ]);
    expect(drawing.lines.map(({ name, d }) => [name, d])).toEqual([
      ["Mine", "M30 20L70 60L150 100"],
      ["Theirs", "M30 20L70 60L150 100"],
    ]);
    expect(drawing.bounds.map(({ x }) => x)).toEqual([10, 110]);
    expect(drawing.level).toBe(60);
  });

  it("tells its lines apart by their dashes", () => {
    const dashes = [0, 1, 2, 3, 4, 5].map((number) => strokeOf(number).dashes);
    expect(new Set(dashes).size).toBe(6);
    expect(strokeOf(6)).toEqual(strokeOf(1));
  });

  it("of an amount that never changes can be drawn", () => {
    const flat = { ...view, arc: { low: 3, high: 3, points: [point(0.5, 3, 0, 0)], line: [] } };
    const { frame, level } = drawingOf(room, { ...drawn, view: flat });
    expect(frame.high).toBeGreaterThan(frame.low);
    expect(level).toBeNull();
  });

  it("finds the point of a sentence, and the points that begin a chapter", () => {
    expect([0, 3, 4, 12].map((sentence) => pointFor(points, sentence))).toEqual([0, 0, 1, 2]);
    expect(pointFor([], 3)).toBeNull();
    expect(beginningsOf(points)).toEqual([0, 2]);
  });
});

describe("a picture", () => {
  const drawing = drawingOf(room, drawn);
  const words = { title: 'A "title" & more', high: "positive", low: "negative" };
  const svg = svgOf(drawing, words, (property) => (property === "--paper" ? "#fcfaf5" : "#123456"));

  it("stands alone: it is XML, with its colours in it, and words stay words", () => {
    const read = new DOMParser().parseFromString(svg, "image/svg+xml");
    expect(read.querySelector("parsererror")).toBeNull();
    expect(read.querySelector("title")?.textContent).toBe('A "title" & more');
    const { width, height } = sizeOf(drawing);
    expect(read.documentElement.getAttribute("viewBox")).toBe(`0 0 ${width} ${height}`);
    expect(svg).not.toContain("var(");
    expect([...read.querySelectorAll("text")].map((each) => each.textContent)).toEqual(expect.arrayContaining(["positive", "negative", "Mine", "Theirs"]));
  });

  it("keeps control characters of a title out", () => {
    const odd = svgOf(drawing, { ...words, title: "a\u0000\u{1b}b\ud800" }, () => "#000000");
    const read = new DOMParser().parseFromString(odd, "image/svg+xml");
    expect(read.querySelector("title")?.textContent).toBe("ab");
  });

  it("travels in base64", () => {
    expect(base64Of("雨")).toBe("6Zuo");
  });

  it("that cannot be drawn says so by a code", async () => {
    const set = Object.getOwnPropertyDescriptor(HTMLImageElement.prototype, "src");
    Object.defineProperty(HTMLImageElement.prototype, "src", {
      configurable: true,
      set(this: HTMLImageElement) {
        queueMicrotask(() => this.onerror?.(new Event("error")));
      },
    });
    await expect(pngOf(svg, { width: 10, height: 10 })).rejects.toMatchObject({ code: "picture_invalid" });
    if (set) Object.defineProperty(HTMLImageElement.prototype, "src", set);
  });
});
