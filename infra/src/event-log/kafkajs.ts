import { createRequire } from 'node:module';
import kafkajs from 'kafkajs';
import type { Logger } from '../logger.ts';

/** kafkajs as the rest of the program uses it: with its fault on newer Node versions mended and logging to ours. */

const { Kafka, logLevel, Partitioners } = kafkajs;
export { Kafka, Partitioners };

interface RequestQueue {
  throttledUntil: number;
  throttleCheckTimeoutId: NodeJS.Timeout | null;
  readonly pending: readonly unknown[];
  checkPendingRequests(): void;
  scheduleCheckPendingRequests(): void;
}

const CHECK_PENDING_MS = 10;

/**
 * kafkajs 2.2.4 sets a timer with a large negative delay after every response (Node 24 warns of it, and each
 * is one needless wake-up). A check is due only while something is pending or the broker has asked to wait.
 */
function mendRequestTimer(): void {
  const load = createRequire(import.meta.url);
  const queue = load('kafkajs/src/network/requestQueue/index.js') as { prototype: RequestQueue };
  queue.prototype.scheduleCheckPendingRequests = function (this: RequestQueue): void {
    if (this.throttleCheckTimeoutId !== null) return;
    const throttledMs = this.throttledUntil - Date.now();
    if (this.pending.length === 0 && throttledMs <= 0) return;
    this.throttleCheckTimeoutId = setTimeout(
      () => {
        this.throttleCheckTimeoutId = null;
        this.checkPendingRequests();
      },
      throttledMs > 0 ? throttledMs : CHECK_PENDING_MS,
    );
  };
}

mendRequestTimer();

/**
 * A `logCreator` that passes kafkajs' lines on, one level lower than it thinks: what it calls an error is
 * mostly an attempt that it makes again by itself.
 */
export function kafkaLogCreator(logger: Logger): kafkajs.logCreator {
  return () =>
    ({ level, namespace, log }) => {
      // `timestamp` and `logger` are said by our own lines already; a stack of a retried attempt says nothing new.
      const fields = { ...log, message: undefined, timestamp: undefined, logger: undefined, stack: undefined, part: namespace };
      const text = `kafkajs: ${log.message}`;
      if (level === logLevel.ERROR) logger.warn(fields, text);
      else if (level === logLevel.WARN) logger.info(fields, text);
      else logger.debug(fields, text);
    };
}
