import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { AT, EVERY_NOTICE, notice } from '../../testing/notice.ts';
import { ntfy } from './ntfy.ts';

/** What ntfy publishes as JSON, as far as we use it. */
const messageSchema = z.strictObject({
  topic: z.string().regex(/^[-_A-Za-z0-9]{1,64}$/),
  title: z.string().min(1),
  message: z
    .string()
    .min(1)
    .refine((text) => Buffer.byteLength(text) <= 4_096),
  priority: z.number().int().min(1).max(5),
  tags: z.array(z.string().regex(/^\w+$/)),
  click: z.url(),
  actions: z.array(z.strictObject({ action: z.literal('view'), label: z.string(), url: z.url() })).max(3),
});

function publish(of = notice(), token?: string) {
  const secrets = token === undefined ? {} : { token };
  const { url, headers, body } = ntfy.request({
    notice: of,
    idempotencyKey: 'k',
    config: { server: 'https://ntfy.sh', topic: 'fleet' },
    secrets,
    now: AT,
  });
  expect(url).toBe('https://ntfy.sh/');
  return { headers, message: messageSchema.parse(JSON.parse(body)) };
}

describe('a message for ntfy', () => {
  it.each(EVERY_NOTICE.map((each) => [each.kind, each] as const))('is what ntfy takes: %s', (_kind, each) => {
    publish(each);
  });

  it('is as urgent as what it tells', () => {
    const priorities = (['error', 'warning', 'info'] as const).map((severity) => publish(notice({ severity })).message.priority);
    expect(priorities).toEqual([5, 4, 2]);
    expect(publish(notice({ kind: 'resolved' })).message).toMatchObject({ priority: 3, tags: ['white_check_mark'] });
  });

  it('carries the token where there is one', () => {
    expect(publish().headers).not.toHaveProperty('authorization');
    expect(publish(notice(), 'tk_1').headers).toMatchObject({ authorization: 'Bearer tk_1' });
  });
});
