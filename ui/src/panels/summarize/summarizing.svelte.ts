// An article and its summary, as the window has them.
//
// Start reading at `summarize`. Invariant: the sentences of `source` belong to `source.text`; they are shown only where
// the page has that very text. An answer that is older than what was told meanwhile does not undo it. A text of the
// person's that is kept with no summary is in the library within a second.

import { SvelteMap } from "svelte/reactivity";

import {
  type ApiError,
  asApiError,
  type LibraryItem,
  type ModelStatus,
  type OpenSummary,
  type SourceText,
  type Summarizer,
  type SummaryDraft,
  type SummaryEntry,
  type SummaryEvent,
  type SummaryId,
  type SummaryOutcome,
  type SummaryPart,
  type SummaryProgress,
  type SummarySource,
} from "../../host";
import type { Desk } from "../../state/desk.svelte";
import { inBase64 } from "../../state/dropped";
import { Keeper } from "../../state/keeper";
import { Options } from "./options.svelte";
import { restingOn } from "./pieces";

/** Where the text is from that stands on the left. */
type Origin = Exclude<SummarySource, { kind: "text" | "kept" }>;

/** What is worth a word about a pasted page. */
export type PageNote =
  /** The article was taken out of it; `plain` is all of its text. */
  | { kind: "article"; words: number; plain: string }
  /** No article could be told apart, and all of its text was taken. */
  | { kind: "wholePage" };

const NOTHING: SummaryOutcome = { text: "", sentences: [], coverage: { share: 0, bars: [] }, compared: { encoder: null, problem: null } };
/** Texts that lie aside: more would only be a list that nobody reads. */
const MOST_ASIDE = 20;
/** Another length of key sentences is shown this long after the last change. */
const PAUSE_MS = 250;

export class Summarizing {
  readonly desk: Desk;
  readonly options = new Options();
  entry = $state.raw<SummaryEntry | null>(null);
  source = $state.raw<SourceText | null>(null);
  outcome = $state.raw<SummaryOutcome>(NOTHING);
  progress = $state.raw<SummaryProgress | null>(null);
  readonly parts = new SvelteMap<number, SummaryPart>();
  error = $state.raw<ApiError | null>(null);
  sourceChanged = $state(false);
  list = $state.raw<SummaryEntry[]>([]);
  model = $state.raw<ModelStatus | null>(null);
  summarizer = $state.raw<Summarizer | null>(null);
  note = $state.raw<PageNote | null>(null);
  /** The text on the left is no longer the one that was read or summarised. */
  edited = $state(false);
  /** The text on the left has words in it. */
  hasText = $state(false);
  /** A source is being read, or a summary asked for. */
  waiting = $state(false);
  /** Counts up when another text is shown: its page is made anew. */
  opened = $state(0);
  /** A sentence of the summary. */
  chosen = $state<number | null>(null);
  hovered = $state<number | null>(null);
  origin = $state.raw<Origin | null>(null);
  /** Texts of the person's that gave way to another before they were summarised, the newest first. */
  aside = $state.raw<string[]>([]);
  #text = "";
  #started: Promise<boolean> | null = null;
  #timer: ReturnType<typeof setTimeout> | null = null;
  /** What is told while an answer is on its way. */
  #meanwhile: SummaryEvent[] | null = null;
  /** Counts up with every text that is asked for: an answer that was overtaken is not shown. */
  #turn = 0;
  readonly #keeper: Keeper;

  constructor(desk: Desk) {
    this.desk = desk;
    this.#keeper = new Keeper(desk.attempts(() => desk.host.keepSummaryDraft(this.#kept)));
  }

  get id(): SummaryId | null {
    return this.entry?.id ?? null;
  }

  /** What stands on the left. */
  get text(): string {
    return this.#text;
  }

  get running(): boolean {
    return this.entry?.status === "running";
  }

  /** There is something to summarise, and somebody to do it. */
  get can(): boolean {
    return this.hasText && (this.options.method === "key" || this.summarizer?.name !== null);
  }

  /** A chapter, a work and a file are changed where they are. */
  get fixed(): boolean {
    const kind = this.origin?.kind ?? this.entry?.kind;
    return kind === "chapter" || kind === "work" || kind === "file" || kind === "dropped";
  }

  /** What would be lost with the program. */
  get #kept(): SummaryDraft {
    const isKept = this.fixed || (this.entry !== null && !this.edited);
    return { text: isKept ? "" : this.#text, aside: this.aside, ...this.options.request };
  }

  /** Everything is in the library. */
  flush(): Promise<void> {
    return this.#keeper.flush();
  }

