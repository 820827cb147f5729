// What the translator in memory knows: how a text is cut, and what its sentences become.

import type { Alternative, GlossaryEntry, Segment, SegmentFlag, SourceLanguage, TargetLanguage, TermSpan } from "./host";

const KNOWN: [string, string][] = [
  ["The rain began before dawn and did not stop for three days.", "雨在黎明前下起来，一连三天没有停。"],
  ["Old Chen sat by the stove and mended the same net he had mended every winter.", "老陈坐在炉边，补着他每年冬天都要补的那张网。"],
  ["“You will wear a hole in your hands,” his wife said.", "“你会把手磨破的。”他的妻子说。"],
  ["He counted 1,250 knots, and then he counted them again.", "他数了一千二百五十个结，然后又数了一遍。"],
  ["On the fourth morning a letter came from Carrow Point.", "第四天早晨，从卡罗角来了一封信。"],
  ["He did not open it until the net was done.", "直到网补完，他才拆开。"],
  ["She was born in 1984.", "她出生了。"],
  ["雨下到第三天，渡口已经没有船了。", "By the third day of rain there were no boats left at the crossing."],
  ["老陈把最后一块木板钉在门上，回头看见灯影里站着一个人。", "Old Chen nailed the last board across the door, and turning saw a man standing in the lamplight."],
  ["“这么大的雨，”那人说，“劳驾，借一碗热茶。”", "“Such rain,” said the man. “Could I trouble you for a bowl of hot tea?”"],
];
const TO_CHINESE = new Map(KNOWN.map(([a, b]) => (/\p{Script=Han}/u.test(a) ? [b, a] : [a, b])));
const TO_ENGLISH = new Map([...TO_CHINESE].map(([english, chinese]) => [chinese, english]));
const TRADITIONAL: Record<string, string> = { 阵: "陣", 陈: "陳", 炉: "爐", 边: "邊", 补: "補", 张: "張", 网: "網", 数: "數", 个: "個", 结: "結", 后: "後", 从: "從", 罗: "羅", 来: "來", 连: "連", 没: "沒", 灯: "燈" };

const HAN = /\p{Script=Han}/gu;
const END = /[^.!?。！？…\n]+(?:[.!?。！？…]+[”"’」』]*)?|[.!?。！？…]+/gu;

/** The text as the desk cuts it: sentences, and what stands between them. */
export function cut(text: string): { lead: string; pieces: { source: string; gap: string }[] } {
  const found = [...text.matchAll(END)].flatMap((match) => {
    const source = match[0].trim();
    return source === "" ? [] : [{ source, from: match.index + match[0].indexOf(source) }];
  });
  const pieces = found.map(({ source, from }, at) => ({
    source,
    gap: text.slice(from + source.length, found[at + 1]?.from ?? text.length),
  }));
  return { lead: text.slice(0, found[0]?.from ?? text.length), pieces };
}

export function languageOf(text: string): SourceLanguage {
  const han = text.match(HAN)?.length ?? 0;
  const words = text.replace(HAN, " ").match(/[a-z]+/giu)?.length ?? 0;
  if (han + words === 0) return "unknown";
  if (han > 0 && words > 0 && Math.min(han, words) * 4 > han + words) return "mixed";
  if (words > han) return "english";
  return Object.values(TRADITIONAL).some((character) => text.includes(character)) ? "traditional" : "simplified";
}

const inScript = (text: string, to: TargetLanguage) =>
  to === "traditional" ? text.replace(HAN, (character) => TRADITIONAL[character] ?? character) : text;

function rendering(source: string, to: TargetLanguage): string {
  const known = (to === "english" ? TO_ENGLISH : TO_CHINESE).get(source);
  if (known !== undefined) return inScript(known, to);
  return to === "english" ? `In English: ${source}` : inScript(`（中文）${source}`, to);
}

function spansOf(source: string, target: string, glossary: GlossaryEntry[]): TermSpan[] {
  return glossary.flatMap((entry): TermSpan[] => {
    const from = source.indexOf(entry.term);
    if (from < 0 || entry.id === null) return [];
    const at = target.indexOf(entry.translation);
    const [targetFrom, targetTo] = at < 0 ? [null, null] : [at, at + entry.translation.length];
    return [{ entry: entry.id, sourceFrom: from, sourceTo: from + entry.term.length, targetFrom, targetTo }];
  });
}

function flagsOf(source: string, target: string, terms: TermSpan[]): SegmentFlag[] {
  const flags: SegmentFlag[] = [];
  if (/\d{4}/.test(source) && !/\d{4}/.test(target)) flags.push("numbers");
  if (terms.some((term) => term.targetFrom === null)) flags.push("glossary_missed");
  return flags;
}

/** What the model makes of a sentence: every time it is asked again, something else. */
export function translated(segment: Segment, to: TargetLanguage, glossary: GlossaryEntry[], times: number): Segment {
  const best = rendering(segment.source, to);
  const others: Alternative[] = [
    { text: best, confidence: 0.82 },
    { text: to === "english" ? `${best.slice(0, -1)}, then.` : `${best.slice(0, -1)}呢。`, confidence: 0.61 },
    { text: to === "english" ? `And so: ${best}` : `于是，${best}`, confidence: 0.44 },
  ];
  const chosen = others[times % others.length] ?? { text: best, confidence: 0.82 };
  const terms = spansOf(segment.source, chosen.text, glossary);
  return {
    ...segment,
    target: chosen.text,
    state: "machine",
    confidence: chosen.confidence,
    alternatives: others.filter((each) => each !== chosen),
    terms,
    flags: flagsOf(segment.source, chosen.text, terms),
  };
}

/** How much two sentences have in common, and the way from one to the other, word by word. */
export function difference(before: string, after: string) {
  const words = (text: string): string[] => text.match(/\p{Script=Han}|[\p{L}\p{N}]+|[^\p{L}\p{N}]+/gu) ?? [];
  const [a, b] = [words(before), words(after)];
  const has = new Set(b);
  const had = new Set(a);
  const parts = [
    ...a.map((text) => ({ kind: has.has(text) ? ("same" as const) : ("removed" as const), text })),
    ...b.filter((text) => !had.has(text)).map((text) => ({ kind: "added" as const, text })),
  ];
  const same = a.filter((text) => has.has(text)).length;
  return { score: same / Math.max(1, a.length, b.length), parts };
}
