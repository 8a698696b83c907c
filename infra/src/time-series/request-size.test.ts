import { describe, expect, it } from 'vitest';
import { RequestSize } from './request-size.ts';

describe('the size of requests', () => {
  it('shrinks with a slow server, to where a request takes two seconds, and grows again with a quick one', () => {
    const size = new RequestSize();
    expect(size.lines).toBe(5_000);
    size.took(5_000, 2_000);
    expect(size.lines).toBe(5_000);
    size.took(5_000, 30_000);
    expect(size.lines).toBe(333);
    size.took(333, 30_000);
    expect(size.lines).toBe(200);
    // The rest of a batch says nothing about what a full request would take.
    size.took(10, 50);
    expect(size.lines).toBe(200);
    for (const lines of [400, 800, 1_600, 3_200, 5_000, 5_000]) {
      size.took(size.lines, 50);
      expect(size.lines).toBe(lines);
    }
  });
});
