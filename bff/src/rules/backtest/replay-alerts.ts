import { SEVERITIES } from '@fleetbeat/contracts/alerts.ts';
import type { BacktestAlert } from '@fleetbeat/contracts/backtest.ts';
import type { Rule } from '@fleetbeat/contracts/rules.ts';
import { evaluate, type Observation, type Tracks, type Transition } from '@fleetbeat/infra/rules/evaluate.ts';

/** The alerts of a rule over history: the states of the evaluator, with a clock that goes from one look to the next. Pure. */

/** Alerts of one rule that are pending or firing at most, as the processors have it. */
const MAX_ALERTS = 100;
/** The processors evaluate once a second. */
const EVALUATED_EVERY_MS = 1_000;

/** What a rule saw at one look; `otherwise`: of keys that have an alert and are not among them. */
export interface Look {
  /** Epoch milliseconds. */
  readonly at: number;
  readonly seen: ReadonlyMap<string, Observation>;
  readonly otherwise: Observation;
}

interface Active {
  readonly key: string;
  readonly tracks: Tracks;
  readonly began: number;
  readonly alert: BacktestAlert | undefined;
}

export class AlertReplay {
  readonly #rule: Rule;
  readonly #active = new Map<string, Active>();
  /** Those that fired, in the order in which they began to. */
  readonly alerts: BacktestAlert[] = [];
  /** Breaches that found no room. */
  beyond = 0;
  #beyondNow = new Set<string>();

  constructor(rule: Rule) {
    this.#rule = rule;
  }

  /** Evaluates every key, and again whenever `for` or `keep_firing_for` run out before `next`, when there is another look. */
  take({ at, seen, otherwise }: Look, next: number): void {
    for (const { key } of [...this.#active.values()]) this.#move(key, seen.get(key) ?? otherwise, at);
    const beyond = new Set<string>();
    for (const [key, observation] of seen) {
      if (this.#active.has(key)) continue;
      const { tracks, transition } = evaluate(this.#rule, observation, {}, at);
      if (transition === undefined) continue;
      if (this.#active.size < MAX_ALERTS) this.#set(key, tracks, transition, at);
      else {
        beyond.add(key);
        if (!this.#beyondNow.has(key)) this.beyond += 1;
      }
    }
    this.#beyondNow = beyond;
    for (const { key } of [...this.#active.values()]) {
      const observation = seen.get(key) ?? otherwise;
      for (let due = this.#dueAt(key, at); due < next; due = this.#dueAt(key, due)) this.#move(key, observation, due);
    }
  }

  #move(key: string, observation: Observation, at: number): void {
    const active = this.#active.get(key);
    if (active === undefined) return;
    const { tracks, transition } = evaluate(this.#rule, observation, active.tracks, at);
    if (transition === undefined) this.#active.set(key, { ...active, tracks });
    else this.#set(key, tracks, transition, at);
  }

  #set(key: string, tracks: Tracks, { to, severity, value }: Transition, at: number): void {
    const known = this.#active.get(key);
    if (to === 'inactive' || to === 'resolved') {
      this.#active.delete(key);
      if (known?.alert !== undefined) known.alert.resolved_at = at;
      return;
    }
    const began = known?.began ?? at;
    let alert = known?.alert;
    if (to === 'firing' && alert === undefined) {
      alert = { key, began_at: began, fired_at: at, resolved_at: null, severity, value, levels: [] };
      this.alerts.push(alert);
    }
    if (alert !== undefined) {
      alert.levels.push({ at, severity, value });
      if (SEVERITIES.indexOf(severity) > SEVERITIES.indexOf(alert.severity)) alert.severity = severity;
    }
    this.#active.set(key, { key, tracks, began, alert });
  }

  /** The first evaluation after `at` at which a wait of a key is over; infinity where it waits for nothing. */
  #dueAt(key: string, at: number): number {
    const { for_s: forS, keep_firing_for_s: keepS } = this.#rule;
    const tracks = Object.values(this.#active.get(key)?.tracks ?? {});
    const ends = tracks.map(({ since, firing, clearedAt }) =>
      !firing ? since + forS * 1_000 : clearedAt === null ? Infinity : clearedAt + keepS * 1_000,
    );
    const evaluated = (end: number) =>
      Math.max(at + EVALUATED_EVERY_MS, at + Math.ceil((end - at) / EVALUATED_EVERY_MS) * EVALUATED_EVERY_MS);
    return Math.min(Infinity, ...ends.map(evaluated));
  }
}
