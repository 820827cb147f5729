// Keys of an input method.

/**
 * Keys that belong to an input method's composition never reach the editor's commands: the Enter that picks a word is
 * no command. WebKit sends that Enter when the composition is over already, and only its key code tells.
 */
export function keepFromComposition(parent: HTMLElement): void {
  parent.addEventListener(
    "keydown",
    (event) => {
      const command = event.ctrlKey || event.metaKey || event.altKey || ["Enter", "Escape"].includes(event.key);
      if (command && (event.isComposing || event.keyCode === 229)) event.stopPropagation();
    },
    { capture: true },
  );
}
