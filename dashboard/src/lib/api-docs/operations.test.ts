import { expect, it } from 'vitest';
import { mentions, operationsByTag, type ApiDocument } from './operations.ts';

const document: ApiDocument = {
  paths: {
    '/api/v1/rules': {
      get: {
        operationId: 'getRules',
        summary: 'Alerting rules',
        tags: ['rules'],
        'x-scope': 'read',
        parameters: [],
        responses: { 200: {} },
      },
      post: {
        operationId: 'postRules',
        summary: 'Add a rule',
        tags: ['rules'],
        'x-scope': 'operate',
        parameters: [],
        requestBody: { content: { 'application/json': { schema: {}, example: { name: `it's late` } } } },
        responses: { default: {}, 201: { content: { 'application/json': { schema: {} } } } },
      },
    },
    '/api/v1/health': {
      get: { operationId: 'getHealth', summary: 'Alive', tags: ['health'], security: [], parameters: [], responses: { 200: {} } },
    },
  },
};

it('groups operations, and says who may call them', () => {
  const groups = operationsByTag(document);
  expect([...groups].map(([tag, found]) => [tag, found.map(({ method, scope, status }) => [method, scope, status])])).toEqual([
    [
      'rules',
      [
        ['GET', 'read', '200'],
        ['POST', 'operate', '201'],
      ],
    ],
    ['health', [['GET', null, '200']]],
  ]);
});

it('gives a command that a shell takes as it is meant', () => {
  const add = operationsByTag(document).get('rules')?.[1];
  expect(add?.command('http://127.0.0.1:3000').split('\n')).toEqual([
    `curl -X POST 'http://127.0.0.1:3000/api/v1/rules' \\`,
    `  -H "Authorization: Bearer $KEY" \\`,
    `  -H 'Content-Type: application/json' \\`,
    `  -d '{`,
    `  "name": "it'\\''s late"`,
    `}'`,
  ]);
});

it('finds by words of the path and of the summary', () => {
  const [list, add] = operationsByTag(document).get('rules') ?? [];
  expect([list, add].map((one) => one && mentions(one, 'POST rule'))).toEqual([false, true]);
});
