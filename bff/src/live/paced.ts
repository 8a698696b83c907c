import type { Logger } from '@fleetbeat/infra/logger.ts';
import { tellFailures } from '@fleetbeat/infra/tell-failures.ts';

/** Runs a task when it is asked for, but never sooner than a while after the run before has begun. */
export interface Paced {
  /** Asks for a run that begins after this moment; several askers share one. */
  request(): void;
  /** Resolves when no run is under way; none begins afterwards. */
  stop(): Promise<void>;
}

/** `gapMs`: from the beginning of one run to that of the next at least. A failure is told, and the task asked for again. */
export function paced(name: string, gapMs: number, logger: Logger, task: () => Promise<void>): Paced {
  const { failed, worked } = tellFailures(logger, 'a recurring task failed', { task: name });
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> | undefined;
  let lastBegan = -Infinity;
  let wanted = false;
  let stopped = false;

  function schedule(): void {
    if (stopped || !wanted || timer !== undefined || running !== undefined) return;
    timer = setTimeout(run, Math.max(0, lastBegan + gapMs - performance.now()));
  }

  function run(): void {
    timer = undefined;
    wanted = false;
    lastBegan = performance.now();
    running = task()
      .then(worked, (error: unknown) => {
        wanted = true;
        failed(error);
      })
      .finally(() => {
        running = undefined;
        schedule();
      });
  }

  return {
    request() {
      wanted = true;
      schedule();
    },
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await running;
    },
  };
}
