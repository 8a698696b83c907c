import type { SetName } from '@fleetbeat/contracts/aggregates.ts';
import type { CutFeed, FedCut } from './alerts/cut-feed.ts';
import { AgentReduction } from './agent-reduction.ts';
import type { PartialTable } from './aggregates/partial-table.ts';
import type { CutStore } from './engine/cut-store.ts';
import type { Cut, Reduction } from './engine/cut.ts';
import type { SourceProcessor } from './engine/source-processor.ts';
import { HostReduction } from './host-reduction.ts';
import { TaskReduction } from './task-reduction.ts';

/** Stored cuts that are kept for the rules, at most, and for how long, in milliseconds; older ones are read from the store. */
const MAX_KEPT = 200;
const KEPT_FOR_MS = 15_000;
/** Rules are evaluated every second: who has not asked for so long, in milliseconds, does so in another process. */
const ASKS_WITHIN_MS = 5_000;
/** Then a cut ends so long after a window, in milliseconds: a tick was read meanwhile that says that the window is over, and there is time to store it. */
const CUT_LATE_MS = 1_200;

/** Gives the rules what the processor has in memory: the cuts that are open, and those it has stored since they looked last. */
export class RuleFeed implements CutFeed {
  readonly #sources: () => Iterable<SourceProcessor>;
  readonly #now: () => number;
  #stored: { readonly cut: FedCut; readonly at: number }[] = [];
  #askedAt = -Infinity;

  /** `now` in epoch milliseconds. */
  constructor(sources: () => Iterable<SourceProcessor>, now: () => number) {
    this.#sources = sources;
    this.#now = now;
  }

  /** A cut store that tells this feed what it has stored. */
  watching(cuts: CutStore): CutStore {
    return {
      ...cuts,
      store: async (cut) => {
        await cuts.store(cut);
        this.#keep(cut);
      },
      storeAgain: async (cut) => {
        await cuts.storeAgain(cut);
        this.#keep(cut);
      },
    };
  }

  /** How long after its windows a cut had better end, in milliseconds: rules elsewhere see it once it is stored. */
  cutLate(): number {
    return this.#now() - this.#askedAt < ASKS_WITHIN_MS ? 0 : CUT_LATE_MS;
  }

  stored(): readonly FedCut[] {
    this.#askedAt = this.#now();
    return this.#stored.map(({ cut }) => cut);
  }

  open(): readonly FedCut[] {
    return [...this.#sources()].flatMap((source) => source.openCuts.map(fedCut));
  }

  clockOf(id: number): number | undefined {
    for (const { source, clock } of this.#sources()) if (source === id) return clock;
    return undefined;
  }

  release(cuts: readonly FedCut[]): void {
    const gone = new Set(cuts);
    this.#stored = this.#stored.filter(({ cut }) => !gone.has(cut));
  }

  /** Only its partials: what else was in it may go. */
  #keep({ source, seq, reduction }: Cut): void {
    const now = this.#now();
    const kept = this.#stored.filter(({ at }) => now - at < KEPT_FOR_MS);
    this.#stored = [...kept.slice(-MAX_KEPT + 1), { cut: { source, seq, tables: partialsOf(reduction) }, at: now }];
  }
}

type TableSource = (sets: ReadonlySet<SetName>) => readonly PartialTable[];

function fedCut({ source, seq, reduction }: Cut): FedCut {
  return { source, seq, tables: partialsOf(reduction) };
}

function partialsOf(reduction: Reduction): TableSource {
  if (reduction instanceof AgentReduction) {
    const { rollup } = reduction;
    return (sets) => [
      ...(sets.has('agent') ? [rollup.agents] : []),
      ...(sets.has('fleet') || sets.has('model') ? rollup.derived().filter(({ set }) => sets.has(set)) : []),
    ];
  }
  if (reduction instanceof HostReduction) {
    const { gauges } = reduction.rollup;
    return (sets) => (sets.has('host') ? [gauges] : []);
  }
  if (reduction instanceof TaskReduction) {
    const { workflows } = reduction.rollup;
    return (sets) => (sets.has('workflow') ? [workflows] : []);
  }
  return () => [];
}
