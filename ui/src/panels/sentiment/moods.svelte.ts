// How a text feels, as the window has it.
//
// Start reading at `readFrom`: a text is chosen, the desk reads it sentence by sentence, and tells. Invariant: what is
// shown beside the text (arc, characters, comparison, words) is of the reading in `main`, and asked for anew when that
// has more to tell; what a person typed or chose here is in the library within a second.

import {
  asApiError,
  type ChapterId,
  type LibraryItem,
  type ModelStatus,
  type MoodDraft,
  type MoodMeasure,
  type MoodReading,
  type MoodSentence,
  type MoodSource,
  type MoodView,
  type MoodWords,
  type WorkId,
} from "../../host";
import type { Desk } from "../../state/desk.svelte";
import { Keeper } from "../../state/keeper";
import { Cast } from "./cast.svelte";
import { Comparing } from "./comparing.svelte";
import { Labelling } from "./labelling.svelte";
import { Reading } from "./reading.svelte";
import { sentenceAt, type Sheet, sheetOf, wordsOf } from "./text";

/** What the panel shows: how a text feels, or what a classifier calls many texts. */
export type Look = "text" | "labels";

/** After this long without a key, what was typed is read. */
const PAUSE_MS = 500;
/** The words of a sentence are asked for when the arrow keys rest on it. */
const REST_MS = 150;

