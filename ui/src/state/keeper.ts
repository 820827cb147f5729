// Keeps something that changes with every key, within a second of every change.
//
// Invariant: what could not be kept is tried again, with everything that has changed since.

const DELAY_MS = 600;
const RETRY_MS = 3000;

export class Keeper {
  readonly #keep: () => Promise<boolean>;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #keeping: Promise<void> = Promise.resolve();

  /** `keep` stores what there is now, and answers whether it could. */
  constructor(keep: () => Promise<boolean>) {
    this.#keep = keep;
  }

  /** There is something new to keep. */
  changed(): void {
    this.#schedule(DELAY_MS);
  }

  /** Keeps now what is still to be kept. */
  flush(): Promise<void> {
    if (this.#timer === null) return this.#keeping;
    clearTimeout(this.#timer);
    this.#timer = null;
    this.#keeping = this.#keeping.then(async () => {
      if (!(await this.#keep())) this.#schedule(RETRY_MS);
    });
    return this.#keeping;
  }

  #schedule(delay: number): void {
    this.#timer ??= setTimeout(() => void this.flush(), delay);
  }
}
