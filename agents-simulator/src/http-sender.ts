import * as http from 'node:http';
import * as https from 'node:https';
import * as z from 'zod';
import { backoff, GaveUp, pause, type Acknowledgement, type Sender } from './sender.ts';
import type { PlannedEvent } from './scenario.ts';

const answerSchema = z.object({
  accepted: z.number().int(),
  rejected: z.array(z.object({ index: z.number().int(), reason: z.string() })),
});

export interface HttpSenderOptions {
  /** The gateway's base URL. */
  readonly url: string;
  readonly key: string | undefined;
  readonly connections: number;
  /** How long one attempt may take, in milliseconds. */
  readonly requestTimeoutMs?: number;
  /** How long a batch is tried at all, in milliseconds. */
  readonly giveUpAfterMs?: number;
}

interface Answer {
  readonly status: number;
  readonly retryAfterMs: number | undefined;
  readonly body: string;
}

/** Sends batches as NDJSON to the gateway over connections that are kept open. */
export function createHttpSender({
  url,
  key,
  connections,
  requestTimeoutMs = 15_000,
  giveUpAfterMs = 120_000,
}: HttpSenderOptions): Sender {
  const target = new URL(`${url}/v1/events`);
  const transport = target.protocol === 'https:' ? https : http;
  const agent = new transport.Agent({ keepAlive: true, maxSockets: connections });
  const headers: Record<string, string> = { 'content-type': 'application/x-ndjson' };
  if (key !== undefined) headers['authorization'] = `Bearer ${key}`;

  const post = (body: Buffer): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const request = transport.request(
        target,
        {
          method: 'POST',
          agent,
          headers: { ...headers, 'content-length': body.length },
          signal: AbortSignal.timeout(requestTimeoutMs),
        },
        (response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => chunks.push(chunk));
          response.on('error', reject);
          // A response cut short emits `aborted` semantics as an error; `end` means the whole of it.
          response.on('end', () =>
            resolve({
              status: response.statusCode ?? 0,
              retryAfterMs: readRetryAfter(response.headers['retry-after'], Date.now()),
              body: Buffer.concat(chunks).toString('utf8'),
            }),
          );
        },
      );
      request.on('error', reject);
      request.end(body);
    });

  return {
    async send(batch, signal) {
      const body = encodeBatch(batch);
      const sentAt = Date.now();
      let failure = '';
      for (let retries = 0; ; retries += 1) {
        let wait = backoff(retries);
        try {
          const answer = await post(body);
          const acknowledged = readAnswer(answer, batch.length);
          if (acknowledged !== undefined) return { rejected: acknowledged, sentAt, acknowledgedAt: Date.now(), retries };
          failure = `HTTP ${answer.status}`;
          wait = answer.retryAfterMs ?? wait;
        } catch (error) {
          failure = describe(error);
        }
        if (signal.aborted) throw new GaveUp(`stopped while the gateway did not take a batch: ${failure}`);
        if (Date.now() + wait - sentAt > giveUpAfterMs) {
          throw new GaveUp(`the gateway did not take a batch for ${Math.round((Date.now() - sentAt) / 1_000)} s: ${failure}`);
        }
        await pause(wait, signal);
      }
    },
    close() {
      agent.destroy();
      return Promise.resolve();
    },
  };
}

/** One JSON text a line. */
export function encodeBatch(batch: readonly PlannedEvent[]): Buffer {
  return Buffer.from(batch.map((event) => JSON.stringify(event.body)).join('\n') + '\n');
}

/** Which events a final answer refuses; undefined where the batch has to be sent again. */
function readAnswer({ status, body }: Answer, events: number): Acknowledgement['rejected'] | undefined {
  if (status === 429 || status === 408 || status >= 500) return undefined;
  const parsed = answerSchema.safeParse(parseJson(body));
  if (parsed.success) {
    if (parsed.data.accepted + parsed.data.rejected.length !== events) {
      throw new Error(`the gateway answered for ${parsed.data.accepted + parsed.data.rejected.length} of ${events} events`);
    }
    return parsed.data.rejected;
  }
  if (status >= 200 && status < 300) throw new Error(`HTTP ${status} with an answer that is not the gateway's`);
  const problem = z.object({ title: z.string(), detail: z.string().optional() }).safeParse(parseJson(body));
  const reason = problem.success ? (problem.data.detail ?? problem.data.title) : body.slice(0, 200);
  return Array.from({ length: events }, (_, index) => ({ index, reason: `HTTP ${status}: ${reason}` }));
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Retry-After in either form of RFC 9110, in milliseconds from `now`; at most a minute. */
export function readRetryAfter(value: string | undefined, now: number): number | undefined {
  if (value === undefined) return undefined;
  const ms = /^\d+$/.test(value.trim()) ? Number(value) * 1_000 : Date.parse(value) - now;
  return Number.isNaN(ms) ? undefined : Math.min(60_000, Math.max(0, ms));
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = 'code' in error ? String(error.code) : '';
  return error.message === '' ? code : error.message;
}
