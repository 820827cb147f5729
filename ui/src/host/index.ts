// The host of this window: the program where there is one, a desk in memory in a bare browser.

import { fakeHost } from "./fake";
import type { Host } from "./host";
import { tauriHost } from "./tauri";

export { asApiError, SAMPLING_OFF } from "./host";
export type * from "./host";

const inProgram = "__TAURI_INTERNALS__" in window;

export const host: Host = inProgram ? tauriHost : fakeHost();
