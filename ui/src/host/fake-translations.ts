// Translations of the desk in memory.
//
// Invariant: as the real one, it translates only sentences that are new, tells of a segment after it is kept, and
// changes nothing that the person has edited or locked.

import type {
  ApiError,
  ChapterId,
  Destination,
  Host,
  ModelStatus,
  OpenTranslation,
  Segment,
  SegmentFlag,
  TargetLanguage,
  TranslationEvent,
  TranslationId,
  TranslationReport,
  TranslationStatus,
  TranslationSummary,
  WorkId,
} from "./host";
import { fakeGlossary, type FakeGlossary } from "./fake-glossary";
import { cut, languageOf, translated } from "./fake-sentences";

type Commands = Pick<
  Host,
  | "watchTranslations"
  | "watchTranslator"
  | "translations"
  | "newTranslation"
  | "openTranslation"
  | "deleteTranslation"
  | "setTranslationSource"
  | "setTranslationTarget"
  | "setTranslationWork"
  | "pauseTranslation"
  | "resumeTranslation"
  | "stopTranslation"
  | "chooseAlternative"
  | "editSegment"
  | "lockSegment"
  | "confirmSegment"
  | "translateAgain"
  | "translationReport"
  | "translateChapter"
  | "importDocument"
  | "importDropped"
  | "exportDocument"
  | "chooseDocument"
  | "chooseTargetFile"
> &
  FakeGlossary["commands"];

export interface FakeTranslations {
  commands: Commands;
  /** The sources that the model was asked for, oldest first. */
  readonly asked: string[];
  /** Documents by their path. */
  readonly documents: Map<string, string>;
  /** What was written to files, by path. */
  readonly written: Map<string, string>;
  /** Lets the model fail at the next sentence. */
  failNext(code: string): void;
  /** Tells which model translates now. */
  tellModel(): void;
  /** Both sides of a translation. */
  textsOf(id: TranslationId): { title: string; source: string; target: string };
}

interface Kept {
  open: OpenTranslation;
  chosen: TargetLanguage | null;
  /** Counts up whenever what is running is overtaken. */
  turn: number;
}

interface Surroundings {
  fail: (code: string) => ApiError;
  /** Milliseconds for a sentence; 0 translates everything in one go. */
  pace: number;
  chapter: (id: ChapterId) => { work: WorkId; title: string; body: string };
  addChapter: (work: WorkId, title: string, body: string) => ChapterId;
  /** Who gets the text; nobody where a model on this computer translates. */
  goesTo: () => Destination | null;
}

const pause = (milliseconds: number) => new Promise((done) => setTimeout(done, milliseconds));
const isOpen = (segment: Segment) => segment.state === "new" && !segment.locked;

