import { spreadLabels } from '../charts/shape.ts';

/** Where the tasks of a workflow stand in a graph that reads from left to right. Pure. */

export interface GraphTask {
  readonly task_id: string;
  readonly depends_on: readonly string[];
}

/** Pixels: a task's box, and the room between two. */
export const BOX = { width: 196, height: 48, gapX: 56, gapY: 16 } as const;

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** A task's box by its left upper corner. */
export interface PlacedBox<T> extends Point {
  readonly task: T;
  readonly layer: number;
  readonly width: number;
  readonly height: number;
}

export interface PlacedEdge {
  readonly from: string;
  readonly to: string;
  /** Where it bends, and its ends: it arrives at the left side of what waits. */
  readonly points: readonly Point[];
  /** As a path of SVG, where it is not what `edgePath` makes of the points. */
  readonly path?: string;
}

export interface TaskGraph<T> {
  /** Layer by layer, each from above. */
  readonly boxes: readonly PlacedBox<T>[];
  /** From what must be done first to what waits for it. */
  readonly edges: readonly PlacedEdge[];
  readonly width: number;
  readonly height: number;
}

/** A task, or where an edge passes a layer on its way to a later one. */
interface Spot<T> {
  readonly task: T | null;
  readonly layer: number;
  readonly before: Spot<T>[];
  readonly after: Spot<T>[];
  y: number;
}

const SWEEPS = 6;
const PITCH = BOX.height + BOX.gapY;

/** Each task one layer after the last that it waits for; within a layer near to what it is joined with. */
export function layOut<T extends GraphTask>(tasks: readonly T[]): TaskGraph<T> {
  const layers = layersOf(tasks);
  const spots = new Map<string, Spot<T>>();
  const columns: Spot<T>[][] = [];
  function place(task: T | null, layer: number): Spot<T> {
    const spot: Spot<T> = { task, layer, before: [], after: [], y: 0 };
    (columns[layer] ??= []).push(spot);
    return spot;
  }
  for (const task of tasks) spots.set(task.task_id, place(task, layers.get(task.task_id) ?? 0));

  const paths: { from: string; to: string; spots: Spot<T>[] }[] = [];
  for (const task of tasks) {
    const end = spots.get(task.task_id);
    for (const id of new Set(task.depends_on)) {
      const start = spots.get(id);
      // What is not shown has no edge; neither has a circle, which the API refuses.
      if (start === undefined || end === undefined || start.layer >= end.layer) continue;
      const path = [start];
      for (let layer = start.layer + 1; layer < end.layer; layer += 1) path.push(place(null, layer));
      path.push(end);
      for (const [index, spot] of path.entries()) {
        const next = path[index + 1];
        if (next === undefined) continue;
        spot.after.push(next);
        next.before.push(spot);
      }
      paths.push({ from: id, to: task.task_id, spots: path });
    }
  }

  const height = Math.max(1, ...columns.map((column) => column.length)) * PITCH - BOX.gapY;
  arrange(columns, height);
  return {
    boxes: columns.flatMap((column) =>
      column.flatMap(({ task, layer, y }) =>
        task === null ? [] : [{ task, layer, x: leftOf(layer), y, width: BOX.width, height: BOX.height }],
      ),
    ),
    edges: paths.map(({ from, to, spots: path }) => ({ from, to, points: pointsOf(path) })),
    width: Math.max(0, leftOf(columns.length) - BOX.gapX),
    height,
  };
}

/** The longest way from a task that waits for nothing. */
export function layersOf<T extends GraphTask>(tasks: readonly T[]): Map<string, number> {
  const byId = new Map(tasks.map((task) => [task.task_id, task]));
  const layers = new Map<string, number>();
  const open = new Set<string>();
  function layerOf(task: T): number {
    const known = layers.get(task.task_id);
    if (known !== undefined) return known;
    open.add(task.task_id);
    let layer = 0;
    for (const id of task.depends_on) {
      const first = byId.get(id);
      if (first !== undefined && !open.has(id)) layer = Math.max(layer, layerOf(first) + 1);
    }
    open.delete(task.task_id);
    layers.set(task.task_id, layer);
    return layer;
  }
  for (const task of tasks) layerOf(task);
  return layers;
}

/** Sorts each column by the middle of what it is joined with, to and fro, and moves it there as far as there is room. */
function arrange<T>(columns: Spot<T>[][], height: number): void {
  for (const column of columns) {
    const top = (height + BOX.gapY - column.length * PITCH) / 2;
    for (const [index, spot] of column.entries()) spot.y = top + index * PITCH;
  }
  for (let sweep = 0; sweep < SWEEPS; sweep += 1) {
    const forth = sweep % 2 === 0;
    for (const column of forth ? columns : columns.toReversed()) {
      const meant = column.map((spot) => middleOf(forth ? spot.before : spot.after) ?? middleOf(spot.after) ?? spot.y);
      for (const [index, spot] of column.entries()) spot.y = meant[index] ?? spot.y;
      column.sort((a, b) => a.y - b.y);
      const apart = spreadLabels(
        column.map((spot) => spot.y),
        PITCH,
        height - BOX.height,
      );
      for (const [index, spot] of column.entries()) spot.y = apart[index] ?? spot.y;
    }
  }
}

function middleOf<T>(spots: readonly Spot<T>[]): number | null {
  return spots.length === 0 ? null : spots.reduce((sum, { y }) => sum + y, 0) / spots.length;
}

function leftOf(layer: number): number {
  return layer * (BOX.width + BOX.gapX);
}

function pointsOf<T>(path: readonly Spot<T>[]): Point[] {
  return path.flatMap(({ layer, y }, index) => {
    const middle = y + BOX.height / 2;
    const left = { x: leftOf(layer), y: middle };
    const right = { x: leftOf(layer) + BOX.width, y: middle };
    if (index === 0) return [right];
    return index === path.length - 1 ? [left] : [left, right];
  });
}

/** An edge as a path of SVG, level where it leaves and arrives. */
export function edgePath(points: readonly Point[]): string {
  return points
    .map(({ x, y }, index) => {
      const before = points[index - 1];
      if (before === undefined) return `M${x},${y}`;
      const middle = (before.x + x) / 2;
      return `C${middle},${before.y} ${middle},${y} ${x},${y}`;
    })
    .join('');
}
