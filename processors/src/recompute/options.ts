import { parseArgs } from 'node:util';
import { recomputeRequestSchema, type RecomputeRequest } from '@fleetbeat/contracts/recompute.ts';

export const USAGE = `usage: npm run recompute -- --from TIME [--to TIME]

Makes the aggregates of a range of event time from the event log again, beside those that are shown, and then shows the
new ones. TIME is RFC 3339 or epoch milliseconds; the range is rounded outward to hours. --to is now unless given.`;

export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** Reads the command line; `now` in epoch milliseconds. Answers 'help' where that is asked for, throws a `UsageError`. */
export function parseOptions(args: readonly string[], now: number): RecomputeRequest | 'help' {
  const { values } = parsed(args);
  if (values.help === true) return 'help';
  if (values.from === undefined) throw new UsageError('--from is missing');
  const request = recomputeRequestSchema.safeParse({ from: timeOf(values.from), to: timeOf(values.to ?? String(now)) });
  if (request.success) return request.data;
  const mistakes = request.error.issues.map(({ path, message }) => `--${path.join('')}: ${message.replaceAll('`', '')}`);
  throw new UsageError(mistakes.join('\n'));
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: { from: { type: 'string' }, to: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
    });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function timeOf(text: string): number | string {
  return /^\d+$/.test(text) ? Number(text) : text;
}
