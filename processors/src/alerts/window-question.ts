import { SETS } from '@fleetbeat/contracts/aggregates.ts';
import { RULE_WINDOWS, type RuleMeasure, type RuleWindow, type WindowSet } from '@fleetbeat/contracts/rule-measures.ts';
import { columnsOf, type NeededColumns } from '@fleetbeat/infra/rules/measure-columns.ts';
import type { RingShape } from './window-ring.ts';

/** What rules ask of rolling windows, and what must be held to answer it. */

/** Events may lie this far ahead. */
export const AHEAD_MS = 5 * 60_000;
/** A window ends this far behind at most: by what it waits for, what senders are given, and its step. */
const SLACK_MS = 2 * 60_000;

export interface WindowQuestion {
  readonly set: WindowSet;
  readonly window: RuleWindow;
  readonly measures: readonly RuleMeasure[];
  /** What its end moves by, in milliseconds. */
  readonly stepMs: 10_000 | 60_000;
  readonly behindMs: number;
}

export function nameOf({ set, window, stepMs, behindMs }: WindowQuestion): string {
  return `${set}/${window}/${stepMs}/${behindMs}`;
}

/** Questions of one set and step share a ring. */
export function ringName({ set, stepMs }: WindowQuestion): string {
  return `${set}/${stepMs}`;
}

/** What a ring must hold to answer questions of one set and step, of which there is at least one. */
export function shapeFor(questions: readonly WindowQuestion[]): RingShape {
  const [first] = questions;
  if (first === undefined) throw new RangeError('a ring is for at least one question');
  const { set, stepMs } = first;
  const longest = Math.max(...questions.map(({ window }) => RULE_WINDOWS[window]));
  const slots = Math.ceil((longest + AHEAD_MS + SLACK_MS) / stepMs) + 2;
  return { family: SETS[set], stepMs, slots, ...columnsOf(set, [...new Set(questions.flatMap(({ measures }) => measures))]) };
}

/** Whether what is held tells all that is asked for. */
export function covers(held: NeededColumns, asked: NeededColumns): boolean {
  return (
    (held.sketch || !asked.sketch) &&
    (held.distinct || !asked.distinct) &&
    asked.columns.every((column) => held.columns.includes(column))
  );
}

export function union(a: RingShape, b: RingShape): RingShape {
  return {
    ...b,
    slots: Math.max(a.slots, b.slots),
    columns: [...new Set([...a.columns, ...b.columns])].sort((x, y) => x - y),
    sketch: a.sketch || b.sketch,
    distinct: a.distinct || b.distinct,
  };
}

/** Where a ring begins that reaches as far ahead of `at` as events may lie. */
export function oldestSlot({ stepMs, slots }: RingShape, at: number): number {
  return Math.floor((at + AHEAD_MS) / stepMs) * stepMs - (slots - 2) * stepMs;
}
