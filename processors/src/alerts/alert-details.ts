import { formatDuration } from '@fleetbeat/contracts/alert-values.ts';
import type { Diagnosis, TaskAtRisk } from '@fleetbeat/contracts/alerts.ts';
import type { Rule } from '@fleetbeat/contracts/rules.ts';
import type { Database } from '@fleetbeat/infra/database/database.ts';
import type { Observation } from '@fleetbeat/infra/rules/evaluate.ts';
import type { Verdict } from './diagnose.ts';
import { countAgentsOn, readTasksAtRisk } from './registry.ts';

/** What is written down with an alert when it begins to fire. */
export interface AlertDetails {
  readonly diagnosis: Diagnosis | null;
  readonly tasksAtRisk: readonly TaskAtRisk[];
}

/** A key whose alert begins to fire, and what is made of it where it is a silent agent. */
export interface Firing {
  readonly key: string;
  readonly observation: Observation | undefined;
  readonly verdict: Verdict | undefined;
}

/** The details of alerts of one rule that begin to fire, by key. */
export async function readDetails(database: Database, rule: Rule, firing: readonly Firing[]): Promise<Map<string, AlertDetails>> {
  const { set } = rule.watch;
  if (rule.kind === 'budget') {
    return new Map(firing.map(({ key, observation }) => [key, { diagnosis: overBudget(observation), tasksAtRisk: [] }]));
  }
  if ((rule.kind !== 'liveness' && rule.kind !== 'looping') || (set !== 'agent' && set !== 'host') || firing.length === 0) {
    return new Map();
  }
  const keys = firing.map(({ key }) => key);
  const tasks = await readTasksAtRisk(database, set, keys);
  const agents = set === 'host' ? await countAgentsOn(database, keys) : new Map<string, number>();
  return new Map(
    firing.map(({ key, verdict }) => {
      const diagnosis =
        set === 'host' ? hostDown(agents.get(key) ?? 0) : rule.kind === 'looping' ? LOOPING : diagnosisOf(verdict);
      return [key, { diagnosis, tasksAtRisk: tasks.get(key) ?? [] }];
    }),
  );
}

const LOOPING: Diagnosis = { cause: 'looping', text: 'It is busy and answers, but none of its tasks moves.' };

function diagnosisOf(verdict: Verdict | undefined): Diagnosis | null {
  return verdict === undefined || verdict.kind === 'wait' ? null : verdict.diagnosis;
}

function hostDown(agents: number): Diagnosis {
  if (agents === 0) return { cause: 'host_down', text: 'No agent is known to run on it.' };
  return {
    cause: 'host_down',
    text: `${agents} ${agents === 1 ? 'agent runs' : 'agents run'} on it: that they are silent is not told again.`,
  };
}

function overBudget(observation: Observation | undefined): Diagnosis | null {
  if (observation?.kind !== 'value') return null;
  const { limitIn } = observation;
  const cause = 'over_budget';
  if (limitIn === undefined) return { cause, text: 'At the present rate the limit will not be reached.' };
  if (limitIn === 0) return { cause, text: 'The limit is reached.' };
  return { cause, text: `At the present rate the limit is reached in ${formatDuration(limitIn)}.` };
}
