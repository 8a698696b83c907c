import type { Logger } from '@fleetbeat/infra/logger.ts';
import { tellFailures } from '@fleetbeat/infra/tell-failures.ts';

/**
 * Runs `round` again and again, `ms` after the last one ended, until stopped; that it fails is told, and that it works again. A function is asked for
 * the milliseconds whenever one has ended.
 */
export function every(
  ms: number | (() => number),
  round: () => Promise<void>,
  logger: Logger,
  complaint: string,
): { stop(): Promise<void> } {
  const { failed, worked } = tellFailures(logger, complaint);
  let stopped = false;
  let wake = (): void => undefined;
  const loop = async (): Promise<void> => {
    while (!stopped) {
      await round().then(worked, failed);
      if (stopped) return;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, typeof ms === 'number' ? ms : ms());
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  };
  const done = loop();
  return {
    async stop() {
      stopped = true;
      wake();
      await done;
    },
  };
}

/** Milliseconds from `now` (epoch ms) until so long past a full second, to wait for in `every`. */
export function untilPastSecond(pastMs: number, now: number): number {
  return 1_000 - ((now - pastMs) % 1_000);
}
