import * as http from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { dispatch, emptyProgress } from './dispatch.ts';
import { createHttpSender, readRetryAfter } from './http-sender.ts';
import { createLedger } from './ledger.ts';
import type { PlannedEvent } from './scenario.ts';

type Handle = (
  lines: { id: string }[],
  respond: (status: number, body?: unknown, headers?: http.OutgoingHttpHeaders) => void,
  socket: http.IncomingMessage['socket'],
) => void;

let server: http.Server | undefined;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

/** A gateway that does what the test says with each request. */
async function gateway(handle: Handle): Promise<string> {
  server = http.createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const lines = Buffer.concat(chunks)
        .toString()
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as { id: string });
      handle(
        lines,
        (status, body, headers = {}) => response.writeHead(status, headers).end(JSON.stringify(body ?? {})),
        request.socket,
      );
    });
  });
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function events(count: number): PlannedEvent[] {
  return Array.from({ length: count }, (_, index) => ({
    sendAt: 0,
    topic: 'agent-events',
    key: 'a',
    body: { agent_id: 'a', message_type: 'agent_response', input_tokens: 1, id: `id-${index}`, ts: 1_000 + index },
  }));
}

/** Sends through the whole of dispatch and answers what the ledger holds. */
async function run(url: string, count: number, { requestTimeoutMs = 2_000, giveUpAfterMs = 10_000, batch = 10 } = {}) {
  const progress = emptyProgress();
  const ledger = createLedger();
  const sender = createHttpSender({ url, key: 'k', connections: 3, requestTimeoutMs, giveUpAfterMs });
  await dispatch(events(count), progress, {
    batch,
    connections: 3,
    paced: false,
    sender,
    signal: new AbortController().signal,
    onAcknowledged(sent, { rejected }) {
      const refused = new Set(rejected.map(({ index }) => index));
      sent.forEach((event, index) => {
        if (!refused.has(index)) ledger.record(event);
      });
    },
  });
  await sender.close();
  return { progress, counted: ledger.total.agent_response };
}

const all = (lines: unknown[]) => ({ accepted: lines.length, rejected: [], ids: [] });

