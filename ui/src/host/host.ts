// The desk as the window sees it: one method for each thing a person can do.
//
// Invariant: nothing outside this folder knows how a request travels. `tauri.ts` sends it to the program, `fake.ts`
// answers from memory. Every method rejects with an `ApiError` and with nothing else.

import type {
  ApiError,
  AuthorSpan,
  CatalogueEntry,
  ChapterId,
  ChapterPage,
  ChapterRevision,
  ContextReport,
  ContinueRequest,
  Created,
  DeskState,
  DictionaryEntry,
  DictionaryStatus,
  Downloads,
  Edit,
  Edition,
  FoundModel,
  GenerationDetail,
  GenerationId,
  GenerationSummary,
  GlossaryEntry,
  GlossaryEntryId,
  Guidance,
  HistoryQuery,
  HubAccess,
  Imported,
  KnownServer,
  Library,
  LibraryItem,
  MemoryId,
  MemoryMatch,
  MemoryPair,
  MemoryUse,
  ModelOffer,
  ModelShelf,
  ModelStatus,
  ModelTask,
  MoodCharacter,
  MoodCharacters,
  MoodComparison,
  MoodDraft,
  MoodEvent,
  MoodMeasure,
  MoodReadingId,
  MoodRequest,
  MoodView,
  MoodWish,
  MoodWords,
  NetworkRequest,
  NewServer,
  OpenSummary,
  OpenTranslation,
  SamplingParams,
  Saved,
  SearchHit,
  Segment,
  SegmentId,
  Settings,
  SourceChange,
  SourceText,
  StoryEvent,
  Summarizer,
  SummaryDraft,
  SummaryEntry,
  SummaryEvent,
  SummaryId,
  SummaryRequest,
  SummarySource,
  TableColumns,
  TargetLanguage,
  TranslationEvent,
  TranslationId,
  TranslationReport,
  TranslationSummary,
  Try,
  WorkId,
  WritingParams,
} from "../generated/bindings";

export type * from "../generated/bindings";

export interface Host {
  deskState(): Promise<DeskState>;
  saveSettings(settings: Settings): Promise<void>;
  /** Tells the model's state at once and whenever it changes. */
  watchModel(onStatus: (status: ModelStatus) => void): Promise<void>;
  modelCard(): Promise<string>;
  /** The models to choose from, the one in the program first. */
  models(): Promise<ModelShelf>;
  bringModel(path: string): Promise<ModelShelf>;
  forgetModel(path: string): Promise<ModelShelf>;
  /** Deletes a model that was downloaded. */
  removeModel(address: string): Promise<ModelShelf>;
  /** Answers at once; `watchModel` tells when it is ready. */
  useModel(task: ModelTask, path: string | null): Promise<void>;
  unloadModel(): Promise<void>;
  /** Loads the model that writes once more, after a failure. */
  reloadModel(): Promise<void>;
  memoryUse(): Promise<MemoryUse>;
  /** How a model writes unless the person says otherwise; null forgets that. */
  keepDefaults(path: string | null, defaults: WritingParams | null): Promise<ModelShelf>;
  /** Gives a model fewer tokens to read than it could; null gives it all. */
  limitContext(path: string, tokens: number | null): Promise<ModelShelf>;
  /** Models that are worth knowing of, as they are for this computer now; asks nobody. */
  catalogue(): Promise<CatalogueEntry[]>;
  searchModels(words: string): Promise<FoundModel[]>;
  /** What a name or the address of a page means, before anything is fetched. */
  offerModel(name: string): Promise<ModelOffer>;
  /** Tells all downloads at once and whenever something changes, at most ten times a second. */
  watchDownloads(onDownloads: (downloads: Downloads) => void): Promise<void>;
  downloadModel(address: string, pickle: boolean): Promise<void>;
  pauseDownload(address: string): Promise<void>;
  moveDownload(address: string, position: number): Promise<void>;
  /** With `deletePart` what has come is deleted; without, it rests at the end of the list. */
  cancelDownload(address: string, deletePart: boolean): Promise<void>;
  hubAccess(): Promise<HubAccess>;
  setHub(mirror: string, proxy: string): Promise<HubAccess>;
  /** An empty token takes it away; without `keep` it is known until the program is closed. */
  setHubToken(token: string, keep: boolean): Promise<HubAccess>;
  networkRequests(): Promise<NetworkRequest[]>;
  chooseModelFile(): Promise<string | null>;
  /** Servers that can write in place of a model on this computer; none is asked anything before it is used. */
  servers(): Promise<KnownServer[]>;
  /** `keepKey` puts its key into the system's keyring; else it is known until the program is closed. */
  addServer(server: NewServer, keepKey: boolean): Promise<KnownServer[]>;
  forgetServer(name: string): Promise<KnownServer[]>;
  /** Answers at once; `watchModel` tells when the server has answered. */
  useServer(task: ModelTask, name: string): Promise<void>;
  /** Asks a server for the names of its models. */
  serverModels(server: NewServer): Promise<string[]>;
  chooseFolder(): Promise<string | null>;
  setLibraryFolder(path: string): Promise<string>;
  /** `save` runs when the person closes the window, before it closes. */
  beforeClosing(save: () => Promise<void>): Promise<void>;

