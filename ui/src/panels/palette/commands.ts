// Everything that can be done, by name: what the palette offers.

import { i18n } from "../../i18n/index.svelte";
import type { Desk, Panel } from "../../state/desk.svelte";
import type { Take } from "../../state/take";
import type { Session } from "../write/session.svelte";

export interface Command {
  title: string;
  key: string;
  run: () => void;
}

export function commandsOf(desk: Desk, session: Session, take: Take): Command[] {
  const { t } = i18n;
  const panels: Panel[] = ["write", "translate", "summarize", "sentiment", "history", "models", "settings"];
  const { place } = desk;
  const elsewhere: Command[] = place
    ? [
        { title: t.translate.chapterMenu, key: "", run: () => void take.translate(place.chapter.id) },
        { title: t.summarize.chapterMenu, key: "", run: () => void take.summarize({ kind: "chapter", id: place.chapter.id }) },
        { title: t.summarize.workMenu, key: "", run: () => void take.summarize({ kind: "work", id: place.work.id }) },
        { title: t.sentiment.chapterMenu, key: "", run: () => void take.readMood({ kind: "chapter", id: place.chapter.id }) },
        { title: t.sentiment.workMenu, key: "", run: () => void take.readMood({ kind: "work", id: place.work.id }) },
      ]
    : [];
  const writing: Command[] = session.chapter
    ? [
        { title: t.write.continue, key: "Ctrl ↵", run: () => void session.continue(1) },
        { title: t.write.alternatives, key: "", run: () => void session.continue(3) },
        { title: t.write.retry, key: "Alt R", run: () => void session.retry() },
        { title: t.write.earlier, key: "Alt ←", run: () => void session.walk(-1) },
        { title: t.write.later, key: "Alt →", run: () => void session.walk(1) },
        ...elsewhere,
        { title: t.keys.find, key: "Ctrl F", run: () => session.page?.find() },
      ]
    : [];
  const chapters = desk.library.works.flatMap((work) =>
    work.chapters.map(({ id, title }): Command => {
      const name = `${work.title || t.library.untitledWork} / ${title || t.library.untitledChapter}`;
      return { title: t.palette.goTo(name), key: "", run: () => desk.goTo(id) };
    }),
  );
  return [
    ...writing,
    { title: t.library.newWork, key: "", run: () => void desk.createWork() },
    { title: t.write.focus, key: "F8", run: () => (desk.focus = !desk.focus) },
    { title: t.palette.theme, key: "", run: () => desk.toggleTheme() },
    ...panels.map((panel): Command => ({ title: t.panels[panel], key: "", run: () => (desk.panel = panel) })),
    ...chapters,
  ];
}

/** Commands that have all words of the query, in the given order. */
export function matching(commands: Command[], query: string): Command[] {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  return commands.filter(({ title }) => words.every((word) => title.toLowerCase().includes(word)));
}
