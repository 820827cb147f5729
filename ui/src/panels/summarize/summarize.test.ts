import { configure, fireEvent, screen, waitFor, within } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { EditorView } from "@codemirror/view";
import axe from "axe-core";
import { describe, expect, it, vi } from "vitest";

import type { SummaryPart } from "../../host";
import { en } from "../../i18n/en";
import { zh } from "../../i18n/zh";
import { openWindow, type Window } from "../../testing";

const FERRY = "The ferry across the Carrow ran for forty years without a single accident.";
const STORM = "In the storm of 1987 it broke its rope and drifted nine miles to the sea.";
const BRIDGE = "The council then voted to build a bridge of stone in its place.";
const TEXT = `It was old. ${FERRY} It was green. ${STORM} ${BRIDGE} Nobody sang.`;
const PAGE = `<html><nav>Home</nav><article><h1>The ferry</h1><p>${FERRY}</p><script>alert(1)</script><p>${STORM}</p></article></html>`;

configure({ asyncUtilTimeout: 5000 });
vi.setConfig({ testTimeout: 20_000 });

async function openPanel(options: Parameters<typeof openWindow>[0] = {}): Promise<Window> {
  const window = await openWindow(options);
  window.desk.panel = "summarize";
  await screen.findByTestId("article");
  return window;
}

function article(): EditorView {
  const content = screen.getByTestId("article").querySelector<HTMLElement>(".cm-content");
  const view = content && EditorView.findFromDOM(content);
  if (!view) throw new Error("no article");
  return view;
}

/** Types at the end, as a person does. */
function type(text: string): void {
  const at = article().state.doc.length;
  article().dispatch({ changes: { from: at, insert: text }, selection: { anchor: at + text.length }, userEvent: "input.type" });
}

async function paste(plain: string, html = ""): Promise<void> {
  const data: Record<string, string> = { "text/plain": plain, "text/html": html };
  await fireEvent.paste(article().contentDOM, { clipboardData: { getData: (kind: string) => data[kind] ?? "", types: Object.keys(data) } });
}

const sentences = () => screen.queryAllByTestId("sentence").map((each) => each.textContent);
const marked = (kind: string) => [...article().dom.querySelectorAll(`.${kind}`)].map((each) => each.textContent);
const run = () => fireEvent.keyDown(window, { key: "Enter", ctrlKey: true });

/** Summarises by key sentences. */
async function summarized(window: Window, text = TEXT): Promise<void> {
  window.summarizing.options.amount = 3;
  type(text);
  await run();
  await waitFor(() => expect(sentences()).toHaveLength(3));
}

/** Has a model that rewrites, which writes this. */
function rewriter({ host, summarizing }: Window, script: string, followsInstructions = true): void {
  host.summarizing.rewriter = { name: "DistilBART", byStoryModel: false, followsInstructions, goesTo: null };
  host.summarizing.script = [script];
  summarizing.options.method = "rewritten";
}

