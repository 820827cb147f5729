// The text that is translated: plain prose in rows of sentences, with a column beside it that somebody else fills.
//
// Start reading here. Invariant: this folder knows no Svelte and no panel. While an input method composes nothing is
// dispatched; what waits for its end is done then.

import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { type ChangeSpec, Compartment, EditorSelection, EditorState, type StateEffect } from "@codemirror/state";
import { EditorView, drawSelection, keymap, placeholder } from "@codemirror/view";

import { keepFromComposition } from "./composition";
import { type Row, type RowMark, rowAt, rowsBetween, rowsExtension, rowsField, setMarks, setRoom, setRows } from "./rows";

/** Where a row is on the screen, in pixels from the top of the text. */
export interface RowBox {
  id: number;
  top: number;
  height: number;
}

export interface SourceEvents {
  /** The person has changed the text; not told in the middle of a composition. */
  onChange: (text: string) => void;
  /** The caret is in another row, or in none. */
  onRow: (id: number | null) => void;
  /** The mouse is over another row, or over none. */
  onHover: (id: number | null) => void;
  /** Rows on the screen have moved. */
  onLayout: (boxes: RowBox[]) => void;
  /** Another stretch is selected; empty where none is. */
  onSelect: (text: string) => void;
}

export interface SourceOptions {
  parent: HTMLElement;
  text: string;
  readOnly: boolean;
  /** For a screen reader. */
  label: string;
  placeholder: string;
  /** Of the text, for fonts and line breaks: `zh-Hans`, for instance. */
  language: string;
  events: SourceEvents;
  /** Pixels that a row's other side needs; 0 where it is not drawn. */
  needs: (id: number) => number;
}

export class SourceText {
  readonly view: EditorView;
  /** The column beside the text. It scrolls with it. */
  readonly beside: HTMLElement;
  readonly #events: SourceEvents;
  readonly #needs: (id: number) => number;
  readonly #language = new Compartment();
  #waiting: StateEffect<unknown>[] = [];
  #row: number | null = null;
  #hovered: number | null = null;
  #boxes = "";
  /** The room before the present one. */
  #before: ReadonlyMap<number, number> = new Map();
  #destroyed = false;

