import { describe, expect, it } from 'vitest';
import { createHub, type Published } from './hub.ts';

function status(agentId: string) {
  return { agent_id: agentId, status: 'online' as const, last_seen: 1, host_id: null };
}
function sample(hostId: string) {
  return { host_id: hostId, ts: 1, cpu_usage: 1, memory_usage: 1, disk_usage: 1, uptime: 1 };
}
function fleet(points: number) {
  const point = { t: 0 } as never;
  return { view: 'fleet' as const, key: 'all', step: 10_000, points: Array.from({ length: points }, () => point), through: 1 };
}
const seqs = (missed: readonly Published[] | null) => missed?.map(({ message }) => message.seq);

describe('the hub', () => {
  it('numbers messages and hands them out in their channel', () => {
    const hub = createHub(() => 1_000);
    const got: Published[] = [];
    hub.onMessage((published) => got.push(published));
    hub.publish('agent_status', status('a'));
    hub.publish('performance_update', sample('h'));
    hub.publish('visualization_update', fleet(0), 'agent:a');
    expect(got.map(({ room, message }) => [room, message.seq])).toEqual([
      ['agents', 1_000_001],
      ['metrics', 1_000_002],
      ['agent:a', 1_000_003],
    ]);
  });

  it('tells who comes back what was sent to its rooms since', () => {
    const hub = createHub(() => 0);
    hub.publish('agent_status', status('a'));
    hub.publish('performance_update', sample('h'));
    hub.publish('agent_status', status('b'));
    expect(seqs(hub.missed(['agents'], { seq: 1 }))).toEqual([3]);
    expect(seqs(hub.missed(['agents', 'metrics'], { seq: 0 }))).toEqual([1, 2, 3]);
    expect(seqs(hub.missed(['agents'], { seq: 3 }))).toEqual([]);
  });

  it('does not pretend to know what it has forgotten, or what another process sent', () => {
    const hub = createHub(() => 5_000);
    const first = hub.seq;
    for (let i = 0; i < 5_000; i++) hub.publish('agent_status', status('a'));
    expect(hub.missed(['agents'], { seq: first })).toBeNull();
    expect(hub.missed(['agents'], { seq: hub.seq - 4_096 })).toHaveLength(4_096);
    expect(hub.missed(['agents'], { seq: hub.seq - 4_097 })).toBeNull();
    expect(hub.missed(['agents'], { seq: hub.seq + 1 })).toBeNull();
    expect(hub.missed(['agents'], { seq: 12 })).toBeNull();
  });

  it('tells who has read at a moment what was sent from then on, as long as that is remembered', () => {
    let time = 1_000;
    const hub = createHub(() => time);
    time = 2_000;
    hub.publish('agent_status', status('a'));
    time = 3_000;
    hub.publish('agent_status', status('b'));
    hub.publish('performance_update', sample('h'));
    expect(seqs(hub.missed(['agents'], { time: 2_001 }))).toEqual([1_000_002]);
    expect(seqs(hub.missed(['agents'], { time: 2_000 }))).toEqual([1_000_001, 1_000_002]);
    expect(seqs(hub.missed(['agents'], { time: 3_001 }))).toEqual([]);
    // It was not there yet.
    expect(hub.missed(['agents'], { time: 999 })).toBeNull();
    time = 4_000;
    for (let i = 0; i < 4_096; i++) hub.publish('performance_update', sample('h'));
    expect(hub.missed(['agents'], { time: 3_000 })).toBeNull();
    expect(hub.missed(['agents'], { time: 3_500 })).toEqual([]);
  });

  it('forgets sooner where messages are large', () => {
    const hub = createHub(() => 0);
    for (let i = 0; i < 100; i++) hub.publish('visualization_update', fleet(1_000));
    expect(hub.missed(['metrics'], { seq: 0 })).toBeNull();
    expect(hub.missed(['metrics'], { seq: 90 })).toHaveLength(10);
  });

  it('gives out other numbers than a process that started before or after', () => {
    const before = createHub(() => 1_000);
    const after = createHub(() => 2_000);
    before.publish('agent_status', status('a'));
    after.publish('agent_status', status('a'));
    expect(after.missed(['agents'], { seq: before.seq })).toBeNull();
    expect(before.missed(['agents'], { seq: after.seq })).toBeNull();
    expect(before.stream).not.toBe(after.stream);
  });
});
