// Summaries of the desk in memory.
//
// Invariant: as the real one, key sentences are there with the answer, a rewritten summary is told as it comes, and
// every sentence names those of the source that it rests on.

import type {
  ApiError,
  ChapterId,
  Host,
  ModelStatus,
  OpenSummary,
  SourceKind,
  SourceText,
  Summarizer,
  SummaryDraft,
  SummaryEntry,
  SummaryEvent,
  SummaryId,
  SummaryLength,
  SummaryOutcome,
  SummaryPart,
  SummaryRequest,
  SummarySentence,
  SummarySource,
  WorkId,
} from "./host";
import { cut, languageOf } from "./fake-sentences";

type Commands = Pick<
  Host,
  | "watchSummaries"
  | "watchSummarizer"
  | "summarizer"
  | "summaries"
  | "readSource"
  | "summarize"
  | "openSummary"
  | "stopSummary"
  | "deleteSummary"
  | "exportSummary"
  | "summaryDraft"
  | "keepSummaryDraft"
>;

export interface FakeSummaries {
  commands: Commands;
  /** What was asked for, oldest first. */
  readonly asked: SummaryRequest[];
  /** Files by their path. */
  readonly files: Map<string, string>;
  /** What was written to files, by path. */
  readonly written: Map<string, string>;
  /** Who rewrites; nobody at first. */
  rewriter: Summarizer;
  /** What is kept of the panel's sheet. */
  draft: SummaryDraft | null;
  /** What is written next, in place of what it would write. */
  script: string[];
  /** Lets the model fail after its first words. */
  failNext(code: string): void;
}

interface Surroundings {
  fail: (code: string) => ApiError;
  /** Milliseconds for a piece of text; 0 tells everything in one go. */
  pace: number;
  chapter: (id: ChapterId) => { work: WorkId; title: string; body: string };
  work: (id: WorkId) => { title: string; chapters: { id: ChapterId }[] };
}

interface Kept {
  open: OpenSummary;
  /** Counts up whenever what is running is stopped. */
  turn: number;
}

const pause = (milliseconds: number) => new Promise((done) => setTimeout(done, milliseconds));
const NOTHING: SummaryOutcome = { text: "", sentences: [], coverage: { share: 0, bars: [] }, compared: { encoder: null, problem: null } };
/** Longer than this, a source is summarised in parts. */
const PART = 40;
const BARS = 120;

const wordsIn = (text: string) => text.match(/\p{Script=Han}|[\p{L}\p{N}]+/gu) ?? [];

function sourceText(title: string, text: string, kind: SourceKind, chapter: ChapterId | null = null): SourceText {
  const { lead, pieces } = cut(text.trim());
  let at = lead.length;
  const sentences = pieces.map(({ source, gap }) => {
    const from = at;
    at += source.length + gap.length;
    return { from, to: from + source.length };
  });
  const whole = text.trim();
  return {
    title: title || wordsIn(whole).slice(0, 6).join(" "),
    byline: kind === "page" ? "A. Writer" : null,
    language: languageOf(whole),
    text: whole,
    sections: [{ title: "", from: 0, to: whole.length, chapter }],
    paragraphs: [...whole.matchAll(/[^\n]+/g)].map((match) => ({ from: match.index, to: match.index + match[0].length, heading: 0 })),
    sentences,
    words: wordsIn(whole).length,
  };
}

function countOf(length: SummaryLength, sentences: number): number {
  if (length.kind === "sentences") return length.count;
  return length.kind === "share" ? Math.ceil(length.share * sentences) : Math.ceil(length.count / 15);
}

function barsOf({ text }: SourceText, rested: Map<number, number>, sentences: { from: number; to: number }[]) {
  const count = Math.min(BARS, Math.max(1, sentences.length));
  const wide = text.length / count;
  return Array.from({ length: count }, (_, bar) => {
    const [from, to] = [Math.round(bar * wide), Math.round((bar + 1) * wide)];
    const inside = [...rested].filter(([at]) => (sentences[at]?.from ?? -1) >= from && (sentences[at]?.from ?? -1) < to);
    return { from, to, weight: Math.max(0, ...inside.map(([, weight]) => weight)) };
  });
}

