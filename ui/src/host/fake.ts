// A desk in memory, for tests and for looking at the interface in a bare browser. It recites instead of thinking.
//
// Invariant: it keeps the desk's promises that the interface relies on: versions count up, a conflict is refused, one
// generation at a time, text is told in whole characters.

import type {
  ApiError,
  ChapterId,
  ChapterPage,
  ContextReport,
  ContinueRequest,
  DeskState,
  Edit,
  GenerationDetail,
  GenerationStart,
  GenerationSummary,
  Host,
  Library,
  LibraryItem,
  ModelShelf,
  ModelTask,
  Settings,
  SummaryId,
  ModelStatus,
  ShelvedModel,
  StoryEvent,
  WorkId,
} from "./host";
import { fakeHub, type FakeHub } from "./fake-hub";
import { fakeMoods, type FakeMoods } from "./fake-moods";
import { fakeServers } from "./fake-servers";
import { fakeSummaries, type FakeSummaries } from "./fake-summaries";
import { fakeTranslations, type FakeTranslations } from "./fake-translations";
import { SAMPLING_OFF } from "./host";

const MODEL = "Bimo story starter";
const TRANSLATOR = "Bimo translator starter";
const CLASSIFIER = "Bimo sentiment starter";
const RECITED = {
  en: [
    " The glass was cold where she leaned on it. Below, the gulls were walking about on the rocks, all of them, facing the sea.",
    " She took the spare lantern from its hook, and then she put it back, because her hand had begun to shake.",
    " Somewhere under the floor a door closed, though there was no wind to close it.",
  ],
  zh: [
    "灯芯轻轻响了一声。她抬起头，看见窗外的雨停了，河面上浮着一层薄薄的雾。",
    "门外传来脚步声，很慢，像是在等人开口。",
    "她把信折好，放回抽屉里，再也没有看第二眼。",
  ],
};

export interface FakeOptions {
  /** What is recited, one after another; by the text's own language where nothing is given. */
  script?: string[];
  /** Milliseconds between two pieces of text; 0 tells everything in one go. */
  pace?: number;
  settings?: Partial<Settings>;
  state?: Partial<DeskState>;
  /** Why the folder of downloaded models cannot be read. */
  folderProblem?: ApiError;
  /** The folder that a person chooses. */
  folder?: string;
  /** Whether a key can be kept. */
  keyring?: boolean;
}

export interface FakeHost extends Host {
  /** The stored pages, to look at. */
  readonly pages: Map<ChapterId, ChapterPage>;
  /** The hub behind it, to move downloads on. */
  readonly hub: FakeHub;
  /** The translator behind it. */
  readonly translator: FakeTranslations;
  /** Summaries and who makes them. */
  readonly summarizing: FakeSummaries;
  /** The classifier behind it. */
  readonly feelings: FakeMoods;
  /** Every call by name, oldest first. */
  readonly calls: string[];
  /** Lets the next call of that name fail. */
  failNext(name: keyof Host, error: Partial<ApiError>): void;
  /** The model that writes fails. */
  failModel(error: Partial<ApiError>): void;
  /** What closing the window does. */
  close(): Promise<void>;
}

