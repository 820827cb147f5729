// What can be read: a text of one's own, chapters, works, translations, summaries. Each as a choice in a list.

import type { Library, MoodSource, SummaryEntry, TranslationSummary } from "../../host";
import type { SentimentMessages } from "../../i18n/sentiment.en";

export interface Choice {
  key: string;
  label: string;
  source: MoodSource;
}

export interface Group {
  label: string;
  choices: Choice[];
}

/** Names a source; two of the same have the same. */
export function keyOf(source: MoodSource): string {
  switch (source.kind) {
    case "text":
    case "lines":
      return source.kind;
    case "table":
      return `table-${source.path}`;
    case "chapter":
      return `chapter-${source.chapter}`;
    case "revision":
      return `revision-${source.revision}`;
    case "work":
      return `work-${source.work}`;
    case "translation":
      return `translation-${source.translation}-${source.side}`;
    case "summary":
      return `summary-${source.summary}`;
  }
}

const choice = (label: string, source: MoodSource): Choice => ({ key: keyOf(source), label, source });

interface Titles {
  work: string;
  chapter: string;
}

interface Written {
  library: Library;
  translations: readonly TranslationSummary[];
  summaries: readonly SummaryEntry[];
}

/** Works with their chapters, then translations with both sides, then summaries. */
export function groupsOf({ library, translations, summaries }: Written, t: SentimentMessages, untitled: Titles): Group[] {
  const works = library.works.map(({ id, title, chapters }): Group => {
    const label = title || untitled.work;
    const whole = choice(`${label} · ${t.wholeWork}`, { kind: "work", work: id });
    const each = chapters.map((chapter) => choice(chapter.title || untitled.chapter, { kind: "chapter", chapter: chapter.id }));
    return { label, choices: chapters.length > 1 ? [whole, ...each] : each };
  });
  const sides = translations
    .filter(({ progress }) => progress.total > 0)
    .flatMap(({ id, title }) =>
      (["source", "target"] as const).map((side) => choice(`${title || t.untitled} · ${t.sides[side]}`, { kind: "translation", translation: id, side })),
    );
  const texts = summaries
    .filter(({ status }) => status === "complete" || status === "stopped")
    .map(({ id, title }) => choice(title || t.untitled, { kind: "summary", summary: id }));
  const groups = [...works, { label: t.translations, choices: sides }, { label: t.summaries, choices: texts }];
  return groups.filter(({ choices }) => choices.length > 0);
}

export function choiceIn(groups: readonly Group[], key: string): Choice | null {
  return groups.flatMap(({ choices }) => choices).find((each) => each.key === key) ?? null;
}

/** A name for a file without what file names cannot have. */
export function fileNameOf(title: string, fallback: string, ending: string): string {
  const name = title.replaceAll(/[/\\:*?"<>|\p{Cc}]+/gu, " ").trim();
  return `${name === "" ? fallback : `${name} - ${fallback}`}.${ending}`;
}
