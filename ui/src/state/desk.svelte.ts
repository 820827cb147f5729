// What the window knows of the desk: one place, changed by the desk's answers.
//
// Invariant: the library is always the desk's last answer; every failure becomes something that a person can read.

import type {
  ApiError,
  ChapterId,
  ComputeOn,
  Counts,
  DeskState,
  Downloads,
  Host,
  Library,
  ModelShelf,
  ModelStatus,
  ModelTask,
  Notice,
  Recovered,
  Settings,
  ShelvedModel,
  WorkSummary,
} from "../host";
import { asApiError } from "../host";
import { i18n } from "../i18n/index.svelte";

export type Panel = "write" | "translate" | "summarize" | "sentiment" | "history" | "models" | "settings";

/** A stretch of a chapter to go to. */
export interface Jump {
  chapter: ChapterId;
  from: number;
  to: number;
}

const SETTINGS_DELAY_MS = 300;

export class Desk {
  readonly host: Host;
  opened = $state(false);
  cannotOpen = $state<ApiError | null>(null);
  library = $state.raw<Library>({ works: [], bin: [] });
  settings = $state.raw<Settings | null>(null);
  model = $state.raw<ModelStatus | null>(null);
  notices = $state.raw<Notice[]>([]);
  recovered = $state.raw<Recovered[]>([]);
  failure = $state.raw<ApiError | null>(null);
  libraryFolder = $state("");
  requests = $state(0);
  /** Whose graphics cards this edition can use. */
  gpu = $state<string | null>(null);
  shelf = $state.raw<ModelShelf | null>(null);
  downloads = $state.raw<Downloads>({ list: [], finished: 0, requests: 0 });
  panel = $state<Panel>("write");
  focus = $state(false);
  palette = $state(false);
  chapter = $state<ChapterId | null>(null);
  jump = $state.raw<Jump | null>(null);
  #systemLocale = "en";
  #settingsTimer: ReturnType<typeof setTimeout> | null = null;

  constructor(host: Host) {
    this.host = host;
    i18n.choose("system", navigator.language);
  }

  /** Asks for everything that the window needs. */
  async open(): Promise<void> {
    this.cannotOpen = null;
    try {
      this.#take(await this.host.deskState());
      await this.host.watchModel((status) => (this.model = status));
      await this.host.watchDownloads((downloads) => {
        this.downloads = downloads;
        this.requests = downloads.requests;
      });
    } catch (thrown) {
      this.cannotOpen = asApiError(thrown);
    }
  }

  #take(state: DeskState): void {
    this.library = state.library;
    this.settings = state.settings;
    this.model = state.model;
    this.notices = state.notices;
    this.recovered = state.recovered;
    this.libraryFolder = state.libraryFolder;
    this.requests = state.networkRequests;
    this.gpu = state.gpu;
    this.#systemLocale = state.systemLocale;
    this.#show(state.settings);
    const chapters = state.library.works.flatMap((work) => work.chapters);
    const last = chapters.find((chapter) => chapter.id === state.settings.lastChapter);
    const recovered = state.recovered.find((each) => each.chapter !== null)?.chapter;
    this.chapter = recovered ?? (last ?? this.#firstFor(state.library))?.id ?? null;
    this.opened = true;
  }

