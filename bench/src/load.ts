import { Agent, request } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { requestBody } from './request-bodies.ts';

/** What the load generator is told, as JSON in its first argument. */
export interface LoadOrder {
  /** Base URL of the gateway. */
  url: string;
  key: string;
  seconds: number;
  /** Events a second at most; 0 for as many as are acknowledged. */
  rate: number;
  eventsPerRequest: number;
  connections: number;
  agents: number;
  /** The first event id; runs against the same system must not overlap. */
  firstId: number;
}

/** What it answers at its end, as JSON on standard output, and as messages to its parent on the way. */
export interface LoadAnswer {
  accepted: number;
  /** Requests answered with 429 or 503 and sent again. */
  shed: number;
  seconds: number;
}

/** A request was acknowledged; times are epoch milliseconds. */
export interface Acknowledged {
  sentAt: number;
  acknowledgedAt: number;
}

async function generateLoad(order: LoadOrder): Promise<LoadAnswer> {
  const agent = new Agent({ keepAlive: true, maxSockets: order.connections });
  const startedAt = Date.now();
  const deadline = startedAt + order.seconds * 1_000;
  let nextId = order.firstId;
  let accepted = 0;
  let shed = 0;

  async function connection(number: number): Promise<void> {
    const bodies = Array.from({ length: 8 }, (_, index) => requestBody(number * 8 + index, order.eventsPerRequest, order.agents));
    for (let turn = 0; Date.now() < deadline; turn++) {
      if (order.rate > 0) {
        const ahead = (accepted / order.rate) * 1_000 - (Date.now() - startedAt);
        if (ahead > 0) await pause(ahead);
      }
      const body = bodies[turn % bodies.length];
      if (body === undefined) throw new Error('no body');
      const sentAt = Date.now();
      body.renew(nextId, sentAt);
      nextId += body.count;
      for (let status = 0; status !== 200;) {
        status = await post(order, agent, body.bytes);
        if (status === 429 || status === 503) {
          shed++;
          await pause(100);
        } else if (status !== 200) throw new Error(`the gateway answered ${status}`);
      }
      accepted += body.count;
      process.send?.({ sentAt, acknowledgedAt: Date.now() } satisfies Acknowledged);
    }
  }

  await Promise.all(Array.from({ length: order.connections }, (_, number) => connection(number)));
  agent.destroy();
  return { accepted, shed, seconds: (Date.now() - startedAt) / 1_000 };
}

function post(order: LoadOrder, agent: Agent, body: Buffer): Promise<number> {
  return new Promise((resolve, reject) => {
    const sent = request(
      `${order.url}/v1/events`,
      {
        agent,
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          'content-length': body.length,
          authorization: `Bearer ${order.key}`,
        },
      },
      (response) => {
        response.resume();
        response.on('end', () => {
          resolve(response.statusCode ?? 0);
        });
        response.on('error', reject);
      },
    );
    sent.on('error', reject);
    sent.end(body);
  });
}

if (import.meta.main) {
  const order = JSON.parse(process.argv[2] ?? '{}') as LoadOrder;
  const answer = await generateLoad(order);
  process.stdout.write(JSON.stringify(answer));
  process.disconnect?.();
}
