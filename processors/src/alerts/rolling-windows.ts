import { RULE_WINDOWS, type RuleWindow, type WindowSet } from '@fleetbeat/contracts/rule-measures.ts';
import { SETS } from '@fleetbeat/contracts/aggregates.ts';
import { Partial } from '@fleetbeat/infra/time-series/partial.ts';
import { readWindows, type WindowSources } from '@fleetbeat/infra/time-series/read-windows.ts';

/** How far behind the clock a rolling window ends, in milliseconds: what was appended before is stored by then. */
const BEHIND_MS = 12_000;
/** A window is read again after this long at the earliest, and so that reading takes a tenth of the time at most. */
const FRESH_MS = 5_000;
const SHARE_OF_TIME = 10;
/** Rows that one window of a set is merged from at most; more is a problem of the rules that ask for it. */
const MAX_ROWS = 500_000;

export interface WindowQuestion {
  readonly set: WindowSet;
  readonly window: RuleWindow;
  readonly sketches: boolean;
  /** What its end moves by, in milliseconds. */
  readonly stepMs: 10_000 | 60_000;
}

/** What is in a window that ends at `to` (epoch milliseconds), by key of the set. */
export interface WindowContents {
  readonly to: number;
  readonly byKey: ReadonlyMap<string, Partial>;
}

interface Read {
  readonly contents: Promise<WindowContents>;
  readonly sketches: boolean;
  freshUntil: number;
}

/**
 * Rolling windows of whole sets, each read once for all rules that ask for it. Rejects as the store does, and with
 * `TooManyRows` where a window holds too much; that answer is kept as long as any other.
 */
export class RollingWindows {
  readonly #sources: WindowSources;
  readonly #now: () => number;
  readonly #reads = new Map<string, Read>();

  constructor(sources: WindowSources, now: () => number) {
    this.#sources = sources;
    this.#now = now;
  }

  read(question: WindowQuestion): Promise<WindowContents> {
    const name = `${question.set}/${question.window}/${question.stepMs}`;
    const known = this.#reads.get(name);
    if (known !== undefined && known.freshUntil > this.#now() && (known.sketches || !question.sketches)) return known.contents;
    const begun = this.#now();
    // Until it is there, everybody waits for the same read.
    const read: Read = { contents: this.#ask(question, begun), sketches: question.sketches, freshUntil: Infinity };
    this.#reads.set(name, read);
    const settle = (): void => {
      const took = this.#now() - begun;
      read.freshUntil = begun + Math.max(FRESH_MS, took * SHARE_OF_TIME);
    };
    read.contents.then(settle, settle);
    return read.contents;
  }

  async #ask({ set, window, sketches, stepMs }: WindowQuestion, now: number): Promise<WindowContents> {
    const length = RULE_WINDOWS[window];
    const to = Math.floor((now - BEHIND_MS) / stepMs) * stepMs;
    const { byKey } = await readWindows(this.#sources, { set, from: to - length, to, stepMs, sketches, limit: MAX_ROWS });
    const contents = new Map<string, Partial>();
    for (const [key, windows] of byKey) {
      const whole = new Partial(SETS[set]);
      for (const each of windows.values()) whole.merge(each);
      contents.set(key, whole);
    }
    return { to, byKey: contents };
  }
}
