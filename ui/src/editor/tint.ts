// The tint of what a model wrote. While an input method composes it only moves with the text, because changing the
// page's elements around a composition breaks it; afterwards it is drawn anew.

import { RangeSetBuilder } from "@codemirror/state";
import { Decoration, type DecorationSet, type EditorView, ViewPlugin, type ViewUpdate } from "@codemirror/view";

import { authorship } from "./authorship";

const byModel = Decoration.mark({ class: "by-model" });

function draw(view: EditorView): DecorationSet {
  const marks = new RangeSetBuilder<Decoration>();
  for (const { from, to } of authorship(view.state)) marks.add(from, to, byModel);
  return marks.finish();
}

export const tint = ViewPlugin.fromClass(
  class {
    decorations: DecorationSet;
    #stale = false;

    constructor(view: EditorView) {
      this.decorations = draw(view);
    }

    update(update: ViewUpdate): void {
      const changed = authorship(update.startState) !== authorship(update.state);
      if (update.view.composing || update.view.compositionStarted) {
        this.decorations = this.decorations.map(update.changes);
        this.#stale ||= changed;
      } else if (changed || this.#stale) {
        this.decorations = draw(update.view);
        this.#stale = false;
      } else if (update.docChanged) this.decorations = this.decorations.map(update.changes);
    }
  },
  { decorations: (plugin) => plugin.decorations },
);