  createWork(title: string): Promise<Created>;
  createChapter(work: WorkId, title: string, position: number | null): Promise<Created>;
  rename(item: LibraryItem, title: string): Promise<Library>;
  moveWork(work: WorkId, position: number): Promise<Library>;
  moveChapter(chapter: ChapterId, work: WorkId, position: number): Promise<Library>;
  setGoal(work: WorkId, goal: number | null): Promise<Library>;
  moveToBin(item: LibraryItem): Promise<Library>;
  restore(item: LibraryItem): Promise<Library>;
  deleteForever(item: LibraryItem): Promise<Library>;
  searchLibrary(query: string): Promise<SearchHit[]>;

  openChapter(chapter: ChapterId): Promise<ChapterPage>;
  saveEdits(chapter: ChapterId, version: number, edits: Edit[]): Promise<Saved>;
  /** The whole text wins over what is stored; the desk keeps a revision of that. */
  replacePage(chapter: ChapterId, body: string, authorship: AuthorSpan[]): Promise<Saved>;
  saveGuidance(work: WorkId, guidance: Guidance): Promise<void>;

  /** Answers when the request is accepted; the events tell the rest, `finished` or `failed` last. */
  continueStory(request: ContinueRequest, onEvent: (event: StoryEvent) => void): Promise<void>;
  stopWriting(): Promise<void>;
  previewContext(request: ContinueRequest): Promise<ContextReport>;
  /** Has the model read what would be sent; answers when it has, or when something more urgent came. */
  readAhead(request: ContinueRequest): Promise<void>;
  tries(generation: GenerationId): Promise<Try[]>;
  keepEditedTry(generation: GenerationId, text: string): Promise<void>;
  history(query: HistoryQuery): Promise<GenerationSummary[]>;
  generation(id: GenerationId): Promise<GenerationDetail>;
  writeAgain(generation: GenerationId, onEvent: (event: StoryEvent) => void): Promise<void>;

  /** Tells whatever happens to any translation from now on; text has been stored when it is told. */
  watchTranslations(onEvent: (event: TranslationEvent) => void): Promise<void>;
  /** Tells the state of the model that translates at once and whenever it changes. */
  watchTranslator(onStatus: (status: ModelStatus) => void): Promise<void>;
  /** The one changed last first. */
  translations(): Promise<TranslationSummary[]>;
  /** An empty text; its direction follows what is typed where none is given. */
  newTranslation(work: WorkId | null, to: TargetLanguage | null): Promise<OpenTranslation>;
  openTranslation(translation: TranslationId): Promise<OpenTranslation>;
  deleteTranslation(translation: TranslationId): Promise<TranslationSummary[]>;
  /** The whole text as it is now; only sentences that are new are translated. */
  setTranslationSource(translation: TranslationId, text: string): Promise<SourceChange>;
  setTranslationTarget(translation: TranslationId, to: TargetLanguage | null): Promise<OpenTranslation>;
  setTranslationWork(translation: TranslationId, work: WorkId | null): Promise<OpenTranslation>;
  pauseTranslation(translation: TranslationId): Promise<void>;
  resumeTranslation(translation: TranslationId): Promise<void>;
  stopTranslation(translation: TranslationId): Promise<void>;
  chooseAlternative(segment: SegmentId, alternative: number): Promise<Segment>;
  editSegment(segment: SegmentId, target: string): Promise<Segment>;
  lockSegment(segment: SegmentId, locked: boolean): Promise<Segment>;
  /** The memory keeps it from then on. */
  confirmSegment(segment: SegmentId): Promise<Segment>;
  translateAgain(segment: SegmentId): Promise<Segment>;
  translationReport(translation: TranslationId): Promise<TranslationReport>;
  /** Into a linked chapter; goes on where it was begun already. */
  translateChapter(chapter: ChapterId, to: TargetLanguage | null): Promise<OpenTranslation>;
  importDocument(path: string, to: TargetLanguage | null): Promise<OpenTranslation>;
  /** A file whose place is not known; its content in Base64. */
  importDropped(name: string, content: string, to: TargetLanguage | null): Promise<OpenTranslation>;
  exportDocument(translation: TranslationId, path: string, edition: Edition): Promise<void>;
  chooseDocument(): Promise<string | null>;
  chooseTargetFile(name: string): Promise<string | null>;

