import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import express, { Router, type RequestHandler } from 'express';
import { parsePageFiles, withPageFiles, type PageFiles } from './page-files.ts';
import { preferCompressed } from './prefer-compressed.ts';
import { contentSecurityPolicy } from './security-headers.ts';

/**
 * Serves the dashboard's static build: hashed assets for ever, everything else revalidated, and
 * `index.html` for every path that is a page of its own.
 */
export function dashboardFiles(directory: string, secure: boolean): Router {
  const router = Router();
  router.use((_request, response, next) => {
    response.locals['route'] = 'dashboard';
    next();
  });
  router.use(preferCompressed(directory));
  router.use(
    '/_app/immutable',
    express.static(join(directory, '_app/immutable'), { immutable: true, maxAge: '365d', index: false, fallthrough: true }),
    // A chunk of an older build must not be answered with a page.
    (_request, response) => void response.status(404).type('text/plain').send('not found'),
  );
  router.use(express.static(directory, { index: false, maxAge: 0, redirect: false }));
  router.use(answerPage(directory, secure));
  return router;
}

interface Shell {
  readonly html: string;
  readonly pages: PageFiles;
  readonly policy: string;
  readonly changedAt: number;
}

function answerPage(directory: string, secure: boolean): RequestHandler {
  const file = join(directory, 'index.html');
  let shell: Shell | undefined;

  async function current(): Promise<Shell> {
    const changedAt = await stat(file).then(
      (found) => found.mtimeMs,
      () => 0,
    );
    if (shell?.changedAt === changedAt) return shell;
    const html = changedAt === 0 ? NO_BUILD : await readFile(file, 'utf8');
    const pages = await readFile(join(directory, '_app/page-files.json'), 'utf8').catch(() => undefined);
    shell = { html, pages: parsePageFiles(pages), policy: contentSecurityPolicy(inlineScriptHashes(html), secure), changedAt };
    return shell;
  }

  return async (request, response, next) => {
    if ((request.method !== 'GET' && request.method !== 'HEAD') || !request.accepts('html')) {
      next();
      return;
    }
    const { html, pages, policy } = await current();
    response.set({ 'content-security-policy': policy, 'cache-control': 'no-cache' });
    response.type('html').send(withPageFiles(html, request.path, pages));
  };
}

/** The hashes by which a content security policy allows the inline scripts of a page. */
export function inlineScriptHashes(html: string): string[] {
  return [...html.matchAll(/<script(?![^>]*\ssrc=)[^>]*>([\s\S]*?)<\/script>/gi)].map(
    ([, script]) =>
      `sha256-${createHash('sha256')
        .update(script ?? '')
        .digest('base64')}`,
  );
}

const NO_BUILD = `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Fleetbeat</title>
<style>body{font:16px/1.5 system-ui,sans-serif;max-width:40rem;margin:15vh auto;padding:0 1rem}code{background:#8883;padding:.1em .3em}</style>
<h1>The dashboard is not built</h1>
<p>The API works, but there are no pages to show. Build them with <code>npm run build -w dashboard</code> and reload.</p>
</html>
`;
