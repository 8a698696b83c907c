import { layersOf, type GraphTask, type PlacedEdge, type Point, type TaskGraph } from './task-layers.ts';

/** Where the tasks of a workflow stand in a graph that reads from above, where there is no room beside one another. Pure. */

/** Pixels: a task's box and the room below it, more of it between two layers. */
const ROW = { height: 48, gap: 8, betweenLayers: 20 } as const;
/** Pixels: from lane to lane as long as they fit into their share of the width, and from the last lane to the boxes. */
const LANE = { pitch: 12, least: 2, mostShare: 0.3, arrow: 16 } as const;
const WIDEST_BOX = 420;
const BEND = 6;

/**
 * Boxes one below the other, each below what it waits for. Left of them each task that others wait for has a lane, from itself down
 * to the last of those; two that are not needed at once share one.
 */
export function layOutDown<T extends GraphTask>(tasks: readonly T[], width: number): TaskGraph<T> {
  const layers = layersOf(tasks);
  const layerOf = (task: T) => layers.get(task.task_id) ?? 0;
  const rows = tasks.toSorted((a, b) => layerOf(a) - layerOf(b));
  const tops: number[] = [];
  let next = 0;
  for (const [index, task] of rows.entries()) {
    const before = rows[index - 1];
    if (before !== undefined && layerOf(before) !== layerOf(task)) next += ROW.betweenLayers - ROW.gap;
    tops.push(next);
    next += ROW.height + ROW.gap;
  }

  const rowOf = new Map(rows.map((task, row) => [task.task_id, row]));
  const waiting = new Map<number, number[]>();
  for (const [row, task] of rows.entries()) {
    for (const id of new Set(task.depends_on)) {
      const first = rowOf.get(id);
      // What is not shown has no edge; neither has a circle, which the API refuses.
      if (first !== undefined && first < row) waiting.set(first, [...(waiting.get(first) ?? []), row]);
    }
  }
  const { lanes, count } = lanesOf(waiting);
  const pitch = Math.max(LANE.least, Math.min(LANE.pitch, (width * LANE.mostShare - LANE.arrow) / Math.max(1, count)));
  const left = count === 0 ? 0 : count * pitch + LANE.arrow;
  const boxWidth = Math.max(0, Math.min(WIDEST_BOX, width - left));

  const middleOf = (row: number) => (tops[row] ?? 0) + ROW.height / 2;
  const edges = [...waiting].flatMap(([first, others]) =>
    others.map((row): PlacedEdge => {
      // The first lane is the nearest to the boxes.
      const x = left - LANE.arrow - (lanes.get(first) ?? 0) * pitch - pitch / 2;
      // Leaves below where others arrive: what comes and what goes are told apart.
      const from = middleOf(first) + ROW.height / 4;
      const to = middleOf(row) - ROW.height / 4;
      const points = [
        { x: left, y: from },
        { x, y: from },
        { x, y: to },
        { x: left, y: to },
      ];
      return { from: rows[first]?.task_id ?? '', to: rows[row]?.task_id ?? '', points, path: bentPath(points) };
    }),
  );
  return {
    boxes: rows.map((task, row) => ({
      task,
      layer: layerOf(task),
      x: left,
      y: tops[row] ?? 0,
      width: boxWidth,
      height: ROW.height,
    })),
    edges,
    width: left + boxWidth,
    height: Math.max(0, next - ROW.gap),
  };
}

/** For each row that others wait for the lane that is free from it down to the last of them. */
function lanesOf(waiting: ReadonlyMap<number, readonly number[]>): { lanes: Map<number, number>; count: number } {
  const lanes = new Map<number, number>();
  /** The row down to which each lane is taken. */
  const taken: number[] = [];
  for (const [first, others] of [...waiting].sort(([a], [b]) => a - b)) {
    const free = taken.findIndex((until) => until <= first);
    const lane = free < 0 ? taken.length : free;
    taken[lane] = Math.max(...others);
    lanes.set(first, lane);
  }
  return { lanes, count: taken.length };
}

/** Straight from point to point, with round corners. */
function bentPath(points: readonly Point[]): string {
  return points
    .map((point, index) => {
      const before = points[index - 1];
      const after = points[index + 1];
      if (before === undefined) return `M${point.x},${point.y}`;
      if (after === undefined) return `L${point.x},${point.y}`;
      const start = towards(point, before);
      const end = towards(point, after);
      return `L${start.x},${start.y}Q${point.x},${point.y} ${end.x},${end.y}`;
    })
    .join('');
}

/** A corner's length from `point` on the way to `other`. */
function towards(point: Point, other: Point): Point {
  const step = (from: number, to: number) => from + Math.max(-BEND, Math.min(BEND, (to - from) / 2));
  return { x: step(point.x, other.x), y: step(point.y, other.y) };
}
