// A summary as it is laid out: lines, in them its sentences, in these the words that the source does not have.

import type { Doubt, SummaryOutcome } from "../../host";

/** A stretch of a sentence, doubted or not. */
export interface Run {
  text: string;
  doubt: Doubt["kind"] | null;
}

/** A sentence of the summary by its place among them, or what stands between two. */
export interface Piece {
  sentence: number | null;
  runs: Run[];
}

export interface Line {
  bullet: boolean;
  pieces: Piece[];
}

const BULLET = "- ";
/** More sentences than these are several paragraphs on the screen: nobody reads more in one, and none can be laid out quickly. */
const MOST_PIECES = 80;

function runsOf(text: string, from: number, to: number, doubts: readonly Doubt[]): Run[] {
  const runs: Run[] = [];
  let at = from;
  for (const doubt of [...doubts].sort((a, b) => a.from - b.from)) {
    if (doubt.from < at || doubt.to > to) continue;
    if (doubt.from > at) runs.push({ text: text.slice(at, doubt.from), doubt: null });
    runs.push({ text: text.slice(doubt.from, doubt.to), doubt: doubt.kind });
    at = doubt.to;
  }
  if (at < to) runs.push({ text: text.slice(at, to), doubt: null });
  return runs;
}

/** The lines of a summary. A sentence that runs over the end of a line is in both. */
export function linesOf({ text, sentences }: SummaryOutcome): Line[] {
  const lines: Line[] = [];
  let start = 0;
  for (const whole of text.split("\n")) {
    const end = start + whole.length;
    const bullet = whole.startsWith(BULLET);
    let at = bullet ? start + BULLET.length : start;
    const pieces: Piece[] = [];
    for (const [sentence, { from, to, doubts }] of sentences.entries()) {
      const [first, last] = [Math.max(from, at), Math.min(to, end)];
      if (first >= last) continue;
      if (first > at) pieces.push({ sentence: null, runs: runsOf(text, at, first, []) });
      pieces.push({ sentence, runs: runsOf(text, first, last, doubts) });
      at = last;
    }
    if (at < end) pieces.push({ sentence: null, runs: runsOf(text, at, end, []) });
    for (let first = 0; first < pieces.length; first += MOST_PIECES) {
      lines.push({ bullet, pieces: pieces.slice(first, first + MOST_PIECES) });
    }
    start = end + 1;
  }
  return lines;
}

/** The sentences of the source that a summary rests on. */
export function restedOn({ sentences }: SummaryOutcome): Set<number> {
  return new Set(sentences.flatMap((each) => each.sources.map(({ sentence }) => sentence)));
}

/** The sentence of the summary that is most like a sentence of the source, among those that rest on it. */
export function restingOn({ sentences }: SummaryOutcome, source: number): number | null {
  let found: { at: number; similarity: number } | null = null;
  for (const [at, { sources }] of sentences.entries()) {
    const own = sources.find(({ sentence }) => sentence === source);
    if (own && own.similarity > (found?.similarity ?? -1)) found = { at, similarity: own.similarity };
  }
  return found?.at ?? null;
}
