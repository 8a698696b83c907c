import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { alert, AT, EVERY_NOTICE, notice } from '../../testing/notice.ts';
import { alertmanager, fingerprintOf } from './alertmanager.ts';

/** What Alertmanager's webhook sends, version 4. */
const labels = z.record(z.string().regex(/^[A-Za-z_][\w.-]*$/), z.string());
const payloadSchema = z.strictObject({
  version: z.literal('4'),
  groupKey: z.string().min(1),
  truncatedAlerts: z.number().int().min(0),
  status: z.enum(['firing', 'resolved']),
  receiver: z.string().min(1),
  groupLabels: labels,
  commonLabels: labels,
  commonAnnotations: labels,
  externalURL: z.url(),
  alerts: z.array(
    z.strictObject({
      status: z.enum(['firing', 'resolved']),
      labels,
      annotations: labels,
      startsAt: z.iso.datetime(),
      endsAt: z.iso.datetime(),
      generatorURL: z.url(),
      fingerprint: z.string().regex(/^[0-9a-f]{16}$/),
    }),
  ),
});

function payload(of = notice()) {
  const config = { url: 'https://receiver.example.com/hook', receiver: 'oncall' };
  const request = alertmanager.request({
    notice: of,
    idempotencyKey: 'k',
    config,
    secrets: { authorization: 'Bearer x' },
    now: AT,
  });
  expect(request).toMatchObject({ url: config.url, headers: { authorization: 'Bearer x', 'idempotency-key': 'k' } });
  return payloadSchema.parse(JSON.parse(request.body));
}

describe("the payload of Alertmanager's webhook", () => {
  it.each(EVERY_NOTICE.map((each) => [each.kind, each] as const))('is of version 4: %s', (_kind, each) => {
    payload(each);
  });

  it('tells what all alerts share, and of each what it is', () => {
    const ended = alert({ id: 2, key: 'agent-2', state: 'resolved', resolved_at: AT + 60_000, annotations: { summary: 'gone' } });
    expect(payload(notice({ alerts: [alert(), ended], more_alerts: 3 }))).toMatchObject({
      status: 'firing',
      receiver: 'oncall',
      groupKey: 'incident-7',
      truncatedAlerts: 3,
      groupLabels: { team: 'search' },
      commonLabels: { team: 'search', alertname: 'Agent offline', severity: 'error', set: 'agent' },
      commonAnnotations: { runbook_url: 'https://runbooks.example.com/offline' },
      externalURL: 'https://fleet.example.com',
      alerts: [
        { status: 'firing', labels: { key: 'agent-1' }, startsAt: '2027-01-15T08:00:00.000Z', endsAt: '0001-01-01T00:00:00Z' },
        { status: 'resolved', labels: { key: 'agent-2' }, endsAt: '2027-01-15T08:01:00.000Z' },
      ],
    });
    expect(payload(notice({ kind: 'resolved' })).status).toBe('resolved');
  });
});

it('identifies an alert by its labels, whatever their order', () => {
  expect(fingerprintOf({ a: '1', b: '2' })).toBe(fingerprintOf({ b: '2', a: '1' }));
  expect(fingerprintOf({ a: '1', b: '2' })).not.toBe(fingerprintOf({ a: '12', b: '' }));
  // The offset basis of FNV-1a.
  expect(fingerprintOf({})).toBe('cbf29ce484222325');
});
