import { describe, expect, it } from 'vitest';
import { loadConfig } from './config.ts';
import { enginesInUse, waitForEngine } from './engines.ts';
import { createLogger } from './logger.ts';

describe('engines', () => {
  it('are told as configured', () => {
    expect(enginesInUse(loadConfig({ KAFKA_BROKERS: 'k:9092', FLEETBEAT_EMBEDDED_DATABASE: 'true' }))).toEqual({
      event_log: 'kafka',
      time_series: 'postgres',
      job_queue: 'postgres',
      database: 'embedded-postgres',
    });
  });

  it('are waited for, with the reason in the log', async () => {
    const lines: string[] = [];
    const logger = createLogger('test', 'info', { write: (line) => void lines.push(line) });
    let tries = 0;
    await waitForEngine(
      'Kafka',
      async () => {
        tries += 1;
        if (tries < 3) throw new AggregateError([new Error('connect ECONNREFUSED 127.0.0.1:9092')], '');
      },
      logger,
      new AbortController().signal,
      () => Promise.resolve(),
    );
    expect(tries).toBe(3);
    expect(lines.join('')).toContain('waiting for Kafka');
    expect(lines.join('')).toContain('ECONNREFUSED');
    expect(lines.join('')).toContain('Kafka is there');
  });

  it('are waited for no longer once the process stops', async () => {
    const stop = new AbortController();
    const waiting = waitForEngine(
      'Kafka',
      () => Promise.reject(new Error('away')),
      createLogger('test', 'silent'),
      stop.signal,
      () => Promise.resolve(stop.abort(new Error('stopped'))),
    );
    await expect(waiting).rejects.toThrow('stopped');
  });
});
