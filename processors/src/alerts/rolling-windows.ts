import { SETS, TIERS, type Family, type SetName } from '@fleetbeat/contracts/aggregates.ts';
import { RULE_WINDOWS, type WindowSet } from '@fleetbeat/contracts/rule-measures.ts';
import type { NeededColumns } from '@fleetbeat/infra/rules/measure-columns.ts';
import { Partial } from '@fleetbeat/infra/time-series/partial.ts';
import type { WindowSources } from '@fleetbeat/infra/time-series/read-windows.ts';
import { readStoredState, type StoredState } from '@fleetbeat/infra/time-series/stored-cuts.ts';
import { setImmediate as nextTurn, setTimeout as pause } from 'node:timers/promises';
import { NO_FEED, type CutFeed, type CutTable, type FedCut } from './cut-feed.ts';
import type { SourceClock } from './source-clocks.ts';
import { fillRing, fillRingWithCuts } from './fill-ring.ts';
import { AHEAD_MS, covers, nameOf, oldestSlot, ringName, shapeFor, union, type WindowQuestion } from './window-question.ts';
import { WindowRing, type RingShape } from './window-ring.ts';

/** How long a round waits for windows that are being read from the store, in milliseconds. */
const PATIENCE_MS = 1_000;
/** For so long keys are summed in one go, in milliseconds, so that nothing else waits for long. */
const SUM_FOR_MS = 40;

/** What is in a window that ends at `to` (epoch milliseconds), by key of the set. Another object wherever it is another content. */
export interface WindowContents {
  readonly to: number;
  readonly byKey: ReadonlyMap<string, Partial>;
}

/** The ring of a set and step, and what has gone into it. */
interface Held {
  readonly set: WindowSet;
  readonly shape: RingShape;
  /** Null while it is being filled. */
  ring: WindowRing | null;
  filling: Promise<void>;
  error: Error | undefined;
  /** The newest cut of each source that is in it; sources that had none are absent. */
  through: Map<number, number>;
}

interface OpenTables {
  readonly cut: FedCut;
  readonly tables: readonly CutTable[];
}

interface Rolling {
  readonly question: WindowQuestion;
  /** Whether any rule asks for what only sketches tell: to merge those takes most of the time. */
  sketches: boolean;
  ring: WindowRing | null;
  /** What `contents` tells. */
  holds: NeededColumns | undefined;
  contents: (WindowContents & { readonly byKey: Map<string, Partial> }) | undefined;
  /** Keys whose events in the window have changed since they were summed. */
  readonly changed: Set<string>;
}

/**
 * Rolling windows of whole sets, kept in memory and moved on with the stream. What was stored is in rings of slots: read
 * from the store once, then taken over cut by cut, from this process where it made the cut, else from the store. Cuts that
 * are open in this process are added when a window is summed, so that nothing waits to be stored.
 *
 * A window ends where every source has been read up to. It never goes back: after a rebalance or a restart it stands still
 * until all that was in it is there again.
 */
export class RollingWindows {
  readonly #sources: WindowSources;
  readonly #feed: CutFeed;
  readonly #held = new Map<string, Held>();
  readonly #rolling = new Map<string, Rolling>();
  #recomputed: number | undefined;
  #notBefore: number | undefined;

  constructor(sources: WindowSources, feed: CutFeed = NO_FEED) {
    this.#sources = sources;
    this.#feed = feed;
  }

  /** The contents of a window that was followed; undefined where it cannot be told now. Throws where it could not be read. */
  read(question: WindowQuestion): WindowContents | undefined {
    const error = this.#held.get(ringName(question))?.error;
    if (error !== undefined) throw error;
    const rolling = this.#rolling.get(nameOf(question));
    // While a ring is filled anew because a rule asks for more, what there was answers all others.
    if (rolling?.holds === undefined || !covers(rolling.holds, shapeFor([question]))) return undefined;
    return rolling.contents;
  }