export class Moods {
  readonly desk: Desk;
  readonly main: Reading;
  readonly cast: Cast;
  readonly comparing: Comparing;
  readonly labelling: Labelling;
  look = $state<Look>("text");
  model = $state.raw<ModelStatus | null>(null);
  source = $state.raw<MoodSource>({ kind: "text", text: "" });
  /** What was left here is back. */
  ready = $state(false);
  /** Counts up when another text is opened: its page is made anew. */
  opened = $state(0);
  /** Typed text that is not read yet. */
  waiting = $state(false);
  /** The chapter that the arc is of; null: all of the text. */
  part = $state<number | null>(null);
  /** What is drawn; null: what the model is best drawn by. */
  measure = $state.raw<MoodMeasure | null>(null);
  chosen = $state<number | null>(null);
  #words = $state.raw<{ of: MoodReading; sentence: string; found: MoodWords } | null>(null);
  #side = $state.raw<MoodView | null>(null);
  #typed = $state("");
  readonly sheet: Sheet = $derived.by(() => {
    const parts = this.main.about?.parts;
    return parts ? sheetOf(parts) : { text: "", starts: [], titles: [] };
  });
  /** What is left here. */
  readonly draft: MoodDraft = $derived.by(() => {
    const { source, part, measure, comparing, labelling } = this;
    const own = source.kind === "text";
    const main = { text: this.#typed, source: own ? null : source, part, measure, beside: comparing.draft };
    return { ...main, labels: this.look === "labels", ...labelling.draft };
  });
  readonly #keeper: Keeper;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #resting: ReturnType<typeof setTimeout> | null = null;
  #looks = 0;
  /** The panel opens for a text that is being read already, and as it is now. */
  #opensPanel = false;
  #started: Promise<boolean> | null = null;

  constructor(desk: Desk) {
    this.desk = desk;
    this.#keeper = new Keeper(desk.attempts(() => desk.host.keepMoodDraft(this.draft)));
    this.main = new Reading(desk.host, () => void this.#look());
    this.cast = new Cast(desk);
    this.comparing = new Comparing(desk, this.main);
    this.labelling = new Labelling(desk);
  }

  /** What was typed last. */
  get typed(): string {
    return this.#typed;
  }

  /** The arc as it is wished for. */
  get view(): MoodView | null {
    return this.#side ?? this.main.view;
  }

  get current(): MoodSentence | null {
    return this.chosen === null ? null : (this.main.sentences[this.chosen] ?? null);
  }

  /** The words that move the chosen sentence, as it reads now. */
  get words(): MoodWords | null {
    const { current, main } = this;
    const known = this.#words;
    if (!known || !current || !main.about || known.found.sentence !== current.index) return null;
    const same = known.of.model.name === main.about.model.name && known.sentence === wordsOf(main.about, current);
    return same ? known.found : null;
  }

  /** The work whose characters are asked for. */
  get work(): WorkId | null {
    const { source } = this;
    if (source.kind === "work") return source.work;
    if (source.kind !== "chapter") return null;
    const holds = ({ chapters }: { chapters: { id: ChapterId }[] }) => chapters.some(({ id }) => id === source.chapter);
    return this.desk.library.works.find(holds)?.id ?? null;
  }

  /** Brings back what was left here, and hears of the model from now on. Answers whether it could; only then once. */
  start(): Promise<boolean> {
    this.#started ??= this.desk.attempt(async () => {
      const { text, source, part, measure, beside, labels, ...others } = await this.desk.host.moodDraft();
      this.#typed = text;
      this.source = source ?? { kind: "text", text };
      this.part = part;
      this.measure = measure;
      this.comparing.bringBack(beside);
      this.look = labels ? "labels" : "text";
      await this.labelling.bringBack(others);
      await this.desk.host.watchMoodModel((status) => (this.model = status));
      this.ready = true;
    });
    return this.#started.then((started) => {
      if (!started) this.#started = null;
      return started;
    });
  }

  /** What is left here has changed. */
  changed(): void {
    this.#keeper.changed();
  }

  /** Everything that was typed is in the library. */
  flush(): Promise<void> {
    return this.#keeper.flush();
  }

  /** Reads another text from the beginning. */
  async readFrom(source: MoodSource): Promise<void> {
    if (!(await this.start())) return;
    this.#cancelTyping();
    this.main.clear();
    this.comparing.clear();
    this.source = source;
    this.part = null;
    this.measure = null;
    this.#side = null;
    this.choose(null);
    if (source.kind === "text") this.#typed = source.text;
    this.opened += 1;
    this.look = "text";
    this.#opensPanel = this.desk.panel !== "sentiment";
    this.desk.panel = "sentiment";
    await this.cast.load(this.work);
    await this.read();
  }

  /** Reads a chapter, or all of a work. */
  take({ kind, id }: LibraryItem): Promise<void> {
    return this.readFrom(kind === "work" ? { kind, work: id } : { kind, chapter: id });
  }

  /** Reads the text as it is now; only sentences that are new are scored. */
  async read(): Promise<void> {
    this.waiting = false;
    const { source } = this;
    if (source.kind === "text" && this.#typed.trim() === "") {
      this.main.clear();
      return;
    }
    await this.main.read({ source: source.kind === "text" ? { kind: "text", text: this.#typed } : source, model: null });
  }

  /** What is not typed here may have been changed elsewhere, and what was left here is not read yet. */
  async refresh(): Promise<void> {
    if (!(await this.start())) return;
    const isFresh = this.#opensPanel;
    this.#opensPanel = false;
    if (isFresh) return;
    await this.comparing.readAgain();
    if (this.source.kind === "text" && this.main.about) return;
    await this.cast.load(this.work);
    await this.read();
  }

  /** The person has typed. */
  type(text: string): void {
    if (text === this.#typed || this.source.kind !== "text") return;
    this.#typed = text;
    this.waiting = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.read(), PAUSE_MS);
  }

  #cancelTyping(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.waiting = false;
  }

  /** Draws only a part, or another label. */
  async draw(wish: { part?: number | null; measure?: MoodMeasure | null }): Promise<void> {
    if (wish.part !== undefined) this.part = wish.part;
    if (wish.measure !== undefined) this.measure = wish.measure;
    this.#words = null;
    this.choose(this.chosen);
    await this.#look();
  }

  addCharacter(line: string): Promise<void> {
    return this.cast.add(line).then(() => this.#look());
  }

  removeCharacter(name: string): Promise<void> {
    return this.cast.remove(name).then(() => this.#look());
  }

  async compareWith(source: MoodSource, title: string): Promise<void> {
    await this.comparing.with(source, title, this.measure);
  }

  /** Asks for all that is beside the text. */
  async #look(): Promise<void> {
    const { about } = this.main;
    const turn = ++this.#looks;
    if (!about) {
      this.#side = null;
      return;
    }
    // A text that has become shorter may lack the part, or the sentence.
    if (this.part !== null && this.part >= about.parts.length) this.part = null;
    if (this.chosen !== null && this.chosen >= about.sentences) this.choose(null);
    const wish = { part: this.part, measure: this.measure };
    try {
      const whole = wish.part === null && wish.measure === null;
      const side = whole ? null : await this.desk.host.moodView(about.id, { ...wish, names: [] });
      if (turn !== this.#looks) return;
      this.#side = side;
    } catch (thrown) {
      if (turn !== this.#looks) return;
      await this.#lost(thrown);
      return;
    }
    if (!this.main.running) {
      // It may read otherwise now, or not have been read when it was chosen.
      this.choose(this.chosen);
      this.comparing.refresh(this.measure);
      if (!(await this.cast.look(about.id, wish)) && turn === this.#looks) await this.read();
    }
  }

  /**
   * The desk keeps only the last readings: an older one is read again, and all its scores are known. A label of another
   * model is not looked for.
   */
  async #lost(thrown: unknown): Promise<void> {
    const error = asApiError(thrown);
    if (error.code === "mood_reading_gone") await this.read();
    else if (error.code === "mood_no_such_measure") await this.draw({ measure: null });
    else this.desk.failure = error;
  }

  choose(sentence: number | null): void {
    if (this.#resting !== null) clearTimeout(this.#resting);
    this.chosen = sentence;
    if (sentence !== null) this.#resting = setTimeout(() => void this.#ask(sentence), REST_MS);
  }

  async #ask(sentence: number): Promise<void> {
    const { current, main } = this;
    const { about } = main;
    if (!about || current?.index !== sentence || this.words) return;
    try {
      const found = await this.desk.host.moodWords(about.id, sentence, this.measure);
      if (sentence === this.chosen && about === main.about) this.#words = { of: about, sentence: wordsOf(about, current), found };
    } catch (thrown) {
      const overtaken = asApiError(thrown).code === "mood_overtaken" || about !== main.about || sentence !== this.chosen;
      if (!overtaken) await this.#lost(thrown);
    }
  }

  /** Shows the chosen sentence in its chapter, to write there. */
  openInChapter(): void {
    const { current, main } = this;
    const chapter = current ? (main.about?.parts[current.part]?.chapter ?? null) : null;
    if (current && chapter !== null) this.desk.goTo(chapter, { from: current.from, to: current.to });
  }

  /** Chooses the sentence at a place of the sheet. */
  chooseAt(place: number): void {
    const { about, sentences } = this.main;
    if (!about) return;
    const found = sentenceAt(this.sheet, about, sentences, place);
    if (found && found.index !== this.chosen) this.choose(found.index);
  }
}
