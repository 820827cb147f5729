// One page being written on: the editor, its saves, and what a model writes into it.
//
// Start reading at `continue`: everything typed is saved, the desk is asked to go on from the caret, its text streams
// to the place that follows every edit. Invariant: no text of a generation is lost; what is not on the page is in
// the history and among the tries.

import type { Transaction } from "@codemirror/state";

import { Autosave, type SaveStatus } from "../../editor/autosave";
import { authorship } from "../../editor/authorship";
import { Page } from "../../editor/create";
import { placeField, textAt } from "../../editor/place";
import {
  type ApiError,
  asApiError,
  type ChapterId,
  type ChapterPage,
  type ContextReport,
  type ContinueRequest,
  type FinishReason,
  type GenerationId,
  type Guidance,
  type StoryEvent,
  type Try,
} from "../../host";
import { i18n } from "../../i18n/index.svelte";
import type { Desk } from "../../state/desk.svelte";

/** One of several continuations that have not been chosen yet. */
export interface Card {
  generation: GenerationId;
  seed: number;
  text: string;
  /** Words and Han characters that the model has thought before it writes. */
  thoughtWords: number;
  speed: number | null;
  finish: FinishReason | null;
}

/** What the model is doing. */
export type Activity =
  | { kind: "idle" }
  | { kind: "starting" }
  | { kind: "prefill"; done: number; total: number }
  | { kind: "thinking"; words: number }
  | { kind: "writing"; tokens: number };

export class Session {
  readonly desk: Desk;
  page: Page | null = null;
  chapter = $state.raw<ChapterPage | null>(null);
  activity = $state.raw<Activity>({ kind: "idle" });
  saveStatus = $state<SaveStatus>("saved");
  speed = $state<number | null>(null);
  finish = $state<FinishReason | null>(null);
  cards = $state<Card[]>([]);
  tries = $state.raw<Try[]>([]);
  tryIndex = $state(0);
  context = $state.raw<ContextReport | null>(null);
  error = $state.raw<ApiError | null>(null);
  /** Settings that the server that writes does not know. */
  ignored = $state.raw<string[]>([]);
  guidance = $state<Guidance>({ memory: "", note: "", noteDepth: 3 });
  #autosave: Autosave | null = null;
  #guidanceTimer: ReturnType<typeof setTimeout> | null = null;
  #cardsAt = 0;
  #parent: HTMLElement | null = null;
  #turn: Promise<void> = Promise.resolve();

  constructor(desk: Desk) {
    this.desk = desk;
  }

  get busy(): boolean {
    return this.activity.kind !== "idle";
  }

  /** Opens a chapter in `parent`; what was open is saved first. */
  open(chapter: ChapterId, parent: HTMLElement): Promise<void> {
    this.#parent = parent;
    return this.#inTurn(() => this.#open(chapter, parent));
  }

