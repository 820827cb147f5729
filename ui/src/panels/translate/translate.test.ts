import { configure, fireEvent, screen, waitFor, within } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { EditorView } from "@codemirror/view";
import axe from "axe-core";
import { beforeEach, describe, expect, it, vi } from "vitest";

import { en } from "../../i18n/en";
import { zh } from "../../i18n/zh";
import { openWindow, type Window } from "../../testing";

const RAIN = "The rain began before dawn and did not stop for three days.";
const CHEN = "Old Chen sat by the stove and mended the same net he had mended every winter.";
const BORN = "She was born in 1984.";

// A pause in typing and a model are part of nearly every test.
configure({ asyncUtilTimeout: 5000 });
vi.setConfig({ testTimeout: 20_000 });

// jsdom has no layout: every row is where the editor asks for it.
beforeEach(() => {
  vi.spyOn(EditorView.prototype, "coordsAtPos").mockImplementation((place) => ({ left: 0, right: 0, top: place, bottom: place + 20 }));
});

function source(): EditorView {
  const content = screen.getByTestId("source").querySelector<HTMLElement>(".cm-content");
  const view = content && EditorView.findFromDOM(content);
  if (!view) throw new Error("no source");
  return view;
}

/** Types at a place, as a person does. */
function type(text: string, from = source().state.doc.length, to = from): void {
  source().dispatch({ changes: { from, to, insert: text }, selection: { anchor: from + text.length }, userEvent: "input.type" });
}

const targets = () => screen.queryAllByTestId("target").map((each) => each.querySelector("[data-target]")?.textContent ?? "");

async function openPanel(options: Parameters<typeof openWindow>[0] = {}): Promise<Window> {
  const window = await openWindow(options);
  window.desk.panel = "translate";
  await screen.findByTestId("source");
  return window;
}

async function translated(window: Window, text: string): Promise<Window> {
  type(text);
  await waitFor(() => {
    expect(window.translating.waiting).toBe(false);
    expect(window.translating.progress?.status).toBe("complete");
    expect(targets().length).toBe(window.translating.order.length);
  });
  return window;
}

/** Chooses a sentence by its number. */
function choose({ translating }: Window, at: number): void {
  translating.chosen = translating.order[at] ?? null;
}

