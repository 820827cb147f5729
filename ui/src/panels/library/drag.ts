// A row of the tree following the pointer: pointer events, not the web's drag and drop, which WebKit on Linux ends
// without a drop and whose payload the page would take as text.

/** So far may the hand tremble during a click, in CSS pixels. */
const TREMBLE_PX = 4;

export interface Drag {
  /** The pointer is over the row with this key, or over none. */
  over: (key: string | null) => void;
  /** The pointer was let go over the row with this key. */
  drop: (key: string) => void;
}

/** Follows the pointer that has just been pressed until it is let go; Esc calls the drag off. */
export function followPointer(pressed: PointerEvent, drag: Drag): void {
  if (pressed.button !== 0 || pressed.pointerType === "touch") return;
  const listeners = new AbortController();
  const { signal } = listeners;
  let moving = false;

  function end(): void {
    listeners.abort();
    if (moving) drag.over(null);
  }

  function follow(event: PointerEvent): void {
    moving ||= Math.hypot(event.clientX - pressed.clientX, event.clientY - pressed.clientY) >= TREMBLE_PX;
    if (moving) drag.over(rowAt(event));
  }

  function letGo(event: PointerEvent): void {
    const key = moving ? rowAt(event) : null;
    if (moving) swallowClick();
    end();
    if (key !== null) drag.drop(key);
  }

  function onKey(event: KeyboardEvent): void {
    if (!moving || event.key !== "Escape") return;
    event.preventDefault();
    event.stopPropagation();
    end();
  }

  addEventListener("pointermove", follow, { signal });
  addEventListener("pointerup", letGo, { signal });
  addEventListener("pointercancel", end, { signal });
  addEventListener("keydown", onKey, { signal, capture: true });
}

function rowAt(event: PointerEvent): string | null {
  const row = document.elementFromPoint(event.clientX, event.clientY)?.closest<HTMLElement>("[data-key]");
  return row?.dataset["key"] ?? null;
}

/** The click that follows a drag would open what was dragged. */
function swallowClick(): void {
  const swallow = (event: Event) => event.stopPropagation();
  addEventListener("click", swallow, { capture: true, once: true });
  setTimeout(() => removeEventListener("click", swallow, { capture: true }));
}
