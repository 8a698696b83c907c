import { performanceUpdateSchema, type PerformanceUpdate } from '@fleetbeat/contracts/live.ts';
import type { Transaction } from '@fleetbeat/infra/database/database.ts';
import { storableJson, storableText } from '@fleetbeat/infra/database/storable.ts';
import type { DecodedEvent } from '../engine/decode.ts';

interface HostSighting {
  readonly firstSeen: number;
  lastSeen: number;
  /** The newest sample by its own time. */
  sample: DecodedEvent;
  /** The sample that was shown last. */
  shown: DecodedEvent | null;
}

/** What one cut tells about the hosts in it, for the registry. */
export class HostSamples {
  readonly #hosts = new Map<string, HostSighting>();

  add(event: DecodedEvent): void {
    const host = this.#hosts.get(event.key);
    if (host === undefined) {
      this.#hosts.set(event.key, { firstSeen: event.appendedAt, lastSeen: event.appendedAt, sample: event, shown: null });
      return;
    }
    host.lastSeen = event.appendedAt;
    if (event.ts >= host.sample.ts) host.sample = event;
  }

  /** The newest samples that were not shown yet. */
  takeNewest(): PerformanceUpdate[] {
    const updates: PerformanceUpdate[] = [];
    for (const [hostId, host] of this.#hosts) {
      if (host.shown === host.sample) continue;
      host.shown = host.sample;
      updates.push(performanceUpdateSchema.parse({ ...host.sample.fields, host_id: hostId, ts: host.sample.ts }));
    }
    return updates;
  }

  async save(transaction: Transaction, source: number): Promise<void> {
    const rows = [...this.#hosts].sort(([a], [b]) => (a < b ? -1 : 1));
    for (const [hostId, { firstSeen, lastSeen, sample }] of rows) {
      const { fields } = sample;
      await transaction.query({
        name: 'save-host-sample',
        text: `insert into hosts as h (host_id, source, hostname, platform, cores, labels, first_seen, last_seen, sample, sample_ts)
               values ($1, $2, $3, $4, $5, coalesce($6::jsonb, '{}'), $7, $8, $9, $10)
               on conflict (host_id) do update set
                 source = excluded.source,
                 hostname = coalesce(excluded.hostname, h.hostname),
                 platform = coalesce(excluded.platform, h.platform),
                 cores = coalesce(excluded.cores, h.cores),
                 labels = coalesce($6::jsonb, h.labels),
                 last_seen = greatest(h.last_seen, excluded.last_seen),
                 sample = case when excluded.sample_ts >= h.sample_ts then excluded.sample else h.sample end,
                 sample_ts = greatest(h.sample_ts, excluded.sample_ts),
                 archived_at = null`,
        values: [
          hostId,
          source,
          storableText(fields['hostname'] as string | undefined),
          storableText(fields['platform'] as string | undefined),
          fields['cores'] ?? null,
          fields['labels'] === undefined ? null : storableJson(fields['labels']),
          firstSeen,
          lastSeen,
          storableJson(fields),
          sample.ts,
        ],
      });
    }
  }
}
