import { fireEvent, screen, waitFor, within } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { describe, expect, it } from "vitest";

import { openWindow, type Window } from "../../testing";
import { JOY, openPanel, prepare, WOE } from "./testing";

prepare();

describe("the classifier", () => {
  const LINES = "It rained all day.\nEli came.\n\n42 boats.\nThe storm took them.";

  async function openLabels(options: Parameters<typeof openWindow>[0] = {}): Promise<Window> {
    const window = await openPanel(options);
    await userEvent.setup().click(screen.getByTestId("look-labels"));
    await screen.findByTestId("labels");
    return window;
  }

  it("labels lines by a model of one's own, counts them, and lists those of a label", async () => {
    const user = userEvent.setup();
    const window = await openWindow();
    await window.host.bringModel("/models/topic-classifier");
    window.desk.panel = "sentiment";
    await user.click(await screen.findByTestId("look-labels"));
    await screen.findByRole("option", { name: "topic-classifier" });
    await user.selectOptions(screen.getByTestId("classifier"), "topic-classifier");
    await user.click(screen.getByTestId("lines"));
    await user.paste(LINES);
    await user.keyboard("{Control>}{Enter}{/Control}");
    await waitFor(() => expect(screen.getAllByTestId("labelled")).toHaveLength(4));
    expect(screen.getAllByTestId("labelled")[2]).toHaveTextContent(/42 boats.\s*numbers\s*80 %/);
    expect(screen.getByTestId("count-0")).toHaveTextContent(/weather\s*2/);
    await user.click(screen.getByTestId("count-0"));
    expect(screen.getAllByTestId("labelled").map((row) => row.querySelector(".text")?.textContent)).toEqual([
      "It rained all day.",
      "The storm took them.",
    ]);
    await user.click(screen.getAllByTestId("labelled")[1] ?? document.body);
    expect(within(screen.getByTestId("scores")).getAllByTestId(/^bar-/)).toHaveLength(3);
    await user.click(screen.getByTestId("export-csv"));
    await waitFor(() => expect([...window.host.feelings.written.values()].join()).toContain("42 boats.\",numbers"));
  });

  it("labels the column of a table that looks like texts, or another", async () => {
    const user = userEvent.setup();
    const window = await openLabels();
    window.host.translator.documents.set("/data/reviews.csv", `id,review\n1,${JOY.replace(",", "")}\n2,${WOE}\n`);
    await user.click(screen.getByTestId("open-table"));
    expect(await screen.findByTestId("column")).toHaveValue("1");
    await user.click(screen.getByTestId("run-labels"));
    await waitFor(() => expect(screen.getAllByTestId("labelled")).toHaveLength(2));
    expect(screen.getAllByTestId("labelled")[0]).toHaveTextContent("positive");
    await user.click(screen.getByTestId("close-table"));
    expect(screen.getByTestId("lines")).toBeVisible();
  });

  it("draws only the rows that are on the screen, and is walked by keys", async () => {
    const user = userEvent.setup();
    const window = await openLabels();
    window.moods.labelling.text = Array.from({ length: 5000 }, (_, at) => `Row ${at}`).join("\n");
    await user.click(screen.getByTestId("run-labels"));
    await waitFor(() => expect(window.moods.labelling.reading.done).toBe(true), { timeout: 15_000 });
    expect(screen.getAllByTestId("labelled").length).toBeLessThan(80);
    const table = screen.getByTestId("label-table");
    expect(table).toHaveAttribute("aria-rowcount", "5001");
    await fireEvent.keyDown(table, { key: "End" });
    expect(window.moods.labelling.chosen).toBe(4999);
    await fireEvent.keyDown(table, { key: "ArrowUp" });
    expect(window.moods.labelling.chosen).toBe(4998);
  });

  it("that cannot be read says why", async () => {
    const user = userEvent.setup();
    const window = await openLabels();
    window.host.failNext("readMood", { code: "model_too_large" });
    window.moods.labelling.text = LINES;
    await user.click(await screen.findByTestId("run-labels"));
    expect(await screen.findByTestId("error")).toHaveAttribute("data-code", "model_too_large");
  });
});
