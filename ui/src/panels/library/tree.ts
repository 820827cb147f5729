// The library as rows, and what moving a row means: the tree's arithmetic, apart from how it looks.

import type { Library, LibraryItem } from "../../host";

export interface Row {
  item: LibraryItem;
  key: string;
  /** 1 for a work, 2 for a chapter. */
  level: 1 | 2;
  /** Index of the row's work among the works. */
  work: number;
  /** Place among its siblings. */
  position: number;
}

/** Where a row goes. */
export type Move = { kind: "work"; position: number } | { kind: "chapter"; work: number; position: number };

export const keyOf = (item: LibraryItem) => `${item.kind}-${item.id}`;

/** Visible rows, top to bottom; the chapters of folded works are not. */
export function rowsOf(library: Library, folded: ReadonlySet<string>): Row[] {
  return library.works.flatMap((work, index) => {
    const item: LibraryItem = { kind: "work", id: work.id };
    const row: Row = { item, key: keyOf(item), level: 1, work: index, position: index };
    const chapters = folded.has(row.key) ? [] : work.chapters;
    return [
      row,
      ...chapters.map(({ id }, position): Row => {
        const chapter: LibraryItem = { kind: "chapter", id };
        return { item: chapter, key: keyOf(chapter), level: 2, work: index, position };
      }),
    ];
  });
}

/** One step up or down; a chapter at its work's border goes over into the next work. */
export function step(library: Library, row: Row, direction: -1 | 1): Move | null {
  if (row.level === 1) {
    const position = row.position + direction;
    return position >= 0 && position < library.works.length ? { kind: "work", position } : null;
  }
  const position = row.position + direction;
  const siblings = library.works[row.work]?.chapters.length ?? 0;
  if (position >= 0 && position < siblings) return { kind: "chapter", work: row.work, position };
  const neighbour = library.works[row.work + direction];
  if (!neighbour) return null;
  return { kind: "chapter", work: row.work + direction, position: direction < 0 ? neighbour.chapters.length : 0 };
}

/** Where a dragged row goes when it is let go on another. */
export function dropOn(dragged: Row, target: Row): Move | null {
  if (dragged.key === target.key) return null;
  if (dragged.level === 1) return { kind: "work", position: target.work };
  if (target.level === 1) return { kind: "chapter", work: target.work, position: 0 };
  return { kind: "chapter", work: target.work, position: target.position };
}
