import { describe, expect, it } from 'vitest';
import { BUNDLED_TRACE, parseTrace, readTrace } from './trace.ts';

const HEADER = 'TIMESTAMP,ContextTokens,GeneratedTokens';

describe('the bundled trace', () => {
  const { rows, span } = readTrace(BUNDLED_TRACE);

  it('has the rows and sums that its source states', () => {
    expect(rows).toHaveLength(8_819);
    expect(rows.reduce((sum, row) => sum + row.inputTokens, 0)).toBe(18_059_974);
    expect(rows.reduce((sum, row) => sum + row.outputTokens, 0)).toBe(245_896);
  });

  it('begins at 0 and ends at its span, in order of time', () => {
    expect(rows[0]).toEqual({ offset: 0, inputTokens: 4_808, outputTokens: 10 });
    expect(rows.at(-1)).toEqual({ offset: span, inputTokens: 549, outputTokens: 173 });
    // 18:17:03.9799600 to 19:14:19.9280160
    expect(span).toBe(57 * 60_000 + 15_948);
    expect(rows.every((row, index) => index === 0 || row.offset >= (rows[index - 1]?.offset ?? Infinity))).toBe(true);
  });
});

describe('parseTrace', () => {
  it.each(['\n', '\r\n'])('reads line ends %j, with and without the last one', (end) => {
    const lines = [HEADER, '2023-11-16 18:17:03.9799600,4808,10', '2023-11-16 18:17:04.0319600,3180,8'];
    const expected = [
      { offset: 0, inputTokens: 4_808, outputTokens: 10 },
      { offset: 52, inputTokens: 3_180, outputTokens: 8 },
    ];
    expect(parseTrace(lines.join(end)).rows).toEqual(expected);
    expect(parseTrace(lines.join(end) + end).rows).toEqual(expected);
  });

  it('keeps differences below a millisecond from adding up', () => {
    const text = `${HEADER}\n2023-11-16 18:17:03.0000009,1,1\n2023-11-16 18:17:03.0010000,1,1\n2023-11-16 18:17:03.0010009,1,1\n`;
    expect(parseTrace(text).rows.map((row) => row.offset)).toEqual([0, 1, 1]);
  });

  it('puts rows that are out of order into order', () => {
    const text = `${HEADER}\n2023-11-16 18:17:05,2,2\n2023-11-16 18:17:03,1,1\n`;
    expect(parseTrace(text)).toEqual({
      rows: [
        { offset: 0, inputTokens: 1, outputTokens: 1 },
        { offset: 2_000, inputTokens: 2, outputTokens: 2 },
      ],
      span: 2_000,
    });
  });

  it.each([
    ['', /line 1/],
    ['a,b,c\n1,2,3', /line 1/],
    [`${HEADER}\n`, /no rows/],
    [`${HEADER}\n2023-11-16 18:17:03,1,1\nbroken`, /line 3/],
    [`${HEADER}\n2023-13-16 18:17:03,1,1`, /line 2/],
    [`${HEADER}\n2023-11-16 18:17:03,1.5,1`, /line 2/],
    [`${HEADER}\n2023-11-16 18:17:03,-1,1`, /line 2/],
  ])('refuses %j and says where', (text, complaint) => {
    expect(() => parseTrace(text)).toThrow(complaint);
  });
});
