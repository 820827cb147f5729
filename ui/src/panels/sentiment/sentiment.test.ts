import { fireEvent, screen, waitFor, within } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import axe from "axe-core";
import { describe, expect, it, vi } from "vitest";

import { en } from "../../i18n/en";
import { zh } from "../../i18n/zh";
import { Desk } from "../../state/desk.svelte";
import { openWindow } from "../../testing";
import { Moods } from "./moods.svelte";
import { JOY, openPanel, openWork, page, PIER, prepare, read, TEXT, tinted, type, WOE } from "./testing";

prepare();

describe("a text of one's own", () => {
  it("is read after a pause, as a whole and sentence by sentence", async () => {
    await read(await openPanel());
    await waitFor(() => expect(tinted("mood-positive")).toEqual([JOY]));
    expect(tinted("mood-negative")).toEqual([WOE]);
    expect(screen.getByTestId("overall-label")).toHaveTextContent(/neutral|negative|positive/);
    expect(within(screen.getByTestId("overall")).getAllByTestId(/^bar-/)).toHaveLength(3);
    expect(screen.getByTestId("legend")).toHaveTextContent("negative");
  });

  it("is read anew only where it changes", async () => {
    const window = await read(await openPanel());
    expect(window.host.feelings.asked).toEqual([JOY, WOE, PIER]);
    type(" Nothing moved.");
    await waitFor(() => expect(window.host.feelings.asked).toEqual([JOY, WOE, PIER, "Nothing moved."]));
    await waitFor(() => expect(screen.getByTestId("mood-status")).toHaveTextContent("1 sentence read anew, 4 in all"));
  });

  it("is still there when another panel was looked at", async () => {
    const window = await read(await openPanel());
    window.desk.panel = "models";
    await waitFor(() => expect(screen.queryByTestId("sentiment")).toBeNull());
    window.desk.panel = "sentiment";
    await screen.findByTestId("mood-text");
    expect(page().state.doc.toString()).toBe(TEXT);
    await waitFor(() => expect(tinted("mood-positive")).toEqual([JOY]));
  });

  it("that is emptied leaves an empty panel that invites", async () => {
    const window = await read(await openPanel());
    type("", 0, TEXT.length);
    expect(await screen.findByTestId("mood-start")).toHaveTextContent(en.sentiment.startInvites);
    expect(window.moods.main.about).toBeNull();
  });

  it("of nothing but marks says that there is nothing to read", async () => {
    const window = await openPanel();
    window.host.failNext("readMood", { code: "mood_nothing_to_read" });
    type("…!?");
    expect(await screen.findByTestId("error")).toHaveTextContent(en.errors["mood_nothing_to_read"] ?? "?");
  });

  it("that fails can be tried again, and keeps what was read", async () => {
    const user = userEvent.setup();
    const window = await openPanel();
    window.host.feelings.failNext("model_failed");
    type(TEXT);
    await user.click(await screen.findByTestId("try-again"));
    await waitFor(() => expect(window.moods.main.done).toBe(true));
    expect(screen.queryByTestId("error")).toBeNull();
  });

  it("in another language is called a guess", async () => {
    const window = await read(await openPanel(), "Она плакала. She laughed.");
    expect(screen.getByTestId("guess")).toHaveTextContent("Of 1 sentence the model does not know the language");
    window.moods.choose(0);
    expect(await screen.findByTestId("guess-here")).toBeVisible();
    type("Она плакала.", 0, page().state.doc.length);
    await waitFor(() => expect(screen.getByTestId("guess")).toHaveTextContent(en.sentiment.guess(1, 1)));
  });

  it("waits for the end of a composition", async () => {
    const window = await openPanel();
    const { contentDOM } = page();
    contentDOM.dispatchEvent(new CompositionEvent("compositionstart", { bubbles: true, data: "" }));
    page().dispatch({ changes: { from: 0, insert: "xiao" }, userEvent: "input.type.compose.start" });
    await new Promise((done) => setTimeout(done, 700));
    expect(window.host.calls).not.toContain("readMood");
    page().dispatch({ changes: { from: 0, to: 4, insert: "她笑了。" }, userEvent: "input.type.compose" });
    contentDOM.dispatchEvent(new CompositionEvent("compositionend", { bubbles: true, data: "她笑了。" }));
    await waitFor(() => expect(tinted("mood-positive")).toEqual(["她笑了。"]));
  });
});

