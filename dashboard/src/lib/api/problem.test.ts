import { expect, test } from 'vitest';
import { problemOf } from './problem.ts';

test('problem+json is read, with its request id', async () => {
  const body = JSON.stringify({ type: 'x', title: 'Not ready', status: 503, detail: 'the store is away', request_id: 'r1' });
  const problem = await problemOf(new Response(body, { status: 503 }));
  expect(problem).toMatchObject({ status: 503, title: 'Not ready', message: 'the store is away', requestId: 'r1' });
  expect(problem.sentence).toBe('The store is away');
});

test("a proxy's page is described by its status, with the id of its header", async () => {
  const problem = await problemOf(new Response('<html>', { status: 502, headers: { 'x-request-id': 'r2' } }));
  expect(problem).toMatchObject({ status: 502, title: 'The server failed', requestId: 'r2' });
  expect(problem.sentence).toBe('The server failed: It will be asked again by itself.');
});

test('of what somebody else has changed it is said so', async () => {
  const body = JSON.stringify({ title: 'Precondition Failed', status: 412, detail: 'it has changed since you read it' });
  expect((await problemOf(new Response(body, { status: 412 }))).sentence).toMatch(/^Somebody else has changed it meanwhile/);
});
