// Markdown as quiet prose: its marks are there, but they step back.
//
// Only what is on the screen is read as Markdown, with a little of the text before it, so that a key costs in a novel what
// it costs in a note: as one document, a million characters without an empty line are one paragraph, which a key changes.

import { EditorState, type Extension, Prec, RangeSetBuilder, type Text } from "@codemirror/state";
import { Decoration, type DecorationSet, EditorView } from "@codemirror/view";
import { highlightTree, tagHighlighter, tags } from "@lezer/highlight";
import { Emoji, GFM, parser, Subscript, Superscript } from "@lezer/markdown";

import { drawnBetweenCompositions } from "./between-compositions";

/** Characters before the screen that are looked at for a paragraph's beginning. What opened earlier is not known of. */
const LEAD = 2_000;

const markdown = parser.configure([GFM, Subscript, Superscript, Emoji]);

const style = tagHighlighter([
  { tag: tags.heading1, class: "md-heading md-heading1" },
  { tag: tags.heading2, class: "md-heading md-heading2" },
  { tag: [tags.heading3, tags.heading4, tags.heading5, tags.heading6], class: "md-heading md-heading3" },
  { tag: tags.emphasis, class: "md-emphasis" },
  { tag: tags.strong, class: "md-strong" },
  { tag: tags.strikethrough, class: "md-struck" },
  { tag: tags.quote, class: "md-quote" },
  { tag: [tags.processingInstruction, tags.contentSeparator, tags.url, tags.labelName], class: "md-mark" },
]);

/** Where to begin to read, to know what stands at a place: after an empty line, or at least at a line's beginning. */
function beginningBefore(text: Text, place: number): number {
  const earliest = Math.max(0, place - LEAD);
  if (earliest === 0) return 0;
  const first = text.lineAt(earliest).number + 1;
  const last = text.lineAt(place).number;
  for (let number = first; number <= last; number++) {
    if (text.line(number - 1).length === 0) return text.line(number).from;
  }
  return first <= last ? text.line(first).from : earliest;
}

function draw(view: EditorView): DecorationSet {
  const { doc } = view.state;
  const marks = new RangeSetBuilder<Decoration>();
  for (const { from, to } of view.visibleRanges) {
    const start = beginningBefore(doc, from);
    const tree = markdown.parse(doc.sliceString(start, to));
    const mark = (at: number, end: number, look: string) => marks.add(start + at, start + end, Decoration.mark({ class: look }));
    highlightTree(tree, style, mark, from - start, to - start);
  }
  return marks.finish();
}

export const prose: Extension = [
  Prec.high(drawnBetweenCompositions(draw, (update) => update.docChanged || update.viewportChanged)),
  EditorState.languageData.of(() => [{ commentTokens: { block: { open: "<!--", close: "-->" } } }]),
  EditorView.lineWrapping,
];
