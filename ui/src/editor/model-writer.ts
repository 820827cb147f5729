// Puts a model's text on the page while the person goes on writing.
//
// Invariant: a whole generation is one step of the history, however many pieces it came in and whatever was typed
// meanwhile. While it streams its pieces are outside the history; at its end they are taken out and put in again as
// one change, which nothing on screen shows. Nothing is dispatched while an input method composes.

import { isolateHistory, undo, undoDepth } from "@codemirror/commands";
import { type ChangeSpec, Transaction } from "@codemirror/state";
import type { EditorView } from "@codemirror/view";

import type { GenerationId } from "../host/host";
import { authorship, setAuthorship, spansOf, writtenBy } from "./authorship";
import { type Place, placeField, setPlace } from "./place";

interface Running {
  generation: GenerationId;
  queue: string;
  ended: boolean;
  /** Steps of the history just after an earlier try was taken away; nothing where none was. */
  depthAfterRemoval: number | null;
  onEnd: (() => void) | null;
}

export class ModelWriter {
  #view: EditorView;
  #running: Running | null = null;
  #frame: number | null = null;
  #regrouping = false;

  constructor(view: EditorView) {
    this.#view = view;
  }

  /** The generation whose text is still coming. */
  get generation(): GenerationId | null {
    return this.#running?.generation ?? null;
  }

  /** True while changes are made that together leave the page as it was: nothing to save. */
  get regrouping(): boolean {
    return this.#regrouping;
  }

  /** Text of `generation` will come at `at`. `replaces` is an earlier try whose text goes. */
  begin(generation: GenerationId, at: number, replaces: Place | null = null): void {
    this.settle();
    const from = replaces?.from ?? at;
    const effects = setPlace.of({ from, to: from, generation });
    let depthAfterRemoval: number | null = null;
    if (replaces && replaces.to > replaces.from) {
      const changes = { from: replaces.from, to: replaces.to };
      this.#view.dispatch({ changes, effects, annotations: isolateHistory.of("full") });
      depthAfterRemoval = undoDepth(this.#view.state);
    } else this.#view.dispatch({ effects });
    this.#running = { generation, queue: "", ended: false, depthAfterRemoval, onEnd: null };
  }

  /** More text; shown with the next frame. Text of another generation than the running one is not for the page. */
  write(generation: GenerationId, text: string): void {
    if (this.#running?.generation !== generation || this.#running.ended) return;
    this.#running.queue += text;
    this.#soon();
  }

  /** No more text will come; `onEnd` runs when all of it is on the page. */
  end(generation: GenerationId, onEnd: () => void): void {
    if (this.#running?.generation !== generation) return onEnd();
    this.#running.ended = true;
    this.#running.onEnd = onEnd;
    this.#soon();
  }

  /** Puts everything on the page at once and makes it one step, before something else is done with the page. */
  settle(): void {
    if (!this.#running) return;
    this.#flushQueue(this.#running);
    this.#finish(this.#running);
  }

  /** For the end of a composition: what waited for it goes on. */
  resume(): void {
    if (this.#running) this.#soon();
  }

  #soon(): void {
    if (this.#frame !== null) return;
    this.#frame = requestAnimationFrame(() => {
      this.#frame = null;
      const running = this.#running;
      if (!running || this.#view.composing || this.#view.compositionStarted) return;
      this.#flushQueue(running);
      if (running.ended) this.#finish(running);
      // A look at the layout has caret and scroll bar follow now: by itself the editor would take another frame for them.
      this.#view.lineBlockAtHeight(0);
    });
  }

  #flushQueue(running: Running): void {
    const place = this.#view.state.field(placeField);
    if (running.queue === "" || !place) return;
    const text = running.queue;
    running.queue = "";
    const caret = this.#view.state.selection.main;
    const follows = caret.empty && caret.head === place.to;
    const to = place.to + text.length;
    this.#view.dispatch({
      changes: { from: place.to, insert: text },
      ...(follows ? { selection: { anchor: to }, scrollIntoView: true } : {}),
      effects: setPlace.of({ ...place, to }),
      annotations: [
        writtenBy.of(running.generation),
        Transaction.addToHistory.of(false),
        Transaction.userEvent.of("input.model"),
      ],
    });
  }

  #finish(running: Running): void {
    this.#running = null;
    this.#regrouping = true;
    try {
      this.#regroup(running);
    } finally {
      this.#regrouping = false;
    }
    running.onEnd?.();
  }

  /** Makes one step of the history out of the pieces, and of the removal of an earlier try. */
  #regroup({ generation, depthAfterRemoval }: Running): void {
    const view = this.#view;
    const place = view.state.field(placeField);
    const spans = authorship(view.state);
    const written = spansOf(view.state, generation);
    if (!place || written.length === 0) return;
    const { selection } = view.state;
    const pieces = written.map((span) => ({ from: span.from, text: view.state.sliceDoc(span.from, span.to) }));

    const changes = written.map(({ from, to }) => ({ from, to }));
    view.dispatch({ changes, annotations: Transaction.addToHistory.of(false) });
    const bare = view.state.doc.length;
    const at = view.state.field(placeField)?.from ?? place.from;
    // Where the person has typed since the removal, it stays a step of its own below the typing.
    if (depthAfterRemoval !== null && undoDepth(view.state) === depthAfterRemoval) undo(view);
    view.dispatch({
      changes: reinsertion(pieces, at, view.state.doc.length - bare),
      selection,
      effects: [setAuthorship.of(spans), setPlace.of(place)],
      annotations: [isolateHistory.of("full"), Transaction.userEvent.of("input.model")],
    });
  }
}

/** Changes that put pieces back at their places, on a page that lacks them; `old` units at `at` go. */
function reinsertion(pieces: { from: number; text: string }[], at: number, old: number): ChangeSpec {
  const changes: { from: number; to?: number; insert: string }[] = [];
  let missing = 0;
  let removed = false;
  for (const { from, text } of pieces) {
    // Positions of the page without the pieces: what was put back before this one is not there yet.
    const bare = from - missing;
    const place = bare > at ? bare + old : bare;
    if (bare === at && !removed) {
      changes.push({ from: at, to: at + old, insert: text });
      removed = true;
    } else changes.push({ from: place, insert: text });
    missing += text.length;
  }
  if (!removed && old > 0) changes.push({ from: at, to: at + old, insert: "" });
  return changes;
}
