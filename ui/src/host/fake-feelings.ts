// What the classifier in memory feels: a handful of words in both languages, counted.
//
// Invariant: pure, and the same text always feels the same.

import type {
  ArcPoint,
  Mood,
  MoodMeasure,
  MoodModel,
  MoodPart,
  MoodReading,
  MoodSentence,
  MoodView,
  MoodWish,
  MoodWords,
  WordWeight,
} from "./host";

const GOOD = ["laugh", "happy", "bright", "love", "calm", "gentle", "warm", "笑", "喜", "爱", "平静", "热茶", "温"];
const BAD = ["dark", "small and dead", "nothing", "alone", "grief", "cry", "shake", "哭", "死", "怕", "没有", "冷"];

/** The widest arc that the desk tells. */
const MOST_POINTS = 600;
const LINE_POINTS = 60;

const round = (value: number) => Math.round(value * 1000) / 1000;
const mean = (values: number[]) => (values.length === 0 ? 0 : values.reduce((sum, each) => sum + each, 0) / values.length);

function countOf(text: string, words: string[]): number {
  const lower = text.toLowerCase();
  return words.reduce((sum, word) => sum + lower.split(word).length - 1, 0);
}

export function valenceOf(text: string): number {
  return round(Math.tanh((countOf(text, GOOD) - countOf(text, BAD)) * 0.9));
}

/** Three classes around a valence. */
export function moodOf(text: string): Mood {
  const valence = valenceOf(text);
  const left = 1 - Math.abs(valence);
  const scores = [
    { label: 0, score: round(left * 0.15 + Math.max(0, -valence)) },
    { label: 1, score: round(left * 0.7) },
    { label: 2, score: round(left * 0.15 + Math.max(0, valence)) },
  ].sort((a, b) => b.score - a.score);
  return { label: scores[0]?.label ?? 1, scores, valence };
}

/** News topics: their labels are no moods. */
export function topicOf(text: string): Mood {
  const label = /\d/.test(text) ? 2 : /\b(rain|storm)|雨/i.test(text) ? 0 : 1;
  const scores = [0, 1, 2].map((each) => ({ label: each, score: each === label ? 0.8 : 0.1 })).sort((a, b) => b.score - a.score);
  return { label, scores, valence: null };
}

function valueOf({ mood }: MoodSentence, measure: MoodMeasure): number {
  return measure.kind === "mood" ? (mood.valence ?? 0) : (mood.scores.find((each) => each.label === measure.label)?.score ?? 0);
}

function pooled(model: MoodModel, sentences: MoodSentence[]): Mood | null {
  if (sentences.length === 0) return null;
  const scores = model.labels.map((_, label) => ({
    label,
    score: round(mean(sentences.map((each) => valueOf(each, { kind: "label", label })))),
  }));
  scores.sort((a, b) => b.score - a.score);
  const valence = model.polarity ? round(mean(sentences.map((each) => each.mood.valence ?? 0))) : null;
  return { label: scores[0]?.label ?? 0, scores, valence };
}

/** Where a sentence stands among the parts that are looked at, from 0 to 1. */
function placesOf(parts: { part: MoodPart; number: number }[]) {
  const total = Math.max(1, parts.reduce((sum, { part }) => sum + part.text.length, 0));
  const starts = new Map<number, number>();
  let at = 0;
  for (const { part, number } of parts) {
    starts.set(number, at);
    at += part.text.length;
  }
  return {
    ofPart: (number: number) => (starts.get(number) ?? 0) / total,
    of: (each: MoodSentence) => ((starts.get(each.part) ?? 0) + (each.from + each.to) / 2) / total,
    share: (part: MoodPart) => part.text.length / total,
  };
}

/** What a model is drawn by: its moods, else a label. */
export function drawnBy({ polarity }: MoodModel): MoodMeasure {
  return polarity ? { kind: "mood" } : { kind: "label", label: 1 };
}

export function viewOf(reading: MoodReading, scored: MoodSentence[], wish: MoodWish): MoodView {
  const measure = wish.measure ?? drawnBy(reading.model);
  const parts = reading.parts.map((part, number) => ({ part, number })).filter(({ number }) => wish.part === null || number === wish.part);
  const place = placesOf(parts);
  const wordsOf = (each: MoodSentence) => reading.parts[each.part]?.text.slice(each.from, each.to) ?? "";
  const named = (each: MoodSentence) => wish.names.length === 0 || wish.names.some((name) => wordsOf(each).includes(name));
  const seen = scored
    .filter((each) => (wish.part === null || each.part === wish.part) && named(each))
    .sort((a, b) => a.index - b.index);
  const each = Math.max(1, Math.ceil(seen.length / MOST_POINTS));
  const points: ArcPoint[] = [];
  for (let at = 0; at < seen.length; at += each) {
    const some = seen.slice(at, at + each);
    const values = some.map((one) => valueOf(one, measure));
    const [first] = some;
    if (!first) continue;
    points.push({
      position: mean(some.map(place.of)),
      value: round(mean(values)),
      low: Math.min(...values),
      high: Math.max(...values),
      sentence: first.index,
      sentences: some.length,
      part: first.part,
      from: first.from,
    });
  }
  const near = Math.max(1, Math.round(points.length / 8));
  const step = Math.max(1, Math.floor(points.length / LINE_POINTS));
  const line = points
    .map(({ position }, at) => ({ position, value: round(mean(points.slice(Math.max(0, at - near), at + near + 1).map((one) => one.value))) }))
    .filter((_, at) => at % step === 0 || at === points.length - 1);
  const counts = reading.model.labels.map((_, label) => ({ label, count: seen.filter((one) => one.mood.label === label).length }));
  const mood = pooled(reading.model, seen);
  return {
    part: wish.part,
    names: wish.names,
    measure,
    sentences: seen.length,
    overall: mood && { mood, by: seen.length > 3 ? "sentences" : "whole" },
    counts: counts.filter(({ count }) => count > 0).sort((a, b) => b.count - a.count),
    arc: { low: measure.kind === "mood" ? -1 : 0, high: 1, points, line: seen.length < 3 ? [] : line },
    parts: parts.map(({ part, number }) => {
      const own = seen.filter((one) => one.part === number);
      const from = place.ofPart(number);
      return { part: number, sentences: own.length, mood: pooled(reading.model, own), from, to: from + place.share(part) };
    }),
  };
}

/** What the sentence is without each of its words. */
export function movers(text: string, { index: sentence, from }: MoodSentence, measure: MoodMeasure): MoodWords {
  const value = valenceOf(text);
  const words = [...text.matchAll(/\p{Script=Han}{2}|[\p{L}']+/gu)];
  const weights: WordWeight[] = words
    .map(({ 0: word, index }) => ({
      from: from + index,
      to: from + index + word.length,
      text: word,
      weight: round(value - valenceOf(text.slice(0, index) + text.slice(index + word.length))),
    }))
    .filter(({ weight }) => weight !== 0)
    .sort((a, b) => Math.abs(b.weight) - Math.abs(a.weight));
  return { sentence, measure, value, words: weights.slice(0, 12), tried: words.length };
}
