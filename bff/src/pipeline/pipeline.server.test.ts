import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Pipeline } from '@fleetbeat/contracts/api.ts';
import { kafkaBrokers } from '@fleetbeat/infra/testing/servers.ts';
import { createReadQuery } from '../http/read-query.ts';
import { addCut, addSource } from '../testing/fill.ts';
import { createPipelineReadModel } from './read-model.ts';
import { startTestBff, type TestBff } from '../start-test-bff.ts';

describe('the ledger', () => {
  let bff: TestBff;
  let source: number;
  beforeAll(async () => {
    bff = await startTestBff();
    source = await addSource(bff.database, 'agent-events', 2, 1);
  });
  afterAll(() => bff.stop());

  const ledger = async () => (await (await bff.get('/pipeline')).json()) as Pipeline;

  async function append(partition: number, count: number, tick = false): Promise<void> {
    const record = { topic: 'agent-events', partition, key: 'a', value: Buffer.from('{}'), count, tick } as const;
    await bff.eventLog.append([record]);
  }

  it('adds up at every moment, from the append over cuts on the way to what is stored', async () => {
    await append(2, 10);
    await append(2, 0, true);
    await append(2, 7);
    await append(3, 5);
    expect(await ledger()).toMatchObject({ accepted: 22, aggregated: 0, pending: 22, lag_events: 22 });

    // Claimed, not stored yet: nothing of it counts.
    await addCut(bff.database, source, {
      seq: 0,
      firstOffset: 0,
      endOffset: 2,
      aggregated: 8,
      duplicate: 1,
      dead: 1,
      stored: false,
    });
    expect(await ledger()).toMatchObject({ accepted: 22, aggregated: 0, pending: 22, lag_events: 22 });

    await bff.database.query('update cuts set stored_at = now()');
    expect(await ledger()).toMatchObject({
      accepted: 22,
      aggregated: 8,
      duplicate: 1,
      dead_lettered: 1,
      pending: 12,
      lag_events: 12,
    });

    await addCut(bff.database, source, { seq: 1, firstOffset: 2, endOffset: 3, aggregated: 7 });
    const after = await ledger();
    expect(after).toMatchObject({ accepted: 22, aggregated: 15, duplicate: 1, dead_lettered: 1, pending: 5, lag_events: 5 });
    expect(after.sources).toEqual([
      expect.objectContaining({
        source,
        topic: 'agent-events',
        partition: 2,
        stored_offset: 3,
        end_offset: 3,
        lag_events: 0,
        aggregated: 15,
      }),
    ]);
    expect(Math.abs((after.sources[0]?.last_cut_at ?? 0) - Date.now())).toBeLessThan(60_000);
  });

  it('counts each cut once, however many ask at the same time', async () => {
    await addCut(bff.database, source, { seq: 2, firstOffset: 3, endOffset: 4, aggregated: 100 });
    const answers = await Promise.all(Array.from({ length: 8 }, ledger));
    expect(new Set(answers.map(({ aggregated }) => aggregated))).toEqual(new Set([115]));
    expect((await ledger()).aggregated).toBe(115);
  });

  it('counts cuts that are not kept any more, whether it knew them before or not', async () => {
    await bff.database.query(`with gone as (delete from cuts where seq < 2 returning *)
      insert into pruned_cuts
        select source, max(seq), 0, count(*), sum(aggregated), sum(duplicate), sum(dead), sum(late), sum(expired) from gone group by 1`);
    expect((await ledger()).aggregated).toBe(115);
    const untimed = { timed: <T>(_: string, work: () => Promise<T>) => work() };
    const later = createPipelineReadModel(createReadQuery(bff.database, untimed), bff.eventLog);
    expect(await later()).toMatchObject({ aggregated: 115, duplicate: 1, dead_lettered: 1 });
    // Cuts that came and went since it looked last.
    await bff.database.query('update pruned_cuts set through_seq = 3, aggregated = aggregated + 1000');
    await addCut(bff.database, source, { seq: 4, firstOffset: 4, endOffset: 5, aggregated: 10_000 });
    expect((await ledger()).aggregated).toBe(11_115);
    expect((await later()).aggregated).toBe(11_115);
    expect((await later()).aggregated).toBe(11_115);
  });

  it('says by how many events a source is behind, whatever ticks have come', async () => {
    const idle = await addSource(bff.database, 'agent-events', 1, 1);
    const lag = async () => (await ledger()).sources.find((each) => each.source === idle)?.lag_events;
    await append(1, 4);
    for (let tick = 0; tick < 20; tick++) await append(1, 0, true);
    expect(await lag()).toBe(4);
    await addCut(bff.database, idle, { seq: 0, firstOffset: 0, endOffset: 1, aggregated: 4 });
    expect(await lag()).toBe(0);
  });
});

describe.skipIf(kafkaBrokers() === null)('the ledger on Kafka', () => {
  let bff: TestBff;
  beforeAll(async () => {
    bff = await startTestBff({ KAFKA_BROKERS: (kafkaBrokers() ?? []).join(',') });
  });
  afterAll(() => bff.stop());

  it('tells records where the log tells no events', async () => {
    const response = await bff.get('/pipeline');
    expect(response.status).toBe(200);
    const {
      accepted,
      aggregated,
      duplicate,
      dead_lettered: dead,
      pending,
      lag_events: lag,
    } = (await response.json()) as Pipeline;
    expect(pending).toBe(lag);
    expect(accepted).toBe(aggregated + duplicate + dead + pending);
    expect(await (await fetch(`${bff.url}/ready`)).json()).toMatchObject({ engines: { event_log: 'kafka' } });
  });
});
