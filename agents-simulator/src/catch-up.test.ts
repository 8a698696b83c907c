import type { Pipeline } from '@fleetbeat/contracts/api.ts';
import type { EventTopic } from '@fleetbeat/contracts/events.ts';
import { describe, expect, it } from 'vitest';
import { followPipeline, StillBehind } from './catch-up.ts';
import type { Platform } from './platform.ts';

describe('followPipeline', () => {
  const pipeline = (read: number, stored: number, end: number): Pipeline => ({
    accepted: end,
    aggregated: read,
    duplicate: 0,
    dead_lettered: 0,
    pending: end - stored,
    late: 0,
    expired_offsets: 0,
    lag_events: end - stored,
    sources: [
      {
        source: 1,
        topic: 'agent-events',
        partition: 0,
        stored_offset: stored,
        end_offset: end,
        lag_events: end - stored,
        last_cut_at: null,
        aggregated: read,
        duplicate: 0,
        dead_lettered: 0,
        late: 0,
      },
    ],
    differences: { open: 0, items: [] },
    reconciled_through: null,
    event_to_screen_ms: { p50: null, p99: null, samples: 0 },
  });
  const answering = (states: Pipeline[]): Platform => ({
    key: undefined,
    get: (_name, _place, schema) => Promise.resolve(schema.parse(states.length > 1 ? states.shift() : states[0])),
  });

  const sent = new Map<EventTopic, number>([['agent-events', 100]]);
  const soon = () => Date.now() + 10_000;

  it('waits until the events are read, though the log seemed short and others are ahead', async () => {
    const states = [pipeline(40, 5, 5), pipeline(50, 5, 5), pipeline(139, 9, 10), pipeline(140, 10, 10), pipeline(0, 0, 99)];
    const catchUp = await followPipeline(answering(states), pipeline(40, 0, 0), sent);
    await catchUp.untilRead(soon());
    expect(states).toHaveLength(1);
  });

  it('waits for each topic by itself: one cannot stand in for another', async () => {
    const both = new Map<EventTopic, number>([...sent, ['task-events', 1]]);
    const catchUp = await followPipeline(answering([pipeline(500, 5, 5)]), pipeline(0, 0, 0), both);
    await expect(catchUp.untilRead(Date.now() - 1)).rejects.toThrow('0 of 1 task-events');
  });

  it('has passed when all that was in the log is stored, though more has come since', async () => {
    const states = [pipeline(0, 0, 10), pipeline(50, 9, 11), pipeline(100, 10, 12)];
    const catchUp = await followPipeline(answering(states), pipeline(0, 0, 0), sent);
    expect(await catchUp.hasPassed()).toBe(false);
    expect(await catchUp.hasPassed()).toBe(true);
  });

  it('says how far the pipeline has come when it is given too little time', async () => {
    const catchUp = await followPipeline(answering([pipeline(40, 4, 10)]), pipeline(0, 0, 0), sent);
    const late = catchUp.untilRead(Date.now() - 1);
    await expect(late).rejects.toThrow(StillBehind);
    await expect(late).rejects.toThrow('40 of 100');
  });
});
