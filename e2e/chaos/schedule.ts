/** What can be done to a deployment, and in which order a seed does it. Pure. */

export type DeploymentName = 'standalone' | 'kafka';

const SUPERVISED = ['processors', 'gateway', 'bff', 'jobs', 'postgres'] as const;
const ENGINES = ['kafka', 'redis', 'influxdb'] as const;
/** Started and restarted by the supervisor. */
export type SupervisedTarget = (typeof SUPERVISED)[number];
/** Servers that are somebody else's to start again: here the chaos run's. Postgres only where the run brings its own. */
export type EngineTarget = (typeof ENGINES)[number] | 'postgres';

export type Fault =
  /** SIGKILL; the supervisor starts it again. */
  | { readonly kind: 'kill'; readonly target: SupervisedTarget }
  /** SIGKILL; started again on the same port and data after `awayMs`. */
  | { readonly kind: 'outage'; readonly target: EngineTarget; readonly awayMs: number }
  /** SIGSTOP for `stalledMs`: it holds its connections and answers nobody. */
  | { readonly kind: 'stall'; readonly target: EngineTarget | 'gateway'; readonly stalledMs: number }
  /** One more processor: partitions move to it. */
  | { readonly kind: 'add processor' }
  /** One of those goes, in good order or not. */
  | { readonly kind: 'remove processor'; readonly signal: 'SIGTERM' | 'SIGKILL' }
  /** SIGSTOP until another processor has taken over everything it held, then SIGCONT. */
  | { readonly kind: 'pause processors' };

const MAX_EXTRA_PROCESSORS = 2;
const LONGEST_ABSENCE_MS = 10_000;
const STALL_MS = 5_000;

/**
 * The faults of a run: every kind that the deployment knows comes once, in an order that the seed decides, before any comes
 * again. A processor is removed only where one was added before.
 */
export function planFaults(deployment: DeploymentName, count: number, seed: number): Fault[] {
  const random = randomOf(seed);
  const faults: Fault[] = [];
  let bag: Fault[] = [];
  let extras = 0;
  const applies = ({ kind }: Fault): boolean =>
    kind === 'add processor' ? extras < MAX_EXTRA_PROCESSORS : kind === 'remove processor' ? extras > 0 : true;
  while (faults.length < count) {
    let next = bag.findIndex(applies);
    if (next === -1) {
      bag = [...bag, ...shuffle(everyFault(deployment, random), random)];
      next = bag.findIndex(applies);
    }
    const [fault] = bag.splice(next, 1);
    if (fault === undefined) throw new Error('no fault applies');
    extras = extrasAfter(fault, extras);
    faults.push(fault);
  }
  return faults;
}

/** Every engine of a deployment away for a while, one after the other: first killed and started again, then stopped and woken. */
export function planOutages(deployment: DeploymentName, awayMs: number): Fault[] {
  const engines: readonly EngineTarget[] = deployment === 'standalone' ? ['postgres'] : [...ENGINES, 'postgres'];
  return engines.flatMap((target): Fault[] => [
    { kind: 'outage', target, awayMs },
    { kind: 'stall', target, stalledMs: awayMs },
  ]);
}

/** Whether a plan takes the database away for longer than its supervisor would: then the run must bring its own. */
export function needsOwnDatabase(faults: readonly Fault[]): boolean {
  return faults.some((fault) => (fault.kind === 'outage' || fault.kind === 'stall') && fault.target === 'postgres');
}

/** How many processors there are beside the supervised one once a fault has been inflicted. */
export function extrasAfter({ kind }: Fault, extras: number): number {
  if (kind === 'add processor') return extras + 1;
  if (kind === 'remove processor') return extras - 1;
  // Somebody must be there to take over.
  return kind === 'pause processors' ? Math.max(1, extras) : extras;
}

export function describeFault(fault: Fault): string {
  switch (fault.kind) {
    case 'kill':
      return `kill -9 ${fault.target}`;
    case 'outage':
      return `kill -9 ${fault.target}, away ${(fault.awayMs / 1_000).toFixed(1)} s`;
    case 'stall':
      return `stall ${fault.target} ${(fault.stalledMs / 1_000).toFixed(1)} s`;
    case 'remove processor':
      return `remove processor (${fault.signal})`;
    case 'add processor':
    case 'pause processors':
      return fault.kind;
    default:
      return fault satisfies never;
  }
}

function everyFault(deployment: DeploymentName, random: () => number): Fault[] {
  const faults: Fault[] = [
    ...SUPERVISED.map((target): Fault => ({ kind: 'kill', target })),
    { kind: 'stall', target: 'gateway', stalledMs: STALL_MS },
    { kind: 'add processor' },
    { kind: 'remove processor', signal: random() < 0.5 ? 'SIGTERM' : 'SIGKILL' },
    { kind: 'pause processors' },
  ];
  if (deployment === 'standalone') return faults;
  const outages = ENGINES.map((target): Fault => ({ kind: 'outage', target, awayMs: Math.round(random() * LONGEST_ABSENCE_MS) }));
  return [...faults, ...outages, { kind: 'stall', target: 'influxdb', stalledMs: STALL_MS }];
}

function shuffle<T>(items: readonly T[], random: () => number): T[] {
  return items
    .map((item) => ({ item, place: random() }))
    .sort((a, b) => a.place - b.place)
    .map(({ item }) => item);
}

/** Numbers in [0, 1) that depend on the seed alone (mulberry32). */
export function randomOf(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
