// The whole window on a desk in memory, for tests.

import { render } from "@testing-library/svelte";
import { vi } from "vitest";

import App from "./App.svelte";
import { fakeHost, type FakeHost, type FakeOptions } from "./host/fake";
import { Summarizing } from "./panels/summarize/summarizing.svelte";
import { Moods } from "./panels/sentiment/moods.svelte";
import { Translating } from "./panels/translate/translating.svelte";
import { Session } from "./panels/write/session.svelte";
import { Desk } from "./state/desk.svelte";

export interface Window {
  host: FakeHost;
  desk: Desk;
  session: Session;
  translating: Translating;
  summarizing: Summarizing;
  moods: Moods;
  /** The text of the page. */
  page: () => string;
}

/** Opens the window and waits for its first page. */
export async function openWindow(options: FakeOptions = {}): Promise<Window> {
  const host = fakeHost({ pace: 0, ...options });
  const desk = new Desk(host);
  const session = new Session(desk);
  const translating = new Translating(desk);
  const summarizing = new Summarizing(desk);
  const moods = new Moods(desk);
  render(App, { desk, session, translating, summarizing, moods });
  await desk.open();
  await vi.waitFor(() => {
    if (!session.page) throw new Error("the page is not open yet");
  });
  return { host, desk, session, translating, summarizing, moods, page: () => session.page?.text ?? "" };
}