describe("a sentence", () => {
  it("chosen by the caret shows the words that moved it, in the text too", async () => {
    await read(await openPanel());
    page().dispatch({ selection: { anchor: JOY.length + 4 }, userEvent: "select.pointer" });
    const why = await screen.findAllByTestId("why");
    expect(why.map((each) => each.querySelector(".word")?.textContent).sort()).toEqual(["alone", "dark"]);
    expect(why[0]).toHaveTextContent("−");
    await waitFor(() => expect(tinted("moved-down")).toEqual(["dark", "alone"]));
    expect(tinted("mood-chosen").join("")).toContain("house");
    expect(screen.getByTestId("mood-words").querySelectorAll(".moved-down")).toHaveLength(2);
  });

  it("that is written anew says anew what moves it", async () => {
    const window = await read(await openPanel());
    window.moods.choose(1);
    await waitFor(() => expect(window.moods.words?.words.map(({ text }) => text)).toContain("dark"));
    const from = JOY.length + 1;
    type("She was in grief here.", from, from + WOE.length);
    await waitFor(() => expect(window.moods.words?.words.map(({ text }) => text)).toContain("grief"));
    expect(screen.getAllByTestId("why").map((each) => each.textContent).join()).not.toContain("dark");
  });

  it("of a chapter leads to its place on the page", async () => {
    const user = userEvent.setup();
    const window = await openWork();
    const tide = window.moods.main.about?.parts[2] ?? expect.fail("no part");
    window.moods.choose(tide.first + 1);
    const went = vi.spyOn(window.desk, "goTo");
    await user.click(await screen.findByTestId("open-in-chapter"));
    expect(window.desk.panel).toBe("write");
    const from = tide.text.indexOf(PIER);
    expect(went).toHaveBeenCalledExactlyOnceWith(tide.chapter, { from, to: from + PIER.length });
  });
});

