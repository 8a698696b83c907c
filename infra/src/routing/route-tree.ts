import { createHash } from 'node:crypto';
import { DEFAULT_ROUTE, DEFAULT_SETTINGS, type Route, type RouteSettings } from '@fleetbeat/contracts/routing.ts';
import { misfit, writeMatcher, type LabelValues } from './matchers.ts';

/** The tree of routes, and which of them an alert takes. */

/** How deep routes may lie below the default route. */
export const MAX_DEPTH = 8;

export interface RouteNode {
  readonly id: string;
  readonly route: Route;
  /** With what it inherits. */
  readonly settings: RouteSettings;
  readonly depth: number;
  readonly children: readonly RouteNode[];
}

export interface KnownRoute {
  readonly id: string;
  readonly definition: Route;
}

/** Why a route takes an alert or does not. */
export interface RouteStep {
  readonly node: RouteNode;
  readonly takes: boolean;
  readonly why: string;
}

/** The routes that take an alert, at least one, in order; and all that were asked. */
export interface RouteWalk {
  readonly taken: readonly RouteNode[];
  readonly trace: readonly RouteStep[];
}

/** The default route with all that lies below it. A route whose parent is missing, or its own descendant, is left out. */
export function buildRouteTree(routes: readonly KnownRoute[]): RouteNode {
  const childrenOf = Map.groupBy(
    routes.filter(({ id }) => id !== DEFAULT_ROUTE),
    ({ definition }) => definition.parent_id,
  );
  const build = ({ id, definition }: KnownRoute, above: RouteSettings, depth: number): RouteNode => {
    const settings = { ...above, ...given(definition) };
    const below = depth >= MAX_DEPTH ? [] : (childrenOf.get(id) ?? []);
    const inOrder = below.toSorted((a, b) => a.definition.position - b.definition.position || (a.id < b.id ? -1 : 1));
    return { id, route: definition, settings, depth, children: inOrder.map((child) => build(child, settings, depth + 1)) };
  };
  const root = routes.find(({ id }) => id === DEFAULT_ROUTE) ?? {
    id: DEFAULT_ROUTE,
    definition: { name: 'Default', parent_id: null, position: 0, matchers: [], continue: false },
  };
  return build(root, DEFAULT_SETTINGS, 0);
}

/** Every route of a tree by its id. */
export function routesById(root: RouteNode): Map<string, RouteNode> {
  return new Map([[root.id, root], ...root.children.flatMap((child) => [...routesById(child)])]);
}

function given(route: Route): Partial<RouteSettings> {
  const names = Object.keys(DEFAULT_SETTINGS) as (keyof RouteSettings)[];
  return Object.fromEntries(names.flatMap((name) => (route[name] === undefined ? [] : [[name, route[name]]])));
}

/**
 * As Alertmanager walks: the deepest route that fits takes the alert, the first of its siblings, and those after it too
 * while they say `continue`; where no child takes it the parent does. The default route takes everything.
 */
export function walkRoutes(root: RouteNode, labels: LabelValues): RouteWalk {
  const trace: RouteStep[] = [];
  const taken = walk(root, labels, trace);
  return { taken, trace };
}

function walk(node: RouteNode, labels: LabelValues, trace: RouteStep[]): RouteNode[] {
  const wrong = node.depth === 0 ? undefined : misfit(node.route.matchers, labels);
  if (wrong !== undefined) {
    const actual = Object.hasOwn(labels, wrong.label) ? JSON.stringify(labels[wrong.label]) : 'not there';
    trace.push({ node, takes: false, why: `${writeMatcher(wrong)} does not fit: ${wrong.label} is ${actual}` });
    return [];
  }
  const place = trace.length;
  const below: RouteNode[] = [];
  for (const child of node.children) {
    const taken = walk(child, labels, trace);
    below.push(...taken);
    if (taken.length > 0 && !child.route.continue) break;
  }
  const fits = node.depth === 0 ? 'takes everything' : 'all its matchers fit';
  const takes = below.length === 0;
  trace.splice(place, 0, { node, takes, why: takes ? fits : `${fits}, and a route below it takes it` });
  return takes ? [node] : below;
}

/** The labels that the alerts of one incident share. */
export function groupLabels(settings: Pick<RouteSettings, 'group_by'>, labels: LabelValues): Record<string, string> {
  const names = settings.group_by.includes('...') ? Object.keys(labels) : settings.group_by;
  return Object.fromEntries(
    names.toSorted().flatMap((name) => (Object.hasOwn(labels, name) ? [[name, labels[name] ?? '']] : [])),
  );
}

/** Longer ones do not fit into an index. */
const LONGEST_KEY = 500;

/** Alerts with the same key are one incident. */
export function groupKey(routeId: string, shared: Readonly<Record<string, string>>): string {
  const labels = JSON.stringify(Object.entries(shared).sort(([a], [b]) => (a < b ? -1 : 1)));
  return `${routeId} ${labels.length <= LONGEST_KEY ? labels : createHash('sha256').update(labels).digest('hex')}`;
}
