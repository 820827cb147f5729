import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { Keeping } from "./keeping";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test("within a second the newest value is kept, also while a person goes on typing", async () => {
  const kept: string[] = [];
  const keeping = new Keeping<string>(async (value) => void kept.push(value), ({ code }) => expect.fail(code));
  for (const value of ["a", "ab", "abc", "abcd"]) {
    keeping.note(value);
    await vi.advanceTimersByTimeAsync(250);
  }
  expect(kept).toEqual(["abc"]);
  await keeping.flush();
  await keeping.flush();
  expect(kept).toEqual(["abc", "abcd"]);
});

test("what could not be kept is tried again, and a newer value takes its place", async () => {
  const kept: string[] = [];
  const errors: string[] = [];
  let full = true;
  const keep = async (value: string) => {
    if (full) throw { code: "disk_full", message: "", detail: null, retryable: true, shortage: null };
    kept.push(value);
  };
  const keeping = new Keeping(keep, ({ code }) => errors.push(code));
  keeping.note("first");
  await vi.advanceTimersByTimeAsync(1000);
  expect(errors).toEqual(["disk_full"]);
  keeping.note("second");
  full = false;
  await vi.advanceTimersByTimeAsync(4000);
  expect(kept).toEqual(["second"]);
});
