import type { Notice, NoticeAlert } from '@fleetbeat/contracts/delivery.ts';
import { jsonRequest, type HttpChannel, type Outgoing } from '../channel.ts';
import { isoTime } from '../notice-text.ts';

/** The payload of Alertmanager's webhook receiver, version 4, for whatever understands that. */
export const alertmanager: HttpChannel<'alertmanager'> = {
  request(outgoing) {
    const { config, secrets, idempotencyKey } = outgoing;
    const headers = secrets.authorization === undefined ? {} : { authorization: secrets.authorization };
    return jsonRequest(config.url, idempotencyKey, payload(outgoing), headers);
  },
  reading: {},
};

/** What Alertmanager writes for a time that has not come. */
const NEVER = '0001-01-01T00:00:00Z';

function payload({ notice, config }: Outgoing<'alertmanager'>) {
  const alerts = notice.alerts.map((alert) => alertOf(notice, alert));
  return {
    version: '4',
    groupKey: notice.dedup_key,
    truncatedAlerts: notice.more_alerts,
    status: notice.kind === 'resolved' ? 'resolved' : 'firing',
    receiver: config.receiver,
    groupLabels: notice.group_labels,
    commonLabels: shared(alerts.map(({ labels }) => labels)),
    commonAnnotations: shared(alerts.map(({ annotations }) => annotations)),
    externalURL: new URL(notice.url).origin,
    alerts,
  };
}

function alertOf(notice: Notice, alert: NoticeAlert) {
  const labels = {
    ...alert.labels,
    alertname: alert.rule_name,
    severity: alert.severity,
    set: alert.set,
    key: alert.key,
  };
  const annotations = {
    ...alert.annotations,
    ...(alert.runbook_url === null ? {} : { runbook_url: alert.runbook_url }),
  };
  return {
    status: alert.state,
    labels,
    annotations,
    startsAt: isoTime(alert.fired_at),
    endsAt: alert.resolved_at === null ? NEVER : isoTime(alert.resolved_at),
    generatorURL: notice.url,
    fingerprint: fingerprintOf(labels),
  };
}

/** What all of them have in common. */
function shared(all: readonly Readonly<Record<string, string>>[]): Record<string, string> {
  const [first, ...others] = all;
  return Object.fromEntries(Object.entries(first ?? {}).filter(([name, value]) => others.every((each) => each[name] === value)));
}

/** FNV-1a of 64 bits over the labels by name, as Prometheus identifies an alert. */
export function fingerprintOf(labels: Readonly<Record<string, string>>): string {
  const sorted = Object.entries(labels).sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  const bytes = Buffer.concat(sorted.flatMap(([name, value]) => [Buffer.from(name), SEPARATOR, Buffer.from(value), SEPARATOR]));
  let hash = 0xcbf29ce484222325n;
  for (const byte of bytes) hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
  return hash.toString(16).padStart(16, '0');
}
const SEPARATOR = Buffer.of(255);
