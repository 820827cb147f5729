// A translation that is edited where it stands.
//
// Invariant: while the caret is in it, nobody but the person changes it; and nothing is told in the middle of a
// composition.

import type { TermSpan } from "../../host";

export interface Editable {
  text: string;
  terms: readonly TermSpan[];
  /** Takes the person's text. */
  keep: (text: string) => void;
}

const PAUSE_MS = 700;

/** The text with its terms marked, as nodes. */
function nodesOf(text: string, terms: readonly TermSpan[]): Node[] {
  const nodes: Node[] = [];
  let at = 0;
  const spans = terms.flatMap(({ targetFrom: from, targetTo: to }) => (from === null || to === null ? [] : [{ from, to }]));
  for (const { from, to } of spans.sort((a, b) => a.from - b.from)) {
    if (from < at || to > text.length) continue;
    const mark = document.createElement("u");
    mark.className = "term";
    mark.textContent = text.slice(from, to);
    nodes.push(document.createTextNode(text.slice(at, from)), mark);
    at = to;
  }
  return [...nodes, document.createTextNode(text.slice(at))];
}

const textIn = (element: HTMLElement) => (element.textContent ?? "").replaceAll(/\s*\n\s*/g, " ");

/** Shows a text in `element` and tells what the person makes of it. */
export function editable({ text, terms, keep }: Editable): (element: HTMLElement) => () => void {
  return (element) => {
    if (!isEdited(element) && (textIn(element) !== text || document.activeElement !== element)) {
      element.replaceChildren(...nodesOf(text, terms));
    }
    let timer: ReturnType<typeof setTimeout> | null = null;
    const soon = () => {
      if (timer !== null) clearTimeout(timer);
      timer = setTimeout(tell, PAUSE_MS);
    };
    const tell = () => {
      if (timer !== null) clearTimeout(timer);
      timer = null;
      if (!isEdited(element)) return;
      delete element.dataset["edited"];
      keep(textIn(element));
    };
    const onInput = (event: Event) => {
      element.dataset["edited"] = "";
      if (!(event as InputEvent).isComposing) soon();
    };
    if (isEdited(element)) soon();
    element.addEventListener("input", onInput);
    element.addEventListener("compositionend", soon);
    element.addEventListener("blur", tell);
    return () => {
      // Scrolled away, it is told; only given another text beside what is being typed, it waits on.
      if (!element.isConnected) tell();
      else if (timer !== null) clearTimeout(timer);
      element.removeEventListener("input", onInput);
      element.removeEventListener("compositionend", soon);
      element.removeEventListener("blur", tell);
    };
  };
}

const isEdited = (element: HTMLElement) => "edited" in element.dataset;
