// Who wrote what on the page: stretches written by a model, each with the generation that wrote it.
//
// Invariant: spans are in order, do not overlap and lie within the text; what a person types inside a span splits it.
// Undo and redo bring back the spans that belong to the text they bring back.

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
export const setAuthorship = StateEffect.define<readonly AuthorSpan[]>();

/** Spans of a stretch of text that comes back, counted from its beginning. */
interface Returning {
  at: number;
  spans: readonly AuthorSpan[];
}

const bringBack = StateEffect.define<Returning>({
  // The history maps effects now in the positions before, now after its own change: where the stretch begins they agree.
  map: ({ at, spans }, changes) => ({ at: changes.mapPos(Math.min(at, changes.length), -1), spans }),
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
    for (const effect of transaction.effects) {
      if (effect.is(setAuthorship)) next = merge(effect.value);
      else if (effect.is(bringBack)) next = merge([...next, ...placed(effect.value, transaction.newDoc.length)]);
    }
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

function placed({ at, spans }: Returning, length: number): AuthorSpan[] {
  return spans.map(({ from, to, generation }) => {
    return { from: Math.min(length, at + from), to: Math.min(length, at + to), generation };
  });
}

/** Keeps the spans of removed text in the history. */
const undoable = invertedEffects.of((transaction) => {
  const before = authorship(transaction.startState);
  const effects: StateEffect<Returning>[] = [];
  if (before.length === 0) return effects;
  transaction.changes.iterChanges((from, to) => {
    const spans = within(before, from, to);
    if (spans.length > 0) effects.push(bringBack.of({ at: from, spans }));
  });
  return effects;
});

/** The parts of spans between two places, counted from the first. */
function within(spans: readonly AuthorSpan[], from: number, to: number): AuthorSpan[] {
  return spans
    .filter((span) => span.to > from && span.from < to)
    .map((span) => ({
      from: Math.max(span.from, from) - from,
      to: Math.min(span.to, to) - from,
      generation: span.generation,
    }));
}

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