describe("key sentences", () => {
  it("are there at once, each marked in the article and leading to its place", async () => {
    const user = userEvent.setup();
    const window = await openPanel();
    await summarized(window);
    expect(sentences()).toEqual([FERRY, STORM, BRIDGE]);
    expect(marked("rested-on")).toEqual([FERRY, STORM, BRIDGE]);
    await user.click(screen.getAllByTestId("sentence")[1] ?? expect.fail("no sentence"));
    expect(marked("lit")).toEqual([STORM]);
    expect(screen.getByTestId("sources")).toHaveTextContent(en.summarize.ownSource(4));
    expect(screen.getByTestId("coverage-words")).toHaveTextContent("3 of 6 sentences");
    await user.click(screen.getByTestId("source-3"));
    expect(article().state.selection.main.head).toBe(TEXT.indexOf(STORM));
  });

  it("are chosen from the article too", async () => {
    const window = await openPanel();
    await summarized(window);
    article().dispatch({ selection: { anchor: TEXT.indexOf("council") } });
    await waitFor(() => expect(screen.getAllByTestId("sentence")[2]).toHaveAttribute("aria-pressed", "true"));
    article().dispatch({ selection: { anchor: TEXT.indexOf("Nobody") } });
    expect(window.summarizing.chosen).toBe(2);
  });

  it("are walked by the keyboard", async () => {
    const window = await openPanel();
    await summarized(window);
    for (const expected of [0, 1, 2, 2]) {
      await fireEvent.keyDown(globalThis.window, { key: "ArrowDown", altKey: true });
      expect(window.summarizing.chosen).toBe(expected);
    }
    expect(document.activeElement).toBe(screen.getAllByTestId("sentence")[2]);
    await fireEvent.keyDown(globalThis.window, { key: "ArrowUp", altKey: true });
    expect(document.activeElement).toHaveTextContent(STORM);
    await fireEvent.keyDown(screen.getAllByTestId("sentence")[0] ?? expect.fail("no sentence"), { key: " " });
    expect(window.summarizing.chosen).toBe(0);
  });

  it("follow the length and the form without a second row in the list", async () => {
    const user = userEvent.setup();
    const window = await openPanel();
    await summarized(window);
    await user.clear(screen.getByTestId("amount"));
    await user.type(screen.getByTestId("amount"), "2{Tab}");
    await waitFor(() => expect(sentences()).toHaveLength(2));
    await user.selectOptions(screen.getByTestId("measure"), "share");
    await waitFor(() => expect(window.host.summarizing.asked.at(-1)?.length).toEqual({ kind: "share", share: 0.1 }));
    await user.click(screen.getByTestId("form-title"));
    await waitFor(() => expect(window.summarizing.entry?.form).toBe("title"));
    expect(screen.getByTestId("amount")).toBeDisabled();
    expect(window.host.summarizing.asked.at(-1)?.source).toEqual({ kind: "kept", summary: window.summarizing.id });
    expect(window.summarizing.list).toHaveLength(1);
  });

  it("of a length that means nothing are not asked for", async () => {
    const user = userEvent.setup();
    const window = await openPanel();
    await summarized(window);
    await user.clear(screen.getByTestId("amount"));
    await user.type(screen.getByTestId("amount"), "900{Tab}");
    expect(screen.getByTestId("amount")).toHaveValue(200);
    await user.clear(screen.getByTestId("amount"));
    await user.tab();
    expect(screen.getByTestId("amount")).toHaveValue(200);
  });

  it("stand as bullets, without their signs", async () => {
    const window = await openPanel();
    window.summarizing.options.form = "bullets";
    await summarized(window);
    expect(window.summarizing.outcome.text).toBe([FERRY, STORM, BRIDGE].map((each) => `- ${each}`).join("\n"));
    expect(screen.getByTestId("result").querySelectorAll(".bullet")).toHaveLength(3);
    expect(screen.getByTestId("result")).not.toHaveTextContent("- The");
  });
});