  /** How many series are held, and the bytes of their columns and sketches. */
  size(): { readonly series: number; readonly bytes: number } {
    const sizes = [...this.#held.values()].flatMap(({ ring }) => (ring === null ? [] : [ring.size()]));
    return {
      series: sizes.reduce((sum, { series }) => sum + series, 0),
      bytes: sizes.reduce((sum, { bytes }) => sum + bytes, 0),
    };
  }

  /**
   * Brings the windows that are asked for up to `at` (epoch ms) and forgets all others. `clocks`: how far each source is
   * stored. Rejects where the database cannot be used; where the store cannot, `read` says so.
   */
  async follow(questions: readonly WindowQuestion[], at: number, clocks: ReadonlyMap<number, SourceClock>): Promise<void> {
    this.#notBefore ??= await lastChange(this.#sources);
    const fed = this.#feed.stored();
    const state = await this.#storedState(at);
    this.#ask(questions, at);
    const open = this.#openCuts(state);
    // Before anything is waited for: what is read meanwhile may go into cuts that are not among these.
    const readTo = this.#readTo(open, at, clocks);
    this.#fold(fed.filter(({ source, seq }) => seq <= storedOf(state, source)));
    this.#feed.release(fed.filter(({ source, seq }) => seq <= storedOf(state, source)));
    await this.#fillGaps(state, at);
    const sets = this.#sets();
    const tables = open.map((cut) => ({ cut, tables: cut.tables(sets) }));
    for (const cut of tables) this.#noteChanges(cut.tables);
    for (const rolling of this.#rolling.values()) await this.#move(rolling, at, readTo, tables);
  }

  /** One moment of the database; where hours were recomputed since, all is read anew. */
  async #storedState(at: number): Promise<StoredState> {
    const { database } = this.#sources;
    const from = at - RULE_WINDOWS['1h'] - 2 * TIERS['1h'];
    const [{ rows }, state] = await Promise.all([
      database.query<{ mark: number }>('select coalesce(sum(version), 0)::float8 as mark from hour_versions where hour >= $1', [
        from,
      ]),
      readStoredState(database, from, at + AHEAD_MS, false),
    ]);
    const mark = rows[0]?.mark ?? 0;
    if (this.#recomputed !== undefined && mark > this.#recomputed) this.#held.clear();
    this.#recomputed = mark;
    return state;
  }

  /** Makes what is asked for the first time, and begins to fill its ring. */
  #ask(questions: readonly WindowQuestion[], at: number): void {
    const wanted = Map.groupBy(questions, nameOf);
    for (const name of this.#rolling.keys()) if (!wanted.has(name)) this.#rolling.delete(name);
    for (const [name, same] of wanted) {
      const [question] = same;
      if (question === undefined) continue;
      const { sketch, distinct } = shapeFor(same);
      const sketches = sketch || distinct;
      const rolling = this.#rolling.get(name);
      if (rolling !== undefined) rolling.sketches = sketches;
      else {
        const nothing = { ring: null, holds: undefined, contents: undefined } as const;
        this.#rolling.set(name, { question, sketches, ...nothing, changed: new Set() });
      }
    }
    const byRing = Map.groupBy(questions, ringName);
    for (const name of this.#held.keys()) if (!byRing.has(name)) this.#held.delete(name);
    for (const [name, asked] of byRing) {
      const shape = shapeFor(asked);
      const held = this.#held.get(name);
      if (held !== undefined && held.error === undefined && held.shape.slots >= shape.slots && covers(held.shape, shape))
        continue;
      const [first] = asked;
      if (first === undefined) continue;
      this.#held.set(name, this.#fill(first.set, held === undefined ? shape : union(held.shape, shape), at));
    }
  }

  #fill(set: WindowSet, shape: RingShape, at: number): Held {
    const held: Held = { set, shape, ring: null, filling: Promise.resolve(), error: undefined, through: new Map() };
    const ring = new WindowRing(shape, oldestSlot(shape, at));
    held.filling = fillRing(this.#sources, set, ring, at).then(
      (through) => {
        held.through = through;
        held.ring = ring;
      },
      (error: unknown) => {
        held.error = asError(error);
      },
    );
    return held;
  }

  /** Cuts of this process that others do not see yet, and that nobody else has made. */
  #openCuts(state: StoredState): FedCut[] {
    const stored = this.#feed.stored();
    const mine = new Set(stored.map(idOf));
    return [
      ...stored.filter(({ source, seq }) => seq > storedOf(state, source)),
      ...this.#feed.open().filter((cut) => cut.seq > storedOf(state, cut.source) && !mine.has(idOf(cut))),
    ];
  }

  /** Takes over what this process has stored. */
  #fold(cuts: readonly FedCut[]): void {
    for (const cut of cuts) {
      const rings = [...this.#held.values()].filter(({ through }) => (through.get(cut.source) ?? -1) === cut.seq - 1);
      if (rings.length === 0) continue;
      const tables = cut.tables(new Set(rings.map(({ set }) => set)));
      this.#noteChanges(tables);
      for (const held of rings) {
        if (held.ring === null) continue;
        try {
          for (const table of tables) if (table.set === held.set) addTable(held.ring, table);
        } catch (error) {
          held.error = asError(error);
        }
        held.through.set(cut.source, cut.seq);
      }
    }
  }

  /** Reads from the store what other processes have stored, and this one before it had the ring. */
  async #fillGaps(state: StoredState, at: number): Promise<void> {
    const patience = new AbortController();
    const filling = [...this.#held.values()].filter(({ ring, error }) => ring === null && error === undefined);
    if (filling.length > 0) {
      const waited = pause(PATIENCE_MS, undefined, { signal: patience.signal }).catch(() => undefined);
      await Promise.race([Promise.all(filling.map((held) => held.filling)), waited]);
      patience.abort();
    }
    for (const held of this.#held.values()) {
      if (held.ring === null) continue;
      held.ring.advance(oldestSlot(held.shape, at));
      for (const [source, upTo] of state.storedSeq) {
        const have = held.through.get(source) ?? -1;
        if (upTo <= have) continue;
        try {
          const changes = await fillRingWithCuts(this.#sources, held.set, held.ring, { source, after: have, upTo, state });
          held.through.set(source, upTo);
          for (const [key, window] of changes) this.#noteChange(held.set, key, window);
          held.error = undefined;
        } catch (error) {
          held.error = asError(error);
        }
      }
    }
  }

  #sets(): Set<SetName> {
    return new Set([...this.#held.values()].map(({ set }) => set));
  }

  /** Notes which windows have changed since they were last looked at, so that they are summed again. */
  #noteChanges(tables: readonly CutTable[]): void {
    for (const table of tables) {
      for (const key of table.takeChanged()) {
        for (const window of table.windowsOf(key).keys()) this.#noteChange(table.set as WindowSet, key, window);
      }
    }
  }

  #noteChange(set: WindowSet, key: string, window: number): void {
    for (const { question, contents, changed } of this.#rolling.values()) {
      if (question.set !== set || contents === undefined || window >= contents.to) continue;
      if (window >= contents.to - RULE_WINDOWS[question.window]) changed.add(key);
    }
  }

  /** Up to when everything that was appended is known here; sources that lag are not waited for. */
  #readTo(open: readonly FedCut[], at: number, clocks: ReadonlyMap<number, SourceClock>): number {
    const here = new Set(open.map(({ source }) => source));
    let readTo = at;
    for (const { source, clock, lagging } of clocks.values()) {
      const fed = here.has(source) ? this.#feed.clockOf(source) : undefined;
      if (!lagging) readTo = Math.min(readTo, Math.max(clock, fed ?? 0));
    }
    return readTo;
  }

