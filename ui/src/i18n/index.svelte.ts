// The interface's language, switchable while the window is open.

import type { ApiError, InterfaceLanguage, Notice } from "../host/host";
import { en, type Messages } from "./en";
import { zh } from "./zh";

export type { Messages };

const tables: Record<"en" | "zh", Messages> = { en, zh };

class Interface {
  language = $state<"en" | "zh">("en");

  /** The words of the current language. */
  get t(): Messages {
    return tables[this.language];
  }

  /** Follows the person's choice; `system` follows the system's language. */
  choose(choice: InterfaceLanguage, systemLocale: string): void {
    const system = systemLocale.toLowerCase().startsWith("zh") ? "zh" : "en";
    this.language = choice === "system" ? system : choice;
    document.documentElement.lang = this.language === "zh" ? "zh-CN" : "en";
  }

  /** What a person is told of a failure, in their language. */
  wording(error: ApiError): string {
    const words = this.t.errors[error.code] ?? `${this.t.errors["internal"]} (${error.code})`;
    if (!error.shortage) return words;
    const { needBytes, freeBytes, instead } = error.shortage;
    const { size, shortage } = this.t.hub;
    return words + shortage(size(needBytes), size(freeBytes), instead?.title ?? null);
  }

  wordingOf(notice: Notice): string {
    return this.t.notices.codes[notice.code] ?? this.t.notices.other;
  }
}

export const i18n = new Interface();
