import assert from "node:assert/strict";
import { test } from "node:test";

import { figure, growth, markdown, median, ratio, roofline, row } from "./table.mjs";

test("the median is the middle one, or the mean of the two in the middle", () => {
  assert.equal(median([3, 1, 2]), 2);
  assert.equal(median([9, 1, 2, 4]), 3);
  assert.equal(median([10, 9]), 9.5);
  assert.throws(() => median([]));
});

test("a ratio is above 1 where Bimo is better, whichever way better is", () => {
  assert.equal(ratio(30, 20, "more"), 1.5);
  assert.equal(ratio(20, 30, "more"), 2 / 3);
  assert.equal(ratio(20, 30, "less"), 1.5);
  assert.equal(ratio(20, null, "more"), null);
});

test("a row has the medians of its rounds and no ratio where nobody else does this", () => {
  const measure = { work: "load", unit: "s", better: "less" };
  const expected = { work: "load", model: "m", peer: "llama.cpp", unit: "s", ours: 2, theirs: 3, ratio: 1.5 };
  assert.deepEqual(row(measure, "m", "llama.cpp", [2, 1, 9], [3, 3, 4]), expected);
  assert.deepEqual(row(measure, "m", null, [2], null), { ...expected, peer: null, theirs: null, ratio: null });
});

test("27 GB/s read a file of 390 MB 69 times a second", () => {
  assert.equal(Math.round(roofline(27e9, 390e6)), 69);
});

test("growth compares the time of one unit", () => {
  assert.equal(growth({ amount: 512, seconds: 1 }, { amount: 4096, seconds: 8 }), 1);
  assert.equal(growth({ amount: 512, seconds: 1 }, { amount: 4096, seconds: 16 }), 2);
});

test("figures have three places that count", () => {
  assert.deepEqual([12345.6, 69.23, 0.012345, 5, null].map(figure), ["12,346", "69.2", "0.0123", "5", ""]);
});

test("the table marks where Bimo is not behind and leaves empty what nobody else does", () => {
  const rows = [
    { work: "decode", model: "m", peer: "llama.cpp", unit: "tokens/s", ours: 40, theirs: 32, ratio: 1.25 },
    { work: "load", model: "m", peer: null, unit: "s", ours: 0.5, theirs: null, ratio: null },
  ];
  const [head, rule, first, second] = markdown(rows).split("\n");
  assert.match(head, /^\| model \| work \| unit \| Bimo/);
  assert.match(rule, /---:/);
  assert.equal(first, "| m | decode | tokens/s | 40 | 32 | **1.25** | llama.cpp |");
  assert.equal(second, "| m | load | s | 0.5 |  |  |  |");
});
