// Moods of the desk in memory.
//
// Invariant: as the real one, it reads only sentences that are new to it, tells `opened` first and how it ended last,
// and forgets all but the last readings.

import { cut, languageOf } from "./fake-sentences";
import { drawnBy, moodOf, movers, topicOf, viewOf } from "./fake-feelings";
import type {
  ApiError,
  ChapterId,
  ChapterRevision,
  Host,
  Library,
  ModelStatus,
  MoodCharacter,
  MoodDraft,
  MoodEvent,
  MoodModel,
  MoodPart,
  MoodProgress,
  MoodReading,
  MoodReadingId,
  MoodSentence,
  MoodSource,
  SummaryId,
  TranslationId,
  WorkId,
} from "./host";

type Commands = Pick<
  Host,
  | "watchMoodModel"
  | "readMood"
  | "stopMood"
  | "moodView"
  | "moodWords"
  | "compareMoods"
  | "exportMoods"
  | "savePicture"
  | "moodCharacters"
  | "keepMoodCharacters"
  | "moodDraft"
  | "keepMoodDraft"
  | "chapterRevisions"
  | "tableColumns"
>;

export interface FakeMoods {
  commands: Commands;
  /** The sentences that the model was asked for, oldest first. */
  readonly asked: string[];
  /** What was written to files, by path; pictures in base64. */
  readonly written: Map<string, string>;
  /** Earlier texts of chapters. */
  readonly revisions: Map<ChapterId, (ChapterRevision & { body: string })[]>;
  /** Lets the model fail at the next sentence. */
  failNext(code: string): void;
}

interface Surroundings {
  fail: (code: string) => ApiError;
  /** Milliseconds for a batch of sentences; 0 reads everything in one go. */
  pace: number;
  library: Library;
  chapter: (id: ChapterId) => { title: string; body: string };
  translation: (id: TranslationId) => { title: string; source: string; target: string };
  summary: (id: SummaryId) => Promise<{ title: string; text: string }>;
  documents: ReadonlyMap<string, string>;
}

interface Kept {
  reading: MoodReading;
  sentences: MoodSentence[];
  scored: MoodSentence[];
  stopped: boolean;
}

/** So many sentences are read in one go; more where nobody wants to see it. */
const batchOf = (pace: number) => (pace > 0 ? 4 : 400);
const MOST_KEPT = 8;
const STARTER: MoodModel = {
  name: "Bimo sentiment starter",
  path: null,
  starter: true,
  labels: ["negative", "neutral", "positive"],
  scoring: "one_of",
  polarity: { values: [-1, 0, 1], assumed: false },
};
const TOPICS = { scoring: "one_of", polarity: null, starter: false, labels: ["weather", "people", "numbers"] } as const;

const pause = (milliseconds: number) => new Promise((done) => setTimeout(done, milliseconds));