describe("an article", () => {
  it("is taken out of a pasted page and summarised at once; nothing in it runs", async () => {
    const user = userEvent.setup();
    await openPanel();
    await paste(`Home ${FERRY} ${STORM} Contact`, PAGE);
    await waitFor(() => expect(sentences()).toEqual([FERRY, STORM]));
    expect(screen.getByTestId("article-title")).toHaveTextContent("The ferry");
    expect(article().state.doc.toString()).not.toContain("alert");
    expect(screen.getByTestId("note-article")).toHaveTextContent("taken out of the page");
    await user.click(screen.getByTestId("take-whole-page"));
    await waitFor(() => expect(article().state.doc.toString()).toContain("Contact"));
    expect(screen.queryByTestId("note-article")).toBeNull();
  });

  it("that cannot be told apart is taken whole, and that is said", async () => {
    const window = await openPanel();
    await paste(TEXT, "<p>cluttered</p>");
    await waitFor(() => expect(article().state.doc.toString()).toBe(TEXT));
    await waitFor(() => expect(window.summarizing.entry?.status).toBe("complete"));
    expect(screen.getByTestId("note-whole-page")).toBeVisible();
    expect(screen.queryByTestId("error")).toBeNull();
  });

  it("pasted into the middle of a text is text", async () => {
    const window = await openPanel();
    type(TEXT);
    article().dispatch({ selection: { anchor: 3 } });
    await paste("words ", PAGE);
    expect(window.host.calls).not.toContain("readSource");
  });

  it("is opened from a file, and cannot be changed there", async () => {
    const user = userEvent.setup();
    const window = await openPanel();
    window.host.translator.documents.set("/texts/ferry.md", TEXT);
    window.host.summarizing.files.set("/texts/ferry.md", TEXT);
    await user.click(screen.getByTestId("start-file"));
    await waitFor(() => expect(sentences()).toHaveLength(5));
    expect(article().state.readOnly).toBe(true);
    expect(screen.getByTestId("article-title")).toHaveTextContent("ferry.md");
  });

  it("is a file that is let go over it", async () => {
    await openPanel();
    const file = new File([TEXT], "ferry.txt", { type: "text/plain" });
    const dataTransfer = { types: ["Files"], files: [file] };
    const target = screen.getByTestId("article");
    await fireEvent.dragOver(target, { dataTransfer });
    expect(screen.getByTestId("drop")).toHaveTextContent(en.summarize.drop);
    await fireEvent.drop(target, { dataTransfer });
    expect(screen.queryByTestId("drop")).toBeNull();
    await waitFor(() => expect(screen.getByTestId("article-title")).toHaveTextContent("ferry.txt"));
    expect(article().state.doc.toString()).toBe(TEXT);
  });

  it("that cannot be read says why", async () => {
    const window = await openPanel();
    await window.summarizing.openFile("/texts/gone.docx");
    const error = await screen.findByTestId("error");
    expect(error).toHaveAttribute("data-code", "file_unreadable");
    expect(error).toHaveTextContent(en.errors["file_unreadable"] ?? "");
  });

  it("is a chapter or a whole work of the library, as it stands on the page", async () => {
    const user = userEvent.setup();
    const window = await openWindow();
    window.session.page?.view.dispatch({ changes: { from: 0, insert: "A new beginning stands here before everything else, and it is the longest sentence of them all by far, so that it counts for more than any other one. " } });
    await user.click(screen.getAllByTestId("summarize-chapter")[0] ?? expect.fail("no menu"));
    await screen.findByTestId("summarize");
    await waitFor(() => expect(sentences().join(" ")).toContain("A new beginning"));
    await user.click(screen.getByTestId("new-article"));
    await user.click(screen.getByTestId("start-work"));
    await waitFor(() => expect(window.summarizing.entry?.kind).toBe("work"));
  });

  it("of a chapter that reads differently now says so, and is summarised as it is now", async () => {
    const user = userEvent.setup();
    const window = await openPanel();
    await window.summarizing.takeItem({ kind: "chapter", id: window.desk.chapter ?? 0 });
    const id = window.summarizing.id ?? expect.fail("no summary");
    const open = await window.host.openSummary(id);
    window.host.openSummary = () => Promise.resolve({ ...open, sourceChanged: true });
    await window.summarizing.open(id);
    await user.click(await screen.findByTestId("summarize-anew"));
    await waitFor(() => expect(screen.queryByTestId("note-changed")).toBeNull());
    expect(window.host.summarizing.asked.at(-1)?.source.kind).toBe("chapter");
  });

  it("that was changed after its summary says so, and is summarised anew", async () => {
    const window = await openPanel();
    await summarized(window);
    type(" The bridge of stone stood there for two hundred and seventy years, and it stands there still.");
    expect(await screen.findByTestId("note-edited")).toBeVisible();
    await run();
    await waitFor(() => expect(screen.queryByTestId("note-edited")).toBeNull());
    expect(sentences().join(" ")).toContain("it stands there still");
    expect(window.summarizing.list).toHaveLength(2);
  });

  it("that gave way to another before it was summarised comes back", async () => {
    const user = userEvent.setup();
    const window = await openPanel();
    type(TEXT);
    await user.click(screen.getByTestId("new-article"));
    expect(article().state.doc.toString()).toBe("");
    await user.click(screen.getByTestId("take-aside"));
    expect(article().state.doc.toString()).toBe(TEXT);
    expect(window.summarizing.aside).toEqual([]);
  });

  it("without words cannot be summarised", async () => {
    const window = await openPanel();
    type("  \n ");
    expect(screen.getByTestId("run")).toBeDisabled();
    await run();
    expect(window.host.calls).not.toContain("summarize");
  });

  it("of one word says that there is nothing to do", async () => {
    const window = await openPanel();
    window.host.failNext("summarize", { code: "nothing_to_summarize" });
    type("Word");
    await run();
    expect(await screen.findByTestId("error")).toHaveAttribute("data-code", "nothing_to_summarize");
    expect(article().state.doc.toString()).toBe("Word");
  });
});

