// The arc as a picture that stands alone: SVG, and PNG drawn from that.

import type { ApiError } from "../../host";
import type { Drawing } from "./drawing";

export interface PictureWords {
  title: string;
  /** What the upper and the lower edge mean. */
  high: string;
  low: string;
}

/** Puts colours in place of custom properties. */
export type Colours = (property: string) => string;

const FONT = "Inter, 'Noto Sans CJK SC', 'PingFang SC', 'Microsoft YaHei', sans-serif";
/** A chapter's title stands above the points. */
const LABEL_PX = 18;
const KEY_WIDTH = 34;
const TITLE_HEIGHT = 44;
const KEYS_HEIGHT = 36;

/** A text as XML. Characters that XML cannot have are left out. */
function xml(text: string): string {
  return text
    .replaceAll(/[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu, "")
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}

/** The picture's size in pixels. */
export function sizeOf({ frame }: Drawing): { width: number; height: number } {
  return { width: frame.width, height: frame.height + TITLE_HEIGHT + KEYS_HEIGHT };
}

export function svgOf(drawing: Drawing, words: PictureWords, colours: Colours): string {
  const { frame, bounds, level, dots, lines } = drawing;
  const { width, height } = sizeOf(drawing);
  const end = frame.height - frame.bottom;
  const text = (x: number, y: number, size: number, colour: string, content: string, more = "") =>
    `<text x="${x}" y="${y}" font-size="${size}" fill="${colours(colour)}"${more}>${xml(content)}</text>`;
  const line = (d: string, colour: string, more: string) => `<path d="${d}" fill="none" stroke="${colours(colour)}" ${more}/>`;
  const dashed = (dashes: string) => (dashes === "" ? "" : ` stroke-dasharray="${dashes}"`);
  const inChart = [
    ...bounds.map(({ x, label }) => line(`M${x} ${frame.top - LABEL_PX}V${end}`, "--line", 'stroke-width="1"') + text(x + 6, frame.top - LABEL_PX + 10, 11, "--ink-3", label)),
    level === null ? "" : line(`M${frame.left} ${level}H${frame.width - frame.right}`, "--ink-3", 'stroke-width="1" stroke-dasharray="2 4"'),
    text(frame.left - 8, frame.top + 10, 11, "--ink-3", words.high, ' text-anchor="end"'),
    text(frame.left - 8, end, 11, "--ink-3", words.low, ' text-anchor="end"'),
    ...dots.map(({ d, colour }) => (d === "" ? "" : line(d, colour, 'stroke-width="5" stroke-linecap="round" opacity="0.55"'))),
    ...lines.map(({ d, colour, dashes }) => (d === "" ? "" : line(d, colour, `stroke-width="2" stroke-linejoin="round"${dashed(dashes)}`))),
  ];
  const room = (width - frame.left - frame.right) / Math.max(1, lines.length);
  const keys = lines.map(({ colour, dashes, name }, index) => {
    const x = Math.round(frame.left + index * room);
    const y = height - KEYS_HEIGHT / 2;
    return line(`M${x} ${y}h${KEY_WIDTH - 8}`, colour, `stroke-width="2"${dashed(dashes)}`) + text(x + KEY_WIDTH, y + 4, 12, "--ink-2", name);
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="${FONT}">`,
    `<title>${xml(words.title)}</title>`,
    `<rect width="${width}" height="${height}" fill="${colours("--paper")}"/>`,
    text(frame.left, 28, 16, "--ink", words.title, ' font-weight="600"'),
    `<g transform="translate(0 ${TITLE_HEIGHT})">${inChart.join("")}</g>`,
    ...keys,
    "</svg>",
  ].join("");
}

/** Bytes of a text in base64. */
export function base64Of(text: string): string {
  let bytes = "";
  for (const byte of new TextEncoder().encode(text)) bytes += String.fromCharCode(byte);
  return btoa(bytes);
}

/** Sharp on paper too. */
const SCALE = 2;

function failure(message: string): ApiError {
  return { code: "picture_invalid", message, detail: null, retryable: false, shortage: null };
}

/** Draws the picture into points of colour. Rejects with an `ApiError` where the browser cannot. */
export async function pngOf(svg: string, { width, height }: { width: number; height: number }): Promise<string> {
  const image = new Image();
  const loaded = new Promise<boolean>((done) => {
    image.onload = () => done(true);
    image.onerror = () => done(false);
  });
  image.src = `data:image/svg+xml;base64,${base64Of(svg)}`;
  if (!(await loaded)) throw failure("the picture cannot be drawn");
  const canvas = document.createElement("canvas");
  canvas.width = width * SCALE;
  canvas.height = height * SCALE;
  const context = canvas.getContext("2d");
  if (!context) throw failure("there is no canvas to draw on");
  context.drawImage(image, 0, 0, canvas.width, canvas.height);
  const [, base64 = ""] = canvas.toDataURL("image/png").split(",");
  return base64;
}

/** The colours that the window has now. */
export function coloursNow(): Colours {
  const style = getComputedStyle(document.documentElement);
  return (property) => style.getPropertyValue(property).trim() || "#000000";
}
