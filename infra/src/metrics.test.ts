import { afterEach, describe, expect, it } from 'vitest';
import { createMetrics, serveMetrics } from './metrics.ts';

let close: (() => Promise<void>) | undefined;
afterEach(() => close?.());

describe('metrics', () => {
  it('count answers by route and status, and queries by outcome', async () => {
    const metrics = createMetrics('test');
    metrics.http('GET', '/agents/{id}', 404, 0.02);
    await metrics.timed('agents', () => Promise.resolve(1));
    await expect(metrics.timed('agents', () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    const text = await metrics.registry.metrics();
    expect(text).toContain(
      'fleetbeat_http_request_seconds_count{service="test",method="GET",route="/agents/{id}",status="404"} 1',
    );
    expect(text).toContain('fleetbeat_query_seconds_count{service="test",query="agents",outcome="ok"} 1');
    expect(text).toContain('fleetbeat_query_seconds_count{service="test",query="agents",outcome="error"} 1');
    expect(text).toContain('process_cpu_user_seconds_total');
  });

  it('are served, with a health check', async () => {
    const server = await serveMetrics(createMetrics('test'), '127.0.0.1', 0);
    close = () => server.close();
    const get = (path: string) => fetch(`http://127.0.0.1:${server.port}${path}`);
    expect(await (await get('/health')).json()).toEqual({ status: 'ok' });
    expect(await (await get('/metrics')).text()).toContain('nodejs_eventloop_lag_seconds');
    expect((await get('/')).status).toBe(404);
    await expect(serveMetrics(createMetrics('other'), '127.0.0.1', server.port)).rejects.toThrow(/EADDRINUSE/);
  });
});