export function fakeTranslations({ fail, pace, chapter, addChapter, goesTo }: Surroundings): FakeTranslations {
  const kept = new Map<TranslationId, Kept>();
  const asked: string[] = [];
  const documents = new Map<string, string>();
  const written = new Map<string, string>();
  let numbers = 0;
  let failure: string | null = null;
  let tell: (event: TranslationEvent) => void = () => undefined;
  let tellModel: () => void = () => undefined;

  const get = (id: TranslationId): Kept => kept.get(id) ?? raise("not_found");
  const raise = (code: string): never => {
    throw fail(code);
  };
  const place = (id: number): [Kept, number] => {
    for (const each of kept.values()) {
      const at = each.open.segments.findIndex((segment) => segment.id === id);
      if (at >= 0) return [each, at];
    }
    return raise("not_found");
  };
  const glossary = fakeGlossary(fail, (id) => {
    const [of, at] = place(id);
    return of.open.segments[at] ?? raise("not_found");
  });
  const change = (id: number, by: (segment: Segment) => Partial<Segment>): Segment => {
    const [of, at] = place(id);
    const before = of.open.segments[at] ?? raise("not_found");
    const after = { ...before, ...by(before) };
    of.open.segments[at] = after;
    return structuredClone(after);
  };
  const report = ({ open: { segments } }: Kept): TranslationReport => {
    const flags = new Map<SegmentFlag, number>();
    for (const flag of segments.flatMap((each) => each.flags)) flags.set(flag, (flags.get(flag) ?? 0) + 1);
    const count = (is: (segment: Segment) => boolean) => segments.filter(is).length;
    const terms = segments.flatMap((each) => each.terms);
    return {
      segments: segments.length,
      translated: count((each) => each.target !== ""),
      edited: count((each) => each.state === "edited"),
      confirmed: count((each) => each.state === "confirmed"),
      flagged: count((each) => each.flags.length > 0),
      flags: [...flags].map(([flag, times]) => ({ flag, count: times })),
      memoryExact: count((each) => each.memory === 1),
      memoryFuzzy: count((each) => each.memory !== null && each.memory < 1),
      terms: terms.length,
      termsHonoured: terms.filter((term) => term.targetFrom !== null).length,
    };
  };
  const setStatus = (of: Kept, status: TranslationStatus) => {
    const { segments, summary } = of.open;
    const done = segments.filter((segment) => !isOpen(segment)).length;
    const secondsLeft = status === "running" && pace > 0 ? ((segments.length - done) * pace) / 1000 : null;
    summary.progress = { status, done, total: segments.length, secondsLeft };
    tell({ kind: "progress", translation: summary.id, progress: { ...summary.progress } });
  };
  const translate = (segment: Segment, to: TargetLanguage, times = 0): Partial<Segment> => {
    const memory = glossary.best(segment.source);
    if (memory?.score === 1 && times === 0) return { target: memory.target, state: "memory", memory: 1, flags: [], alternatives: [] };
    asked.push(segment.source);
    return { ...translated(segment, to, glossary.entries, times), memory: memory?.score ?? null };
  };
  const run = async (of: Kept): Promise<void> => {
    const turn = ++of.turn;
    const { open } = of;
    setStatus(of, "running");
    for (;;) {
      if (pace > 0) await pause(pace);
      else await Promise.resolve();
      const next = open.segments.find(isOpen);
      if (turn !== of.turn || !next) break;
      if (failure !== null) {
        open.error = fail(failure);
        failure = null;
        setStatus(of, "failed");
        tell({ kind: "failed", translation: open.summary.id, error: open.error });
        return;
      }
      const segment = change(next.id, (each) => translate(each, open.summary.to));
      tell({ kind: "segment", translation: open.summary.id, segment });
      setStatus(of, "running");
    }
    if (turn !== of.turn) return;
    setStatus(of, "complete");
    tell({ kind: "finished", translation: open.summary.id, report: report(of) });
  };

  const segmentOf = (source: string, gap: string): Segment => ({
    id: ++numbers,
    source,
    gap,
    target: "",
    targetGap: gap,
    state: "new",
    locked: false,
    confidence: null,
    alternatives: [],
    flags: [],
    terms: [],
    memory: null,
  });
  const direct = (of: Kept, text: string) => {
    const { summary } = of.open;
    summary.from = languageOf(text);
    summary.directionDetected = of.chosen === null;
    summary.to = of.chosen ?? (["simplified", "traditional"].includes(summary.from) ? "english" : summary.to === "english" ? "simplified" : summary.to);
  };
  const begin = (summary: Partial<TranslationSummary>, text: string, to: TargetLanguage | null): Kept => {
    const id = ++numbers;
    const { lead, pieces } = cut(text);
    const open: OpenTranslation = {
      summary: {
        id,
        kind: "text",
        title: "",
        work: null,
        chapter: null,
        linkedChapter: null,
        from: "unknown",
        to: to ?? "simplified",
        directionDetected: to === null,
        progress: { status: "complete", done: 0, total: 0, secondsLeft: null },
        updatedAtMs: Date.now(),
        ...summary,
      },
      lead,
      segments: pieces.map(({ source, gap }) => segmentOf(source, gap)),
      error: null,
    };
    const of = { open, chosen: to, turn: 0 };
    kept.set(id, of);
    direct(of, text);
    if (pieces.length > 0) void run(of);
    return of;
  };
  const answer = ({ open }: Kept) => structuredClone(open);
  const textOf = ({ lead, segments }: OpenTranslation, side: "source" | "target") =>
    lead + segments.map((each) => each[side] + (side === "source" ? each.gap : each.targetGap)).join("");

  const commands: Commands = {
    ...glossary.commands,
    watchTranslations: async (onEvent) => {
      tell = (event) => onEvent(structuredClone(event));
    },
    watchTranslator: async (onStatus) => {
      tellModel = () => onStatus(translatorStatus(goesTo()));
      tellModel();
    },
    translations: async () => [...kept.values()].map((of) => structuredClone(of.open.summary)).reverse(),
    newTranslation: async (work, to) => answer(begin({ work }, "", to)),
    openTranslation: async (id) => answer(get(id)),
    deleteTranslation: async (id) => {
      get(id).turn += 1;
      kept.delete(id);
      return commands.translations();
    },
    setTranslationSource: async (id, text) => {
      const of = get(id);
      const { open } = of;
      const { lead, pieces } = cut(text);
      const was = open.segments;
      const same = (a: Segment | undefined, b: { source: string; gap: string } | undefined) => a?.source === b?.source && a?.gap === b?.gap;
      let at = 0;
      while (at < Math.min(was.length, pieces.length) && same(was[at], pieces[at])) at++;
      let tail = 0;
      while (tail < Math.min(was.length, pieces.length) - at && same(was[was.length - 1 - tail], pieces[pieces.length - 1 - tail])) tail++;
      const old = was.slice(at, was.length - tail);
      const inserted = pieces.slice(at, pieces.length - tail).map(({ source, gap }) => {
        const known = old.find((each) => each.source === source);
        return known ? { ...known, gap, targetGap: gap } : segmentOf(source, gap);
      });
      open.lead = lead;
      open.segments = [...was.slice(0, at), ...inserted, ...was.slice(was.length - tail)];
      open.summary.title = text.trim().split(/\s+/).slice(0, 6).join(" ").slice(0, 40);
      open.summary.updatedAtMs = Date.now();
      direct(of, text);
      void run(of);
      return { summary: { ...open.summary }, lead, at, removed: old.length, inserted: structuredClone(inserted) };
    },
    setTranslationTarget: async (id, to) => {
      const of = get(id);
      of.chosen = to;
      direct(of, textOf(of.open, "source"));
      of.open.segments = of.open.segments.map((each) =>
        each.locked || each.state === "edited" ? each : { ...segmentOf(each.source, each.gap), id: each.id },
      );
      void run(of);
      return answer(of);
    },
    setTranslationWork: async (id, work) => {
      const of = get(id);
      of.open.summary.work = work;
      return answer(of);
    },
    pauseTranslation: async (id) => {
      get(id).turn += 1;
      setStatus(get(id), "paused");
    },
    resumeTranslation: async (id) => {
      get(id).open.error = null;
      void run(get(id));
    },
    stopTranslation: async (id) => {
      get(id).turn += 1;
      setStatus(get(id), "stopped");
    },
    chooseAlternative: async (id, number) =>
      change(id, ({ target, confidence, alternatives }) => {
        const chosen = alternatives[number] ?? raise("not_found");
        const rest = alternatives.filter((each) => each !== chosen);
        return { ...chosen, target: chosen.text, state: "machine", alternatives: [{ text: target, confidence: confidence ?? 0 }, ...rest], flags: [] };
      }),
    editSegment: async (id, target) => change(id, () => ({ target, state: "edited", confidence: null, flags: [] })),
    lockSegment: async (id, locked) => change(id, () => ({ locked })),
    confirmSegment: async (id) => {
      const [of] = place(id);
      const segment = change(id, () => ({ state: "confirmed", flags: [] }));
      glossary.remember(segment.source, segment.target, of.open.summary.title);
      return segment;
    },
    translateAgain: async (id) => {
      const [of] = place(id);
      const times = asked.filter((source) => source === of.open.segments.find((each) => each.id === id)?.source).length;
      return change(id, (segment) => (segment.locked ? {} : translate(segment, of.open.summary.to, times)));
    },
    translationReport: async (id) => report(get(id)),
    translateChapter: async (id, to) => {
      const known = [...kept.values()].find((of) => of.open.summary.chapter === id);
      if (known) return answer(known);
      const { work, title, body } = chapter(id);
      const linked = addChapter(work, `${title} (translation)`, "");
      return answer(begin({ kind: "chapter", title, work, chapter: id, linkedChapter: linked }, body, to));
    },
    importDocument: async (path, to) => {
      const text = documents.get(path) ?? raise("document_unreadable");
      return answer(begin({ kind: "document", title: path.split("/").at(-1) ?? path }, text, to));
    },
    importDropped: async (name, content, to) => {
      documents.set(name, new TextDecoder().decode(Uint8Array.from(atob(content), (byte) => byte.charCodeAt(0))));
      return commands.importDocument(name, to);
    },
    exportDocument: async (id, path, edition) => {
      const { open } = get(id);
      const both = open.segments.map((each) => `${each.source}\n${each.target}\n`).join("\n");
      written.set(path, edition === "bilingual" ? both : textOf(open, "target"));
    },
    chooseDocument: async () => [...documents.keys()].at(-1) ?? null,
    chooseTargetFile: async (name) => `/home/writer/${name}`,
  };
  const textsOf: FakeTranslations["textsOf"] = (id) => {
    const { open } = get(id);
    return { title: open.summary.title, source: textOf(open, "source"), target: textOf(open, "target") };
  };
  return { commands, asked, documents, written, textsOf, failNext: (code) => (failure = code), tellModel: () => tellModel() };
}

function translatorStatus(goesTo: Destination | null): ModelStatus {
  return {
    state: "ready",
    name: "Bimo starter translator",
    starter: true,
    architecture: "marian · Q8_0",
    parameters: 27_000_000,
    contextLength: 256,
    device: "CPU",
    deviceReason: { code: "built_for_processor" },
    bytes: 28_500_000,
    goesTo,
    error: null,
  };
}
