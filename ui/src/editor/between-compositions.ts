// Decorations that are drawn from what the page has. While an input method composes they only move with the text, because
// changing the page's elements around a composition breaks it; afterwards they are drawn anew.

import type { Extension } from "@codemirror/state";
import { type DecorationSet, type EditorView, ViewPlugin, type ViewUpdate } from "@codemirror/view";

/** `draw` gives the decorations of a page, and `isOther` says which updates they are not right for any more. */
export function drawnBetweenCompositions(
  draw: (view: EditorView) => DecorationSet,
  isOther: (update: ViewUpdate) => boolean,
): Extension {
  return ViewPlugin.fromClass(
    class {
      decorations: DecorationSet;
      #stale = false;

      constructor(view: EditorView) {
        this.decorations = draw(view);
      }

      update(update: ViewUpdate): void {
        const other = isOther(update);
        if (update.view.composing || update.view.compositionStarted) {
          this.decorations = this.decorations.map(update.changes);
          this.#stale ||= other;
        } else if (other || this.#stale) {
          this.decorations = draw(update.view);
          this.#stale = false;
        } else if (update.docChanged) this.decorations = this.decorations.map(update.changes);
      }
    },
    { decorations: (plugin) => plugin.decorations },
  );
}