describe("the arc", () => {
  it("is walked by the arrow keys, and Enter goes into the text", async () => {
    const window = await read(await openPanel());
    const arc = screen.getByTestId("arc");
    arc.focus();
    await fireEvent.keyDown(arc, { key: "ArrowRight" });
    expect(window.moods.chosen).toBe(0);
    expect(arc).toHaveAttribute("aria-valuetext", expect.stringContaining(JOY));
    expect(screen.getByTestId("arc-tip")).toHaveTextContent("positive +");
    await fireEvent.keyDown(arc, { key: "End" });
    expect(window.moods.chosen).toBe(2);
    await fireEvent.keyDown(arc, { key: "Enter" });
    expect(page().state.selection.main.head).toBe(TEXT.indexOf(PIER));
    expect(page().hasFocus).toBe(true);
  });

  it("is not needed to go from sentence to sentence", async () => {
    const window = await read(await openPanel());
    await fireEvent.keyDown(document.body, { key: "ArrowDown", altKey: true });
    await fireEvent.keyDown(document.body, { key: "ArrowDown", altKey: true });
    expect(window.moods.chosen).toBe(1);
    expect(page().state.selection.main.head).toBe(TEXT.indexOf(WOE));
    await fireEvent.keyDown(document.body, { key: "ArrowUp", altKey: true });
    expect(window.moods.chosen).toBe(0);
  });

  it("goes from chapter to chapter with Ctrl", async () => {
    const window = await openWork();
    const arc = screen.getByTestId("arc");
    const parts = window.moods.main.about?.parts ?? [];
    await fireEvent.keyDown(arc, { key: "Home" });
    await fireEvent.keyDown(arc, { key: "ArrowRight", ctrlKey: true });
    expect(window.moods.chosen).toBe(parts[1]?.first);
    await fireEvent.keyDown(arc, { key: "ArrowRight", ctrlKey: true });
    expect(window.moods.chosen).toBe(parts[2]?.first);
  });

  it("is clicked: the sentence is chosen and shown", async () => {
    const window = await read(await openPanel());
    await fireEvent.click(screen.getByTestId("arc"), { clientX: 5000 });
    expect(window.moods.chosen).toBe(2);
    expect(page().state.selection.main.head).toBe(TEXT.indexOf(PIER));
  });

  it("can be of one chapter, and of one label", async () => {
    const user = userEvent.setup();
    const window = await openWork();
    await user.selectOptions(screen.getByTestId("part"), "2");
    await waitFor(() => expect(window.moods.view?.part).toBe(2));
    expect(screen.getByTestId("overall")).toHaveTextContent(en.sentiment.thisPart);
    await user.click(screen.getByTestId("part-2"));
    await waitFor(() => expect(window.moods.view?.part).toBeNull());
    await user.selectOptions(screen.getByTestId("measure"), en.sentiment.measureLabel("negative"));
    await waitFor(() => expect(window.moods.view?.arc.low).toBe(0));
    await waitFor(() => expect(tinted("mood-label").join(" ")).toContain(WOE));
    expect(screen.getByTestId("legend")).toHaveTextContent(en.sentiment.tinted("negative"));
  });

  it("has a line for each character that is ticked, and is kept with the work", async () => {
    const user = userEvent.setup();
    const window = await openWork();
    await user.type(screen.getByTestId("character-names"), "Eli, 伊莱{Enter}");
    await waitFor(() => expect(screen.getAllByTestId("arc-line").map((line) => line.dataset["name"])).toContain("Eli"));
    expect(screen.getByTestId("character")).toHaveTextContent(/Eli\s*[−+]0\./);
    await user.click(screen.getByRole("checkbox", { name: en.sentiment.lineOf("Eli") }));
    expect(screen.getAllByTestId("arc-line")).toHaveLength(1);
    const { kept } = await window.host.moodCharacters(window.moods.work ?? 0);
    expect(kept).toEqual([{ names: ["Eli", "伊莱"] }]);
    await user.click(screen.getAllByTestId("suggested")[0] ?? document.body);
    await waitFor(() => expect(screen.getAllByTestId("character")).toHaveLength(2));
    await user.click(screen.getAllByTestId("remove-character")[0] ?? document.body);
    await waitFor(() => expect(screen.getAllByTestId("character")).toHaveLength(1));
  });

  it("is drawn beside that of an earlier draft", async () => {
    const user = userEvent.setup();
    const window = await openWindow();
    const chapter = window.desk.chapter ?? 0;
    window.host.feelings.revisions.set(chapter, [{ id: 7, reason: "bigLoss", version: 1, createdAtMs: 0, body: TEXT }]);
    await window.moods.readFrom({ kind: "chapter", chapter });
    await waitFor(() => expect(window.moods.main.done).toBe(true));
    await waitFor(() => expect(screen.getByTestId("compare-with")).toHaveTextContent(en.sentiment.reasons.bigLoss));
    await user.selectOptions(screen.getByTestId("compare-with"), "revision-7");
    await waitFor(() => expect(screen.getByTestId("likeness")).toHaveTextContent("+0.62"));
    expect(screen.getAllByTestId("arc-line")).toHaveLength(2);
    await user.click(screen.getByTestId("farthest"));
    expect(window.moods.chosen).not.toBeNull();
    // Written on elsewhere, it is read again when one comes back.
    window.host.feelings.revisions.set(chapter, [{ id: 7, reason: "bigLoss", version: 1, createdAtMs: 0, body: JOY }]);
    await window.moods.refresh();
    await waitFor(() => expect(window.moods.comparing.found?.other.sentences).toBe(1));
    await user.selectOptions(screen.getByTestId("compare-with"), "");
    await waitFor(() => expect(screen.getAllByTestId("arc-line")).toHaveLength(1));
  });

  it("is drawn beside that of the translation", async () => {
    const user = userEvent.setup();
    const window = await openWindow();
    const open = await window.host.translateChapter(window.desk.chapter ?? 0, null);
    await window.moods.readFrom({ kind: "translation", translation: open.summary.id, side: "source" });
    await waitFor(() => expect(window.moods.main.done).toBe(true));
    const key = `translation-${open.summary.id}-target`;
    await waitFor(() => expect(within(screen.getByTestId("compare-with")).getByRole("option", { name: /translation$/ })).toHaveValue(key));
    await user.selectOptions(screen.getByTestId("compare-with"), key);
    await waitFor(() => expect(screen.getAllByTestId("arc-line")).toHaveLength(2));
  });
});

