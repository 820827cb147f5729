// Two texts side by side: another draft, the translation, another chapter.

import {
  type ApiError,
  asApiError,
  type ChapterRevision,
  type MoodBeside,
  type MoodComparison,
  type MoodMeasure,
  type MoodSource,
} from "../../host";
import type { Desk } from "../../state/desk.svelte";
import { Reading } from "./reading.svelte";

export class Comparing {
  readonly #desk: Desk;
  readonly #main: Reading;
  readonly other: Reading;
  source = $state.raw<MoodSource | null>(null);
  found = $state.raw<MoodComparison | null>(null);
  /** What the other text is called. */
  title = $state("");
  #error = $state.raw<ApiError | null>(null);
  /** Earlier versions of the chapter that is read. */
  drafts = $state.raw<ChapterRevision[]>([]);
  #measure: MoodMeasure | null = null;
  #turn = 0;
  #looks = 0;

  constructor(desk: Desk, main: Reading) {
    this.#desk = desk;
    this.#main = main;
    this.other = new Reading(desk.host, () => void this.#compare());
  }

  /** Why there is nothing to compare. */
  get failure(): ApiError | null {
    return this.#error ?? this.other.error;
  }

  /** What is left here. */
  get draft(): MoodBeside | null {
    return this.source && { source: this.source, title: this.title };
  }

  /** What was left here is chosen again; it is read as soon as the main text is. */
  bringBack(left: MoodBeside | null): void {
    this.source = left?.source ?? null;
    this.title = left?.title ?? "";
  }

  async with(source: MoodSource, title: string, measure: MoodMeasure | null): Promise<void> {
    this.clear();
    this.source = source;
    this.title = title;
    this.#measure = measure;
    await this.other.read({ source, model: null });
  }

  clear(): void {
    this.#turn += 1;
    this.other.clear();
    this.source = null;
    this.found = null;
    this.#error = null;
  }

  /** The main text has changed, or something else is drawn. */
  refresh(measure: MoodMeasure | null): void {
    this.#measure = measure;
    const { source, other } = this;
    if (!source) return;
    const isRead = other.about !== null || other.running || other.error !== null;
    void (isRead ? this.#compare() : other.read({ source, model: null }));
  }

  /** What it is compared with may have been changed elsewhere. */
  async readAgain(): Promise<void> {
    if (this.other.about) await this.other.again();
  }

  async lookForDrafts(source: MoodSource): Promise<void> {
    const turn = ++this.#looks;
    this.drafts = [];
    if (source.kind !== "chapter") return;
    await this.#desk.attempt(async () => {
      const drafts = await this.#desk.host.chapterRevisions(source.chapter);
      if (turn === this.#looks) this.drafts = drafts;
    });
  }

  async #compare(): Promise<void> {
    const [one, other] = [this.#main.about, this.other.about];
    if (!one || !other || this.#main.running || this.other.running) return;
    const turn = ++this.#turn;
    this.#error = null;
    try {
      const found = await this.#desk.host.compareMoods(one.id, other.id, this.#measure);
      if (turn === this.#turn) this.found = found;
    } catch (thrown) {
      if (turn !== this.#turn) return;
      const error = asApiError(thrown);
      // The desk keeps only the last readings; all scores of an older one are known.
      if (error.code === "mood_reading_gone") await this.other.again();
      else this.#error = error;
    }
  }
}
