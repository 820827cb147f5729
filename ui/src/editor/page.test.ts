import { redo } from "@codemirror/commands";
import { afterEach, describe, expect, it, vi } from "vitest";

import type { Edit } from "../host/host";
import { authorship } from "./authorship";
import { append } from "./edits";
import { placeField } from "./place";
import { dice, replay, testPage, type } from "./testing";

const frame = () => new Promise((done) => setTimeout(done, 30));

afterEach(() => document.body.replaceChildren());

describe("authorship", () => {
  it("is split by what a person types inside it", () => {
    const { page } = testPage("one two three", { authorship: [{ from: 4, to: 13, generation: 7 }] });
    type(page, 8, "XX");
    expect(authorship(page.view.state)).toEqual([
      { from: 4, to: 8, generation: 7 },
      { from: 10, to: 15, generation: 7 },
    ]);
  });

  it("comes back with undo and goes with redo", () => {
    const { page } = testPage("one two three", { authorship: [{ from: 4, to: 7, generation: 7 }] });
    page.view.dispatch({ changes: { from: 2, to: 9 }, userEvent: "delete" });
    expect(authorship(page.view.state)).toEqual([]);
    page.undo();
    expect(authorship(page.view.state)).toEqual([{ from: 4, to: 7, generation: 7 }]);
    redo(page.view);
    expect(authorship(page.view.state)).toEqual([]);
  });

  it("is no part of text typed at its borders", () => {
    const { page } = testPage("abcdef", { authorship: [{ from: 2, to: 4, generation: 1 }] });
    type(page, 4, "x");
    type(page, 2, "y");
    expect(authorship(page.view.state)).toEqual([{ from: 3, to: 5, generation: 1 }]);
  });
});

describe("edits", () => {
  it("of random changes, undo and redo, replayed give the page, with its authors", () => {
    for (let seed = 1; seed <= 40; seed++) {
      const roll = dice(seed);
      const start = "雨停了。The rain had stopped.\n";
      const { page, edits } = testPage(start);
      for (let step = 0; step < 60; step++) {
        const { length } = page.view.state.doc;
        const from = roll(length + 1);
        const to = Math.min(length, from + roll(6));
        const kind = roll(8);
        if (kind < 4) page.view.dispatch({ changes: { from, to, insert: "ab字😀\n".slice(roll(3)) } });
        else if (kind < 5) page.insertGenerated(1 + roll(5), "模型 wrote", from, to);
        else if (kind < 7) page.undo();
        else redo(page.view);
      }
      const sent: Edit[] = [];
      for (const edit of edits) append(sent, edit);
      expect(replay(start, sent)).toBe(page.text);
      for (const span of authorship(page.view.state)) {
        expect(span.from).toBeLessThan(span.to);
        expect(span.to).toBeLessThanOrEqual(page.text.length);
      }
    }
  });

  it("join while someone types on", () => {
    const edits: Edit[] = [];
    append(edits, { from: 3, to: 3, insert: "a", generation: null });
    append(edits, { from: 4, to: 4, insert: "b", generation: null });
    append(edits, { from: 5, to: 5, insert: "c", generation: 9 });
    expect(edits.map((edit) => edit.insert)).toEqual(["ab", "c"]);
  });
});

describe("a generation", () => {
  it("streams to its place while the person types before and after it", async () => {
    const { page, edits } = testPage("The end. After.");
    page.writer.begin(5, 8);
    page.writer.write(5, " More");
    await frame();
    type(page, 0, "Now: ");
    type(page, page.text.length, " Tail.");
    page.writer.write(5, " text.");
    await frame();
    expect(page.text).toBe("Now: The end. More text. After. Tail.");
    expect(authorship(page.view.state)).toEqual([{ from: 13, to: 24, generation: 5 }]);
    expect(replay("The end. After.", edits)).toBe(page.text);
    const own = edits.filter((edit) => edit.generation === 5).map((edit) => edit.insert);
    expect(own.join("")).toBe(" More text.");
  });

  it("takes one frame for each piece, its caret included", async () => {
    const { page } = testPage("Start.");
    await frame();
    const asked = vi.spyOn(window, "requestAnimationFrame");
    const taken = vi.spyOn(window, "cancelAnimationFrame");
    page.writer.begin(1, 6);
    await frame();
    const before = asked.mock.calls.length - taken.mock.calls.length;
    page.writer.write(1, " More");
    await frame();
    expect(page.caret).toBe(11);
    expect(asked.mock.calls.length - taken.mock.calls.length - before).toBe(1);
  });

  it("is one step of undo, whatever was typed meanwhile", async () => {
    const { page, edits } = testPage("Start.");
    page.writer.begin(1, 6);
    for (const piece of [" One", " two", " three."]) {
      page.writer.write(1, piece);
      await frame();
      type(page, 0, "x");
    }
    const ended = vi.fn();
    page.writer.end(1, ended);
    await frame();
    expect(ended).toHaveBeenCalledOnce();
    expect(page.text).toBe("xxxStart. One two three.");
    page.undo();
    expect(page.text).toBe("xxxStart.");
    expect(authorship(page.view.state)).toEqual([]);
    redo(page.view);
    expect(page.text).toBe("xxxStart. One two three.");
    expect(authorship(page.view.state)).toEqual([{ from: 9, to: 24, generation: 1 }]);
    expect(page.view.state.field(placeField)).toEqual({ from: 9, to: 24, generation: 1 });
    expect(replay("Start.", edits)).toBe(page.text);
  });

  it("can be taken back while it is written, and what comes late stays off the page", async () => {
    const { page } = testPage("Start.");
    page.writer.begin(1, 6);
    page.writer.write(1, " Half");
    await frame();
    page.undo();
    page.writer.write(1, " late");
    await frame();
    expect(page.text).toBe("Start.");
  });

  it("keeps what a person typed into it when it is taken back", async () => {
    const { page } = testPage("A.");
    page.writer.begin(3, 2);
    page.writer.write(3, " model words");
    await frame();
    type(page, 8, "MINE");
    page.writer.end(3, () => undefined);
    await frame();
    expect(page.text).toBe("A. modelMINE words");
    page.undo();
    expect(page.text).toBe("A.MINE");
  });

  it("moves the caret along only if it stood at the place", async () => {
    const { page } = testPage("abc def");
    page.view.dispatch({ selection: { anchor: 3 } });
    page.writer.begin(1, 3);
    page.writer.write(1, "XY");
    await frame();
    expect(page.caret).toBe(5);
    page.view.dispatch({ selection: { anchor: 0 } });
    page.writer.write(1, "Z");
    await frame();
    expect(page.caret).toBe(0);
  });

  it("takes the place of an earlier try as one step", async () => {
    const { page, edits } = testPage("Once.");
    page.writer.begin(1, 5);
    page.writer.write(1, " First try.");
    page.writer.end(1, () => undefined);
    await frame();
    page.writer.begin(2, 5, page.view.state.field(placeField));
    page.writer.write(2, " Second.");
    page.writer.end(2, () => undefined);
    await frame();
    expect(page.text).toBe("Once. Second.");
    page.undo();
    expect(page.text).toBe("Once. First try.");
    expect(authorship(page.view.state)).toEqual([{ from: 5, to: 16, generation: 1 }]);
    expect(page.view.state.field(placeField)?.generation).toBe(1);
    redo(page.view);
    expect(page.text).toBe("Once. Second.");
    page.undo();
    page.undo();
    expect(page.text).toBe("Once.");
    expect(replay("Once.", edits)).toBe("Once.");
  });
});
