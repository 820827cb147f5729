// Languages of a translation, for people and for the browser.

import type { SourceLanguage, TargetLanguage, TranslationSummary } from "../../host";

/** What the browser calls it, for fonts and line breaks; empty where there is no telling. */
export function tagOf(language: SourceLanguage | TargetLanguage): string {
  const tags: Partial<Record<SourceLanguage, string>> = { english: "en", simplified: "zh-Hans", traditional: "zh-Hant" };
  return tags[language] ?? "";
}

/** The direction turned around. */
export function otherThan(to: TargetLanguage): TargetLanguage {
  return to === "english" ? "simplified" : "english";
}

/** How sure the model was of a sentence: three steps that are told apart by the shape of a line, not by its colour. */
export type Sureness = "sure" | "fair" | "unsure";

const SURE = 0.6;
const FAIR = 0.4;

export function surenessOf(confidence: number | null): Sureness {
  if (confidence === null || confidence >= SURE) return "sure";
  return confidence >= FAIR ? "fair" : "unsure";
}

/** A name for the file that takes a translation: `letter.docx` becomes `letter.zh.docx`. */
export function fileNameFor({ kind, title, to }: TranslationSummary, bilingual: boolean, untitled: string): string {
  const part = bilingual ? "en-zh" : { english: "en", simplified: "zh", traditional: "zh-Hant" }[to];
  const name = (title || untitled).replaceAll(/[/\\:*?"<>|\p{Cc}]+/gu, " ").trim();
  const dot = kind === "document" ? name.lastIndexOf(".") : -1;
  return dot > 0 ? `${name.slice(0, dot)}.${part}${name.slice(dot)}` : `${name}.${part}.md`;
}
