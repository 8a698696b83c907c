import { HttpError, InfluxDB, setLogger, type WriteApi } from '@influxdata/influxdb-client';
import type { InfluxConfig } from '../config.ts';
import type { QueryAnswer } from './influx-query.ts';
import { StoreRefused, StoreUnavailable } from './time-series.ts';

/**
 * How an InfluxDB is talked to: line protocol in through the official client, InfluxQL out of `/query`,
 * which 1.x and 2.x both speak.
 */

/** Milliseconds until a request is given up. */
const TIMEOUT_MS = 30_000;

// The client prints every failure; ours are thrown and logged by whoever decides what to do.
setLogger({ error: () => undefined, warn: () => undefined });

export interface InfluxClient {
  /** Resolves when the server has the lines. They are sent as one request and never again by the client itself. */
  write(lines: readonly string[]): Promise<void>;
  /** Runs statements and hands over each document of the answer; stops reading where `onAnswer` throws. */
  query(statement: string, onAnswer: (answer: QueryAnswer) => void, timeoutMs?: number): Promise<void>;
}

/** With `org` the write API of 2.x is used, without it that of 1.x; then `token` may be `user:password`. */
export function createInfluxClient({ url, token, org, bucket }: InfluxConfig): InfluxClient {
  const base = url.replace(/\/+$/, '');
  const authorization = authorizationOf(token, org);
  const writeApi = openWriteApi(base, authorization, org, bucket);
  return {
    write: async (lines) => {
      // Nothing may await between these two, so that each call sends its own lines, all of them in one "record".
      writeApi.writeRecord(lines.join('\n'));
      await writeApi.flush(true).catch(failOfWrite);
    },
    query: async (statement, onAnswer, timeoutMs = TIMEOUT_MS) => {
      const body = new URLSearchParams({ db: bucket, q: statement, epoch: 'ms', chunked: 'true' });
      const signal = AbortSignal.timeout(timeoutMs);
      // Packing sketches costs the server several times what reading them does.
      const headers = { 'accept-encoding': 'identity', ...(authorization === undefined ? {} : { authorization }) };
      const response = await fetch(`${base}/query`, { method: 'POST', body, headers, signal }).catch(failOfNetwork);
      if (!response.ok) failOfStatus(response.status, await response.text().catch(() => ''));
      await readDocuments(response, onAnswer);
    },
  };
}

function authorizationOf(token: string | undefined, org: string | undefined): string | undefined {
  if (token === undefined) return undefined;
  if (org === undefined && token.includes(':')) return `Basic ${Buffer.from(token).toString('base64')}`;
  return `Token ${token}`;
}

function openWriteApi(url: string, authorization: string | undefined, org: string | undefined, bucket: string): WriteApi {
  const client = new InfluxDB({ url, timeout: TIMEOUT_MS });
  const writeApi = client.getWriteApi(org ?? '', bucket, 'ns', {
    // Every call flushes; the client must neither send on its own nor keep what failed.
    batchSize: 2,
    maxBatchBytes: Number.MAX_SAFE_INTEGER,
    flushInterval: 0,
    maxRetries: 0,
    maxRetryTime: Number.MAX_SAFE_INTEGER,
    gzipThreshold: Number.MAX_SAFE_INTEGER,
    headers: authorization === undefined ? {} : { authorization },
  });
  if (org === undefined) writeApi.path = `/write?db=${encodeURIComponent(bucket)}&precision=ns`;
  return writeApi;
}

/** The documents of a chunked answer come one a line; a server that does not know chunks sends one in all. */
async function readDocuments(response: Response, onAnswer: (answer: QueryAnswer) => void): Promise<void> {
  if (response.body === null) return;
  const decoder = new TextDecoder();
  let pending: string[] = [];
  const take = (text: string) => {
    if (text.trim() === '') return;
    onAnswer(JSON.parse(text) as QueryAnswer);
  };
  const reader = response.body.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read().catch(failOfNetwork);
      if (done) break;
      const lines = decoder.decode(value, { stream: true }).split('\n');
      const last = lines.pop() ?? '';
      for (const line of lines) {
        take(pending.join('') + line);
        pending = [];
      }
      pending.push(last);
    }
    take(pending.join('') + decoder.decode());
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

function failOfNetwork(error: unknown): never {
  const cause = error instanceof Error && error.cause instanceof Error ? `: ${error.cause.message}` : '';
  throw new StoreUnavailable(`InfluxDB does not answer: ${messageOf(error)}${cause}`, { cause: error });
}

function failOfWrite(error: unknown): never {
  if (!(error instanceof HttpError)) failOfNetwork(error);
  failOfStatus(error.statusCode, error.body ?? error.message);
}

/** Only an answer about the data itself is final; wrong credentials or a missing database can be put right. */
function failOfStatus(status: number, text: string): never {
  const message = `InfluxDB answers ${status}: ${text.trim().slice(0, 500)}`;
  if (status === 400 || status === 413 || status === 422) throw new StoreRefused(message);
  throw new StoreUnavailable(message);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
