import type { HttpAnswer, HttpResult } from './http-sender.ts';

/** How an attempt to deliver ended. Whether it is worth another try is decided here and nowhere else. */
export type Outcome = Delivered | RetryableFailure | PermanentFailure;

export interface Delivered {
  readonly kind: 'delivered';
  readonly status: number | null;
  /** What the provider calls it. */
  readonly providerId: string | null;
  /** What is to be known all the same, such as a recipient that was refused. */
  readonly reason?: string | undefined;
}

/** Another try may succeed. */
export interface RetryableFailure {
  readonly kind: 'retryable';
  /** HTTP's or SMTP's; null: no answer. */
  readonly status: number | null;
  readonly reason: string;
  /** How long the receiver asks us to wait, in milliseconds; null: it does not say. */
  readonly retryAfterMs: number | null;
  /** It answers and only asks for fewer: no sign of trouble. */
  readonly tooMany: boolean;
}

/** No further try of the same can succeed. */
export interface PermanentFailure {
  readonly kind: 'permanent';
  readonly status: number | null;
  readonly reason: string;
}

export function permanent(reason: string, status: number | null = null): PermanentFailure {
  return { kind: 'permanent', status, reason };
}

export function retryable(
  reason: string,
  { status = null, retryAfterMs = null, tooMany = false }: Partial<Omit<RetryableFailure, 'kind' | 'reason'>> = {},
): RetryableFailure {
  return { kind: 'retryable', status, reason, retryAfterMs, tooMany };
}

/** What differs between providers in what their answers say. */
export interface AnswerReading {
  /** The provider's own name of what it took. */
  readonly providerId?: ((body: unknown) => unknown) | undefined;
  /** Seconds to wait, where the body says so. */
  readonly retryAfterS?: ((body: unknown) => unknown) | undefined;
  /** Statuses besides those of HTTP that another try may mend, or that none will. */
  readonly retryableStatuses?: readonly number[] | undefined;
}

/** Request timeout, too early and too many requests: the statuses below 500 that another try may mend. */
const RETRYABLE = [408, 425, 429];
const REASON_LENGTH = 300;

/** The outcome of a request: 2xx is delivered; 408, 425, 429, 5xx and no answer are worth another try; all else is not. */
export function outcomeOf(result: HttpResult, now: number, reading: AnswerReading = {}): Outcome {
  switch (result.kind) {
    case 'refused':
      return permanent(result.reason);
    case 'no_answer':
      return retryable(result.reason);
    case 'answer':
      return outcomeOfAnswer(result, now, reading);
    default:
      return result satisfies never;
  }
}

function outcomeOfAnswer(answer: HttpAnswer, now: number, reading: AnswerReading): Outcome {
  const { status } = answer;
  const body = parsed(answer.body);
  if (status >= 200 && status < 300) return { kind: 'delivered', status, providerId: idOf(reading.providerId?.(body)) };
  if (status >= 300 && status < 400) return permanent(`it answers ${status}, and redirects are not followed`, status);
  const reason = `it answers ${status}${answer.body.trim() === '' ? '' : `: ${excerpt(answer.body)}`}`;
  if (status >= 500 || RETRYABLE.includes(status) || reading.retryableStatuses?.includes(status) === true) {
    const retryAfterMs = retryAfterOf(answer.retryAfter, now) ?? milliseconds(reading.retryAfterS?.(body));
    return retryable(reason, { status, retryAfterMs, tooMany: status === 429 });
  }
  return permanent(reason, status);
}

/** `Retry-After` in milliseconds from `now`: seconds, or a date. Null where there is none that can be understood. */
export function retryAfterOf(header: string | null, now: number): number | null {
  if (header === null) return null;
  const trimmed = header.trim();
  if (/^\d{1,9}(\.\d+)?$/.test(trimmed)) return Math.ceil(Number(trimmed) * 1_000);
  const date = /^[A-Za-z]{3}/.test(trimmed) ? Date.parse(trimmed) : Number.NaN;
  return Number.isNaN(date) ? null : Math.max(0, date - now);
}

function milliseconds(seconds: unknown): number | null {
  return typeof seconds === 'number' && Number.isFinite(seconds) && seconds >= 0 ? Math.ceil(seconds * 1_000) : null;
}

function idOf(id: unknown): string | null {
  return (typeof id === 'string' && id !== '') || typeof id === 'number' ? String(id).slice(0, 200) : null;
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

function excerpt(body: string): string {
  const line = body.replaceAll(/\s+/g, ' ').trim();
  return line.length <= REASON_LENGTH ? line : `${line.slice(0, REASON_LENGTH)}…`;
}

/** A member of what a provider answered, by its path; undefined where there is none. */
export function memberOf(body: unknown, ...path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (value, name) => (typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined),
    body,
  );
}
