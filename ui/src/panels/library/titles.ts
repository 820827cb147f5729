// Works and chapters whose titles have the words that are looked for.

import type { ChapterId, Library } from "../../host";

export interface TitleHit {
  /** Where to go: the chapter, or the work's first. */
  chapter: ChapterId;
  workTitle: string;
  /** Empty where it is the work's title that has the words. */
  chapterTitle: string;
}

/** As people look for words: capitals and full-width letters make no difference. */
const folded = (text: string) => text.normalize("NFKC").toLocaleLowerCase();

export function titlesWith(library: Library, query: string): TitleHit[] {
  const words = folded(query.trim());
  if (words === "") return [];
  const has = (title: string) => folded(title).includes(words);
  return library.works.flatMap(({ title: workTitle, chapters }) => {
    const first = chapters[0];
    const work = first && has(workTitle) ? [{ chapter: first.id, workTitle, chapterTitle: "" }] : [];
    const inside = chapters.filter(({ title }) => has(title));
    return [...work, ...inside.map(({ id, title }) => ({ chapter: id, workTitle, chapterTitle: title }))];
  });
}
