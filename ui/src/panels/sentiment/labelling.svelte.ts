// Many texts at once, and what a classifier calls each: typed one a line, or the column of a table.

import type { MoodDraft, MoodSentence, ShelvedModel, TableColumns } from "../../host";
import type { Desk } from "../../state/desk.svelte";
import { Reading } from "./reading.svelte";

export class Labelling {
  readonly #desk: Desk;
  readonly reading: Reading;
  /** Classifiers to choose from. */
  models = $state.raw<ShelvedModel[]>([]);
  /** The path of the chosen one; null: the one that reads moods. */
  model = $state<string | null>(null);
  text = $state("");
  /** A table in place of what is typed. */
  table = $state.raw<{ path: string; columns: TableColumns } | null>(null);
  column = $state(0);
  /** Only texts with this label are listed. */
  only = $state<number | null>(null);
  chosen = $state<number | null>(null);
  /** The texts of the list, in order. */
  readonly rows: readonly MoodSentence[] = $derived.by(() => {
    const read = this.reading.sentences.filter((each) => each !== undefined);
    return this.only === null ? read : read.filter((each) => each.mood.label === this.only);
  });

  constructor(desk: Desk) {
    this.#desk = desk;
    this.reading = new Reading(desk.host, () => undefined);
  }

  /** What is left here. */
  get draft(): Pick<MoodDraft, "lines" | "table" | "classifier"> {
    const { text, table, column, model } = this;
    return { lines: text, table: table && { kind: "table", path: table.path, column }, classifier: model };
  }

  /** Brings back what was left here. */
  async bringBack({ lines, table, classifier }: Pick<MoodDraft, "lines" | "table" | "classifier">): Promise<void> {
    this.text = lines;
    this.model = classifier;
    if (table?.kind !== "table") return;
    await this.#desk.attempt(async () => {
      this.#showTable(table.path, await this.#desk.host.tableColumns(table.path));
      this.column = table.column ?? this.column;
    });
  }

  get current(): MoodSentence | null {
    return this.chosen === null ? null : (this.reading.sentences[this.chosen] ?? null);
  }

  get empty(): boolean {
    return this.table === null && this.text.trim() === "";
  }

  async lookForModels(): Promise<void> {
    await this.#desk.attempt(async () => {
      const { models } = await this.#desk.host.models();
      this.models = models.filter((each) => each.tasks.includes("sentiment") && each.problem === null);
      if (!this.models.some(({ path }) => path === this.model)) this.model = null;
    });
  }

  /** Asks for a table's columns; the one that looks like texts is chosen. */
  async openTable(): Promise<void> {
    await this.#desk.attempt(async () => {
      const path = await this.#desk.host.chooseDocument();
      if (path === null) return;
      this.#showTable(path, await this.#desk.host.tableColumns(path));
    });
  }

  #showTable(path: string, columns: TableColumns): void {
    this.reading.clear();
    this.table = { path, columns };
    this.column = columns.chosen;
  }

  closeTable(): void {
    this.table = null;
    this.reading.clear();
  }

  async run(): Promise<void> {
    if (this.empty) return;
    this.only = null;
    this.chosen = null;
    const { table, column, text, model } = this;
    const source = table ? ({ kind: "table", path: table.path, column } as const) : ({ kind: "lines", text } as const);
    await this.reading.read({ source, model });
  }
}
