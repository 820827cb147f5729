// What lies on the panel without a summary is in the library, and comes back.

import { fireEvent, screen, waitFor } from "@testing-library/svelte";
import { EditorView } from "@codemirror/view";
import { describe, expect, it, vi } from "vitest";

import { en } from "../../i18n/en";
import { openWindow, type Window } from "../../testing";

const TEXT = "The ferry ran for forty years. In the storm it drifted to the sea. The council built a bridge.";
const KEPT = { text: TEXT, aside: [] as string[], method: "rewritten", length: { kind: "words", count: 60 }, form: "bullets", to: "english" } as const;

vi.setConfig({ testTimeout: 20_000 });

function article(): EditorView {
  const content = screen.getByTestId("article").querySelector<HTMLElement>(".cm-content");
  return (content && EditorView.findFromDOM(content)) ?? expect.fail("no article");
}

async function show(window: Window): Promise<void> {
  window.desk.panel = "summarize";
  await screen.findByTestId("article");
}

function type(text: string): void {
  article().dispatch({ changes: { from: 0, insert: text }, userEvent: "input.type" });
}

describe("the sheet", () => {
  it("is kept within a second of a key, with its options, until its summary is", async () => {
    const window = await openWindow();
    await show(window);
    type(TEXT);
    await waitFor(() => expect(window.host.summarizing.draft?.text).toBe(TEXT), { timeout: 1000 });
    await fireEvent.click(screen.getByTestId("form-bullets"));
    await waitFor(() => expect(window.host.summarizing.draft?.form).toBe("bullets"), { timeout: 1000 });
    await window.summarizing.summarize();
    await waitFor(() => expect(window.host.summarizing.draft?.text).toBe(""), { timeout: 1000 });
  });

  it("is kept at once where the window closes, and what gave way to another too", async () => {
    const window = await openWindow();
    await show(window);
    type(TEXT);
    window.summarizing.blank();
    await waitFor(() => expect(article().state.doc.toString()).toBe(""));
    type("Another.");
    await window.summarizing.flush();
    expect(window.host.summarizing.draft).toMatchObject({ text: "Another.", aside: [TEXT] });
  });

  it("comes back as it was", async () => {
    const window = await openWindow();
    window.host.summarizing.draft = { ...KEPT, aside: ["An older one."] };
    await show(window);
    await waitFor(() => expect(article().state.doc.toString()).toBe(TEXT));
    expect(screen.getByTestId("amount")).toHaveValue(60);
    expect(screen.getByTestId("form-bullets")).toHaveAttribute("aria-pressed", "true");
    expect(screen.getByTestId("to")).toHaveValue("english");
    window.summarizing.blank();
    expect(window.summarizing.aside).toEqual([TEXT, "An older one."]);
    await fireEvent.click((await screen.findAllByTestId("take-aside"))[1] ?? expect.fail("no button"));
    expect(article().state.doc.toString()).toBe("An older one.");
    expect(window.summarizing.aside).toEqual([TEXT]);
  });

  it("gives way to a chapter that is taken at the start, and is offered back", async () => {
    const window = await openWindow();
    window.host.summarizing.draft = { ...KEPT, method: "key" };
    await window.summarizing.takeItem({ kind: "chapter", id: window.desk.chapter ?? 0 });
    expect(window.summarizing.aside).toEqual([TEXT]);
    expect(window.summarizing.entry?.kind).toBe("chapter");
  });

  it("that cannot be kept says why and is tried again", async () => {
    const window = await openWindow();
    await show(window);
    window.host.failNext("keepSummaryDraft", { code: "disk_full" });
    type(TEXT);
    await waitFor(() => expect(document.body).toHaveTextContent(en.errors["disk_full"] ?? ""), { timeout: 2000 });
    await waitFor(() => expect(window.host.summarizing.draft?.text).toBe(TEXT), { timeout: 5000 });
  });
});
