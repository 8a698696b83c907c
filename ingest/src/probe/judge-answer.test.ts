import { expect, it } from 'vitest';
import { judgeAnswer } from './judge-answer.ts';

it.each([200, 207])('%i is delivered', (status) => {
  expect(judgeAnswer({ status, retryAfter: null }, 3, 0)).toEqual({ kind: 'delivered' });
});

it.each([400, 405, 413, 415])('%i would come again: the batch is dropped', (status) => {
  expect(judgeAnswer({ status, retryAfter: null }, 0, 0)).toEqual({ kind: 'refused', reason: `the gateway answered ${status}` });
});

it.each([401, 403, 404, 408, 429, 500, 503])('%i may pass: the batch waits', (status) => {
  expect(judgeAnswer({ status, retryAfter: null }, 0, 0)).toMatchObject({ kind: 'retry', afterMs: 1_000 });
});

it('waits at least as long as the gateway asks for', () => {
  expect(judgeAnswer({ status: 503, retryAfter: '7' }, 0, 0)).toMatchObject({ afterMs: 7_000 });
  expect(judgeAnswer({ status: 503, retryAfter: '7' }, 5, 0)).toMatchObject({ afterMs: 32_000 });
  expect(judgeAnswer({ status: 503, retryAfter: 'Wed, 21 Oct 2026 07:28:00 GMT' }, 0, 0)).toMatchObject({ afterMs: 1_000 });
});

it('waits longer from failure to failure, up to a minute and a quarter', () => {
  const pauses = [0, 1, 2, 10, 1_000].map((failures) => judgeAnswer({ error: 'refused' }, failures, 0.999));
  expect(pauses).toMatchObject([1_250, 2_500, 4_999, 74_985, 74_985].map((afterMs) => ({ kind: 'retry', afterMs })));
});
