// Keeps the desk's copy of a page up to date, within a second of every change.
//
// Invariant: what has been typed is in the editor until the desk has acknowledged it; a failed save is tried again with
// everything in it, and a page that was changed elsewhere is stored whole, so that the text on screen wins.

import type { EditorState, Transaction } from "@codemirror/state";

import type { ApiError, ChapterId, Counts, Edit, Host } from "../host/host";
import { asApiError } from "../host/host";
import { authorship } from "./authorship";
import { append, editsOf } from "./edits";

export type SaveStatus = "saved" | "saving" | "unsaved";

export interface AutosaveOptions {
  host: Pick<Host, "saveEdits" | "replacePage">;
  chapter: ChapterId;
  version: number;
  /** The editor's state now. */
  state: () => EditorState;
  onStatus: (status: SaveStatus, counts: Counts | null) => void;
  onError: (error: ApiError) => void;
  /** Milliseconds from the first unsaved change to its save. */
  delay?: number;
  /** Milliseconds until a failed save is tried again. */
  retry?: number;
}

export class Autosave {
  #options: Required<AutosaveOptions>;
  #pending: Edit[] = [];
  #inFlight: Promise<void> | null = null;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #version: number;
  #failed = false;
  #closed = false;

  constructor(options: AutosaveOptions) {
    this.#options = { delay: 600, retry: 3000, ...options };
    this.#version = options.version;
  }

  /** The version that the desk has acknowledged. */
  get version(): number {
    return this.#version;
  }

  /** Notes a change of the page. */
  record(transaction: Transaction): void {
    if (!transaction.docChanged || this.#closed) return;
    for (const edit of editsOf(transaction)) append(this.#pending, edit);
    if (!this.#failed) this.#options.onStatus("saving", null);
    this.#schedule(this.#options.delay);
  }

  /** Saves everything now. Rejects where it could not be saved; the text stays noted. */
  async flush(): Promise<void> {
    while (this.#inFlight || this.#pending.length > 0) {
      await (this.#inFlight ?? this.#save());
    }
  }

  /** Saves a last time and takes no more changes. */
  async close(): Promise<void> {
    try {
      await this.flush();
    } finally {
      this.#closed = true;
      if (this.#timer !== null) clearTimeout(this.#timer);
    }
  }

  #schedule(delay: number): void {
    if (this.#timer !== null) return;
    this.#timer = setTimeout(() => {
      this.#timer = null;
      // The failure has been told through `onError`, and the next try is scheduled.
      this.flush().catch(() => undefined);
    }, delay);
  }

  #save(): Promise<void> {
    const sending = this.#pending;
    this.#pending = [];
    this.#inFlight = this.#send(sending)
      .catch((thrown: unknown) => {
        this.#pending = [...sending, ...this.#pending];
        this.#failed = true;
        this.#options.onStatus("unsaved", null);
        this.#options.onError(asApiError(thrown));
        if (!this.#closed) this.#schedule(this.#options.retry);
        throw thrown;
      })
      .finally(() => {
        this.#inFlight = null;
      });
    return this.#inFlight;
  }

  async #send(edits: Edit[]): Promise<void> {
    const { host, chapter } = this.#options;
    const saved = await host.saveEdits(chapter, this.#version, edits).catch((thrown: unknown) => {
      const error = asApiError(thrown);
      if (error.code !== "version_conflict" && error.code !== "invalid_edit") throw error;
      this.#options.onError({ ...error, code: "version_conflict" });
      return this.#replace();
    });
    this.#version = saved.version;
    this.#failed = false;
    if (this.#pending.length === 0) this.#options.onStatus("saved", saved.counts);
  }

  /** The whole page as it is now; what was still to be sent is part of it. */
  #replace() {
    const state = this.#options.state();
    this.#pending = [];
    return this.#options.host.replacePage(this.#options.chapter, state.doc.toString(), [...authorship(state)]);
  }
}
