import type { Logger } from '@fleetbeat/infra/logger.ts';
import { tellFailures } from '@fleetbeat/infra/tell-failures.ts';

/** Runs `task` again `everyMs` after it has ended, until told to stop; a failure is told and changes nothing. */
export function repeat(name: string, everyMs: number, logger: Logger, task: () => Promise<void>): { stop(): Promise<void> } {
  const { failed, worked } = tellFailures(logger, 'a recurring task failed', { task: name });
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;
  let running = Promise.resolve();
  const run = () => {
    running = task()
      .then(worked, failed)
      .then(() => {
        if (!stopped) timer = setTimeout(run, everyMs);
      });
  };
  run();
  return {
    stop: () => {
      stopped = true;
      clearTimeout(timer);
      return running;
    },
  };
}
