// What can be done with a chapter or a work elsewhere than on its page.

import type { ChapterId, LibraryItem } from "../host";

export interface Take {
  translate: (chapter: ChapterId) => Promise<void>;
  summarize: (item: LibraryItem) => Promise<void>;
  readMood: (item: LibraryItem) => Promise<void>;
}
