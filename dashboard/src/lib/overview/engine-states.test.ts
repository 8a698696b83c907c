import { expect, test } from 'vitest';
import { acceptedRate, engineStates, missingEngines, stuckSince, type PipelineReading } from './engine-states.ts';

const ENGINES = { event_log: 'kafka', time_series: 'influxdb', job_queue: 'redis', database: 'postgres' } as const;

test('every engine is named by what it is for', () => {
  expect(engineStates(ENGINES, []).map(({ part, name, usable }) => `${part}: ${name} ${usable}`)).toEqual([
    'Event log: Kafka true',
    'Time series: InfluxDB true',
    'Job queue: Redis true',
    'Database: Postgres true',
  ]);
});

test('those that cannot be used are the ones that the sentence names, known by name or not', () => {
  const missing = missingEngines('cannot be used at the moment: time_series, database') ?? [];
  expect(engineStates(ENGINES, missing).map(({ usable }) => usable)).toEqual([true, false, true, false]);
  expect(engineStates(null, missing).map(({ name }) => name)).toEqual([null, null, null, null]);
});

test('another failure names no engine', () => expect(missingEngines('the database is away')).toBeNull());

const source = {
  source: 0,
  topic: 'events',
  partition: 0,
  end_offset: 90,
  aggregated: 0,
  duplicate: 0,
  dead_lettered: 0,
  late: 0,
};
const reading = (at: number, accepted: number, offset = 1, lag = 0): PipelineReading => ({
  at,
  pipeline: { accepted, sources: [{ ...source, stored_offset: offset, lag_events: lag, last_cut_at: 4_000 }] },
});

test.each([
  ['events over the seconds between', reading(0, 100), reading(10_000, 600), 50],
  ['a ledger that begins anew', reading(0, 100), reading(10_000, 6), 0],
  ['the first reading', null, reading(10_000, 600), null],
  ['the same moment', reading(10_000, 100), reading(10_000, 600), null],
])('the rate: %s', (_, before, now, rate) => expect(acceptedRate(before, now)).toBe(rate));

test.each([
  ['events wait, and none was stored', reading(10_000, 0, 7, 5), reading(20_000, 0, 7, 9), 4_000],
  ['events wait, and some were stored', reading(10_000, 0, 7, 5), reading(20_000, 0, 8, 9), null],
  ['events have just come in', reading(10_000, 0, 7, 0), reading(20_000, 0, 7, 9), null],
  ['nothing waits', reading(10_000, 0, 7, 0), reading(20_000, 0, 7, 0), null],
  ['a moment is too short to tell', reading(11_000, 0, 7, 5), reading(20_000, 0, 7, 9), null],
  ['the first reading', null, reading(20_000, 0, 7, 9), null],
])('a source is stuck or not: %s', (_, before, now, since) => expect(stuckSince(before, now)).toBe(since));
