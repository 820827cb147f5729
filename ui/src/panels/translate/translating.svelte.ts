// A text on its way into the other language, as the window has it.
//
// Start reading at `type`: what is typed is sent after a pause, the desk answers which sentences changed, and tells of
// each when it is translated. Invariant: `rows` belong to `synced`, the text that the desk has; the page takes them only
// where it shows that very text.

import { SvelteMap } from "svelte/reactivity";

import type { Row } from "../../editor/rows";
import {
  type ApiError,
  asApiError,
  type ChapterId,
  type ModelStatus,
  type OpenTranslation,
  type Segment,
  type SegmentId,
  type TargetLanguage,
  type TranslationEvent,
  type TranslationId,
  type TranslationProgress,
  type TranslationReport,
  type TranslationSummary,
} from "../../host";
import type { Desk } from "../../state/desk.svelte";
import { inBase64 } from "../../state/dropped";
import { otherThan } from "./languages";
import { Meanwhile } from "./meanwhile";
import { Reference } from "./reference.svelte";

/** What the panel shows. */
export type View = "text" | "glossary" | "memory";

/** After this long without a key, what was typed is translated. */
const PAUSE_MS = 450;

export class Translating {
  readonly desk: Desk;
  readonly reference: Reference;
  summary = $state.raw<TranslationSummary | null>(null);
  progress = $state.raw<TranslationProgress | null>(null);
  report = $state.raw<TranslationReport | null>(null);
  error = $state.raw<ApiError | null>(null);
  list = $state.raw<TranslationSummary[]>([]);
  model = $state.raw<ModelStatus | null>(null);
  view = $state<View>("text");
  /** The numbers of the segments, in the order of the text. */
  order = $state.raw<SegmentId[]>([]);
  readonly segments = new SvelteMap<SegmentId, Segment>();
  confirmed = $state(0);
  /** The text that the desk has, and where its segments stand in it. */
  synced = $state.raw<{ text: string; rows: Row[] }>({ text: "", rows: [] });
  /** Counts up when another text is opened: its page is made anew. */
  opened = $state(0);
  chosen = $state<SegmentId | null>(null);
  hovered = $state<SegmentId | null>(null);
  /** Segments that are being translated again. */
  readonly again = new SvelteMap<SegmentId, true>();
  /** Typed text that the desk does not have yet. */
  waiting = $state(false);
  /** What is written from the next text on; nothing where that follows the text. */
  wanted = $state<TargetLanguage | null>(null);
  readonly #meanwhile = new Meanwhile();
  #text = "";
  #lead = "";
  #timer: ReturnType<typeof setTimeout> | null = null;
  #sending: Promise<void> | null = null;
  #started: Promise<boolean> | null = null;

  constructor(desk: Desk) {
    this.desk = desk;
    this.reference = new Reference(desk);
  }

  get id(): TranslationId | null {
    return this.summary?.id ?? null;
  }

  /** What was typed last; the desk may not have it yet. */
  get text(): string {
    return this.#text;
  }

  get current(): Segment | null {
    return this.chosen === null ? null : (this.segments.get(this.chosen) ?? null);
  }

  get running(): boolean {
    return this.progress?.status === "running";
  }

