// The place on the page where a model writes or wrote last: it follows every edit.

import { invertedEffects } from "@codemirror/commands";
import { type ChangeDesc, type EditorState, type Extension, StateEffect, StateField } from "@codemirror/state";

import type { GenerationId } from "../host/host";

export interface Place {
  readonly from: number;
  /** Where the next text goes. */
  readonly to: number;
  readonly generation: GenerationId;
}

export const setPlace = StateEffect.define<Place | null>({
  map: (place, changes) => {
    if (!place) return null;
    const from = changes.mapPos(Math.min(place.from, changes.length), 1);
    return { ...place, from, to: from + (place.to - place.from) };
  },
});

function clamp(place: Place, length: number): Place {
  return { ...place, from: Math.min(place.from, length), to: Math.min(place.to, length) };
}

function mapPlace(place: Place, changes: ChangeDesc): Place {
  const from = changes.mapPos(place.from, 1);
  return { ...place, from, to: Math.max(from, changes.mapPos(place.to, -1)) };
}

export const placeField = StateField.define<Place | null>({
  create: () => null,
  update(place, transaction) {
    let next = place && transaction.docChanged ? mapPlace(place, transaction.changes) : place;
    for (const effect of transaction.effects) {
      if (effect.is(setPlace)) next = effect.value && clamp(effect.value, transaction.newDoc.length);
    }
    return next;
  },
});

/** The text that stands at the place now, the person's changes in it included. */
export function textAt(state: EditorState, place: Place): string {
  return state.sliceDoc(place.from, place.to);
}

/** Undo and redo bring back the place along with the text. */
const undoable = invertedEffects.of((transaction) => {
  const placed = transaction.docChanged && transaction.effects.some((effect) => effect.is(setPlace));
  return placed ? [setPlace.of(transaction.startState.field(placeField))] : [];
});

export const placeExtension: Extension = [placeField, undoable];
