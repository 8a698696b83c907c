import { gaugeKey, WHOLE } from '@fleetbeat/contracts/aggregates.ts';
import type { RuleWindow, WindowSet } from '@fleetbeat/contracts/rule-measures.ts';
import type { ComparedRule, Rule, RuleOf } from '@fleetbeat/contracts/rules.ts';
import type { Database } from '@fleetbeat/infra/database/database.ts';
import { observeBudget, spendings } from '@fleetbeat/infra/rules/budget.ts';
import type { Observation } from '@fleetbeat/infra/rules/evaluate.ts';
import { keyPrefix, needsSketches, observe } from '@fleetbeat/infra/rules/measure-value.ts';
import type { Partial } from '@fleetbeat/infra/time-series/partial.ts';
import { countLedgerDifferences, readMembers, readWorkers } from './registry.ts';
import type { RollingWindows, WindowQuestion } from './rolling-windows.ts';
import type { RuleHistory } from './rule-history.ts';
import { isSilent, type SourceClock } from './source-clocks.ts';

/** What rules see. */

export interface Sight {
  readonly database: Database;
  readonly windows: Pick<RollingWindows, 'read'>;
  readonly history: Pick<RuleHistory, 'before' | 'spent'>;
  /** Silent for longer is offline, in milliseconds, where a rule says nothing else. */
  readonly silentMs: Readonly<Record<'agent' | 'host', number>>;
  /** Epoch milliseconds. */
  readonly at: number;
  readonly clocks: ReadonlyMap<number, SourceClock>;
  /** Any source does; then nothing that is missing is believed. */
  readonly lagging: boolean;
}

/** What a rule sees, by key. `otherwise`: of keys that have an alert and are not among them. */
export interface Observations {
  get(key: string): Observation | undefined;
  entries(): Iterable<readonly [string, Observation]>;
  readonly otherwise: Observation;
}

export const NO_DATA: Observation = { kind: 'no_data' };
export const UNKNOWN: Observation = { kind: 'unknown' };

export function seen(byKey: ReadonlyMap<string, Observation>, otherwise: Observation): Observations {
  return { get: (key) => byKey.get(key), entries: () => byKey.entries(), otherwise };
}

export async function observations(sight: Sight, rule: Rule): Promise<Observations> {
  switch (rule.kind) {
    case 'liveness':
      return silences(sight, rule);
    case 'looping':
      return standstills(sight, rule);
    case 'absence':
      return absences(sight, rule);
    case 'budget':
      return budgets(sight, rule);
    case 'threshold':
      return rule.watch.set === 'pipeline' ? ofPipeline(sight, rule) : compared(sight, rule);
    case 'change':
      return compared(sight, rule);
    default:
      return rule satisfies never;
  }
}

async function ofPipeline({ database, clocks, at }: Sight, { measure }: RuleOf<'threshold'>): Promise<Observations> {
  const value = measure === 'lag_s' ? lagOf(clocks, at) : await countLedgerDifferences(database);
  return seen(new Map([[WHOLE, value === undefined ? NO_DATA : { kind: 'value', value }]]), NO_DATA);
}

/** How far the slowest source is behind, in seconds; undefined where there are none. */
function lagOf(clocks: Sight['clocks'], at: number): number | undefined {
  const lags = [...clocks.values()].map(({ clock }) => Math.max(0, at - clock) / 1_000);
  return lags.length === 0 ? undefined : Math.max(...lags);
}

async function silences(sight: Sight, rule: RuleOf<'liveness'>): Promise<Observations> {
  const choice = registered(rule);
  if (choice === undefined) throw new Error('only agents and hosts can be offline');
  const silentMs = rule.silent_s === undefined ? sight.silentMs[choice.set] : rule.silent_s * 1_000;
  const byKey = new Map<string, Observation>();
  for (const { key, source, lastSeen } of await readMembers(sight.database, choice)) {
    const clock = sight.clocks.get(source);
    const silent = clock === undefined ? 'unknown' : isSilent(clock, lastSeen, silentMs);
    if (clock === undefined || silent === 'unknown') byKey.set(key, UNKNOWN);
    else byKey.set(key, { kind: 'value', value: silent ? (clock.clock - lastSeen) / 1_000 : 0 });
  }
  return seen(byKey, sight.lagging ? UNKNOWN : NO_DATA);
}

