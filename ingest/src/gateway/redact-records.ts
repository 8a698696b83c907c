import { setImmediate } from 'node:timers/promises';
import type { Rejection } from '@fleetbeat/contracts/api.ts';
import { EVENT_TOPICS } from '@fleetbeat/contracts/events.ts';
import type { NewRecord } from '@fleetbeat/infra/event-log/event-log.ts';
import type { Redaction } from '@fleetbeat/infra/redaction/redaction.ts';
import { MAX_RECORD_BYTES } from './pack-records.ts';

/** After so many events other requests get a turn. */
const EVENTS_PER_TURN = 200;

/** Records of valid events with what is not to be stored taken out. Marks may be longer than what they stand for: one record may become several. */
export async function redactRecords(records: readonly NewRecord[], redaction: Redaction): Promise<NewRecord[]> {
  const result: NewRecord[] = [];
  let done = 0;
  for (const record of records) {
    const topic = EVENT_TOPICS.find((each) => each === record.topic);
    if (topic === undefined) throw new Error(`${record.topic} carries no events`);
    let lines: string[] = [];
    let bytes = 0;
    const take = (): void => {
      if (lines.length > 0) result.push({ ...record, value: Buffer.from(lines.join('\n')), count: lines.length });
      lines = [];
      bytes = 0;
    };
    for (const line of Buffer.from(record.value).toString().split('\n')) {
      if (++done % EVENTS_PER_TURN === 0) await setImmediate();
      const { text } = redaction.event(topic, line);
      const length = Buffer.byteLength(text) + 1;
      if (bytes + length > MAX_RECORD_BYTES) take();
      lines.push(text);
      bytes += length;
    }
    take();
  }
  return result;
}

/** Reasons quote what was sent, and are logged. */
export function redactReason(rejection: Rejection, redaction: Redaction): Rejection {
  const reason = rejection.code === 'malformed_json' ? 'is not valid JSON' : redaction.text(rejection.reason);
  return { ...rejection, reason };
}
