// Sentences as rows: where each begins on the screen, through what a person types.

import { EditorState } from "@codemirror/state";
import { EditorView } from "@codemirror/view";
import { afterEach, describe, expect, it } from "vitest";

import { type Row, rowAt, rowsBetween, rowsExtension, setMarks, setRoom, setRows } from "./rows";

afterEach(() => document.body.replaceChildren());

function page(text: string, rows: Row[]): EditorView {
  const view = new EditorView({
    parent: document.body,
    state: EditorState.create({ doc: text, extensions: [rowsExtension] }),
  });
  view.dispatch({ effects: setRows.of(rows) });
  return view;
}

/** One, two and three: two sentences in a line, one in the next. */
const three = () =>
  page("One. Two.\nThree.", [
    { id: 1, from: 0, to: 4 },
    { id: 2, from: 5, to: 9 },
    { id: 3, from: 10, to: 16 },
  ]);

const breaks = (view: EditorView) => [...view.contentDOM.querySelectorAll<HTMLElement>(".row-end")].map((each) => each.style.height);

describe("rows", () => {
  it("break the line before a sentence that does not begin it, and change no text", () => {
    const view = three();
    expect(breaks(view)).toEqual(["10px"]);
    expect(view.contentDOM.querySelector(".row-end")?.nextElementSibling?.nextSibling?.textContent).toBe("Two.");
    expect(view.state.doc.toString()).toBe("One. Two.\nThree.");
  });

  it("leave room for what stands beside them", () => {
    const view = three();
    view.dispatch({ effects: setRoom.of(new Map([[1, 30], [2, 12]])) });
    expect(breaks(view)).toEqual(["40px"]);
    expect(view.contentDOM.querySelector<HTMLElement>(".cm-line")?.style.paddingBottom).toBe("22px");
  });

  it("follow what is typed, take what is typed at their edges, and go with what is deleted", () => {
    const view = three();
    view.dispatch({ changes: { from: 0, insert: "Zero. " } });
    expect(rowsBetween(view, 0, 99)).toEqual([
      { id: 1, from: 0, to: 10 },
      { id: 2, from: 11, to: 15 },
      { id: 3, from: 16, to: 22 },
    ]);
    view.dispatch({ changes: { from: 0, to: 16 } });
    expect(rowsBetween(view, 0, 99).map(({ id }) => id)).toEqual([3]);
  });

  it("are found by the caret: behind a sentence it is still that one's", () => {
    const view = three();
    expect([0, 4, 5, 9, 10, 16].map((place) => rowAt(view, place)?.id)).toEqual([1, 1, 2, 2, 3, 3]);
    expect(rowAt(page("  ", []), 1)).toBeNull();
  });

  it("that touch each other belong to the one that begins there", () => {
    const view = page("一。二。", [
      { id: 1, from: 0, to: 2 },
      { id: 2, from: 2, to: 4 },
    ]);
    expect(breaks(view)).toHaveLength(1);
    expect(rowAt(view, 2)?.id).toBe(2);
  });

  it("have their terms marked, where these are in the sentence", () => {
    const view = three();
    view.dispatch({ effects: setMarks.of(new Map([[2, [{ from: 0, to: 3 }, { from: 2, to: 99 }]]])) });
    expect([...view.contentDOM.querySelectorAll(".term")].map((each) => each.textContent)).toEqual(["Two"]);
  });
});