/** Agents that are there, say that they are busy, and whose tasks stand still. */
async function standstills(sight: Sight, rule: RuleOf<'looping'>): Promise<Observations> {
  const byKey = new Map<string, Observation>();
  // What was reported meanwhile is not known: standing still may be the pipeline's doing.
  if (sight.lagging) return seen(byKey, UNKNOWN);
  const { keys, labels, without_labels } = rule.watch;
  for (const worker of await readWorkers(sight.database, { set: 'agent', keys, labels, without_labels })) {
    const clock = sight.clocks.get(worker.source);
    const alive = clock !== undefined && isSilent(clock, worker.lastSeen, sight.silentMs.agent) === false;
    const stillS = (sight.at - worker.movedAt) / 1_000;
    byKey.set(worker.key, { kind: 'value', value: alive && worker.busy && stillS > rule.stalled_s ? stillS : 0 });
  }
  return seen(byKey, NO_DATA);
}

async function absences(sight: Sight, rule: RuleOf<'absence'>): Promise<Observations> {
  const missing = sight.lagging ? UNKNOWN : NO_DATA;
  const set = windowSetOf(rule);
  const { byKey: contents } = await sight.windows.read(questionOf(set, rule.window, false));
  const keys = (await chosenKeys(sight, rule)) ?? [WHOLE];
  const observationOf = (key: string): Observation =>
    contents.has(set === 'host' ? gaugeKey('cpu_usage', key) : key) ? { kind: 'value', value: 1 } : missing;
  // Whoever is no longer among the keys is not waited for: as good as heard from.
  return seen(new Map(keys.map((key) => [key, observationOf(key)])), sight.lagging ? UNKNOWN : { kind: 'value', value: 1 });
}

async function budgets(sight: Sight, rule: RuleOf<'budget'>): Promise<Observations> {
  const set = windowSetOf(rule);
  const { byKey: contents, steps, elapsedMs } = await sight.history.spent(set, rule.period);
  const keys = (await chosenKeys(sight, rule)) ?? contents.keys();
  const observed = new Map<string, Observation>();
  for (const key of keys) {
    const windows = contents.get(key);
    if (windows === undefined) continue;
    observed.set(key, observeBudget(rule, spendings(rule.measure, windows, steps), steps.stepMs, elapsedMs));
  }
  return seen(observed, NO_DATA);
}

async function compared(sight: Sight, rule: ComparedRule): Promise<Observations> {
  const missing = sight.lagging ? UNKNOWN : NO_DATA;
  const set = windowSetOf(rule);
  const sketches = needsSketches(rule);
  const { to, byKey: contents } = await sight.windows.read(
    questionOf(set, rule.window, sketches, rule.kind === 'change' ? 60_000 : undefined),
  );
  // A part of the events is less than all of them.
  if (sight.lagging && (rule.kind === 'change' || rule.comparison.startsWith('<'))) return seen(new Map(), UNKNOWN);
  const before = rule.kind === 'change' ? await sight.history.before(rule, set, to, sketches) : undefined;
  const prefix = keyPrefix(set, rule.measure);
  const chosen = await chosenKeys(sight, rule);
  return {
    get: (key) => observationOf(contents.get(prefix + key), before?.get(prefix + key)),
    *entries() {
      if (chosen !== undefined) {
        for (const key of chosen) yield [key, observationOf(contents.get(prefix + key), before?.get(prefix + key))] as const;
        return;
      }
      for (const [key, window] of contents) {
        if (key.startsWith(prefix)) yield [key.slice(prefix.length), observationOf(window, before?.get(key))] as const;
      }
    },
    otherwise: missing,
  };

  function observationOf(window: Partial | undefined, then: Partial | undefined): Observation {
    const observation = observe(rule, window, then);
    return observation.kind === 'no_data' ? missing : observation;
  }
}

/** The keys that a rule is about; undefined where it is about all there are. */
async function chosenKeys({ database }: Sight, rule: Rule): Promise<readonly string[] | undefined> {
  const { keys, labels, without_labels: without } = rule.watch;
  if (keys !== undefined) return keys;
  const choice = registered(rule);
  // Absence is noticed only of those that are expected.
  if (choice !== undefined && (labels !== undefined || without !== undefined || rule.kind === 'absence')) {
    return (await readMembers(database, choice)).map(({ key }) => key);
  }
  return undefined;
}

function registered({ watch: { set, keys, labels, without_labels } }: Rule) {
  return set === 'agent' || set === 'host' ? { set, keys, labels, without_labels } : undefined;
}

function windowSetOf({ watch: { set } }: Rule): WindowSet {
  if (set === 'pipeline') throw new Error('the pipeline has no windows');
  return set;
}

/** Windows of up to 5 minutes move by 10 s, longer ones by minutes. */
function questionOf(set: WindowSet, window: RuleWindow, sketches: boolean, stepMs?: 60_000): WindowQuestion {
  return { set, window, sketches, stepMs: stepMs ?? (window === '1m' || window === '5m' ? 10_000 : 60_000) };
}
