import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { layOutDown } from './task-lanes.ts';
import { layersOf, type GraphTask } from './task-layers.ts';

const task = (id: string, ...dependsOn: string[]): GraphTask => ({ task_id: id, depends_on: dependsOn });
/** Each task waits for some of those before it: no circle. */
const plans = fc
  .array(fc.array(fc.nat(60), { maxLength: 4 }), { maxLength: 40 })
  .map((rows) => rows.map((firsts, index) => task(`t${index}`, ...firsts.filter((one) => one < index).map((one) => `t${one}`))));

describe('layOutDown', () => {
  it('puts a task below all that it waits for, layer by layer', () => {
    const { boxes } = layOutDown([task('c', 'a', 'b'), task('b', 'a'), task('d'), task('a')], 300);
    expect(boxes.map((box) => box.task.task_id)).toEqual(['d', 'a', 'b', 'c']);
    expect(boxes.map(({ layer }) => layer)).toEqual([0, 0, 1, 2]);
  });

  it('takes no room for lanes where nothing waits', () => {
    expect(layOutDown([task('a'), task('b')], 300).boxes.map(({ x, width }) => [x, width])).toEqual([
      [0, 300],
      [0, 300],
    ]);
    expect(layOutDown([], 300)).toMatchObject({ boxes: [], edges: [], height: 0 });
  });

  it('draws what is there where a task waits for one that is not', () => {
    expect(layOutDown([task('a', 'gone')], 300).edges).toEqual([]);
  });

  it('has a box for every task, none on another, none outside of a phone, every edge from above, and no two tasks in a lane at once', () => {
    fc.assert(
      fc.property(plans, fc.integer({ min: 280, max: 800 }), (tasks, width) => {
        const { boxes, edges, height, width: whole } = layOutDown(tasks, width);
        expect(boxes.map((box) => box.task.task_id).sort()).toEqual(tasks.map((one) => one.task_id).sort());
        expect(whole).toBeLessThanOrEqual(width + 0.01);
        const layers = layersOf(tasks);
        for (const [index, box] of boxes.entries()) {
          const before = boxes[index - 1];
          if (before !== undefined) expect(box.y).toBeGreaterThanOrEqual(before.y + before.height);
          if (before !== undefined) expect(box.layer).toBeGreaterThanOrEqual(before.layer);
          expect(box.layer).toBe(layers.get(box.task.task_id));
          expect(box.y + box.height).toBeLessThanOrEqual(height);
          expect(box.width).toBeGreaterThan(120);
        }
        expect(edges.length).toBe(tasks.reduce((sum, one) => sum + new Set(one.depends_on).size, 0));
        const stretches = edges.map(({ from, points: [start, , bend, end] }) => ({
          from,
          x: bend?.x ?? NaN,
          top: start?.y ?? NaN,
          bottom: end?.y ?? NaN,
        }));
        for (const one of stretches) {
          expect(one.x).toBeGreaterThan(0);
          expect(one.bottom).toBeGreaterThan(one.top);
          for (const other of stretches) {
            if (other.from === one.from || other.x !== one.x) continue;
            expect(other.top > one.bottom || other.bottom < one.top).toBe(true);
          }
        }
      }),
    );
  });
});
