import { gaugeKey, WHOLE } from '@fleetbeat/contracts/aggregates.ts';
import { RULE_WINDOWS, type WindowSet } from '@fleetbeat/contracts/rule-measures.ts';
import type { ComparedRule, Rule, RuleOf } from '@fleetbeat/contracts/rules.ts';
import type { Database } from '@fleetbeat/infra/database/database.ts';
import { observeBudget, spendings } from '@fleetbeat/infra/rules/budget.ts';
import { breachBegins, type Observation } from '@fleetbeat/infra/rules/evaluate.ts';
import { keyPrefix, needsSketches, observe, valueReader } from '@fleetbeat/infra/rules/measure-value.ts';
import { behindMs, needsAll, windowStepMs, type WindowedRule } from '@fleetbeat/infra/rules/window-timing.ts';
import type { Partial } from '@fleetbeat/infra/time-series/partial.ts';
import { countLedgerDifferences, readMembers, readSilent, readWorkers } from './registry.ts';
import type { RollingWindows, WindowContents } from './rolling-windows.ts';
import type { RuleHistory } from './rule-history.ts';
import { isSilent, LAGS_AFTER_MS, type SourceClock } from './source-clocks.ts';
import type { WindowQuestion } from './window-question.ts';

/** What rules see. */

/** Processors that have just started are given so long to catch up until their lag is told of, in milliseconds. */
const CATCH_UP_MS = 60_000;

export interface Sight {
  readonly database: Database;
  readonly windows: Pick<RollingWindows, 'read'>;
  readonly history: Pick<RuleHistory, 'before' | 'spent'>;
  /** Silent for longer is offline, in milliseconds, where a rule says nothing else. */
  readonly silentMs: Readonly<Record<'agent' | 'host', number>>;
  /** Epoch milliseconds. */
  readonly at: number;
  readonly clocks: ReadonlyMap<number, SourceClock>;
  /** When this evaluator began, epoch milliseconds. */
  readonly since: number;
  /** Any source does; then nothing that is missing is believed. */
  readonly lagging: boolean;
}

/**
 * What a rule sees, by key. `entries`: at least of all keys that a breach may begin for. `otherwise`: of keys that have an
 * alert and are not among them.
 */
export interface Observations {
  get(key: string): Observation | undefined;
  entries(): Iterable<readonly [string, Observation]>;
  readonly otherwise: Observation;
}

export const NO_DATA: Observation = { kind: 'no_data' };
export const UNKNOWN: Observation = { kind: 'unknown' };

/** While nothing can be told, nothing changes. */
const NOTHING_KNOWN: Observations = { get: () => undefined, entries: () => [], otherwise: UNKNOWN };

export function seen(byKey: ReadonlyMap<string, Observation>, otherwise: Observation): Observations {
  return { get: (key) => byKey.get(key), entries: () => byKey.entries(), otherwise };
}

/** What a rule sees; `alerting` are the keys that have an alert of it. */
export async function observations(sight: Sight, rule: Rule, alerting: readonly string[]): Promise<Observations> {
  switch (rule.kind) {
    case 'liveness':
      return silences(sight, rule, alerting);
    case 'looping':
      return standstills(sight, rule);
    case 'absence':
      return absences(sight, rule);
    case 'budget':
      return budgets(sight, rule);
    case 'threshold':
      return rule.watch.set === 'pipeline' ? ofPipeline(sight, rule) : crossed(sight, rule);
    case 'change':
      return changed(sight, rule);
    default:
      return rule satisfies never;
  }
}

async function ofPipeline({ database, clocks, at, since }: Sight, { measure }: RuleOf<'threshold'>): Promise<Observations> {
  const value = measure === 'lag_s' ? lagOf(clocks, at) : await countLedgerDifferences(database);
  // Until processors have had the time to catch up, a clock that stands where they were stopped tells nothing.
  if (measure === 'lag_s' && value !== undefined && value * 1_000 > LAGS_AFTER_MS && at - since < CATCH_UP_MS)
    return NOTHING_KNOWN;
  return seen(new Map([[WHOLE, value === undefined ? NO_DATA : { kind: 'value', value }]]), NO_DATA);
}

/** How far the slowest source is behind, in seconds; undefined where there are none. */
function lagOf(clocks: Sight['clocks'], at: number): number | undefined {
  const lags = [...clocks.values()].map(({ clock }) => Math.max(0, at - clock) / 1_000);
  return lags.length === 0 ? undefined : Math.max(...lags);
}

