// What is drawn of an arc: dots, lines and bounds, for the screen and for a picture alike.
//
// Invariant: pure. Colours are named by the style sheet's custom properties; lines are told apart by their dashes too.

import type { ArcPoint, MoodMeasure, MoodModel, MoodPart, MoodView } from "../../host";
import { type Bound, boundsOf, dotsAt, type Frame, lineThrough, placeY, type Point, roughWidth } from "./chart";
import { type Feeling, feelingOf } from "./text";

export interface Stroke {
  /** A custom property. */
  colour: string;
  /** Of the line; empty for a whole one. */
  dashes: string;
}

export interface DrawnLine extends Stroke {
  d: string;
  name: string;
}

export interface DrawnDots {
  d: string;
  colour: string;
}

export interface Drawing {
  frame: Frame;
  bounds: Bound[];
  /** Where nothing is felt; null of an arc that has no such place. */
  level: number | null;
  dots: DrawnDots[];
  lines: DrawnLine[];
}

export interface Drawn {
  view: MoodView;
  name: string;
  model: MoodModel;
  parts: readonly MoodPart[];
  /** Lines over the arc: characters, or another text. */
  others: readonly { name: string; view: MoodView }[];
}

const STROKES: readonly Stroke[] = [
  { colour: "--ink", dashes: "" },
  { colour: "--seal", dashes: "9 4" },
  { colour: "--model", dashes: "2 4" },
  { colour: "--mood-pos", dashes: "12 4 2 4" },
  { colour: "--ink-3", dashes: "5 3" },
  { colour: "--seal", dashes: "2 3 7 3" },
];

/** How the line with this number is drawn; number 0 is the text's own. */
export function strokeOf(number: number): Stroke {
  const again = ((number - 1) % (STROKES.length - 1)) + 1;
  return STROKES[number === 0 ? 0 : again] ?? { colour: "--ink", dashes: "" };
}

const COLOURS: Record<Feeling, string> = { negative: "--mood-neg", neutral: "--mood-neu", positive: "--mood-pos" };

export const pointOf = ({ position, value }: { position: number; value: number }): Point => ({ x: position, y: value });

export function dotsOf(frame: Frame, points: readonly ArcPoint[], measure: MoodMeasure): DrawnDots[] {
  if (measure.kind === "label") return [{ d: dotsAt(frame, points.map(pointOf)), colour: "--model" }];
  return (["neutral", "negative", "positive"] as const).map((feeling) => ({
    d: dotsAt(frame, points.filter(({ value }) => feelingOf(value) === feeling).map(pointOf)),
    colour: COLOURS[feeling],
  }));
}

export function drawingOf(room: Omit<Frame, "low" | "high">, { view, name, parts, others }: Drawn): Drawing {
  const { low, high, points, line } = view.arc;
  const frame = { ...room, low, high: high > low ? high : low + 1 };
  const beginnings = view.parts.map(({ part, from }) => ({ at: from, title: parts[part]?.title ?? "" }));
  const lines = [{ name, view: { arc: { line } } }, ...others].map((each, number) => ({
    ...strokeOf(number),
    d: lineThrough(frame, each.view.arc.line.map(pointOf)),
    name: each.name,
  }));
  return {
    frame,
    bounds: beginnings.length > 1 ? boundsOf(frame, beginnings, roughWidth) : [],
    level: low < 0 && high > 0 ? placeY(frame, 0) : null,
    dots: dotsOf(frame, points, view.measure),
    lines,
  };
}

/** The index of the point that stands for a sentence, or for the nearest before it. */
export function pointFor(points: readonly ArcPoint[], sentence: number): number | null {
  const at = points.findLastIndex((point) => point.sentence <= sentence);
  return at < 0 ? null : at;
}

/** The indices of the points that begin a chapter. */
export function beginningsOf(points: readonly ArcPoint[]): number[] {
  return points.flatMap((point, at) => (point.part === points[at - 1]?.part ? [] : [at]));
}
