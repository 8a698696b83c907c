import type { Dashboard } from '@fleetbeat/contracts/dashboards.ts';

type Panel = Dashboard['panels'][number];

/** Panels on sheets of so many rows, each whole and on one sheet, in reading order. A panel taller than a sheet fills one. */
export function pagesOf(panels: readonly Panel[], rows: number): Panel[][] {
  let left = panels.toSorted((a, b) => a.y - b.y || a.x - b.x);
  const pages: Panel[][] = [];
  while (left.length > 0) {
    const top = Math.min(...left.map(({ y }) => y));
    const ends = (panel: Panel) => panel.y - top + Math.min(panel.h, rows);
    const first = left.find((panel) => ends(panel) > rows);
    // What stands below the first that does not fit follows it.
    const fits = (panel: Panel) => ends(panel) <= rows && (first === undefined || panel.y < first.y + first.h);
    const page = left.filter(fits);
    pages.push(page.map((panel) => ({ ...panel, y: panel.y - top, h: Math.min(panel.h, rows) })));
    left = left.filter((panel) => !fits(panel));
  }
  return pages;
}
