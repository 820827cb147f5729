import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { Keeper } from "./keeper";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test("within a second what there is is kept, also while a person goes on typing", async () => {
  const kept: string[] = [];
  let text = "";
  const keeper = new Keeper(async () => kept.push(text) > 0);
  for (const typed of ["a", "ab", "abc", "abcd"]) {
    text = typed;
    keeper.changed();
    await vi.advanceTimersByTimeAsync(250);
  }
  expect(kept).toEqual(["abc"]);
  await keeper.flush();
  await keeper.flush();
  expect(kept).toEqual(["abc", "abcd"]);
});

test("what could not be kept is tried again, with what has changed since", async () => {
  const kept: string[] = [];
  let [text, full] = ["first", true];
  const keeper = new Keeper(async () => !full && kept.push(text) > 0);
  keeper.changed();
  await vi.advanceTimersByTimeAsync(1000);
  [text, full] = ["second", false];
  await vi.advanceTimersByTimeAsync(4000);
  expect(kept).toEqual(["second"]);
});