describe("typing", () => {
  it("is translated after a pause, sentence by sentence", async () => {
    const window = await translated(await openPanel(), `${RAIN} ${CHEN}`);
    expect(targets()).toEqual(["雨在黎明前下起来，一连三天没有停。", "老陈坐在炉边，补着他每年冬天都要补的那张网。"]);
    expect(window.host.calls.filter((name) => name === "setTranslationSource")).toHaveLength(1);
  });

  it("asks the model only for sentences that are new", async () => {
    const window = await translated(await openPanel(), `${RAIN} ${CHEN}`);
    type(` ${BORN}`);
    await waitFor(() => expect(window.host.translator.asked).toEqual([RAIN, CHEN, BORN]));
    type("!", RAIN.length - 1, RAIN.length);
    await waitFor(() => expect(window.host.translator.asked).toHaveLength(4));
    expect(window.host.translator.asked.at(-1)).toBe(RAIN.replace(".", "!"));
  });

  it("says what waits, with numbers", async () => {
    const window = await openPanel({ pace: 20 });
    type(`${RAIN} ${CHEN}`);
    expect(await screen.findByText(en.translate.soon)).toBeVisible();
    await waitFor(() => expect(screen.getByTestId("translation-status")).toHaveTextContent("Translating 0 of 2"));
    await waitFor(() => expect(window.translating.progress?.status).toBe("complete"));
  });

  it("is kept when the window closes before the pause", async () => {
    const window = await openPanel();
    type(RAIN);
    await window.translating.flush();
    const [stored = expect.fail("not stored")] = await window.host.translations();
    expect((await window.host.openTranslation(stored.id)).segments.map((each) => each.source)).toEqual([RAIN]);
  });

  it("is still there when another panel was looked at before the pause", async () => {
    const window = await openPanel();
    type(RAIN);
    window.desk.panel = "models";
    await waitFor(() => expect(screen.queryByTestId("translate")).toBeNull());
    window.desk.panel = "translate";
    await screen.findByTestId("source");
    expect(source().state.doc.toString()).toBe(RAIN);
    await waitFor(() => expect(targets()).toEqual(["雨在黎明前下起来，一连三天没有停。"]));
  });

  it("waits for the end of a composition", async () => {
    const window = await openPanel();
    const { contentDOM } = source();
    contentDOM.dispatchEvent(new CompositionEvent("compositionstart", { bubbles: true, data: "" }));
    source().dispatch({ changes: { from: 0, insert: "yu" }, userEvent: "input.type.compose.start" });
    await new Promise((done) => setTimeout(done, 600));
    expect(window.host.calls).not.toContain("setTranslationSource");
    source().dispatch({ changes: { from: 0, to: 2, insert: "雨下到第三天，渡口已经没有船了。" }, userEvent: "input.type.compose" });
    contentDOM.dispatchEvent(new CompositionEvent("compositionend", { bubbles: true, data: "雨" }));
    await waitFor(() => expect(targets()).toEqual(["By the third day of rain there were no boats left at the crossing."]));
  });

  it("that fails says why, and can be tried again", async () => {
    const user = userEvent.setup();
    const window = await openPanel();
    window.host.failNext("setTranslationSource", { code: "disk_full" });
    type(RAIN);
    const error = await screen.findByTestId("error");
    expect(error).toHaveAttribute("data-code", "disk_full");
    expect(error).toHaveTextContent(en.errors["disk_full"] ?? "");
    await user.click(screen.getByTestId("try-again"));
    await waitFor(() => expect(targets()).toHaveLength(1));
    expect(screen.queryByTestId("error")).toBeNull();
  });
});

describe("the direction", () => {
  it("follows the text, and can be turned and left to the text again", async () => {
    const user = userEvent.setup();
    const window = await translated(await openPanel(), "雨下到第三天，渡口已经没有船了。");
    expect(screen.getByTestId("to-english")).toHaveAttribute("aria-pressed", "true");
    expect(screen.getByTestId("detected")).toBeVisible();
    await user.click(screen.getByTestId("to-chinese"));
    await waitFor(() => expect(window.translating.summary).toMatchObject({ to: "simplified", directionDetected: false }));
    await user.click(screen.getByTestId("detect"));
    await waitFor(() => expect(window.translating.summary).toMatchObject({ to: "english", directionDetected: true }));
  });

  it("writes traditional characters where they are wanted", async () => {
    const user = userEvent.setup();
    const window = await translated(await openPanel(), CHEN);
    await user.click(screen.getByTestId("to-traditional"));
    await waitFor(() => expect(targets()).toEqual(["老陳坐在爐邊，補着他每年冬天都要補的那張網。"]));
    expect(window.translating.summary?.to).toBe("traditional");
    expect(screen.getByTestId("target")).toHaveAttribute("lang", "zh-Hant");
  });

  it("that the model does not know offers what does", async () => {
    const window = await openPanel();
    window.host.translator.failNext("language_unsupported");
    type(RAIN);
    await waitFor(() => expect(screen.getByTestId("translator-line")).toHaveTextContent(en.translate.noDirection));
    expect(screen.getByTestId("get-translator")).toHaveTextContent("OPUS-MT English → Chinese");
  });
});

