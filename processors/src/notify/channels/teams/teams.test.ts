import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { AT, EVERY_NOTICE, notice } from '../../testing/notice.ts';
import { teams } from './teams.ts';

/** An Adaptive Card 1.4 in the message that a workflow's webhook takes, as far as we use it. */
const elementSchema = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('TextBlock'),
    text: z.string().min(1),
    wrap: z.literal(true),
    size: z.enum(['Large']).optional(),
    weight: z.enum(['Bolder']).optional(),
    color: z.enum(['Good', 'Warning', 'Attention', 'Accent']).optional(),
  }),
  z.strictObject({ type: z.literal('FactSet'), facts: z.array(z.strictObject({ title: z.string(), value: z.string() })) }),
]);
const messageSchema = z.strictObject({
  type: z.literal('message'),
  attachments: z.tuple([
    z.strictObject({
      contentType: z.literal('application/vnd.microsoft.card.adaptive'),
      contentUrl: z.null(),
      content: z.strictObject({
        $schema: z.literal('http://adaptivecards.io/schemas/adaptive-card.json'),
        type: z.literal('AdaptiveCard'),
        version: z.literal('1.4'),
        msteams: z.strictObject({ width: z.literal('Full') }),
        body: z.array(elementSchema).min(1),
        actions: z.array(z.strictObject({ type: z.literal('Action.OpenUrl'), title: z.string(), url: z.url() })).max(6),
      }),
    }),
  ]),
});

function card(of = notice()) {
  const secrets = { url: 'https://prod-1.westeurope.logic.azure.com/workflows/x?sig=y' };
  const { url, body } = teams.request({ notice: of, idempotencyKey: 'k', config: {}, secrets, now: AT });
  expect(url).toBe(secrets.url);
  expect(Buffer.byteLength(body)).toBeLessThan(28_000);
  return messageSchema.parse(JSON.parse(body)).attachments[0].content;
}

describe('a card for Teams', () => {
  it.each(EVERY_NOTICE.map((each) => [each.kind, each] as const))('is small enough and what Teams takes: %s', (_kind, each) => {
    card(each);
  });

  it('says what is wrong, where, and links to it', () => {
    expect(card()).toMatchObject({
      body: [
        { text: '🔴 agent\\-1 is offline', color: 'Attention' },
        { text: 'error: Agent offline, agent\\-1: agent\\-1 has been silent for 95 s' },
        { facts: [{ value: 'Firing' }, { value: 'error' }, { value: '2027-01-15T08:00:00.000Z' }, { value: 'team=search' }] },
      ],
      actions: [{ url: 'https://fleet.example.com/incidents/7' }, { url: 'https://runbooks.example.com/offline' }],
    });
    expect(card(notice({ kind: 'resolved' })).body[0]).toMatchObject({ color: 'Good' });
  });
});
