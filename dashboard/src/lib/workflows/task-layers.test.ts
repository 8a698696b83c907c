import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BOX, edgePath, layOut, type GraphTask } from './task-layers.ts';

const task = (id: string, ...dependsOn: string[]): GraphTask => ({ task_id: id, depends_on: dependsOn });
const layersOf = (tasks: readonly GraphTask[]) =>
  Object.fromEntries(layOut(tasks).boxes.map((box) => [box.task.task_id, box.layer]));

/** Each task waits for some of those before it: no circle. */
const plans = fc
  .array(fc.array(fc.nat(60), { maxLength: 4 }), { maxLength: 40 })
  .map((rows) => rows.map((firsts, index) => task(`t${index}`, ...firsts.filter((one) => one < index).map((one) => `t${one}`))));

describe('layOut', () => {
  it('puts a task after the last that it waits for', () => {
    expect(layersOf([task('c', 'a', 'b'), task('b', 'a'), task('a')])).toEqual({ a: 0, b: 1, c: 2 });
  });

  it('keeps two ways apart that would cross', () => {
    const { boxes } = layOut([task('a'), task('b'), task('x', 'b'), task('y', 'a')]);
    const y = (id: string) => boxes.find((box) => box.task.task_id === id)?.y ?? NaN;
    expect(Math.sign(y('a') - y('b'))).toBe(Math.sign(y('y') - y('x')));
  });

  it('leads an edge over a layer through a place of its own there', () => {
    const { edges } = layOut([task('a'), task('b', 'a'), task('c', 'a', 'b')]);
    expect(edges.find(({ from, to }) => from === 'a' && to === 'c')?.points).toHaveLength(4);
  });

  it('draws what is there where a task waits for one that is not, and where tasks wait in a circle', () => {
    expect(layOut([task('a', 'gone')]).edges).toEqual([]);
    expect(layOut([task('a', 'b'), task('b', 'a')]).boxes).toHaveLength(2);
    expect(layOut([]).boxes).toEqual([]);
  });

  it('has a box for every task, none on another, none outside, and every edge from left to right', () => {
    fc.assert(
      fc.property(plans, (tasks) => {
        const { boxes, edges, width, height } = layOut(tasks);
        expect(boxes.map((box) => box.task.task_id).sort()).toEqual(tasks.map((one) => one.task_id).sort());
        for (const [index, box] of boxes.entries()) {
          expect(box.y).toBeGreaterThan(-0.01);
          expect(box.y + BOX.height).toBeLessThan(height + 0.01);
          expect(box.x + BOX.width).toBeLessThan(width + 0.01);
          const before = boxes[index - 1];
          if (before?.layer === box.layer) expect(box.y - before.y).toBeGreaterThan(BOX.height);
        }
        for (const { points } of edges) {
          for (const [index, point] of points.entries()) expect(point.x).toBeGreaterThan(points[index - 1]?.x ?? -1);
        }
      }),
    );
  });
});

describe('edgePath', () => {
  it('is level where it begins and ends', () => {
    expect(
      edgePath([
        { x: 0, y: 10 },
        { x: 20, y: 50 },
      ]),
    ).toBe('M0,10C10,10 10,50 20,50');
  });
});
