// A window with the Sentiment panel open, for tests.

import { configure, screen, waitFor } from "@testing-library/svelte";
import { EditorView } from "@codemirror/view";
import { beforeEach, expect, vi } from "vitest";

import { openWindow, type Window } from "../../testing";

export const JOY = "She laughed, happy and warm.";
export const WOE = "The house was dark and she was alone.";
export const PIER = "Mara walked to the pier.";
export const TEXT = `${JOY} ${WOE} ${PIER}`;

/** For a whole file of tests: a pause in typing is part of nearly every one, and jsdom has no layout. */
export function prepare(): void {
  configure({ asyncUtilTimeout: 5000 });
  vi.setConfig({ testTimeout: 20_000 });
  beforeEach(() => {
    // The editor asks where its words are.
    vi.spyOn(EditorView.prototype, "coordsAtPos").mockImplementation((place) => ({ left: 0, right: 0, top: place, bottom: place + 20 }));
  });
}

export function page(): EditorView {
  const content = screen.getByTestId("mood-text").querySelector<HTMLElement>(".cm-content");
  const view = content && EditorView.findFromDOM(content);
  if (!view) throw new Error("no text");
  return view;
}

export function type(text: string, from = page().state.doc.length, to = from): void {
  page().dispatch({ changes: { from, to, insert: text }, selection: { anchor: from + text.length }, userEvent: "input.type" });
}

export const tinted = (look: string) => [...page().contentDOM.querySelectorAll(`.${look}`)].map((each) => each.textContent);

export async function openPanel(options: Parameters<typeof openWindow>[0] = {}): Promise<Window> {
  const window = await openWindow(options);
  window.desk.panel = "sentiment";
  await screen.findByTestId("mood-text");
  return window;
}

export async function read(window: Window, text = TEXT): Promise<Window> {
  type(text);
  await waitFor(() => {
    expect(window.moods.waiting).toBe(false);
    expect(window.moods.main.done).toBe(true);
    expect(page().state.doc.toString()).toBe(window.moods.sheet.text);
  });
  return window;
}

/** A work of three chapters, the first with the sample's words. */
export async function openWork(options: Parameters<typeof openWindow>[0] = {}): Promise<Window> {
  const window = await openWindow(options);
  const [work = expect.fail("no work")] = window.desk.library.works;
  for (const [title, body] of [["Gulls", `${JOY} Eli came.`], ["Tide", `${WOE} ${PIER} Eli left, alone.`]] as const) {
    const { chapter } = await window.host.createChapter(work.id, title, null);
    await window.host.replacePage(chapter, body, []);
  }
  await window.desk.refreshLibrary();
  await window.moods.readFrom({ kind: "work", work: work.id });
  await waitFor(() => expect(window.moods.main.done).toBe(true));
  await screen.findByTestId("mood-text");
  return window;
}
