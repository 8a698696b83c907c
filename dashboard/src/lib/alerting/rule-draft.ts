import { isCounted, MEASURES_OF, SPENDINGS, type RuleMeasure, type WatchedSet } from '@fleetbeat/contracts/rule-measures.ts';
import type { Level, Rule, RuleInput } from '@fleetbeat/contracts/rules.ts';

/** A rule while it is written: what every kind asks for at once, so that nothing is lost when the kind changes. Pure. */

export type Kind = Rule['kind'];
type NumberField = number | null;

export interface LevelDraft {
  threshold: NumberField;
  recovery: NumberField;
}

export interface RuleDraft {
  kind: Kind;
  name: string;
  enabled: boolean;
  shadow: boolean;
  set: WatchedSet;
  choice: 'all' | 'keys' | 'labels';
  keys: string[];
  /** As people write them: `team=search, stage=prod`. */
  labels: string;
  withoutLabels: string;
  measure: RuleMeasure;
  denominator: RuleMeasure | '';
  window: '1m' | '5m' | '15m' | '1h';
  comparison: '>' | '>=' | '<' | '<=';
  perSecond: boolean;
  minMessages: NumberField;
  warning: LevelDraft;
  error: LevelDraft;
  against: 'yesterday' | 'last_week';
  spending: (typeof SPENDINGS)[number];
  period: '1h' | '24h' | '7d' | '30d';
  limit: NumberField;
  /** In percent of the limit. */
  warningAt: NumberField;
  errorAt: NumberField;
  warnAheadS: NumberField;
  severity: 'info' | 'warning' | 'error';
  silentS: NumberField;
  heartbeatsOnly: boolean;
  stalledS: NumberField;
  forS: NumberField;
  keepS: NumberField;
  summary: string;
  runbook: string;
  owner: string;
  ruleLabels: string;
  /** Annotations beside the summary: they stay as they are. */
  annotations: Record<string, string>;
}

export const KIND_NAMES: Readonly<Record<Kind, string>> = {
  threshold: 'A measure crosses a threshold',
  change: 'A measure changes against a day or a week ago',
  budget: 'Tokens or money are spent',
  absence: 'Nothing at all comes',
  liveness: 'An agent or host falls silent',
  looping: 'An agent is busy and gets nowhere',
};

/** What a kind can watch. */
export const SETS_OF: Readonly<Record<Kind, readonly WatchedSet[]>> = {
  threshold: ['agent', 'model', 'host', 'workflow', 'fleet', 'pipeline'],
  change: ['agent', 'model', 'host', 'workflow', 'fleet'],
  budget: ['fleet', 'agent', 'model'],
  absence: ['agent', 'host', 'fleet', 'model', 'workflow'],
  liveness: ['agent', 'host'],
  looping: ['agent'],
};

export function newDraft(): RuleDraft {
  return {
    kind: 'threshold',
    name: '',
    enabled: true,
    shadow: false,
    set: 'agent',
    choice: 'all',
    keys: [],
    labels: '',
    withoutLabels: '',
    measure: 'error_rate',
    denominator: '',
    window: '5m',
    comparison: '>',
    perSecond: false,
    minMessages: null,
    warning: { threshold: null, recovery: null },
    error: { threshold: 0.2, recovery: null },
    against: 'yesterday',
    spending: 'total_cost_usd',
    period: '24h',
    limit: null,
    warningAt: 80,
    errorAt: 100,
    warnAheadS: null,
    severity: 'warning',
    silentS: null,
    heartbeatsOnly: false,
    stalledS: 1_800,
    forS: 60,
    keepS: null,
    summary: '',
    runbook: '',
    owner: '',
    ruleLabels: '',
    annotations: {},
  };
}

export function draftOf(rule: Rule): RuleDraft {
  const draft = newDraft();
  const { keys, labels, without_labels: without } = rule.watch;
  const { summary = '', ...annotations } = rule.annotations;
  const common: RuleDraft = {
    ...draft,
    kind: rule.kind,
    name: rule.name,
    enabled: rule.enabled,
    shadow: rule.shadow,
    set: rule.watch.set,
    choice: keys !== undefined ? 'keys' : labels !== undefined || without !== undefined ? 'labels' : 'all',
    keys: keys ?? [],
    labels: writeLabels(labels ?? {}),
    withoutLabels: writeLabels(without ?? {}),
    forS: rule.for_s,
    keepS: rule.keep_firing_for_s,
    summary,
    annotations,
    runbook: rule.runbook_url ?? '',
    owner: rule.owner ?? '',
    ruleLabels: writeLabels(rule.labels),
  };
  switch (rule.kind) {
    case 'threshold':
    case 'change': {
      const level = (given: Level | undefined): LevelDraft => {
        return { threshold: given?.threshold ?? null, recovery: given?.recovery ?? null };
      };
      const { measure, denominator = '', window, comparison, min_messages: minMessages } = rule;
      return {
        ...common,
        ...{ measure, denominator, window, comparison, minMessages },
        warning: level(rule.warning),
        error: level(rule.error),
        ...(rule.kind === 'threshold' ? { perSecond: rule.per_second } : { against: rule.against }),
      };
    }
    case 'budget': {
      const percent = (part: number | null) => (part === null ? null : Math.round(part * 1e6) / 1e4);
      const { measure: spending, period, limit, warn_ahead_s: warnAheadS = null } = rule;
      return {
        ...common,
        spending,
        period,
        limit,
        warnAheadS,
        warningAt: percent(rule.warning_at),
        errorAt: percent(rule.error_at),
      };
    }
    case 'absence':
      return { ...common, window: rule.window, severity: rule.severity };
    case 'liveness':
      return { ...common, silentS: rule.silent_s ?? null, heartbeatsOnly: rule.heartbeats_only, severity: rule.severity };
    case 'looping':
      return { ...common, stalledS: rule.stalled_s, severity: rule.severity };
    default:
      return rule satisfies never;
  }
}

