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