/** The sentences of the source that share most words with it. */
function supportOf(sentence: string, source: SourceText): { sentence: number; similarity: number }[] {
  const own = new Set(wordsIn(sentence.toLowerCase()));
  const alike = source.sentences.map(({ from, to }, at) => {
    const words = new Set(wordsIn(source.text.slice(from, to).toLowerCase()));
    const both = [...own].filter((word) => words.has(word)).length;
    return { sentence: at, similarity: both / Math.max(1, Math.sqrt(own.size * words.size)) };
  });
  const found = alike.filter(({ similarity }) => similarity >= 0.35);
  return found.sort((a, b) => b.similarity - a.similarity).slice(0, 3);
}

const isOther = (source: SourceText, to: SummaryRequest["to"]) => to !== null && (to === "english") !== (source.language === "english");

/** A key sentence is one of the source's own. */
function ownOf(source: SourceText): (sentence: string) => { sentence: number; similarity: number }[] {
  const places = new Map(source.sentences.map(({ from, to }, at) => [source.text.slice(from, to), at]));
  return (text) => {
    const sentence = places.get(text);
    return sentence === undefined ? [] : [{ sentence, similarity: 1 }];
  };
}

/** A text and its sentences, held against the source. */
function checked(text: string, source: SourceText, { method, to }: SummaryEntry): SummaryOutcome {
  const otherLanguage = isOther(source, to);
  const support = method === "key" ? ownOf(source) : (sentence: string) => supportOf(sentence, source);
  const { lead, pieces } = cut(text.replaceAll(/^- /gm, "\n "));
  let at = lead.length;
  const sentences = pieces.map(({ source: words, gap }): SummarySentence => {
    const from = at;
    at += words.length + gap.length;
    const sources = otherLanguage ? [] : support(words);
    const doubts = [...words.matchAll(/\d+|(?<=[\p{Ll}] )\p{Lu}\p{Ll}+/gu)]
      .filter(([found]) => !source.text.includes(found))
      .map((match) => ({
        from: from + match.index,
        to: from + match.index + match[0].length,
        kind: /\d/.test(match[0]) ? ("number" as const) : ("name" as const),
      }));
    const flags: SummarySentence["flags"] = [];
    if (otherLanguage) flags.push("otherLanguage");
    else if (sources.length === 0) flags.push("unsupported");
    if (doubts.some(({ kind }) => kind === "number")) flags.push("numbers");
    if (doubts.some(({ kind }) => kind === "name")) flags.push("names");
    return { from, to: from + words.length, sources, score: sources[0]?.similarity ?? 0, flags, doubts };
  });
  const rested = new Map(sentences.flatMap((each) => each.sources.map((one) => [one.sentence, one.similarity] as const)));
  const share = rested.size / Math.max(1, source.sentences.length);
  const coverage = { share, bars: barsOf(source, rested, source.sentences) };
  return { text, sentences, coverage, compared: { encoder: null, problem: null } };
}

const laidOut = (sentences: string[], { form }: Pick<SummaryRequest, "form">) =>
  form === "bullets" ? sentences.map((each) => `- ${each}`).join("\n") : sentences.join(/\p{Script=Han}/u.test(sentences[0] ?? "") ? "" : " ");

