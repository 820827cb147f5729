// The sentences of an article: which of them a summary rests on, and which are looked at now.
//
// Invariant: the text itself is not changed; what is marked follows the text while a person edits it.

import { type Extension, type Range, RangeSet, RangeSetBuilder, RangeValue, StateEffect, StateField } from "@codemirror/state";
import { Decoration, type DecorationSet, EditorView } from "@codemirror/view";

/** Where a sentence stands. UTF-16 offsets. */
export interface Span {
  from: number;
  to: number;
}

/** The sentences of the text as it is now; one is named by its place in this list from then on. */
export const setSentences = StateEffect.define<readonly Span[]>();
/** Those that the summary rests on. */
export const setRestedOn = StateEffect.define<ReadonlySet<number>>();
/** The headings of the text. */
export const setHeadings = StateEffect.define<readonly Span[]>();
/** Those that are looked at. */
export const setLit = StateEffect.define<ReadonlySet<number>>();

class SentenceValue extends RangeValue {
  override startSide = -1;
  override endSide = 1;

  constructor(readonly at: number) {
    super();
  }

  override eq(other: RangeValue): boolean {
    return other instanceof SentenceValue && other.at === this.at;
  }
}

interface Sentences {
  all: RangeSet<SentenceValue>;
  restedOn: ReadonlySet<number>;
  lit: ReadonlySet<number>;
  headings: DecorationSet;
  drawn: DecorationSet;
}

const heading = Decoration.mark({ class: "md-heading" });
const MARKS = {
  rested: Decoration.mark({ class: "rested-on" }),
  lit: Decoration.mark({ class: "lit" }),
  both: Decoration.mark({ class: "rested-on lit" }),
};

function build(spans: readonly Span[]): RangeSet<SentenceValue> {
  const builder = new RangeSetBuilder<SentenceValue>();
  for (const [at, { from, to }] of spans.entries()) builder.add(from, to, new SentenceValue(at));
  return builder.finish();
}

function draw({ all, restedOn, lit }: Pick<Sentences, "all" | "restedOn" | "lit">): DecorationSet {
  const drawn: Range<Decoration>[] = [];
  for (const cursor = all.iter(); cursor.value; cursor.next()) {
    const { from, to, value } = cursor;
    if (from === to) continue;
    if (restedOn.has(value.at)) drawn.push((lit.has(value.at) ? MARKS.both : MARKS.rested).range(from, to));
    else if (lit.has(value.at)) drawn.push(MARKS.lit.range(from, to));
  }
  return Decoration.set(drawn);
}

const isSome = ({ from, to }: Span) => from < to;
const NONE: ReadonlySet<number> = new Set();

export const sentencesField = StateField.define<Sentences>({
  create: () => ({ all: RangeSet.empty, restedOn: NONE, lit: NONE, headings: Decoration.none, drawn: Decoration.none }),
  update(value, transaction) {
    let { all, restedOn, lit, headings, drawn } = value;
    let anew = false;
    if (transaction.docChanged) {
      all = all.map(transaction.changes);
      headings = headings.map(transaction.changes);
      drawn = drawn.map(transaction.changes);
    }
    for (const effect of transaction.effects) {
      if (effect.is(setSentences)) all = build(effect.value);
      else if (effect.is(setRestedOn)) restedOn = effect.value;
      else if (effect.is(setLit)) lit = effect.value;
      else if (effect.is(setHeadings)) headings = Decoration.set(effect.value.filter(isSome).map(({ from, to }) => heading.range(from, to)));
      else continue;
      anew = true;
    }
    if (anew) drawn = draw({ all, restedOn, lit });
    return anew || transaction.docChanged ? { all, restedOn, lit, headings, drawn } : value;
  },
  provide: (field) => [
    EditorView.decorations.from(field, ({ headings }) => headings),
    EditorView.decorations.from(field, ({ drawn }) => drawn),
  ],
});

/** The sentence at a place of the text. */
export function sentenceAt(view: EditorView, place: number): number | null {
  let found: number | null = null;
  view.state.field(sentencesField).all.between(place, place, (from, to, { at }) => {
    if (from < to && from <= place && place <= to) found = at;
  });
  return found;
}

/** Where a sentence stands now; nothing where it was deleted. */
export function spanOf(view: EditorView, at: number): Span | null {
  for (const cursor = view.state.field(sentencesField).all.iter(); cursor.value; cursor.next()) {
    if (cursor.value.at === at) return cursor.from < cursor.to ? { from: cursor.from, to: cursor.to } : null;
  }
  return null;
}

export const sentencesExtension: Extension = [sentencesField];
