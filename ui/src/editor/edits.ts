// What is told to the desk of a change: replacements, one after another, each with its author.

import type { Transaction } from "@codemirror/state";

import type { AuthorSpan, Edit } from "../host/host";
import { authorship } from "./authorship";

/** A transaction as edits, each on the result of those before it. */
export function editsOf(transaction: Transaction): Edit[] {
  const spans = authorship(transaction.state);
  const edits: Edit[] = [];
  transaction.changes.iterChanges((fromA, toA, fromB, _toB, inserted) => {
    const pieces = byAuthor(inserted.toString(), fromB, spans);
    const [first, ...rest] = pieces.length > 0 ? pieces : [{ from: fromB, insert: "", generation: null }];
    if (!first) return;
    edits.push({ ...first, to: fromB + (toA - fromA) });
    edits.push(...rest.map((piece) => ({ ...piece, to: piece.from })));
  });
  return edits;
}

/** Cuts inserted text where its author changes. */
function byAuthor(text: string, at: number, spans: readonly AuthorSpan[]): Omit<Edit, "to">[] {
  const end = at + text.length;
  const pieces: Omit<Edit, "to">[] = [];
  let from = at;
  const take = (to: number, generation: number | null) => {
    if (to > from) pieces.push({ from, insert: text.slice(from - at, to - at), generation });
    from = Math.max(from, to);
  };
  for (const span of spans) {
    if (span.to <= at || span.from >= end) continue;
    take(Math.max(at, span.from), null);
    take(Math.min(end, span.to), span.generation);
  }
  take(end, null);
  return pieces;
}

/** Adds an edit to a list; typing on in one place stays one edit. */
export function append(edits: Edit[], edit: Edit): void {
  const last = edits.at(-1);
  const typedOn =
    last &&
    last.generation === edit.generation &&
    edit.from === edit.to &&
    edit.from === last.from + last.insert.length;
  if (typedOn) last.insert += edit.insert;
  else edits.push({ ...edit });
}
