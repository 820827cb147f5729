// The desk as the window sees it: one method for each thing a person can do.
//
// Invariant: nothing outside this folder knows how a request travels. `tauri.ts` sends it to the program, `fake.ts`
// answers from memory. Every method rejects with an `ApiError` and with nothing else.

import type {
  ApiError,
  AuthorSpan,
  ChapterId,
  ChapterPage,
  ContextReport,
  ContinueRequest,
  Created,
  DeskState,
  Edit,
  GenerationDetail,
  GenerationId,
  GenerationSummary,
  Guidance,
  HistoryQuery,
  Library,
  LibraryItem,
  ModelStatus,
  Saved,
  SamplingParams,
  SearchHit,
  Settings,
  ShelvedModel,
  StoryEvent,
  Try,
  WorkId,
} from "../generated/bindings";

export type * from "../generated/bindings";

export interface Host {
  deskState(): Promise<DeskState>;
  saveSettings(settings: Settings): Promise<void>;
  /** Tells the model's state at once and whenever it changes. */
  watchModel(onStatus: (status: ModelStatus) => void): Promise<void>;
  modelCard(): Promise<string>;
  /** The models to choose from, the one in the program first. */
  models(): Promise<ShelvedModel[]>;
  bringModel(path: string): Promise<ShelvedModel[]>;
  forgetModel(path: string): Promise<ShelvedModel[]>;
  /** Answers at once; `watchModel` tells when it is ready. */
  useModel(path: string | null): Promise<void>;
  chooseModelFile(): Promise<string | null>;
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
  tries(generation: GenerationId): Promise<Try[]>;
  keepEditedTry(generation: GenerationId, text: string): Promise<void>;
  history(query: HistoryQuery): Promise<GenerationSummary[]>;
  generation(id: GenerationId): Promise<GenerationDetail>;
  writeAgain(generation: GenerationId, onEvent: (event: StoryEvent) => void): Promise<void>;
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
  return { code: "internal", message: String(thrown), detail: null, retryable: true };
}
