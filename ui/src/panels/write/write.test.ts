import { screen, waitFor } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { describe, expect, it } from "vitest";

import { authorship } from "../../editor/authorship";
import { zh } from "../../i18n/zh";
import { openWindow, type Window } from "../../testing";
import { parseBias, presetOf, PRESETS, SAMPLERS } from "./samplers";

const SCRIPT = [" First.", " Second.", " Third.", " Fourth."];

async function written(window: Window, text: string): Promise<void> {
  await waitFor(() => {
    expect(window.session.busy).toBe(false);
    expect(window.page().endsWith(text)).toBe(true);
  });
}

describe("writing on", () => {
  it("streams to the caret, marks the text and saves it", async () => {
    const window = await openWindow({ script: SCRIPT });
    await window.session.continue(1);
    await written(window, " First.");
    const state = window.session.page?.view.state;
    if (!state) throw new Error("no page");
    expect(authorship(state)).toHaveLength(1);
    await window.session.saveAll();
    expect(window.host.pages.get(window.session.chapter?.id ?? 0)?.body).toBe(window.page());
  });

  it("says that the model thinks, and keeps the thought off the page", async () => {
    const window = await openWindow({ script: ["<think>Two roads here.</think> First."], pace: 60 });
    void window.session.continue(1);
    await waitFor(() => expect(screen.getByTestId("thinking")).toHaveTextContent("3 words so far · Esc stops"));
    await written(window, " First.");
    expect(window.page()).not.toContain("roads");
    expect(screen.queryByTestId("thinking")).toBeNull();
    const [{ id } = expect.fail("no generation")] = await window.host.history({ text: "", chapter: null, before: null, limit: 1 });
    expect((await window.host.generation(id)).thoughts).toBe("Two roads here.");
  });

  it("leaves what follows the caret where it is", async () => {
    const window = await openWindow({ script: SCRIPT });
    window.session.page?.view.dispatch({ selection: { anchor: 17 } });
    const before = window.page();
    await window.session.continue(1);
    await waitFor(() => expect(window.session.busy).toBe(false));
    expect(window.page()).toBe(`${before.slice(0, 17)} First.${before.slice(17)}`);
  });

  it("saves what was typed before it asks", async () => {
    const window = await openWindow({ script: SCRIPT });
    const { view } = window.session.page ?? expect.fail("no page");
    view.dispatch({ changes: { from: 0, insert: "Typed. " } });
    await window.session.continue(1);
    await written(window, " First.");
    const order = window.host.calls.filter((name) => ["saveEdits", "continueStory"].includes(name));
    expect(order.slice(0, 2)).toEqual(["saveEdits", "continueStory"]);
  });

  it("keeps every try, with what the person made of it", async () => {
    const window = await openWindow({ script: SCRIPT });
    const { session } = window;
    await session.continue(1);
    await written(window, " First.");
    const { view } = session.page ?? expect.fail("no page");
    const end = view.state.doc.length;
    view.dispatch({ changes: { from: end - 3, insert: "MINE" } });
    await session.retry();
    await written(window, " Second.");
    expect(window.page()).not.toContain("First");
    await session.walk(-1);
    await written(window, " FirMINEst.");
    await session.walk(1);
    await written(window, " Second.");
    expect(screen.getByTestId("try-count")).toHaveTextContent("Try 2 of 2");
    session.page?.undo();
    expect(window.page().endsWith(" FirMINEst.")).toBe(true);
  });

  it("shows three alternatives and puts the chosen one on the page", async () => {
    const user = userEvent.setup();
    const window = await openWindow({ script: SCRIPT });
    const before = window.page();
    await user.click(screen.getByTestId("alternatives"));
    await waitFor(() => expect(screen.getByTestId("alternative-2")).toHaveTextContent("Third."));
    expect(window.page()).toBe(before);
    await user.click(screen.getByTestId("insert-1"));
    expect(window.page()).toBe(`${before} Second.`);
    expect(screen.queryByTestId("alternative-0")).toBeNull();
    window.session.page?.undo();
    expect(window.page()).toBe(before);
  });

  it("stops and keeps with Escape", async () => {
    const window = await openWindow({ script: [" a b c d e f g h i j k l m n"], pace: 15 });
    await window.session.continue(1);
    await waitFor(() => expect(window.page()).toContain(" a b c"));
    expect(window.session.escape()).toBe(true);
    await waitFor(() => expect(window.session.busy).toBe(false));
    expect(window.page()).toContain(" a b c");
    expect(window.page()).not.toContain(" m n");
  }, 10_000);

  it("says beside the page why it does not go on", async () => {
    const { host, session } = await openWindow();
    host.failNext("continueStory", { code: "model_loading" });
    await session.continue(1);
    const error = await screen.findByTestId("error");
    expect(error).toHaveAttribute("data-code", "model_loading");
    expect(session.busy).toBe(false);
  });

  it("closing the window saves first", async () => {
    const { host, desk, session, page } = await openWindow();
    await host.beforeClosing(async () => {
      await Promise.allSettled([session.saveAll(), desk.flushSettings()]);
    });
    session.page?.view.dispatch({ changes: { from: 0, insert: "Last words. " } });
    await host.close();
    expect(host.pages.get(session.chapter?.id ?? 0)?.body).toBe(page());
  });
});

