import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createLifecycle } from './lifecycle.ts';
import { createLogger } from './logger.ts';

const logger = createLogger('lifecycle-test', 'silent');

describe('a stop', () => {
  it('runs the steps last in, first out', async () => {
    const lifecycle = createLifecycle(logger);
    const order: string[] = [];
    for (const name of ['database', 'queue', 'server']) lifecycle.onStop(name, () => void order.push(name));
    await lifecycle.stop('test');
    expect(order).toEqual(['server', 'queue', 'database']);
  });

  it('runs once, however often it is asked for', async () => {
    const lifecycle = createLifecycle(logger);
    let runs = 0;
    lifecycle.onStop('server', () => void (runs += 1));
    expect(lifecycle.stopping).toBe(false);
    await Promise.all([lifecycle.stop('one'), lifecycle.stop('two')]);
    await lifecycle.stop('three');
    expect(runs).toBe(1);
    expect(lifecycle.stopping).toBe(true);
  });

  it('goes on after a step has failed, and tells the failures in the end', async () => {
    const lifecycle = createLifecycle(logger);
    const order: string[] = [];
    lifecycle.onStop('database', () => void order.push('database'));
    lifecycle.onStop('queue', () => Promise.reject(new Error('no answer')));
    const failure: unknown = await lifecycle.stop('test').catch((error: unknown) => error);
    expect(order).toEqual(['database']);
    expect(failure).toBeInstanceOf(AggregateError);
    expect((failure as AggregateError).errors.map(String)).toEqual(['Error: no answer']);
  });

  it('gives up on a step that takes too long', async () => {
    const lifecycle = createLifecycle(logger);
    let databaseStopped = false;
    lifecycle.onStop('database', () => void (databaseStopped = true));
    lifecycle.onStop('server', () => new Promise(() => undefined), 20);
    await expect(lifecycle.stop('test')).rejects.toThrow();
    expect(databaseStopped).toBe(true);
  });

  it('runs a step that was registered while it was under way', async () => {
    const lifecycle = createLifecycle(logger);
    const order: string[] = [];
    lifecycle.onStop('database', () => void order.push('database'));
    lifecycle.onStop('starting', () => lifecycle.onStop('late server', () => void order.push('late server')));
    await lifecycle.stop('test');
    expect(order).toEqual(['late server', 'database']);
  });
});

describe('a process', () => {
  /** Runs a program whose stop takes 300 ms; answers its exit code and what it printed. */
  async function run(then: string, signals: readonly NodeJS.Signals[]): Promise<{ code: number | null; output: string }> {
    const module = (name: string) => JSON.stringify(join(import.meta.dirname, name));
    const program = `
      const { createLogger } = await import(${module('logger.ts')});
      const { createLifecycle } = await import(${module('lifecycle.ts')});
      const lifecycle = createLifecycle(createLogger('child', 'silent'));
      lifecycle.handleSignals();
      lifecycle.onStop('slow', async () => {
        await new Promise((resolve) => setTimeout(resolve, 300));
        console.log('stopped in order');
      });
      setInterval(() => {}, 1000);
      console.log('up');
      ${then}`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', program], { stdio: ['ignore', 'pipe', 'ignore'] });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString();
      if (output === 'up\n') for (const signal of signals) child.kill(signal);
    });
    const [code] = (await once(child, 'close')) as [number | null];
    return { code, output };
  }

  it('stops in order at SIGTERM', async () => {
    expect(await run('', ['SIGTERM'])).toEqual({ code: 0, output: 'up\nstopped in order\n' });
  });

  it('is not cut short by the second signal with which npm passes Ctrl-C on', async () => {
    expect(await run('', ['SIGINT', 'SIGTERM'])).toEqual({ code: 0, output: 'up\nstopped in order\n' });
  });

  it('stops in order, and fails, after an error that nobody caught', async () => {
    expect(await run(`setTimeout(() => { throw new Error('bug'); });`, [])).toEqual({
      code: 1,
      output: 'up\nstopped in order\n',
    });
    expect((await run(`void Promise.reject(new Error('bug'));`, [])).code).toBe(1);
  });
});
