import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { createGunzip, gunzipSync } from 'node:zlib';
import { HttpProblem } from '@fleetbeat/infra/problem.ts';
import type { Reservation } from './byte-budget.ts';

/** The largest body as it is sent. */
export const MAX_BODY_BYTES = 8 * 2 ** 20;
/** The largest body once it is unpacked. */
export const MAX_UNPACKED_BYTES = 32 * 2 ** 20;
/** Packed bodies up to this size are unpacked at once, if that gives no more than `SMALL_UNPACKED_BYTES`: a stream costs twice the time. */
const SMALL_PACKED_BYTES = 64 * 2 ** 10;
const SMALL_UNPACKED_BYTES = 2 ** 20;
/** How much of a refused body is read and thrown away, so that its sender gets to see the answer. */
const MAX_DISCARDED_BYTES = 32 * 2 ** 20;

/** The sender went away before its body was complete; there is nobody to answer. */
export class SenderGone extends Error {
  override readonly name = 'SenderGone';
}

/**
 * Reads a body, unpacked where it is gzip. Every byte is reserved before it is kept. Throws `HttpProblem`
 * (413 too large, 415 unknown encoding, 400 broken gzip, 429 and 503 by the reservation) or `SenderGone`.
 */
export async function readBody(request: IncomingMessage, reservation: Reservation): Promise<Buffer> {
  // It may have gone while its key was looked up, and will say so no more.
  if (request.destroyed) throw new SenderGone('the sender went away');
  const declared = declaredLength(request);
  if (declared !== undefined && declared > MAX_BODY_BYTES) throw tooLarge('as sent', MAX_BODY_BYTES);

  switch (contentEncoding(request)) {
    case 'identity':
      return readPlain(request, reservation, declared);
    case 'gzip':
      if (declared === undefined || declared > SMALL_PACKED_BYTES) return unpack(request, request, reservation);
      return unpackSmall(request, await readPlain(request, reservation, declared), reservation);
  }
}

/** Reads on and throws away, so that the answer to a refused body is not lost in a connection reset. */
export function discardBody(request: IncomingMessage): void {
  if (request.readableEnded || request.destroyed) return;
  let discarded = 0;
  request.on('data', (chunk: Buffer) => {
    discarded += chunk.length;
    if (discarded > MAX_DISCARDED_BYTES) request.destroy();
  });
  request.on('error', () => undefined);
  request.resume();
}

function readPlain(request: IncomingMessage, reservation: Reservation, declared: number | undefined): Promise<Buffer> {
  if (declared !== undefined) reservation.take(declared);
  return collect(request, request, (total, chunk) => {
    if (total > MAX_BODY_BYTES) throw tooLarge('as sent', MAX_BODY_BYTES);
    if (declared === undefined) reservation.take(chunk);
  });
}

async function unpackSmall(request: IncomingMessage, packed: Buffer, reservation: Reservation): Promise<Buffer> {
  let body: Buffer;
  try {
    body = gunzipSync(packed, { maxOutputLength: SMALL_UNPACKED_BYTES });
  } catch (error) {
    // More may come out of it than is good to unpack in one go.
    if (isZlibError(error)) throw malformedGzip(error);
    reservation.give(packed.length);
    return unpack(request, Readable.from([packed]), reservation);
  }
  reservation.give(packed.length);
  reservation.take(body.length);
  return body;
}

/** @param packed the request, or its whole body */
async function unpack(request: IncomingMessage, packed: Readable, reservation: Reservation): Promise<Buffer> {
  const gunzip = createGunzip();
  let sent = 0;
  packed.on('data', countSent);
  function countSent(chunk: Buffer): void {
    sent += chunk.length;
    if (sent > MAX_BODY_BYTES) gunzip.destroy(tooLarge('as sent', MAX_BODY_BYTES));
  }
  try {
    return await collect(request, packed.pipe(gunzip), (total, chunk) => {
      if (total > MAX_UNPACKED_BYTES) throw tooLarge('unpacked', MAX_UNPACKED_BYTES);
      reservation.take(chunk);
    });
  } catch (error) {
    throw isZlibError(error) ? malformedGzip(error) : error;
  } finally {
    packed.off('data', countSent);
    packed.unpipe(gunzip);
    gunzip.destroy();
  }
}

/** Gathers what `source`, which is the request or made from it, gives; `check` throws where a chunk must not be kept. */
function collect(request: IncomingMessage, source: Readable, check: (total: number, chunk: number) => void): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let total = 0;
    function onData(chunk: Buffer): void {
      total += chunk.length;
      try {
        check(total, chunk.length);
      } catch (error) {
        settle();
        reject(error instanceof Error ? error : new Error(String(error)));
        return;
      }
      chunks.push(chunk);
    }
    function onEnd(): void {
      settle();
      const [first] = chunks;
      resolve(chunks.length === 1 && first !== undefined ? first : Buffer.concat(chunks, total));
    }
    function onError(error: Error): void {
      settle();
      reject(error === request.errored ? new SenderGone('the sender went away', { cause: error }) : error);
    }
    function onClose(): void {
      if (request.readableEnded) return;
      settle();
      reject(new SenderGone('the sender went away'));
    }
    function settle(): void {
      source.off('data', onData).off('end', onEnd).off('error', onError);
      request.off('error', onError).off('close', onClose);
      // An error that comes after the outcome is known concerns nobody.
      source.on('error', () => undefined);
    }
    source.on('data', onData).on('end', onEnd).on('error', onError);
    if (source !== request) request.on('error', onError);
    request.on('close', onClose);
  });
}

function declaredLength(request: IncomingMessage): number | undefined {
  const header = request.headers['content-length'];
  return header === undefined ? undefined : Number(header);
}

function contentEncoding(request: IncomingMessage): 'identity' | 'gzip' {
  const encoding = (request.headers['content-encoding'] ?? 'identity').trim().toLowerCase();
  if (encoding === 'identity' || encoding === '') return 'identity';
  if (encoding === 'gzip' || encoding === 'x-gzip') return 'gzip';
  throw new HttpProblem(415, 'unsupported-encoding', 'The body may be plain or gzip.', { 'accept-encoding': 'gzip' });
}

function tooLarge(how: string, limit: number): HttpProblem {
  return new HttpProblem(413, 'body-too-large', `The body may have at most ${limit / 2 ** 20} MiB ${how}; send smaller batches.`);
}

function malformedGzip(error: Error): HttpProblem {
  return new HttpProblem(400, 'malformed-gzip', `The body is no valid gzip: ${error.message}.`);
}

function isZlibError(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' && error.code.startsWith('Z_');
}
