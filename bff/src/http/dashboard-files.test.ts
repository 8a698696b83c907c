import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import express from 'express';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { dashboardFiles } from './dashboard-files.ts';

const SCRIPT = 'export const answer = 42;';
const BROTLI = brotliCompressSync(SCRIPT);
const GZIP = gzipSync(SCRIPT);
const PAGES = { '/agents/[id]': { scripts: ['/_app/immutable/agent.js'], styles: ['/_app/immutable/agent.css'] } };

interface Answer {
  readonly status: number | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

describe('the files of the dashboard', () => {
  let folder: string;
  let server: Server;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'fleetbeat-files-'));
    const site = join(folder, 'site');
    await mkdir(join(site, '_app/immutable'), { recursive: true });
    await writeFile(join(folder, 'secret.js'), SCRIPT);
    await writeFile(join(folder, 'secret.js.br'), BROTLI);
    await writeFile(join(site, 'index.html'), '<html><head></head><body>shell</body></html>');
    await writeFile(join(site, '_app/page-files.json'), JSON.stringify(PAGES));
    for (const name of ['_app/immutable/agent.js', 'theme.js']) {
      await writeFile(join(site, name), SCRIPT);
      await writeFile(join(site, `${name}.br`), BROTLI);
      await writeFile(join(site, `${name}.gz`), GZIP);
    }
    await writeFile(join(site, 'small.js'), SCRIPT);
    server = express().use(dashboardFiles(site, false)).listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  afterAll(async () => {
    server?.close();
    await rm(folder, { recursive: true, force: true });
  });

  /** The path goes as it is, which `fetch` would not leave it. */
  async function ask(path: string, encodings: string, method = 'GET'): Promise<Answer> {
    const { port } = server.address() as AddressInfo;
    const asked = request({ port, path, method, headers: { 'accept-encoding': encodings, accept: '*/*' } }).end();
    const [answer] = (await once(asked, 'response')) as [
      NodeJS.ReadableStream & { statusCode?: number; headers: IncomingHttpHeaders },
    ];
    const parts: Buffer[] = [];
    for await (const part of answer) parts.push(part as Buffer);
    return { status: answer.statusCode, headers: answer.headers, body: Buffer.concat(parts) };
  }

  test.each([
    ['br', 'gzip, br', BROTLI],
    ['gzip', 'gzip', GZIP],
    [undefined, 'identity', Buffer.from(SCRIPT)],
  ])('come compressed as %s to whoever takes %s', async (encoding, accepted, body) => {
    for (const path of ['/_app/immutable/agent.js', '/theme.js']) {
      const answer = await ask(path, accepted);
      expect(answer).toMatchObject({ status: 200, body });
      expect(answer.headers).toMatchObject({ 'content-type': 'text/javascript; charset=utf-8', vary: 'Accept-Encoding' });
      expect(answer.headers['content-encoding']).toBe(encoding);
    }
  });

  test('keep their age', async () => {
    expect((await ask('/_app/immutable/agent.js', 'br')).headers['cache-control']).toContain('immutable');
    expect((await ask('/theme.js', 'br')).headers['cache-control']).toContain('max-age=0');
  });

  test('come as they are where nothing compressed stands beside them', async () => {
    expect((await ask('/small.js', 'br')).body.toString()).toBe(SCRIPT);
    expect((await ask('/_app/immutable/gone.js', 'br')).status).toBe(404);
  });

  test.each(['/../secret.js', '/_app/../../secret.js', '/%2e%2e/secret.js', '/..%2fsecret.js'])(
    'do not lead out of their folder by %s',
    async (path) => {
      expect((await ask(path, 'br')).body.includes(BROTLI)).toBe(false);
    },
  );

  test('of a page are named in the shell', async () => {
    const page = (await ask('/agents/a%2Fb', 'identity')).body.toString();
    expect(page).toContain('<link href="/_app/immutable/agent.js" rel="modulepreload" fetchpriority="low">');
    expect(page).toContain('<link href="/_app/immutable/agent.css" rel="stylesheet">');
    expect((await ask('/elsewhere', 'identity')).body.toString()).not.toContain('agent.js');
  });
});