describe("a rewritten summary", () => {
  it("comes as it is written, and says what the article does not have", async () => {
    const window = await openPanel({ pace: 2 });
    rewriter(window, `The ferry ran for 40 years without accident. In the storm of 1987 it drifted to the sea. Then old Martha wept.`);
    type(TEXT);
    await run();
    await waitFor(() => expect(screen.getByTestId("result")).toHaveTextContent("The ferry ran"));
    expect(window.summarizing.running).toBe(true);
    expect(screen.getByTestId("stage")).toHaveTextContent(en.summarize.stages.writing);
    await waitFor(() => expect(window.summarizing.entry?.status).toBe("complete"));
    const flags = screen.getAllByTestId("flag").map((each) => each.textContent.trim());
    expect(flags).toEqual([en.summarize.numbersMissing("40"), en.summarize.flags.unsupported, en.summarize.namesMissing("Martha")]);
    expect([...screen.getByTestId("result").querySelectorAll(".doubt")].map((each) => each.textContent)).toEqual(["40", "Martha"]);
    expect(screen.getByTestId("summary-status")).toHaveTextContent(en.summarize.toCheck(2));
    await fireEvent.click(screen.getAllByTestId("sentence")[2] ?? expect.fail("no sentence"));
    expect(screen.getByTestId("sources")).toHaveTextContent(en.summarize.noSource);
  });

  it("is stopped by Esc, and what was written stays", async () => {
    const window = await openPanel({ pace: 5 });
    rewriter(window, `${FERRY} ${STORM} ${BRIDGE}`.repeat(20));
    type(TEXT);
    await run();
    await waitFor(() => expect(screen.getByTestId("result")).toHaveTextContent("The ferry across"));
    await fireEvent.keyDown(globalThis.window, { key: "Escape" });
    await waitFor(() => expect(screen.getByTestId("resting")).toHaveTextContent(en.summarize.stopped));
    expect(screen.getByTestId("result")).toHaveTextContent("The ferry across");
    expect(screen.getByTestId("run")).toBeEnabled();
  });

  it("that fails says why, keeps what was written and is tried again", async () => {
    const user = userEvent.setup();
    const window = await openPanel({ pace: 1 });
    rewriter(window, FERRY);
    window.host.summarizing.failNext("compute_failed");
    type(TEXT);
    await run();
    expect(await screen.findByTestId("error")).toHaveAttribute("data-code", "compute_failed");
    window.host.summarizing.script = [STORM];
    await user.click(screen.getByTestId("try-again"));
    await waitFor(() => expect(sentences()).toEqual([STORM]));
    expect(screen.queryByTestId("error")).toBeNull();
  });

  it("without a model says what to get, and uses it when it has come", async () => {
    const user = userEvent.setup();
    const window = await openPanel();
    await user.click(screen.getByTestId("method-rewritten"));
    const line = await screen.findByTestId("no-summarizer");
    expect(line).toHaveTextContent(en.summarize.noModel);
    type(TEXT);
    expect(screen.getByTestId("run")).toBeDisabled();
    await user.click(await screen.findByTestId("get-summarizer"));
    const { address } = window.desk.downloads.list[0] ?? expect.fail("no download");
    window.host.hub.progress(address, { state: "fetching", bytes: 250, totalBytes: 1000 });
    await waitFor(() => expect(line).toHaveTextContent("25 %"));
    window.host.hub.progress(address, { state: "done" });
    await user.click(await screen.findByTestId("use-summarizer"));
    expect(await screen.findByTestId("summarizer")).toHaveTextContent("distilbart-cnn-12-6 rewrites.");
    window.host.summarizing.script = [FERRY];
    await user.click(screen.getByTestId("run"));
    await waitFor(() => expect(sentences()).toEqual([FERRY]));
  });

  it("without a model leads to the Models panel", async () => {
    const user = userEvent.setup();
    const window = await openPanel();
    await user.click(screen.getByTestId("method-rewritten"));
    await user.click(await screen.findByTestId("to-models"));
    expect(window.desk.panel).toBe("models");
  });

  it("of a long article is made part by part, and the parts open", async () => {
    const user = userEvent.setup();
    const window = await openPanel({ pace: 3 });
    rewriter(window, `${FERRY}`);
    type(Array.from({ length: 100 }, (_, at) => `The keeper wrote line ${at} of his book.`).join(" "));
    await run();
    expect(await screen.findByText(en.summarize.stages.parts(1, 3))).toBeVisible();
    expect(screen.getByTestId("time-left")).toHaveTextContent("left");
    await waitFor(() => expect(window.summarizing.entry?.status).toBe("complete"));
    expect(screen.getAllByTestId(/^part-\d+$/)).toHaveLength(3);
    await user.click(screen.getByText(en.summarize.part(2, "")));
    expect(screen.getByTestId("part-1")).toHaveTextContent("The keeper wrote line 40");
    expect(screen.getByText(/^The keeper wrote line 40/)).toHaveAttribute("lang", "en");
  });

  it("that is translated afterwards has its first words among the parts, in their own language", async () => {
    const window = await openPanel();
    rewriter(window, "渡船平安走了四十年。");
    window.summarizing.options.to = "simplified";
    type(TEXT);
    await run();
    await waitFor(() => expect(window.summarizing.entry?.status).toBe("complete"));
    const to = window.summarizing.source?.text.length ?? 0;
    const draft: SummaryPart = { number: 0, level: 1, title: "", from: 0, to, madeFrom: [], text: FERRY, language: "english", done: true };
    window.summarizing.parts.set(0, draft);
    const parts = await screen.findByTestId("parts");
    expect(parts).toHaveTextContent(en.summarize.draft);
    expect(parts).not.toHaveTextContent(en.summarize.partsHint);
    expect(within(parts).getByText(FERRY)).toHaveAttribute("lang", "en");
  });

  it("in the other language says what could not be compared", async () => {
    const window = await openPanel();
    rewriter(window, "渡船平安走了四十年。1987年的风暴把它冲到海里。");
    window.summarizing.options.to = "simplified";
    type(TEXT);
    await run();
    expect(await screen.findByTestId("other-language")).toHaveTextContent(en.summarize.otherLanguage);
    expect(screen.queryByTestId("flag")).toBeNull();
    expect(screen.getByTestId("result")).toHaveAttribute("lang", "zh-Hans");
  });

  it("goes where the person sees it go", async () => {
    const window = await openPanel();
    rewriter(window, FERRY);
    window.host.summarizing.rewriter.goesTo = { host: "cluster.example", thisComputer: false, openLine: false };
    expect(await screen.findByTestId("summarizer")).toHaveTextContent("DistilBART");
    await window.summarizing.refresh();
    await waitFor(() => expect(screen.getByTestId("summarize")).toHaveTextContent(en.servers.goesTo("cluster.example", false)));
    expect(screen.getByTestId("summarize-requests")).toHaveTextContent(en.servers.inUse);
  });
});

