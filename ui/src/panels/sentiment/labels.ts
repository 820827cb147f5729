// Labels of a classifier, for people.

import type { LabelScore, MoodModel, MoodMeasure } from "../../host";
import type { SentimentMessages } from "../../i18n/sentiment.en";
import { feelingOf } from "./text";

/** The three moods have words in both languages; any other label is the model's own. */
export function labelName({ labels }: Pick<MoodModel, "labels">, label: number, t: SentimentMessages): string {
  const name = labels[label] ?? String(label);
  const moods: Partial<Record<string, string>> = t.moods;
  return moods[name.toLowerCase()] ?? name;
}

/** A label's colour, as a custom property: by its mood where it has one. */
export function labelColour({ polarity }: Pick<MoodModel, "polarity">, label: number): string {
  const value = polarity?.values[label];
  if (value === undefined) return "--model";
  return { negative: "--mood-neg", neutral: "--mood-neu", positive: "--mood-pos" }[feelingOf(value)];
}

/** A value by a measure, in words: +0.42, or 42 %. */
export function valueWords(value: number, measure: MoodMeasure, model: Pick<MoodModel, "scoring">, t: SentimentMessages): string {
  if (measure.kind === "mood") return t.signed(value);
  return scoreWords(value, model, t);
}

/** A label's score: a probability, or whatever amount the model gives. */
export function scoreWords(score: number, { scoring }: Pick<MoodModel, "scoring">, t: SentimentMessages): string {
  return scoring === "amount" ? score.toFixed(2) : t.percent(score);
}

/** The feeling in a word, or the label that is drawn. */
export function measureWords(value: number, measure: MoodMeasure, model: MoodModel, t: SentimentMessages): string {
  const words = valueWords(value, measure, model, t);
  return measure.kind === "mood" ? `${t.moods[feelingOf(value)]} ${words}` : `${labelName(model, measure.label, t)} ${words}`;
}

/** Scores in the order of the model's labels where that is an order of moods, else best first. */
export function inOrder(scores: readonly LabelScore[], { polarity }: Pick<MoodModel, "polarity">): LabelScore[] {
  return polarity ? [...scores].sort((a, b) => a.label - b.label) : [...scores];
}
