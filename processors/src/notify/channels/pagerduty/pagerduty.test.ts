import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import type { NoticeKind } from '@fleetbeat/contracts/delivery.ts';
import { outcomeOf } from '../../delivery/outcome.ts';
import { AT, EVERY_NOTICE, notice } from '../../testing/notice.ts';
import { pagerduty } from './pagerduty.ts';

/** PagerDuty's Events API v2. */
const common = { routing_key: z.string().length(32), dedup_key: z.string().min(1).max(255) };
const eventSchema = z.discriminatedUnion('event_action', [
  z.strictObject({
    ...common,
    event_action: z.literal('trigger'),
    client: z.string(),
    client_url: z.url(),
    links: z.array(z.strictObject({ href: z.url(), text: z.string() })),
    payload: z.strictObject({
      summary: z.string().min(1).max(1_024),
      source: z.string().min(1),
      severity: z.enum(['critical', 'error', 'warning', 'info']),
      timestamp: z.iso.datetime(),
      component: z.string().optional(),
      class: z.string().optional(),
      custom_details: z.record(z.string(), z.unknown()),
    }),
  }),
  z.strictObject({ ...common, event_action: z.literal('acknowledge') }),
  z.strictObject({ ...common, event_action: z.literal('resolve') }),
]);

function event(of = notice()) {
  const { url, body } = pagerduty.request({
    notice: of,
    idempotencyKey: 'k',
    config: { api_url: 'https://events.eu.pagerduty.com' },
    secrets: { routing_key: 'r'.repeat(32) },
    now: AT,
  });
  expect(url).toBe('https://events.eu.pagerduty.com/v2/enqueue');
  expect(Buffer.byteLength(body)).toBeLessThan(512_000);
  return eventSchema.parse(JSON.parse(body));
}

describe('an event for PagerDuty', () => {
  it.each(EVERY_NOTICE.map((each) => [each.kind, each] as const))(
    'is small enough and what PagerDuty takes: %s',
    (_kind, each) => {
      event(each);
    },
  );

  it.each<[NoticeKind, string]>([
    ['firing', 'trigger'],
    ['repeat', 'trigger'],
    ['escalated', 'trigger'],
    ['acknowledged', 'acknowledge'],
    ['resolved', 'resolve'],
  ])('of a notice that is %s is to %s, all under the key of the incident', (kind, action) => {
    expect(event(notice({ kind }))).toMatchObject({ event_action: action, dedup_key: 'incident-7' });
  });

  it('says what is wrong, and where', () => {
    expect(event()).toMatchObject({
      client_url: 'https://fleet.example.com/incidents/7',
      links: [{ href: 'https://runbooks.example.com/offline' }],
      payload: {
        summary: 'agent-1 is offline',
        source: 'agent agent-1',
        severity: 'error',
        component: 'agent-1',
        class: 'Agent offline',
      },
    });
  });
});

it.each([
  [202, '{"status":"success","message":"Event processed","dedup_key":"incident-7"}', 'delivered'],
  [400, '{"status":"invalid event","errors":["Length of \'routing_key\' is incorrect"]}', 'permanent'],
  [403, 'Forbidden', 'permanent'],
  [429, '', 'retryable'],
  [500, '', 'retryable'],
])('takes the answer %i %s for %s', (status, body, kind) => {
  const outcome = outcomeOf({ kind: 'answer', status, retryAfter: null, body }, AT, pagerduty.reading);
  expect(outcome.kind).toBe(kind);
  if (outcome.kind === 'delivered') expect(outcome.providerId).toBe('incident-7');
});
