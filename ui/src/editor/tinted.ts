// A text whose sentences are tinted: typed or pasted, or a chapter that can only be read here.
//
// Start reading here. Invariants: this folder knows no Svelte and no panel. Tints belong to the text that they were
// made for, and move with the person's changes until the next ones come. While an input method composes nothing is
// dispatched; what waits for its end is done then.

import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { EditorSelection, EditorState, RangeSetBuilder, StateEffect, StateField } from "@codemirror/state";
import { Decoration, type DecorationSet, EditorView, drawSelection, keymap, placeholder } from "@codemirror/view";

import { keepFromComposition } from "./composition";

/** A stretch of the text in a look of its own: UTF-16 offsets and a class of the style sheet. */
export interface Tint {
  from: number;
  to: number;
  look: string;
}

export interface TintedEvents {
  /** The person has changed the text; not told in the middle of a composition. */
  onChange: (text: string) => void;
  /** The person has put the caret elsewhere. */
  onCaret: (offset: number) => void;
}

export interface TintedOptions {
  parent: HTMLElement;
  text: string;
  readOnly: boolean;
  /** For a screen reader. */
  label: string;
  placeholder: string;
  events: TintedEvents;
}

const setSentences = StateEffect.define<readonly Tint[]>();
const setWords = StateEffect.define<readonly Tint[]>();

/** Stretches in order, as the editor draws them. A stretch beyond the text's end is cut. */
function drawn(tints: readonly Tint[], length: number): DecorationSet {
  const marks = new RangeSetBuilder<Decoration>();
  for (const { from, to, look } of tints) {
    const end = Math.min(to, length);
    if (from < end) marks.add(from, end, lookOf(look));
  }
  return marks.finish();
}

const looks = new Map<string, Decoration>();

function lookOf(look: string): Decoration {
  const known = looks.get(look) ?? Decoration.mark({ class: look });
  looks.set(look, known);
  return known;
}

function layer(effect: typeof setSentences) {
  return StateField.define<DecorationSet>({
    create: () => Decoration.none,
    update(marks, transaction) {
      let next = transaction.docChanged ? marks.map(transaction.changes) : marks;
      for (const each of transaction.effects) if (each.is(effect)) next = drawn(each.value, transaction.newDoc.length);
      return next;
    },
    provide: (field) => EditorView.decorations.from(field),
  });
}

const sentences = layer(setSentences);
const words = layer(setWords);

export class TintedText {
  readonly view: EditorView;
  readonly #events: TintedEvents;
  #waiting: StateEffect<readonly Tint[]>[] = [];
  #destroyed = false;

  constructor(options: TintedOptions) {
    this.#events = options.events;
    keepFromComposition(options.parent);
    this.view = new EditorView({
      parent: options.parent,
      state: EditorState.create({ doc: options.text, extensions: this.#extensions(options) }),
    });
  }

  get text(): string {
    return this.view.state.doc.toString();
  }

  get composing(): boolean {
    return this.view.composing || this.view.compositionStarted;
  }

  /** Tints the sentences of a text, and the words in them; does nothing where the person has typed on since. */
  tint(text: string, ofSentences: readonly Tint[], ofWords: readonly Tint[]): void {
    if (this.view.state.doc.length !== text.length || this.text !== text) return;
    const effects = [setSentences.of(ofSentences), setWords.of(ofWords)];
    if (this.composing) this.#waiting = effects;
    else this.view.dispatch({ effects });
  }

  /** Puts another text in place of this one; what is scrolled to stays where the two are alike. */
  replace(text: string): void {
    const before = this.text;
    if (before === text) return;
    let same = 0;
    while (same < Math.min(before.length, text.length) && before[same] === text[same]) same++;
    this.view.dispatch({ changes: { from: same, to: before.length, insert: text.slice(same) } });
  }

  /** Puts the caret at a place and shows it. */
  show(offset: number, focus: boolean): void {
    const selection = EditorSelection.cursor(Math.min(offset, this.view.state.doc.length));
    this.view.dispatch({ selection, effects: EditorView.scrollIntoView(selection, { y: "center" }) });
    if (focus) this.view.focus();
  }

  destroy(): void {
    this.#destroyed = true;
    this.view.destroy();
  }

  #composed(): void {
    if (this.#destroyed) return;
    const effects = this.#waiting;
    this.#waiting = [];
    this.view.dispatch({ effects });
    this.#events.onChange(this.text);
  }

  #extensions(options: TintedOptions) {
    return [
      history(),
      // Words are drawn inside of their sentences.
      words,
      sentences,
      drawSelection(),
      placeholder(options.placeholder),
      EditorView.lineWrapping,
      EditorState.readOnly.of(options.readOnly),
      EditorView.contentAttributes.of({ "aria-label": options.label, spellcheck: "false", tabindex: "0" }),
      keymap.of([...historyKeymap, ...defaultKeymap.filter(({ key }) => key !== "Mod-Enter")]),
      EditorView.updateListener.of((update) => {
        if (update.docChanged && !this.composing) options.events.onChange(this.text);
        const byPerson = update.transactions.some((each) => each.isUserEvent("select") || each.docChanged);
        if (byPerson && update.selectionSet) options.events.onCaret(update.state.selection.main.head);
      }),
      EditorView.domEventHandlers({
        // The browser ends the composition after this handler.
        compositionend: () => {
          setTimeout(() => this.#composed(), 20);
        },
      }),
    ];
  }
}