describe("a sentence", () => {
  it("takes another of the model's translations", async () => {
    const user = userEvent.setup();
    const window = await translated(await openPanel(), RAIN);
    choose(window, 0);
    const other = await screen.findByTestId("alternative-0");
    const words = other.textContent;
    await user.click(other);
    await waitFor(() => expect(targets()).toEqual([words]));
  });

  it("is edited in place, locked, and stays through changes around it", async () => {
    const user = userEvent.setup();
    const window = await translated(await openPanel(), `${RAIN} ${CHEN}`);
    const text = screen.getAllByTestId("target")[1]?.querySelector<HTMLElement>("[data-target]") ?? expect.fail("no target");
    text.focus();
    text.textContent = "老陈在补网。";
    await fireEvent.input(text);
    await fireEvent.blur(text);
    await waitFor(() => expect(window.translating.current?.state).toBe("edited"));
    await user.click(screen.getByTestId("lock"));
    await waitFor(() => expect(window.translating.current?.locked).toBe(true));
    type(`${BORN} `, 0);
    await waitFor(() => expect(targets()).toHaveLength(3));
    expect(targets()[2]).toBe("老陈在补网。");
    choose(window, 2);
    await waitFor(() => expect(screen.getByTestId("again")).toBeDisabled());
  });

  it("is not kept in the middle of a composition", async () => {
    const window = await translated(await openPanel(), RAIN);
    const text = screen.getByTestId("target").querySelector<HTMLElement>("[data-target]") ?? expect.fail("no target");
    text.focus();
    text.textContent = "yu";
    text.dispatchEvent(new InputEvent("input", { bubbles: true, isComposing: true }));
    await new Promise((done) => setTimeout(done, 900));
    expect(window.host.calls).not.toContain("editSegment");
    text.textContent = "雨。";
    text.dispatchEvent(new CompositionEvent("compositionend", { bubbles: true }));
    await waitFor(() => expect(window.translating.current?.target).toBe("雨。"));
  });

  it("is translated again, otherwise", async () => {
    const window = await translated(await openPanel(), RAIN);
    choose(window, 0);
    const [before] = targets();
    await fireEvent.keyDown(document.body, { key: "r", code: "KeyR", altKey: true });
    await waitFor(() => expect(targets()[0]).not.toBe(before));
  });

  it("is confirmed into the memory, which knows it from then on", async () => {
    const window = await translated(await openPanel(), `${RAIN} ${CHEN}`);
    choose(window, 0);
    await fireEvent.keyDown(document.body, { key: "Enter", ctrlKey: true });
    await waitFor(() => expect(screen.getByTestId("confirmed")).toHaveTextContent("1 of 2 sentences confirmed"));
    await waitFor(() => expect(window.translating.current?.source).toBe(CHEN));
    type(` ${RAIN}`);
    await waitFor(() => expect(screen.getAllByTestId("target").at(-1)).toHaveAttribute("data-state", "memory"));
    expect(window.host.translator.asked).toEqual([RAIN, CHEN]);
  });

  it("like one of the memory is shown beside, with the difference", async () => {
    const user = userEvent.setup();
    const window = await translated(await openPanel(), RAIN);
    choose(window, 0);
    await window.translating.confirm();
    type(` ${RAIN.replace("three", "five")}`);
    await waitFor(() => expect(targets()).toHaveLength(2));
    choose(window, 1);
    const memory = await screen.findByTestId("memory-matches");
    await waitFor(() => expect(memory.querySelector("del")).toHaveTextContent("three"));
    expect(memory.querySelector("ins")).toHaveTextContent("five");
    await user.click(within(memory).getByTestId("use-memory"));
    await waitFor(() => expect(targets()[1]).toBe("雨在黎明前下起来，一连三天没有停。"));
  });

  it("with something missing says what, beside it, and is found from the checks", async () => {
    const user = userEvent.setup();
    const window = await translated(await openPanel(), `${RAIN} ${BORN}`);
    expect(screen.getByTestId("flag")).toHaveTextContent("A number is missing: 1984.");
    await user.click(await screen.findByTestId("go-to-flag"));
    expect(window.translating.current?.source).toBe(BORN);
  });

  it("lights on both sides when the caret or the mouse is in one", async () => {
    const window = await translated(await openPanel(), `${RAIN} ${CHEN}`);
    source().dispatch({ selection: { anchor: RAIN.length + 5 } });
    expect(window.translating.current?.source).toBe(CHEN);
    await fireEvent.pointerEnter(screen.getAllByTestId("target")[0] ?? document.body);
    expect(window.translating.hovered).toBe(window.translating.order[0]);
  });
});