describe("the inspector", () => {
  it("stores memory and note of the work", async () => {
    const user = userEvent.setup();
    const { host, session } = await openWindow();
    await user.type(screen.getByTestId("memory"), "Mara is 34.");
    await session.saveAll();
    expect(host.pages.get(session.chapter?.id ?? 0)?.guidance.memory).toBe("Mara is 34.");
  });

  it("shows exactly what is sent", async () => {
    const user = userEvent.setup();
    const { page } = await openWindow();
    await user.click(screen.getByTestId("context-preview"));
    await waitFor(() => expect(screen.getByTestId("context-text").querySelector("pre")?.textContent).toBe(page()));
  });

  it("has every sampler, within its range", async () => {
    const user = userEvent.setup();
    const { desk } = await openWindow();
    for (const { testid } of SAMPLERS) expect(screen.getByTestId(`sampler-${testid}`)).toBeInTheDocument();
    const topP = screen.getByTestId("sampler-top-p");
    await user.clear(topP);
    await user.type(topP, "7{Tab}");
    expect(desk.settings?.writing.sampling?.topP).toBe(1);
    await user.selectOptions(screen.getByTestId("preset"), "creative");
    expect(desk.settings?.writing.sampling).toEqual(PRESETS.creative);
    expect(screen.getByTestId("wildness")).toBeDisabled();
    await user.click(screen.getByText("Back to the slider"));
    expect(desk.settings?.writing.sampling).toBeNull();
  });

  it("knows a preset by its values, and a bias by its form", () => {
    expect(presetOf(PRESETS.balanced)).toBe("balanced");
    expect(presetOf({ ...PRESETS.balanced, topK: 3 })).toBe("none");
    expect(parseBias("12 -3.5\n\n7 100")).toEqual([
      [12, -3.5],
      [7, 100],
    ]);
    for (const wrong of ["12", "a 3", "1.5 2", "3 1000", "-1 2", "1 2 3"]) expect(parseBias(wrong)).toBeNull();
  });
});

describe("the language", () => {
  it("switched twice in a moment leaves one page, in the last language, with the text that it had", async () => {
    const { session, desk, page } = await openWindow();
    session.page?.view.dispatch({ changes: { from: 0, insert: "Dawn. " } });
    const before = page();
    desk.changeSettings({ language: "zh" });
    desk.changeSettings({ language: "en" });
    desk.changeSettings({ language: "zh" });
    await Promise.all([session.relabel(), session.relabel(), session.relabel()]);
    expect(page()).toBe(before);
    expect(document.querySelectorAll(".cm-editor")).toHaveLength(1);
    expect(session.page?.view.contentDOM).toHaveAccessibleName(zh.write.page);
  });
});
