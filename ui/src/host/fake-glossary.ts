// Glossary, memory and dictionary of the desk in memory.

import type { ApiError, DictionaryEntry, GlossaryEntry, Host, MemoryMatch, Segment } from "./host";
import { difference } from "./fake-sentences";

type Commands = Pick<
  Host,
  | "glossary"
  | "keepGlossaryEntry"
  | "removeGlossaryEntry"
  | "importGlossary"
  | "exportGlossary"
  | "memoryMatches"
  | "memoryPairs"
  | "changeMemoryPair"
  | "forgetMemoryPair"
  | "importMemory"
  | "exportMemory"
  | "dictionary"
  | "useDictionary"
  | "lookUp"
>;

export interface FakeGlossary {
  commands: Commands;
  entries: GlossaryEntry[];
  /** Takes a pair into the memory. */
  remember(source: string, target: string, origin: string): void;
  /** The most alike sentence of the memory: its score and its translation. */
  best(source: string): { score: number; target: string } | null;
}

const WORDS: DictionaryEntry[] = [
  { simplified: "笔墨", traditional: "筆墨", pinyin: "bǐ mò", meanings: ["pen and ink", "words", "writing"] },
  { simplified: "渡口", traditional: "渡口", pinyin: "dù kǒu", meanings: ["ferry crossing"] },
  { simplified: "雨", traditional: "雨", pinyin: "yǔ", meanings: ["rain"] },
];
const ALIKE = 0.6;

export function fakeGlossary(fail: (code: string) => ApiError, segmentOf: (id: number) => Segment): FakeGlossary {
  let entries: GlossaryEntry[] = [];
  let memory: MemoryMatch[] = [];
  let path: string | null = null;
  let numbers = 0;

  const matches = (source: string): MemoryMatch[] =>
    memory
      .map((pair) => {
        const { score, parts } = difference(pair.source, source);
        return { ...pair, score, difference: parts };
      })
      .filter(({ score }) => score >= ALIKE)
      .sort((a, b) => b.score - a.score);

  const commands: Commands = {
    glossary: async (work) => structuredClone(entries.filter((each) => each.work === null || each.work === work)),
    keepGlossaryEntry: async (entry) => {
      if (entry.term.trim() === "" || entry.translation.trim() === "") throw fail("invalid_value");
      const kept = { ...structuredClone(entry), id: entry.id ?? ++numbers };
      entries = [...entries.filter((each) => each.id !== kept.id), kept];
      return kept;
    },
    removeGlossaryEntry: async (id) => {
      entries = entries.filter((each) => each.id !== id);
    },
    importGlossary: async (work) => {
      entries = [...entries, { id: ++numbers, work, term: "ferry", translation: "渡船", note: "" }];
      return { added: 1, changed: 0, skipped: 0 };
    },
    exportGlossary: async () => undefined,
    memoryMatches: async (id) => structuredClone(matches(segmentOf(id).source)),
    memoryPairs: async (words, before) =>
      memory
        .map(({ id, source, target, origin, confirmedAtMs }) => {
          const [chinese, english] = /\p{Script=Han}/u.test(source) ? [source, target] : [target, source];
          return { id, english, chinese, origin, confirmedAtMs };
        })
        .filter((pair) => `${pair.english}\n${pair.chinese}`.toLowerCase().includes(words.toLowerCase()))
        .filter(({ id }) => before === null || id < before)
        .slice(0, 100),
    changeMemoryPair: async (id, english, chinese) => {
      memory = memory.map((pair) => {
        if (pair.id !== id) return pair;
        const [source, target] = /\p{Script=Han}/u.test(pair.source) ? [chinese, english] : [english, chinese];
        return { ...pair, source, target };
      });
    },
    forgetMemoryPair: async (id) => {
      memory = memory.filter((pair) => pair.id !== id);
    },
    importMemory: async () => ({ added: 12, changed: 0, skipped: 1 }),
    exportMemory: async () => undefined,
    dictionary: async () => ({ path, entries: path === null ? 0 : WORDS.length }),
    useDictionary: async (next) => {
      path = next;
      return commands.dictionary();
    },
    lookUp: async (text) =>
      path === null ? [] : WORDS.filter((word) => text.includes(word.simplified) || text.includes(word.traditional)),
  };
  return {
    commands,
    get entries() {
      return entries;
    },
    remember: (source, target, origin) => {
      memory = memory.filter((pair) => pair.source !== source);
      memory.unshift({ id: ++numbers, source, target, score: 1, difference: [], origin, confirmedAtMs: Date.now() });
    },
    best: (source) => {
      const [first] = matches(source);
      return first ? { score: first.score, target: first.target } : null;
    },
  };
}
