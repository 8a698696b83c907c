import {
  USUAL_MIN_SAMPLES,
  USUAL_OUTCOME_HOURS,
  USUAL_TARGET,
  type AutoApproval,
  type Calibration,
  type Outcome,
} from '@fleetbeat/contracts/suggestions.ts';
import type { ReadQuery } from '../http/read-query.ts';
import { expectedCalibrationError, recommendThreshold, reliabilityBins, type Sample } from './calibration.ts';

/** What became of what was approved, and what follows from it. */

/** Suggestions that one answer goes by at most, the newest. */
const MAX_SAMPLES = 10_000;
/** Agents and actions that are listed at most. */
const MAX_LISTED = 500;
const HOUR = 3_600_000;

export interface CalibrationQuestion {
  agent_id?: string | undefined;
  action?: string | undefined;
  within_hours: number;
  target: number;
  min_samples: number;
}

interface Row {
  readonly agent_id: string;
  readonly action: string;
  readonly confidence: number;
  readonly outcome: Outcome;
}

type Setting = Omit<AutoApproval, 'recommended_threshold' | 'n' | 'succeeded'>;

export function createOutcomes(query: ReadQuery, now: () => number) {
  /** Left out is whose task was completed before anybody suggested anything, and what asks for no completion. */
  function outcomes(question: Pick<CalibrationQuestion, 'agent_id' | 'action' | 'within_hours'>): Promise<Row[]> {
    return query<Row>(
      'suggestions.outcomes',
      `select s.agent_id, s.action, s.confidence, case
         when t.reopened_at >= s.approved_at then 'failed'
         when t.status = 'completed' and t.completed_at <= s.approved_at + $3 then 'succeeded'
         when t.status <> 'completed' and $4 < s.approved_at + $3 then 'open'
         else 'failed' end as outcome
       from (
         select * from suggestions
         where status = 'approved' and task_id is not null
           and ($1::text is null or agent_id = $1) and ($2::text is null or action = $2)
           and (effect is null or effect ->> 'type' <> 'pause_agent')
           and (effect is null or effect ->> 'status' is null or effect ->> 'status' not in ('cancelled', 'failed'))
         order by id desc limit $5
       ) s
       join tasks t on t.task_id = s.task_id and t.deleted_at is null
       where not (t.status = 'completed' and t.completed_at < s.created_at)`,
      [question.agent_id ?? null, question.action ?? null, question.within_hours * HOUR, now(), MAX_SAMPLES],
    );
  }

  async function calibrate(question: CalibrationQuestion): Promise<Calibration> {
    const rows = await outcomes(question);
    const samples = knownOf(rows);
    const bins = reliabilityBins(samples);
    const { within_hours, target, min_samples } = question;
    return {
      n: samples.length,
      open: rows.length - samples.length,
      succeeded: samples.filter(({ succeeded }) => succeeded).length,
      bins,
      expected_calibration_error: expectedCalibrationError(bins),
      recommended: recommendThreshold(samples, target, min_samples),
      within_hours,
      target,
      min_samples,
    };
  }

  /** What agents suggest, by agent and action, with what would be recommended and what was chosen. */
  async function autoApprovals(agentId: string | undefined): Promise<AutoApproval[]> {
    const settings = await query<Setting>(
      'suggestions.auto-approvals',
      `select agent_id, action, coalesce(s.enabled, false) as enabled, s.threshold, coalesce(s.revision, 0) as revision,
         s.updated_at, s.updated_by
       from (
         select agent_id, action from suggestion_auto_approvals
         union
         select agent_id, action from (select * from suggestions order by id desc limit ${MAX_SAMPLES}) newest
       ) listed left join suggestion_auto_approvals s using (agent_id, action)
       where $1::text is null or agent_id = $1 order by agent_id, action limit ${MAX_LISTED}`,
      [agentId ?? null],
    );
    const byPair = Map.groupBy(await outcomes({ agent_id: agentId, within_hours: USUAL_OUTCOME_HOURS }), pairOf);
    return settings.map((setting) => {
      const samples = knownOf(byPair.get(pairOf(setting)) ?? []);
      return {
        ...setting,
        recommended_threshold: recommendThreshold(samples, USUAL_TARGET, USUAL_MIN_SAMPLES)?.threshold ?? null,
        n: samples.length,
        succeeded: samples.filter(({ succeeded }) => succeeded).length,
      };
    });
  }

  return { calibrate, autoApprovals };
}
export type Outcomes = ReturnType<typeof createOutcomes>;

function knownOf(rows: readonly Row[]): Sample[] {
  return rows.flatMap(({ confidence, outcome }) =>
    outcome === 'open' ? [] : [{ confidence, succeeded: outcome === 'succeeded' }],
  );
}

function pairOf({ agent_id, action }: Pick<Row, 'agent_id' | 'action'>): string {
  return JSON.stringify([agent_id, action]);
}