describe("the glossary", () => {
  it("takes a term from the selection and marks it", async () => {
    const user = userEvent.setup();
    const window = await translated(await openPanel(), CHEN);
    source().dispatch({ selection: { anchor: 0, head: 8 } });
    await fireEvent.keyDown(document.body, { key: "G", ctrlKey: true, shiftKey: true });
    expect(screen.getByTestId("term")).toHaveValue("Old Chen");
    await user.type(screen.getByTestId("term-translation"), "老陈{Enter}");
    await waitFor(() => expect(window.translating.reference.glossary).toHaveLength(1));
    await window.translating.translateAgain();
    await waitFor(() => expect(screen.getByTestId("target").querySelector(".term")).toHaveTextContent("老陈"));
  });

  it("is listed, changed and emptied", async () => {
    const user = userEvent.setup();
    const window = await openPanel();
    await user.click(screen.getByTestId("glossary-view"));
    await user.type(await screen.findByTestId("new-entry-term"), "Mara");
    await user.type(screen.getByTestId("new-entry-translation"), "玛拉{Enter}");
    expect(await screen.findByTestId("entry")).toHaveTextContent(/Mara\s*玛拉/);
    await user.click(screen.getByTestId("edit-entry"));
    await user.clear(screen.getByTestId("edit-entry-translation"));
    await user.type(screen.getByTestId("edit-entry-translation"), "马拉{Enter}");
    await waitFor(() => expect(screen.getByTestId("entry")).toHaveTextContent("马拉"));
    await user.click(screen.getByTestId("remove-entry"));
    await waitFor(() => expect(window.translating.reference.glossary).toEqual([]));
  });

  it("is that of the work that is chosen", async () => {
    const user = userEvent.setup();
    const window = await translated(await openPanel(), CHEN);
    const [first, second] = window.desk.library.works.map(({ id }) => id);
    await window.host.keepGlossaryEntry({ id: null, work: second ?? 0, term: "net", translation: "渔网", note: "" });
    window.translating.view = "glossary";
    expect(await screen.findByTestId("glossary-work")).toHaveValue(String(first));
    await user.selectOptions(screen.getByTestId("glossary-work"), String(second));
    expect(await screen.findByTestId("entry")).toHaveTextContent("渔网");
  });
});

describe("the memory", () => {
  it("is listed, searched, put right and forgotten", async () => {
    const user = userEvent.setup();
    const window = await translated(await openPanel(), `${RAIN} ${CHEN}`);
    choose(window, 0);
    await window.translating.confirm();
    await window.translating.confirm();
    window.translating.view = "memory";
    expect(await screen.findAllByTestId("pair")).toHaveLength(2);
    await user.type(screen.getByTestId("memory-search"), "老陈");
    await waitFor(() => expect(screen.getAllByTestId("pair")).toHaveLength(1));
    await user.click(screen.getByTestId("edit-pair"));
    await user.clear(screen.getByTestId("pair-chinese"));
    await user.type(screen.getByTestId("pair-chinese"), "老陈补网。{Enter}");
    await waitFor(() => expect(screen.getByTestId("pair")).toHaveTextContent("老陈补网。"));
    await user.click(screen.getByTestId("forget-pair"));
    await user.clear(screen.getByTestId("memory-search"));
    await waitFor(() => expect(screen.getByTestId("pair")).toHaveTextContent(RAIN));
  });
});

