import { expect, test } from 'vitest';
import type { StoredRoute } from './on-call-api.ts';
import { parseLabels, treeOf, type RouteNode } from './route-tree.ts';

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
