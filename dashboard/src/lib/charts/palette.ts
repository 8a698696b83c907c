/** Which colour an entity has, on every page. The tokens are in app.css; hues are told apart by colour-blind eyes. */

export const SERIES_COLORS = [
  'var(--series-1)',
  'var(--series-2)',
  'var(--series-3)',
  'var(--series-4)',
  'var(--series-5)',
  'var(--series-6)',
  'var(--series-7)',
] as const;

/** For whatever is summed up as "others". */
export const OTHERS_COLOR = 'var(--series-8)';

/** From the middle to the tail: one hue, stronger for the slower. */
export const QUANTILE_COLORS = { p50: 'var(--ramp-1)', p95: 'var(--ramp-2)', p99: 'var(--ramp-3)' } as const;

const assigned = new Map<string, string>();
/** How many have it. */
const holders = new Map<string, number>();

/**
 * The colour of a named entity: from the one that its name points to the next that fewest have, so that those that are named one
 * after the other can be told apart. The same for as long as the page is open.
 */
export function colorOf(name: string): string {
  const known = assigned.get(name);
  if (known !== undefined) return known;
  const start = hash(name) % SERIES_COLORS.length;
  const fromStart: string[] = [...SERIES_COLORS.slice(start), ...SERIES_COLORS.slice(0, start)];
  const held = (one: string) => holders.get(one) ?? 0;
  const color = fromStart.reduce((fewest, one) => (held(one) < held(fewest) ? one : fewest));
  assigned.set(name, color);
  holders.set(color, held(color) + 1);
  return color;
}

/**
 * The colours of what is drawn together: each stays as it is, but where two entities of many have the same, the later takes the
 * first that none of them has, for as long as there is one.
 */
export function inColorsApart(colors: readonly string[]): string[] {
  const free = [...SERIES_COLORS, OTHERS_COLOR].filter((color) => !colors.includes(color));
  return colors.map((color, index) => (colors.indexOf(color) < index ? (free.shift() ?? color) : color));
}

/** FNV-1a. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) {
    value = Math.imul(value ^ text.charCodeAt(index), 0x01000193);
  }
  return value >>> 0;
}
