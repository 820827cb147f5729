// The sentences of a text as rows: each begins on a line of its own on the screen, and is as tall as what stands beside it.
//
// Invariant: the text itself is not changed; where a row begins and how tall it is are decorations, and they are not
// drawn anew while an input method composes.

import { type Extension, type Line, type Range, RangeSet, RangeSetBuilder, RangeValue, StateEffect, StateField, type Text } from "@codemirror/state";
import { Decoration, type DecorationSet, EditorView, WidgetType } from "@codemirror/view";

/** Where a sentence stands. UTF-16 offsets. */
export interface Row {
  id: number;
  from: number;
  to: number;
}

/** What of a sentence is marked: a word of the glossary. Offsets in the sentence. */
export interface RowMark {
  from: number;
  to: number;
}

/** The rows of the text as it is now. */
export const setRows = StateEffect.define<readonly Row[]>();
/** Room to leave under rows, in pixels, by their numbers. */
export const setRoom = StateEffect.define<ReadonlyMap<number, number>>();
/** Words to mark, by the numbers of their rows. */
export const setMarks = StateEffect.define<ReadonlyMap<number, readonly RowMark[]>>();

class RowValue extends RangeValue {
  override startSide = -1;
  override endSide = 1;

  constructor(readonly id: number) {
    super();
  }

  override eq(other: RangeValue): boolean {
    return other instanceof RowValue && other.id === this.id;
  }
}

/** Ends a row, with room under it. */
class RowEnd extends WidgetType {
  constructor(readonly room: number) {
    super();
  }

  override eq(other: RowEnd): boolean {
    return other.room === this.room;
  }

  override toDOM(): HTMLElement {
    const end = document.createElement("span");
    end.className = "row-end";
    end.style.height = `${this.room}px`;
    end.setAttribute("aria-hidden", "true");
    return end;
  }

  override get estimatedHeight(): number {
    return this.room;
  }

  override ignoreEvent(): boolean {
    return true;
  }
}

interface Rows {
  rows: RangeSet<RowValue>;
  room: ReadonlyMap<number, number>;
  marks: ReadonlyMap<number, readonly RowMark[]>;
  drawn: DecorationSet;
}

/** Between two rows. */
const GAP_PX = 10;

const term = Decoration.mark({ class: "term" });
const under = (pixels: number) => Decoration.line({ attributes: { style: `padding-bottom: ${pixels}px` } });

function build(rows: readonly Row[]): RangeSet<RowValue> {
  const builder = new RangeSetBuilder<RowValue>();
  for (const { id, from, to } of rows) builder.add(from, to, new RowValue(id));
  return builder.finish();
}

/** A break before every row that does not begin its line, and room under each. */
function draw({ rows, room, marks }: Omit<Rows, "drawn">, doc: Text): DecorationSet {
  const drawn: Range<Decoration>[] = [];
  let before: { line: Line; under: number } | null = null;
  const endLine = (): void => {
    if (before) drawn.push(under(before.under).range(before.line.from));
  };
  for (const cursor = rows.iter(); cursor.value; cursor.next()) {
    const { from, to, value } = cursor;
    if (before && from <= before.line.to) {
      drawn.push(Decoration.widget({ widget: new RowEnd(before.under), side: -1 }).range(from));
    } else {
      endLine();
    }
    for (const mark of marks.get(value.id) ?? []) {
      if (from + mark.to <= to) drawn.push(term.range(from + mark.from, from + mark.to));
    }
    before = { line: doc.lineAt(to), under: GAP_PX + (room.get(value.id) ?? 0) };
  }
  endLine();
  return Decoration.set(drawn, true);
}

export const rowsField = StateField.define<Rows>({
  create: () => ({ rows: RangeSet.empty, room: new Map(), marks: new Map(), drawn: Decoration.none }),
  update(value, transaction) {
    let { rows, room, marks, drawn } = value;
    let anew = false;
    if (transaction.docChanged) {
      rows = rows.map(transaction.changes);
      drawn = drawn.map(transaction.changes);
    }
    for (const effect of transaction.effects) {
      if (effect.is(setRows)) rows = build(effect.value);
      else if (effect.is(setRoom)) room = effect.value;
      else if (effect.is(setMarks)) marks = effect.value;
      else continue;
      anew = true;
    }
    if (anew) drawn = draw({ rows, room, marks }, transaction.newDoc);
    return anew || transaction.docChanged ? { rows, room, marks, drawn } : value;
  },
  provide: (field) => EditorView.decorations.from(field, ({ drawn }) => drawn),
});

/** The rows that touch a stretch of the text, in its order. */
export function rowsBetween(view: EditorView, from: number, to: number): Row[] {
  const found: Row[] = [];
  view.state.field(rowsField).rows.between(from, to, (start, end, value) => {
    // A sentence that was deleted is nowhere.
    if (end > start) found.push({ id: value.id, from: start, to: end });
  });
  return found.sort((a, b) => a.from - b.from);
}

/** The row at a place of the text, or the last one before it in its line. */
export function rowAt(view: EditorView, place: number): Row | null {
  const line = view.state.doc.lineAt(Math.min(place, view.state.doc.length));
  return rowsBetween(view, line.from, place).at(-1) ?? null;
}

export const rowsExtension: Extension = [rowsField];
