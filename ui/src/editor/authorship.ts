// Who wrote what on the page: stretches written by a model, each with the generation that wrote it.
//
// Invariant: spans are in order, do not touch across generations' borders wrongly and lie within the text; what a
// person types inside a span splits it. Undo and redo bring back the spans that belong to the text they bring back.

import { invertedEffects } from "@codemirror/commands";
import {
  Annotation,
  type ChangeDesc,
  type EditorState,
  type Extension,
  StateEffect,
  StateField,
  type Transaction,
} from "@codemirror/state";

import type { AuthorSpan, GenerationId } from "../host/host";

/** Marks a change whose inserted text a generation wrote. */
export const writtenBy = Annotation.define<GenerationId>();

/** Sets all spans, in the positions of the new document. */
export const setAuthorship = StateEffect.define<readonly AuthorSpan[]>({
  map: (spans, changes) => mapSpans(spans, changes),
});

const spansField = StateField.define<readonly AuthorSpan[]>({
  create: () => [],
  update(spans, transaction) {
    let next = spans;
    if (transaction.docChanged) {
      next = mapSpans(spans, transaction.changes);
      const generation = transaction.annotation(writtenBy);
      if (generation !== undefined) next = withInserted(next, transaction.changes, generation);
    }
    for (const effect of transaction.effects) if (effect.is(setAuthorship)) next = merge(effect.value);
    return next;
  },
});

/** The spans through a change: deleted text leaves them, inserted text splits them. */
export function mapSpans(spans: readonly AuthorSpan[], changes: ChangeDesc): readonly AuthorSpan[] {
  if (spans.length === 0) return spans;
  const mapped: AuthorSpan[] = [];
  for (const { from, to, generation } of spans) {
    let start = from;
    changes.iterChangedRanges((fromA, toA) => {
      if (toA < from || fromA > to) return;
      const end = Math.min(Math.max(fromA, start), to);
      if (end > start) mapped.push({ from: changes.mapPos(start, 1), to: changes.mapPos(end, -1), generation });
      start = Math.min(Math.max(toA, start), to);
    }, true);
    if (to > start) mapped.push({ from: changes.mapPos(start, 1), to: changes.mapPos(to, -1), generation });
  }
  return merge(mapped);
}

function withInserted(
  spans: readonly AuthorSpan[],
  changes: Transaction["changes"],
  generation: GenerationId,
): readonly AuthorSpan[] {
  const all = [...spans];
  changes.iterChanges((_fromA, _toA, from, to) => {
    if (to > from) all.push({ from, to, generation });
  });
  return merge(all);
}

function merge(spans: readonly AuthorSpan[]): readonly AuthorSpan[] {
  const merged: AuthorSpan[] = [];
  for (const span of [...spans].sort((a, b) => a.from - b.from)) {
    const last = merged.at(-1);
    if (span.to <= span.from) continue;
    if (last && last.generation === span.generation && last.to >= span.from) {
      merged[merged.length - 1] = { ...last, to: Math.max(last.to, span.to) };
    } else merged.push({ ...span });
  }
  return merged;
}

/** Keeps the spans in the history wherever a change takes some away or splits them. */
const undoable = invertedEffects.of((transaction) => {
  const before = authorship(transaction.startState);
  const after = authorship(transaction.state);
  const plain = transaction.docChanged && before.length === after.length && before.length === 0;
  return plain || before === after ? [] : [setAuthorship.of(before)];
});

/** The spans of a state. */
export function authorship(state: EditorState): readonly AuthorSpan[] {
  return state.field(spansField);
}

/** Spans of one generation. */
export function spansOf(state: EditorState, generation: GenerationId): AuthorSpan[] {
  return authorship(state).filter((span) => span.generation === generation);
}

/** The field and its place in the history, beginning with the stored spans. */
export function authorshipExtension(stored: readonly AuthorSpan[]): Extension {
  return [spansField.init(() => merge(stored)), undoable];
}
