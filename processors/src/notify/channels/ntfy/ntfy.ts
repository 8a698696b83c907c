import type { Notice } from '@fleetbeat/contracts/delivery.ts';
import { memberOf } from '../../delivery/outcome.ts';
import { jsonRequest, type HttpChannel } from '../channel.ts';
import { detailsOf, kindWord, runbooksOf, shorten, shortenBytes } from '../notice-text.ts';

/** ntfy, published as JSON to the server's root. A message has at most 4,096 bytes, priorities go from 1 to 5, actions to 3. */
export const ntfy: HttpChannel<'ntfy'> = {
  request({ notice, idempotencyKey, config, secrets }) {
    const details = detailsOf(notice);
    const headers = secrets.token === undefined ? {} : { authorization: `Bearer ${secrets.token}` };
    return jsonRequest(
      `${config.server}/`,
      idempotencyKey,
      {
        topic: config.topic,
        title: shorten(notice.title, 250),
        message: shortenBytes(details === '' ? `${kindWord(notice)}, ${notice.severity}` : details, 4_000),
        priority: priorityOf(notice),
        tags: [notice.kind === 'resolved' ? 'white_check_mark' : TAGS[notice.severity]],
        click: notice.url,
        actions: runbooksOf(notice).map((url) => ({ action: 'view', label: 'Runbook', url })),
      },
      headers,
    );
  },
  reading: { providerId: (body) => memberOf(body, 'id') },
};

const TAGS = { error: 'rotating_light', warning: 'warning', info: 'information_source' } as const;

function priorityOf({ kind, severity }: Notice): number {
  return kind === 'resolved' || kind === 'acknowledged' ? 3 : { error: 5, warning: 4, info: 2 }[severity];
}
