import type { Difference } from '../compare.ts';

/** A task that an agent was given, as it was told. */
export interface ToldClaim {
  readonly taskId: string;
  readonly agentId: string;
  readonly attempt: number;
  readonly token: string;
}

/** What agents tell of a task that they have completed. */
export interface WorkResult {
  readonly by: string;
  readonly attempt: number;
}

/** What the run's agents were told, and what was wrong about that at once. */
export interface WorkLedger {
  readonly claims: ReadonlyMap<string, ToldClaim>;
  /** By task: what was acknowledged as its completion. */
  readonly completed: ReadonlyMap<string, WorkResult>;
  readonly differences: readonly Difference[];
  claimed(claim: ToldClaim): void;
  completion(claim: ToldClaim): void;
  differs(difference: Difference): void;
}

export function createWorkLedger(): WorkLedger {
  const claims = new Map<string, ToldClaim>();
  const byAttempt = new Map<string, string>();
  const completed = new Map<string, WorkResult>();
  const differences: Difference[] = [];
  return {
    claims,
    completed,
    differences,
    claimed(claim) {
      if (claims.has(claim.token)) return;
      claims.set(claim.token, claim);
      const attempt = `${claim.taskId}/${claim.attempt}`;
      const other = byAttempt.get(attempt);
      if (other === undefined) byAttempt.set(attempt, claim.agentId);
      else
        differences.push({
          scope: claim.taskId,
          field: `holder of attempt ${claim.attempt}`,
          expected: other,
          actual: claim.agentId,
        });
    },
    completion({ taskId, agentId, attempt }) {
      const before = completed.get(taskId);
      if (before === undefined) completed.set(taskId, { by: agentId, attempt });
      else if (before.attempt !== attempt) {
        differences.push({ scope: taskId, field: 'completed by attempt', expected: before.attempt, actual: attempt });
      }
    },
    differs(difference) {
      differences.push(difference);
    },
  };
}
