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

/** How something is drawn: more of them can be told apart than there are colours. */
export interface Sign {
  readonly color: string;
  /** Of its line or its area: 0 is solid. */
  readonly texture: number;
}

/** Strokes and gaps of lines by their texture, in pixels. */
export const DASHES: readonly (readonly number[])[] = [[], [7, 3], [2, 3], [9, 3, 2, 3]];

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

/**
 * How each of several entities is drawn: in its colour, which stays as it is, and where it shares that with others, in a texture of
 * its own, for as long as there are textures. The same whatever the order of the names.
 */
export function signsOf(names: readonly string[]): Map<string, Sign> {
  const held = new Map<string, number>();
  return new Map(
    names.toSorted().map((name) => {
      const color = colorOf(name);
      const before = held.get(color) ?? 0;
      held.set(color, before + 1);
      return [name, { color, texture: before % DASHES.length }];
    }),
  );
}

/** The sign of a series beside its name, as a CSS background: of a line as a piece of it, of an area as a square of it. */
export function swatchOf({ color, texture = 0 }: { color: string; texture?: number | undefined }, line = false): string {
  if (texture === 0) return color;
  if (line) {
    let at = 0;
    const stops = (DASHES[texture] ?? []).map(
      (length, index) => `${index % 2 === 0 ? color : 'transparent'} ${at}px ${(at += length)}px`,
    );
    return `repeating-linear-gradient(90deg, ${stops.join(', ')})`;
  }
  if (texture === 2) return `radial-gradient(circle, ${color} 1.3px, transparent 1.6px) 0 0 / 4px 4px`;
  return `repeating-linear-gradient(${texture === 1 ? 135 : 45}deg, ${color} 0 2px, transparent 2px 4px)`;
}

/** FNV-1a. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) {
    value = Math.imul(value ^ text.charCodeAt(index), 0x01000193);
  }
  return value >>> 0;
}
