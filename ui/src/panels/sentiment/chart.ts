// The geometry of the mood arc: numbers in, places on the picture out.
//
// Invariant: pure. What is drawn on the screen and what is drawn into a file come from the same functions.

/** A place on the arc: how far into the text it is, 0 to 1, and how the text feels there. */
export interface Point {
  x: number;
  y: number;
}

/** The room of a chart in pixels, the margins in it, and the feelings at its lower and upper edge. */
export interface Frame {
  width: number;
  height: number;
  left: number;
  right: number;
  top: number;
  bottom: number;
  low: number;
  high: number;
}

/** Where a chapter begins, from 0 to 1. */
export interface Beginning {
  at: number;
  title: string;
}

/** A line at a chapter's beginning; without words where there is no room for them. */
export interface Bound {
  x: number;
  label: string;
}

const round = (pixels: number) => Math.round(pixels * 10) / 10;

export function placeX(frame: Frame, x: number): number {
  return round(frame.left + x * (frame.width - frame.left - frame.right));
}

export function placeY(frame: Frame, y: number): number {
  const within = Math.min(frame.high, Math.max(frame.low, y));
  const share = (frame.high - within) / (frame.high - frame.low);
  return round(frame.top + share * (frame.height - frame.top - frame.bottom));
}

/** How far into the text a place on the picture is. */
export function positionAt(frame: Frame, pixels: number): number {
  const room = frame.width - frame.left - frame.right;
  return room <= 0 ? 0 : Math.min(1, Math.max(0, (pixels - frame.left) / room));
}

/** A line through points, as the `d` of a path. A single point is a short dash. */
export function lineThrough(frame: Frame, points: readonly Point[]): string {
  const [first] = points;
  if (!first) return "";
  if (points.length === 1) return `M${placeX(frame, first.x) - 6} ${placeY(frame, first.y)}h12`;
  return points.map((point, index) => `${index === 0 ? "M" : "L"}${placeX(frame, point.x)} ${placeY(frame, point.y)}`).join("");
}

/** Dots as the `d` of one path that is stroked with round ends: thousands of them are one element. */
export function dotsAt(frame: Frame, points: readonly Point[]): string {
  return points.map((point) => `M${placeX(frame, point.x)} ${placeY(frame, point.y)}h0`).join("");
}

/** The index of the point that is nearest to a position. The points are in order. */
export function nearest(points: readonly Point[], x: number): number | null {
  if (points.length === 0) return null;
  let low = 0;
  let high = points.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((points[middle]?.x ?? 0) < x) low = middle + 1;
    else high = middle;
  }
  const before = points[low - 1];
  const here = points[low];
  return before && here && x - before.x <= here.x - x ? low - 1 : low;
}

/** What is left of a title says nothing where it is narrower. */
const LEAST_LABEL = 24;
/** Pixels between a line and its words. */
const LABEL_GAP = 6;

/** Lines where chapters begin. Words are cut, or left out, where those of the next chapter would lie over them. */
export function boundsOf(frame: Frame, chapters: readonly Beginning[], widthOf: (text: string) => number): Bound[] {
  const end = frame.width - frame.right;
  return chapters.map(({ at, title }, index) => {
    const x = placeX(frame, at);
    const next = chapters[index + 1];
    const room = (next ? placeX(frame, next.at) : end) - x - 2 * LABEL_GAP;
    return { x, label: shortened(title, room, widthOf) };
  });
}

function shortened(title: string, room: number, widthOf: (text: string) => number): string {
  if (widthOf(title) <= room) return title;
  const letters = [...title];
  while (letters.length > 1) {
    letters.pop();
    const cut = `${letters.join("").trimEnd()}…`;
    const width = widthOf(cut);
    if (width < LEAST_LABEL) return "";
    if (width <= room) return cut;
  }
  return "";
}

/** About how wide words are at 11 pixels, without asking a screen: Han is square, Latin about half of that. */
export function roughWidth(text: string): number {
  return [...text].reduce((sum, letter) => sum + (/[\u2e80-\uffef]/.test(letter) ? 11 : 6.2), 0);
}

/** Keys that walk along the arc. Answers the index of the next point, or null for another key. */
export function walk(key: string, at: number | null, count: number, chapters: readonly number[], far: boolean): number | null {
  const PAGE = 10;
  const last = count - 1;
  if (last < 0) return null;
  const here = at ?? -1;
  const within = (index: number) => Math.min(last, Math.max(0, index));
  switch (key) {
    case "ArrowRight":
    case "ArrowUp":
      return far ? (chapters.find((begin) => begin > here) ?? last) : within(here + 1);
    case "ArrowLeft":
    case "ArrowDown":
      return far ? (chapters.findLast((begin) => begin < here) ?? 0) : within(at === null ? last : here - 1);
    case "PageUp":
      return within(here + PAGE);
    case "PageDown":
      return within(here - PAGE);
    case "Home":
      return 0;
    case "End":
      return last;
    default:
      return null;
  }
}