describe('sending over HTTP', () => {
  it('sends every event once where all goes well, a few requests at a time', async () => {
    const seen: string[] = [];
    let open = 0;
    let most = 0;
    const url = await gateway((lines, respond) => {
      open += 1;
      most = Math.max(most, open);
      setTimeout(() => {
        open -= 1;
        seen.push(...lines.map(({ id }) => id));
        respond(200, all(lines));
      }, 5);
    });
    const { progress, counted } = await run(url, 105);
    expect(seen.toSorted()).toEqual(
      events(105)
        .map(({ body }) => body.id)
        .toSorted(),
    );
    expect(progress).toMatchObject({ sent: 105, accepted: 105, rejected: 0, unknown: 0, retries: 0 });
    expect(counted).toBe(105);
    expect(most).toBe(3);
  });

  it('sends again what was throttled, no sooner than it is asked to', async () => {
    const times: number[] = [];
    const url = await gateway((lines, respond) => {
      times.push(Date.now());
      if (times.length === 1) respond(429, { title: 'slow down' }, { 'retry-after': '1' });
      else respond(200, all(lines));
    });
    const { progress, counted } = await run(url, 10);
    expect(counted).toBe(10);
    expect(progress.retries).toBe(1);
    expect((times[1] ?? 0) - (times[0] ?? 0)).toBeGreaterThanOrEqual(990);
  });

  it('sends the same events again after lost connections, 503s and answers that never come, and counts them once', async () => {
    const attempts = new Map<string, number>();
    const url = await gateway((lines, respond, socket) => {
      const [first] = lines;
      const attempt = attempts.get(first?.id ?? '') ?? 0;
      for (const { id } of lines) attempts.set(id, (attempts.get(id) ?? 0) + 1);
      switch (attempt) {
        case 0:
          return void socket.destroy();
        case 1:
          return respond(503, { title: 'away' });
        case 2:
          return;
        default:
          return respond(202, all(lines));
      }
    });
    const { progress, counted } = await run(url, 60, { requestTimeoutMs: 150 });
    expect(counted).toBe(60);
    expect(progress).toMatchObject({ accepted: 60, unknown: 0 });
    expect(progress.retries).toBe(3 * 6);
    expect([...attempts.values()]).toEqual(Array.from({ length: 60 }, () => 4));
  });

  it('leaves rejected events of a 207 out of the ledger, with their reasons', async () => {
    const url = await gateway((lines, respond) => {
      respond(207, {
        accepted: lines.length - 2,
        rejected: [0, 3].map((index) => ({ index, code: 'x', reason: 'no good' })),
        ids: [],
      });
    });
    const { progress, counted } = await run(url, 20);
    expect(counted).toBe(16);
    expect(progress).toMatchObject({ accepted: 16, rejected: 4 });
    expect(progress.reasons.get('no good')).toBe(4);
  });

  it('takes a refusal of the whole request for final', async () => {
    let requests = 0;
    const url = await gateway((_, respond) => {
      requests += 1;
      respond(401, { title: 'Unauthorized', detail: 'a key is needed' });
    });
    const { progress, counted } = await run(url, 10);
    expect([requests, counted, progress.rejected]).toEqual([1, 0, 10]);
    expect([...progress.reasons.keys()]).toEqual(['HTTP 401: a key is needed']);
  });

  it('gives up on a gateway that stays away, ends the run and says what is unknown', async () => {
    const url = await gateway((_, respond) => respond(503, {}));
    const { progress, counted } = await run(url, 1_000, { giveUpAfterMs: 600 });
    expect(counted).toBe(0);
    expect(progress.unknown).toBe(progress.sent);
    expect(progress.sent).toBeLessThanOrEqual(40);
    expect([...progress.reasons.keys()][0]).toContain('503');
  });

  it('does not believe a 200 that accounts for fewer events than were sent', async () => {
    const url = await gateway((lines, respond) => respond(200, { accepted: lines.length - 1, rejected: [], ids: [] }));
    const { progress } = await run(url, 10, { giveUpAfterMs: 300 });
    expect(progress).toMatchObject({ accepted: 0, unknown: 10 });
  });
});

describe('readRetryAfter', () => {
  const now = Date.parse('2026-11-21T12:00:00Z');
  it.each([
    ['3', 3_000],
    ['Sat, 21 Nov 2026 12:00:05 GMT', 5_000],
    ['Sat, 21 Nov 2026 11:00:00 GMT', 0],
    ['100000', 60_000],
    ['soon', undefined],
    [undefined, undefined],
  ])('of %j is %d ms', (value, expected) => {
    expect(readRetryAfter(value, now)).toBe(expected);
  });
});

describe('dispatch', () => {
  it('waits for the time of each event when paced, and stops when told', async () => {
    const url = await gateway((lines, respond) => respond(200, all(lines)));
    const sender = createHttpSender({ url, key: undefined, connections: 2 });
    const stop = new AbortController();
    const started = Date.now();
    const progress = emptyProgress();
    const later = events(1_000).map((event, index) => ({ ...event, sendAt: started + index * 10 }));
    const arrivals: number[] = [];
    setTimeout(() => stop.abort(), 400);
    await dispatch(later, progress, {
      batch: 100,
      connections: 2,
      paced: true,
      sender,
      signal: stop.signal,
      onAcknowledged: (batch) => arrivals.push(...batch.map(({ sendAt }) => Date.now() - sendAt)),
    });
    await sender.close();
    expect(Math.min(...arrivals)).toBeGreaterThanOrEqual(0);
    expect(progress.accepted).toBeGreaterThan(10);
    expect(progress.accepted).toBeLessThan(80);
    expect(progress.unknown).toBe(0);
  });
});
