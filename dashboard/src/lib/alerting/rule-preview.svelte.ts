import type { BacktestAnswer } from '@fleetbeat/contracts/backtest.ts';
import type { Series } from '@fleetbeat/contracts/dashboards.ts';
import { formatLength } from '@fleetbeat/contracts/format-duration.ts';
import { formatNumber, formatPercent } from '@fleetbeat/contracts/format-number.ts';
import { formatKind, kindOf } from '@fleetbeat/contracts/measure-words.ts';
import { RULE_WINDOWS, type RuleMeasure } from '@fleetbeat/contracts/rule-measures.ts';
import { ApiProblem } from '../api/problem.ts';
import { readNames } from '../dashboards/known-names.ts';
import { clock } from '../live/clock.svelte.ts';
import { ruleOf, type RuleDraft } from './rule-draft.ts';
import { rulesApi } from './rules-api.ts';

/** The ranges that a rule is tried over, in milliseconds. */
export const RANGES = { '1 hour': 3_600_000, '6 hours': 21_600_000, '24 hours': 86_400_000, '3 days': 259_200_000 } as const;
export type RangeName = keyof typeof RANGES;

/** Lines of one chart, and windows that it has room for. */
const MOST_SERIES = 5;
const MOST_WINDOWS = 400;

export interface Preview {
  readonly from: number;
  readonly to: number;
  readonly stepMs: number;
  readonly series: readonly Series[];
  /** What is drawn, in words, where it is not the rule's own measure. */
  readonly note: string;
}

/** What the measure of a draft was of late, and what the rule would have done. */
export class RulePreview {
  shown = $state.raw<Preview | null>(null);
  /** Has answered, if only that there is nothing to draw. */
  looked = $state(false);
  problem = $state.raw<ApiProblem | null>(null);
  backtest = $state.raw<BacktestAnswer | null>(null);
  refused = $state.raw<ApiProblem | null>(null);
  running = $state(false);
  /** What the backtest was of: another draft makes it old. */
  testedOf = $state('');
  /** How the values of its alerts are written. */
  formatOf = $state.raw<(value: number | null) => string>(formatNumber);
  #asking: AbortController | null = null;

  /** Reads the series of a draft; an older read is given up. Never rejects. */
  async look(draft: RuleDraft, range: RangeName): Promise<void> {
    this.#asking?.abort();
    const asking = new AbortController();
    this.#asking = asking;
    try {
      const shown = await readPreview(draft, RANGES[range], asking.signal);
      if (asking.signal.aborted) return;
      this.shown = shown;
      this.looked = true;
      this.problem = null;
    } catch (error) {
      if (!asking.signal.aborted) this.problem = problemOf(error);
    }
  }

  async test(draft: RuleDraft, range: RangeName): Promise<void> {
    this.running = true;
    this.refused = null;
    try {
      const to = clock.serverNow();
      // A name is needed to save a rule, not to try it.
      const rule = ruleOf({ ...draft, name: draft.name.trim() === '' ? 'Unnamed' : draft.name });
      this.backtest = await rulesApi.backtest({ rule, from: Math.floor(to - RANGES[range]), to: Math.floor(to) });
      this.testedOf = signatureOf(draft, range);
      this.formatOf = formatFor(draft);
    } catch (error) {
      this.backtest = null;
      this.refused = problemOf(error);
    }
    this.running = false;
  }

  stop(): void {
    this.#asking?.abort();
  }
}

/** What a backtest depends on. */
export function signatureOf(draft: RuleDraft, range: RangeName): string {
  const spoken = { name: '', owner: '', summary: '', runbook: '', shadow: false, enabled: true };
  return JSON.stringify([{ ...draft, ...spoken }, range]);
}

async function readPreview(draft: RuleDraft, length: number, signal: AbortSignal): Promise<Preview | null> {
  const { set } = draft;
  // Of these no series is kept that can be asked for.
  if (set === 'workflow' || set === 'pipeline') return null;
  const window = draft.kind === 'budget' ? RULE_WINDOWS['1h'] : RULE_WINDOWS[draft.window];
  const stepMs = window * Math.max(1, Math.ceil(length / window / MOST_WINDOWS));
  const measures = measuresOf(draft);
  const all = set === 'fleet' || set === 'model' ? [] : await readNames(set, signal);
  const keys = set === 'fleet' ? [] : draft.choice === 'keys' && draft.keys.length > 0 ? draft.keys : all;
  if (keys.length === 0 && (set === 'agent' || set === 'host')) return null;
  const to = clock.serverNow();
  const answer = await rulesApi.series(
    { set, keys: keys.slice(0, MOST_SERIES), measures },
    { from: to - length, to, stepMs },
    signal,
  );
  const more = keys.length - MOST_SERIES;
  return {
    from: answer.from,
    to: answer.to,
    stepMs: answer.step_ms,
    series: combined(draft, answer.series, answer.step_ms).slice(0, MOST_SERIES),
    note:
      more > 0 && draft.choice !== 'keys'
        ? `${MOST_SERIES} of those that it may be about`
        : more > 0
          ? `The first ${MOST_SERIES}`
          : '',
  };
}

function measuresOf(draft: RuleDraft): RuleMeasure[] {
  switch (draft.kind) {
    case 'threshold':
    case 'change':
      return draft.denominator === '' ? [draft.measure] : [draft.measure, draft.denominator];
    case 'budget':
      return [draft.spending];
    case 'absence':
    case 'liveness':
    case 'looping':
      return [draft.set === 'host' ? 'cpu_usage' : 'total_messages'];
    default:
      return draft.kind satisfies never;
  }
}

/** Ratios and rates from what they are made of. */
function combined(draft: RuleDraft, series: readonly Series[], stepMs: number): Series[] {
  const [measure, by] = measuresOf(draft);
  const perSecond = draft.kind === 'threshold' && draft.perSecond;
  return series.flatMap((one) => {
    if (one.measure !== measure) return [];
    const other = by === undefined ? undefined : series.find(({ key, measure: its }) => key === one.key && its === by);
    const divisors = new Map(other?.points.map(({ t, value }) => [t, value]));
    const points = one.points.map(({ t, value }) => {
      if (value === null) return { t, value };
      if (perSecond) return { t, value: value / (stepMs / 1_000) };
      if (by === undefined) return { t, value };
      const divisor = divisors.get(t) ?? 0;
      return { t, value: divisor === 0 ? null : value / divisor };
    });
    return [{ ...one, points }];
  });
}

function formatFor(draft: RuleDraft): (value: number | null) => string {
  const { kind, measure, spending } = draft;
  if (kind === 'threshold' && draft.denominator === '' && !draft.perSecond) return (value) => formatKind(kindOf(measure), value);
  if (kind === 'budget') return (value) => formatKind(kindOf(spending), value);
  if (kind === 'change') return formatPercent;
  if (kind === 'liveness') return (value) => (value === null ? formatNumber(value) : formatLength(value * 1_000));
  return formatNumber;
}

function problemOf(error: unknown): ApiProblem {
  return error instanceof ApiProblem ? error : new ApiProblem(0, 'This page failed', String(error));
}
