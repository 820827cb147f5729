// The samplers by their usual names: where each lies in the parameters, its range, and the value that turns it off.

import { SAMPLING_OFF, type SamplingParams } from "../../host";
import type { Messages } from "../../i18n/index.svelte";

export interface Sampler {
  name: keyof Messages["inspector"]["samplers"];
  testid: string;
  min: number;
  max: number;
  step: number;
  off: string;
  get: (params: SamplingParams) => number;
  set: (params: SamplingParams, value: number) => SamplingParams;
}

type Flat = {
  [Key in keyof SamplingParams]: SamplingParams[Key] extends number ? Key : never;
}[keyof SamplingParams];

function flat(name: Flat & Sampler["name"], testid: string, min: number, max: number, step: number, off: string): Sampler {
  return { name, testid, min, max, step, off, get: (p) => p[name], set: (p, value) => ({ ...p, [name]: value }) };
}

export const SAMPLERS: Sampler[] = [
  flat("temperature", "temperature", 0, 5, 0.05, "1"),
  flat("topK", "top-k", 0, 1000, 1, "0"),
  flat("topP", "top-p", 0, 1, 0.01, "1"),
  flat("minP", "min-p", 0, 1, 0.01, "0"),
  flat("typicalP", "typical-p", 0, 1, 0.01, "1"),
  flat("repetitionPenalty", "repetition-penalty", 0.5, 3, 0.01, "1"),
  flat("repetitionRange", "repetition-range", 0, 8192, 16, "—"),
  flat("presencePenalty", "presence-penalty", -2, 2, 0.05, "0"),
  flat("frequencyPenalty", "frequency-penalty", -2, 2, 0.05, "0"),
  {
    name: "dryMultiplier",
    testid: "dry-multiplier",
    min: 0,
    max: 5,
    step: 0.05,
    off: "0",
    get: (p) => p.dry.multiplier,
    set: (p, multiplier) => ({ ...p, dry: { ...p.dry, multiplier } }),
  },
  {
    name: "dryBase",
    testid: "dry-base",
    min: 1,
    max: 4,
    step: 0.05,
    off: "—",
    get: (p) => p.dry.base,
    set: (p, base) => ({ ...p, dry: { ...p.dry, base } }),
  },
  {
    name: "dryAllowedLength",
    testid: "dry-allowed-length",
    min: 1,
    max: 50,
    step: 1,
    off: "—",
    get: (p) => p.dry.allowedLength,
    set: (p, allowedLength) => ({ ...p, dry: { ...p.dry, allowedLength } }),
  },
  {
    name: "xtcProbability",
    testid: "xtc-probability",
    min: 0,
    max: 1,
    step: 0.05,
    off: "0",
    get: (p) => p.xtc.probability,
    set: (p, probability) => ({ ...p, xtc: { ...p.xtc, probability } }),
  },
  {
    name: "xtcThreshold",
    testid: "xtc-threshold",
    min: 0,
    max: 0.5,
    step: 0.01,
    off: "0.5",
    get: (p) => p.xtc.threshold,
    set: (p, threshold) => ({ ...p, xtc: { ...p.xtc, threshold } }),
  },
];

export const PRESETS = {
  plain: SAMPLING_OFF,
  balanced: { ...SAMPLING_OFF, temperature: 0.8, minP: 0.08, repetitionPenalty: 1.05 },
  creative: {
    ...SAMPLING_OFF,
    temperature: 1.15,
    minP: 0.05,
    dry: { ...SAMPLING_OFF.dry, multiplier: 0.8 },
    xtc: { probability: 0.3, threshold: 0.1 },
  },
  greedy: { ...SAMPLING_OFF, temperature: 0, repetitionPenalty: 1.1 },
} satisfies Record<string, SamplingParams>;

export type PresetName = keyof typeof PRESETS;

/** The preset that these are, if they are one. */
export function presetOf(params: SamplingParams): PresetName | "none" {
  const same = (Object.keys(PRESETS) as PresetName[]).find((name) => {
    return SAMPLERS.every(({ get }) => get(PRESETS[name]) === get(params));
  });
  return same ?? "none";
}

/** `token amount` lines as pairs; nothing where a line is neither. */
export function parseBias(text: string): [number, number][] | null {
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  const pairs = lines.map((line) => line.trim().split(/\s+/).map(Number));
  const valid = pairs.every(
    (pair) => pair.length === 2 && Number.isInteger(pair[0]) && (pair[0] ?? -1) >= 0 && Math.abs(pair[1] ?? NaN) <= 100,
  );
  return valid ? (pairs as [number, number][]) : null;
}
