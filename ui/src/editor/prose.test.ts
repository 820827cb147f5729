// Markdown on the page: its look, wherever in a text the screen is.

import { MarkdownParser } from "@lezer/markdown";
import { afterEach, describe, expect, it, vi } from "vitest";

import { testPage, type } from "./testing";
import type { Page } from "./create";

afterEach(() => document.body.replaceChildren());

const shown = (page: Page, look: string) => [...page.view.contentDOM.querySelectorAll(`.${look}`)].map((each) => each.textContent);

const LINE = "The ferry had not crossed the river for three winters.\n";

describe("Markdown", () => {
  it("is shown as it was meant, and its marks step back", () => {
    const { page } = testPage("# The *ferry*\n\nIt **had** ~~not~~ crossed.\n\n> 钟*响*了\n\n---\n");
    expect(shown(page, "md-heading1").join("")).toBe("# The *ferry*");
    expect(shown(page, "md-emphasis").join("")).toBe("*ferry**响*");
    expect(shown(page, "md-strong").join("")).toBe("**had**");
    expect(shown(page, "md-struck").join("")).toBe("~~not~~");
    expect(shown(page, "md-quote").join("")).toContain("钟");
    expect(shown(page, "md-mark")).toEqual(["#", "*", "*", "**", "**", "~~", "~~", ">", "*", "*", "---"]);
  });

  it("follows what is typed", () => {
    const { page } = testPage("It had.");
    type(page, 3, "**");
    expect(shown(page, "md-strong")).toEqual([]);
    type(page, 8, "**");
    expect(shown(page, "md-strong").join("")).toBe("**had**");
  });

  it("is drawn inside of what a model wrote", () => {
    const { page } = testPage("It *had* not.", { authorship: [{ from: 0, to: 13, generation: 1 }] });
    expect(shown(page, "by-model")).toEqual(["It *had* not."]);
    expect(shown(page, "by-model .md-emphasis").join("")).toBe("*had*");
  });

  it("of a paragraph that began before the screen is read from its beginning", () => {
    const { page } = testPage(`${LINE.repeat(400)}\n**${LINE.repeat(20)}at the end**`);
    page.show(page.text.length, page.text.length);
    expect(shown(page, "md-strong").join("")).toContain("at the end**");
  });

  it("waits for the end of a composition", async () => {
    const { page } = testPage("一");
    page.view.contentDOM.dispatchEvent(new CompositionEvent("compositionstart", { bubbles: true, data: "" }));
    type(page, 1, "*二*");
    expect(shown(page, "md-emphasis")).toEqual([]);
    page.view.contentDOM.dispatchEvent(new CompositionEvent("compositionend", { bubbles: true, data: "" }));
    await vi.waitFor(() => expect(shown(page, "md-emphasis").join("")).toBe("*二*"));
  });
});

describe("a key", () => {
  it.each([
    ["with empty lines", `${LINE}\n`],
    ["without an empty line", LINE],
    ["without a line end", LINE.trim()],
  ])("in a million characters %s costs what it costs in a page", (_name, piece) => {
    const { page } = testPage(piece.repeat(Math.ceil(1e6 / piece.length)));
    page.show(page.text.length, page.text.length);
    const read = vi.spyOn(MarkdownParser.prototype, "createParse");
    type(page, page.text.length, " *End*.");
    const characters = read.mock.calls.reduce((sum, [input]) => sum + input.length, 0);
    expect(characters).toBeGreaterThan(0);
    expect(characters).toBeLessThan(20_000);
    expect(shown(page, "md-emphasis").join("")).toBe("*End*");
  });
});
