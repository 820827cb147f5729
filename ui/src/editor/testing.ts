// A page without layout, for tests.

import { Page, type PageOptions } from "./create";
import { editsOf } from "./edits";
import type { Edit } from "../host/host";

/** A page, and the edits that the desk would be told of. */
export function testPage(body = "", options: Partial<PageOptions> = {}): { page: Page; edits: Edit[] } {
  const edits: Edit[] = [];
  const page = new Page({
    parent: document.body.appendChild(document.createElement("div")),
    body,
    authorship: [],
    label: "page",
    placeholder: "",
    phrases: {},
    events: {
      onChange: (transaction) => edits.push(...editsOf(transaction)),
      onCaret: () => undefined,
      onBlur: () => undefined,
    },
    commands: { continue: () => undefined, stop: () => false, retry: () => undefined, walkTries: () => undefined },
    ...options,
  });
  return { page, edits };
}

/** What the desk's text is after these edits. */
export function replay(body: string, edits: Edit[]): string {
  return edits.reduce((text, { from, to, insert }) => text.slice(0, from) + insert + text.slice(to), body);
}

/** Types at a place, as a person does. */
export function type(page: Page, at: number, text: string): void {
  page.view.dispatch({
    changes: { from: at, insert: text },
    selection: { anchor: at + text.length },
    userEvent: "input.type",
  });
}

/** A repeatable source of whole numbers below `limit` (mulberry32). */
export function dice(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % limit;
  };
}
