import { measuresSchema } from '@fleetbeat/contracts/api.ts';
import { describe, expect, it } from 'vitest';
import { gaugePointOf, measuresOf, taskDurationsOf, taskTotalsOf } from './measures.ts';
import { COLUMN, Partial } from './partial.ts';

describe('measuresOf', () => {
  it('answers nulls where nothing was timed or scored', () => {
    const measures = measuresSchema.parse(measuresOf(new Partial('events')));
    expect(measures).toMatchObject({
      total_messages: 0,
      average_response_time: null,
      response_time_min: null,
      response_time_p50: null,
      average_feedback_score: null,
      unique_users: 0,
    });
  });

  it('gives milliseconds, dollars, scores and the sum of the token classes', () => {
    const partial = new Partial('events');
    const column = COLUMN.events;
    const set = (index: number, value: number) => (partial.values[index] = value);
    set(column.messages, 3);
    set(column.timed, 2);
    set(column.response_us, 3_000_000);
    set(column.response_us_min, 1_000_000);
    set(column.response_us_max, 2_000_000);
    set(column.input_tokens, 1);
    set(column.output_tokens, 20);
    set(column.cache_read_tokens, 300);
    set(column.cache_write_tokens, 4_000);
    set(column.reasoning_tokens, 50_000);
    set(column.other_tokens, 600_000);
    set(column.cost_micros, 1_250_000);
    set(column.scored, 2);
    set(column.score_micros, 9_000_000);
    partial.addToSketch(1_000_000);
    partial.addToSketch(2_000_000);
    partial.addDistinct(1, 1);
    const measures = measuresOf(partial);
    expect(measures).toMatchObject({
      average_response_time: 1_500,
      response_time_min: 1_000,
      response_time_max: 2_000,
      total_tokens_used: 654_321,
      total_cost_usd: 1.25,
      average_feedback_score: 4.5,
      unique_users: 1,
    });
    expect(Math.abs((measures.response_time_p50 ?? 0) - 1_500)).toBeLessThan(15);
  });

  it('keeps quantiles between the exact extremes', () => {
    for (const micros of [1, 999, 123_457, 86_400_000_000]) {
      const partial = new Partial('events');
      partial.values[COLUMN.events.timed] = 1;
      partial.values[COLUMN.events.response_us_min] = micros;
      partial.values[COLUMN.events.response_us_max] = micros;
      partial.addToSketch(micros);
      expect(measuresOf(partial)).toMatchObject({ response_time_p50: micros / 1_000, response_time_p99: micros / 1_000 });
    }
  });
});

describe('gauges and tasks', () => {
  it('have no point without a sample', () => {
    expect(gaugePointOf(0, new Partial('gauges'))).toBeNull();
    const partial = new Partial('gauges');
    partial.mergeValues([2, 90_000, 40_000, 50_000, 40_000, 17]);
    expect(gaugePointOf(60_000, partial)).toEqual({ t: 60_000, avg: 45, min: 40, max: 50, last: 40 });
  });

  it('have a completion rate once a task has ended', () => {
    const partial = new Partial('tasks');
    expect(taskTotalsOf(partial).completion_rate).toBeNull();
    expect(taskDurationsOf(partial)).toEqual({ average: null, p50: null, p95: null });
    partial.mergeValues([9, 8, 3, 1, 0, 2, 1_000]);
    expect(taskTotalsOf(partial)).toMatchObject({ created: 9, started: 8, completion_rate: 0.75 });
    expect(taskDurationsOf(partial).average).toBe(500);
  });
});
