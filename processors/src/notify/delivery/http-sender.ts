import { lookup } from 'node:dns';
import { request as requestHttp, type ClientRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import { request as requestHttps } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import type { TargetRule } from '@fleetbeat/infra/net/target-rule.ts';
import { failureWords } from './failure-words.ts';

/** A POST. */
export interface HttpRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface HttpAnswer {
  readonly kind: 'answer';
  readonly status: number;
  readonly retryAfter: string | null;
  /** The first 16 kB. */
  readonly body: string;
}

/** `no_answer`: it could not be reached, or has not answered whole and in time. `refused`: nothing was sent, by our own rule. */
export type HttpResult = HttpAnswer | { readonly kind: 'no_answer' | 'refused'; readonly reason: string };

/** Sends one request and answers how it went; never rejects. */
export type HttpSend = (request: HttpRequest) => Promise<HttpResult>;

/** From the first step to the last byte, in milliseconds. */
export const TIMEOUT_MS = 10_000;
const BODY_BYTES = 16 * 1_024;

class RefusedTarget extends Error {
  override readonly name = 'RefusedTarget';
}

/**
 * The one way by which channels speak HTTP. A name is resolved once, every address it has is held against `targetRule`, and
 * the connection is made to those very addresses, so that no second answer of the DNS leads elsewhere. Connections are
 * not reused, redirects not followed, proxies not used.
 */
export function createHttpSender(targetRule: TargetRule, timeoutMs: number): HttpSend {
  const checkedLookup = createCheckedLookup(targetRule);

  return ({ url, headers, body }) =>
    new Promise((resolve) => {
      const target = new URL(url);
      const literal = target.hostname.replace(/^\[|\]$/g, '');
      const refusal = isIP(literal) === 0 ? null : targetRule(literal);
      if (refusal !== null) {
        resolve(refused(literal, refusal));
        return;
      }
      const send = target.protocol === 'https:' ? requestHttps : requestHttp;
      const options: RequestOptions = {
        method: 'POST',
        agent: false,
        lookup: checkedLookup,
        headers: { 'user-agent': 'Fleetbeat', ...headers, 'content-length': Buffer.byteLength(body) },
      };
      const request: ClientRequest = send(target, options);
      // A server that sends a byte now and then is cut off as well.
      const timer = setTimeout(() => request.destroy(new Error(`no answer within ${timeoutMs / 1_000} s`)), timeoutMs);
      const settle = (result: HttpResult): void => {
        clearTimeout(timer);
        resolve(result);
        request.destroy();
      };
      request.on('response', (response) => {
        readBody(response).then(
          (text) => settle(answerOf(response, text)),
          (error: unknown) => settle(noAnswer(error)),
        );
      });
      request.on('error', (error) =>
        settle(error instanceof RefusedTarget ? { kind: 'refused', reason: error.message } : noAnswer(error)),
      );
      request.end(body);
    });
}

/** Resolves a name to addresses that may all be connected to. Rejects with why not. */
export async function resolveChecked(host: string, targetRule: TargetRule): Promise<string> {
  if (isIP(host) !== 0) {
    const refusal = targetRule(host);
    if (refusal !== null) throw new RefusedTarget(refused(host, refusal).reason);
    return host;
  }
  return new Promise((resolve, reject) => {
    createCheckedLookup(targetRule)(host, { all: true }, (error, addresses) => {
      if (error !== null) reject(error);
      else resolve(typeof addresses === 'string' ? addresses : (addresses[0]?.address ?? ''));
    });
  });
}

export function isRefusedTarget(error: unknown): boolean {
  return error instanceof RefusedTarget;
}

function createCheckedLookup(targetRule: TargetRule): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, addresses) => {
      if (error !== null) {
        callback(error, []);
        return;
      }
      for (const { address } of addresses) {
        const refusal = targetRule(address);
        if (refusal === null) continue;
        callback(new RefusedTarget(refused(`${hostname} (${address})`, refusal).reason), []);
        return;
      }
      const [first] = addresses;
      if (options.all === true) callback(null, addresses);
      else callback(first === undefined ? new Error(`${hostname} has no address`) : null, first?.address ?? '', first?.family);
    });
  };
}

function refused(target: string, what: string): { kind: 'refused'; reason: string } {
  return {
    kind: 'refused',
    reason: `${target} is ${what}: NOTIFY_ALLOW_PRIVATE says what may be sent to besides public addresses`,
  };
}

async function readBody(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes >= BODY_BYTES) break;
  }
  return Buffer.concat(chunks).subarray(0, BODY_BYTES).toString('utf8');
}

function answerOf(response: IncomingMessage, body: string): HttpAnswer {
  return { kind: 'answer', status: response.statusCode ?? 0, retryAfter: response.headers['retry-after'] ?? null, body };
}

function noAnswer(error: unknown): HttpResult {
  return { kind: 'no_answer', reason: failureWords(error).slice(0, 300) };
}
