import { expect, test } from 'vitest';
import { problemOf } from './problem.ts';

test('problem+json is read, with its request id', async () => {
  const body = JSON.stringify({ type: 'x', title: 'Not ready', status: 503, detail: 'the store is away', request_id: 'r1' });
  const problem = await problemOf(new Response(body, { status: 503 }));
  expect(problem).toMatchObject({ status: 503, title: 'Not ready', message: 'the store is away', requestId: 'r1' });
});

test("a proxy's page is described by its status, with the id of its header", async () => {
  const problem = await problemOf(new Response('<html>', { status: 502, headers: { 'x-request-id': 'r2' } }));
  expect(problem).toMatchObject({ status: 502, title: 'The server failed', requestId: 'r2' });
});