export function fakeMoods({ fail, pace, library, chapter, translation, summary, documents }: Surroundings): FakeMoods {
  const kept = new Map<MoodReadingId, Kept>();
  const known = new Set<string>();
  const characters = new Map<WorkId, MoodCharacter[]>();
  const asked: string[] = [];
  const written = new Map<string, string>();
  const revisions: FakeMoods["revisions"] = new Map();
  let numbers = 0;
  let failure: string | null = null;
  let draft: MoodDraft = {
    text: "",
    source: null,
    part: null,
    measure: null,
    beside: null,
    labels: false,
    lines: "",
    table: null,
    classifier: null,
  };

  const raise = (code: string): never => {
    throw fail(code);
  };
  const get = (id: MoodReadingId): Kept => kept.get(id) ?? raise("mood_reading_gone");
  const rowsOf = (path: string) =>
    (documents.get(path) ?? raise("document_unreadable")).split("\n").filter((line) => line !== "").map((line) => line.split(","));

  const textsOf = async (source: MoodSource): Promise<Pick<MoodPart, "chapter" | "title" | "text">[]> => {
    switch (source.kind) {
      case "text":
      case "lines":
        return [{ chapter: null, title: "", text: source.text }];
      case "table": {
        const cells = rowsOf(source.path).slice(1).map((row) => row[source.column ?? 0] ?? "");
        return [{ chapter: null, title: source.path.split("/").at(-1) ?? "", text: cells.join("\n") }];
      }
      case "chapter": {
        const { title, body } = chapter(source.chapter);
        return [{ chapter: source.chapter, title, text: body }];
      }
      case "revision": {
        const found = [...revisions.values()].flat().find(({ id }) => id === source.revision) ?? raise("not_found");
        return [{ chapter: null, title: "", text: found.body }];
      }
      case "work": {
        const work = library.works.find(({ id }) => id === source.work) ?? raise("not_found");
        return work.chapters.map(({ id, title }) => ({ chapter: id, title, text: chapter(id).body }));
      }
      case "translation": {
        const { title, [source.side]: text } = translation(source.translation);
        return [{ chapter: null, title, text }];
      }
      case "summary":
        return [{ chapter: null, ...(await summary(source.summary)) }];
    }
  };
  const rangesOf = (text: string, byLine: boolean): { from: number; to: number }[] => {
    if (byLine) return [...text.matchAll(/[^\n]+/g)].map((line) => ({ from: line.index, to: line.index + line[0].length }));
    const { lead, pieces } = cut(text);
    let at = lead.length;
    return pieces.map(({ source, gap }) => {
      const from = at;
      at += source.length + gap.length;
      return { from, to: from + source.length };
    });
  };
  const open = async (source: MoodSource, model: MoodModel): Promise<Kept> => {
    const byLine = source.kind === "lines" || source.kind === "table";
    const parts: MoodPart[] = [];
    const sentences: MoodSentence[] = [];
    for (const [number, part] of (await textsOf(source)).entries()) {
      const ranges = rangesOf(part.text, byLine);
      parts.push({ ...part, first: sentences.length, sentences: ranges.length });
      for (const { from, to } of ranges) {
        const words = part.text.slice(from, to);
        const mood = model.polarity ? moodOf(words) : topicOf(words);
        const guess = /[\p{Script=Cyrillic}\p{Script=Hiragana}]/u.test(words) || !/\p{L}/u.test(words);
        sentences.push({ index: sentences.length, part: number, from, to, mood, guess });
      }
    }
    if (sentences.length === 0) raise("mood_nothing_to_read");
    const language = languageOf(parts.map(({ text }) => text).join("\n"));
    const guesses = sentences.filter(({ guess }) => guess).length;
    const reading = { id: ++numbers, model, parts, sentences: sentences.length, language, guesses };
    const of = { reading, sentences, scored: [], stopped: false };
    kept.set(reading.id, of);
    for (const id of [...kept.keys()].slice(0, -MOST_KEPT)) kept.delete(id);
    return of;
  };
  const wordsOf = ({ reading }: Kept, { part, from, to }: MoodSentence) => reading.parts[part]?.text.slice(from, to) ?? "";

  const read = async (of: Kept, tell: (event: MoodEvent) => void): Promise<void> => {
    const { id, model } = of.reading;
    const key = (each: MoodSentence) => `${model.name} ${wordsOf(of, each)}`;
    const old = of.sentences.filter((each) => known.has(key(each)));
    const fresh = of.sentences.filter((each) => !known.has(key(each)));
    const progress = (): MoodProgress => {
      const left = of.sentences.length - of.scored.length;
      return { done: of.scored.length, total: of.sentences.length, known: old.length, secondsLeft: pace > 0 ? (left * pace) / batchOf(pace) / 1000 : null };
    };
    const take = (sentences: MoodSentence[]) => {
      of.scored.push(...sentences);
      if (sentences.length > 0) tell({ kind: "scored", reading: id, sentences });
    };
    const view = () => viewOf(of.reading, of.scored, { part: null, names: [], measure: null });
    tell({ kind: "opened", reading: of.reading });
    take(old);
    for (let at = 0; at < fresh.length; at += batchOf(pace)) {
      tell({ kind: "progress", reading: id, progress: progress() });
      if (pace > 0) await pause(pace);
      else await Promise.resolve();
      if (of.stopped) return tell({ kind: "stopped", reading: id, view: view(), progress: progress() });
      if (failure !== null) {
        const error = fail(failure);
        failure = null;
        return tell({ kind: "failed", reading: id, error });
      }
      const batch = fresh.slice(at, at + batchOf(pace));
      asked.push(...batch.map((each) => wordsOf(of, each)));
      for (const each of batch) known.add(key(each));
      take(batch);
      tell({ kind: "view", reading: id, view: view() });
    }
    tell({ kind: "finished", reading: id, view: view(), progress: progress() });
  };

  const commands: Commands = {
    watchMoodModel: async (onStatus) => onStatus(moodModelStatus()),
    readMood: async ({ source, model }, onEvent) => {
      const name = model?.split("/").at(-1) ?? "";
      const used: MoodModel = model === null ? STARTER : { ...TOPICS, labels: [...TOPICS.labels], name, path: model };
      void read(await open(source, used), (event) => onEvent(structuredClone(event)));
    },
    stopMood: async (id) => {
      get(id).stopped = true;
    },
    moodView: async (id, wish) => viewOf(get(id).reading, get(id).scored, wish),
    moodWords: async (id, sentence, measure) => {
      const of = get(id);
      const found = of.scored.find(({ index }) => index === sentence) ?? raise("mood_sentence_unread");
      return movers(wordsOf(of, found), found, measure ?? drawnBy(of.reading.model));
    },
    compareMoods: async (one, other, measure) => {
      const [a, b] = [get(one), get(other)];
      if (a.reading.model.name !== b.reading.model.name) raise("mood_not_comparable");
      const wish = { part: null, names: [], measure };
      return { one: viewOf(a.reading, a.scored, wish), other: viewOf(b.reading, b.scored, wish), likeness: 0.62, farthest: 0.4 };
    },
    exportMoods: async (id, path) => {
      const of = get(id);
      const labels = of.reading.model.labels;
      const rows = of.scored.map((each) => `"${wordsOf(of, each)}",${labels[each.mood.label] ?? ""}`);
      written.set(path, ["text,label", ...rows].join("\n"));
    },
    savePicture: async (path, base64) => {
      written.set(path, base64);
    },
    moodCharacters: async (work) => ({ kept: characters.get(work) ?? [], suggested: ["Mara", "Eli", "老陈"] }),
    keepMoodCharacters: async (work, list) => {
      characters.set(work, structuredClone(list));
      return commands.moodCharacters(work);
    },
    moodDraft: async () => structuredClone(draft),
    keepMoodDraft: async (kept) => {
      draft = structuredClone(kept);
    },
    chapterRevisions: async (id) => (revisions.get(id) ?? []).map(({ id: revision, reason, version, createdAtMs }) => ({ id: revision, reason, version, createdAtMs })),
    tableColumns: async (path) => {
      const [header = [], ...rows] = rowsOf(path);
      const columns = header.map((name, at) => ({ name, samples: rows.slice(0, 3).map((row) => row[at] ?? "") }));
      const lengths = columns.map(({ samples }) => samples.join("").length);
      return { rows: rows.length, columns, chosen: lengths.indexOf(Math.max(...lengths)), hasHeader: true };
    },
  };
  return { commands, asked, written, revisions, failNext: (code) => (failure = code) };
}

function moodModelStatus(): ModelStatus {
  return {
    state: "ready",
    name: STARTER.name,
    starter: true,
    architecture: "bert · Q8_0",
    parameters: 2_000_000,
    contextLength: 256,
    device: "CPU",
    deviceReason: { code: "built_for_processor" },
    bytes: 3_000_000,
    goesTo: null,
    error: null,
  };
}
