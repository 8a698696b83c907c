import { routeSchema } from '@fleetbeat/contracts/routing.ts';
import type * as z from 'zod';
import { describe, expect, it } from 'vitest';
import { buildRouteTree, groupKey, groupLabels, routesById, walkRoutes, type KnownRoute } from './route-tree.ts';

const known = (id: string, definition: Omit<z.input<typeof routeSchema>, 'name'>): KnownRoute => ({
  id,
  definition: routeSchema.parse({ name: id, ...definition }),
});
const is = (label: string, value: string) => ({ label, value });

const TREE = buildRouteTree([
  known('default', { parent_id: null, channels: ['mail'], group_wait_s: 30 }),
  known('audit', { position: 1, continue: true, channels: ['log'] }),
  known('search', { position: 2, matchers: [is('team', 'search')], group_by: ['alertname', 'env'], channels: ['search-chat'] }),
  known('search-page', { parent_id: 'search', matchers: [is('severity', 'error')], escalation_id: 'wake', group_wait_s: 1 }),
  known('search-quiet', { parent_id: 'search', position: 200, matchers: [is('severity', 'info')], channels: [] }),
  known('late', { position: 300, matchers: [is('team', 'search')] }),
]);

describe('an alert takes', () => {
  it.each([
    // Everything takes the audit route, which goes on to those after it; nothing else fits.
    [{ team: 'ads' }, ['audit']],
    [{}, ['audit']],
    [{ team: 'search', severity: 'warning' }, ['audit', 'search']],
    [{ team: 'search', severity: 'error' }, ['audit', 'search-page']],
    [{ team: 'search', severity: 'info' }, ['audit', 'search-quiet']],
  ])('%j: %j', (labels, routes) => {
    expect(walkRoutes(TREE, labels).taken.map(({ id }) => id)).toEqual(routes);
  });

  it('the default route where no other fits', () => {
    const tree = buildRouteTree([known('search', { matchers: [is('team', 'search')] })]);
    expect(walkRoutes(tree, { team: 'ads' }).taken.map(({ id }) => id)).toEqual(['default']);
  });

  it('siblings after one that continues, and none after one that does not', () => {
    const tree = buildRouteTree([
      known('a', { position: 1, continue: true, matchers: [is('x', '1')] }),
      known('b', { position: 2, matchers: [is('x', '1')] }),
      known('c', { position: 3, matchers: [is('x', '1')] }),
    ]);
    expect(walkRoutes(tree, { x: '1' }).taken.map(({ id }) => id)).toEqual(['a', 'b']);
  });

  it('each route for a reason', () => {
    const told = walkRoutes(TREE, { team: 'search', severity: 'error' }).trace.map(({ node, takes, why }) => [
      node.id,
      takes,
      why,
    ]);
    expect(told).toEqual([
      ['default', false, 'takes everything, and a route below it takes it'],
      ['audit', true, 'all its matchers fit'],
      ['search', false, 'all its matchers fit, and a route below it takes it'],
      ['search-page', true, 'all its matchers fit'],
    ]);
    const [, , wrong] = walkRoutes(TREE, { team: 'ads' }).trace;
    expect(wrong?.why).toBe('team="search" does not fit: team is "ads"');
  });
});

describe('a route', () => {
  const routes = routesById(TREE);

  it('has what it leaves out from its parent', () => {
    expect(routes.get('search-page')?.settings).toMatchObject({
      group_by: ['alertname', 'env'],
      channels: ['search-chat'],
      group_wait_s: 1,
      repeat_interval_s: 14_400,
      escalation_id: 'wake',
    });
    expect(routes.get('search-quiet')?.settings).toMatchObject({ channels: [], group_wait_s: 30, escalation_id: null });
  });

  it('that is its own ancestor, or whose parent is missing, is left out', () => {
    const tree = buildRouteTree([
      known('a', { parent_id: 'b' }),
      known('b', { parent_id: 'a' }),
      known('lost', { parent_id: 'gone' }),
    ]);
    expect([...routesById(tree).keys()]).toEqual(['default']);
  });
});

describe('a group', () => {
  const labels = { b: '2', a: '1', c: '3' };
  it.each([
    [[], {}],
    [['a', 'b'], { a: '1', b: '2' }],
    [['b', 'missing'], { b: '2' }],
    [['...'], { a: '1', b: '2', c: '3' }],
  ])('by %j shares %j', (groupBy, shared) => {
    expect(groupLabels({ group_by: groupBy }, labels)).toEqual(shared);
  });

  it('has one key whatever the order of its labels, and another on another route', () => {
    expect(groupKey('r', { a: '1', b: '2' })).toBe(groupKey('r', { b: '2', a: '1' }));
    expect(groupKey('r', {})).not.toBe(groupKey('s', {}));
    const long = (end: string) => groupKey('r', { a: 'x'.repeat(10_000) + end });
    expect(long('1')).not.toBe(long('2'));
    expect(long('1').length).toBeLessThan(100);
  });
});
