// Scores and pictures on their way into files.

import { i18n } from "../../i18n/index.svelte";
import type { Desk } from "../../state/desk.svelte";
import { type Drawn, drawingOf } from "./drawing";
import { labelName } from "./labels";
import { base64Of, coloursNow, pngOf, sizeOf, svgOf } from "./picture";
import type { Reading } from "./reading.svelte";
import { fileNameOf } from "./sources";

const PICTURE_ROOM = { width: 1200, height: 320, left: 84, right: 28, top: 26, bottom: 12 };

/** Writes a row for each sentence. Answers where, or nothing where the person thought better of it. */
export async function exportCsv({ host }: Desk, { about }: Reading, title: string): Promise<string | null> {
  if (!about) return null;
  const path = await host.chooseTargetFile(fileNameOf(title, i18n.t.sentiment.fileName, "csv"));
  if (path !== null) await host.exportMoods(about.id, path);
  return path;
}

/** Writes the arc as it is drawn now, in the window's colours. */
export async function exportPicture({ host }: Desk, drawn: Drawn, title: string, kind: "svg" | "png"): Promise<string | null> {
  const t = i18n.t.sentiment;
  const { measure, arc } = drawn.view;
  const path = await host.chooseTargetFile(fileNameOf(title, t.fileName, kind));
  if (path === null) return null;
  const drawing = drawingOf(PICTURE_ROOM, drawn);
  const edges =
    measure.kind === "mood"
      ? { high: t.moods.positive, low: t.moods.negative }
      : { high: arc.high.toFixed(1), low: arc.low.toFixed(1) };
  const shown = measure.kind === "mood" ? t.arc : t.measureLabel(labelName(drawn.model, measure.label, t));
  const svg = svgOf(drawing, { title: title === "" ? shown : `${title}: ${shown}`, ...edges }, coloursNow());
  await host.savePicture(path, kind === "svg" ? base64Of(svg) : await pngOf(svg, sizeOf(drawing)));
  return path;
}