  /** One after another: a page that is being put away is not put away twice. */
  #inTurn(work: () => Promise<void>): Promise<void> {
    this.#turn = this.#turn.then(work, work);
    return this.#turn;
  }

  async #open(chapter: ChapterId, parent: HTMLElement): Promise<void> {
    await this.#close();
    await this.desk.attempt(async () => {
      const stored = await this.desk.host.openChapter(chapter);
      if (this.desk.chapter !== chapter) return;
      this.chapter = stored;
      this.guidance = { ...stored.guidance };
      this.#makePage(stored, parent);
      this.goToJump();
    });
  }

  #makePage(stored: ChapterPage, parent: HTMLElement): void {
    const page = new Page({
      parent,
      body: stored.body,
      authorship: stored.authorship,
      label: i18n.t.write.page,
      placeholder: i18n.t.write.placeholder,
      phrases: i18n.t.editor,
      events: {
        onChange: (transaction) => this.#changed(transaction),
        onCaret: () => this.#followTry(),
        onBlur: () => void this.saveAll(),
      },
      commands: {
        continue: () => void this.continue(1),
        stop: () => this.escape(),
        retry: () => void this.retry(),
        walkTries: (step) => void this.walk(step),
      },
    });
    this.page = page;
    this.#autosave = new Autosave({
      host: this.desk.host,
      chapter: stored.id,
      version: stored.version,
      state: () => page.view.state,
      onStatus: (status, counts) => {
        this.saveStatus = status;
        if (counts) this.desk.count(stored.id, counts);
        if (status === "saved") void this.#readAhead();
      },
      onError: (error) => (this.error = error),
    });
    page.view.focus();
  }

  /** Saves and puts the page away; a model that still writes is stopped, its text is kept. */
  close(): Promise<void> {
    return this.#inTurn(() => this.#close());
  }

  async #close(): Promise<void> {
    if (!this.page) return;
    if (this.busy) await this.desk.attempt(() => this.desk.host.stopWriting());
    this.page.writer.settle();
    await this.saveAll();
    await this.#autosave?.close().catch(() => undefined);
    this.page.destroy();
    this.page = null;
    this.chapter = null;
    this.cards = [];
    this.tries = [];
    this.context = null;
    this.activity = { kind: "idle" };
  }

  /** The page's fixed words change with the language: it is made anew with the text it has. */
  async relabel(): Promise<void> {
    if (this.chapter && this.#parent) await this.open(this.chapter.id, this.#parent);
  }

  goToJump(): void {
    const { jump } = this.desk;
    if (!jump || jump.chapter !== this.chapter?.id || !this.page) return;
    this.page.show(jump.from, jump.to);
    this.desk.jump = null;
  }

  #changed(transaction: Transaction): void {
    this.#autosave?.record(transaction);
  }

  /** Everything that was typed is stored. A failure has been told already. */
  async saveAll(): Promise<void> {
    await Promise.allSettled([this.#autosave?.flush(), this.#flushGuidance()]);
  }

  changeGuidance(change: Partial<Guidance>): void {
    this.guidance = { ...this.guidance, ...change };
    if (this.#guidanceTimer !== null) clearTimeout(this.#guidanceTimer);
    this.#guidanceTimer = setTimeout(() => void this.#flushGuidance(), 500);
  }

  async #flushGuidance(): Promise<void> {
    if (this.#guidanceTimer === null || !this.chapter) return;
    clearTimeout(this.#guidanceTimer);
    this.#guidanceTimer = null;
    const { work } = this.chapter;
    await this.desk.attempt(() => this.desk.host.saveGuidance(work, $state.snapshot(this.guidance)));
  }

  /** What would be sent if the story went on here. */
  async request(choices: number, tryOf: GenerationId | null, caret: number): Promise<ContinueRequest | null> {
    const { settings } = this.desk;
    if (!this.chapter || !this.#autosave || !settings) return null;
    await this.#flushGuidance();
    await this.#autosave.flush();
    const { version } = this.#autosave;
    return { chapter: this.chapter.id, version, caret, choices, tryOf, writing: settings.writing };
  }

  /** The author has paused: the model reads what it would be sent, so that it can go on at once. */
  async #readAhead(): Promise<void> {
    const { page, chapter, desk } = this;
    const { settings } = desk;
    if (this.busy || !page || !chapter || !this.#autosave || !settings) return;
    const { version } = this.#autosave;
    const request = { chapter: chapter.id, version, caret: page.caret, choices: 1, tryOf: null, writing: settings.writing };
    // Nothing was asked for, so nothing is said where it fails: who asks is told the same.
    await desk.host.readAhead(request).catch(() => undefined);
  }

  async preview(): Promise<ContextReport | null> {
    let report: ContextReport | null = null;
    await this.desk.attempt(async () => {
      const request = await this.request(1, null, this.page?.caret ?? 0);
      if (request) report = await this.desk.host.previewContext(request);
    });
    if (report) this.context = report;
    return report;
  }

  /** Goes on at the caret; with several choices the person picks one before anything is on the page. */
  async continue(choices: number): Promise<void> {
    const { page } = this;
    if (!page || this.busy) return;
    await this.#begin(choices, null, page.caret);
  }

  /** Another try at the place of the last generation; the earlier ones stay. */
  async retry(): Promise<void> {
    const place = this.page?.view.state.field(placeField);
    if (!this.page || !place || this.busy) return;
    await this.#keepEdited();
    await this.#begin(1, place.generation, place.from);
  }

  async #begin(choices: number, tryOf: GenerationId | null, caret: number): Promise<void> {
    const { page } = this;
    if (!page) return;
    page.writer.settle();
    this.error = null;
    this.finish = null;
    this.ignored = [];
    this.cards = [];
    this.activity = { kind: "starting" };
    try {
      const request = await this.request(choices, tryOf, caret);
      if (!request) {
        this.activity = { kind: "idle" };
        return;
      }
      this.#cardsAt = caret;
      await this.desk.host.continueStory(request, (event) => this.#hear(page, request, event));
    } catch (thrown) {
      this.activity = { kind: "idle" };
      this.error = asApiError(thrown);
    }
  }

  #hear(page: Page, request: ContinueRequest, event: StoryEvent): void {
    if (page !== this.page) return;
    switch (event.kind) {
      case "started":
        this.context = event.context;
        this.#started(page, request, event.generations);
        break;
      case "ignored":
        this.ignored = event.settings;
        break;
      case "prefill":
        this.activity = { kind: "prefill", done: event.done, total: event.total };
        if (this.context) this.context = { ...this.context, reusedTokens: event.reused };
        break;
      case "thinking":
        this.#thinking(event.generation, event.words);
        break;
      case "text":
        this.activity = { kind: "writing", tokens: event.tokens };
        this.#text(page, event.generation, event.text);
        break;
      case "finished":
        this.#finished(page, event);
        break;
      case "failed":
        this.error = event.error;
        this.#ended(page);
        break;
    }
  }

  #started(page: Page, request: ContinueRequest, generations: { id: GenerationId; seed: number }[]): void {
    const [first] = generations;
    if (request.choices > 1) {
      this.cards = generations.map(({ id, seed }) => ({ generation: id, seed, text: "", thoughtWords: 0, speed: null, finish: null }));
    } else if (first) {
      const earlier = request.tryOf === null ? null : page.view.state.field(placeField);
      page.writer.begin(first.id, request.caret, earlier);
      void this.#listTries(first.id);
    }
  }

  #thinking(generation: GenerationId, words: number): void {
    const card = this.cards.find((each) => each.generation === generation);
    if (card) card.thoughtWords = words;
    // Of several choices, one that writes says more than one that still thinks.
    if (this.activity.kind !== "writing") this.activity = { kind: "thinking", words };
  }

  #text(page: Page, generation: GenerationId, text: string): void {
    const card = this.cards.find((each) => each.generation === generation);
    if (card) card.text += text;
    else page.writer.write(generation, text);
  }

  #finished(page: Page, event: Extract<StoryEvent, { kind: "finished" }>): void {
    this.speed = event.tokensPerSecond;
    this.finish = event.finish;
    const card = this.cards.find((each) => each.generation === event.generation);
    if (card) {
      card.finish = event.finish;
      card.speed = event.tokensPerSecond;
      if (this.cards.every((each) => each.finish !== null)) this.activity = { kind: "idle" };
      return;
    }
    page.writer.end(event.generation, () => this.#ended(page));
  }

  #ended(page: Page): void {
    page.writer.settle();
    this.activity = { kind: "idle" };
    const place = page.view.state.field(placeField);
    if (place) void this.#listTries(place.generation);
  }

  /** Stops what is being written, or puts the cards away. Answers whether there was anything to do. */
  escape(): boolean {
    if (this.busy) {
      void this.desk.attempt(() => this.desk.host.stopWriting());
      return true;
    }
    if (this.cards.length === 0) return false;
    this.cards = [];
    return true;
  }

  /** Puts a card's text on the page; the others stay among the tries and in the history. */
  insertCard(card: Card): void {
    if (!this.page) return;
    if (this.busy) void this.desk.attempt(() => this.desk.host.stopWriting());
    const at = Math.min(this.#cardsAt, this.page.view.state.doc.length);
    this.page.insertGenerated(card.generation, card.text, at);
    this.tries = this.cards.map(({ generation, text, seed }) => ({ id: generation, text, seed }));
    this.tryIndex = this.tries.findIndex((each) => each.id === card.generation);
    this.cards = [];
    this.page.view.focus();
  }

  /** Text of the history, at the caret. */
  insertAgain(generation: GenerationId, text: string): void {
    if (!this.page) return;
    this.page.insertGenerated(generation, text, this.page.caret);
    void this.#listTries(generation);
  }

  async #listTries(generation: GenerationId): Promise<void> {
    await this.desk.attempt(async () => {
      this.tries = await this.desk.host.tries(generation);
      this.tryIndex = this.tries.findIndex((each) => each.id === generation);
    });
  }

  /** Undo and redo change which of the tries stands on the page. */
  #followTry(): void {
    const place = this.page?.view.state.field(placeField);
    const at = this.tries.findIndex((each) => each.id === place?.generation);
    if (at >= 0) this.tryIndex = at;
  }

  /** Shows an earlier or a later try in place of the one on the page. */
  async walk(step: -1 | 1): Promise<void> {
    const place = this.page?.view.state.field(placeField);
    if (!this.page || !place || this.busy) return;
    await this.#keepEdited();
    if (!this.tries.some((each) => each.id === place.generation)) await this.#listTries(place.generation);
    const at = this.tries.findIndex((each) => each.id === place.generation);
    const next = this.tries[at + step];
    if (!next) return;
    this.page.insertGenerated(next.id, next.text, place.from, place.to);
    this.tryIndex = at + step;
  }

  /** What the person made of the try that stands on the page is kept before another takes its place. */
  async #keepEdited(): Promise<void> {
    const { page } = this;
    const place = page?.view.state.field(placeField);
    if (!page || !place || place.to === place.from) return;
    const text = textAt(page.view.state, place);
    const spans = authorship(page.view.state).filter((s) => s.from >= place.from && s.to <= place.to);
    const untouched = spans.length === 1 && spans[0]?.from === place.from && spans[0].to === place.to;
    const known = this.tries.find((each) => each.id === place.generation);
    if (untouched && known && known.text === text) return;
    await this.desk.attempt(() => this.desk.host.keepEditedTry(place.generation, text));
    this.tries = this.tries.map((each) => (each.id === place.generation ? { ...each, text } : each));
  }
}
