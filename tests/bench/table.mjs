// The arithmetic of the bench and its table: medians, ratios above 1 where Bimo is better, Markdown.

/** The middle one; of an even number the mean of the two in the middle. */
export function median(values) {
  if (values.length === 0) throw new Error("there is no median of nothing");
  const sorted = values.toSorted((a, b) => a - b);
  const half = sorted.length / 2;
  return sorted.length % 2 === 1 ? sorted[Math.floor(half)] : (sorted[half - 1] + sorted[half]) / 2;
}

/** How many times better ours is, where more is better, or less; nothing where there is nothing to compare with. */
export function ratio(ours, theirs, better) {
  if (theirs === null || theirs === undefined) return null;
  return better === "more" ? ours / theirs : theirs / ours;
}

/**
 * A row from what several rounds found: `measure` is `{work, unit, better}`; `theirs` is null where nobody else does this.
 */
export function row(measure, model, peer, ours, theirs) {
  const [mine, other] = [median(ours), theirs === null ? null : median(theirs)];
  const { work, unit, better } = measure;
  return { work, model, peer, unit, ours: mine, theirs: other, ratio: ratio(mine, other, better) };
}

/** Tokens in a second by which the memory's bandwidth alone would limit writing. */
export function roofline(bytesPerSecond, weightBytes) {
  return bytesPerSecond / weightBytes;
}

/** How many times longer a unit of work takes where there is much of it. */
export function growth(small, large) {
  return large.seconds / large.amount / (small.seconds / small.amount);
}

/** Three figures that count. */
export function figure(value) {
  if (value === null) return "";
  if (value >= 1000) return Math.round(value).toLocaleString("en");
  return String(Number(value.toPrecision(3)));
}

/** A table for people; a ratio is bold where Bimo is not behind. */
export function markdown(rows) {
  const line = (cells) => `| ${cells.join(" | ")} |`;
  const head = ["model", "work", "unit", "Bimo", "peer's", "ratio", "peer"];
  const body = rows.map((row) => {
    const shown = row.ratio === null ? "" : row.ratio.toFixed(2);
    const emphasised = row.ratio !== null && row.ratio >= 1 ? `**${shown}**` : shown;
    return [row.model, row.work, row.unit, figure(row.ours), figure(row.theirs), emphasised, row.peer ?? ""];
  });
  return [line(head), line(head.map((_, place) => (place < 3 || place === 6 ? "---" : "---:"))), ...body.map(line)].join("\n");
}
