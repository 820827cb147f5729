import { describe, expect, it } from "vitest";

import { boundsOf, dotsAt, type Frame, lineThrough, nearest, placeX, placeY, positionAt, walk } from "./chart";

const frame: Frame = { width: 220, height: 120, left: 10, right: 10, top: 10, bottom: 10, low: -1, high: 1 };

describe("places", () => {
  it("are the margins at the ends, and the middle where nothing is felt", () => {
    expect([placeX(frame, 0), placeX(frame, 1)]).toEqual([10, 210]);
    expect([placeY(frame, 1), placeY(frame, 0), placeY(frame, -1)]).toEqual([10, 60, 110]);
  });

  it("beyond the edges stay on them", () => {
    expect([placeY(frame, 7), placeY(frame, -7)]).toEqual([10, 110]);
  });

  it("of a probability are between 0 and 1", () => {
    expect(placeY({ ...frame, low: 0 }, 0.5)).toBe(60);
  });

  it("are found again from the picture", () => {
    expect([positionAt(frame, 60), positionAt(frame, -5), positionAt(frame, 500)]).toEqual([0.25, 0, 1]);
    expect(positionAt({ ...frame, width: 0 }, 5)).toBe(0);
  });
});

describe("lines and dots", () => {
  it("go through their points", () => {
    const points = [
      { x: 0, y: 0 },
      { x: 0.5, y: 1 },
      { x: 1, y: -1 },
    ];
    expect(lineThrough(frame, points)).toBe("M10 60L110 10L210 110");
    expect(dotsAt(frame, points)).toBe("M10 60h0M110 10h0M210 110h0");
  });

  it("of one point and of none can be drawn", () => {
    expect(lineThrough(frame, [{ x: 0.5, y: 0 }])).toBe("M104 60h12");
    expect(lineThrough(frame, [])).toBe("");
    expect(dotsAt(frame, [])).toBe("");
  });
});

describe("the nearest point", () => {
  const points = [0, 0.1, 0.4, 1].map((x) => ({ x, y: 0 }));

  it.each([
    [-1, 0],
    [0.04, 0],
    [0.06, 1],
    [0.3, 2],
    [0.69, 2],
    [0.71, 3],
    [2, 3],
  ])("to %f is number %i", (x, index) => {
    expect(nearest(points, x)).toBe(index);
  });

  it("of none is none", () => {
    expect(nearest([], 0.5)).toBeNull();
  });
});

describe("bounds of chapters", () => {
  const wide = (text: string) => text.length * 10;

  it("carry their titles, cut where the next begins", () => {
    const bounds = boundsOf(frame, [{ at: 0, title: "The Lamp" }, { at: 0.3, title: "Rain" }, { at: 0.34, title: "Net" }], wide);
    expect(bounds).toEqual([
      { x: 10, label: "The…" },
      { x: 70, label: "" },
      { x: 78, label: "Net" },
    ]);
  });
});

describe("keys along the arc", () => {
  const chapters = [0, 5, 12];

  it.each([
    ["ArrowRight", 3, false, 4],
    ["ArrowLeft", 3, false, 2],
    ["ArrowLeft", 0, false, 0],
    ["ArrowRight", 19, false, 19],
    ["ArrowRight", 3, true, 5],
    ["ArrowLeft", 5, true, 0],
    ["ArrowRight", 12, true, 19],
    ["PageUp", 3, false, 13],
    ["PageDown", 3, false, 0],
    ["Home", 9, false, 0],
    ["End", 9, false, 19],
    ["ArrowRight", null, false, 0],
    ["ArrowLeft", null, false, 19],
    ["x", 3, false, null],
  ] as const)("%s from %s goes on (far: %s) to %s", (key, at, far, to) => {
    expect(walk(key, at, 20, chapters, far)).toBe(to);
  });

  it("go nowhere without points", () => {
    expect(walk("End", null, 0, [], false)).toBeNull();
  });
});
