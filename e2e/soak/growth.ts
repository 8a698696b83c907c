/** What a page holds at a moment, after its garbage was collected. */
export interface Sample {
  /** Minutes since the page was opened. */
  readonly minute: number;
  readonly heapMiB: number;
  readonly nodes: number;
  readonly listeners: number;
}

export interface Limits {
  /** Samples of the first so many minutes are not counted: caches fill, and charts. */
  readonly warmUpMinutes: number;
  readonly heapMiB: number;
  /** What nodes and listeners may grow by and still count as the same, as a share of what they were. */
  readonly share: number;
}

export interface Growth {
  readonly heapMiB: number;
  readonly nodes: number;
  readonly listeners: number;
  /** Why it is too much; empty where it is not. */
  readonly findings: readonly string[];
}

/**
 * How much a page has grown from the first third of its samples to the last, by their medians: what comes and goes with a
 * window or a row is not growth. Null where there are too few samples to tell.
 */
export function growthOf(samples: readonly Sample[], { warmUpMinutes, heapMiB, share }: Limits): Growth | null {
  const counted = samples.filter(({ minute }) => minute >= warmUpMinutes);
  const third = Math.floor(counted.length / 3);
  if (third === 0) return null;
  const [first, last] = [counted.slice(0, third), counted.slice(-third)];
  const grown = (of: 'heapMiB' | 'nodes' | 'listeners') =>
    median(last.map((one) => one[of])) - median(first.map((one) => one[of]));
  const findings: string[] = [];
  const heap = grown('heapMiB');
  if (heap > heapMiB) findings.push(`the heap has grown by ${heap.toFixed(1)} MiB`);
  for (const what of ['nodes', 'listeners'] as const) {
    const by = grown(what);
    if (by > share * median(first.map((one) => one[what]))) findings.push(`there are ${by} more ${what}`);
  }
  return { heapMiB: heap, nodes: grown('nodes'), listeners: grown('listeners'), findings };
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
