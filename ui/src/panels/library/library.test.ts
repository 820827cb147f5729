import { screen, waitFor, within } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { describe, expect, it } from "vitest";

import { openWindow } from "../../testing";
import { dropOn, rowsOf, step } from "./tree";

const titles = () => screen.getAllByRole("treeitem").map((row) => row.querySelector(".title")?.textContent);

describe("the library", () => {
  it("finds works and chapters by their titles too", async () => {
    const user = userEvent.setup();
    const { desk } = await openWindow();
    await user.type(screen.getByTestId("library-search"), "LIGHT at");
    const found = await screen.findByTestId("search-results");
    expect(within(found).getAllByTestId("title-hit").map((hit) => hit.textContent)).toEqual([
      "The Lighthouse Keeper · A Light at Sea",
    ]);
    await user.clear(screen.getByTestId("library-search"));
    await user.type(screen.getByTestId("library-search"), "江南");
    await user.click(await screen.findByTestId("title-hit"));
    expect(desk.place?.work.title).toBe("江南旧事");
  });

  it("shows works and chapters with their length as writers count it", async () => {
    await openWindow();
    expect(titles()).toEqual(["The Lighthouse Keeper", "A Light at Sea", "江南旧事", "第一回　雨夜来客"]);
    expect(within(screen.getByRole("tree")).getAllByText("87 字")).toHaveLength(2);
  });

  it("is moved through and reordered with the keyboard alone", async () => {
    const user = userEvent.setup();
    const { desk } = await openWindow();
    screen.getAllByRole("treeitem")[2]?.focus();
    await user.keyboard("{Alt>}{ArrowUp}{/Alt}");
    await waitFor(() => expect(titles()[0]).toBe("江南旧事"));
    await user.keyboard("{ArrowDown}{Enter}");
    expect(desk.place?.work.title).toBe("江南旧事");
  });

  it("renames with F2, and Escape leaves the name as it was", async () => {
    const user = userEvent.setup();
    await openWindow();
    screen.getAllByRole("treeitem")[1]?.focus();
    await user.keyboard("{F2}");
    await user.clear(screen.getByLabelText("Rename"));
    await user.keyboard("Fog{Enter}");
    await waitFor(() => expect(titles()[1]).toBe("Fog"));
    await user.keyboard("{F2}nonsense{Escape}");
    await waitFor(() => expect(titles()[1]).toBe("Fog"));
  });

  it("throws away, restores, and deletes only after a question", async () => {
    const user = userEvent.setup();
    const { desk } = await openWindow();
    screen.getAllByRole("treeitem")[1]?.focus();
    await user.keyboard("{Delete}");
    await waitFor(() => expect(desk.library.bin).toHaveLength(1));
    await user.click(screen.getByText(/^Bin/));
    await user.click(screen.getByLabelText("Restore: A Light at Sea"));
    await waitFor(() => expect(titles()).toContain("A Light at Sea"));
    screen.getAllByRole("treeitem")[1]?.focus();
    await user.keyboard("{Delete}");
    await user.click(await screen.findByLabelText("Delete for good: A Light at Sea"));
    expect(desk.library.bin).toHaveLength(1);
    await user.click(within(screen.getByRole("alert")).getByText("Delete for good"));
    await waitFor(() => expect(desk.library.bin).toHaveLength(0));
  });

  it("says what went wrong, and what to do", async () => {
    const user = userEvent.setup();
    const { host } = await openWindow();
    host.failNext("createWork", { code: "disk_full" });
    await user.click(screen.getByTestId("new-work"));
    expect(await screen.findByTestId("error")).toHaveTextContent(/disk is full/i);
  });

  it("finds text and goes there", async () => {
    const user = userEvent.setup();
    const { session } = await openWindow();
    await user.type(screen.getByTestId("library-search"), "老陈");
    await user.click(await screen.findByText("老陈"));
    await waitFor(() => expect(session.chapter?.title).toBe("第一回　雨夜来客"));
    const { from, to } = session.page?.view.state.selection.main ?? { from: 0, to: 0 };
    expect(session.page?.view.state.sliceDoc(from, to)).toBe("老陈");
  });
});

describe("moving a row", () => {
  const counts = { han: 0, words: 0, characters: 0 };
  const work = (id: number, chapters: number[]) => ({
    id,
    title: "",
    counts,
    goal: null,
    chapters: chapters.map((chapter) => ({ id: chapter, title: "", counts })),
  });
  const library = { works: [work(1, [10, 11]), work(2, [20])], bin: [] };
  const rows = rowsOf(library, new Set());
  const row = (key: string) => rows.find((each) => each.key === key) ?? expect.fail(key);

  it.each([
    ["work-1", -1, null],
    ["work-1", 1, { kind: "work", position: 1 }],
    ["chapter-10", 1, { kind: "chapter", work: 0, position: 1 }],
    ["chapter-11", 1, { kind: "chapter", work: 1, position: 0 }],
    ["chapter-20", -1, { kind: "chapter", work: 0, position: 2 }],
    ["chapter-20", 1, null],
  ] as const)("%s by %i", (key, direction, expected) => {
    expect(step(library, row(key), direction)).toEqual(expected);
  });

  it.each([
    ["chapter-10", "chapter-20", { kind: "chapter", work: 1, position: 0 }],
    ["chapter-20", "work-1", { kind: "chapter", work: 0, position: 0 }],
    ["work-2", "chapter-10", { kind: "work", position: 0 }],
    ["work-1", "work-1", null],
  ] as const)("%s let go on %s", (dragged, target, expected) => {
    expect(dropOn(row(dragged), row(target))).toEqual(expected);
  });

  it("folded works hide their chapters", () => {
    expect(rowsOf(library, new Set(["work-1"])).map((each) => each.key)).toEqual(["work-1", "work-2", "chapter-20"]);
  });
});
