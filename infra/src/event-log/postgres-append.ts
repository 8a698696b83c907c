import type { Database } from '../database/database.ts';
import { LogUnavailable, type NewRecord } from './event-log.ts';
import type { LogDirectory } from './postgres-directory.ts';

/** Appends records in one transaction and one round trip; resolves when it is committed. */
export async function appendRecords(
  database: Database,
  directory: LogDirectory,
  records: readonly NewRecord[],
  timeoutMs: number,
): Promise<void> {
  const logs: number[] = [];
  const starts: number[] = [];
  const keySizes: number[] = [];
  const valueSizes: number[] = [];
  const counts: number[] = [];
  const ticks: boolean[] = [];
  const requests: (string | null)[] = [];
  let size = 0;
  for (const record of records) {
    const keySize = record.key === null ? -1 : Buffer.byteLength(record.key);
    logs.push(await logOf(directory, record));
    starts.push(size);
    keySizes.push(keySize);
    valueSizes.push(record.value.byteLength);
    counts.push(record.count);
    ticks.push(record.tick === true);
    requests.push(record.requestId ?? null);
    size += Math.max(0, keySize) + record.value.byteLength;
  }
  // One binary parameter: an array of bytea would travel as hexadecimal text.
  const payload = Buffer.allocUnsafe(size);
  let at = 0;
  for (const record of records) {
    if (record.key !== null) at += payload.write(record.key, at);
    payload.set(record.value, at);
    at += record.value.byteLength;
  }

  const client = await database.connect();
  let failure: Error | undefined;
  try {
    await client.query({
      text: 'select log_append($1, $2, $3, $4, $5, $6, $7, $8)',
      values: [list(logs), list(starts), list(keySizes), list(valueSizes), list(counts), list(ticks), requests, payload],
      query_timeout: timeoutMs,
    } as { text: string; values: unknown[] });
  } catch (error) {
    failure = error instanceof Error ? error : new Error(String(error));
    throw new LogUnavailable(`the records were not appended: ${failure.message}`, { cause: failure });
  } finally {
    // After a failure nobody knows what the connection is still busy with.
    client.release(failure);
  }
}

/** Waits only where the topic has not been looked up before. */
function logOf(directory: LogDirectory, record: NewRecord): number | Promise<number> {
  return directory.knownLog(record) ?? directory.log(record);
}

function list(values: readonly (number | boolean)[]): string {
  return `{${values.join(',')}}`;
}
