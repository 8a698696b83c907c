import { DEFAULT_ROUTE, inhibitionSchema, routeSchema, type Inhibition, type Route } from '@fleetbeat/contracts/routing.ts';
import type { Transaction } from '@fleetbeat/infra/database/database.ts';
import { HttpProblem } from '@fleetbeat/infra/problem.ts';
import { buildRouteTree, MAX_DEPTH, routesById } from '@fleetbeat/infra/routing/route-tree.ts';
import { mistakeAt, type DefinitionRules } from './definition-changes.ts';
import { needKnown, needPatterns, needUnused } from './references.ts';

export const ROUTE_RULES: DefinitionRules<Route, Route> = {
  kind: 'route',
  most: 500,
  async accept(transaction, id, route) {
    if (id === DEFAULT_ROUTE) {
      if (route.parent_id !== null) throw mistakeAt('parent_id', 'the default route has no parent');
      if (route.matchers.length > 0) throw mistakeAt('matchers', 'the default route takes everything');
    } else if (route.parent_id === null) {
      throw mistakeAt('parent_id', 'only the default route has no parent');
    }
    needPatterns('matchers', route.matchers);
    const parent = route.parent_id === null ? [] : [{ place: 'parent_id', id: route.parent_id }];
    await needKnown(transaction, 'route', parent);
    await needKnown(
      transaction,
      'channel',
      (route.channels ?? []).map((channel, i) => ({ place: `channels.${i}`, id: channel })),
    );
    const escalation = route.escalation_id ?? null;
    await needKnown(transaction, 'escalation', escalation === null ? [] : [{ place: 'escalation_id', id: escalation }]);
    await needPlace(transaction, id, route);
    return route;
  },
  async mayGo(transaction, id) {
    if (id === DEFAULT_ROUTE) throw new HttpProblem(409, 'in-use', 'every alert needs the default route: change it instead');
    await needUnused(transaction, { kind: 'route', containing: { parent_id: id } });
  },
};

/** A route must hang on the tree, itself and all below it, and not too deep. */
async function needPlace(transaction: Transaction, id: string, route: Route): Promise<void> {
  const { rows } = await transaction.query<{ id: string; definition: unknown }>(
    `select id, definition from alerting_definitions where kind = 'route'`,
  );
  const others = rows
    .filter((row) => row.id !== id)
    .map((row) => ({ id: row.id, definition: routeSchema.parse(row.definition) }));
  const placed = routesById(buildRouteTree([...others, { id, definition: route }]));
  if (placed.size === others.length + 1) return;
  throw mistakeAt('parent_id', `is the route itself or below it, or makes routes lie deeper than ${MAX_DEPTH}`);
}

export const INHIBITION_RULES: DefinitionRules<Inhibition, Inhibition> = {
  kind: 'inhibition',
  most: 200,
  accept(_, __, inhibition) {
    needPatterns('source', inhibition.source);
    needPatterns('target', inhibition.target);
    return Promise.resolve(inhibitionSchema.parse(inhibition));
  },
  mayGo: () => Promise.resolve(),
};
