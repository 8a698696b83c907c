import { NOTICE_KINDS, type Notice, type NoticeAlert } from '@fleetbeat/contracts/delivery.ts';

/** Notices for tests. */

export const AT = 1_800_000_000_000;

export function alert(over: Partial<NoticeAlert> = {}): NoticeAlert {
  return {
    id: 1,
    rule_id: 'offline',
    rule_name: 'Agent offline',
    set: 'agent',
    key: 'agent-1',
    state: 'firing',
    severity: 'error',
    value: 95,
    labels: { team: 'search' },
    annotations: { summary: 'agent-1 has been silent for 95 s' },
    runbook_url: 'https://runbooks.example.com/offline',
    fired_at: AT,
    resolved_at: null,
    ...over,
  };
}

export function notice(over: Partial<Notice> = {}): Notice {
  return {
    kind: 'firing',
    dedup_key: 'incident-7',
    incident_id: 7,
    severity: 'error',
    title: 'agent-1 is offline',
    body: '',
    url: 'https://fleet.example.com/incidents/7',
    at: AT,
    started_at: AT,
    group_labels: { team: 'search' },
    alerts: [alert()],
    more_alerts: 0,
    ...over,
  };
}

/** As large as a notice can be, with text that means something to whoever renders it. */
export function hugeNotice(over: Partial<Notice> = {}): Notice {
  const hostile = '<!channel> @everyone *_`[](x) & "\\ 🦊';
  const long = (length: number) => hostile.repeat(Math.ceil(length / hostile.length)).slice(0, length);
  const labels = Object.fromEntries(Array.from({ length: 16 }, (_, index) => [`label_${index}`, long(256)]));
  return notice({
    dedup_key: `incident-${'x'.repeat(600)}`,
    title: long(79),
    body: '',
    group_labels: labels,
    alerts: Array.from({ length: 100 }, (_, index) =>
      alert({
        id: index,
        rule_name: long(79),
        key: `${index}${long(250)}`,
        labels,
        annotations: { summary: long(1_000), description: long(1_000) },
        runbook_url: `https://runbooks.example.com/${index}/${'y'.repeat(1_900)}`,
      }),
    ),
    more_alerts: 4_711,
    ...over,
  });
}

/** Every kind of notice, as small and as large as it can be. */
export const EVERY_NOTICE: readonly Notice[] = NOTICE_KINDS.flatMap((kind) => [
  notice({ kind }),
  notice({ kind, alerts: [], group_labels: {}, body: '' }),
  notice({ kind, body: '🦊'.repeat(60_000) }),
  hugeNotice({ kind }),
]);
