// Keys that an input method keeps for itself.

/** False for a key of a composition; WebKit tells of the Enter that ends one by its key code only. */
export function isSaid(event: KeyboardEvent): boolean {
  return !event.isComposing && event.keyCode !== 229;
}
