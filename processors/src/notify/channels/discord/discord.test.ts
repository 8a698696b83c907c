import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { outcomeOf } from '../../delivery/outcome.ts';
import { AT, EVERY_NOTICE, notice } from '../../testing/notice.ts';
import { discord } from './discord.ts';

/** Discord's "execute webhook", as far as we use it. */
const messageSchema = z.strictObject({
  username: z.string().min(1).max(80),
  allowed_mentions: z.strictObject({ parse: z.tuple([]) }),
  embeds: z
    .array(
      z
        .strictObject({
          title: z.string().min(1).max(256),
          description: z.string().min(1).max(4_096).optional(),
          url: z.url(),
          color: z.number().int().min(0).max(0xff_ff_ff),
          timestamp: z.iso.datetime(),
          fields: z
            .array(
              z.strictObject({
                name: z.string().min(1).max(256),
                value: z.string().min(1).max(1_024),
                inline: z.boolean().optional(),
              }),
            )
            .max(25),
        })
        .refine(({ title, description = '', fields }) => {
          const parts = [title, description, ...fields.flatMap(({ name, value }) => [name, value])];
          return parts.join('').length <= 6_000;
        }),
    )
    .max(10),
});

function message(of = notice(), config: { username?: string } = {}) {
  const secrets = { url: 'https://discord.com/api/webhooks/1/token?thread_id=5' };
  const { url, body } = discord.request({ notice: of, idempotencyKey: 'k', config, secrets, now: AT });
  expect(url).toBe(`${secrets.url}&wait=true`);
  return messageSchema.parse(JSON.parse(body));
}

describe('a message to Discord', () => {
  it.each(EVERY_NOTICE.map((each) => [each.kind, each] as const))('is what Discord takes: %s', (_kind, each) => {
    message(each);
  });

  it('says what is wrong, and calls nobody', () => {
    expect(message(notice(), { username: 'Fleet' })).toMatchObject({
      username: 'Fleet',
      embeds: [{ title: '🔴 agent\\-1 is offline', url: 'https://fleet.example.com/incidents/7', color: 0xd7_3a_49 }],
    });
    expect(JSON.stringify(message(notice({ title: '@everyone [x](https://evil.example)' })))).toContain('\\\\[x\\\\]');
  });
});

it('reads how long Discord asks to wait, and what it calls the message', () => {
  const answer = (status: number, body: string) =>
    outcomeOf({ kind: 'answer', status, retryAfter: null, body }, AT, discord.reading);
  expect(answer(429, '{"message": "slow", "retry_after": 0.35, "global": false}')).toMatchObject({
    kind: 'retryable',
    retryAfterMs: 350,
    tooMany: true,
  });
  expect(answer(200, '{"id": "1234567890123456789"}')).toEqual({
    kind: 'delivered',
    status: 200,
    providerId: '1234567890123456789',
  });
  expect(answer(404, '{"message": "Unknown Webhook", "code": 10015}')).toMatchObject({ kind: 'permanent' });
});
