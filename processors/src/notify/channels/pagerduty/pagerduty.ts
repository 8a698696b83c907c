import type { Notice, NoticeKind } from '@fleetbeat/contracts/delivery.ts';
import { memberOf } from '../../delivery/outcome.ts';
import { jsonRequest, type HttpChannel } from '../channel.ts';
import { detailsOf, fitting, isoTime, runbooksOf, shorten, shortenBytes } from '../notice-text.ts';

/**
 * PagerDuty's Events API v2. `dedup_key` (255 characters) folds everything about an incident into one alert there, whatever
 * comes twice as well. Limits: summary 1,024 characters, an event 512 kB. 202 is taken; 400 is an event that never will be.
 */
export const pagerduty: HttpChannel<'pagerduty'> = {
  request({ notice, idempotencyKey, config, secrets }) {
    const event = {
      routing_key: secrets.routing_key,
      event_action: ACTIONS[notice.kind],
      dedup_key: shorten(notice.dedup_key, 255),
    };
    const body = event.event_action === 'trigger' ? { ...event, ...alertOf(notice) } : event;
    return jsonRequest(`${config.api_url}/v2/enqueue`, idempotencyKey, body);
  },
  reading: { providerId: (body) => memberOf(body, 'dedup_key') },
};

const ACTIONS: Readonly<Record<NoticeKind, 'trigger' | 'acknowledge' | 'resolve'>> = {
  firing: 'trigger',
  repeat: 'trigger',
  escalated: 'trigger',
  approved: 'trigger',
  test: 'trigger',
  acknowledged: 'acknowledge',
  resolved: 'resolve',
};

function alertOf(notice: Notice) {
  const [first] = notice.alerts;
  return {
    payload: {
      summary: shorten(notice.title, 1_024),
      source: shorten(first === undefined ? 'fleetbeat' : `${first.set} ${first.key}`, 1_024),
      severity: notice.severity,
      timestamp: isoTime(notice.started_at),
      ...(first === undefined ? {} : { component: shorten(first.key, 255), class: shorten(first.rule_name, 255) }),
      custom_details: {
        details: shortenBytes(detailsOf(notice), 50_000),
        labels: notice.group_labels,
        alerts: fitting(notice.alerts, 200_000),
        more_alerts: notice.more_alerts,
      },
    },
    client: 'Fleetbeat',
    client_url: notice.url,
    links: runbooksOf(notice).map((href) => ({ href, text: 'Runbook' })),
  };
}
