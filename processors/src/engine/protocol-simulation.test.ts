import { agentMessage, ndjson } from '@fleetbeat/contracts/testing.ts';
import type { LogRecord } from '@fleetbeat/infra/event-log/event-log.ts';
import type { PartialRow } from '@fleetbeat/contracts/aggregates.ts';
import { bothTiers } from '@fleetbeat/infra/time-series/both-tiers.ts';
import { expect, test } from 'vitest';
import { mergedRows, rollupOnly } from '../testing/rollups.ts';
import { CutTaken, type CutStore } from './cut-store.ts';
import { Cut } from './cut.ts';
import { SeenIds } from './seen-ids.ts';
import { SourceLost, SourceProcessor } from './source-processor.ts';

/**
 * The protocol under faults, in a world where every step of every owner is interleaved by a seed: owners crash
 * between any two steps, two of them hold the same source, writes arrive long after their sender died, clocks
 * step. Whatever happens, the stored partials must merge to what one pass over the log gives.
 *
 * The engine is the real one; what is simulated is the world around it. SIMULATION_SEEDS runs more seeds.
 */

const SEEDS = Number(process.env['SIMULATION_SEEDS'] ?? 200);
const HORIZON = 60;
const START = Date.UTC(2026, 0, 5, 12);

/** mulberry32 */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A log with duplicates near and far, refused events, ticks, events out of order and clocks that step. */
function makeLog(random: () => number): LogRecord[] {
  const pick = (n: number): number => Math.floor(random() * n);
  const ids: string[] = [];
  let clock = START;
  return Array.from({ length: 40 + pick(80) }, (_, offset) => {
    clock += random() < 0.05 ? -pick(60_000) : pick(4_000);
    if (random() < 0.15) return { offset, appendedAt: clock, key: null, value: Buffer.alloc(0), count: 0, tick: true };
    const events = Array.from({ length: 1 + pick(4) }, () => {
      const repeated = ids.length > 0 && random() < 0.25 ? ids[pick(ids.length)] : undefined;
      const id = repeated ?? `id-${offset}-${ids.length}`;
      ids.push(id);
      return agentMessage({
        id,
        agent_id: `agent-${pick(3)}`,
        ts: clock - pick(random() < 0.2 ? 30 * 3_600_000 : 30_000) + pick(10_000),
        message_type: (['agent_response', 'error', 'tool_call'] as const)[pick(3)] ?? 'error',
        input_tokens: pick(1_000),
        response_time_ms: pick(5_000),
        model_used: `model-${pick(2)}`,
        user_id: `user-${pick(5)}`,
      });
    });
    const broken = random() < 0.05 ? [Buffer.from('\n{"agent_id":')] : [];
    return { offset, appendedAt: clock, key: null, value: Buffer.concat([ndjson(events), ...broken]), count: null, tick: false };
  });
}

interface ClaimedCut {
  firstOffset: number;
  endOffset: number;
  counts: { read: number; aggregated: number; duplicate: number; dead: number };
  hashes: Buffer;
  stored: boolean;
  /** Whether it is written with a row of each tier, as it was once, or with one where that stands for both. */
  old: boolean;
}

/** The world that outlives its owners: the cut table and the time-series store. */
class World {
  readonly cuts: ClaimedCut[] = [];
  readonly rows = new Map<string, PartialRow>();

  claim(cut: Cut, old: boolean): void {
    if (this.cuts.length !== cut.seq || this.cuts.some((each) => each.firstOffset === cut.firstOffset)) {
      throw new CutTaken(`cut ${cut.seq}`);
    }
    this.cuts.push({
      firstOffset: cut.firstOffset,
      endOffset: cut.endOffset,
      counts: { read: cut.read, aggregated: cut.aggregated, duplicate: cut.duplicate, dead: cut.deadCount },
      hashes: Buffer.from(cut.hashes),
      stored: false,
      old,
    });
  }

  write(row: PartialRow): void {
    const name = [row.set, row.key, row.tier, row.window, row.source, row.seq, row.sole].join('|');
    const there = this.rows.get(name);
    // The heart of it: whoever writes a row, however late, writes the same.
    if (there !== undefined) expect(contentOf(row)).toEqual(contentOf(there));
    this.rows.set(name, row);
  }
}

function contentOf(row: PartialRow): unknown {
  return [Array.from(row.values), Buffer.from(row.sketch ?? []).toString('hex'), Buffer.from(row.distinct ?? []).toString('hex')];
}

/** A step that an owner waits for. `apply` may still happen after the owner has died; `resume` may not. */
interface Step {
  owner: number;
  apply: () => void;
  resume: (error?: Error) => void;
}

class Simulation {
  readonly world = new World();
  readonly log: LogRecord[];
  readonly #random: () => number;
  readonly #steps: Step[] = [];
  readonly #late: (() => void)[] = [];
  readonly #owners = new Map<number, { source: SourceProcessor | null; clock: number }>();
  #nextOwner = 0;
  #healthy = false;

