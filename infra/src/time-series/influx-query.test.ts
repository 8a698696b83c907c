import { expect, it } from 'vitest';
import type { PartialRow } from '@fleetbeat/contracts/aggregates.ts';
import { addRows } from './influx-query.ts';
import { COLUMN_NAMES } from './line-protocol.ts';

it('leaves out a point of which InfluxDB does not yet show the cut, as no reader could tell that it is not stored', () => {
  const [first = ''] = COLUMN_NAMES.events;
  const columns = ['time', 'seq', ...COLUMN_NAMES.events];
  const point = (seq: number | null): unknown[] => [
    60_000,
    seq,
    ...COLUMN_NAMES.events.map((name) => (name === first ? 7 : null)),
  ];
  const rows: PartialRow[] = [];
  addRows(
    { results: [{ series: [{ tags: { key: 'all', source: '1' }, columns, values: [point(3), point(null)] }] }] } as never,
    { set: 'fleet', tier: '1m', from: 0, to: 120_000, sketches: false, limit: 10 },
    rows,
  );
  expect(rows.map(({ seq, values }) => [seq, values[0]])).toEqual([[3, 7]]);
});