  /** Moves a window on, or sums again what has changed in it. */
  async #move(rolling: Rolling, at: number, readTo: number, cuts: readonly OpenTables[]): Promise<void> {
    const { question, changed, sketches } = rolling;
    const held = this.#held.get(ringName(question));
    const ring = held?.ring ?? null;
    if (held === undefined || ring === null || held.error !== undefined) return;
    const { set, stepMs, behindMs } = question;
    const to = Math.floor(Math.min(at - behindMs, readTo) / stepMs) * stepMs;
    const floor = Math.floor(((this.#notBefore ?? 0) - behindMs) / stepMs) * stepMs;
    if (to < (rolling.contents?.to ?? floor)) return;
    const { columns, sketch, distinct } = ring.shape;
    const holds = { columns, sketch: sketch && sketches, distinct: distinct && sketches };
    const isSame = rolling.contents?.to === to && rolling.ring === ring && covers(rolling.holds ?? NOTHING, holds);
    if (isSame && changed.size === 0) return;
    // A ring that was filled meanwhile may have a cut already that was open before.
    const tables = cuts
      .filter(({ cut }) => cut.seq > (held.through.get(cut.source) ?? -1))
      .flatMap((cut) => cut.tables.filter((table) => table.set === set));
    const from = to - RULE_WINDOWS[question.window];
    const byKey = isSame ? (rolling.contents?.byKey ?? new Map<string, Partial>()) : new Map<string, Partial>();
    const keys = isSame ? [...changed] : new Set([...ring.keys(), ...tables.flatMap((table) => [...table.keys()])]);
    changed.clear();
    let begun = performance.now();
    for (const key of keys) {
      const sum = sumOf(SETS[set], ring, tables, key, { from, to, sketches });
      if (sum === undefined) byKey.delete(key);
      else byKey.set(key, sum);
      if (performance.now() - begun < SUM_FOR_MS) continue;
      await nextTurn();
      begun = performance.now();
    }
    rolling.ring = ring;
    rolling.holds = holds;
    rolling.contents = { to, byKey };
  }
}

/** Of a window that nothing was summed for. */
const NOTHING = { columns: [], sketch: false, distinct: false };

function sumOf(
  family: Family,
  ring: WindowRing,
  tables: readonly CutTable[],
  key: string,
  { from, to, sketches }: { readonly from: number; readonly to: number; readonly sketches: boolean },
): Partial | undefined {
  const sum = new Partial(family);
  let any = ring.addTo(sum, key, from, to, sketches);
  for (const table of tables) {
    for (const [window, partial] of table.windowsOf(key)) {
      if (window < from || window >= to) continue;
      if (sketches) sum.merge(partial);
      else sum.mergeValues(partial.values);
      any = true;
    }
  }
  return any ? sum : undefined;
}

function addTable(ring: WindowRing, table: CutTable): void {
  for (const key of table.keys()) for (const [window, partial] of table.windowsOf(key)) ring.add(key, window, partial);
}

function storedOf(state: StoredState, source: number): number {
  return state.storedSeq.get(source) ?? -1;
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}

function idOf({ source, seq }: FedCut): string {
  return `${source}/${seq}`;
}

/** When an alert has last changed: what was known then must be known again before any changes. */
async function lastChange({ database }: WindowSources): Promise<number> {
  const { rows } = await database.query<{ at: number | null }>(
    'select max(greatest(began_at, fired_at, resolved_at)) as at from alerts',
  );
  return rows[0]?.at ?? 0;
}
