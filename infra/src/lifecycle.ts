import type { Logger } from './logger.ts';

export interface Lifecycle {
  /** Registers a step of the stop. Steps run last in, first out, each for at most `timeoutMs` (10 s unless given). */
  onStop(name: string, stop: () => Promise<void> | void, timeoutMs?: number): void;
  /**
   * Runs every step, also after one has failed or timed out; then rejects with an `AggregateError` of the
   * failures, if there were any. A second call answers the first one's promise.
   */
  stop(reason: string): Promise<void>;
  /** True from the first call of `stop`. */
  readonly stopping: boolean;
  /**
   * Stops on SIGTERM and SIGINT and exits with 0, or with 1 where a step failed; a second signal, a second or
   * more later, exits at once.
   * An uncaught error stops likewise and exits with 1.
   */
  handleSignals(): void;
}

/** Signals closer together than this, in milliseconds, are one request to stop. */
const SAME_SIGNAL_MS = 1_000;

interface Step {
  readonly name: string;
  readonly stop: () => Promise<void> | void;
  readonly timeoutMs: number;
}

export function createLifecycle(logger: Logger, exit: (code: number) => void = (code) => process.exit(code)): Lifecycle {
  const steps: Step[] = [];
  let stopped: Promise<void> | undefined;
  let signalledAt = 0;

  async function runSteps(reason: string): Promise<void> {
    if (steps.length === 0) return;
    logger.info({ reason }, 'stopping');
    const failures: Error[] = [];
    // A step may register while another runs (a server that was still starting), hence no copy of the list.
    for (let step = steps.pop(); step !== undefined; step = steps.pop()) {
      try {
        await within(step);
        logger.debug({ step: step.name }, 'stopped');
      } catch (error) {
        logger.error({ err: error, step: step.name }, 'could not stop cleanly');
        failures.push(error instanceof Error ? error : new Error(String(error)));
      }
    }
    if (failures.length > 0) throw new AggregateError(failures, `${failures.length} of the steps of the stop failed`);
    logger.info('stopped');
  }

  function stop(reason: string): Promise<void> {
    stopped ??= runSteps(reason);
    return stopped;
  }

  function stopAndExit(reason: string, code: number): void {
    stop(reason).then(
      () => exit(code),
      () => exit(1),
    );
  }

  return {
    onStop(name, stopStep, timeoutMs = 10_000) {
      steps.push({ name, stop: stopStep, timeoutMs });
    },
    stop,
    get stopping() {
      return stopped !== undefined;
    },
    handleSignals() {
      for (const signal of ['SIGTERM', 'SIGINT'] as const) {
        process.on(signal, () => {
          const now = Date.now();
          // npm passes Ctrl-C on to a process that the terminal has told already.
          if (now - signalledAt < SAME_SIGNAL_MS) return;
          signalledAt = now;
          if (stopped !== undefined) {
            logger.warn({ signal }, 'second signal: exiting at once');
            exit(128 + (signal === 'SIGINT' ? 2 : 15));
            return;
          }
          stopAndExit(signal, 0);
        });
      }
      process.on('uncaughtException', (error, origin) => {
        logger.fatal({ err: error, origin }, 'uncaught error');
        stopAndExit(origin, 1);
      });
    },
  };
}

async function within(step: Step): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${step.name} took longer than ${step.timeoutMs} ms to stop`)), step.timeoutMs);
  });
  try {
    await Promise.race([step.stop(), timeout]);
  } finally {
    clearTimeout(timer);
  }
}
