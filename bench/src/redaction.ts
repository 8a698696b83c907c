import { DETECTORS, NO_REDACTION } from '@fleetbeat/contracts/redaction.ts';
import { createRedaction } from '@fleetbeat/infra/redaction/redaction.ts';
import { decodeBody } from '../../ingest/src/gateway/decode-body.ts';
import { redactRecords } from '../../ingest/src/gateway/redact-records.ts';
import { requestBody } from './request-bodies.ts';

const EVENTS = 100;
const BODIES = 200;
const TURNS = 15;

/**
 * What redaction with every detector takes of an event at the gateway, on top of reading it: CPU, and as a ratio of the whole to
 * reading it alone. Turns are taken body by body, so that both meet the same moods of the machine.
 */
export async function benchRedaction(): Promise<Record<string, number>> {
  const redaction = createRedaction({ ...NO_REDACTION, enabled: true, detectors: [...DETECTORS] }, 'a secret of the bench');
  const options = { format: 'json', receivedAt: Date.now(), partitionOf: () => 0, makeId: () => 'unused' } as const;
  const bodies = Array.from({ length: BODIES }, (_, number) => {
    const body = requestBody(number, EVENTS, 1_000);
    body.renew(number * EVENTS, options.receivedAt);
    return body.bytes;
  });
  const without: number[] = [];
  const added: number[] = [];
  for (let turn = 0; turn < TURNS; turn++) {
    let [reading, redacting] = [0, 0];
    for (const bytes of bodies) {
      const begun = process.cpuUsage();
      const decoded = await decodeBody(bytes, options);
      reading += secondsSince(begun);
      if (!decoded.ok || decoded.accepted !== EVENTS) throw new Error('a body was not taken');
      const read = process.cpuUsage();
      await redactRecords(decoded.records, redaction);
      redacting += secondsSince(read);
    }
    // The first ones warm up.
    if (turn < 3) continue;
    without.push(reading);
    added.push(redacting);
  }
  const events = EVENTS * BODIES;
  const [readingS, redactingS] = [median(without), median(added)];
  return { redaction_us_per_event: (redactingS / events) * 1e6, redaction_ratio: (readingS + redactingS) / readingS };
}

function secondsSince(begun: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(begun);
  return (user + system) / 1e6;
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
