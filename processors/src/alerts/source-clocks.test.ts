import { describe, expect, it, test } from 'vitest';
import { isSilent, readClock } from './source-clocks.ts';

const NOW = 1_000_000_000;
const S = 1_000;

describe('silence', () => {
  const steady = readClock(1, NOW, { clock: NOW - S, steadyFrom: NOW - 600 * S }, NOW);

  it('is told by the clock of the log', () => {
    expect(isSilent(steady, NOW - 20 * S, 30 * S)).toBe(false);
    expect(isSilent(steady, NOW - 31 * S, 30 * S)).toBe(true);
  });

  it('cannot be told while the source lags', () => {
    const lagging = readClock(1, NOW, { clock: NOW - S, steadyFrom: 0 }, NOW + 31 * S);
    expect(lagging.lagging).toBe(true);
    expect(isSilent(lagging, NOW - 31 * S, 30 * S)).toBe('unknown');
    expect(isSilent(lagging, NOW, 30 * S)).toBe('unknown');
  });

  it('over a gap in the log is nobody’s, until the log has run for as long again', () => {
    const after = readClock(1, NOW, { clock: NOW - 600 * S, steadyFrom: 0 }, NOW);
    expect(isSilent(after, NOW - 610 * S, 30 * S)).toBe('unknown');
    const soon = readClock(1, NOW + 20 * S, { clock: NOW, steadyFrom: after.steadyFrom }, NOW + 20 * S);
    expect(isSilent(soon, NOW - 610 * S, 30 * S)).toBe('unknown');
    const later = readClock(1, NOW + 31 * S, { clock: soon.clock, steadyFrom: soon.steadyFrom }, NOW + 31 * S);
    expect(isSilent(later, NOW - 610 * S, 30 * S)).toBe(true);
  });

  test('whoever speaks after a gap is not silent', () => {
    const after = readClock(1, NOW, { clock: NOW - 600 * S, steadyFrom: 0 }, NOW);
    expect(isSilent(after, NOW - 5 * S, 30 * S)).toBe(false);
  });
});
