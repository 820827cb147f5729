// A text that is being read, or has been: what the desk tells of it, kept together.
//
// Invariant: only what belongs to the last request is heard. Of what was read before, the sentences stay until the next
// reading is opened, and the view until that has one: nothing flickers while a person types.

import {
  type ApiError,
  asApiError,
  type Host,
  type MoodEvent,
  type MoodProgress,
  type MoodReading,
  type MoodRequest,
  type MoodSentence,
  type MoodView,
} from "../../host";

export class Reading {
  readonly #host: Host;
  readonly #onView: () => void;
  about = $state.raw<MoodReading | null>(null);
  view = $state.raw<MoodView | null>(null);
  progress = $state.raw<MoodProgress | null>(null);
  error = $state.raw<ApiError | null>(null);
  /** Why its scores are read anew the next time. */
  unkept = $state.raw<ApiError | null>(null);
  running = $state(false);
  /** Counts up with what is told of sentences: these change in place. */
  told = $state(0);
  #sentences: (MoodSentence | undefined)[] = [];
  #turn = 0;
  #request: MoodRequest | null = null;

  /** `onView` hears that there is more to see. */
  constructor(host: Host, onView: () => void) {
    this.#host = host;
    this.#onView = onView;
  }

  /** By their numbers; those that are not read yet are missing. */
  get sentences(): readonly (MoodSentence | undefined)[] {
    void this.told;
    return this.#sentences;
  }

  /** Read to its end, or to where it was stopped. */
  get done(): boolean {
    return this.about !== null && !this.running && this.error === null;
  }

  /** Whether it was left before its end. */
  get cut(): boolean {
    return this.done && this.progress !== null && this.progress.done < this.progress.total;
  }

  async read(request: MoodRequest): Promise<void> {
    const turn = this.#leave();
    this.#request = request;
    this.error = null;
    this.unkept = null;
    this.running = true;
    try {
      await this.#host.readMood(request, (event) => {
        if (turn === this.#turn) this.#hear(event);
        else if (event.kind === "opened") this.#stop(event.reading.id);
      });
    } catch (thrown) {
      if (turn === this.#turn) this.#fail(asApiError(thrown));
    }
  }

  /** The same once more: only what changed is read. */
  async again(): Promise<void> {
    if (this.#request) await this.read(this.#request);
  }

  stop(): void {
    if (this.about && this.running) this.#stop(this.about.id);
  }

  /** As if nothing had been read. */
  clear(): void {
    this.#leave();
    this.#request = null;
    this.running = false;
    this.error = null;
    this.unkept = null;
    this.#forget();
  }

  #leave(): number {
    this.stop();
    return ++this.#turn;
  }

  #stop(id: number): void {
    // One that has just ended cannot be stopped, and need not be.
    void this.#host.stopMood(id).catch(() => undefined);
  }

  #forget(): void {
    this.about = null;
    this.view = null;
    this.progress = null;
    this.#sentences = [];
    this.told += 1;
  }

  #fail(error: ApiError): void {
    this.running = false;
    this.error = error;
    this.#forget();
    this.#onView();
  }

  #hear(event: MoodEvent): void {
    switch (event.kind) {
      case "opened":
        this.#sentences = new Array<MoodSentence | undefined>(event.reading.sentences).fill(undefined);
        this.about = event.reading;
        this.told += 1;
        break;
      case "scored":
        for (const sentence of event.sentences) this.#sentences[sentence.index] = sentence;
        this.told += 1;
        break;
      case "progress":
        this.progress = event.progress;
        break;
      case "view":
        this.view = event.view;
        this.#onView();
        break;
      case "unkept":
        this.unkept = event.error;
        break;
      case "finished":
      case "stopped":
        this.running = false;
        this.progress = event.progress;
        this.view = event.view;
        this.#onView();
        break;
      case "failed":
        // What was read until then stays to be seen.
        this.running = false;
        this.error = event.error;
        break;
    }
  }
}
