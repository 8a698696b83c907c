import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { outcomeOf } from '../../delivery/outcome.ts';
import { AT, EVERY_NOTICE, notice } from '../../testing/notice.ts';
import { telegram } from './telegram.ts';

/** Telegram's sendMessage, as far as we use it. Offsets and lengths are UTF-16 units, as in JavaScript. */
const messageSchema = z
  .strictObject({
    chat_id: z.string(),
    message_thread_id: z.number().int().optional(),
    text: z.string().min(1).max(4_096),
    entities: z.array(z.strictObject({ type: z.literal('bold'), offset: z.number().int(), length: z.number().int().min(1) })),
    link_preview_options: z.strictObject({ is_disabled: z.literal(true) }),
    disable_notification: z.boolean(),
  })
  .refine(({ text, entities }) => entities.every(({ offset, length }) => offset + length <= text.length))
  .refine(({ text }) => text.isWellFormed());

function message(of = notice()) {
  const { url, body } = telegram.request({
    notice: of,
    idempotencyKey: 'k',
    config: { api_url: 'https://api.telegram.org', chat_id: '-100123', message_thread_id: 4 },
    secrets: { bot_token: '123456:ABCDEFGHIJKLMNOPQRSTUVWXYZ' },
    now: AT,
  });
  expect(url).toBe('https://api.telegram.org/bot123456:ABCDEFGHIJKLMNOPQRSTUVWXYZ/sendMessage');
  return messageSchema.parse(JSON.parse(body));
}

describe('a message to Telegram', () => {
  it.each(EVERY_NOTICE.map((each) => [each.kind, each] as const))('is what Telegram takes: %s', (_kind, each) => {
    message(each);
  });

  it('has its title in bold, and rings where it matters', () => {
    const { text, entities, disable_notification: silent, chat_id: chat } = message();
    expect(text.split('\n')).toEqual([
      '🔴 agent-1 is offline',
      'Firing, error',
      'error: Agent offline, agent-1: agent-1 has been silent for 95 s',
      'https://fleet.example.com/incidents/7',
      'Runbook: https://runbooks.example.com/offline',
    ]);
    expect(text.slice(0, entities[0]?.length)).toBe('🔴 agent-1 is offline');
    expect([chat, silent, message(notice({ kind: 'resolved' })).disable_notification]).toEqual(['-100123', false, true]);
  });
});

it.each([
  [200, '{"ok":true,"result":{"message_id":42}}', { kind: 'delivered', providerId: '42' }],
  [
    429,
    '{"ok":false,"error_code":429,"description":"Too Many Requests: retry after 34","parameters":{"retry_after":34}}',
    { kind: 'retryable', retryAfterMs: 34_000 },
  ],
  [403, '{"ok":false,"error_code":403,"description":"Forbidden: bot was blocked by the user"}', { kind: 'permanent' }],
  [400, '{"ok":false,"error_code":400,"description":"Bad Request: chat not found"}', { kind: 'permanent' }],
])('reads the answer %i %s', (status, body, outcome) => {
  expect(outcomeOf({ kind: 'answer', status, retryAfter: null, body }, AT, telegram.reading)).toMatchObject(outcome);
});
