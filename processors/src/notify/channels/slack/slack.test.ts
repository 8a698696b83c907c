import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { EVERY_NOTICE, AT, hugeNotice, notice } from '../../testing/notice.ts';
import { slack } from './slack.ts';

const isClosed = (text: string) => !/&(?!amp;|lt;|gt;)|<[^>]*$/.test(text);

/** Block Kit as Slack documents it, as far as we use it. */
const blockSchema = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('header'),
    text: z.strictObject({ type: z.literal('plain_text'), text: z.string().min(1).max(150), emoji: z.boolean() }),
  }),
  z.strictObject({
    type: z.literal('section'),
    text: z.strictObject({ type: z.literal('mrkdwn'), text: z.string().min(1).max(3_000).refine(isClosed) }),
  }),
  z.strictObject({
    type: z.literal('context'),
    elements: z
      .array(z.strictObject({ type: z.literal('mrkdwn'), text: z.string().min(1).max(3_000).refine(isClosed) }))
      .min(1)
      .max(10),
  }),
]);
const messageSchema = z.strictObject({
  text: z.string().min(1).max(40_000),
  attachments: z
    .array(z.strictObject({ color: z.string().regex(/^#[0-9a-f]{6}$/), blocks: z.array(blockSchema).min(1).max(50) }))
    .max(20),
});

function message(of = notice()) {
  const secrets = { url: 'https://hooks.slack.com/services/T/B/X' };
  const request = slack.request({ notice: of, idempotencyKey: 'k', config: {}, secrets, now: AT });
  expect(request).toMatchObject({ url: secrets.url, headers: { 'idempotency-key': 'k' } });
  return messageSchema.parse(JSON.parse(request.body));
}

describe('a message to Slack', () => {
  it.each(EVERY_NOTICE.map((each) => [each.kind, each] as const))('is what Slack takes: %s', (_kind, each) => {
    message(each);
  });

  it('says what is wrong, where, and links to it', () => {
    expect(message()).toEqual({
      text: '🔴 agent-1 is offline',
      attachments: [
        {
          color: '#d73a49',
          blocks: [
            { type: 'header', text: { type: 'plain_text', text: '🔴 agent-1 is offline', emoji: true } },
            {
              type: 'section',
              text: { type: 'mrkdwn', text: 'error: Agent offline, agent-1: agent-1 has been silent for 95 s' },
            },
            {
              type: 'context',
              elements: [
                {
                  type: 'mrkdwn',
                  text: '*Firing*  ·  error  ·  team=search  ·  <https://fleet.example.com/incidents/7|Open in Fleetbeat>  ·  <https://runbooks.example.com/offline|Runbook>',
                },
              ],
            },
          ],
        },
      ],
    });
  });

  it('calls nobody by what is in a name', () => {
    const { text, attachments } = message(hugeNotice());
    // The header is plain text, in which nothing is looked for.
    const marked = attachments.flatMap(({ blocks }) => blocks.filter(({ type }) => type !== 'header'));
    expect(`${text}${JSON.stringify(marked)}`).not.toContain('<!channel>');
  });
});
