import { topicOf } from '@fleetbeat/contracts/events.ts';
import { redactionPreviewRequestSchema, redactionPreviewSchema, storedRedactionSchema } from '@fleetbeat/contracts/redaction.ts';
import { HttpProblem } from '@fleetbeat/infra/problem.ts';
import { checkedRedactionSchema } from '@fleetbeat/infra/redaction/checked-redaction.ts';
import { REDACTION_ROW, storedRedaction } from '@fleetbeat/infra/redaction/read-redaction.ts';
import { createRedaction } from '@fleetbeat/infra/redaction/redaction.ts';
import { askerOf } from '../access/asker.ts';
import { etagOf, requiredIfMatch } from '../http/if-match.ts';
import type { ReadQuery } from '../http/read-query.ts';
import { route, type Route } from '../http/route.ts';
import type { ChangeRedaction } from './redaction-changes.ts';

interface Parts {
  readonly query: ReadQuery;
  readonly changeRedaction: ChangeRedaction;
  /** What hashes are keyed with. */
  readonly secret: string;
}

export function redactionRoutes({ query, changeRedaction, secret }: Parts): Route[] {
  return [
    route(
      'get',
      '/redaction',
      {
        summary: 'What of events is redacted before it is stored',
        description: 'The ETag is what a change names as If-Match.',
        access: 'admin',
        answer: storedRedactionSchema,
      },
      async ({ response }) => {
        const settings = storedRedaction((await query<Row>('redaction.read', REDACTION_ROW))[0]);
        response.set('etag', etagOf(settings.revision));
        return settings;
      },
    ),
    route(
      'put',
      '/redaction',
      {
        summary: 'Change what of events is redacted before it is stored',
        description:
          'Gateways, processors and the API follow within seconds. What is stored already stays as it is. Patterns are in the syntax of ' +
          'RE2, which takes time in proportion to the text and has no look-around and no back-references.',
        access: 'admin',
        headers: { 'If-Match': 'The ETag of the settings that were read; needed' },
        body: checkedRedactionSchema,
        answer: storedRedactionSchema,
      },
      async ({ body, request, response }) => {
        const settings = await changeRedaction(askerOf(request, response), body, requiredIfMatch(request));
        response.set('etag', etagOf(settings.revision));
        return settings;
      },
    ),
    route(
      'post',
      '/redaction/preview',
      {
        summary: 'What a sample event would be stored as under some settings',
        description: 'The settings count as switched on; nothing is stored. 422 for an event of no kind that is known.',
        access: 'admin',
        body: redactionPreviewRequestSchema.extend({ settings: checkedRedactionSchema }),
        answer: redactionPreviewSchema,
      },
      async ({ body: { settings, event } }) => {
        const topic = topicOf(event);
        if (topic === undefined) {
          throw new HttpProblem(
            422,
            'unknown-kind',
            'event: has none of message_type, task_id and host_id, which tell what kind of event it is',
          );
        }
        const line = JSON.stringify(event);
        const { text } = createRedaction(settings, secret).event(topic, line);
        return Promise.resolve({ event: JSON.parse(text) as Record<string, unknown>, changed: text !== line });
      },
    ),
  ];
}

type Row = Exclude<Parameters<typeof storedRedaction>[0], undefined>;
