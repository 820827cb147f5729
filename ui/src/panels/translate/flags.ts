// What is to be looked at in a sentence, in words.

import type { Segment, SegmentFlag } from "../../host";
import { i18n } from "../../i18n/index.svelte";

/** Numbers of the source that its translation does not have, as they are written. */
export function numbersMissing({ source, target }: Segment): string[] {
  const digits = (text: string) => text.replaceAll(/[,，\s]/g, "").normalize("NFKC");
  const there = digits(target);
  return (source.match(/\d[\d,.]*\d|\d/gu) ?? []).filter((each) => !there.includes(digits(each)));
}

/** What a person reads of a flag. */
function wording(segment: Segment, flag: SegmentFlag): string {
  const { t } = i18n;
  if (flag === "numbers") {
    const missing = numbersMissing(segment);
    if (missing.length > 0) return t.translate.numberMissing(missing.join(" · "));
  }
  return t.translate.flags[flag];
}

export function wordsOf(segment: Segment): string[] {
  return [...new Set(segment.flags)].map((flag) => wording(segment, flag));
}
