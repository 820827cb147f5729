// Files that are summarised, and files that take a summary.

import type { SummaryEntry } from "../../host";
import type { Summarizing } from "./summarizing.svelte";

/** Lets the person choose a file, and reads it. */
export async function openFile(summarizing: Summarizing): Promise<void> {
  const { desk } = summarizing;
  await desk.attempt(async () => {
    const path = await desk.host.chooseDocument();
    if (path !== null) await summarizing.openFile(path);
  });
}

/** A name for the file that takes a summary: `rain.html` becomes `rain - Summary.md`. */
export function fileNameFor({ title, kind }: SummaryEntry, ending: string, untitled: string, summary: string): string {
  const name = (title || untitled).replaceAll(/[/\\:*?"<>|\p{Cc}]+/gu, " ").trim();
  const dot = kind === "file" ? name.lastIndexOf(".") : -1;
  return `${dot > 0 ? name.slice(0, dot) : name} - ${summary}.${ending}`;
}
