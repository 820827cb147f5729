// What is told while a question is open: its answer may be older than that.

import type {
  ApiError,
  OpenTranslation,
  Segment,
  SegmentId,
  TranslationEvent,
  TranslationId,
  TranslationProgress,
  TranslationSummary,
} from "../../host";

export class Meanwhile {
  #open = 0;
  #progress = new Map<TranslationId, TranslationProgress>();
  #segments = new Map<SegmentId, Segment>();
  #failures = new Map<TranslationId, ApiError>();

  /** Asks, and takes the answer; what is told until then is known to `newest` and `progressOf`. */
  async question<T>(ask: () => Promise<T>, take: (answer: T) => void): Promise<void> {
    if (this.#open === 0) {
      this.#progress = new Map();
      this.#segments = new Map();
      this.#failures = new Map();
    }
    this.#open += 1;
    try {
      take(await ask());
    } finally {
      this.#open -= 1;
    }
  }

  hear(event: TranslationEvent): void {
    if (this.#open === 0) return;
    if (event.kind === "segment") this.#segments.set(event.segment.id, event.segment);
    else if (event.kind === "failed") this.#failures.set(event.translation, event.error);
    else if (event.kind === "progress") this.#progress.set(event.translation, event.progress);
  }

  /** A translation that was told of overtakes an answer that has none yet. */
  newest(segment: Segment): Segment {
    return segment.state === "new" ? (this.#segments.get(segment.id) ?? segment) : segment;
  }

  errorOf({ summary, error }: OpenTranslation): ApiError | null {
    return this.#failures.get(summary.id) ?? error;
  }

  progressOf(summary: TranslationSummary): TranslationProgress {
    return this.#progress.get(summary.id) ?? summary.progress;
  }
}
