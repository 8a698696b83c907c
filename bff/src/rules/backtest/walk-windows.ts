import type { SetName } from '@fleetbeat/contracts/aggregates.ts';
import { HttpProblem } from '@fleetbeat/infra/problem.ts';
import type { Partial } from '@fleetbeat/infra/time-series/partial.ts';
import { readWindows, type WindowsByKey, type WindowSources } from '@fleetbeat/infra/time-series/read-windows.ts';
import { TooManyRows } from '@fleetbeat/infra/time-series/time-series.ts';
import { NARROW, type Allowance } from './limits.ts';

/** Rows of one read at most, with sketches and without: merging them keeps everybody else waiting. */
const MAX_ROWS = { plain: 50_000, sketches: 10_000 } as const;
/** Windows of one read at most, and how many the first one asks for. */
const MAX_WINDOWS = 8_640;
const FIRST_WINDOWS = 360;

export interface Walk {
  readonly set: SetName;
  /** Undefined: every key of the set. */
  readonly keys: readonly string[] | undefined;
  readonly sketches: boolean;
  /** Epoch milliseconds, multiples of `stepMs`, half-open. */
  readonly from: number;
  readonly to: number;
  readonly stepMs: number;
}

/** One window after the other, the empty ones too: what is in each, by key. Reads some of them at a time. */
export async function* walkWindows(
  sources: WindowSources,
  walk: Walk,
  allowance: Allowance,
): AsyncGenerator<{ start: number; byKey: ReadonlyMap<string, Partial> }> {
  const { stepMs, to } = walk;
  let windows = FIRST_WINDOWS;
  for (let from = walk.from; from < to;) {
    const end = Math.min(to, from + windows * stepMs);
    const byKey = await readSome(sources, { ...walk, from, to: end });
    if (byKey === undefined) {
      if (windows === 1) throw new HttpProblem(422, 'backtest-too-wide', `a single window holds too much: ${NARROW}`);
      windows = Math.ceil(windows / 4);
      continue;
    }
    const byStart = turned(byKey);
    const read = [...byStart.values()].reduce((sum, each) => sum + each.size, 0);
    allowance.spendWindows(read);
    for (let start = from; start < end; start += stepMs) yield { start, byKey: byStart.get(start) ?? NOTHING };
    from = end;
    if (read < MAX_ROWS.plain / 20) windows = Math.min(MAX_WINDOWS, windows * 2);
  }
}

const NOTHING: ReadonlyMap<string, Partial> = new Map();

async function readSome(sources: WindowSources, walk: Walk): Promise<WindowsByKey | undefined> {
  try {
    const limit = walk.sketches ? MAX_ROWS.sketches : MAX_ROWS.plain;
    return (await readWindows(sources, { ...walk, limit })).byKey;
  } catch (error) {
    if (error instanceof TooManyRows) return undefined;
    throw error;
  }
}

function turned(byKey: WindowsByKey): Map<number, Map<string, Partial>> {
  const byStart = new Map<number, Map<string, Partial>>();
  for (const [key, windows] of byKey) {
    for (const [start, content] of windows) {
      let keys = byStart.get(start);
      if (keys === undefined) byStart.set(start, (keys = new Map()));
      keys.set(key, content);
    }
  }
  return byStart;
}
