// The tint of what a model wrote.

import { RangeSetBuilder } from "@codemirror/state";
import { Decoration, type DecorationSet, type EditorView } from "@codemirror/view";

import { authorship } from "./authorship";
import { drawnBetweenCompositions } from "./between-compositions";

const byModel = Decoration.mark({ class: "by-model" });

function draw(view: EditorView): DecorationSet {
  const marks = new RangeSetBuilder<Decoration>();
  for (const { from, to } of authorship(view.state)) marks.add(from, to, byModel);
  return marks.finish();
}

export const tint = drawnBetweenCompositions(draw, ({ startState, state }) => authorship(startState) !== authorship(state));
