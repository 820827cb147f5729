// The page: a CodeMirror editor for prose that a person and a model write together.
//
// Start reading here. Invariant: this folder knows no Svelte and no panel; whoever makes an editor is told of its
// changes through `PageEvents`.

import { defaultKeymap, history, historyKeymap, isolateHistory, redo, undo } from "@codemirror/commands";
import { openSearchPanel, search, searchKeymap } from "@codemirror/search";
import { EditorSelection, EditorState, type Extension, type Transaction } from "@codemirror/state";
import { EditorView, drawSelection, keymap, placeholder, scrollPastEnd } from "@codemirror/view";

import type { AuthorSpan, GenerationId } from "../host/host";
import { authorshipExtension, writtenBy } from "./authorship";
import { keepFromComposition } from "./composition";
import { ModelWriter } from "./model-writer";
import { placeExtension, setPlace } from "./place";
import { prose } from "./prose";
import { tint } from "./tint";

export interface PageEvents {
  /** A change that the desk has to know of. */
  onChange: (transaction: Transaction) => void;
  /** The caret or the text is another now. */
  onCaret: () => void;
  onBlur: () => void;
}

export interface PageCommands {
  continue: () => void;
  /** Answers whether there was something to stop or to put away. */
  stop: () => boolean;
  retry: () => void;
  walkTries: (step: -1 | 1) => void;
}

export interface PageOptions {
  parent: HTMLElement;
  body: string;
  authorship: readonly AuthorSpan[];
  /** For a screen reader. */
  label: string;
  placeholder: string;
  /** The find panel's words, by CodeMirror's English ones. */
  phrases: Record<string, string>;
  events: PageEvents;
  commands: PageCommands;
}

/** An open page. */
export class Page {
  readonly view: EditorView;
  readonly writer: ModelWriter;

  constructor(options: PageOptions) {
    keepFromComposition(options.parent);
    this.view = new EditorView({
      parent: options.parent,
      state: EditorState.create({
        doc: options.body,
        extensions: this.#extensions(options),
        selection: EditorSelection.cursor(options.body.length),
      }),
    });
    this.writer = new ModelWriter(this.view);
  }

  /** UTF-16 offset of the caret. */
  get caret(): number {
    return this.view.state.selection.main.head;
  }

  get text(): string {
    return this.view.state.doc.toString();
  }

  /** Puts text of a generation at `from`, in place of what stands there up to `to`: one step of the history. */
  insertGenerated(generation: GenerationId, text: string, from: number, to = from): void {
    this.writer.settle();
    const end = from + text.length;
    this.view.dispatch({
      changes: { from, to, insert: text },
      selection: { anchor: end },
      scrollIntoView: true,
      effects: setPlace.of({ from, to: end, generation }),
      annotations: [writtenBy.of(generation), isolateHistory.of("full")],
      userEvent: "input.model.whole",
    });
  }

  /** Takes back; while a model writes, its whole text so far. */
  undo = (): boolean => {
    this.writer.settle();
    return undo(this.view);
  };

  /** Selects a stretch and shows it. */
  show(from: number, to: number): void {
    const { length } = this.view.state.doc;
    const range = EditorSelection.range(Math.min(from, length), Math.min(to, length));
    this.view.dispatch({ selection: range, effects: EditorView.scrollIntoView(range, { y: "center" }) });
    this.view.focus();
  }

  find(): void {
    openSearchPanel(this.view);
  }

  destroy(): void {
    this.view.destroy();
  }

  #extensions(options: PageOptions): Extension {
    return [
      history(),
      authorshipExtension(options.authorship),
      placeExtension,
      tint,
      prose,
      drawSelection(),
      scrollPastEnd(),
      search({ top: true }),
      placeholder(options.placeholder),
      EditorState.phrases.of(options.phrases),
      EditorView.contentAttributes.of({ "aria-label": options.label, spellcheck: "false", tabindex: "0" }),
      this.#keys(options.commands),
      keymap.of([...searchKeymap, ...historyKeymap, ...defaultKeymap]),
      this.#listeners(options.events),
    ];
  }

  #keys(commands: PageCommands): Extension {
    const done = (run: () => void) => () => {
      run();
      return true;
    };
    return keymap.of([
      { key: "Mod-Enter", run: done(() => commands.continue()) },
      { key: "Escape", run: () => commands.stop() },
      { key: "Mod-z", run: this.undo, preventDefault: true },
      { key: "Mod-y", mac: "Mod-Shift-z", run: redo, preventDefault: true },
      { key: "Mod-Shift-z", run: redo, preventDefault: true },
      { key: "Alt-r", run: done(() => commands.retry()) },
      { key: "Alt-ArrowLeft", run: done(() => commands.walkTries(-1)) },
      { key: "Alt-ArrowRight", run: done(() => commands.walkTries(1)) },
      { key: "Mod-h", run: openReplace, preventDefault: true },
    ]);
  }

  #listeners(events: PageEvents): Extension {
    return [
      EditorView.updateListener.of((update) => {
        for (const transaction of update.transactions) {
          if (transaction.docChanged && !this.writer.regrouping) events.onChange(transaction);
        }
        if (update.docChanged || update.selectionSet) events.onCaret();
      }),
      EditorView.domEventHandlers({
        blur: () => events.onBlur(),
        // The browser ends the composition after this handler; what waited for it goes on behind that.
        compositionend: () => {
          setTimeout(() => {
            this.view.dispatch({});
            this.writer.resume();
          }, 20);
        },
      }),
    ];
  }
}

function openReplace(view: EditorView): boolean {
  openSearchPanel(view);
  view.dom.querySelector<HTMLInputElement>("[name=replace]")?.select();
  return true;
}