  /** Hears of everything from now on, and brings back what lay here; only the first call does something. */
  start(): Promise<boolean> {
    this.#started ??= this.desk.attempt(async () => {
      const kept = await this.desk.host.summaryDraft();
      if (kept !== null) this.#restore(kept);
      await this.desk.host.watchSummaries((event) => this.#hear(event));
      await this.desk.host.watchSummarizer((status) => (this.model = status));
    });
    return this.#started;
  }

  #restore(kept: SummaryDraft): void {
    this.options.take(kept);
    this.aside = kept.aside;
    if (kept.text.trim() === "") return;
    if (this.hasText) this.#layAside(kept.text);
    else this.#lay(kept.text);
  }

  /** The list, and who would rewrite, as they are now. */
  async refresh(): Promise<void> {
    this.list = await this.desk.host.summaries();
    this.summarizer = await this.desk.host.summarizer();
  }

  /** The person has typed. */
  type(text: string): void {
    if (text === this.#text) return;
    this.#text = text;
    this.hasText = text.trim() !== "";
    this.edited = text !== (this.source?.text ?? "");
    if (!this.fixed) this.origin = null;
    this.#keeper.changed();
  }

  /** A clean sheet. */
  blank(): void {
    this.#turn += 1;
    this.#forget();
    this.#show(null);
  }

  #forget(): void {
    this.entry = null;
    this.outcome = NOTHING;
    this.progress = null;
    this.parts.clear();
    this.error = null;
    this.sourceChanged = false;
    this.note = null;
    this.chosen = null;
    this.hovered = null;
    this.origin = null;
    this.waiting = false;
  }

  /** Puts a text on the left. */
  #show(source: SourceText | null): void {
    const text = source?.text ?? "";
    const asked = this.edited && this.hasText && !text.startsWith(this.#text.trim());
    if (asked) this.#layAside(this.#text);
    this.#keeper.changed();
    this.source = source;
    this.edited = false;
    if (this.#text === text && this.opened > 0) return;
    this.#text = text;
    this.hasText = text.trim() !== "";
    this.opened += 1;
  }

  #layAside(text: string): void {
    this.aside = [text, ...this.aside.filter((other) => other !== text)].slice(0, MOST_ASIDE);
  }

  /** A text that gave way, in place of what is there. */
  takeAside(text: string): void {
    this.blank();
    this.aside = this.aside.filter((other) => other !== text);
    this.#lay(text);
  }

  /** Lays a text of the person's on the clean sheet. */
  #lay(text: string): void {
    this.#text = text;
    this.hasText = true;
    this.edited = true;
    this.opened += 1;
    this.#keeper.changed();
  }

  /** Asks for something to show; the answer to an older question is not taken. */
  async #ask<T>(question: () => Promise<T>, take: (answer: T) => void): Promise<ApiError | null> {
    await this.start();
    const turn = ++this.#turn;
    this.waiting = true;
    this.error = null;
    try {
      const answer = await question();
      if (turn === this.#turn) take(answer);
      return null;
    } catch (thrown) {
      const error = asApiError(thrown);
      if (turn === this.#turn) this.error = error;
      return error;
    } finally {
      if (turn === this.#turn) this.waiting = false;
    }
  }

  /** Shows what would be summarised, and by key sentences, which cost nothing, does it at once. */
  async #read(source: SummarySource, note: (read: SourceText) => PageNote | null = () => null): Promise<ApiError | null> {
    const error = await this.#ask(
      () => this.desk.host.readSource(source),
      (read) => {
        this.#forget();
        this.origin = source.kind === "text" || source.kind === "kept" ? null : source;
        this.#show(read);
        this.note = note(read);
      },
    );
    if (error === null && this.source?.text !== "" && this.options.method === "key") await this.summarize();
    return error;
  }

  async openFile(path: string): Promise<void> {
    this.desk.panel = "summarize";
    await this.#read({ kind: "file", path });
  }

  /** A file that was let go over the panel. */
  async takeDropped(file: File): Promise<void> {
    await this.desk.attempt(async () => {
      const content = await inBase64(file);
      await this.#read({ kind: "dropped", name: file.name, content });
    });
  }

  /** A chapter or a work of the library. */
  async takeItem(item: LibraryItem): Promise<void> {
    this.desk.panel = "summarize";
    await this.#read(item.kind === "chapter" ? { kind: "chapter", chapter: item.id } : { kind: "work", work: item.id });
  }

  /** Something is pasted in place of the whole text: a browser's page, or plain text where `html` is empty. */
  async paste(html: string, plain: string): Promise<void> {
    if (html === "") {
      await this.#read({ kind: "text", text: plain });
      return;
    }
    const error = await this.#read({ kind: "page", html }, ({ words }) => ({ kind: "article", words, plain }));
    if (error?.code === "import_no_article" && plain.trim() !== "") {
      await this.#read({ kind: "text", text: plain }, () => ({ kind: "wholePage" }));
    }
  }

  /** All the text of the pasted page in place of its article. */
  async takeWholePage(): Promise<void> {
    if (this.note?.kind === "article") await this.#read({ kind: "text", text: this.note.plain });
  }

  /** What is summarised next. */
  #next(): SummarySource {
    if (this.entry && !this.edited) return { kind: "kept", summary: this.entry.id };
    return this.origin ?? { kind: "text", text: this.#text };
  }

  /** Key sentences that are on their way are `overtaken` by others. */
  async summarize(overtaking = false): Promise<void> {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    if ((this.running && !overtaking) || !this.can) return;
    const [source, { note, origin, text, edited }, request] = [this.#next(), this, this.options.request];
    await this.#follow(
      () => this.desk.host.summarize({ ...request, source }),
      (open) => {
        this.#take(open, this.#text !== text);
        // What is said of a pasted page is said of its summary too, until the text is another.
        if (source.kind !== "text" || !edited) [this.note, this.origin] = [note, origin];
      },
    );
    await this.desk.attempt(() => this.refresh());
  }

  /** An option was changed: key sentences follow it at once. */
  changed(): void {
    const follows = this.entry?.method === "key" && this.options.method === "key" && !this.edited;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = follows ? setTimeout(() => void this.summarize(true), PAUSE_MS) : null;
    this.#keeper.changed();
  }

  /** The chapter or work as it reads now. */
  async summarizeAnew(): Promise<void> {
    const { entry } = this;
    if (entry?.kind === "chapter" && entry.chapter !== null) await this.takeItem({ kind: "chapter", id: entry.chapter });
    else if (entry?.kind === "work" && entry.work !== null) await this.takeItem({ kind: "work", id: entry.work });
    if (this.error === null && this.options.method === "rewritten") await this.summarize();
  }

  async stop(): Promise<void> {
    const { id } = this;
    if (id !== null && this.running) await this.desk.attempt(async () => void (await this.desk.host.stopSummary(id)));
  }

  async open(id: SummaryId): Promise<void> {
    await this.#follow(
      () => this.desk.host.openSummary(id),
      (open) => {
        this.#take(open);
        this.options.take(open.entry);
      },
    );
  }

  async remove(id: SummaryId): Promise<void> {
    if (id === this.id) this.blank();
    await this.desk.attempt(async () => {
      this.list = await this.desk.host.deleteSummary(id);
    });
  }

  /** Asks for a summary, and does what is told of it meanwhile behind its answer. */
  async #follow(question: () => Promise<OpenSummary>, take: (open: OpenSummary) => void): Promise<void> {
    this.#meanwhile = [];
    await this.#ask(question, (open) => {
      take(open);
      const told = this.#meanwhile ?? [];
      this.#meanwhile = null;
      for (const event of told) this.#hear(event);
    });
    this.#meanwhile = null;
  }

  /** With `typedOn`, the person has gone on typing since it was asked for: what stands on the left stays. */
  #take(open: OpenSummary, typedOn = false): void {
    this.#forget();
    this.#describe(open.entry);
    this.outcome = open.outcome;
    this.progress = open.progress;
    for (const part of open.parts) this.parts.set(part.number, part);
    this.error = open.error;
    this.sourceChanged = open.sourceChanged;
    if (typedOn) [this.source, this.edited] = [open.source, true];
    else this.#show(open.source);
  }

  #describe(entry: SummaryEntry): void {
    this.entry = entry;
    this.list = [entry, ...this.list.filter(({ id }) => id !== entry.id)].sort((a, b) => b.createdAtMs - a.createdAtMs);
  }

  #hear(event: SummaryEvent): void {
    this.#meanwhile?.push(event);
    if (event.kind === "finished" || event.kind === "failed") {
      this.list = this.list.map((each) => (each.id === event.summary ? event.entry : each));
    }
    if (event.summary !== this.id || !this.running) return;
    switch (event.kind) {
      case "progress":
        this.progress = event.progress;
        break;
      case "text":
        this.outcome = { ...this.outcome, text: this.outcome.text.slice(0, event.at) + event.text };
        break;
      case "part":
        // One that is done does not go back to what it was before.
        if (event.part.done || !this.parts.get(event.part.number)?.done) this.parts.set(event.part.number, event.part);
        break;
      case "finished":
        this.outcome = event.outcome;
        this.#describe(event.entry);
        break;
      case "failed":
        this.error = event.error;
        this.#describe(event.entry);
        break;
    }
  }

  /** Chooses the sentence of the summary that rests on a sentence of the article. */
  chooseBySource(sentence: number | null): boolean {
    const found = sentence === null ? null : restingOn(this.outcome, sentence);
    if (found !== null) this.chosen = found;
    return found !== null;
  }

  /** The mouse is over a sentence of the article. */
  hover(sentence: number | null): void {
    this.hovered = sentence === null ? null : restingOn(this.outcome, sentence);
  }

  /** Chooses the sentence of the summary before or behind. */
  step(by: -1 | 1): void {
    const count = this.outcome.sentences.length;
    if (count === 0) return;
    const next = this.chosen === null ? (by > 0 ? 0 : count - 1) : this.chosen + by;
    this.chosen = Math.min(count - 1, Math.max(0, next));
  }
}