describe("a work", () => {
  it("is chosen in the list, and stands there with the titles of its chapters", async () => {
    const user = userEvent.setup();
    const window = await openWork();
    expect(screen.getByTestId("mood-source")).toHaveValue(`work-${window.moods.work}`);
    await waitFor(() => expect(tinted("mood-title")).toContain("Gulls"));
    expect(screen.getByTestId("by-chapter")).toHaveTextContent("Tide");
    await user.selectOptions(screen.getByTestId("mood-source"), `chapter-${window.moods.main.about?.parts[1]?.chapter}`);
    await waitFor(() => expect(page().state.doc.toString()).toBe(`${JOY} Eli came.`));
    expect(page().state.readOnly).toBe(true);
  });

  it("is not all that there is: a summary is read too, as it was written", async () => {
    const user = userEvent.setup();
    const window = await openWindow();
    const source = { kind: "text" as const, text: `${JOY} ${WOE} ${PIER}`, html: null };
    const { entry, outcome } = await window.host.summarize({
      source,
      method: "key",
      length: { kind: "sentences", count: 1 },
      form: "paragraph",
      to: null,
    });
    window.desk.panel = "sentiment";
    await waitFor(() => expect(within(screen.getByTestId("mood-source")).getByRole("option", { name: entry.title })).toBeVisible());
    await user.selectOptions(screen.getByTestId("mood-source"), `summary-${entry.id}`);
    await waitFor(() => expect(page().state.doc.toString()).toBe(outcome.text));
    expect(page().state.readOnly).toBe(true);
    expect(screen.getByTestId("mood-source")).toHaveValue(`summary-${entry.id}`);
  });

  it("is read anew when it was changed on the page", async () => {
    const window = await openWork();
    const { chapter, text } = window.moods.main.about?.parts[1] ?? expect.fail("no part");
    window.desk.panel = "write";
    await waitFor(() => expect(screen.queryByTestId("sentiment")).toBeNull());
    await window.host.replacePage(chapter ?? 0, `${text} She cried.`, []);
    const before = window.host.feelings.asked.length;
    window.desk.panel = "sentiment";
    await waitFor(() => expect(window.host.feelings.asked.slice(before)).toEqual(["She cried."]));
    await waitFor(() => expect(page().state.doc.toString()).toContain("She cried."));
  });

  it("shows how far it is read, is stopped by Esc, and goes on", async () => {
    const user = userEvent.setup();
    const window = await openWindow({ pace: 50 });
    const [work = expect.fail("no work")] = window.desk.library.works;
    const { chapter } = await window.host.createChapter(work.id, "Long", null);
    await window.host.replacePage(chapter, Array.from({ length: 120 }, (_, at) => `Sentence ${at}.`).join(" "), []);
    await window.moods.readFrom({ kind: "chapter", chapter });
    expect(await screen.findByTestId("mood-progress")).toHaveTextContent(/0:0\d left/);
    expect(screen.getByTestId("mood-status")).toHaveTextContent(/Reading \d+ of 120/);
    await fireEvent.keyDown(document.body, { key: "Escape" });
    expect(await screen.findByTestId("mood-stopped")).toHaveTextContent(/Stopped: \d+ of 120/);
    await user.click(screen.getByTestId("mood-go-on"));
    await waitFor(() => expect(window.moods.main.progress?.done).toBe(120), { timeout: 10_000 });
  });

  it("of 7,000 sentences is taken in without a long stop", async () => {
    const window = await openWindow();
    const body = Array.from({ length: 7000 }, (_, at) => (at % 3 === 0 ? `Sentence ${at}, happy.` : `Sentence ${at} was dark.`)).join(" ");
    const [work = expect.fail("no work")] = window.desk.library.works;
    const { chapter } = await window.host.createChapter(work.id, "Novel", null);
    await window.host.replacePage(chapter, body, []);
    await window.moods.readFrom({ kind: "chapter", chapter });
    await waitFor(() => expect(window.moods.main.done).toBe(true), { timeout: 15_000 });
    const began = performance.now();
    await fireEvent.keyDown(screen.getByTestId("arc"), { key: "End" });
    await new Promise((done) => requestAnimationFrame(done));
    expect(performance.now() - began).toBeLessThan(1000);
    expect(document.querySelectorAll("[data-testid=arc] path").length).toBeLessThan(20);
    expect(page().contentDOM.querySelectorAll("span").length).toBeLessThan(2000);
  });
});

