import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ConfigError, loadConfig } from './config.ts';

function mistakesOf(env: NodeJS.ProcessEnv): readonly string[] {
  try {
    loadConfig(env);
  } catch (error) {
    if (error instanceof ConfigError) return error.mistakes;
    throw error;
  }
  return [];
}

const HOUR = 3_600_000;

describe('configuration', () => {
  it('needs nothing', () => {
    expect(loadConfig({})).toMatchObject({
      host: '127.0.0.1',
      port: 3000,
      ingestPort: 4318,
      ingestUrl: 'http://127.0.0.1:4318',
      publicUrl: 'http://127.0.0.1:3000',
      databaseUrl: undefined,
      kafkaBrokers: undefined,
      influx: undefined,
      redisUrl: undefined,
      dataDir: resolve('.data'),
      agentOfflineMs: 30_000,
      retention: { raw: 168 * HOUR, '10s': 72 * HOUR, '1m': 720 * HOUR, '1h': 17_520 * HOUR, log: 48 * HOUR },
    });
  });

  it('takes an empty variable for an unset one, as compose files write it', () => {
    expect(loadConfig({ PORT: '', REDIS_URL: ' ', KAFKA_BROKERS: '' })).toEqual(loadConfig({}));
  });

  it('takes proxies by number, by address, or all', () => {
    const trusted = ['1', 'true', 'false', 'loopback, 10.0.0.0/8, fd00::1'].map(
      (text) => loadConfig({ TRUST_PROXY: text }).trustProxy,
    );
    expect(trusted).toEqual([1, true, false, 'loopback, 10.0.0.0/8, fd00::1']);
  });

  it('chooses each engine by its own variable', () => {
    const config = loadConfig({
      DATABASE_URL: 'postgresql://user:pass@db/fleetbeat',
      KAFKA_BROKERS: 'a:9092, b:9092',
      INFLUX_URL: 'http://influx:8086/',
      INFLUX_TOKEN: 'token',
      INFLUX_ORG: 'org',
      REDIS_URL: 'rediss://:secret@redis:6380/2',
    });
    expect(config.kafkaBrokers).toEqual(['a:9092', 'b:9092']);
    expect(config.influx).toEqual({ url: 'http://influx:8086', token: 'token', org: 'org', bucket: 'fleetbeat' });
    expect(config.redisUrl).toBe('rediss://:secret@redis:6380/2');
  });

  it('takes an identity provider as a whole, with roles by group', () => {
    const oidc = { OIDC_ISSUER: 'https://id.example.com/', OIDC_CLIENT_ID: 'fleetbeat', OIDC_CLIENT_SECRET: 'secret' };
    const roles = { OIDC_ROLE_CLAIM: 'groups', OIDC_ROLES: 'team=ops=operator , all=viewer' };
    expect(loadConfig({ ...oidc, ...roles }).oidc).toMatchObject({
      issuer: 'https://id.example.com',
      roleClaim: 'groups',
      roles: new Map([
        ['team=ops', 'operator'],
        ['all', 'viewer'],
      ]),
      defaultRole: undefined,
    });
    expect(mistakesOf({ OIDC_ISSUER: 'https://id.example.com' })).toEqual([
      'OIDC_CLIENT_ID goes with OIDC_ISSUER',
      'OIDC_CLIENT_SECRET goes with OIDC_ISSUER',
    ]);
    expect(mistakesOf({ ...oidc, OIDC_ROLES: 'all=king' })[0]).toContain('OIDC_ROLES must be pairs');
    expect(mistakesOf({ ...oidc, OIDC_ROLE_CLAIM: 'groups' })).toEqual(['OIDC_ROLES goes with OIDC_ROLE_CLAIM']);
  });

  it('takes the issuer of services as a whole, with what its words stand for', () => {
    const jwt = { JWT_ISSUER: 'https://id.example.com/', JWT_AUDIENCE: 'fleetbeat', JWT_JWKS_URL: 'https://id.example.com/keys' };
    expect(loadConfig({ ...jwt, JWT_SCOPES: 'fleet.read=read, fleet.send=ingest' }).jwt).toEqual({
      issuer: 'https://id.example.com/',
      audience: 'fleetbeat',
      jwksUrl: 'https://id.example.com/keys',
      scopeClaim: 'scope',
      scopes: new Map([
        ['fleet.read', 'read'],
        ['fleet.send', 'ingest'],
      ]),
    });
    expect(mistakesOf({ JWT_ISSUER: 'a' })).toEqual([
      'JWT_AUDIENCE goes with JWT_ISSUER',
      'JWT_JWKS_URL goes with JWT_ISSUER',
      'JWT_SCOPES goes with JWT_ISSUER',
    ]);
    expect(mistakesOf({ ...jwt, JWT_SCOPES: 'fleet.read=everything' })[0]).toContain('JWT_SCOPES must be pairs');
  });

  it('lists every mistake at once, each by the name of its variable', () => {
    const mistakes = mistakesOf({
      PORT: 'eighty',
      DATABASE_URL: 'mysql://db',
      KAFKA_BROKERS: 'kafka',
      LOG_LEVEL: 'loud',
      RETENTION_RAW: '24h',
      FLEETBEAT_ADMIN_KEY: 'short',
      CORS_ORIGINS: 'https://ops.example.com/path',
      AGENT_OFFLINE_SECONDS: 'soon',
    });
    expect(mistakes.map((mistake) => mistake.split(' ')[0]).sort()).toEqual([
      'AGENT_OFFLINE_SECONDS',
      'CORS_ORIGINS',
      'DATABASE_URL',
      'FLEETBEAT_ADMIN_KEY',
      'KAFKA_BROKERS',
      'LOG_LEVEL',
      'PORT',
      'RETENTION_RAW',
    ]);
  });

  it('never repeats the value of a secret', () => {
    const error = mistakesOf({
      FLEETBEAT_ADMIN_KEY: 'hunter2',
      FLEETBEAT_SECRET: 'hunter2',
      DATABASE_URL: 'x://u:hunter2@h',
      REDIS_URL: 'hunter2',
    });
    expect(error).toHaveLength(4);
    expect(error.join('\n')).not.toContain('hunter2');
  });

  it.each([
    [{ PORT: '4318' }, 'INGEST_PORT must differ from PORT'],
    [{ TRUST_PROXY: 'nginx' }, 'TRUST_PROXY must be a number of proxies, true, false, or addresses such as loopback, 10.0.0.0/8'],
    [{ LOG_LEVEL: 'verbose' }, 'LOG_LEVEL must be one of trace, debug, info, warn, error, fatal, silent'],
    [{ METRICS_PORT: '3000' }, 'METRICS_PORT must differ from PORT and INGEST_PORT'],
    [{ INFLUX_TOKEN: 'x' }, 'INFLUX_TOKEN is set, but INFLUX_URL is not'],
    [{ PORT: '65536' }, 'PORT must be a port number from 0 to 65535'],
    [{ RETENTION_10S: '1 day' }, 'RETENTION_10S must be a duration such as 90m, 25h, 7d or 2y'],
    [{ RETENTION_1M: '24h' }, 'RETENTION_1M must be at least 25h'],
    [{ FLEETBEAT_INGEST_KEY: 'fifteen letters' }, 'FLEETBEAT_INGEST_KEY must be 16 to 4096 printable characters'],
    [{ FLEETBEAT_INGEST_KEY: 'a key of many\nlines' }, 'FLEETBEAT_INGEST_KEY must be 16 to 4096 printable characters'],
  ])('%o: %s', (env, mistake) => {
    expect(mistakesOf(env)).toEqual([mistake]);
  });

  it('reaches a server that listens everywhere by a loopback address', () => {
    expect(loadConfig({ HOST: '0.0.0.0' }).publicUrl).toBe('http://127.0.0.1:3000');
    expect(loadConfig({ HOST: '::1' }).publicUrl).toBe('http://[::1]:3000');
  });

  it.each([
    ['true', true],
    ['false', false],
    ['1', 1],
    ['loopback, 10.0.0.0/8', 'loopback, 10.0.0.0/8'],
  ])('reads TRUST_PROXY %s', (text, value) => {
    expect(loadConfig({ TRUST_PROXY: text }).trustProxy).toBe(value);
  });

  it('names the private networks that channels may send to', () => {
    expect(loadConfig({}).notifyAllowPrivate).toEqual([]);
    expect(loadConfig({ NOTIFY_ALLOW_PRIVATE: 'true' }).notifyAllowPrivate).toBe(true);
    expect(loadConfig({ NOTIFY_ALLOW_PRIVATE: '10.0.0.0/8, fd00::/8' }).notifyAllowPrivate).toEqual(['10.0.0.0/8', 'fd00::/8']);
    expect(mistakesOf({ NOTIFY_ALLOW_PRIVATE: 'intranet' })).toEqual([
      'NOTIFY_ALLOW_PRIVATE must be networks such as 10.0.0.0/8 or fd00::/8, separated by commas, or true',
    ]);
  });

  it('is documented, every variable of it', () => {
    const source = readFileSync(join(import.meta.dirname, 'config.ts'), 'utf8');
    const documentation = readFileSync(join(import.meta.dirname, '../../docs/configuration.md'), 'utf8');
    const variables = [...source.matchAll(/^ {4}([A-Z][A-Z0-9_]+):/gm)].map((match) => match[1] ?? '');
    expect(variables.length).toBeGreaterThan(25);
    const missing = variables.filter((name) => name !== 'FLEETBEAT_EMBEDDED_DATABASE' && !documentation.includes(`\`${name}\``));
    expect(missing).toEqual([]);
  });
});
