import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { inOrder, type Bundle, type Timed } from './event-queue.ts';

interface Numbered extends Timed {
  name: string;
}

const source = fc.array(fc.record({ step: fc.nat(5), delays: fc.array(fc.nat(20), { maxLength: 4 }) }), { maxLength: 30 });

function bundlesOf(steps: { step: number; delays: number[] }[], name: string): Bundle<Numbered>[] {
  let from = 0;
  return steps.map(({ step, delays }, bundle) => {
    from += step;
    return { from, events: delays.map((delay, index) => ({ at: from + delay, name: `${name}-${bundle}-${index}` })) };
  });
}

describe('inOrder', () => {
  it('brings every event of every source exactly once, in order of time', () => {
    fc.assert(
      fc.property(fc.array(source, { maxLength: 4 }), (sources) => {
        const bundles = sources.map((steps, index) => bundlesOf(steps, String(index)));
        const merged = [...inOrder(bundles.map((list) => list.values()))];
        const all = bundles.flat().flatMap(({ events }) => events);
        expect(merged.map(({ name }) => name).toSorted()).toEqual(all.map(({ name }) => name).toSorted());
        expect(merged.map(({ at }) => at)).toEqual(all.map(({ at }) => at).toSorted((a, b) => a - b));
      }),
    );
  });

  it('draws from an endless source only as far as it is read', () => {
    let drawn = 0;
    function* endless(): Generator<Bundle<Timed>> {
      for (;;) yield { from: drawn, events: [{ at: drawn++ }] };
    }
    const merged = inOrder([endless()]);
    expect([merged.next().value, merged.next().value, merged.next().value]).toEqual([{ at: 0 }, { at: 1 }, { at: 2 }]);
    expect(drawn).toBeLessThan(6);
  });
});
