// The text that was read, as it stands on the screen: its parts one below the other, each sentence in its tint.
//
// Invariant: pure. Offsets are UTF-16; those of the desk count in a part, those of the screen in the whole.

import type { Tint } from "../../editor/tinted";
import type { MoodMeasure, MoodPart, MoodReading, MoodSentence, MoodWords, WordWeight } from "../../host";

/** Parts put together for the screen. */
export interface Sheet {
  text: string;
  /** Where each part begins. */
  starts: number[];
  titles: Tint[];
}

/** Sentences by their number; those that are not read yet are missing. */
export type Sentences = readonly (MoodSentence | undefined)[];

const BETWEEN = "\n\n\n";

/** Puts parts together. Where there are several, each has its title above it, unless it begins with that itself. */
export function sheetOf(parts: readonly MoodPart[]): Sheet {
  const sheet: Sheet = { text: "", starts: [], titles: [] };
  for (const [index, { title, text }] of parts.entries()) {
    if (index > 0) sheet.text += BETWEEN;
    if (parts.length > 1 && title !== "" && !beginsWith(text, title)) {
      sheet.titles.push({ from: sheet.text.length, to: sheet.text.length + title.length, look: "mood-title" });
      sheet.text += `${title}\n\n`;
    }
    sheet.starts.push(sheet.text.length);
    sheet.text += text;
  }
  return sheet;
}

function beginsWith(text: string, title: string): boolean {
  return text.slice(0, title.length + 8).replace(/^[#\s]+/, "").startsWith(title);
}

/** A sentence's value by a measure: -1 to 1 of a mood, 0 to 1 of a label. Null where the model gives none. */
export function valueOf({ mood }: MoodSentence, measure: MoodMeasure): number | null {
  if (measure.kind === "mood") return mood.valence;
  return mood.scores.find((each) => each.label === measure.label)?.score ?? 0;
}

/** As good as nothing is felt below this. */
const NEUTRAL = 0.12;
const STEPS = 5;

export type Feeling = "negative" | "neutral" | "positive";

export function feelingOf(value: number): Feeling {
  if (Math.abs(value) < NEUTRAL) return "neutral";
  return value < 0 ? "negative" : "positive";
}

/** The look of a sentence with this value; none where there is nothing to tint. */
export function lookOf(value: number, measure: MoodMeasure): string | null {
  const step = Math.min(STEPS, Math.max(1, Math.ceil(Math.abs(value) * STEPS)));
  if (measure.kind === "label") return value < NEUTRAL ? null : `mood mood-label mood-${step}`;
  const feeling = feelingOf(value);
  return feeling === "neutral" ? null : `mood mood-${feeling} mood-${step}`;
}

/** All tints of a sheet, in order; of its sentences none before it is known what is drawn. */
export function tintsOf(sheet: Sheet, sentences: Sentences, measure: MoodMeasure | null, chosen: number | null): Tint[] {
  const tints = [...sheet.titles];
  for (const sentence of sentences) {
    if (!sentence) continue;
    const value = measure && valueOf(sentence, measure);
    const looks = [value === null || measure === null ? null : lookOf(value, measure), sentence.index === chosen ? "mood-chosen" : null];
    const look = looks.filter((each) => each !== null).join(" ");
    const start = sheet.starts[sentence.part];
    if (look !== "" && start !== undefined) tints.push({ from: start + sentence.from, to: start + sentence.to, look });
  }
  return tints.sort((a, b) => a.from - b.from);
}

/** The part at a place of the sheet, and the place in it. */
export function placeIn(sheet: Sheet, offset: number): { part: number; offset: number } {
  const part = Math.max(0, sheet.starts.findLastIndex((start) => start <= offset));
  return { part, offset: offset - (sheet.starts[part] ?? 0) };
}

/** The sentence at a place of the sheet, or the last one before it in its part. */
export function sentenceAt(sheet: Sheet, reading: MoodReading, sentences: Sentences, place: number): MoodSentence | null {
  const { part, offset } = placeIn(sheet, place);
  const { first, sentences: count } = reading.parts[part] ?? { first: 0, sentences: 0 };
  return sentences.slice(first, first + count).findLast((each) => each !== undefined && each.from <= offset) ?? null;
}

/** A word that moves its sentence less than this is not worth a mark, nor one that does a fraction of the strongest. */
const LEAST_WEIGHT = 0.01;
const LEAST_SHARE = 0.1;

/** The words that moved a sentence, the strongest first: those that did so to speak of. */
export function moversOf({ words }: MoodWords): WordWeight[] {
  const least = Math.max(LEAST_WEIGHT, LEAST_SHARE * Math.abs(words[0]?.weight ?? 0));
  return words.filter(({ weight }) => Math.abs(weight) >= least);
}

/** The words of a sentence. */
export function wordsOf(reading: MoodReading, { part, from, to }: MoodSentence): string {
  return reading.parts[part]?.text.slice(from, to) ?? "";
}
