import { screen, waitFor } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { describe, expect, it } from "vitest";

import { fakeHost } from "../host/fake";
import { en } from "../i18n/en";
import { zh } from "../i18n/zh";
import { Desk } from "../state/desk.svelte";
import { openWindow } from "../testing";

describe("settings", () => {
  it("change language and theme at once, and are stored", async () => {
    const user = userEvent.setup();
    const { desk, host } = await openWindow();
    await user.click(screen.getByTestId("rail-settings"));
    await user.selectOptions(screen.getByTestId("setting-language"), "zh");
    expect(document.documentElement.lang).toBe("zh-CN");
    expect(screen.getByRole("heading", { level: 1 })).toHaveTextContent("设置");
    await user.selectOptions(screen.getByTestId("setting-theme"), "dark");
    expect(document.documentElement.dataset["theme"]).toBe("dark");
    await desk.flushSettings();
    expect((await host.deskState()).settings).toMatchObject({ language: "zh", theme: "dark" });
  });

  it("the page keeps its text and its history while another panel is open", async () => {
    const user = userEvent.setup();
    const { session, page } = await openWindow();
    const before = page();
    session.page?.view.dispatch({ changes: { from: 0, insert: "X" } });
    await user.click(screen.getByTestId("rail-models"));
    await user.click(screen.getByTestId("rail-write"));
    session.page?.undo();
    expect(page()).toBe(before);
  });
});

describe("history", () => {
  it("lists, searches, inserts again and writes the same again", async () => {
    const user = userEvent.setup();
    const { session, page } = await openWindow({ script: [" A fox.", " A hen."] });
    for (const text of [" A fox.", " A hen."]) {
      await session.continue(1);
      await waitFor(() => {
        expect(session.busy).toBe(false);
        expect(page().endsWith(text)).toBe(true);
      });
    }
    await user.click(screen.getByTestId("rail-history"));
    await user.click(await screen.findByText("A fox.", { selector: ".words" }));
    const detail = await screen.findByTestId("history-detail");
    expect(detail).toHaveTextContent("Model's SHA-256");
    await user.click(screen.getByTestId("write-again"));
    await waitFor(() => expect(screen.getByTestId("same-text")).toHaveTextContent("The same text"));
    await user.click(screen.getByTestId("insert-again"));
    expect(page().endsWith(" A fox. A hen. A fox.")).toBe(true);
    await user.type(screen.getByTestId("history-search"), "hen");
    await waitFor(() => expect(screen.queryByText("A fox.", { selector: ".words" })).toBeNull());
  });
});

describe("the palette", () => {
  it("finds a command and runs it", async () => {
    const user = userEvent.setup();
    const { desk } = await openWindow();
    await user.keyboard("{Control>}k{/Control}");
    await user.type(screen.getByRole("combobox", { name: en.palette.placeholder }), "models{Enter}");
    await waitFor(() => expect(desk.panel).toBe("models"));
    expect(screen.queryByTestId("palette")).toBeNull();
  });
});

describe("focus mode", () => {
  it("leaves nothing but the page, and F8 brings the rest back", async () => {
    const user = userEvent.setup();
    await openWindow();
    await user.keyboard("{F8}");
    expect(screen.queryByTestId("library")).toBeNull();
    expect(screen.queryByTestId("memory")).toBeNull();
    expect(screen.getByTestId("page")).toBeVisible();
    await user.keyboard("{F8}");
    expect(screen.getByTestId("library")).toBeVisible();
  });
});

describe("notices", () => {
  it("say what was recovered and lead there", async () => {
    const host = fakeHost();
    const chapter = [...host.pages.keys()][1] ?? 0;
    const { desk } = await openWindow({ state: { recovered: [{ generation: 1, chapter, words: 12 }] } });
    expect(screen.getByTestId("recovered")).toHaveTextContent("recovered 12 words");
    expect(desk.chapter).toBe(chapter);
  });

  it("a library that cannot be opened is said, and can be tried again", async () => {
    const host = fakeHost();
    host.failNext("deskState", { code: "library_locked" });
    const desk = new Desk(host);
    await desk.open();
    expect(desk.cannotOpen?.code).toBe("library_locked");
    await desk.open();
    expect(desk.cannotOpen).toBeNull();
    expect(desk.opened).toBe(true);
  });
});

describe("a model's memory", () => {
  it("is freed by a button, and the story can still go on", async () => {
    const user = userEvent.setup();
    const { desk } = await openWindow();
    desk.panel = "models";
    await user.click(await screen.findByTestId("unload-model"));
    await waitFor(() => expect(desk.model?.state).toBe("unloaded"));
    expect(screen.getByTestId("models")).toHaveTextContent(en.models.unloaded);
    expect(screen.queryByTestId("unload-model")).toBeNull();
    desk.panel = "write";
    await waitFor(() => expect(screen.getByTestId("continue")).toBeEnabled());
  });

  it("is freed after a time that the person sets", async () => {
    const user = userEvent.setup();
    const { desk, host } = await openWindow();
    desk.panel = "settings";
    await user.selectOptions(await screen.findByTestId("setting-idle"), en.settings.idleMinutes(5));
    expect(desk.settings?.idleMinutes).toBe(5);
    await waitFor(() => expect(host.calls).toContain("saveSettings"));
  });
});

describe("the model card", () => {
  it("is text: nothing in it runs or loads", async () => {
    const user = userEvent.setup();
    const { host } = await openWindow();
    host.modelCard = () =>
      Promise.resolve('# Card\n\n<script>alert(1)</script> ![x](https://example.org/x.png) [go](javascript:alert(1)) <img src=x onerror=alert(1)>');
    await user.click(screen.getByTestId("rail-models"));
    const card = screen.getByTestId("model-card");
    await waitFor(() => expect(card).toHaveTextContent("alert(1)"));
    expect(card.querySelector("script, img, a, iframe")).toBeNull();
  });

  it("a model of one's own is brought, chosen and taken off the list", async () => {
    const user = userEvent.setup();
    const { desk, host } = await openWindow();
    await user.click(screen.getByTestId("rail-models"));
    await user.click(screen.getByTestId("bring-file"));
    await waitFor(() => expect(screen.getAllByTestId("shelved")).toHaveLength(4));
    await user.click(screen.getByTestId("use-model"));
    await waitFor(() => expect(screen.getAllByTestId("shelved")[3]).toHaveTextContent(en.models.used.story));

    host.failNext("bringModel", { code: "model_invalid" });
    await user.click(screen.getByTestId("bring-file"));
    await waitFor(() => expect(desk.failure?.code).toBe("model_invalid"));
    expect(screen.getAllByTestId("shelved")).toHaveLength(4);

    await user.click(screen.getByTestId("forget-model"));
    await waitFor(() => expect(screen.getAllByTestId("shelved")).toHaveLength(3));
    expect(screen.getAllByTestId("shelved")[0]).toHaveTextContent(en.models.used.story);
  });
});

describe("the words", () => {
  it("are there in both languages for every kind of failure", () => {
    expect(Object.keys(zh.errors).sort()).toEqual(Object.keys(en.errors).sort());
    expect(Object.keys(zh.notices.codes).sort()).toEqual(Object.keys(en.notices.codes).sort());
    for (const words of Object.values(zh.errors)) expect(words).toMatch(/\p{Script=Han}/u);
  });
});
