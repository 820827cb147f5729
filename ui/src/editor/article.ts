// The article that is summarised: a text that can be pasted, edited and, sentence by sentence, looked up from its summary.
//
// Start reading here. Invariant: this folder knows no Svelte and no panel. While an input method composes nothing is
// dispatched; what waits for its end is done then.

import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { search, searchKeymap } from "@codemirror/search";
import { Compartment, EditorSelection, EditorState, type Extension, type StateEffect } from "@codemirror/state";
import { EditorView, drawSelection, keymap, placeholder } from "@codemirror/view";

import { keepFromComposition } from "./composition";
import { sentenceAt, sentencesExtension, setHeadings, setLit, setRestedOn, setSentences, type Span, spanOf } from "./sentences";

export interface ArticleEvents {
  /** The person has changed the text; not told in the middle of a composition. */
  onChange: (text: string) => void;
  /** The caret is in another sentence, or in none. */
  onSentence: (at: number | null) => void;
  /** The mouse is over another sentence, or over none. */
  onHover: (at: number | null) => void;
  /** Something is pasted over the whole text; `html` is empty where it is plain. Answers whether it is taken care of. */
  onPaste: (html: string, plain: string) => boolean;
}

export interface ArticleOptions {
  parent: HTMLElement;
  text: string;
  readOnly: boolean;
  /** For a screen reader. */
  label: string;
  placeholder: string;
  /** The find panel's words, by CodeMirror's English ones. */
  phrases: Record<string, string>;
  events: ArticleEvents;
}

export class ArticleText {
  readonly view: EditorView;
  readonly #events: ArticleEvents;
  readonly #readOnly = new Compartment();
  #waiting: StateEffect<unknown>[] = [];
  #at: number | null = null;
  #hovered: number | null = null;
  #destroyed = false;

  constructor(options: ArticleOptions) {
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

  /** Headings and sentences of a text, and those that a summary rests on; does nothing where another text stands here. */
  setSentences(text: string, spans: readonly Span[], headings: readonly Span[], restedOn: ReadonlySet<number>): void {
    if (this.text !== text) return;
    this.#dispatch([setSentences.of(spans), setHeadings.of(headings), setRestedOn.of(restedOn)]);
  }

  /** Lights sentences. */
  light(sentences: ReadonlySet<number>): void {
    this.#dispatch([setLit.of(sentences)]);
  }

  setReadOnly(readOnly: boolean): void {
    this.#dispatch([this.#readOnly.reconfigure(EditorState.readOnly.of(readOnly))]);
  }

  /** Shows a sentence, and puts the caret there where `focus` is set. */
  goTo(at: number, focus: boolean): void {
    const span = spanOf(this.view, at);
    if (span) this.show(span.from, focus);
  }

  /** Shows a place of the text. */
  show(place: number, focus = false): void {
    const selection = EditorSelection.cursor(Math.min(place, this.view.state.doc.length));
    const effects = EditorView.scrollIntoView(selection, { y: "center" });
    this.view.dispatch(focus ? { selection, effects } : { effects });
    if (focus) this.view.focus();
  }

  destroy(): void {
    this.#destroyed = true;
    this.view.destroy();
  }

  #dispatch(effects: StateEffect<unknown>[]): void {
    if (this.composing) this.#waiting.push(...effects);
    else this.view.dispatch({ effects });
  }

  #composed(): void {
    if (this.#destroyed) return;
    // The sentences of before are not those of the text that was composed.
    const effects = this.#waiting.filter((effect) => effect.is(setLit));
    this.#waiting = [];
    this.view.dispatch({ effects });
    this.#events.onChange(this.text);
  }

  #tellSentence(): void {
    const at = sentenceAt(this.view, this.view.state.selection.main.head);
    if (at === this.#at) return;
    this.#at = at;
    this.#events.onSentence(at);
  }

  #hover(event: MouseEvent | null): void {
    const place = event ? this.view.posAtCoords({ x: event.clientX, y: event.clientY }) : null;
    const at = place === null ? null : sentenceAt(this.view, place);
    if (at === this.#hovered) return;
    this.#hovered = at;
    this.#events.onHover(at);
  }

  /** In place of the whole text; into the middle of one the editor pastes by itself, as plain text. */
  #paste({ clipboardData }: ClipboardEvent): boolean {
    const { state } = this.view;
    const { from, to } = state.selection.main;
    if (!clipboardData || state.readOnly || from !== 0 || to !== state.doc.length) return false;
    return this.#events.onPaste(clipboardData.getData("text/html"), clipboardData.getData("text/plain"));
  }

  #extensions({ label, placeholder: invitation, phrases, readOnly, events }: ArticleOptions): Extension {
    return [
      history(),
      sentencesExtension,
      drawSelection(),
      search({ top: true }),
      placeholder(invitation),
      EditorView.lineWrapping,
      EditorState.phrases.of(phrases),
      this.#readOnly.of(EditorState.readOnly.of(readOnly)),
      EditorView.contentAttributes.of({ "aria-label": label, spellcheck: "false", tabindex: "0" }),
      keymap.of([...searchKeymap, ...historyKeymap, ...defaultKeymap.filter(({ key }) => key !== "Mod-Enter")]),
      EditorView.updateListener.of((update) => {
        if (update.docChanged && !this.composing) events.onChange(this.text);
        if (update.selectionSet && !update.docChanged) this.#tellSentence();
      }),
      EditorView.domEventHandlers({
        paste: (event) => this.#paste(event),
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