describe("what was found", () => {
  it("is written as a table and as a picture", async () => {
    const user = userEvent.setup();
    const window = await read(await openPanel());
    await user.click(screen.getByTestId("export-csv"));
    await waitFor(() => expect(screen.getByTestId("written")).toHaveTextContent("/home/writer/mood.csv"));
    expect(window.host.feelings.written.get("/home/writer/mood.csv")).toContain(JOY);
    await user.click(screen.getByTestId("export-svg"));
    await waitFor(() => expect(window.host.feelings.written.has("/home/writer/mood.svg")).toBe(true));
    const svg = new TextDecoder().decode(Uint8Array.from(atob(window.host.feelings.written.get("/home/writer/mood.svg") ?? ""), (byte) => byte.charCodeAt(0)));
    expect(svg).toMatch(/^<svg xmlns/);
    expect(svg).toContain(en.sentiment.arc);
  });
});

describe("the way in", () => {
  it("is the rail, a button, and the palette", async () => {
    const user = userEvent.setup();
    const window = await openWindow();
    await user.click(screen.getByTestId("rail-sentiment"));
    await user.click(await screen.findByTestId("start-chapter"));
    await waitFor(() => expect(window.moods.main.done).toBe(true));
    window.desk.panel = "write";
    await user.keyboard("{Control>}k{/Control}");
    await user.type(screen.getByRole("combobox", { name: en.palette.placeholder }), `${en.sentiment.workMenu}{Enter}`);
    await waitFor(() => expect(window.desk.panel).toBe("sentiment"));
    await waitFor(() => expect(window.moods.source.kind).toBe("work"));
  });
});

describe("the panel", () => {
  it.each([
    ["en", "light"],
    ["en", "dark"],
    ["zh", "light"],
    ["zh", "dark"],
  ] as const)("can be used by everyone, in %s, %s", async (language, theme) => {
    const user = userEvent.setup();
    const window = await openWork({ settings: { language, theme } });
    window.moods.choose(0);
    await window.moods.addCharacter("Eli");
    const words = language === "zh" ? zh : en;
    expect(screen.getByTestId("legend")).toHaveTextContent(words.sentiment.moods.negative);
    // Colours need a layout: the real window's tests look at them.
    const look = () => axe.run(screen.getByTestId("sentiment"), { rules: { "color-contrast": { enabled: false } } });
    const of = ({ violations }: Awaited<ReturnType<typeof look>>) => violations.map(({ id, nodes }) => [id, nodes.map((node) => node.html)]);
    expect(of(await look())).toEqual([]);
    await user.click(screen.getByTestId("look-labels"));
    window.moods.labelling.text = TEXT;
    await window.moods.labelling.run();
    await screen.findAllByTestId("labelled");
    expect(of(await look())).toEqual([]);
  });
});

