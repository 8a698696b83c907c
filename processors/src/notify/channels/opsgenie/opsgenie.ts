import type { Notice, NoticeKind, NoticeAlert } from '@fleetbeat/contracts/delivery.ts';
import type { HttpRequest } from '../../delivery/http-sender.ts';
import { memberOf } from '../../delivery/outcome.ts';
import { jsonRequest, type HttpChannel, type Outgoing } from '../channel.ts';
import { detailsOf, labelText, runbooksOf, shorten } from '../notice-text.ts';

/**
 * Opsgenie's alert API. The alias folds: creating one that is open counts it up. Limits: message 130 characters, alias 512,
 * description 15,000, entity 512, 20 tags of 50, details 8,000 in all. 202 is taken, to be done later.
 */
export const opsgenie: HttpChannel<'opsgenie'> = {
  request(outgoing) {
    switch (ACTIONS[outgoing.notice.kind]) {
      case 'create':
        return toOpsgenie(outgoing, '/v2/alerts', alertOf(outgoing));
      case 'acknowledge':
      case 'close':
        return toOpsgenie(
          outgoing,
          `/v2/alerts/${encodeURIComponent(aliasOf(outgoing.notice))}/${ACTIONS[outgoing.notice.kind]}?identifierType=alias`,
          { source: 'Fleetbeat', note: shorten(outgoing.notice.title, 25_000) },
        );
    }
  },
  reading: { providerId: (body) => memberOf(body, 'requestId') },
};

const ACTIONS = {
  firing: 'create',
  repeat: 'create',
  escalated: 'create',
  approved: 'create',
  test: 'create',
  acknowledged: 'acknowledge',
  resolved: 'close',
} as const satisfies Record<NoticeKind, string>;

function toOpsgenie({ config, secrets, idempotencyKey }: Outgoing<'opsgenie'>, path: string, body: unknown): HttpRequest {
  return jsonRequest(`${config.api_url}${path}`, idempotencyKey, body, { authorization: `GenieKey ${secrets.api_key}` });
}

function aliasOf({ dedup_key: key }: Notice): string {
  return shorten(key, 512);
}

function alertOf({ notice, config }: Outgoing<'opsgenie'>) {
  const first: NoticeAlert | undefined = notice.alerts[0];
  const runbooks = runbooksOf(notice).map((url) => `Runbook: ${url}`);
  return {
    message: shorten(notice.title, 130),
    alias: aliasOf(notice),
    description: shorten([detailsOf(notice), notice.url, ...runbooks].filter((line) => line !== '').join('\n'), 15_000),
    responders: config.teams.map((name) => ({ type: 'team', name })),
    tags: ['fleetbeat', notice.severity, ...config.tags],
    details: {
      url: shorten(notice.url, 2_000),
      labels: shorten(labelText(notice.group_labels), 4_000),
      alerts: String(notice.alerts.length + notice.more_alerts),
    },
    ...(first === undefined ? {} : { entity: shorten(`${first.set} ${first.key}`, 512) }),
    source: 'Fleetbeat',
    priority: { error: 'P1', warning: 'P3', info: 'P5' }[notice.severity],
  };
}