  constructor(options: SourceOptions) {
    this.#events = options.events;
    this.#needs = options.needs;
    keepFromComposition(options.parent);
    this.view = new EditorView({
      parent: options.parent,
      state: EditorState.create({ doc: options.text, extensions: this.#extensions(options) }),
    });
    this.beside = document.createElement("div");
    this.beside.className = "beside";
    this.view.scrollDOM.append(this.beside);
  }

  get text(): string {
    return this.view.state.doc.toString();
  }

  /** What is selected, on one line. */
  get selected(): string {
    const { from, to } = this.view.state.selection.main;
    return this.view.state.sliceDoc(from, to);
  }

  get composing(): boolean {
    return this.view.composing || this.view.compositionStarted;
  }

  /** Takes the rows of a text; answers false, and does nothing, where the person has typed on since. */
  setRows(text: string, rows: readonly Row[]): boolean {
    if (this.composing || this.text !== text) return false;
    this.#dispatch([setRows.of(rows)]);
    this.layout();
    this.#tellRow();
    return true;
  }

  setMarks(marks: ReadonlyMap<number, readonly RowMark[]>): void {
    this.#dispatch([setMarks.of(marks)]);
  }

  setLanguage(language: string): void {
    this.#dispatch([this.#language.reconfigure(attributes(language))]);
  }

  /** Puts another text in place of this one, as the person's own change where `own` is set. */
  replace(text: string): void {
    const changes: ChangeSpec = { from: 0, to: this.view.state.doc.length, insert: text };
    this.view.dispatch({ changes, selection: EditorSelection.cursor(text.length), userEvent: "input.paste" });
  }

  /** Puts the caret into a row and shows it. */
  goTo(id: number, focus: boolean): void {
    const row = rowsBetween(this.view, 0, this.view.state.doc.length).find((each) => each.id === id);
    if (!row) return;
    const selection = EditorSelection.cursor(row.from);
    this.view.dispatch({ selection, effects: EditorView.scrollIntoView(selection, { y: "nearest", yMargin: 48 }) });
    if (focus) this.view.focus();
  }

  /** Looks at where the rows are, once the screen is drawn. */
  layout(): void {
    if (this.#destroyed) return;
    this.view.requestMeasure({
      key: this,
      read: () => this.#measure(),
      write: (measured) => this.#settle(measured),
    });
  }

  destroy(): void {
    this.#destroyed = true;
    this.view.destroy();
  }

  #measure(): { boxes: RowBox[]; room: Map<number, number> } {
    const { view } = this;
    const room = new Map(view.state.field(rowsField).room);
    const origin = view.scrollDOM.getBoundingClientRect().top - view.scrollDOM.scrollTop;
    const boxes: RowBox[] = [];
    for (const { from, to } of view.visibleRanges) {
      for (const row of rowsBetween(view, from, to)) {
        const start = view.coordsAtPos(row.from, 1);
        // Its last character: what stands behind that may be the room under it.
        const end = view.coordsAtPos(Math.max(row.from, row.to - 1), 1);
        if (!start || !end || boxes.at(-1)?.id === row.id) continue;
        const own = end.bottom - start.top;
        const needed = this.#needs(row.id);
        if (needed > 0) room.set(row.id, Math.max(0, Math.ceil(needed - own)));
        boxes.push({ id: row.id, top: start.top - origin, height: Math.max(own, needed) });
      }
    }
    return { boxes, room };
  }

  #settle({ boxes, room }: { boxes: RowBox[]; room: Map<number, number> }): void {
    const now = this.view.state.field(rowsField).room;
    const moved = [...room].some(([id, height]) => now.get(id) !== height);
    const back = [...room].every(([id, height]) => this.#before.get(id) === height);
    // The view is being measured: what changes it goes behind that. Back and forth it does not go.
    if (moved && !back) {
      this.#before = now;
      queueMicrotask(() => {
        if (this.#destroyed) return;
        this.#dispatch([setRoom.of(room)]);
        this.layout();
      });
    }
    const key = JSON.stringify(boxes);
    if (key === this.#boxes) return;
    this.#boxes = key;
    this.#events.onLayout(boxes);
  }

  #dispatch(effects: StateEffect<unknown>[]): void {
    if (this.composing) this.#waiting.push(...effects);
    else this.view.dispatch({ effects });
  }

  #composed(): void {
    if (this.#destroyed) return;
    const effects = this.#waiting.filter((effect) => !effect.is(setRows));
    this.#waiting = [];
    this.view.dispatch({ effects });
    this.#events.onChange(this.text);
  }

  #tellRow(): void {
    const id = rowAt(this.view, this.view.state.selection.main.head)?.id ?? null;
    if (id === this.#row) return;
    this.#row = id;
    this.#events.onRow(id);
  }

  #hover(event: MouseEvent | null): void {
    const place = event ? this.view.posAtCoords({ x: event.clientX, y: event.clientY }) : null;
    const id = place === null ? null : (rowAt(this.view, place)?.id ?? null);
    if (id === this.#hovered) return;
    this.#hovered = id;
    this.#events.onHover(id);
  }

  #extensions(options: SourceOptions) {
    return [
      history(),
      rowsExtension,
      drawSelection(),
      placeholder(options.placeholder),
      EditorView.lineWrapping,
      EditorState.readOnly.of(options.readOnly),
      EditorView.contentAttributes.of({ "aria-label": options.label, spellcheck: "false", tabindex: "0" }),
      this.#language.of(attributes(options.language)),
      keymap.of([...historyKeymap, ...defaultKeymap.filter(({ key }) => key !== "Mod-Enter")]),
      EditorView.updateListener.of((update) => {
        if (update.docChanged && !this.composing) options.events.onChange(this.text);
        if (update.docChanged || update.selectionSet) this.#tellRow();
        if (update.selectionSet) options.events.onSelect(this.selected);
        if (update.geometryChanged || update.viewportChanged || update.docChanged) this.layout();
      }),
      EditorView.domEventHandlers({
        // The browser ends the composition after this handler.
        compositionend: () => {
          setTimeout(() => this.#composed(), 20);
        },
        mousemove: (event) => this.#hover(event),
        mouseleave: () => this.#hover(null),
      }),
    ];
  }
}

const attributes = (language: string) => EditorView.contentAttributes.of({ lang: language });