  /** On a fresh desk, the sample in the interface's language. */
  #firstFor({ works }: Library) {
    const zh = i18n.language === "zh";
    const fitting = works.find((work) => work.counts.han > work.counts.words === zh);
    return (fitting ?? works[0])?.chapters[0];
  }

  /** Runs a request; a failure is shown. Answers whether it went well. */
  async attempt(request: () => Promise<void>): Promise<boolean> {
    try {
      await request();
      return true;
    } catch (thrown) {
      this.failure = asApiError(thrown);
      return false;
    }
  }

  /** As `attempt`, of what is tried again by itself: once it goes well, its failure is no longer shown. */
  attempts(request: () => Promise<void>): () => Promise<boolean> {
    let shown: ApiError | null = null;
    return async () => {
      const went = await this.attempt(request);
      if (went && shown !== null && this.failure === shown) this.failure = null;
      shown = went ? null : this.failure;
      return went;
    };
  }

  /** A change of the library; its answer is the library now. */
  change(request: Promise<Library>): Promise<boolean> {
    return this.attempt(async () => {
      this.library = await request;
      const exists = this.library.works.some((work) => work.chapters.some(({ id }) => id === this.chapter));
      if (!exists) this.chapter = this.#firstFor(this.library)?.id ?? null;
    });
  }

  /** Shows the shelf of models that a request answers with. */
  showShelf(request: Promise<ModelShelf>): Promise<boolean> {
    return this.attempt(async () => {
      this.shelf = await request;
    });
  }

  /** Uses a model for a task from now on, or none. One that writes brings its own voice, if it has one. */
  async useModel(task: ModelTask, model: ShelvedModel | null): Promise<boolean> {
    if (!(await this.attempt(() => this.host.useModel(task, model?.path ?? null)))) return false;
    if (task === "story" && model?.defaults) this.changeSettings({ writing: model.defaults });
    return this.showShelf(this.host.models());
  }

  /** The desk loads its model once more, there. */
  async computeOn(device: ComputeOn): Promise<void> {
    this.changeSettings({ computeOn: device });
    await this.flushSettings();
  }

  /** The library as it is now, where the desk has changed it by itself. */
  refreshLibrary(): Promise<boolean> {
    return this.attempt(async () => {
      this.library = (await this.host.deskState()).library;
    });
  }

  async createWork(): Promise<boolean> {
    return this.attempt(async () => {
      const created = await this.host.createWork(i18n.t.library.untitledWork);
      this.library = created.library;
      this.goTo(created.chapter);
    });
  }

  async createChapter(work: WorkSummary): Promise<boolean> {
    return this.attempt(async () => {
      const created = await this.host.createChapter(work.id, i18n.t.library.untitledChapter, null);
      this.library = created.library;
      this.goTo(created.chapter);
    });
  }

  goTo(chapter: ChapterId, place?: { from: number; to: number }): void {
    this.chapter = chapter;
    this.panel = "write";
    this.jump = place ? { chapter, ...place } : null;
    this.changeSettings({ lastChapter: chapter });
  }

  /** A text and what stands beside it take the library's room. */
  get hasLibrary(): boolean {
    return !["translate", "summarize", "sentiment"].includes(this.panel);
  }

  /** Chapter and work of the open page. */
  get place() {
    for (const work of this.library.works) {
      const chapter = work.chapters.find(({ id }) => id === this.chapter);
      if (chapter) return { work, chapter };
    }
    return null;
  }

  /** A chapter's length has changed with a save. */
  count(chapter: ChapterId, counts: Counts): void {
    const works = this.library.works.map((work) => {
      if (!work.chapters.some(({ id }) => id === chapter)) return work;
      const chapters = work.chapters.map((each) => (each.id === chapter ? { ...each, counts } : each));
      const sum = (of: keyof Counts) => chapters.reduce((total, each) => total + each.counts[of], 0);
      return { ...work, chapters, counts: { han: sum("han"), words: sum("words"), characters: sum("characters") } };
    });
    this.library = { ...this.library, works };
  }

  /** Takes effect at once and is stored soon. */
  changeSettings(change: Partial<Settings>): void {
    if (!this.settings) return;
    this.settings = { ...this.settings, ...change };
    this.#show(this.settings);
    if (this.#settingsTimer !== null) clearTimeout(this.#settingsTimer);
    this.#settingsTimer = setTimeout(() => void this.flushSettings(), SETTINGS_DELAY_MS);
  }

  async flushSettings(): Promise<void> {
    if (this.#settingsTimer === null || !this.settings) return;
    clearTimeout(this.#settingsTimer);
    this.#settingsTimer = null;
    const settings = this.settings;
    await this.attempt(() => this.host.saveSettings(settings));
  }

  #show(settings: Settings): void {
    i18n.choose(settings.language, this.#systemLocale);
    const dark = settings.theme === "system" ? matchMedia("(prefers-color-scheme: dark)").matches : settings.theme === "dark";
    const root = document.documentElement;
    root.dataset["theme"] = dark ? "dark" : "light";
    root.dataset["tint"] = settings.tintModelText ? "on" : "off";
    root.style.setProperty("--page-size", `${settings.pageSize}px`);
    if (settings.pageFont === "") root.style.removeProperty("--page-font");
    else root.style.setProperty("--page-font", `${JSON.stringify(settings.pageFont)}, var(--serif)`);
  }

  toggleTheme(): void {
    const dark = document.documentElement.dataset["theme"] === "dark";
    this.changeSettings({ theme: dark ? "light" : "dark" });
  }
}