describe("earlier summaries", () => {
  it("are opened as they were asked for, and deleted after a question", async () => {
    const user = userEvent.setup();
    const window = await openPanel();
    window.summarizing.options.form = "bullets";
    await summarized(window);
    const { id } = window.summarizing;
    await user.click(screen.getByTestId("new-article"));
    window.summarizing.options.form = "paragraph";
    await user.click(screen.getAllByTestId(`summary-${id}`)[0] ?? expect.fail("no entry"));
    await waitFor(() => expect(sentences()).toHaveLength(3));
    expect(article().state.doc.toString()).toBe(TEXT);
    expect(marked("rested-on")).toHaveLength(3);
    expect(screen.getByTestId("form-bullets")).toHaveAttribute("aria-pressed", "true");
    await user.click(screen.getAllByTestId("remove-summary")[0] ?? expect.fail("no button"));
    expect(window.host.calls).not.toContain("deleteSummary");
    await user.click(screen.getByTestId("really-remove"));
    await waitFor(() => expect(window.summarizing.list).toEqual([]));
    expect(screen.getByTestId("start")).toBeVisible();
  });

  it("are copied and exported", async () => {
    const user = userEvent.setup();
    const window = await openPanel();
    await summarized(window);
    await user.click(screen.getByTestId("copy"));
    expect(await navigator.clipboard.readText()).toBe(`${FERRY} ${STORM} ${BRIDGE}`);
    expect(screen.getByTestId("copy")).toHaveTextContent(en.summarize.copied);
    await user.click(screen.getByTestId("export-md"));
    await waitFor(() => expect(screen.getByTestId("written")).toHaveTextContent(".md"));
    const [path = ""] = window.host.summarizing.written.keys();
    expect(path).toContain("It was old The ferry across - Summary.md");
  });
});

