import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { fakeHost } from "../host/fake";
import type { ApiError } from "../host/host";
import { Autosave, type SaveStatus } from "./autosave";
import { testPage, type } from "./testing";

async function open() {
  const host = fakeHost({ pace: 0 });
  const chapter = [...host.pages.keys()][0] ?? 0;
  const stored = await host.openChapter(chapter);
  const statuses: SaveStatus[] = [];
  const errors: ApiError[] = [];
  const holder: { autosave?: Autosave } = {};
  const { page } = testPage(stored.body, {
    events: {
      onChange: (transaction) => holder.autosave?.record(transaction),
      onCaret: () => undefined,
      onBlur: () => undefined,
    },
  });
  const autosave = new Autosave({
    host,
    chapter,
    version: stored.version,
    state: () => page.view.state,
    onStatus: (status) => statuses.push(status),
    onError: (error) => errors.push(error),
  });
  holder.autosave = autosave;
  return { host, chapter, page, autosave, statuses, errors };
}

describe("autosave", () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
    document.body.replaceChildren();
  });

  it("stores what was typed within a second", async () => {
    const { host, chapter, page, statuses } = await open();
    for (let typed = 0; typed < 9; typed++) {
      type(page, 0, "x");
      await vi.advanceTimersByTimeAsync(100);
    }
    await vi.advanceTimersByTimeAsync(100);
    expect(host.pages.get(chapter)?.body.startsWith("xxxxxx")).toBe(true);
    await vi.advanceTimersByTimeAsync(1000);
    expect(host.pages.get(chapter)?.body).toBe(page.text);
    expect(statuses.at(-1)).toBe("saved");
  });

  it("keeps the text of a failed save and tries again", async () => {
    const { host, chapter, page, statuses, errors } = await open();
    host.failNext("saveEdits", { code: "disk_full" });
    type(page, 0, "precious ");
    await vi.advanceTimersByTimeAsync(1000);
    expect(errors.map((error) => error.code)).toEqual(["disk_full"]);
    expect(statuses.at(-1)).toBe("unsaved");
    type(page, 0, "more ");
    await vi.advanceTimersByTimeAsync(4000);
    expect(host.pages.get(chapter)?.body).toBe(page.text);
    expect(statuses.at(-1)).toBe("saved");
  });

  it("lets the text on screen win over a change made elsewhere", async () => {
    const { host, chapter, page, autosave, errors } = await open();
    await host.saveEdits(chapter, 0, [{ from: 0, to: 0, insert: "elsewhere ", generation: null }]);
    type(page, 0, "here ");
    await autosave.flush();
    expect(errors.map((error) => error.code)).toEqual(["version_conflict"]);
    expect(host.pages.get(chapter)?.body).toBe(page.text);
    type(page, 0, "again ");
    await autosave.flush();
    expect(host.pages.get(chapter)?.body).toBe(page.text);
  });

  it("saves one thing at a time, in order", async () => {
    const { host, chapter, page, autosave } = await open();
    type(page, 0, "a");
    const first = autosave.flush();
    type(page, 1, "b");
    await Promise.all([first, autosave.flush()]);
    expect(host.pages.get(chapter)?.body).toBe(page.text);
  });
});
