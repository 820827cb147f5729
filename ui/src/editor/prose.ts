// Markdown as quiet prose: its marks are there, but they step back.

import { markdown, markdownLanguage } from "@codemirror/lang-markdown";
import { HighlightStyle, syntaxHighlighting } from "@codemirror/language";
import type { Extension } from "@codemirror/state";
import { EditorView } from "@codemirror/view";
import { tags } from "@lezer/highlight";

const style = HighlightStyle.define([
  { tag: tags.heading1, class: "md-heading md-heading1" },
  { tag: tags.heading2, class: "md-heading md-heading2" },
  { tag: [tags.heading3, tags.heading4, tags.heading5, tags.heading6], class: "md-heading md-heading3" },
  { tag: tags.emphasis, class: "md-emphasis" },
  { tag: tags.strong, class: "md-strong" },
  { tag: tags.strikethrough, class: "md-struck" },
  { tag: tags.quote, class: "md-quote" },
  { tag: [tags.processingInstruction, tags.contentSeparator, tags.url, tags.labelName], class: "md-mark" },
]);

export const prose: Extension = [
  markdown({ base: markdownLanguage, addKeymap: false, completeHTMLTags: false }),
  syntaxHighlighting(style),
  EditorView.lineWrapping,
];
