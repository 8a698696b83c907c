import { Agent, request } from 'node:http';

/**
 * A process that sends batches of 100 events to URL for SECONDS over CONNECTIONS connections, each as fast as it
 * is answered, and prints how many events were acknowledged and how many requests failed.
 */
const [url = '', seconds = '5', connections = '16', key = ''] = process.argv.slice(2);
const BATCH = 100;
const BODIES = 64;

/** Events of the size that agents really send, about 250 bytes each. */
function makeBody(batch: number): Buffer {
  const now = Date.now();
  const events = Array.from({ length: BATCH }, (_, index) => {
    const number = batch * BATCH + index;
    return {
      id: `0198f3a2-7c1e-7000-8000-${String(number).padStart(12, '0')}`,
      ts: now - number,
      agent_id: `agent-7f3a-${number % 200}`,
      message_type: 'agent_response',
      response_time_ms: 1_234.5 + index,
      input_tokens: 4_808 + index,
      output_tokens: 10 + batch,
      model_used: 'claude-large',
      user_id: `user-${number % 50}`,
      session_id: `s-${number % 90}`,
    };
  });
  return Buffer.from(JSON.stringify(events));
}

const bodies = Array.from({ length: BODIES }, (_, batch) => makeBody(batch));
const agent = new Agent({ keepAlive: true, maxSockets: Number(connections) });
const headers = { 'content-type': 'application/json', ...(key === '' ? {} : { authorization: `Bearer ${key}` }) };
const end = performance.now() + Number(seconds) * 1_000;
let events = 0;
let failures = 0;
let next = 0;

function send(body: Buffer): Promise<number> {
  return new Promise((resolve, reject) => {
    const options = { method: 'POST', agent, headers: { ...headers, 'content-length': body.length } };
    const outgoing = request(url, options, (answer) => {
      answer.resume().on('end', () => resolve(answer.statusCode ?? 0));
    });
    outgoing.on('error', reject).end(body);
  });
}

async function keepSending(): Promise<void> {
  while (performance.now() < end) {
    const body = bodies[next++ % BODIES];
    const status = body === undefined ? 0 : await send(body).catch(() => 0);
    if (status === 200) events += BATCH;
    else failures++;
  }
}

await Promise.all(Array.from({ length: Number(connections) }, keepSending));
agent.destroy();
console.log(JSON.stringify({ events, failures }));
