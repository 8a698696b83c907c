import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { addressOf, type Answer, type NameOf, type Place } from '@fleetbeat/contracts/client/client.ts';
import type * as z from 'zod';
import type { Options } from './options.ts';

/** The platform's REST API as this simulator uses it. */
export interface Platform {
  readonly key: string | undefined;
  /** What a route answers, held to its schema; null for 404. Rejects with `ApiError` for any other refusal. */
  get<Name extends NameOf<'get'>>(name: Name, place: Place<Name>, schema: z.ZodType<Answer<Name>>): Promise<Answer<Name> | null>;
}

export class ApiError extends Error {
  override readonly name = 'ApiError';
}

/** Nothing answers at all. */
export class Unreachable extends Error {
  override readonly name = 'Unreachable';
}

/**
 * How long a read is tried again while the API is busy, away or without one of its servers: whoever verifies a platform through
 * outages waits for it to recover. And how long one try may take. Milliseconds.
 */
const PATIENCE_MS = 90_000;
const TIMEOUT_MS = 30_000;
const LONGEST_PAUSE_MS = 10_000;

export function createPlatform(api: string, key: string | undefined): Platform {
  const headers: Record<string, string> = { accept: 'application/json' };
  if (key !== undefined) headers['authorization'] = `Bearer ${key}`;
  return {
    key,
    async get(name, place, schema) {
      const { url } = addressOf(name, place);
      const { status, text } = await fetchText(`${api}${url}`, headers);
      if (status === 404) return null;
      if (status !== 200) throw new ApiError(`GET ${url} answered ${status}: ${text.slice(0, 200)}`);
      const parsed = schema.safeParse(JSON.parse(text));
      if (!parsed.success)
        throw new ApiError(`GET ${url} answered something else than the contract says: ${parsed.error.message}`);
      return parsed.data;
    },
  };
}

async function fetchText(url: string, headers: Record<string, string>): Promise<{ status: number; text: string }> {
  const deadline = Date.now() + PATIENCE_MS;
  for (let attempt = 1; ; attempt += 1) {
    let pause = Math.min(LONGEST_PAUSE_MS, 250 * attempt);
    try {
      const response = await fetch(url, { headers, signal: AbortSignal.timeout(TIMEOUT_MS) });
      const text = await response.text();
      const busy = response.status === 429 || (response.status >= 502 && response.status <= 504);
      if (busy) pause = Math.min(LONGEST_PAUSE_MS, Number(response.headers.get('retry-after')) * 1_000 || pause);
      if (!busy || Date.now() + pause > deadline) return { status: response.status, text };
    } catch (error) {
      if (Date.now() + pause > deadline) throw new Unreachable(`${url}: ${reasonOf(error)}`);
    }
    await sleep(pause);
  }
}

/** Whether anything speaks HTTP at a URL. */
export async function answers(url: string): Promise<boolean> {
  try {
    await (await fetch(url, { signal: AbortSignal.timeout(5_000) })).arrayBuffer();
    return true;
  } catch {
    return false;
  }
}

/**
 * The key to use: the one given, else the first that the API takes of those that a local start of the
 * platform has left in its data folder. Undefined where there is none.
 */
export async function findKey({ key, dataDirs, api }: Pick<Options, 'key' | 'dataDirs' | 'api'>): Promise<string | undefined> {
  if (key !== undefined) return key;
  for (const dir of dataDirs) {
    const found = readKey(join(dir, 'operator-key'));
    if (found === undefined) continue;
    const { status } = await fetchText(`${api}/api/v1/pipeline`, { authorization: `Bearer ${found}` });
    if (status !== 401 && status !== 403) return found;
  }
  return undefined;
}

function readKey(path: string): string | undefined {
  try {
    const text = readFileSync(path, 'utf8').trim();
    return text === '' ? undefined : text;
  } catch {
    return undefined;
  }
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** fetch hides why it failed in `cause`. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message : error.message;
}