export function fakeSummaries({ fail, pace, chapter, work }: Surroundings): FakeSummaries {
  const kept = new Map<SummaryId, Kept>();
  let numbers = 0;
  let failure: string | null = null;
  let tell: (event: SummaryEvent) => void = () => undefined;

  const raise = (code: string): never => {
    throw fail(code);
  };
  const get = (id: SummaryId): Kept => kept.get(id) ?? raise("not_found");

  const read = (source: SummarySource): [SourceText, Pick<SummaryEntry, "kind" | "work" | "chapter">] => {
    const [of, kind] = [{ work: null, chapter: null }, source.kind];
    switch (source.kind) {
      case "text":
        return [sourceText("", source.text, "text"), { ...of, kind: "text" }];
      case "page": {
        const article = /<article>([^]*)<\/article>/.exec(source.html)?.[1] ?? raise("import_no_article");
        const title = /<h1>([^<]*)<\/h1>/.exec(article)?.[1] ?? "";
        const text = article.replaceAll(/<\/p>/g, "\n\n").replaceAll(/<(script|h1)>[^]*?<\/\1>|<[^>]*>/g, "");
        return [sourceText(title, text, "page"), { ...of, kind: "page" }];
      }
      case "file": {
        const text = fakes.files.get(source.path) ?? raise("file_unreadable");
        return [sourceText(source.path.split("/").at(-1) ?? "", text, "file"), { ...of, kind: "file" }];
      }
      case "dropped": {
        const text = new TextDecoder().decode(Uint8Array.from(atob(source.content), (character) => character.charCodeAt(0)));
        return [sourceText(source.name, text, "file"), { ...of, kind: "file" }];
      }
      case "chapter": {
        const { title, body, work: home } = chapter(source.chapter);
        return [sourceText(title, body, "chapter", source.chapter), { kind: "chapter", work: home, chapter: source.chapter }];
      }
      case "work": {
        const { title, chapters } = work(source.work);
        const bodies = chapters.map(({ id }) => chapter(id).body);
        return [sourceText(title, bodies.join("\n\n"), "work"), { kind: "work", work: source.work, chapter: null }];
      }
      case "kept": {
        const { open } = get(source.summary);
        const { kind: was, work: home, chapter: page } = open.entry;
        return [open.source, { kind: was, work: home, chapter: page }];
      }
      default:
        return raise(`no source ${String(kind)}`);
    }
  };

  const sentencesOf = (source: SourceText, count: number): string[] =>
    source.sentences
      .map(({ from, to }, at) => ({ at, text: source.text.slice(from, to) }))
      .sort((a, b) => b.text.length - a.text.length || a.at - b.at)
      .slice(0, count)
      .sort((a, b) => a.at - b.at)
      .map(({ text }) => text);

  const finish = (of: Kept, status: "complete" | "stopped") => {
    const { open } = of;
    open.outcome = checked(open.outcome.text, open.source, open.entry);
    open.progress = { ...open.progress, stage: "done", sentencesDone: open.source.sentences.length, secondsLeft: null };
    open.entry = { ...open.entry, status, preview: open.outcome.text.slice(0, 80) };
    tell({ kind: "finished", summary: open.entry.id, entry: open.entry, outcome: open.outcome });
  };

  const plan = ({ sentences, text }: SourceText): SummaryPart[] => {
    if (sentences.length <= PART) return [];
    return Array.from({ length: Math.ceil(sentences.length / PART) }, (_, number) => {
      const from = sentences[number * PART]?.from ?? 0;
      const to = sentences[(number + 1) * PART]?.from ?? text.length;
      return { number, level: 1, title: "", from, to, madeFrom: [], text: "", language: "unknown", done: false };
    });
  };

  const rewrite = async (of: Kept, request: SummaryRequest): Promise<void> => {
    const { turn, open } = of;
    const { source, entry } = open;
    const summary = entry.id;
    const goesOn = async () => {
      if (pace > 0) await pause(pace);
      else await Promise.resolve();
      return turn === of.turn;
    };
    const progress = (change: Partial<OpenSummary["progress"]>) => {
      open.progress = { ...open.progress, ...change };
      tell({ kind: "progress", summary, progress: open.progress });
    };
    for (const part of open.parts) {
      progress({ stage: "parts", part: part.number + 1, parts: open.parts.length, sentencesDone: part.number * PART, secondsLeft: (open.parts.length - part.number) * 4 });
      if (!(await goesOn())) return;
      const said = source.text.slice(part.from, part.to).trim().slice(0, 160);
      Object.assign(part, { done: true, text: said, language: languageOf(said) });
      tell({ kind: "part", summary, part });
    }
    progress({ stage: "writing", part: 0, secondsLeft: null });
    const text = fakes.script.shift() ?? laidOut(sentencesOf(source, countOf(request.length, source.sentences.length)), request);
    for (const piece of text.match(/\s*[\p{L}\p{N}]{1,6}|[^]/gu) ?? []) {
      if (!(await goesOn())) return;
      if (failure !== null) {
        open.error = fail(failure);
        failure = null;
        open.entry = { ...open.entry, status: "failed" };
        tell({ kind: "failed", summary, entry: open.entry, error: open.error });
        return;
      }
      const at = open.outcome.text.length;
      open.outcome = { ...open.outcome, text: open.outcome.text + piece };
      tell({ kind: "text", summary, at, text: piece });
    }
    finish(of, "complete");
  };

  const begin = (request: SummaryRequest): Kept => {
    const [source, from] = read(request.source);
    if (source.sentences.length === 0) raise("nothing_to_summarize");
    if (request.method === "rewritten" && fakes.rewriter.name === null) raise("no_summarizer");
    const again = request.source.kind === "kept" ? get(request.source.summary).open.entry : null;
    const id = again?.method === "key" && request.method === "key" ? again.id : ++numbers;
    const entry: SummaryEntry = {
      ...from,
      id,
      title: source.title,
      method: request.method,
      form: request.form,
      length: request.length,
      to: request.to,
      status: "running",
      preview: "",
      model: request.method === "key" ? "" : (fakes.rewriter.name ?? ""),
      createdAtMs: Date.now() + id,
    };
    const progress = { stage: "reading" as const, part: 0, parts: 0, sentencesDone: 0, sentences: source.sentences.length, secondsLeft: null };
    const parts = request.method === "rewritten" ? plan(source) : [];
    const of = { open: { entry, source, sourceChanged: false, progress, outcome: NOTHING, parts, error: null }, turn: 0 };
    kept.set(id, of);
    return of;
  };

  const commands: Commands = {
    watchSummaries: async (onEvent) => {
      tell = (event) => onEvent(structuredClone(event));
    },
    watchSummarizer: async (onStatus) => onStatus(status(fakes.rewriter.name ?? "")),
    summarizer: async () => ({ ...fakes.rewriter }),
    summaries: async () => [...kept.values()].map(({ open }) => ({ ...open.entry })).sort((a, b) => b.createdAtMs - a.createdAtMs),
    readSource: async (source) => structuredClone(read(source)[0]),
    summarize: async (request) => {
      fakes.asked.push(structuredClone(request));
      const of = begin(request);
      if (request.method === "rewritten") void rewrite(of, request);
      else {
        const { source } = of.open;
        const count = ["oneLine", "title"].includes(request.form) ? 1 : countOf(request.length, source.sentences.length);
        const told = tell;
        tell = () => undefined;
        of.open.outcome = { ...NOTHING, text: laidOut(sentencesOf(source, count), request) };
        finish(of, "complete");
        tell = told;
      }
      return structuredClone(of.open);
    },
    openSummary: async (id) => structuredClone(get(id).open),
    stopSummary: async (id) => {
      get(id).turn += 1;
      finish(get(id), "stopped");
    },
    deleteSummary: async (id) => {
      get(id).turn += 1;
      kept.delete(id);
      return commands.summaries();
    },
    exportSummary: async (id, path) => {
      const { entry, outcome } = get(id).open;
      fakes.written.set(path, path.endsWith(".md") ? `# ${entry.title}\n\n${outcome.text}\n` : `${outcome.text}\n`);
    },
    summaryDraft: async () => structuredClone(fakes.draft),
    keepSummaryDraft: async (draft) => {
      fakes.draft = structuredClone(draft);
    },
  };
  const fakes: FakeSummaries = {
    commands,
    draft: null,
    asked: [],
    files: new Map(),
    written: new Map(),
    rewriter: { name: null, byStoryModel: false, followsInstructions: false, goesTo: null },
    script: [],
    failNext: (code) => (failure = code),
  };
  return fakes;
}

function status(name: string): ModelStatus {
  return {
    state: "ready",
    name,
    starter: false,
    architecture: "bart",
    parameters: 306_000_000,
    contextLength: 1024,
    device: "CPU",
    deviceReason: { code: "built_for_processor" },
    bytes: 1_222_000_000,
    goesTo: null,
    error: null,
  };
}
