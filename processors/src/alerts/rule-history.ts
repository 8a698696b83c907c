import { CHANGE_AGAINST, RULE_WINDOWS, type BudgetPeriod, type WindowSet } from '@fleetbeat/contracts/rule-measures.ts';
import type { RuleOf } from '@fleetbeat/contracts/rules.ts';
import { SETS } from '@fleetbeat/contracts/aggregates.ts';
import { budgetSteps, type BudgetSteps } from '@fleetbeat/infra/rules/budget.ts';
import { Partial } from '@fleetbeat/infra/time-series/partial.ts';
import { readWindows, type WindowsByKey, type WindowSources } from '@fleetbeat/infra/time-series/read-windows.ts';

const MINUTE = 60_000;
/** What is read again after a while takes a tenth of the time at most. */
const SHARE_OF_TIME = 10;
/** Answers that nobody has asked for this long are forgotten, in milliseconds. */
const FORGET_AFTER_MS = 10 * MINUTE;

/** The windows of a budget's period, and how long its last step had run when they were read. */
export interface Spent {
  readonly steps: BudgetSteps;
  readonly elapsedMs: number;
  readonly byKey: WindowsByKey;
}

interface Answer {
  value: Promise<unknown>;
  next: Promise<unknown> | undefined;
  freshUntil: number;
  askedAt: number;
}

/** What rules ask of the past, read from the store as seldom as will do. Rejects as the store does. */
export class RuleHistory {
  readonly #sources: WindowSources;
  readonly #now: () => number;
  readonly #answers = new Map<string, Answer>();

  constructor(sources: WindowSources, now: () => number) {
    this.#sources = sources;
    this.#now = now;
  }

  /** The window that a rule on change compares with that which ends at `to` (epoch ms, a full minute), by key. */
  before(rule: RuleOf<'change'>, set: WindowSet, to: number, sketches: boolean): Promise<ReadonlyMap<string, Partial>> {
    const end = to - CHANGE_AGAINST[rule.against];
    const name = `before/${set}/${rule.window}/${sketches}/${end}`;
    return this.#seldom(name, Infinity, async () => {
      const query = { set, from: end - RULE_WINDOWS[rule.window], to: end, stepMs: MINUTE, sketches };
      const { byKey } = await readWindows(this.#sources, query);
      return new Map([...byKey].map(([key, windows]) => [key, merged(set, windows.values())]));
    });
  }

  /** What the keys of a set have spent over a period: up to a minute old. */
  spent(set: WindowSet, period: BudgetPeriod): Promise<Spent> {
    return this.#seldom(`spent/${set}/${period}`, MINUTE, async () => {
      const now = this.#now();
      const steps = budgetSteps(period, now);
      const lastStep = steps.from + (steps.count - 1) * steps.stepMs;
      const query = { set, from: steps.from, to: lastStep + steps.stepMs, stepMs: steps.stepMs, sketches: false };
      const { byKey } = await readWindows(this.#sources, query);
      return { steps, elapsedMs: now - lastStep, byKey };
    });
  }

  /** The answer of `read`, at most about `freshMs` old. The first is waited for; while a newer one is on its way, the old one is given. */
  #seldom<T>(name: string, freshMs: number, read: () => Promise<T>): Promise<T> {
    const now = this.#now();
    this.#forgetBefore(now - FORGET_AFTER_MS);
    const known = this.#answers.get(name);
    if (known === undefined) {
      const answer: Answer = { value: read(), next: undefined, freshUntil: Infinity, askedAt: now };
      this.#answers.set(name, answer);
      this.#settle(name, answer, answer.value, now, freshMs);
      return answer.value as Promise<T>;
    }
    known.askedAt = now;
    if (now >= known.freshUntil && known.next === undefined) {
      known.next = read();
      this.#settle(name, known, known.next, now, freshMs);
    }
    return known.value as Promise<T>;
  }

  /** Takes an answer over once it is there; one that failed is asked for anew. */
  #settle(name: string, answer: Answer, value: Promise<unknown>, begun: number, freshMs: number): void {
    value.then(
      () => {
        answer.value = value;
        answer.next = undefined;
        answer.freshUntil = begun + Math.max(freshMs, (this.#now() - begun) * SHARE_OF_TIME);
      },
      () => {
        if (this.#answers.get(name) === answer) this.#answers.delete(name);
      },
    );
  }

  #forgetBefore(before: number): void {
    for (const [name, { askedAt }] of this.#answers) if (askedAt < before) this.#answers.delete(name);
  }
}

function merged(set: WindowSet, windows: Iterable<Partial>): Partial {
  const whole = new Partial(SETS[set]);
  for (const each of windows) whole.merge(each);
  return whole;
}
