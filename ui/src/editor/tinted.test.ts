// A tinted text: its tints belong to the text that they were made for, also while a person types or composes.

import { afterEach, describe, expect, it, vi } from "vitest";

import { type TintedEvents, TintedText } from "./tinted";

afterEach(() => document.body.replaceChildren());

function open(text: string, readOnly = false): { page: TintedText; events: { [key in keyof TintedEvents]: ReturnType<typeof vi.fn> } } {
  const events = { onChange: vi.fn(), onCaret: vi.fn() };
  const page = new TintedText({ parent: document.body, text, readOnly, label: "text", placeholder: "", events });
  return { page, events };
}

const tinted = (page: TintedText, look: string) => [...page.view.contentDOM.querySelectorAll(`.${look}`)].map((each) => each.textContent);

const JOY = { from: 0, to: 4, look: "mood-positive" };
const GRIEF = { from: 5, to: 9, look: "mood-negative" };

describe("tints", () => {
  it("are drawn on the sentences, and words inside of them", () => {
    const { page } = open("Joy. Woe.");
    page.tint("Joy. Woe.", [JOY, GRIEF], [{ from: 5, to: 8, look: "moved-down" }]);
    expect(tinted(page, "mood-positive")).toEqual(["Joy."]);
    expect(tinted(page, "moved-down")).toEqual(["Woe"]);
    expect(page.view.contentDOM.querySelector(".mood-negative .moved-down")?.textContent).toBe("Woe");
  });

  it("of another text are not taken", () => {
    const { page } = open("Joy. Woe.");
    page.tint("Joy. Woe!", [JOY], []);
    expect(tinted(page, "mood-positive")).toEqual([]);
  });

  it("move with what is typed", () => {
    const { page, events } = open("Joy. Woe.");
    page.tint("Joy. Woe.", [JOY, GRIEF], []);
    page.view.dispatch({ changes: { from: 4, insert: " So." }, userEvent: "input.type" });
    expect(tinted(page, "mood-negative")).toEqual(["Woe."]);
    expect(events.onChange).toHaveBeenLastCalledWith("Joy. So. Woe.");
  });

  it("beyond the end of the text are cut", () => {
    const { page } = open("Joy.");
    page.tint("Joy.", [{ from: 0, to: 99, look: "mood-positive" }, { from: 50, to: 60, look: "mood-negative" }], []);
    expect(tinted(page, "mood-positive")).toEqual(["Joy."]);
  });

  it("wait for the end of a composition", async () => {
    const { page, events } = open("Joy.");
    page.view.contentDOM.dispatchEvent(new CompositionEvent("compositionstart", { bubbles: true, data: "" }));
    page.tint("Joy.", [JOY], []);
    expect(tinted(page, "mood-positive")).toEqual([]);
    expect(events.onChange).not.toHaveBeenCalled();
    page.view.contentDOM.dispatchEvent(new CompositionEvent("compositionend", { bubbles: true, data: "" }));
    await vi.waitFor(() => expect(tinted(page, "mood-positive")).toEqual(["Joy."]));
    expect(events.onChange).toHaveBeenCalledWith("Joy.");
  });
});

describe("the caret", () => {
  it("that a person moves is told, one that is put there is not", () => {
    const { page, events } = open("Joy. Woe.", true);
    page.show(6, false);
    expect(page.view.state.selection.main.head).toBe(6);
    expect(events.onCaret).not.toHaveBeenCalled();
    page.view.dispatch({ selection: { anchor: 2 }, userEvent: "select.pointer" });
    expect(events.onCaret).toHaveBeenCalledExactlyOnceWith(2);
  });
});

describe("another text", () => {
  it("takes the place of what differs", () => {
    const { page } = open("Joy. Woe.", true);
    page.tint("Joy. Woe.", [JOY, GRIEF], []);
    page.replace("Joy. Calm.");
    expect(page.text).toBe("Joy. Calm.");
    expect(tinted(page, "mood-positive")).toEqual(["Joy."]);
  });
});
