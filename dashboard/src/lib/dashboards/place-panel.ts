import { COLUMNS, type Panel } from '@fleetbeat/contracts/dashboards.ts';

/** Where panels stand. Cells: x and w of twelve columns, y and h in rows. */

export interface Place {
  readonly x: number;
  readonly y: number;
  readonly w: number;
  readonly h: number;
}

const LAST_ROW = 999;
/** The tallest panel, in rows. */
export const TALLEST = 20;

/** The first place, row by row, where a panel of this size is on nobody else's. */
export function freePlace(taken: readonly Place[], w: number, h: number): Place {
  const bottom = Math.max(0, ...taken.map((one) => one.y + one.h));
  for (let y = 0; y <= bottom; y += 1) {
    for (let x = 0; x + w <= COLUMNS; x += 1) {
      const place = { x, y, w, h };
      if (!taken.some((other) => overlaps(place, other))) return place;
    }
  }
  return { x: 0, y: bottom, w, h };
}

export function overlaps(a: Place, b: Place): boolean {
  return a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;
}

/** A place after an arrow key: moved, or with `resize` grown and shrunk; the same where the grid ends. */
export function steppedPlace(place: Place, key: string, resize: boolean): Place {
  const [dx, dy] = STEPS[key] ?? [0, 0];
  const stepped = resize
    ? { ...place, w: place.w + dx, h: place.h + dy }
    : { ...place, x: place.x + dx, y: Math.min(place.y + dy, LAST_ROW) };
  const fits =
    stepped.x >= 0 &&
    stepped.y >= 0 &&
    stepped.w >= 1 &&
    stepped.h >= 1 &&
    stepped.h <= TALLEST &&
    stepped.x + stepped.w <= COLUMNS;
  return fits ? stepped : place;
}

const STEPS: Readonly<Record<string, readonly [number, number]>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

/** A short id that no other panel has. */
export function newPanelId(panels: readonly Pick<Panel, 'id'>[]): string {
  const taken = new Set(panels.map(({ id }) => id));
  for (let number = panels.length + 1; ; number += 1) {
    if (!taken.has(`panel-${number}`)) return `panel-${number}`;
  }
}

/** In reading order: what a phone shows below each other, and what Tab goes through. */
export function inReadingOrder<P extends Place>(panels: readonly P[]): P[] {
  return panels.toSorted((a, b) => a.y - b.y || a.x - b.x);
}
