/** Pixels: around a dial, below it its label of two lines, and how wide it is at most. */
const DIAL = { gapX: 12, gapY: 8, label: 34, widest: 180 } as const;
/** Of a dial, to its width. */
const DIAL_HEIGHT = 0.58;

/** How many dials stand beside one another in a room of these pixels, so that they are as large as can be and all of them fit; and how wide each is. */
export function placeDials(count: number, width: number, height: number): { columns: number; size: number } {
  let best = { columns: Math.max(1, count), size: 0 };
  for (let columns = 1; columns <= count; columns += 1) {
    const rows = Math.ceil(count / columns);
    const wide = (width - (columns - 1) * DIAL.gapX) / columns;
    const high = (height - (rows - 1) * DIAL.gapY) / rows - DIAL.label;
    const size = Math.min(DIAL.widest, wide, high / DIAL_HEIGHT);
    if (size > best.size) best = { columns, size };
  }
  return best;
}

/** A half circle from the left, filled up to a share of 0 to 1, as an SVG path in a box of 100 by 58. */
export function arcPath(share: number): string {
  const part = Math.min(1, Math.max(0, Number.isFinite(share) ? share : 0));
  if (part === 0) return '';
  const angle = Math.PI * (1 - part);
  const x = 50 + 44 * Math.cos(angle);
  const y = 52 - 44 * Math.sin(angle);
  return `M6,52A44,44 0 0 1 ${x.toFixed(2)},${y.toFixed(2)}`;
}