describe("what is left in the panel", () => {
  const reopened = async ({ host }: Awaited<ReturnType<typeof openPanel>>) => {
    const moods = new Moods(new Desk(host));
    await moods.start();
    return moods;
  };

  it("is in the library within a second, and is there again after a restart", async () => {
    const window = await openPanel();
    type(TEXT);
    await waitFor(async () => expect((await window.host.moodDraft()).text).toBe(TEXT));
    const moods = await reopened(window);
    expect(moods.typed).toBe(TEXT);
    await moods.refresh();
    await waitFor(() => expect(moods.main.about?.sentences).toBe(3));
  });

  it("has its source, its part and its texts to label too", async () => {
    const window = await openWork();
    await window.moods.draw({ part: 1, measure: { kind: "label", label: 2 } });
    window.moods.look = "labels";
    window.moods.labelling.text = "one\ntwo";
    await waitFor(async () => expect((await window.host.moodDraft()).lines).toBe("one\ntwo"));
    const moods = await reopened(window);
    expect(moods.source).toEqual(window.moods.source);
    expect([moods.part, moods.measure, moods.look]).toEqual([1, { kind: "label", label: 2 }, "labels"]);
    expect(moods.labelling.text).toBe("one\ntwo");
  });

  it("has the text that it is compared with, which is read again and laid beside it", async () => {
    const window = await openWork();
    const chapter = window.moods.main.about?.parts[1]?.chapter ?? expect.fail("no chapter");
    await window.moods.compareWith({ kind: "chapter", chapter }, "Gulls");
    const beside = { source: { kind: "chapter", chapter }, title: "Gulls" };
    await waitFor(async () => expect((await window.host.moodDraft()).beside).toEqual(beside));
    const moods = await reopened(window);
    expect(moods.comparing.found).toBeNull();
    await moods.refresh();
    await waitFor(() => expect(moods.comparing.found?.other.sentences).toBe(2));
    expect(moods.comparing.title).toBe("Gulls");
    moods.comparing.clear();
    expect(moods.draft.beside).toBeNull();
  });

  it("names what is compared with it and is gone", async () => {
    const window = await openWork();
    await window.moods.compareWith({ kind: "revision", revision: 99 }, "An hour ago");
    await waitFor(async () => expect((await window.host.moodDraft()).beside?.title).toBe("An hour ago"));
    const moods = await reopened(window);
    await moods.refresh();
    await waitFor(() => expect(moods.comparing.failure?.code).toBe("not_found"));
    expect(moods.main.error).toBeNull();
  });

  it("stays when a chapter is read in its place", async () => {
    const window = await openPanel();
    type(TEXT);
    await waitFor(async () => expect((await window.host.moodDraft()).text).toBe(TEXT));
    const chapter = window.desk.place?.chapter.id ?? expect.fail("no chapter");
    const moods = await reopened(window);
    await moods.readFrom({ kind: "chapter", chapter });
    expect(moods.draft).toMatchObject({ text: TEXT, source: { kind: "chapter", chapter } });
  });

  it("that cannot be kept is said, and kept as soon as it can be", async () => {
    const window = await openPanel();
    window.host.failNext("keepMoodDraft", { code: "disk_full" });
    type(TEXT);
    expect(await screen.findByText(en.errors["disk_full"] ?? "?")).toBeVisible();
    await waitFor(async () => expect((await window.host.moodDraft()).text).toBe(TEXT), { timeout: 5000 });
    await waitFor(() => expect(screen.queryByText(en.errors["disk_full"] ?? "?")).toBeNull());
  });
});

describe("a work", () => {
  it("with empty chapters has its arc", async () => {
    const window = await openWindow();
    await window.desk.createWork();
    const work = window.desk.library.works.at(-1) ?? expect.fail("no work");
    const { chapter } = await window.host.createChapter(work.id, "Two", null);
    await window.host.replacePage(chapter, TEXT, []);
    await window.desk.refreshLibrary();
    await window.moods.readFrom({ kind: "work", work: work.id });
    await waitFor(() => expect(window.moods.main.done).toBe(true));
    expect(await screen.findByTestId("arc-line")).toBeInTheDocument();
  });
});

describe("the list of texts", () => {
  it("has works of the same title", async () => {
    const user = userEvent.setup();
    const window = await openWindow();
    await window.desk.createWork();
    await window.desk.createWork();
    window.desk.panel = "sentiment";
    await screen.findByTestId("mood-text");
    const list = screen.getByTestId("mood-source");
    expect(within(list).getAllByRole("group", { name: en.library.untitledWork })).toHaveLength(2);
    const chapter = window.desk.library.works.at(-1)?.chapters[0]?.id ?? expect.fail("no chapter");
    await user.selectOptions(list, `chapter-${chapter}`);
    expect(window.moods.source).toEqual({ kind: "chapter", chapter });
  });
});
