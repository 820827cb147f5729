// What every file of tests does with its window and its library once they are through.

import assert from "node:assert/strict";
import { after } from "node:test";

import { newLibrary } from "./harness.mjs";

/**
 * A library for the tests of a file. Behind them the window that `desk` answers with has caught all its errors and is
 * closed, then `close` is called, if it is there, and nothing stays on the disk.
 */
export function libraryForTests(desk, close) {
  const library = newLibrary();
  after(async () => {
    const open = desk();
    const faults = await open?.faults();
    await open?.quit();
    await close?.();
    library.forget();
    assert.deepEqual(faults ?? [], [], "the interface has caught all its errors");
  });
  return library;
}