  /** Tells whatever happens to any summary from now on; text has been stored when it is told. */
  watchSummaries(onEvent: (event: SummaryEvent) => void): Promise<void>;
  /** Tells the state of the model that rewrites at once and whenever it changes. */
  watchSummarizer(onStatus: (status: ModelStatus) => void): Promise<void>;
  /** Who would rewrite, before anything is asked. */
  summarizer(): Promise<Summarizer>;
  /** The newest first. */
  summaries(): Promise<SummaryEntry[]>;
  /** What would be summarised: the article of a page, the chapters of a work. Nothing is kept. */
  readSource(source: SummarySource): Promise<SourceText>;
  /** Keeps source and summary, and answers at once; key sentences are in the answer, the rest is told. */
  summarize(request: SummaryRequest): Promise<OpenSummary>;
  openSummary(summary: SummaryId): Promise<OpenSummary>;
  /** What is written stays. */
  stopSummary(summary: SummaryId): Promise<void>;
  deleteSummary(summary: SummaryId): Promise<SummaryEntry[]>;
  /** Markdown or plain text, by the path's ending. */
  exportSummary(summary: SummaryId, path: string): Promise<void>;
  /** What lay on the panel and is kept with no summary. */
  summaryDraft(): Promise<SummaryDraft | null>;
  keepSummaryDraft(draft: SummaryDraft): Promise<void>;

  /** Of a work and of all works; of all works only where none is given. */
  glossary(work: WorkId | null): Promise<GlossaryEntry[]>;
  keepGlossaryEntry(entry: GlossaryEntry): Promise<GlossaryEntry>;
  removeGlossaryEntry(entry: GlossaryEntryId): Promise<void>;
  importGlossary(work: WorkId | null, path: string): Promise<Imported>;
  exportGlossary(work: WorkId | null, path: string): Promise<void>;
  /** The most alike first. */
  memoryMatches(segment: SegmentId): Promise<MemoryMatch[]>;
  /** Pairs that have these words on either side, the latest first, a hundred at a time. */
  memoryPairs(words: string, before: MemoryId | null): Promise<MemoryPair[]>;
  changeMemoryPair(pair: MemoryId, english: string, chinese: string): Promise<void>;
  forgetMemoryPair(pair: MemoryId): Promise<void>;
  importMemory(path: string): Promise<Imported>;
  exportMemory(path: string): Promise<void>;
  dictionary(): Promise<DictionaryStatus>;
  useDictionary(path: string | null): Promise<DictionaryStatus>;
  lookUp(text: string): Promise<DictionaryEntry[]>;

  /** Tells the state of the model that reads moods at once and whenever it changes. */
  watchMoodModel(onStatus: (status: ModelStatus) => void): Promise<void>;
  /** Answers when it is accepted; the events tell the rest: `opened` first, `finished`, `stopped` or `failed` last. */
  readMood(request: MoodRequest, onEvent: (event: MoodEvent) => void): Promise<void>;
  stopMood(reading: MoodReadingId): Promise<void>;
  /** A reading from one side: a part of it, the sentences that name somebody, another label. */
  moodView(reading: MoodReadingId, wish: MoodWish): Promise<MoodView>;
  /** The words without which a sentence would feel otherwise. */
  moodWords(reading: MoodReadingId, sentence: number, measure: MoodMeasure | null): Promise<MoodWords>;
  compareMoods(one: MoodReadingId, other: MoodReadingId, measure: MoodMeasure | null): Promise<MoodComparison>;
  /** As CSV, a row for each sentence. */
  exportMoods(reading: MoodReadingId, path: string): Promise<void>;
  savePicture(path: string, base64: string): Promise<void>;
  moodCharacters(work: WorkId): Promise<MoodCharacters>;
  keepMoodCharacters(work: WorkId, characters: MoodCharacter[]): Promise<MoodCharacters>;
  /** What was left in the panel. */
  moodDraft(): Promise<MoodDraft>;
  keepMoodDraft(draft: MoodDraft): Promise<void>;
  /** Earlier versions of a chapter, newest first. */
  chapterRevisions(chapter: ChapterId): Promise<ChapterRevision[]>;
  tableColumns(path: string): Promise<TableColumns>;
}

/** Everything off but a temperature of 1. */
export const SAMPLING_OFF: SamplingParams = {
  temperature: 1,
  topK: 0,
  topP: 1,
  minP: 0,
  typicalP: 1,
  repetitionPenalty: 1,
  repetitionRange: 256,
  presencePenalty: 0,
  frequencyPenalty: 0,
  dry: { multiplier: 0, base: 1.75, allowedLength: 2, range: 0, sequenceBreakers: ["\n", ":", '"', "*"] },
  xtc: { probability: 0, threshold: 0.1 },
  logitBias: [],
  bannedPhrases: [],
  seed: 0,
};

/** Whatever was thrown, as a failure that can be worded. */
export function asApiError(thrown: unknown): ApiError {
  if (typeof thrown === "object" && thrown !== null && "code" in thrown && "message" in thrown) {
    return thrown as ApiError;
  }
  return { code: "internal", message: String(thrown), detail: null, retryable: true, shortage: null };
}
