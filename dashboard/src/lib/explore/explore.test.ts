import { describe, expect, it } from 'vitest';
import type { SeriesAnswer } from '@fleetbeat/contracts/dashboards.ts';
import { panelSchema } from '@fleetbeat/contracts/dashboards.ts';
import { explorePath, panelOf, parseQuestion, questionMistake, questionParameters, questionTitle } from './explore-question.ts';
import { drawingOf, shiftOf, totalsOf } from './explore-rows.ts';

const parse = (text: string) => parseQuestion(new URLSearchParams(text));

describe('a question in the URL', () => {
  it.each([
    'set=model&measure=total_cost_usd&key=a&key=b&as=area&compare=1',
    'set=agent&measure=response_time_p95&key=one&as=heat',
    'set=fleet&measure=error_rate',
  ])('is the same after a way there and back: %s', (text) => {
    expect(questionParameters(parse(text)).toString()).toBe(text);
  });

  it('takes what makes no sense as missing', () => {
    expect(parse('set=moon&measure=cpu_usage&key=a&as=pie')).toEqual({
      set: 'fleet',
      measure: 'total_messages',
      keys: [],
      shape: 'line',
      compare: false,
    });
    expect(parse('set=host&as=heat').shape).toBe('line');
    expect(parse(`set=model&${Array.from({ length: 20 }, (_, n) => `key=${n}`).join('&')}`).keys).toHaveLength(8);
  });

  it('keeps the range of time, and leaves nothing of the question before', () => {
    expect(explorePath({ set: 'model', measure: 'total_responses' }, '?range=1h&key=x&compare=1')).toBe(
      '/explore?range=1h&set=model&measure=total_responses',
    );
  });

  it.each([
    ['set=agent&measure=total_messages', 'Name at least one agent.'],
    ['set=model&measure=total_messages&as=heat', 'A heatmap shows one model at a time: choose one.'],
    ['set=model&measure=total_messages', null],
    ['set=fleet&as=heat', null],
  ])('says what is missing in %s', (text, mistake) => expect(questionMistake(parse(text))).toBe(mistake));

  it.each([
    ['set=fleet&measure=error_rate', 'Error rate of the fleet'],
    ['set=model&measure=total_cost_usd', 'Cost by model'],
    ['set=host&measure=cpu_usage&key=db-1', 'CPU of db-1'],
    ['set=fleet&as=heat', 'Response times of the fleet'],
  ])('has a title: %s', (text, title) => expect(questionTitle(parse(text))).toBe(title));

  it('becomes a panel that a dashboard takes', () => {
    const panel = panelOf(parse('set=host&measure=cpu_usage&key=db-1'), 'panel-1', { x: 0, y: 0, w: 6, h: 4 });
    expect(panelSchema.safeParse(panel).success).toBe(true);
  });
});

describe('now beside before', () => {
  const answer = (from: number, key: string, total: number, ...values: number[]): SeriesAnswer => ({
    from,
    to: from + 20_000,
    step_ms: 10_000,
    series: [{ key, measure: 'total_messages', total, points: values.map((value, n) => ({ t: from + n * 10_000, value })) }],
  });

  it('stand on the same windows, the one before dashed and whole', () => {
    const shift = shiftOf(20_000, 10_000);
    const { rows, series } = drawingOf(
      { set: 'agent', measure: 'total_messages' },
      answer(100_000, 'a', 2, 1, 1),
      answer(80_000, 'a', 8, 3, 5),
      shift,
    );
    expect(rows).toEqual([
      { t: 100_000, values: [1, 3] },
      { t: 110_000, values: [1, 5] },
    ]);
    expect(series.map(({ label, dashed }) => [label, dashed ?? false])).toEqual([
      ['a', false],
      ['a before', true],
    ]);
    expect(series[0]?.color).toBe(series[1]?.color);
    const [, last] = rows;
    // By minute: the window of now has lasted 5 s, that of before its 10 s.
    expect(last && series.map((one) => one.value(last, 5_000))).toEqual([12, 30]);
  });

  it('moves by whole windows', () => expect(shiftOf(61_000, 10_000)).toBe(70_000));

  it('adds up each key, and has nothing for one that was not there before', () => {
    expect(totalsOf(answer(0, 'a', 4), answer(0, 'b', 2))).toEqual([{ key: 'a', now: 4, before: null }]);
    expect(totalsOf(answer(0, 'a', 4), answer(0, 'a', 2))).toEqual([{ key: 'a', now: 4, before: 2 }]);
  });
});
