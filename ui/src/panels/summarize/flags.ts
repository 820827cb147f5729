// What is doubtful about a sentence of a summary, in words.

import type { Doubt, SummaryFlag, SummaryOutcome, SummarySentence } from "../../host";
import { i18n } from "../../i18n/index.svelte";

function named(sentence: SummarySentence, kind: Doubt["kind"], text: string): string {
  const words = sentence.doubts.filter((doubt) => doubt.kind === kind).map(({ from, to }) => text.slice(from, to));
  return [...new Set(words)].join(" · ");
}

type Said = Exclude<SummaryFlag, "otherLanguage">;

function wording(sentence: SummarySentence, flag: Said, text: string): string {
  const t = i18n.t.summarize;
  if (flag === "numbers") return t.numbersMissing(named(sentence, "number", text));
  if (flag === "names") return t.namesMissing(named(sentence, "name", text));
  return t.flags[flag];
}

/** Said beside a sentence. That it is in another language is said once, of the whole summary. */
export function wordsOf(sentence: SummarySentence, text: string): string[] {
  const flags = sentence.flags.filter((flag): flag is Said => flag !== "otherLanguage");
  return [...new Set(flags)].map((flag) => wording(sentence, flag, text));
}

export function isInOtherLanguage({ sentences }: SummaryOutcome): boolean {
  return sentences.some(({ flags }) => flags.includes("otherLanguage"));
}

/** How many sentences have a flag that is said beside them. */
export function flagged({ sentences }: SummaryOutcome): number {
  return sentences.filter(({ flags }) => flags.some((flag) => flag !== "otherLanguage")).length;
}
