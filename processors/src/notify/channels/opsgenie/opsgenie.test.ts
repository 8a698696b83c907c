import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { AT, EVERY_NOTICE, hugeNotice, notice } from '../../testing/notice.ts';
import { opsgenie } from './opsgenie.ts';

/** Opsgenie's "create alert". */
const alertSchema = z.strictObject({
  message: z.string().min(1).max(130),
  alias: z.string().min(1).max(512),
  description: z.string().max(15_000),
  responders: z.array(z.strictObject({ type: z.literal('team'), name: z.string() })).max(50),
  tags: z.array(z.string().min(1).max(50)).max(20),
  details: z.record(z.string(), z.string()).refine((details) => Object.entries(details).flat().join('').length <= 8_000),
  entity: z.string().max(512).optional(),
  source: z.string().max(100),
  priority: z.enum(['P1', 'P2', 'P3', 'P4', 'P5']),
});
/** "Close alert" and "acknowledge alert". */
const changeSchema = z.strictObject({ source: z.string().max(100), note: z.string().max(25_000) });

function request(of = notice()) {
  return opsgenie.request({
    notice: of,
    idempotencyKey: 'k',
    config: { api_url: 'https://api.eu.opsgenie.com', teams: ['search'], tags: ['fleet'] },
    secrets: { api_key: 'abc' },
    now: AT,
  });
}

describe('an alert for Opsgenie', () => {
  it.each(EVERY_NOTICE.map((each) => [each.kind, each] as const))('is what Opsgenie takes: %s', (kind, each) => {
    const { body, headers } = request(each);
    expect(headers['authorization']).toBe('GenieKey abc');
    (kind === 'resolved' || kind === 'acknowledged' ? changeSchema : alertSchema).parse(JSON.parse(body));
  });

  it('is created, acknowledged and closed by its alias', () => {
    expect(request().url).toBe('https://api.eu.opsgenie.com/v2/alerts');
    expect(JSON.parse(request().body)).toMatchObject({ alias: 'incident-7', message: 'agent-1 is offline', priority: 'P1' });
    const path = 'https://api.eu.opsgenie.com/v2/alerts/incident-7';
    expect(request(notice({ kind: 'acknowledged' })).url).toBe(`${path}/acknowledge?identifierType=alias`);
    expect(request(notice({ kind: 'resolved' })).url).toBe(`${path}/close?identifierType=alias`);
    expect(request(notice({ kind: 'resolved', dedup_key: 'a/b?c' })).url).toContain('/alerts/a%2Fb%3Fc/close?');
  });

  it('has one alias, however long its key is', () => {
    const created = alertSchema.parse(JSON.parse(request(hugeNotice()).body)).alias;
    expect(request(hugeNotice({ kind: 'resolved' })).url).toContain(`/alerts/${encodeURIComponent(created)}/close`);
  });
});
