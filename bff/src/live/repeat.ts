import type { Logger } from '@fleetbeat/infra/logger.ts';

/** Runs `task` again `everyMs` after it has ended, until told to stop; a failure is logged and changes nothing. */
export function repeat(name: string, everyMs: number, logger: Logger, task: () => Promise<void>): { stop(): Promise<void> } {
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;
  let running = Promise.resolve();
  const run = () => {
    running = task()
      .catch((error: unknown) => logger.warn({ err: error, task: name }, 'a recurring task failed'))
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
