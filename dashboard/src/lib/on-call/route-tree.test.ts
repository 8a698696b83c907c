import { expect, test } from 'vitest';
import type { StoredRoute } from './on-call-api.ts';
import fc from 'fast-check';
import { labelNamesOf, moved, parentsFor, parseLabels, treeOf, type RouteNode } from './route-tree.ts';

const route = (id: string, parent: string | null, position: number, created = 1) =>
  ({ id, created_at: created, definition: { parent_id: parent, position } }) as unknown as StoredRoute;

test('routes are a tree, in the order in which alerts are offered to them', () => {
  const shown = ({ route: { id }, below }: RouteNode): unknown => [id, ...below.map(shown)];
  const tree = treeOf([
    route('late', 'default', 2),
    route('deep', 'first', 1),
    route('default', null, 0),
    route('second', 'default', 1, 2),
    route('first', 'default', 1, 1),
    route('lost', 'gone', 1),
  ]);
  expect(tree && shown(tree)).toEqual(['default', ['first', ['deep']], ['second'], ['late']]);
  expect(treeOf([])).toBeNull();
});

test.each([
  ['team=search, severity = error', { team: 'search', severity: 'error' }],
  ['team="a b"\nenv=', { team: 'a b', env: '' }],
  ['', {}],
  ['team', null],
  ['=x', null],
])('%j', (text, labels) => expect(parseLabels(text)).toEqual(labels));

test('a route moves to where it is meant to, by as few changes as there can be', () => {
  const positions = fc.array(fc.integer({ min: 0, max: 8 }), { minLength: 2, maxLength: 8 });
  fc.assert(
    fc.property(positions, fc.nat(7), fc.nat(7), (given, a, b) => {
      const all = given.map((position, index) => route(`r${index}`, 'default', position, index));
      const siblings = treeOf([route('default', null, 0), ...all])?.below.map((node) => node.route) ?? [];
      const [from, to] = [a % siblings.length, b % siblings.length];
      const wanted = siblings.map(({ id }) => id);
      wanted.splice(to, 0, ...wanted.splice(from, 1));
      const changes = new Map(moved(siblings, from, to).map((one) => [one.route.id, one.position]));
      const after = all.map((one) => route(one.id, 'default', changes.get(one.id) ?? one.definition.position, one.created_at));
      expect(treeOf([route('default', null, 0), ...after])?.below.map((node) => node.route.id)).toEqual(wanted);
    }),
  );
  const spread = [route('a', 'default', 100), route('b', 'default', 200), route('c', 'default', 300)];
  expect(moved(spread, 2, 1).map((one) => [one.route.id, one.position])).toEqual([['c', 150]]);
  expect(moved(spread, 0, 2).map((one) => [one.route.id, one.position])).toEqual([['a', 400]]);
});

test('a route hangs on any but itself and those below it', () => {
  const named = (id: string, parent: string | null) => ({
    ...route(id, parent, 100),
    definition: { parent_id: parent, position: 100, name: id.toUpperCase() },
  });
  const routes = [named('default', null), named('a', 'default'), named('b', 'a'), named('c', 'default')] as never;
  expect(parentsFor(routes, 'a').map(({ id }) => id)).toEqual(['default', 'c']);
  expect(parentsFor(routes, null).map(({ name }) => name)).toEqual(['DEFAULT', '– A', '– – B', '– C']);
});

test('names of labels are read as they are written', () => {
  expect(labelNamesOf(' alertname,team  host,')).toEqual(['alertname', 'team', 'host']);
});
