import { DEFAULT_ROUTE } from '@fleetbeat/contracts/routing.ts';
import type { StoredRoute } from './on-call-api.ts';

/** A route with those below it, in the order in which alerts are offered to them. */
export interface RouteNode {
  readonly route: StoredRoute;
  readonly below: readonly RouteNode[];
}

/** What an operator may do with routes. */
export interface RouteActs {
  edit(route: StoredRoute): void;
  /** Makes another below it. */
  add(parent: StoredRoute): void;
  /** Has routes of one parent stand in another order. */
  move(siblings: readonly StoredRoute[], from: number, to: number): void;
  readonly busy: boolean;
}

/** The tree of routes; null where there is none. Routes that hang on nothing are left out. Pure. */
export function treeOf(routes: readonly StoredRoute[]): RouteNode | null {
  const children = Map.groupBy(routes, ({ definition }) => definition.parent_id);
  const root = routes.find(({ id }) => id === DEFAULT_ROUTE);
  const nodeOf = (route: StoredRoute): RouteNode => ({
    route,
    below: (children.get(route.id) ?? [])
      .toSorted((a, b) => a.definition.position - b.definition.position || a.created_at - b.created_at || (a.id < b.id ? -1 : 1))
      .map(nodeOf),
  });
  return root === undefined ? null : nodeOf(root);
}

/** Labels as people write them: "team=search, severity=error". Null where it is none. */
export function parseLabels(text: string): Record<string, string> | null {
  const labels: Record<string, string> = {};
  for (const part of text.split(/[\n,]/)) {
    if (part.trim() === '') continue;
    const at = part.indexOf('=');
    const name = part.slice(0, at).trim();
    if (at < 1 || name === '') return null;
    labels[name] = part
      .slice(at + 1)
      .trim()
      .replace(/^"(.*)"$/, '$1');
  }
  return labels;
}

/** The routes that one may hang on: all but itself and those below it, with how deep they lie. The tree's order. */
export function parentsFor(routes: readonly StoredRoute[], id: string | null): { id: string; name: string }[] {
  const found: { id: string; name: string }[] = [];
  const visit = ({ route, below }: RouteNode, depth: number) => {
    if (route.id === id) return;
    found.push({ id: route.id, name: `${'– '.repeat(depth)}${route.definition.name}` });
    for (const node of below) visit(node, depth + 1);
  };
  const root = treeOf(routes);
  if (root !== null) visit(root, 0);
  return found;
}

/** Routes of one parent that need another position so that the one at `from` stands at `to`; as few as there can be. */
export function moved(siblings: readonly StoredRoute[], from: number, to: number): { route: StoredRoute; position: number }[] {
  const order = [...siblings];
  const [route] = order.splice(from, 1);
  if (route === undefined) return [];
  const before = order[to - 1]?.definition.position;
  const after = order[to]?.definition.position;
  const position = between(before, after);
  if (position !== null) return [{ route, position }];
  order.splice(to, 0, route);
  return order
    .map((one, index) => ({ route: one, position: (index + 1) * STEP }))
    .filter((one) => one.position !== one.route.definition.position);
}
const STEP = 100;
const LAST_POSITION = 100_000;

/** A whole number between two positions, neither of which it is; null where there is none. */
function between(before: number | undefined, after: number | undefined): number | null {
  if (after === undefined) return (before ?? 0) + STEP <= LAST_POSITION ? (before ?? 0) + STEP : null;
  const low = before ?? -1;
  const middle = Math.floor((low + after) / 2);
  return middle > low && middle < after ? middle : null;
}

/** Names of labels as people write them: "alertname, team". */
export function labelNamesOf(text: string): string[] {
  return text.split(/[\s,]+/).filter((name) => name !== '');
}
