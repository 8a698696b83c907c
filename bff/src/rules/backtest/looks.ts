import { gaugeKey, SETS, WHOLE } from '@fleetbeat/contracts/aggregates.ts';
import { CHANGE_AGAINST, RULE_WINDOWS, type RuleMeasure, type WindowSet } from '@fleetbeat/contracts/rule-measures.ts';
import type { ComparedRule, Rule, RuleOf } from '@fleetbeat/contracts/rules.ts';
import { budgetSteps, observeBudget, spendings } from '@fleetbeat/infra/rules/budget.ts';
import type { Observation } from '@fleetbeat/infra/rules/evaluate.ts';
import { keyPrefix, needsSketches, observe } from '@fleetbeat/infra/rules/measure-value.ts';
import { Partial } from '@fleetbeat/infra/time-series/partial.ts';
import type { WindowsByKey, WindowSources } from '@fleetbeat/infra/time-series/read-windows.ts';
import type { ReadQuery } from '../../http/read-query.ts';
import { seenAfterMs, type Span } from './history-span.ts';
import type { Allowance } from './limits.ts';
import type { Look } from './replay-alerts.ts';
import { SlidingWindow } from './sliding-window.ts';
import { FORGOTTEN_AFTER_MS, type KnownSubject } from './subjects.ts';
import { walkWindows, type Walk } from './walk-windows.ts';

/** What a rule would have seen, look by look: as the processors' observations, of windows that are over. */

export interface History {
  readonly sources: WindowSources;
  readonly query: ReadQuery;
  readonly allowance: Allowance;
  /** Agents or hosts that the rule is about, where it is about such. */
  readonly subjects: ReadonlyMap<string, KnownSubject>;
  /** Agents that nobody is told of. */
  readonly archived: ReadonlySet<string>;
  /** Silent for longer is offline, in milliseconds. */
  readonly silentMs: number;
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const NO_DATA: Observation = { kind: 'no_data' };
const THERE: Observation = { kind: 'value', value: 1 };

export function looksOf(history: History, rule: Rule, span: Span): AsyncGenerator<Look> {
  switch (rule.kind) {
    case 'threshold':
      return rule.watch.set === 'pipeline' ? ledgerLooks(history, span) : comparedLooks(history, rule, span);
    case 'change':
      return comparedLooks(history, rule, span);
    case 'budget':
      return budgetLooks(history, rule, span);
    case 'absence':
      return absenceLooks(history, rule, span);
    case 'liveness':
      return livenessLooks(history, span, setOf(rule));
    case 'looping':
      throw new Error('there is no history of what tasks did');
    default:
      return rule satisfies never;
  }
}

function setOf({ watch: { set } }: Rule): WindowSet {
  if (set === 'pipeline') throw new Error('the pipeline has no windows');
  return set;
}

/** The keys in the store that a rule is about; undefined where it is about all there are. */
function storedKeys({ subjects }: History, rule: Rule, measure: RuleMeasure): readonly string[] | undefined {
  const { set, keys, labels, without_labels: without } = rule.watch;
  const prefix = set === 'host' ? keyPrefix(set, measure) : '';
  if (keys !== undefined) return keys.map((key) => prefix + key);
  const isChosen = labels !== undefined || without !== undefined || rule.kind === 'absence' || rule.kind === 'liveness';
  // Of hosts all gauges are one set: the wanted one is asked for by name.
  if (set === 'host' || (set === 'agent' && isChosen)) return [...subjects.keys()].map((key) => prefix + key);
  return set === 'fleet' ? [WHOLE] : undefined;
}

async function* comparedLooks(history: History, rule: ComparedRule, { from, to, stepMs }: Span): AsyncGenerator<Look> {
  const set = setOf(rule);
  const length = RULE_WINDOWS[rule.window];
  const prefix = keyPrefix(set, rule.measure);
  const keys = storedKeys(history, rule, rule.measure);
  const walk: Walk = { set, keys, sketches: needsSketches(rule), from: from - length, to, stepMs };
  const contents = new RollingContents(set, length);
  const shift = rule.kind === 'change' ? CHANGE_AGAINST[rule.against] : 0;
  const before = shift === 0 ? undefined : new RollingContents(set, length);
  const earlier = walkWindows(history.sources, { ...walk, from: walk.from - shift, to: to - shift }, history.allowance);
  for await (const { start, byKey } of walkWindows(history.sources, walk, history.allowance)) {
    const end = start + stepMs;
    contents.move(start, byKey, end);
    if (before !== undefined) {
      const then = await earlier.next();
      if (then.done !== true) before.move(then.value.start, then.value.byKey, end - shift);
    }
    if (end < from) continue;
    const seen = new Map<string, Observation>();
    for (const [key, window] of contents.entries()) {
      const name = key.slice(prefix.length);
      if (!history.archived.has(name)) seen.set(name, observe(rule, window.sum(), before?.get(key)?.sum()));
    }
    yield { at: end + seenAfterMs(rule), seen, otherwise: NO_DATA };
  }
}

/** The rolling windows of all keys that have anything in theirs. */
class RollingContents {
  readonly #set: WindowSet;
  readonly #length: number;
  readonly #byKey = new Map<string, SlidingWindow>();

