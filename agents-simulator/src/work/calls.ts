import { setTimeout as sleep } from 'node:timers/promises';
import { addressOf, type NameOf, type Question } from '@fleetbeat/contracts/client/client.ts';
import type { Random } from '../random.ts';
import { backoff } from '../sender.ts';

/** What the API said. `body` is JSON. */
export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/** How often answers were lost on the way, and how often the API was busy. */
export interface CallCounts {
  requests: number;
  lost: number;
  cut: number;
  doubled: number;
  busy: number;
}

/** Shares of requests whose answer is lost, whose connection breaks under way, and that are sent twice at once. */
const LOST = 0.05;
const CUT = 0.02;
const DOUBLED = 0.03;
/** How long one try may take, and one request with all its tries, in milliseconds. */
const TRY_MS = 30_000;
const PATIENCE_MS = 120_000;

export interface Request {
  /** Below the origin. */
  readonly url: string;
  readonly body: unknown;
  /** Idempotency-Key, where the route knows it. */
  readonly key: string | undefined;
}

export function requestOf<Name extends NameOf<'post'>>(name: Name, question: Question<Name>, key?: string): Request {
  return { url: addressOf(name, question).url, body: question.body, key };
}

/** Sends a POST as over a bad line, until an answer has come through. Answers all that the API has said to it, the last one heard. */
export type Call = (request: Request, random: Random) => Promise<readonly [Answer, ...Answer[]]>;

/** Rejects where the API is away for longer than two minutes, or once `signal` is aborted. */
export function createCall(api: string, key: string | undefined, counts: CallCounts, signal: AbortSignal): Call {
  async function post({ url, body, key: idempotencyKey }: Request, cutAfterMs?: number): Promise<Answer> {
    counts.requests += 1;
    const headers: Record<string, string> = { 'content-type': 'application/json', accept: 'application/json' };
    if (key !== undefined) headers['authorization'] = `Bearer ${key}`;
    if (idempotencyKey !== undefined) headers['idempotency-key'] = idempotencyKey;
    const limits = [signal, AbortSignal.timeout(cutAfterMs ?? TRY_MS)];
    const response = await fetch(`${api}${url}`, {
      method: 'POST',
      headers,
      body: JSON.stringify(body),
      signal: AbortSignal.any(limits),
    });
    const text = await response.text();
    return { status: response.status, body: text === '' ? null : (JSON.parse(text) as unknown) };
  }

  /** Until it is neither busy nor away. */
  async function patiently(request: Request): Promise<Answer> {
    const deadline = Date.now() + PATIENCE_MS;
    for (let retries = 0; ; retries += 1) {
      try {
        const answer = await post(request);
        if (answer.status !== 429 && answer.status < 500) return answer;
        if (Date.now() > deadline) return answer;
      } catch (error) {
        if (signal.aborted || Date.now() > deadline) throw error;
      }
      counts.busy += 1;
      await sleep(backoff(retries), undefined, { signal });
    }
  }

  return async (request, random) => {
    const draw = random.next();
    if (draw < LOST) {
      counts.lost += 1;
      const unheard = await patiently(request);
      return [await patiently(request), unheard];
    }
    if (draw < LOST + CUT) {
      counts.cut += 1;
      // The API may or may not do what it was asked for.
      await post(request, 1 + random.int(20)).catch(() => undefined);
    } else if (draw < LOST + CUT + DOUBLED) {
      counts.doubled += 1;
      return Promise.all([patiently(request), patiently(request)]);
    }
    return [await patiently(request)];
  };
}
