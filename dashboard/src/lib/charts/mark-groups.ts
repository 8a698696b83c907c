import type { ChartMark } from '@fleetbeat/contracts/annotations.ts';

/** Marks of a chart by where they stand. Pure. */

export interface MarkGroup {
  /** Pixels from the start of the time axis. */
  readonly x: number;
  /** One, or several that stand too close to be told apart; the newest first. */
  readonly marks: readonly ChartMark[];
}

/** Puts marks that stand less than `apart` pixels from each other together, from left to right; what begins before the axis stands at its start. */
export function groupMarks(
  marks: readonly ChartMark[],
  domain: readonly [number, number],
  width: number,
  apart: number,
): MarkGroup[] {
  const perMs = width / (domain[1] - domain[0]);
  const placed = marks
    .filter((mark) => isShown(mark, domain))
    .map((mark) => ({ x: Math.max(0, (mark.at - domain[0]) * perMs), mark }))
    .sort((a, b) => a.x - b.x || a.mark.at - b.mark.at);
  const groups: { x: number; marks: ChartMark[] }[] = [];
  for (const { x, mark } of placed) {
    const last = groups.at(-1);
    if (last !== undefined && x - last.x < apart) last.marks.unshift(mark);
    else groups.push({ x, marks: [mark] });
  }
  return groups;
}

/** Whether a mark lies on the time axis, at least in part. */
export function isShown({ at, until }: Pick<ChartMark, 'at' | 'until'>, [from, to]: readonly [number, number]): boolean {
  return at < to && (until ?? to) >= from;
}

/** Whose colour a mark has: of an incident that of its severity. */
export function toneOf(mark: Pick<ChartMark, 'kind' | 'severity'> | undefined): 'info' | 'warning' | 'error' | 'said' {
  return mark?.kind === 'incident' ? (mark.severity ?? 'info') : 'said';
}

/** "Error incident", "Deploy", "Annotation" */
export function markKind({ kind, tags, severity }: Pick<ChartMark, 'kind' | 'tags' | 'severity'>): string {
  const words = kind === 'incident' ? `${severity ?? ''} incident`.trim() : (tags[0] ?? 'annotation');
  return words.charAt(0).toUpperCase() + words.slice(1);
}