describe("the keys", () => {
  it("of an input method are no commands", async () => {
    const window = await openPanel();
    type(TEXT);
    await fireEvent.keyDown(globalThis.window, { key: "Enter", ctrlKey: true, isComposing: true });
    await fireEvent.keyDown(globalThis.window, { key: "Enter", ctrlKey: true, keyCode: 229 });
    expect(window.host.calls).not.toContain("summarize");
  });

  it("belong to the panel that is open", async () => {
    const window = await openPanel();
    type(TEXT);
    window.desk.panel = "models";
    await waitFor(() => expect(screen.queryByTestId("summarize")).toBeNull());
    await run();
    expect(window.host.calls).not.toContain("summarize");
    window.desk.panel = "summarize";
    await screen.findByTestId("article");
    expect(article().state.doc.toString()).toBe(TEXT);
  });
});

describe("the panel", () => {
  it.each([
    ["en", "light"],
    ["en", "dark"],
    ["zh", "light"],
    ["zh", "dark"],
  ] as const)("can be used by everyone, in %s, %s", async (language, theme) => {
    const window = await openPanel({ settings: { language, theme } });
    const words = language === "zh" ? zh : en;
    expect(screen.getByTestId("start")).toHaveTextContent(words.summarize.startInvites);
    rewriter(window, `${FERRY} Then Martha came in 1999.`);
    type(TEXT.repeat(12));
    await run();
    await waitFor(() => expect(window.summarizing.entry?.status).toBe("complete"));
    window.summarizing.chosen = 0;
    await screen.findAllByTestId(/^source-/);
    // Colours need a layout: the real window's tests look at them.
    const { violations } = await axe.run(screen.getByTestId("summarize"), { rules: { "color-contrast": { enabled: false } } });
    expect(violations.map(({ id, nodes }) => [id, nodes.map((node) => node.html)])).toEqual([]);
  });
});