async function silences(sight: Sight, rule: RuleOf<'liveness'>, alerting: readonly string[]): Promise<Observations> {
  const choice = registered(rule);
  if (choice === undefined) throw new Error('only agents and hosts can be offline');
  const silentMs = rule.silent_s === undefined ? sight.silentMs[choice.set] : rule.silent_s * 1_000;
  const byKey = new Map<string, Observation>();
  for (const { key, source, lastSeen } of await readSilent(sight.database, choice, silentMs, alerting, rule.heartbeats_only)) {
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
  const { set } = rule.watch;
  const contents = sight.windows.read(questionOf(rule));
  if (contents === undefined) return NOTHING_KNOWN;
  const keys = (await chosenKeys(sight, rule)) ?? [WHOLE];
  const observationOf = (key: string): Observation =>
    contents.byKey.has(set === 'host' ? gaugeKey('cpu_usage', key) : key) ? { kind: 'value', value: 1 } : missing;
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

async function crossed(sight: Sight, rule: RuleOf<'threshold'>): Promise<Observations> {
  const contents = sight.windows.read(questionOf(rule));
  if (contents === undefined || (sight.lagging && needsAll(rule))) return NOTHING_KNOWN;
  const prefix = keyPrefix(windowSetOf(rule), rule.measure);
  const breaches = await chosenOf(sight, rule, breachesIn(contents, rule));
  const isBreach = breachBegins(rule);
  return {
    get: (key) => {
      const observation = observe(rule, contents.byKey.get(prefix + key));
      if (!sight.lagging) return observation;
      // What is missing may be what keeps it in breach.
      return observation.kind === 'value' && isBreach(observation.value) ? observation : UNKNOWN;
    },
    entries: () => breaches,
    otherwise: sight.lagging ? UNKNOWN : NO_DATA,
  };
}

type Breach = readonly [key: string, observation: Observation];
const BREACHES = new WeakMap<WindowContents, Map<string, readonly Breach[]>>();

/** The keys of a window that are in breach, whatever their labels: found once, until there is something else in it. */
function breachesIn(contents: WindowContents, rule: RuleOf<'threshold'>): readonly Breach[] {
  const known = BREACHES.get(contents) ?? new Map<string, readonly Breach[]>();
  BREACHES.set(contents, known);
  const { measure, denominator, min_messages, per_second, comparison, warning, error, watch } = rule;
  const name = JSON.stringify([measure, denominator, min_messages, per_second, comparison, warning, error, watch.keys]);
  const found = known.get(name) ?? findBreaches(contents, rule);
  known.set(name, found);
  return found;
}

/** The keys of a window that are in breach of a rule, those with other labels too. */
export function findBreaches({ byKey }: Pick<WindowContents, 'byKey'>, rule: RuleOf<'threshold'>): Breach[] {
  const prefix = keyPrefix(windowSetOf(rule), rule.measure);
  const valueIn = valueReader(rule);
  const isBreach = breachBegins(rule);
  const seconds = rule.per_second ? RULE_WINDOWS[rule.window] / 1_000 : 1;
  const breaches: Breach[] = [];
  const look = (key: string, contents: Partial): void => {
    const value = valueIn(contents);
    if (value !== null && isBreach(value / seconds)) breaches.push([key, { kind: 'value', value: value / seconds }]);
  };
  if (rule.watch.keys === undefined) {
    for (const [key, contents] of byKey) if (prefix === '' || key.startsWith(prefix)) look(key.slice(prefix.length), contents);
    return breaches;
  }
  for (const key of rule.watch.keys) {
    const contents = byKey.get(prefix + key);
    if (contents !== undefined) look(key, contents);
  }
  return breaches;
}

/** Those with the labels of a rule. Only what is in breach is asked for: to read who else has them would take all of a round. */
async function chosenOf({ database }: Sight, rule: ComparedRule, breaches: readonly Breach[]): Promise<readonly Breach[]> {
  const { labels, without_labels: without } = rule.watch;
  const choice = registered(rule);
  if (breaches.length === 0 || choice === undefined || (labels === undefined && without === undefined)) return breaches;
  const members = await readMembers(database, { ...choice, keys: breaches.map(([key]) => key) });
  const chosen = new Set(members.map(({ key }) => key));
  return breaches.filter(([key]) => chosen.has(key));
}

async function changed(sight: Sight, rule: RuleOf<'change'>): Promise<Observations> {
  const contents = sight.windows.read(questionOf(rule));
  if (contents === undefined || sight.lagging) return NOTHING_KNOWN;
  const set = windowSetOf(rule);
  const before = await sight.history.before(rule, set, contents.to, needsSketches(rule));
  const prefix = keyPrefix(set, rule.measure);
  const isBreach = breachBegins(rule);
  const get = (key: string): Observation => observe(rule, contents.byKey.get(prefix + key), before.get(prefix + key));
  const breaches = (rule.watch.keys ?? keysWith(prefix, contents.byKey.keys())).flatMap((key): Breach[] => {
    const observation = get(key);
    return observation.kind === 'value' && isBreach(observation.value) ? [[key, observation]] : [];
  });
  const chosen = await chosenOf(sight, rule, breaches);
  return { get, entries: () => chosen, otherwise: NO_DATA };
}

function keysWith(prefix: string, keys: Iterable<string>): string[] {
  return [...keys].flatMap((key) => (key.startsWith(prefix) ? [key.slice(prefix.length)] : []));
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

/** The questions that rules ask of rolling windows. */
export function questionsOf(rules: readonly Rule[]): WindowQuestion[] {
  return rules.flatMap((rule) => {
    if (!rule.enabled || rule.watch.set === 'pipeline') return [];
    return rule.kind === 'threshold' || rule.kind === 'change' || rule.kind === 'absence' ? [questionOf(rule)] : [];
  });
}

function questionOf(rule: WindowedRule): WindowQuestion {
  const measures = rule.kind === 'absence' ? [] : [rule.measure, ...(rule.denominator === undefined ? [] : [rule.denominator])];
  return {
    set: windowSetOf(rule),
    window: rule.window,
    stepMs: windowStepMs(rule),
    measures,
    behindMs: behindMs(rule),
  };
}
