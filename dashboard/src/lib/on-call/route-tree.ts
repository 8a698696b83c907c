import { DEFAULT_ROUTE } from '@fleetbeat/contracts/routing.ts';
import type { StoredRoute } from './on-call-api.ts';

/** A route with those below it, in the order in which alerts are offered to them. */
export interface RouteNode {
  readonly route: StoredRoute;
  readonly below: readonly RouteNode[];
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
