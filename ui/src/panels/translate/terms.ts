// A term on its way into the glossary.

import type { GlossaryEntry } from "../../host";

export type Term = Omit<GlossaryEntry, "id" | "work">;

const LONGEST = 60;

/** What is selected as a new term: on the side of the translation, it is the translation. */
export function termOf(selected: string, side: "source" | "target"): Term {
  const text = selected.replaceAll(/\s+/g, " ").trim().slice(0, LONGEST);
  return side === "source" ? { term: text, translation: "", note: "" } : { term: "", translation: text, note: "" };
}
