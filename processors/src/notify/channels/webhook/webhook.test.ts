import { createHmac, timingSafeEqual } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { noticeSchema } from '@fleetbeat/contracts/delivery.ts';
import { AT, EVERY_NOTICE, notice } from '../../testing/notice.ts';
import { webhook } from './webhook.ts';

const SIGNING_SECRET = 'a secret that both know';

function request(of = notice(), idempotencyKey = 'incident-7:1') {
  const config = { url: 'https://receiver.example.com/hook' };
  return webhook.request({ notice: of, idempotencyKey, config, secrets: { signing_secret: SIGNING_SECRET }, now: AT });
}

/** As docs/notifications.md tells a receiver to do it. */
function isOurs(secret: string, header: string, body: string, nowSeconds: number): boolean {
  const fields = Object.fromEntries(header.split(',').map((part) => part.split('=') as [string, string]));
  const expected = createHmac('sha256', secret).update(`${fields['t']}.${body}`).digest();
  const given = Buffer.from(fields['v1'] ?? '', 'hex');
  const isFresh = Math.abs(nowSeconds - Number(fields['t'])) <= 300;
  return isFresh && given.length === expected.length && timingSafeEqual(given, expected);
}

describe('a webhook', () => {
  it.each(EVERY_NOTICE.map((each) => [each.kind, each] as const))('carries the whole notice: %s', (_kind, each) => {
    const body = z
      .strictObject({ version: z.literal(1), id: z.string(), notice: noticeSchema })
      .parse(JSON.parse(request(each).body));
    expect(body.notice).toEqual(each);
  });

  it('is signed, with the time', () => {
    const { headers, body } = request();
    const header = headers['fleetbeat-signature'] ?? '';
    expect(isOurs(SIGNING_SECRET, header, body, AT / 1_000)).toBe(true);
    expect(isOurs('another secret', header, body, AT / 1_000)).toBe(false);
    expect(isOurs(SIGNING_SECRET, header, `${body} `, AT / 1_000)).toBe(false);
    expect(isOurs(SIGNING_SECRET, header, body, AT / 1_000 + 301)).toBe(false);
  });

  it('has a key that a header can carry, whatever it is made of', () => {
    expect(request(notice(), 'incident 7\r\nx: 🦊').headers['idempotency-key']).toBe('incident%207%0D%0Ax:%20%F0%9F%A6%8A');
  });
});
