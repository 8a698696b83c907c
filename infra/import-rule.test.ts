import { describe, expect, it } from 'vitest';
import { forbiddenImport, importsOf } from './import-rule.ts';

describe('the import rule', () => {
  it.each([
    ['contracts/src/events.ts', 'zod'],
    ['contracts/src/events.ts', './tasks.ts'],
    ['infra/src/config.ts', '@fleetbeat/contracts/events.ts'],
    ['infra/native/stack.ts', '../src/config.ts'],
    ['ingest/src/gateway/server.ts', '@fleetbeat/infra/logger.ts'],
    ['bff/src/agents/routes.ts', 'express'],
    ['bff/src/agents/routes.ts', '../http/route.ts'],
    ['bff/src/agents/routes.ts', './read-model.ts'],
    ['bff/src/main.ts', './agents/routes.ts'],
    ['processors/src/jobs/main.ts', '../notify/delivery/run-deliveries.ts'],
    ['processors/src/aggregates/rollup.ts', '../engine/window.ts'],
    ['processors/src/engine/simulation.test.ts', '../aggregates/rollup.ts'],
    ['bff/src/testing/start-test-bff.ts', '../main.ts'],
    ['dashboard/src/lib/live.svelte.ts', '@fleetbeat/contracts/live.ts'],
    ['dashboard/src/routes/+page.svelte', '$lib/format'],
    ['agents-simulator/src/verify.server.test.ts', '@fleetbeat/infra/testing/servers.ts'],
    ['e2e/trace.e2e.test.ts', '../bff/src/main.ts'],
    ['bench/src/main.ts', '@fleetbeat/processors/main.ts'],
    ['vitest.config.ts', './infra/src/testing/start-servers.ts'],
  ])('lets %s import %s', (file, specifier) => {
    expect(forbiddenImport(file, specifier)).toBeNull();
  });

  it.each([
    ['contracts/src/events.ts', 'pg', 'only the schema library'],
    ['contracts/src/events.ts', 'node:fs', 'only the schema library'],
    ['contracts/src/events.ts', '@fleetbeat/infra/config.ts', 'contracts may import no other workspace'],
    ['infra/src/standalone.ts', '@fleetbeat/bff/main.ts', 'not bff'],
    ['infra/src/standalone.ts', '../../bff/src/main.ts', 'not bff'],
    ['bff/src/main.ts', '@fleetbeat/processors/engine/window.ts', 'not processors'],
    ['dashboard/src/lib/x.ts', '@fleetbeat/infra/config.ts', 'not infra'],
    ['agents-simulator/src/main.ts', '@fleetbeat/infra/config.ts', 'not infra'],
    ['agents-simulator/src/main.test.ts', '@fleetbeat/infra/config.ts', 'not infra'],
    ['bff/src/agents/routes.ts', '../tasks/read-model.ts', 'the feature agents must not import its sibling tasks'],
    ['bff/src/agents/routes.ts', '../main.ts', 'not the other way round'],
    ['processors/src/engine/cut.ts', '../aggregates/rollup.ts', 'sibling'],
  ])('forbids %s to import %s', (file, specifier, reason) => {
    expect(forbiddenImport(file, specifier)).toContain(reason);
  });
});

describe('finding imports', () => {
  it('sees static, type, re-exported, side-effect and dynamic imports', () => {
    const source = `
      import a, { b } from './a.ts';
      import type { T } from "./t.ts";
      export * from './c.ts';
      import './d.css';
      const e = await import('./e.ts');
      import {
        f,
      } from './f.ts';`;
    expect(importsOf(source)).toEqual(['./a.ts', './t.ts', './c.ts', './d.css', './e.ts', './f.ts']);
  });

  it('passes over comments', () => {
    expect(importsOf(`// import x from './x.ts'\n/* import y from './y.ts' */`)).toEqual([]);
  });
});
