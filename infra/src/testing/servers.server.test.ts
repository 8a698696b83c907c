import { describe, expect, it } from 'vitest';
import { freshDatabase, influxServer, kafkaBrokers, redisUrl } from './servers.ts';

describe('the servers of the tests', () => {
  it('gives every file a migrated database of its own', async () => {
    const [first, second] = await Promise.all([freshDatabase(), freshDatabase()]);
    try {
      expect(first.url).not.toBe(second.url);
      const { rows } = await first.database.query<{ n: number }>('select count(*) as n from schema_migrations');
      expect(rows[0]?.n).toBeGreaterThan(0);
      await first.database.query('create table mine (id int)');
      await expect(second.database.query('select * from mine')).rejects.toThrow('does not exist');
    } finally {
      await Promise.all([first.drop(), second.drop()]);
    }
  });

  it.skipIf(influxServer() === null)('has an InfluxDB that answers', async () => {
    const answer = await fetch(`${influxServer()?.url}/ping`);
    expect(answer.status).toBeLessThan(300);
  });

  it('hands out addresses in the form that clients take', () => {
    for (const broker of kafkaBrokers() ?? []) expect(broker).toMatch(/^[^:/]+:\d+$/);
    expect(redisUrl() ?? 'redis://').toMatch(/^rediss?:\/\//);
  });
});