  /** Hears of everything from now on; only the first call does something. */
  start(): Promise<boolean> {
    this.#started ??= this.desk.attempt(async () => {
      await this.desk.host.watchTranslations((event) => this.#hear(event));
      await this.desk.host.watchTranslator((status) => (this.model = status));
      await this.refresh();
    });
    return this.#started;
  }

  /** The list and the glossary as they are now. */
  async refresh(): Promise<void> {
    this.list = await this.desk.host.translations();
    await this.reference.load(this.summary?.work ?? this.desk.place?.work.id ?? null);
  }

  #take(open: OpenTranslation): void {
    this.#describe(open.summary);
    this.error = this.#meanwhile.errorOf(open);
    this.#lead = open.lead;
    this.segments.clear();
    for (const segment of open.segments) this.segments.set(segment.id, this.#meanwhile.newest(segment));
    this.order = open.segments.map(({ id }) => id);
    this.#count();
    this.#place();
    this.#text = this.synced.text;
    if (this.chosen !== null && !this.segments.has(this.chosen)) this.chosen = null;
  }

  #describe(summary: TranslationSummary): void {
    this.summary = summary;
    this.progress = this.#meanwhile.progressOf(summary);
    this.wanted = summary.directionDetected ? null : summary.to;
  }

  #count(): void {
    this.confirmed = this.order.filter((id) => this.segments.get(id)?.state === "confirmed").length;
  }

  /** Where the segments stand, from what they and the gaps between them are. */
  #place(): void {
    let at = this.#lead.length;
    let text = this.#lead;
    const rows = this.order.flatMap((id) => {
      const segment = this.segments.get(id);
      if (!segment) return [];
      const row = { id, from: at, to: at + segment.source.length };
      text += segment.source + segment.gap;
      at = text.length;
      return [row];
    });
    this.synced = { text, rows };
  }

  /** Shows a translation in place of the one that is open. */
  async show(request: () => Promise<OpenTranslation>): Promise<boolean> {
    await this.flush();
    return this.desk.attempt(async () => {
      await this.#meanwhile.question(request, (open) => {
        this.chosen = null;
        this.#take(open);
      });
      this.view = "text";
      this.report = null;
      this.opened += 1;
      this.desk.panel = "translate";
      await this.refresh();
      await this.#ask();
    });
  }

  open(id: TranslationId): Promise<boolean> {
    return this.show(() => this.desk.host.openTranslation(id));
  }

  /** A clean sheet; the desk hears of it with its first words. */
  async blank(): Promise<void> {
    await this.flush();
    this.summary = null;
    this.progress = null;
    this.report = null;
    this.error = null;
    this.chosen = null;
    this.order = [];
    this.segments.clear();
    this.#lead = "";
    this.#text = "";
    this.#count();
    this.#place();
    this.view = "text";
    this.opened += 1;
    await this.desk.attempt(() => this.refresh());
  }

  /** Into a linked chapter, which stands in the library from then on. */
  async translateChapter(chapter: ChapterId): Promise<void> {
    await this.start();
    if (await this.show(() => this.desk.host.translateChapter(chapter, null))) await this.desk.refreshLibrary();
  }

  openDocument(path: string): Promise<boolean> {
    return this.show(() => this.desk.host.importDocument(path, this.wanted));
  }

  /** A file that was let go over the window: its name and its content are all there is of it. */
  openDropped(file: File): Promise<boolean> {
    return this.show(async () => this.desk.host.importDropped(file.name, await inBase64(file), this.wanted));
  }

  async remove(id: TranslationId): Promise<void> {
    if (id === this.id) await this.blank();
    await this.desk.attempt(async () => {
      this.list = await this.desk.host.deleteTranslation(id);
    });
  }

  /** The person has typed. */
  type(text: string): void {
    if (text === this.#text) return;
    this.#text = text;
    this.waiting = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.flush(), PAUSE_MS);
  }

  /** Everything that was typed is the desk's. */
  async flush(): Promise<void> {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    while (this.waiting && this.#timer === null) {
      this.#sending ??= this.#send().finally(() => (this.#sending = null));
      await this.#sending;
    }
  }

  async #send(): Promise<void> {
    const text = this.#text;
    this.error = null;
    try {
      await this.start();
      if (!this.summary) {
        const work = this.desk.place?.work.id ?? null;
        this.#describe((await this.desk.host.newTranslation(work, this.wanted)).summary);
      }
      const { id } = this.summary ?? {};
      if (id === undefined) return;
      await this.#meanwhile.question(
        () => this.desk.host.setTranslationSource(id, text),
        (change) => {
          this.#splice(change.at, change.removed, change.inserted, change.lead);
          this.#describe(change.summary);
          this.list = [change.summary, ...this.list.filter((each) => each.id !== id)];
        },
      );
    } catch (thrown) {
      this.error = asApiError(thrown);
    }
    this.waiting = this.#text !== text;
  }

  #splice(at: number, removed: number, inserted: Segment[], lead: string): void {
    const order = [...this.order];
    const gone = order.splice(at, removed, ...inserted.map(({ id }) => id));
    for (const id of gone) this.segments.delete(id);
    for (const segment of inserted) this.segments.set(segment.id, this.#meanwhile.newest(segment));
    this.#lead = lead;
    this.order = order;
    if (this.chosen !== null && !this.segments.has(this.chosen)) this.chosen = null;
    this.#count();
    this.#place();
  }

  #hear(event: TranslationEvent): void {
    this.#meanwhile.hear(event);
    if (event.kind === "progress") this.#progressed(event.translation, event.progress);
    if (event.translation !== this.id) return;
    switch (event.kind) {
      case "segment":
        this.put(event.segment);
        break;
      case "progress":
        this.progress = event.progress;
        break;
      case "finished":
        this.report = event.report;
        break;
      case "failed":
        this.error = event.error;
        break;
    }
  }

  #progressed(id: TranslationId, progress: TranslationProgress): void {
    this.list = this.list.map((each) => (each.id === id ? { ...each, progress } : each));
  }

  /** A segment as it is now. */
  put(segment: Segment): void {
    const before = this.segments.get(segment.id);
    if (!before) return;
    this.confirmed += Number(segment.state === "confirmed") - Number(before.state === "confirmed");
    this.segments.set(segment.id, segment);
  }

  async #ask(): Promise<void> {
    const { id } = this;
    if (id === null) return;
    const report = await this.desk.host.translationReport(id);
    if (id === this.id) this.report = report;
  }

  /** Changes a segment; its answer is the segment now. */
  async change(request: (id: SegmentId) => Promise<Segment>, id = this.chosen): Promise<boolean> {
    if (id === null) return false;
    return this.desk.attempt(async () => {
      this.put(await request(id));
      await this.#ask();
    });
  }

  choose(alternative: number): Promise<boolean> {
    return this.change((id) => this.desk.host.chooseAlternative(id, alternative));
  }

  edit(id: SegmentId, target: string): Promise<boolean> {
    if (this.segments.get(id)?.target === target) return Promise.resolve(true);
    return this.change((each) => this.desk.host.editSegment(each, target), id);
  }

  lock(): Promise<boolean> {
    const locked = this.current?.locked ?? false;
    return this.change((id) => this.desk.host.lockSegment(id, !locked));
  }

  /** Confirms the chosen sentence, and goes on to the next. */
  async confirm(): Promise<void> {
    const { chosen } = this;
    if (await this.change((id) => this.desk.host.confirmSegment(id))) {
      if (chosen === this.chosen) this.step(1);
    }
  }

  async translateAgain(): Promise<void> {
    const { chosen } = this;
    if (chosen === null || this.again.has(chosen)) return;
    this.again.set(chosen, true);
    await this.change((id) => this.desk.host.translateAgain(id));
    this.again.delete(chosen);
  }

  /** Chooses the sentence before or behind. */
  step(by: -1 | 1): void {
    const at = this.chosen === null ? -1 : this.order.indexOf(this.chosen);
    this.chosen = this.order[at + by] ?? this.chosen;
  }

  /** Chooses what is written; nothing lets it follow the text. */
  async direct(to: TargetLanguage | null): Promise<void> {
    this.wanted = to;
    const { id } = this;
    if (id === null) return;
    await this.flush();
    await this.desk.attempt(() =>
      this.#meanwhile.question(
        () => this.desk.host.setTranslationTarget(id, to),
        (open) => this.#take(open),
      ),
    );
  }

  /** Turns the direction around. */
  turn(): Promise<void> {
    return this.direct(otherThan(this.summary?.to ?? this.wanted ?? "simplified"));
  }

  async useWork(work: number | null): Promise<void> {
    const { id } = this;
    if (id === null) return;
    await this.desk.attempt(async () => {
      await this.#meanwhile.question(
        () => this.desk.host.setTranslationWork(id, work),
        (open) => this.#take(open),
      );
      await this.refresh();
    });
  }

  pause(): Promise<boolean> {
    return this.#command((id) => this.desk.host.pauseTranslation(id));
  }

  resume(): Promise<boolean> {
    this.error = null;
    return this.#command((id) => this.desk.host.resumeTranslation(id));
  }

  /** Tries once more what has failed. */
  async retry(): Promise<void> {
    this.error = null;
    if (this.progress?.status === "failed") await this.resume();
    else {
      this.waiting = true;
      await this.flush();
    }
  }

  stop(): Promise<boolean> {
    return this.#command((id) => this.desk.host.stopTranslation(id));
  }

  async #command(request: (id: TranslationId) => Promise<void>): Promise<boolean> {
    const { id } = this;
    return id !== null && this.desk.attempt(() => request(id));
  }
}
