// The characters of a work, and the arc of each: the sentences that name them.

import { SvelteMap } from "svelte/reactivity";

import { asApiError, type MoodCharacter, type MoodReadingId, type MoodView, type MoodWish, type WorkId } from "../../host";
import type { Desk } from "../../state/desk.svelte";

/** A character's names, as they are written in one line: 林黛玉, 黛玉. */
export function namesIn(line: string): string[] {
  const names = line.split(/[,，、;；]/).map((name) => name.trim());
  return names.filter((name, at) => name !== "" && names.indexOf(name) === at);
}

export class Cast {
  readonly #desk: Desk;
  list = $state.raw<MoodCharacter[]>([]);
  suggested = $state.raw<string[]>([]);
  /** What is felt where somebody is named, by the first of the names. */
  readonly views = new SvelteMap<string, MoodView>();
  /** Whose lines are drawn, by the first of the names. */
  shown = $state.raw<readonly string[]>([]);
  #work: WorkId | null = null;
  #turn = 0;
  #kept = 0;

  constructor(desk: Desk) {
    this.#desk = desk;
  }

  /** Takes the characters of a work; those of a text without one are known until the next. */
  async load(work: WorkId | null): Promise<void> {
    if (work !== this.#work) {
      this.#work = work;
      this.shown = [];
      this.views.clear();
      this.list = [];
      this.suggested = [];
    }
    if (work === null) return;
    await this.#desk.attempt(async () => {
      const { kept, suggested } = await this.#desk.host.moodCharacters(work);
      if (work !== this.#work) return;
      this.list = kept;
      this.suggested = suggested;
    });
  }

  /** Adds a character, and draws the line. */
  async add(line: string): Promise<void> {
    const names = namesIn(line);
    const [first] = names;
    if (first === undefined) return;
    await this.#keep([...this.list.filter((each) => each.names[0] !== first), { names }]);
    if (!this.shown.includes(first)) this.shown = [...this.shown, first];
  }

  async remove(name: string): Promise<void> {
    this.shown = this.shown.filter((each) => each !== name);
    await this.#keep(this.list.filter((each) => each.names[0] !== name));
  }

  toggle(name: string): void {
    this.shown = this.shown.includes(name) ? this.shown.filter((each) => each !== name) : [...this.shown, name];
  }

  async #keep(list: MoodCharacter[]): Promise<void> {
    const work = this.#work;
    const turn = ++this.#kept;
    this.list = list;
    if (work === null) return;
    await this.#desk.attempt(async () => {
      const { kept, suggested } = await this.#desk.host.keepMoodCharacters(work, list);
      // Another may have been added meanwhile.
      if (turn !== this.#kept || work !== this.#work) return;
      this.list = kept;
      this.suggested = suggested;
    });
  }

  /** Asks how it feels around each of them. Answers false where the reading is gone. */
  async look(reading: MoodReadingId, wish: Omit<MoodWish, "names">): Promise<boolean> {
    const turn = ++this.#turn;
    try {
      for (const { names } of this.list) {
        const view = await this.#desk.host.moodView(reading, { ...wish, names });
        if (turn !== this.#turn) return true;
        if (names[0] !== undefined) this.views.set(names[0], view);
      }
      return true;
    } catch (thrown) {
      if (asApiError(thrown).code === "mood_reading_gone") return false;
      this.#desk.failure = asApiError(thrown);
      return true;
    }
  }
}