describe("documents and chapters", () => {
  it("show how far they are, rest, go on, and are written to a file", async () => {
    const user = userEvent.setup();
    const window = await openPanel({ pace: 6 });
    window.host.translator.documents.set("/books/net.epub", Array.from({ length: 14 }, (_, at) => `Sentence ${at}.`).join(" "));
    await user.click(screen.getByTestId("start-file"));
    await user.click(await screen.findByTestId("pause"));
    const resting = await screen.findByTestId("resting");
    expect(resting).toHaveTextContent(/Paused at sentence \d+ of 14/);
    await user.click(screen.getByTestId("resume"));
    await waitFor(() => expect(window.translating.progress?.status).toBe("complete"));
    await user.click(screen.getByTestId("export-bilingual"));
    await waitFor(() => expect(window.host.translator.written.get("/home/writer/net.en-zh.epub")).toContain("Sentence 3."));
    expect(source().state.readOnly).toBe(true);
  });

  it.each(["net.txt", "net.html", "net.srt"])("one that is let go over the panel is opened: %s", async (name) => {
    const window = await openPanel();
    const file = new File([`${RAIN} ${CHEN}`], name);
    const over = { dataTransfer: { types: ["Files"], files: [file] } };
    await fireEvent.dragOver(source().contentDOM, over);
    expect(screen.getByTestId("drop")).toBeVisible();
    await fireEvent.drop(source().contentDOM, over);
    expect(screen.queryByTestId("drop")).toBeNull();
    await waitFor(() => expect(window.translating.summary).toMatchObject({ kind: "document", title: name }));
    await waitFor(() => expect(targets()).toHaveLength(2));
  });

  it("one that is too large to be let go is refused before it is read", async () => {
    const window = await openPanel();
    const file = new File(["x"], "book.epub");
    Object.defineProperty(file, "size", { value: 65 << 20 });
    await fireEvent.drop(source().contentDOM, { dataTransfer: { types: ["Files"], files: [file] } });
    await waitFor(() => expect(window.desk.failure?.code).toBe("drop_too_large"));
    expect(window.translating.summary).toBeNull();
  });

  it("a chapter is translated from its menu, into one that it is linked with", async () => {
    const user = userEvent.setup();
    const window = await openWindow();
    await user.click(screen.getAllByTestId("translate-chapter")[0] ?? document.body);
    await waitFor(() => expect(window.desk.panel).toBe("translate"));
    expect(window.translating.summary?.kind).toBe("chapter");
    await user.click(await screen.findByTestId("open-linked"));
    expect(window.desk.chapter).toBe(window.translating.summary?.linkedChapter);
    expect(window.desk.place?.chapter.title).toBe("A Light at Sea (translation)");
  });

  it("earlier ones are listed, opened again, and deleted after a question", async () => {
    const user = userEvent.setup();
    const window = await translated(await openPanel(), RAIN);
    await user.click(screen.getByTestId("new-translation"));
    expect(screen.getByTestId("start")).toBeVisible();
    const { id } = window.translating.list[0] ?? expect.fail("no list");
    await user.click(within(screen.getByTestId("start")).getByTestId(`translation-${id}`));
    await waitFor(() => expect(source().state.doc.toString()).toBe(RAIN));
    await user.click(screen.getByTestId("remove-translation"));
    await user.click(screen.getByTestId("really-remove"));
    await waitFor(() => expect(window.translating.list).toEqual([]));
    expect(source().state.doc.toString()).toBe("");
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
    await translated(window, `${RAIN} ${BORN}`);
    choose(window, 1);
    await screen.findByTestId("alternative-0");
    const words = language === "zh" ? zh : en;
    expect(screen.getByTestId("confirm")).toHaveTextContent(words.translate.confirm);
    // Colours need a layout: the real window's tests look at them.
    const { violations } = await axe.run(screen.getByTestId("translate"), { rules: { "color-contrast": { enabled: false } } });
    expect(violations.map(({ id, nodes }) => [id, nodes.map((node) => node.html)])).toEqual([]);
  });
});
