/** Where axes end and where their ticks stand, on a page and on paper. */

const NICE = [1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10];

/** A round number at or above `max` for the end of an axis, so that the axis does not move with every window. */
export function niceCeiling(max: number): number {
  if (!(max > 0) || !Number.isFinite(max)) return 1;
  const unit = 10 ** Math.floor(Math.log10(max));
  const factor = NICE.find((candidate) => candidate * unit >= max * 0.9999) ?? 10;
  return factor * unit;
}

/** A value at the axis without the zeros that only keep figures steady: 7.50M is 7.5M, 1.50 s is 1.5 s. */
export function shortTick(text: string): string {
  return text.replace(/(\d)\.(\d*?)0+(?=\D|$)/, (_, whole: string, kept: string) => (kept === '' ? whole : `${whole}.${kept}`));
}

const TICK_STEPS = [
  ...[1, 2, 5, 10, 15, 30].map((seconds) => seconds * 1_000),
  ...[1, 2, 3, 5, 10, 15, 20, 30, 60, 120, 180, 240, 360, 720].map((minutes) => minutes * 60_000),
  ...[1, 2, 7, 14, 28, 56, 112, 364].map((days) => days * 86_400_000),
];

/** Ticks of a time axis at round times, `count` or fewer, within [from, to]. `offset` is what the reader's zone is behind UTC. */
export function timeTicks(from: number, to: number, count: number, offset: number): number[] {
  const step = TICK_STEPS.find((candidate) => (to - from) / candidate <= count) ?? to - from;
  const first = Math.ceil((from - offset) / step) * step + offset;
  const ticks: number[] = [];
  for (let tick = first; tick <= to; tick += step) ticks.push(tick);
  return ticks;
}