  constructor(set: WindowSet, length: number) {
    this.#set = set;
    this.#length = length;
  }

  move(start: number, byKey: ReadonlyMap<string, Partial>, end: number): void {
    for (const [key, content] of byKey) {
      let window = this.#byKey.get(key);
      if (window === undefined) this.#byKey.set(key, (window = new SlidingWindow(SETS[this.#set])));
      window.push(start, content);
    }
    for (const [key, window] of this.#byKey) if (!window.dropBefore(end - this.#length)) this.#byKey.delete(key);
  }

  get(key: string): SlidingWindow | undefined {
    return this.#byKey.get(key);
  }

  entries(): IterableIterator<[string, SlidingWindow]> {
    return this.#byKey.entries();
  }
}

/** Full hours come from windows of an hour, the running one is put together from its minutes. */
async function* budgetLooks(history: History, rule: RuleOf<'budget'>, { from, to }: Span): AsyncGenerator<Look> {
  const { sources, allowance } = history;
  const set = setOf(rule);
  const keys = storedKeys(history, rule, rule.measure);
  const { from: periodFrom, stepMs } = budgetSteps(rule.period, from);
  const ofMinutes = hourOf(stepMs === HOUR ? from : periodFrom);
  const walk: Walk = { set, keys, sketches: false, from: ofMinutes, to, stepMs: MINUTE };
  const spent: WindowsByKey = new Map();
  if (stepMs === HOUR && periodFrom < ofMinutes) {
    const hours = walkWindows(sources, { ...walk, from: periodFrom, to: ofMinutes, stepMs: HOUR }, allowance);
    for await (const { start, byKey } of hours) for (const [key, content] of byKey) add(key, start, content);
  }
  for await (const { start, byKey } of walkWindows(sources, walk, allowance)) {
    for (const [key, content] of byKey) add(key, Math.floor(start / stepMs) * stepMs, content);
    const end = start + MINUTE;
    if (end < from) continue;
    const steps = budgetSteps(rule.period, end);
    const elapsed = end - (steps.from + (steps.count - 1) * stepMs);
    const seen = new Map<string, Observation>();
    for (const [key, windows] of spent) {
      for (const each of windows.keys()) if (each < steps.from) windows.delete(each);
      if (windows.size === 0) spent.delete(key);
      else seen.set(key, observeBudget(rule, spendings(rule.measure, windows, steps), stepMs, elapsed));
    }
    yield { at: end + seenAfterMs(rule), seen, otherwise: NO_DATA };
  }

  function add(key: string, start: number, content: Partial): void {
    if (history.archived.has(key)) return;
    let windows = spent.get(key);
    if (windows === undefined) spent.set(key, (windows = new Map()));
    let sum = windows.get(start);
    if (sum === undefined) windows.set(start, (sum = new Partial(SETS[set])));
    sum.mergeValues(content.values);
  }
}

async function* absenceLooks(history: History, rule: RuleOf<'absence'>, { from, to, stepMs }: Span): AsyncGenerator<Look> {
  const set = setOf(rule);
  const length = RULE_WINDOWS[rule.window];
  const walk = { set, keys: storedKeys(history, rule, 'cpu_usage'), sketches: false, from: from - length, to, stepMs };
  const named = rule.watch.keys ?? (set === 'fleet' ? [WHOLE] : undefined);
  for await (const { end, lastSeen } of presences(history, walk)) {
    if (end < from) continue;
    const keys = named ?? expectedAt(history, lastSeen, end);
    const seen = new Map<string, Observation>();
    for (const key of keys) {
      if (!history.archived.has(key)) seen.set(key, (lastSeen.get(key) ?? 0) > end - length ? THERE : NO_DATA);
    }
    // Whoever is no longer among the keys is not waited for: as good as heard from.
    yield { at: end + seenAfterMs(rule), seen, otherwise: THERE };
  }
}

/** Silence as windows tell it: for certain, so up to ten seconds less than it was. */
async function* livenessLooks(history: History, { from, to, stepMs }: Span, set: WindowSet): AsyncGenerator<Look> {
  const warmUp = Math.ceil(history.silentMs / stepMs + 1) * stepMs;
  const keys = [...history.subjects.keys()].map((key) => (set === 'host' ? gaugeKey('cpu_usage', key) : key));
  const walk = { set, keys, sketches: false, from: from - warmUp, to, stepMs };
  for await (const { end, lastSeen } of presences(history, walk)) {
    if (end < from) continue;
    const seen = new Map<string, Observation>();
    for (const key of expectedAt(history, lastSeen, end)) {
      const silent = end - (lastSeen.get(key) ?? end);
      seen.set(key, { kind: 'value', value: silent >= history.silentMs ? silent / 1_000 : 0 });
    }
    yield { at: end, seen, otherwise: NO_DATA };
  }
}

function* expectedAt({ subjects }: History, lastSeen: ReadonlyMap<string, number>, at: number): Generator<string> {
  for (const [key, seenAt] of lastSeen) if (seenAt > at - FORGOTTEN_AFTER_MS && subjects.has(key)) yield key;
}

/** After every window: the end of the last one in which each key had anything, a day back from the first. */
async function* presences(
  { sources, allowance }: History,
  walk: Walk,
): AsyncGenerator<{ end: number; lastSeen: ReadonlyMap<string, number> }> {
  const lastSeen = new Map<string, number>();
  const nameOf = (key: string) => (walk.set === 'host' ? key.slice(keyPrefix(walk.set, 'cpu_usage').length) : key);
  // What came before in the first hour is not known from windows of an hour.
  const first = hourOf(walk.from);
  const day = { ...walk, from: hourOf(first - FORGOTTEN_AFTER_MS), to: first, stepMs: HOUR };
  for await (const { start, byKey } of walkWindows(sources, day, allowance)) {
    for (const key of byKey.keys()) lastSeen.set(nameOf(key), start + HOUR);
  }
  for await (const { start, byKey } of walkWindows(sources, { ...walk, from: first }, allowance)) {
    const end = start + walk.stepMs;
    for (const key of byKey.keys()) lastSeen.set(nameOf(key), end);
    yield { end, lastSeen };
  }
}

function hourOf(at: number): number {
  return Math.floor(at / HOUR) * HOUR;
}

async function* ledgerLooks({ query }: History, { from, to, stepMs }: Span): AsyncGenerator<Look> {
  const findings = await query<{ found: number; resolved: number | null }>(
    'backtest.findings',
    `select (extract(epoch from first_seen) * 1000)::bigint as found, (extract(epoch from resolved_at) * 1000)::bigint as resolved
     from ledger_findings where first_seen <= to_timestamp($2 / 1000.0) and (resolved_at is null or resolved_at > to_timestamp($1 / 1000.0))
     limit 100000`,
    [from, to],
  );
  for (let at = from; at <= to; at += stepMs) {
    const value = findings.filter(({ found, resolved }) => found <= at && (resolved === null || resolved > at)).length;
    yield { at, seen: new Map([[WHOLE, { kind: 'value', value }]]), otherwise: NO_DATA };
  }
}
