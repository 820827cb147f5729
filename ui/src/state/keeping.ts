// Keeps what a panel holds, within a second of every change.
//
// Invariant: the newest value is kept last; one that could not be kept is tried again until it is, or a newer one is.

import { type ApiError, asApiError } from "../host";

/** From the first change that is not kept to its keeping. */
const DELAY_MS = 600;
const RETRY_MS = 3000;

export class Keeping<T> {
  readonly #keep: (value: T) => Promise<void>;
  readonly #onError: (error: ApiError) => void;
  #waiting: { value: T } | null = null;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #turn: Promise<void> = Promise.resolve();

  constructor(keep: (value: T) => Promise<void>, onError: (error: ApiError) => void) {
    this.#keep = keep;
    this.#onError = onError;
  }

  /** Takes a newer value. */
  note(value: T): void {
    this.#waiting = { value };
    this.#schedule(DELAY_MS);
  }

  /** Keeps the newest value now, if it is not kept yet. */
  flush(): Promise<void> {
    this.#turn = this.#turn.then(() => this.#flush());
    return this.#turn;
  }

  async #flush(): Promise<void> {
    const waiting = this.#waiting;
    if (!waiting) return;
    this.#waiting = null;
    try {
      await this.#keep(waiting.value);
    } catch (thrown) {
      this.#waiting ??= waiting;
      this.#schedule(RETRY_MS);
      this.#onError(asApiError(thrown));
    }
  }

  #schedule(delay: number): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = null;
      void this.flush();
    }, delay);
  }
}