const HAN = /\p{Script=Han}/gu;
const WORD = /[\p{L}\p{N}]+(?:['’][\p{L}]+)*/gu;

export function countsOf(text: string) {
  const han = text.match(HAN)?.length ?? 0;
  const words = text.replace(HAN, " ").match(WORD)?.length ?? 0;
  return { han, words, characters: text.replace(/\s/gu, "").length };
}

function apply(body: string, edits: Edit[]): string {
  return edits.reduce((text, edit) => text.slice(0, edit.from) + edit.insert + text.slice(edit.to), body);
}

const pause = (milliseconds: number) => new Promise((done) => setTimeout(done, milliseconds));

export function fakeHost(options: FakeOptions = {}): FakeHost {
  const pace = options.pace ?? 40;
  const pages = new Map<ChapterId, ChapterPage>();
  const generations = new Map<number, GenerationDetail & { group: number; edited?: string }>();
  const failures = new Map<string, ApiError>();
  const calls: string[] = [];
  const library: Library = { works: [], bin: [] };
  const binned = new Map<string, { item: LibraryItem; put: () => void }>();
  let numbers = 0;
  let writing = false;
  let stopped = false;
  let recited = 0;
  let closing: () => Promise<void> = () => Promise.resolve();
  let settings: Settings = {
    theme: "system",
    language: "system",
    pageFont: "",
    pageSize: 19,
    tintModelText: true,
    threads: 0,
    idleMinutes: 30,
    computeOn: "fastest",
    cacheBits: "automatic",
    writing: { wildness: 0.5, length: 120, finishSentence: true, sampling: null, seed: null },
    libraryWidth: 248,
    inspectorOpen: true,
    lastChapter: null,
    ...options.settings,
  };

  const fail = (code: string): ApiError => ({ code, message: code, detail: null, retryable: false, shortage: null });
  let tellModel: () => void = () => undefined;
  const remote = fakeServers(fail, options.keyring ?? true, () => {
    tellModel();
    translator.tellModel();
  });
  const page = (chapter: ChapterId): ChapterPage => {
    const found = pages.get(chapter);
    if (!found) throw fail("not_found");
    return found;
  };
  const work = (id: WorkId) => {
    const found = library.works.find((each) => each.id === id);
    if (!found) throw fail("not_found");
    return found;
  };
  const tree = (): Library => {
    for (const each of library.works) {
      each.chapters = each.chapters.map((c) => ({ ...c, counts: countsOf(page(c.id).body) }));
      each.counts = each.chapters.reduce(
        (sum, { counts }) => ({
          han: sum.han + counts.han,
          words: sum.words + counts.words,
          characters: sum.characters + counts.characters,
        }),
        { han: 0, words: 0, characters: 0 },
      );
    }
    return structuredClone(library);
  };
  const addChapter = (of: WorkId, title: string, body: string, position?: number | null): ChapterId => {
    const id = ++numbers;
    const guidance = { memory: "", note: "", noteDepth: 3 };
    pages.set(id, { id, work: of, title, body, version: 0, authorship: [], counts: countsOf(body), guidance });
    work(of).chapters.splice(position ?? 1e9, 0, { id, title, counts: countsOf(body) });
    return id;
  };
  const addWork = (title: string, chapter: string, body: string): ChapterId => {
    const id = ++numbers;
    library.works.push({ id, title, counts: countsOf(body), goal: null, chapters: [] });
    return addChapter(id, chapter, body);
  };
  const move = <T extends { id: number }>(list: T[], id: number, position: number) => {
    const at = list.findIndex((each) => each.id === id);
    if (at < 0) throw fail("not_found");
    list.splice(position, 0, ...list.splice(at, 1));
  };
  const report = (request: ContinueRequest): ContextReport => {
    const text = page(request.chapter).body.slice(0, request.caret);
    const { memory, note } = page(request.chapter).guidance;
    const tokens = (piece: string) => Math.ceil(piece.length / 3);
    const pieces = [
      { kind: "memory" as const, text: memory, tokens: tokens(memory) },
      { kind: "text" as const, text, tokens: tokens(text) },
      { kind: "note" as const, text: note, tokens: tokens(note) },
    ].filter((piece) => piece.text !== "");
    const promptTokens = pieces.reduce((sum, piece) => sum + piece.tokens, 0);
    const reservedTokens = request.writing.length;
    return { pieces, promptTokens, reservedTokens, contextLength: 1024, dropped: 0, reusedTokens: null };
  };
  const begin = (request: ContinueRequest, context: ContextReport): GenerationStart[] =>
    Array.from({ length: request.choices }, () => {
      const id = ++numbers;
      const seed = request.writing.seed ?? 41 + generations.size;
      const summary: GenerationSummary = {
        id,
        chapter: request.chapter,
        chapterTitle: page(request.chapter).title,
        createdAtMs: Date.now(),
        status: "running",
        finish: null,
        output: "",
        model: MODEL,
        seed,
        tokens: 0,
        tokensPerSecond: null,
      };
      const group = request.tryOf === null ? id : (generations.get(request.tryOf)?.group ?? id);
      const sampling = { ...(request.writing.sampling ?? SAMPLING_OFF), seed };
      generations.set(id, {
        summary,
        thoughts: "",
        prompt: context.pieces,
        sampling,
        maxTokens: request.writing.length,
        modelSha256: "0".repeat(64),
        promptTokens: context.promptTokens,
        reusedTokens: 0,
        prefillSeconds: 0.05,
        decodeSeconds: 1,
        error: null,
        group,
      });
      return { id, seed };
    });
  const recite = async (starts: GenerationStart[], texts: string[], tell: (event: StoryEvent) => void) => {
    const told = starts.map(({ id }, choice) => {
      // As a thinking model writes: the desk tells of the words, and keeps the thought in the history.
      const [, thought = "", said = ""] = /^(?:<think>([^]*?)<\/think>)?([^]*)$/.exec(texts[choice] ?? "") ?? [];
      const detail = generations.get(id);
      if (detail) detail.thoughts = thought;
      const words = thought.split(/\s+/).filter((word) => word !== "").length;
      if (words > 0) tell({ kind: "thinking", generation: id, words });
      return said;
    });
    const pieces = told.map((text) => text.match(/\s*[\p{L}\p{N}]{1,4}|[^]/gu) ?? []);
    const longest = Math.max(...pieces.map((each) => each.length));
    for (let at = 0; at < longest && !stopped; at++) {
      if (pace > 0) await pause(pace);
      for (const [choice, { id }] of starts.entries()) {
        const text = pieces[choice]?.[at];
        const detail = generations.get(id);
        if (text === undefined || !detail || stopped) continue;
        detail.summary.output += text;
        detail.summary.tokens += 1;
        tell({ kind: "text", generation: id, text, tokens: detail.summary.tokens });
      }
    }
    writing = false;
    for (const { id } of starts) {
      const detail = generations.get(id);
      if (!detail) continue;
      const finish = stopped ? ("cancelled" as const) : ("sentence_end" as const);
      Object.assign(detail.summary, { status: stopped ? "stopped" : "complete", finish, tokensPerSecond: 24 });
      tell({ kind: "finished", generation: id, finish, tokens: detail.summary.tokens, tokensPerSecond: 24 });
    }
  };
  const write = (request: ContinueRequest, texts: string[] | null, tell: (event: StoryEvent) => void) => {
    if (writing) throw fail("busy");
    if (page(request.chapter).version !== request.version) throw fail("version_conflict");
    writing = true;
    stopped = false;
    const context = report(request);
    const starts = begin(request, context);
    tell({ kind: "started", generations: starts, context });
    tell({ kind: "prefill", done: 0, total: context.promptTokens, reused: 0 });
    tell({ kind: "prefill", done: context.promptTokens, total: context.promptTokens, reused: 0 });
    const before = page(request.chapter).body.slice(0, request.caret);
    const script = options.script ?? RECITED[/\p{Script=Han}/u.test(before.slice(-40)) ? "zh" : "en"];
    const next = texts ?? starts.map(() => script[recited++ % script.length] ?? "");
    void recite(starts, next, tell);
  };

  let modelError: ApiError | null = null;
  let watchingModel: (status: ModelStatus) => void = () => {};
  const brought: ShelvedModel[] = [];
  const used = new Map<ModelTask, string | null>();
  const doneBy = (task: ModelTask) => used.get(task) ?? null;
  const shelved = (path: string | null, name: string, task: ModelTask): ShelvedModel => ({
    path,
    name,
    from: path === null ? "starter" : "brought",
    address: null,
    tasks: [task],
    usedFor: [],
    defaults: null,
    contextLength: path === null ? 0 : 32_768,
    contextLimit: null,
    architecture: path === null ? "" : task === "story" ? "qwen3" : "marian",
    parameters: path === null ? 0 : 596e6,
    bytes: 639e6,
    needBytes: path === null ? 0 : 1.4e9,
    freeBytes: 8e9,
    problem: null,
  });
  const defaults = new Map<string | null, ShelvedModel["defaults"]>();
  const limits = new Map<string | null, number | null>();
  const shelf = (): ModelShelf => {
    const starters = [shelved(null, MODEL, "story"), shelved(null, TRANSLATOR, "translate"), shelved(null, CLASSIFIER, "sentiment")];
    const models = [...starters, ...brought].map((each) => ({
      ...each,
      usedFor: each.tasks.filter((task) => each.path === doneBy(task)),
      defaults: each.tasks.includes("story") ? (defaults.get(each.path) ?? null) : null,
      contextLimit: limits.get(each.path) ?? null,
    }));
    const tasks = (["story", "translate", "sentiment"] as const).map((task) => {
      const model = models.find((each) => each.usedFor.includes(task));
      const byServer = remote.goesTo(task) !== null;
      return { task, name: byServer ? "The cluster" : (model?.name ?? null), path: model?.path ?? null, byServer };
    });
    return { tasks, models, ...folder };
  };
  const folder = {
    folder: "/home/writer/.local/share/bimo/models",
    folderProblem: options.folderProblem ?? null,
  };
  const hub = fakeHub(fail, (address, path) => {
    const task = address.includes("bart") ? "summarize" : "story";
    brought.push({ ...shelved(path, address.split("/").at(-1) ?? address, task), from: "fetched", address });
  });
  const summarizing = fakeSummaries({ fail, pace, chapter: page, work });
  const translator = fakeTranslations({
    fail,
    pace: pace * 12,
    chapter: page,
    addChapter,
    goesTo: () => remote.goesTo("translate"),
  });
  const { documents, textsOf } = translator;
  const summary = async (id: SummaryId) => {
    const { entry, outcome } = await summarizing.commands.openSummary(id);
    return { title: entry.title, text: outcome.text };
  };
  const feelings = fakeMoods({ fail, pace: pace * 3, library, chapter: page, translation: textsOf, summary, documents });

  const answers: Host = {
    deskState: async () => ({
      library: tree(),
      settings: structuredClone(settings),
      model: await modelStatus(),
      recovered: [],
      notices: [],
      libraryFolder: "/home/writer/Bimo",
      networkRequests: 0,
      gpu: null,
      systemLocale: "en-US",
      ...options.state,
    }),
    saveSettings: async (next) => {
      if (next.computeOn !== settings.computeOn) modelError = null;
      settings = structuredClone(next);
      tellModel();
    },
    reloadModel: async () => tellModel(),
    memoryUse: async () => ({ modelBytes: 12_300_000, cacheBytes: 4_200_000, programBytes: 150e6, freeBytes: 8e9 }),
    limitContext: async (path, tokens) => {
      limits.set(path, tokens);
      return shelf();
    },
    watchModel: async (onStatus) => {
      watchingModel = onStatus;
      tellModel = () => void modelStatus().then(onStatus);
      onStatus(await modelStatus());
    },
    modelCard: async () => `# ${MODEL}\n\nA **small** model for trying the desk.\n\n- Vocabulary: 16,384\n`,
    models: async () => shelf(),
    bringModel: async (path) => {
      const task = path.includes("opus-mt") ? "translate" : path.includes("classifier") ? "sentiment" : "story";
      brought.push(shelved(path, path.split("/").at(-1) ?? path, task));
      return shelf();
    },
    forgetModel: async (path) => {
      brought.splice(brought.findIndex((each) => each.path === path), 1);
      for (const [task, by] of used) if (by === path) used.delete(task);
      return shelf();
    },
    unloadModel: async () => {
      watchingModel({ ...(await modelStatus()), state: "unloaded" });
    },
    removeModel: async (address) => {
      brought.splice(brought.findIndex((each) => each.address === address), 1);
      return shelf();
    },
    useModel: async (task, path) => {
      used.set(task, path);
      remote.leave(task);
      if (task === "summarize") summarizing.rewriter.name = brought.find((each) => each.path === path)?.name ?? null;
      tellModel();
      translator.tellModel();
    },
    keepDefaults: async (path, kept) => {
      defaults.set(path, kept);
      return shelf();
    },
    ...hub.host,
    ...remote.commands,
    ...translator.commands,
    ...summarizing.commands,
    ...feelings.commands,
    chooseModelFile: async () => "/models/qwen3-0.6b.gguf",
    setLibraryFolder: async (path) => path,
    chooseFolder: async () => options.folder ?? null,
    beforeClosing: async (save) => {
      closing = save;
    },
    createWork: async (title) => {
      const chapter = addWork(title, "", "");
      return { library: tree(), chapter };
    },
    createChapter: async (of, title, position) => {
      const chapter = addChapter(of, title, "", position);
      return { library: tree(), chapter };
    },
    rename: async (item, title) => {
      if (item.kind === "work") work(item.id).title = title;
      else {
        const chapter = page(item.id);
        chapter.title = title;
        for (const entry of work(chapter.work).chapters) if (entry.id === item.id) entry.title = title;
      }
      return tree();
    },
    moveWork: async (id, position) => {
      move(library.works, id, position);
      return tree();
    },
    moveChapter: async (id, to, position) => {
      const from = work(page(id).work);
      if (from.id !== to) {
        const at = from.chapters.findIndex((each) => each.id === id);
        work(to).chapters.push(...from.chapters.splice(at, 1));
        page(id).work = to;
      }
      move(work(to).chapters, id, position);
      return tree();
    },
    setGoal: async (id, goal) => {
      work(id).goal = goal;
      return tree();
    },
    moveToBin: async (item) => {
      const home = (): { id: number; title: string }[] =>
        item.kind === "work" ? library.works : work(page(item.id).work).chapters;
      const at = home().findIndex((each) => each.id === item.id);
      const [taken] = home().splice(at, 1);
      if (!taken) throw fail("not_found");
      const workTitle = item.kind === "work" ? null : work(page(item.id).work).title;
      library.bin.unshift({ item, title: taken.title, workTitle, binnedAtMs: Date.now() });
      binned.set(JSON.stringify(item), { item, put: () => home().splice(at, 0, taken) });
      return tree();
    },
    restore: async (item) => {
      binned.get(JSON.stringify(item))?.put();
      library.bin = library.bin.filter((each) => JSON.stringify(each.item) !== JSON.stringify(item));
      return tree();
    },
    deleteForever: async (item) => {
      library.bin = library.bin.filter((each) => JSON.stringify(each.item) !== JSON.stringify(item));
      return tree();
    },
    searchLibrary: async (query) =>
      library.works.flatMap((each) =>
        each.chapters.flatMap(({ id, title }) => {
          const { body } = page(id);
          const from = body.indexOf(query);
          if (from < 0 || query === "") return [];
          const to = from + query.length;
          const [before, after] = [body.slice(Math.max(0, from - 24), from), body.slice(to, to + 40)];
          return [{ chapter: id, chapterTitle: title, workTitle: each.title, from, to, before, matched: query, after }];
        }),
      ),
    openChapter: async (chapter) => structuredClone(page(chapter)),
    saveEdits: async (chapter, version, edits) => {
      const stored = page(chapter);
      if (stored.version !== version) throw fail("version_conflict");
      stored.body = apply(stored.body, edits);
      if (edits.length > 0) stored.version += 1;
      stored.counts = countsOf(stored.body);
      return { version: stored.version, counts: stored.counts };
    },
    replacePage: async (chapter, body, authorship) => {
      const stored = page(chapter);
      Object.assign(stored, { body, authorship, counts: countsOf(body), version: stored.version + 1 });
      return { version: stored.version, counts: stored.counts };
    },
    saveGuidance: async (of, guidance) => {
      for (const { id } of work(of).chapters) page(id).guidance = structuredClone(guidance);
    },
    continueStory: async (request, tell) => write(request, null, tell),
    stopWriting: async () => {
      stopped = true;
    },
    previewContext: async (request) => report(request),
    readAhead: async () => undefined,
    tries: async (id) => {
      const group = generations.get(id)?.group;
      const all = [...generations.values()].filter((each) => each.group === group);
      return all.map(({ summary, edited }) => ({ id: summary.id, text: edited ?? summary.output, seed: summary.seed }));
    },
    keepEditedTry: async (id, text) => {
      const detail = generations.get(id);
      if (detail) detail.edited = text;
    },
    history: async ({ text, chapter, before, limit }) =>
      [...generations.values()]
        .map(({ summary }) => structuredClone(summary))
        .filter((each) => each.output.includes(text) && (chapter === null || each.chapter === chapter))
        .filter((each) => before === null || each.id < before)
        .sort((a, b) => b.id - a.id)
        .slice(0, limit),
    generation: async (id) => {
      const detail = generations.get(id);
      if (!detail) throw fail("not_found");
      return structuredClone(detail);
    },
    writeAgain: async (id, tell) => {
      const detail = generations.get(id);
      if (!detail?.summary.chapter) throw fail("not_found");
      const { chapter, output, seed } = detail.summary;
      const writingParams = { ...settings.writing, seed };
      const { version, body } = page(chapter);
      const request = { chapter, version, caret: body.length, choices: 1, tryOf: null, writing: writingParams };
      write(request, [output], tell);
    },
  };
  async function modelStatus(): Promise<ModelStatus> {
    return {
      state: modelError ? "failed" : "ready",
      name: MODEL,
      starter: true,
      architecture: "llama · Q8_0",
      parameters: 11_013_888,
      contextLength: 1024,
      device: "CPU",
      deviceReason: { code: "built_for_processor" as const },
      bytes: 12_300_000,
      goesTo: remote.goesTo("story"),
      error: modelError,
    };
  }

  addWork(
    "The Lighthouse Keeper",
    "A Light at Sea",
    "# A Light at Sea\n\nThe lamp had been burning for an hour before Mara saw the other one. It stood far out, beyond the shoal where no boat had any business on such a night, and it did not move with the swell.\n\nShe counted. Four seconds dark, one second bright. Four dark, one bright. It was her own signal, given back to her from the water.\n\n“Eli,” she said, though nobody had called that name on the Point for seventeen years.",
  );
  addWork(
    "江南旧事",
    "第一回　雨夜来客",
    "# 雨夜来客\n\n雨下到第三天，渡口已经没有船了。老陈把最后一块木板钉在门上，回头看见灯影里站着一个人。\n\n“这么大的雨，”那人说，“劳驾，借一碗热茶。”\n\n老陈没有问他从哪里来。渡口的规矩，雨夜里的客人，天亮以前不问姓名。",
  );

  const host = Object.fromEntries(
    Object.entries(answers).map(([name, answer]) => [
      name,
      (...args: never[]) => {
        calls.push(name);
        const failure = failures.get(name);
        failures.delete(name);
        if (failure) return Promise.reject(failure);
        return (answer as (...args: never[]) => Promise<unknown>)(...args);
      },
    ]),
  ) as unknown as Host;
  return {
    ...host,
    hub,
    translator,
    summarizing,
    feelings,
    pages,
    calls,
    failNext: (name, error) => failures.set(name, { ...fail("internal"), ...error }),
    close: () => closing(),
    failModel: (error) => {
      modelError = { ...fail("internal"), ...error };
      tellModel();
    },
  };
}
