// Whatever can fail in the program has words in both languages: the codes are read from the program's own source.

import { describe, expect, it } from "vitest";

import { en } from "./en";
import { zh } from "./zh";

// What fails in the terminal only is worded there.
const sources = import.meta.glob<string>(
  ["../../../src-tauri/crates/*/src/**/*.rs", "!../../../src-tauri/crates/cli/**"],
  { query: "?raw", import: "default", eager: true },
);

/** `Self::Variant { .. } => "code"` of the enums, and codes that the desk makes itself. */
const CODES = [/Self::\w+(?:\s*\{ \.\. \}|\(_\))?\s*=>\s*"([a-z_]+)"/g, /(?:ApiError|Self)::new\(\s*"([a-z_]+)"/g];

/** The body of `fn code`, and every call that makes a failure. */
function codesIn(path: string, text: string): string[] {
  const production = text.split("#[cfg(test)]")[0] ?? "";
  const [inEnum, made] = CODES as [RegExp, RegExp];
  const body = /fn code\(&self\) -> &'static str \{[^]*?\n {4}\}/.exec(production)?.[0] ?? "";
  const inDesk = path.includes("/crates/desk/") ? production : "";
  return [...body.matchAll(inEnum), ...inDesk.matchAll(made)].map((match) => match[1] ?? "");
}

describe("the words", () => {
  const codes = [...new Set(Object.entries(sources).flatMap(([path, text]) => codesIn(path, text)))].sort();

  it("are looked for where failures are made", () => {
    for (const known of ["wrong_hash", "model_too_large", "library_locked", "too_many_models", "invalid_place"]) {
      expect(codes).toContain(known);
    }
    expect(codes.length).toBeGreaterThan(50);
  });

  it.each([["English", en.errors], ["Chinese", zh.errors]] as const)("are there in %s for every code", (_, words) => {
    expect(codes.filter((code) => words[code] === undefined)).toEqual([]);
  });
});
