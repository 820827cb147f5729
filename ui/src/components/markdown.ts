// Markdown as a tree to show. HTML in it stays text, links are words, pictures are their descriptions: nothing that a
// model or a file wrote can run or load anything.

import type { RootContent } from "mdast";
import { fromMarkdown } from "mdast-util-from-markdown";
import { gfmTableFromMarkdown } from "mdast-util-gfm-table";
import { gfmTable } from "micromark-extension-gfm-table";

export type MarkdownNode = RootContent;

export function parseMarkdown(text: string): MarkdownNode[] {
  return fromMarkdown(text, { extensions: [gfmTable()], mdastExtensions: [gfmTableFromMarkdown()] }).children;
}
