import { pino } from 'pino';
import { readableLine } from './readable-log.ts';
import { currentRequest } from './request-id.ts';

export type Logger = pino.Logger;

const SECRET_FIELD =
  /^(authorization|cookie|set-cookie|password|secret|token|ticket|bearer|key|(api|admin|ingest|operator)_?key)$/i;

/** What must not appear in a log line, wherever it comes from: a message, a stack, a driver's own text. */
const SECRET_TEXT: readonly (readonly [RegExp, string])[] = [
  [/(\b[a-z][a-z0-9+.-]*:\/\/[^\s:/@"\\]*):[^\s@/"\\]+@/gi, '$1:***@'],
  [/\bBearer\s+[\w.~+/=-]+/gi, 'Bearer ***'],
  [/([?&](?:token|ticket|key|password|p)=)[^&\s"\\]+/gi, '$1***'],
  [/\bfb[a-z]?_[\w-]{8,}/g, 'fb_***'],
];

/**
 * A logger on standard output: one JSON object a line, or readable lines where that is a terminal. Fields named like secrets and secrets inside text (passwords in
 * URLs, bearer tokens, our own keys) are replaced by `***`. A line written on behalf of a request carries its `request_id`.
 */
export function createLogger(
  name: string,
  level: string = process.env['LOG_LEVEL'] || 'info',
  destination: pino.DestinationStream | undefined = process.stdout.isTTY ? TERMINAL : undefined,
): Logger {
  const options: pino.LoggerOptions = {
    name,
    level,
    base: { pid: process.pid },
    timestamp: pino.stdTimeFunctions.isoTime,
    mixin: requestFields,
    formatters: {
      level: (label) => ({ level: label }),
      log: (fields) => hideSecretFields(fields, 3) as Record<string, unknown>,
    },
    serializers: { err: describeError },
    hooks: { streamWrite: hideSecretText },
  };
  return destination === undefined ? pino(options) : pino(options, destination);
}

function requestFields(): object {
  const requestId = currentRequest();
  return requestId === undefined ? {} : { request_id: requestId };
}

/** What is said of an error: drivers hang whole connections on theirs, which no log line needs. */
function describeError(error: unknown, depth = 3): unknown {
  if (!(error instanceof Error)) return error;
  const { name, message, stack, cause } = error;
  const code = 'code' in error ? error.code : undefined;
  return {
    type: name,
    message,
    code,
    stack,
    cause: depth > 0 && cause !== undefined ? describeError(cause, depth - 1) : undefined,
  };
}

const TERMINAL: pino.DestinationStream = { write: (line) => void process.stdout.write(readableLine(line)) };

/** Replaces what looks like a secret in any text that is about to be shown. */
export function hideSecretText(text: string): string {
  return SECRET_TEXT.reduce((cleaned, [pattern, replacement]) => cleaned.replace(pattern, replacement), text);
}

function hideSecretFields(value: unknown, depth: number): unknown {
  // Errors are left to pino's own serializer, which keeps their stack.
  if (depth === 0 || typeof value !== 'object' || value === null || value instanceof Error || Array.isArray(value)) return value;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([field, inner]) => [
      field,
      SECRET_FIELD.test(field) && typeof inner === 'string' ? '***' : hideSecretFields(inner, depth - 1),
    ]),
  );
}
