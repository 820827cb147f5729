// What helps a translation: the glossary of its work, the dictionary, and the way in and out of files.

import type { DictionaryStatus, GlossaryEntry, GlossaryEntryId, Imported, WorkId } from "../../host";
import type { Desk } from "../../state/desk.svelte";

export class Reference {
  readonly desk: Desk;
  /** Of the work and of all works. */
  glossary = $state.raw<GlossaryEntry[]>([]);
  dictionary = $state.raw<DictionaryStatus>({ path: null, entries: 0 });
  /** What came of the last file that was read. */
  imported = $state.raw<Imported | null>(null);
  work: WorkId | null = null;

  constructor(desk: Desk) {
    this.desk = desk;
  }

  async load(work: WorkId | null): Promise<void> {
    this.work = work;
    this.glossary = await this.desk.host.glossary(work);
    this.dictionary = await this.desk.host.dictionary();
  }

  /** Adds a term, or changes one. */
  keep(entry: GlossaryEntry): Promise<boolean> {
    return this.desk.attempt(async () => {
      await this.desk.host.keepGlossaryEntry(entry);
      this.glossary = await this.desk.host.glossary(this.work);
    });
  }

  remove(entry: GlossaryEntryId): Promise<boolean> {
    return this.desk.attempt(async () => {
      await this.desk.host.removeGlossaryEntry(entry);
      this.glossary = this.glossary.filter((each) => each.id !== entry);
    });
  }

  importGlossary(): Promise<boolean> {
    return this.#read(async (path) => {
      const imported = await this.desk.host.importGlossary(this.work, path);
      this.glossary = await this.desk.host.glossary(this.work);
      return imported;
    });
  }

  exportGlossary(): Promise<boolean> {
    return this.#write("glossary.csv", (path) => this.desk.host.exportGlossary(this.work, path));
  }

  importMemory(): Promise<boolean> {
    return this.#read((path) => this.desk.host.importMemory(path));
  }

  exportMemory(): Promise<boolean> {
    return this.#write("memory.tmx", (path) => this.desk.host.exportMemory(path));
  }

  chooseDictionary(): Promise<boolean> {
    return this.desk.attempt(async () => {
      const path = await this.desk.host.chooseDocument();
      if (path !== null) this.dictionary = await this.desk.host.useDictionary(path);
    });
  }

  forgetDictionary(): Promise<boolean> {
    return this.desk.attempt(async () => {
      this.dictionary = await this.desk.host.useDictionary(null);
    });
  }

  #read(request: (path: string) => Promise<Imported>): Promise<boolean> {
    this.imported = null;
    return this.desk.attempt(async () => {
      const path = await this.desk.host.chooseDocument();
      if (path !== null) this.imported = await request(path);
    });
  }

  #write(name: string, request: (path: string) => Promise<void>): Promise<boolean> {
    return this.desk.attempt(async () => {
      const path = await this.desk.host.chooseTargetFile(name);
      if (path !== null) await request(path);
    });
  }
}
