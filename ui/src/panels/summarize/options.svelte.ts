// How a summary is to be: by which way, how long, in which form and language.

import type { SummaryForm, SummaryLength, SummaryMethod, SummaryRequest, TargetLanguage } from "../../host";

type Measure = SummaryLength["kind"];

/** What each measure may be; a share in percent. */
export const LIMITS: Record<Measure, { least: number; most: number; step: number }> = {
  sentences: { least: 1, most: 200, step: 1 },
  words: { least: 5, most: 20_000, step: 10 },
  share: { least: 1, most: 100, step: 1 },
};

export class Options {
  method = $state<SummaryMethod>("key");
  form = $state<SummaryForm>("paragraph");
  measure = $state<Measure>("sentences");
  to = $state<TargetLanguage | null>(null);
  /** How much, by measure: another measure does not lose it. */
  readonly #amounts = $state<Record<Measure, number>>({ sentences: 5, words: 120, share: 10 });

  get amount(): number {
    return this.#amounts[this.measure];
  }

  /** Nonsense is brought within the limits. */
  set amount(value: number) {
    const { least, most } = LIMITS[this.measure];
    if (Number.isFinite(value)) this.#amounts[this.measure] = Math.min(most, Math.max(least, Math.round(value)));
  }

  /** One line and a title are as long as they are. */
  get hasLength(): boolean {
    return this.form === "paragraph" || this.form === "bullets";
  }

  get length(): SummaryLength {
    const count = this.amount;
    return this.measure === "share" ? { kind: "share", share: count / 100 } : { kind: this.measure, count };
  }

  get request(): Omit<SummaryRequest, "source"> {
    return { method: this.method, length: this.length, form: this.form, to: this.to };
  }

  /** As a summary was asked for, or was to be. */
  take({ method, form, length, to }: Omit<SummaryRequest, "source">): void {
    this.method = method;
    this.form = form;
    this.to = to;
    this.measure = length.kind;
    this.amount = length.kind === "share" ? length.share * 100 : length.count;
  }
}
