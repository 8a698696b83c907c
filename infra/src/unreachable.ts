import { LogUnavailable } from './event-log/event-log.ts';
import { StoreUnavailable } from './time-series/time-series.ts';

const NETWORK_CODES = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOTFOUND',
  'ETIMEDOUT',
  'EPIPE',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENOENT',
]);
/** Postgres' classes for broken connections, too few resources and a server that is shutting down. */
const DATABASE_CLASSES = /^(08|53|57P)/;
const DRIVERS_WORDS =
  /^(Connection terminated|Connection is closed|timeout exceeded when trying to connect|Cannot use a pool after|Reached the max retries per request)/;

/** Whether an error says that a server cannot be reached, in the words of any of our clients. */
export function isUnreachable(error: unknown): boolean {
  if (error instanceof StoreUnavailable || error instanceof LogUnavailable) return true;
  if (error instanceof AggregateError) return error.errors.some(isUnreachable);
  if (!(error instanceof Error)) return false;
  const code = 'code' in error ? String(error.code) : '';
  return (
    (NETWORK_CODES.has(code) && 'syscall' in error && error.syscall !== 'open') ||
    DATABASE_CLASSES.test(code) ||
    DRIVERS_WORDS.test(error.message)
  );
}

/** An error in one line; Node packs the failures of each address of a host into one without a message. */
export function reasonOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(reasonOf).join('; ');
  return error instanceof Error ? error.message || error.name : String(error);
}