  constructor(seed: number) {
    this.#random = randomOf(seed);
    this.log = makeLog(this.#random);
  }

  async run(): Promise<void> {
    for (let turn = 0; turn < 250; turn++) {
      const luck = this.#random();
      if (this.#owners.size === 0 || (luck < 0.03 && this.#owners.size < 3)) this.#start();
      else if (luck < 0.07) this.#crash();
      else if (luck < 0.6) this.#step();
      else this.#read();
      await settle();
    }
    // Everybody dies; then one healthy owner finishes, and the last of the late writes comes after it.
    while (this.#owners.size > 0) this.#crash();
    this.#healthy = true;
    // Where a late write of a dead owner claims the cut at that very moment, it is lost once more.
    while (!(await this.#finish()));
    for (const write of this.#late) attempt(write);
  }

  /** One owner reads to the end and has everything stored; false where it was overtaken. */
  async #finish(): Promise<boolean> {
    this.#owners.clear();
    this.#start();
    const last = (): SourceProcessor | null | undefined => [...this.#owners.values()].at(-1)?.source;
    for (let turn = 0; turn < 2_000; turn++) {
      while (this.#steps.length > 0) {
        this.#step();
        await settle();
      }
      const source = last();
      if (source === undefined) this.#start();
      if (source && source.position >= this.log.length) break;
      this.#read(this.log.length);
      await settle();
    }
    const source = last();
    if (!source) throw new Error('the last owner never got through');
    const flushed = source.flush().then(
      () => true,
      (error: unknown) => {
        if (error instanceof SourceLost && error.overtaken) return false;
        throw error;
      },
    );
    for (let turn = 0; turn < 500; turn++) {
      await settle();
      this.#step();
    }
    return flushed;
  }

  #pick<T>(items: readonly T[]): T | undefined {
    return items[Math.floor(this.#random() * items.length)];
  }

  #start(): void {
    const owner = this.#nextOwner++;
    this.#owners.set(owner, { source: null, clock: START });
    void SourceProcessor.open('agent-events', 0, {
      cuts: this.#cutStore(owner),
      reduce: rollupOnly,
      // A clock that steps, and differs from owner to owner, only decides where cuts end.
      now: () => {
        const mine = this.#owners.get(owner);
        if (mine === undefined) return START;
        mine.clock += this.#random() < 0.05 ? -60_000 : Math.floor(this.#random() * 3_000);
        return mine.clock;
      },
      times: { longest: 10_000, idle: 2_000, ticksOnly: 60_000 },
      horizon: HORIZON,
      onReplayDiffers: (unstored, cut) => {
        throw new Error(`replay of cut ${unstored.seq} gave ${cut.read} events instead of ${unstored.read}`);
      },
    }).then(
      (source) => {
        const mine = this.#owners.get(owner);
        if (mine !== undefined) mine.source = source;
      },
      () => {
        if (this.#owners.delete(owner)) this.#start();
      },
    );
  }

  #crash(): void {
    const owner = this.#pick([...this.#owners.keys()]);
    if (owner === undefined) return;
    this.#owners.delete(owner);
    for (let index = this.#steps.length - 1; index >= 0; index--) {
      const step = this.#steps[index];
      if (step?.owner !== owner) continue;
      this.#steps.splice(index, 1);
      if (this.#random() < 0.5) this.#late.push(step.apply);
    }
  }

  /** Lets one waiting step happen, or one late write of somebody who is dead. */
  #step(): void {
    if (this.#late.length > 0 && this.#random() < 0.2) {
      const [write] = this.#late.splice(Math.floor(this.#random() * this.#late.length), 1);
      if (write !== undefined) attempt(write);
      return;
    }
    if (this.#steps.length === 0) return;
    const [step] = this.#steps.splice(Math.floor(this.#random() * this.#steps.length), 1);
    if (step === undefined) return;
    if (!this.#healthy && this.#random() < 0.03) {
      // The engine says no, or its answer is lost.
      if (this.#random() < 0.5) attempt(step.apply);
      step.resume(new Error('connection reset'));
      return;
    }
    step.resume(attempt(step.apply));
  }

  #read(most = 1 + Math.floor(this.#random() * 12)): void {
    const owner = this.#pick([...this.#owners.keys()]);
    const mine = owner === undefined ? undefined : this.#owners.get(owner);
    if (owner === undefined || !mine?.source) return;
    const { source } = mine;
    // What is heard of the newest cut may be old.
    if (this.#random() < 0.2) source.noticeCut(Math.floor(this.#random() * (this.world.cuts.length + 1)) - 1);
    // Records below the position may come again, as after a rebalance.
    const from = Math.max(0, source.position - Math.floor(this.#random() * 3));
    mine.source = null;
    source.records(this.log.slice(from, source.position + most)).then(
      () => {
        mine.source = source;
      },
      () => {
        // Lost: this owner opens the source again, as the consume loop does.
        if (this.#owners.delete(owner)) this.#start();
      },
    );
  }

  #cutStore(owner: number): CutStore {
    const step = (apply: () => void): Promise<void> =>
      new Promise((resolve, reject) => {
        this.#steps.push({ owner, apply, resume: (error) => (error === undefined ? resolve() : reject(error)) });
      });
    const { world } = this;
    const random = this.#random;
    const writeRows = async (cut: Cut): Promise<void> => {
      const { old } = world.cuts[cut.seq] as ClaimedCut;
      const rows = [...cut.reduction.rows(cut.source, cut.seq)].flatMap((row) => (old ? bothTiers(row) : [row]));
      for (let start = 0; start < rows.length; start += 7) {
        await step(() => rows.slice(start, start + 7).forEach((row) => world.write(row)));
      }
      await step(() => {
        const claimed = world.cuts[cut.seq];
        if (claimed !== undefined) claimed.stored = true;
      });
    };
    return {
      async read() {
        let state: Awaited<ReturnType<CutStore['read']>> | undefined;
        await step(() => {
          const unstored = world.cuts.findIndex((cut) => !cut.stored);
          const nextSeq = unstored === -1 ? world.cuts.length : unstored;
          // At most one claimed cut is ever unstored, and it is the last.
          expect(world.cuts.length - nextSeq).toBeLessThanOrEqual(1);
          const open = world.cuts[nextSeq];
          state = {
            source: 1,
            nextSeq,
            nextOffset: open?.firstOffset ?? world.cuts.at(-1)?.endOffset ?? null,
            unstored:
              open === undefined
                ? null
                : { seq: nextSeq, firstOffset: open.firstOffset, endOffset: open.endOffset, read: open.counts.read },
            hashes: world.cuts.slice(0, nextSeq).map((cut) => cut.hashes),
          };
        });
        if (state === undefined) throw new Error('no answer');
        return state;
      },
      async lastSeqs() {
        await step(() => undefined);
        return new Map([[1, world.cuts.length - 1]]);
      },
      async store(cut) {
        const old = random() < 0.3;
        await step(() => world.claim(cut, old));
        await writeRows(cut);
      },
      storeAgain: writeRows,
    };
  }
}

function attempt(apply: () => void): Error | undefined {
  try {
    apply();
    return undefined;
  } catch (error) {
    // Anything else is a finding of the test itself.
    if (!(error instanceof CutTaken)) throw error;
    return error;
  }
}

/** Lets every promise that can go on do so. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 12; turn++) await Promise.resolve();
}

function merged(rows: Iterable<PartialRow>): Map<string, unknown> {
  return new Map(
    [...mergedRows(rows)].map(([name, { values, sketch, distinct }]) => [
      name,
      [
        Array.from(values),
        Buffer.from(sketch?.serialize() ?? []).toString('hex'),
        Buffer.from(distinct?.serialize() ?? []).toString('hex'),
      ],
    ]),
  );
}

/** One pass over the whole log by one owner to whom nothing happens. */
function onePass(log: readonly LogRecord[]): Cut {
  const cut = new Cut({ topic: 'agent-events', source: 1, seq: 0, firstOffset: 0 }, new SeenIds(HORIZON), rollupOnly());
  for (const record of log) cut.add(record);
  return cut;
}

test(`no fault makes a total wrong (${SEEDS} seeds)`, async () => {
  const reached = { cuts: 0, duplicates: 0, dead: 0 };
  for (let seed = 1; seed <= SEEDS; seed++) {
    const simulation = new Simulation(seed);
    await simulation.run();
    const { world, log } = simulation;
    const expected = onePass(log);
    const sum = (field: keyof ClaimedCut['counts']): number => world.cuts.reduce((total, cut) => total + cut.counts[field], 0);

    expect(world.cuts.map((cut) => cut.firstOffset).slice(1), `seed ${seed}: no gap`).toEqual(
      world.cuts.map((cut) => cut.endOffset).slice(0, -1),
    );
    expect(world.cuts.at(-1)?.endOffset, `seed ${seed}: everything was cut`).toBe(log.length);
    expect([sum('read'), sum('aggregated'), sum('duplicate'), sum('dead')], `seed ${seed}: the ledger`).toEqual([
      expected.read,
      expected.aggregated,
      expected.duplicate,
      expected.deadCount,
    ]);
    expect(merged(world.rows.values()), `seed ${seed}: the totals`).toEqual(merged(expected.reduction.rows(1, 0)));
    reached.cuts += world.cuts.length;
    reached.duplicates += expected.duplicate;
    reached.dead += expected.deadCount;
  }
  // A simulation in which nothing happens would prove nothing.
  expect(reached.cuts).toBeGreaterThan(SEEDS * 3);
  expect(reached.duplicates).toBeGreaterThan(SEEDS);
  expect(reached.dead).toBeGreaterThan(SEEDS);
}, 120_000);
