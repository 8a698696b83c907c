import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { alert, notice } from '../testing/notice.ts';
import { detailsOf, fitting, shorten, shortenBytes } from './notice-text.ts';

const text = fc.string({ unit: 'binary', maxLength: 60 });

describe('text that is cut', () => {
  it('fits, is whole characters, and says that something is missing', () => {
    fc.assert(
      fc.property(text, fc.integer({ min: 1, max: 40 }), (whole, max) => {
        const cut = shorten(whole, max);
        expect(cut.length).toBeLessThanOrEqual(max);
        expect(cut.isWellFormed()).toBe(true);
        if (whole.length <= max) expect(cut).toBe(whole);
        else expect(cut.endsWith('…') && whole.startsWith(cut.slice(0, -1))).toBe(true);
      }),
    );
  });

  it('fits by bytes as well', () => {
    fc.assert(
      fc.property(text, fc.integer({ min: 3, max: 60 }), (whole, max) => {
        const cut = shortenBytes(whole, max);
        expect(Buffer.byteLength(cut)).toBeLessThanOrEqual(max);
        expect(cut.isWellFormed()).toBe(true);
      }),
    );
  });

  it('is as many items as fit', () => {
    fc.assert(
      fc.property(fc.array(text), fc.integer({ min: 0, max: 200 }), (items, max) => {
        const some = fitting(items, max);
        expect(items.slice(0, some.length)).toEqual(some);
        expect(Buffer.byteLength(JSON.stringify(some))).toBeLessThanOrEqual(max + 2);
        const next = items[some.length];
        if (next !== undefined) expect(Buffer.byteLength(JSON.stringify([...some, next]))).toBeGreaterThan(max);
      }),
    );
  });
});

describe('the details of a notice', () => {
  it('are what it says, else its alerts, and how many more there are', () => {
    expect(detailsOf(notice({ body: ' 3 tasks at risk\n' }))).toBe('3 tasks at risk');
    const alerts = Array.from({ length: 12 }, (_, index) => alert({ key: `agent-${index}`, annotations: {} }));
    const lines = detailsOf(notice({ alerts, more_alerts: 5 })).split('\n');
    expect(lines).toHaveLength(11);
    expect(lines.at(0)).toBe('error: Agent offline, agent-0');
    expect(lines.at(-1)).toBe('and 7 more');
    expect(detailsOf(notice({ alerts: [] }))).toBe('');
  });
});
