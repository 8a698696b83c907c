import { describe, expect, test } from 'vitest';
import { parsePageFiles, routeOf, withPageFiles } from './page-files.ts';

const ROUTES = ['/', '/rules', '/rules/new', '/rules/[id]', '/rules/[id]/edit'];

test.each([
  ['/', '/'],
  ['/rules', '/rules'],
  ['/rules/', '/rules'],
  ['/rules/new', '/rules/new'],
  ['/rules/7', '/rules/[id]'],
  ['/rules/7/edit', '/rules/[id]/edit'],
  ['/rules/7/delete', undefined],
  ['/elsewhere', undefined],
])('the path %s is of the route %s', (path, route) => {
  expect(routeOf(path, ROUTES)).toBe(route);
});

describe('the shell', () => {
  const SHELL = '<head><link href="/shell.css" rel="stylesheet"></head><body></body>';
  const pages = parsePageFiles(JSON.stringify({ '/': { scripts: ['/page.js'], styles: ['/shell.css', '/page.css'] } }));

  test('names what a page needs, and nothing twice', () => {
    expect(withPageFiles(SHELL, '/', pages)).toBe(
      '<head><link href="/shell.css" rel="stylesheet"><link href="/page.css" rel="stylesheet">\n<link href="/page.js" rel="modulepreload" fetchpriority="low">\n</head><body></body>',
    );
  });

  test('stays as it is where there is no such page', () => {
    expect(withPageFiles(SHELL, '/elsewhere', pages)).toBe(SHELL);
  });

  test.each([undefined, '', '{', '[]', '{"/":{"scripts":"x"}}'])('stays as it is where the build has written %j', (text) => {
    expect(withPageFiles(SHELL, '/', parsePageFiles(text))).toBe(SHELL);
  });
});