/** The rule that a draft says. What makes no sense is left for the server to say. */
export function ruleOf(draft: RuleDraft): RuleInput {
  const { set, choice } = draft;
  const hasKeys = set !== 'fleet' && set !== 'pipeline';
  const hasLabels = set === 'agent' || set === 'host';
  const common = {
    name: draft.name,
    enabled: draft.enabled,
    shadow: draft.shadow,
    watch: {
      set,
      ...(hasKeys && choice === 'keys' ? { keys: [...draft.keys] } : {}),
      ...(hasLabels && choice === 'labels' && draft.labels.trim() !== '' ? { labels: readLabels(draft.labels) } : {}),
      ...(hasLabels && choice === 'labels' && draft.withoutLabels.trim() !== ''
        ? { without_labels: readLabels(draft.withoutLabels) }
        : {}),
    },
    for_s: draft.forS ?? 0,
    keep_firing_for_s: draft.keepS ?? 0,
    labels: readLabels(draft.ruleLabels),
    annotations: { ...draft.annotations, ...(draft.summary.trim() === '' ? {} : { summary: draft.summary }) },
    runbook_url: draft.runbook.trim() === '' ? null : draft.runbook.trim(),
    owner: draft.owner.trim() === '' ? null : draft.owner.trim(),
  };
  switch (draft.kind) {
    case 'threshold':
    case 'change': {
      const level = (name: 'warning' | 'error') => {
        const { threshold, recovery } = draft[name];
        return threshold === null ? {} : { [name]: { threshold, ...(recovery === null ? {} : { recovery }) } };
      };
      const compared = {
        ...common,
        measure: draft.measure,
        ...(draft.denominator === '' ? {} : { denominator: draft.denominator }),
        window: draft.window,
        comparison: draft.comparison,
        min_messages: draft.minMessages ?? 0,
        ...level('warning'),
        ...level('error'),
      };
      return draft.kind === 'threshold'
        ? { kind: 'threshold', ...compared, per_second: draft.perSecond && isCounted(draft.measure) }
        : { kind: 'change', ...compared, against: draft.against };
    }
    case 'budget': {
      const part = (percent: number | null) => (percent === null ? null : percent / 100);
      const { period, warnAheadS } = draft;
      const limits = { limit: draft.limit ?? 0, warning_at: part(draft.warningAt), error_at: part(draft.errorAt) };
      return {
        kind: 'budget',
        ...common,
        measure: draft.spending,
        period,
        ...limits,
        ...(warnAheadS === null ? {} : { warn_ahead_s: warnAheadS }),
      };
    }
    case 'absence':
      return { kind: 'absence', ...common, window: draft.window, severity: draft.severity };
    case 'liveness':
      return {
        kind: 'liveness',
        ...common,
        severity: draft.severity,
        ...(draft.silentS === null ? {} : { silent_s: draft.silentS }),
        heartbeats_only: draft.heartbeatsOnly && draft.set === 'agent',
      };
    case 'looping':
      return { kind: 'looping', ...common, severity: draft.severity, stalled_s: draft.stalledS ?? 1_800 };
    default:
      return draft.kind satisfies never;
  }
}

/** A draft with another kind or set, and with what then no longer fits put right. */
export function withKind(draft: RuleDraft, kind: Kind, set: WatchedSet = draft.set): RuleDraft {
  const kept = SETS_OF[kind].includes(set) ? set : (SETS_OF[kind][0] ?? 'agent');
  const measures: readonly RuleMeasure[] = MEASURES_OF[kept];
  const measure = measures.includes(draft.measure) ? draft.measure : (measures[0] ?? draft.measure);
  const denominator = draft.denominator !== '' && measures.includes(draft.denominator) ? draft.denominator : '';
  const keepsKeys = kept === draft.set;
  const severity = kind === draft.kind ? draft.severity : kind === 'liveness' ? 'error' : 'warning';
  const choice = keepsKeys ? draft.choice : 'all';
  return { ...draft, kind, set: kept, measure, denominator, severity, choice, keys: keepsKeys ? draft.keys : [] };
}

export function writeLabels(labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels)
    .map(([name, value]) => `${name}=${value}`)
    .join(', ');
}

/** Labels as they are written; one without a value has an empty one. */
export function readLabels(text: string): Record<string, string> {
  return Object.fromEntries(
    text.split(',').flatMap((part) => {
      const [name = '', ...value] = part.split('=');
      return name.trim() === '' ? [] : [[name.trim(), value.join('=').trim()]];
    }),
  );
}

/** What differs between two states of a rule, field by field: `watch.keys`. */
export function differences(before: Rule, after: Rule): { field: string; before: string; after: string }[] {
  const [old, now] = [flat(before), flat(after)];
  return [...new Set([...old.keys(), ...now.keys()])].flatMap((field) => {
    const [was = '', is = ''] = [old.get(field), now.get(field)];
    return was === is ? [] : [{ field, before: was, after: is }];
  });
}

function flat(value: unknown, path = ''): Map<string, string> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return new Map([[path, written(value)]]);
  return new Map(Object.entries(value).flatMap(([name, each]) => [...flat(each, path === '' ? name : `${path}.${name}`)]));
}

function written(value: unknown): string {
  if (value === null || value === undefined) return '';
  return typeof value === 'object' ? JSON.stringify(value) : String(value as string | number | boolean);
}
