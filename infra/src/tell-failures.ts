import type { Logger } from './logger.ts';
import { isUnreachable, reasonOf } from './unreachable.ts';

/** How often the same failure is told while it goes on, in milliseconds. */
const REMIND_MS = 60_000;
/** Reasons that are told apart at most. */
const MAX_REASONS = 20;

/** Tells how something fares that is tried again and again: when it begins to fail, once a minute while it does, when it works again. */
export interface FailureTeller {
  /** `fields` are said with the failure. */
  failed(error: unknown, fields?: object): void;
  worked(): void;
  /** It has failed and not worked since. */
  readonly failing: boolean;
}

/**
 * The lines are `complaint` and, in the end, `no longer: ${complaint}`, with `fields` on all of them. A stack is told once, and
 * none of a server that cannot be reached: there is nothing in it. `now` counts milliseconds from any beginning.
 */
export function tellFailures(
  logger: Logger,
  complaint: string,
  fields: object = {},
  now: () => number = () => performance.now(),
): FailureTeller {
  let since: number | null = null;
  /** When each reason was told last, since it began. */
  const told = new Map<string, number>();
  const seconds = (from: number) => Math.round((now() - from) / 1_000);
  return {
    failed(error, more = {}) {
      since ??= now();
      const reason = reasonOf(error);
      const before = told.get(reason);
      if (before !== undefined && now() - before < REMIND_MS) return;
      if (told.size >= MAX_REASONS) told.clear();
      told.set(reason, now());
      const what = before === undefined && !isUnreachable(error) ? { err: error } : { reason };
      logger.warn({ ...fields, ...more, ...what, ...(before === undefined ? {} : { for_s: seconds(since) }) }, complaint);
    },
    worked() {
      if (since === null) return;
      logger.info({ ...fields, after_s: seconds(since) }, `no longer: ${complaint}`);
      since = null;
      told.clear();
    },
    get failing() {
      return since !== null;
    },
  };
}
