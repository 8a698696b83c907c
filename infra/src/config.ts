import { isIP } from 'node:net';
import { resolve } from 'node:path';
import * as z from 'zod';
import { networkMistake, type AllowedTargets } from './net/target-rule.ts';
import { SCOPES, USER_ROLES, type Scope, type UserRole } from './access/scopes.ts';

/** How long each class of data is kept, in milliseconds; `rawBytes` bounds raw events by size as well. */
export interface Retention {
  readonly raw: number;
  readonly '10s': number;
  readonly '1m': number;
  readonly '1h': number;
  readonly log: number;
  readonly deadLetters: number;
  /** Resolved alerts, and notifications. */
  readonly alerts: number;
  /** Incidents that are over, and what was to be true for a time: silences, substitutes. */
  readonly incidents: number;
  readonly deliveries: number;
  /** Suggestions that were decided or have expired. */
  readonly suggestions: number;
  readonly rawBytes: number;
}

export interface InfluxConfig {
  readonly url: string;
  readonly token: string | undefined;
  readonly org: string | undefined;
  readonly bucket: string;
}

/** An OpenID Connect provider by which people sign in. */
export interface OidcConfig {
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** What the sign-in page calls it. */
  readonly name: string;
  /** The claim that holds somebody's groups, and what role each group gives; the strongest counts. */
  readonly roleClaim: string | undefined;
  readonly roles: ReadonlyMap<string, UserRole>;
  /** For whom no group gives a role; undefined: only who was invited gets in. */
  readonly defaultRole: UserRole | undefined;
}

/** Services that call with tokens of their own issuer. */
export interface JwtConfig {
  readonly issuer: string;
  readonly audience: string;
  /** Where the issuer's keys are. */
  readonly jwksUrl: string;
  /** The claim that holds what a service may, and what each word of it stands for here. */
  readonly scopeClaim: string;
  readonly scopes: ReadonlyMap<string, Scope>;
}

/** Everything that is configured, read from the environment once. docs/configuration.md describes the variables. */
export interface Config {
  readonly host: string;
  readonly port: number;
  readonly ingestPort: number;
  readonly ingestUrl: string;
  readonly publicUrl: string;
  readonly corsOrigins: readonly string[];
  readonly trustProxy: boolean | number | string;
  readonly databaseUrl: string | undefined;
  /** The database is the one that the standalone start brought up. */
  readonly embeddedDatabase: boolean;
  readonly kafkaBrokers: readonly string[] | undefined;
  readonly influx: InfluxConfig | undefined;
  readonly redisUrl: string | undefined;
  /** Absolute. */
  readonly dataDir: string;
  readonly secret: string | undefined;
  readonly adminKey: string | undefined;
  readonly ingestKey: string | undefined;
  readonly logLevel: LogLevel;
  readonly metricsPort: number | undefined;
  readonly agentOfflineMs: number;
  readonly hostOfflineMs: number;
  /** How long an agent, or a host, is silent before it is archived. */
  readonly agentArchiveMs: number;
  readonly hostArchiveMs: number;
  readonly retention: Retention;
  /** What channels may send to besides public addresses. */
  readonly notifyAllowPrivate: AllowedTargets;
  readonly oidc: OidcConfig | undefined;
  /** Whose tokens are taken besides keys. */
  readonly jwt: JwtConfig | undefined;
  /** Bytes of merged windows that a BFF keeps; 0: none. */
  readonly readCacheBytes: number;
  /** Requests to the API that one key, session or address may make in a minute; 0: any number. */
  readonly rateLimit: number;
}

export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** Every mistake of a configuration, each naming its variable and none the value of a secret. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly mistakes: readonly string[];

  constructor(mistakes: readonly string[]) {
    super(
      `The configuration has ${mistakes.length === 1 ? 'a mistake' : `${mistakes.length} mistakes`}:\n  ${mistakes.join('\n  ')}`,
    );
    this.mistakes = mistakes;
  }
}

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** Raw events, 10 s and 1 m rows outlive the accepted lateness of 24 h, so that a late event always finds its neighbours. */
const SHORTEST_RETENTION = 25 * HOUR;

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: HOUR, d: DAY, w: 7 * DAY, y: 365 * DAY };

function port(fallback: number) {
  return z
    .string()
    .regex(/^\d{1,5}$/, 'must be a port number from 0 to 65535')
    .transform(Number)
    .refine((value) => value <= 65_535, 'must be a port number from 0 to 65535')
    .default(fallback);
}

function duration(fallback: number, shortest: number) {
  return z
    .string()
    .transform((text, context) => {
      const match = /^(\d+(?:\.\d+)?)(ms|s|m|h|d|w|y)$/.exec(text);
      const unit = UNITS[match?.[2] ?? ''];
      if (match === null || unit === undefined) {
        context.addIssue('must be a duration such as 90m, 25h, 7d or 2y');
        return z.NEVER;
      }
      const value = Math.round(Number(match[1]) * unit);
      if (value < shortest) {
        context.addIssue(`must be at least ${Math.round(shortest / HOUR)}h`);
        return z.NEVER;
      }
      return value;
    })
    .default(fallback);
}

function seconds(fallback: number) {
  return z
    .string()
    .regex(/^\d+(\.\d+)?$/, 'must be a number of seconds')
    .transform((text) => Number(text) * 1_000)
    .refine((value) => value >= 1_000 && value <= DAY, 'must be from 1 to 86400 seconds')
    .default(fallback);
}

function days(fallback: number) {
  return z
    .string()
    .regex(/^\d{1,4}$/, 'must be a number of days')
    .transform(Number)
    .refine((value) => value >= 1 && value <= 3_650, 'must be from 1 to 3650 days')
    .default(fallback)
    .transform((value) => value * DAY);
}

function bytes(fallback: number) {
  const units: Readonly<Record<string, number>> = { '': 1, kb: 2 ** 10, mb: 2 ** 20, gb: 2 ** 30, tb: 2 ** 40 };
  return z
    .string()
    .transform((text, context) => {
      const match = /^(\d+)\s*(|kb|mb|gb|tb)$/i.exec(text);
      const unit = units[(match?.[2] ?? 'none').toLowerCase()];
      if (match === null || unit === undefined || Number(match[1]) === 0) {
        context.addIssue('must be a size such as 500MB or 10GB');
        return z.NEVER;
      }
      return Number(match[1]) * unit;
    })
    .default(fallback);
}

function url(protocols: readonly string[]) {
  const wanted = protocols.map((protocol) => `${protocol}//`).join(' or ');
  return z.string().refine((text) => {
    const parsed = URL.canParse(text) ? new URL(text) : undefined;
    return (
      parsed !== undefined && protocols.includes(parsed.protocol) && (parsed.hostname !== '' || parsed.search.includes('host='))
    );
  }, `must be a URL that starts with ${wanted}`);
}

const httpUrl = url(['http:', 'https:']).transform((text) => text.replace(/\/+$/, ''));

/** Blanks at the ends are gone by now; a header carries those in between. */
const key = z.string().regex(/^[\x20-\x7e]{16,4096}$/, 'must be 16 to 4096 printable characters');

const list = z.string().transform((text) =>
  text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== ''),
);

const brokers = list.refine(
  (items) => items.length > 0 && items.every((item) => /^(\[[0-9a-f:]+\]|[^\s:/]+):\d{1,5}$/i.test(item)),
  'must be a comma-separated list of host:port',
);

const origins = list.refine(
  (items) => items.every((item) => URL.canParse(item) && new URL(item).origin === item),
  'must be a comma-separated list of origins such as https://ops.example.com',
);

const role = z.enum(USER_ROLES, { error: `must be one of ${USER_ROLES.join(', ')}` });

/** What others call it, by what it is called here. */
function namesFor<const Ours extends string>(ours: readonly [Ours, ...Ours[]], example: string) {
  return list.transform((items, context): ReadonlyMap<string, Ours> => {
    const pairs = items.flatMap((item) => {
      const equals = item.lastIndexOf('=');
      const known = ours.find((each) => each === item.slice(equals + 1));
      if (equals > 0 && known !== undefined) return [[item.slice(0, equals), known] as const];
      context.addIssue(`must be pairs such as ${example}, of ${ours.join(', ')}`);
      return [];
    });
    return new Map(pairs);
  });
}

const allowedTargets = z.string().transform((text, context): AllowedTargets => {
  if (text === 'true') return true;
  const networks = list.parse(text);
  const mistake = networks.map(networkMistake).find((each) => each !== null);
  if (mistake !== undefined) context.addIssue(`${mistake}, separated by commas, or true`);
  return networks;
});

/** What Express calls the addresses of this machine and of local networks. */
const LOCAL_PROXIES = ['loopback', 'linklocal', 'uniquelocal'];

const trustProxy = z.string().transform((text, context): boolean | number | string => {
  if (text === 'true') return true;
  if (text === 'false') return false;
  if (/^\d+$/.test(text)) return Number(text);
  const unknown = list.parse(text).filter((each) => !LOCAL_PROXIES.includes(each) && isIP(each) === 0);
  if (unknown.some((each) => networkMistake(each) !== null)) {
    context.addIssue('must be a number of proxies, true, false, or addresses such as loopback, 10.0.0.0/8');
  }
  return text;
});

const variables = z
  .object({
    HOST: z
      .string()
      .regex(/^[^\s/]+$/, 'must be a host name or an address')
      .default('127.0.0.1'),
    PORT: port(3000),
    INGEST_PORT: port(4318),
    INGEST_URL: httpUrl.optional(),
    PUBLIC_URL: httpUrl.optional(),
    CORS_ORIGINS: origins.default([]),
    TRUST_PROXY: trustProxy.default(false),
    DATABASE_URL: url(['postgres:', 'postgresql:']).optional(),
    KAFKA_BROKERS: brokers.optional(),
    INFLUX_URL: httpUrl.optional(),
    INFLUX_TOKEN: z.string().optional(),
    INFLUX_ORG: z.string().optional(),
    INFLUX_BUCKET: z.string().min(1).default('fleetbeat'),
    REDIS_URL: url(['redis:', 'rediss:']).optional(),
    // Set by the standalone start for the services it spawns.
    FLEETBEAT_EMBEDDED_DATABASE: z.enum(['true', 'false']).default('false'),
    FLEETBEAT_DATA: z.string().default('.data'),
    FLEETBEAT_SECRET: key.optional(),
    FLEETBEAT_ADMIN_KEY: key.optional(),
    FLEETBEAT_INGEST_KEY: key.optional(),
    LOG_LEVEL: z.enum(LOG_LEVELS, { error: `must be one of ${LOG_LEVELS.join(', ')}` }).default('info'),
    METRICS_PORT: port(0).optional(),
    AGENT_OFFLINE_SECONDS: seconds(30_000),
    HOST_OFFLINE_SECONDS: seconds(30_000),
    AGENT_ARCHIVE_DAYS: days(30),
    HOST_ARCHIVE_DAYS: days(30),
    RETENTION_RAW: duration(7 * DAY, SHORTEST_RETENTION),
    RETENTION_10S: duration(3 * DAY, SHORTEST_RETENTION),
    RETENTION_1M: duration(30 * DAY, SHORTEST_RETENTION),
    RETENTION_1H: duration(730 * DAY, SHORTEST_RETENTION),
    RETENTION_LOG: duration(48 * HOUR, HOUR),
    RETENTION_DEAD_LETTERS: duration(30 * DAY, DAY),
    RETENTION_ALERTS: duration(30 * DAY, DAY),
    RETENTION_INCIDENTS: duration(90 * DAY, DAY),
    RETENTION_DELIVERIES: duration(30 * DAY, DAY),
    RETENTION_SUGGESTIONS: duration(365 * DAY, DAY),
    RETENTION_RAW_BYTES: bytes(10 * 2 ** 30),
    NOTIFY_ALLOW_PRIVATE: allowedTargets.default([]),
    OIDC_ISSUER: httpUrl.optional(),
    OIDC_CLIENT_ID: z.string().optional(),
    OIDC_CLIENT_SECRET: z.string().optional(),
    OIDC_NAME: z.string().max(60, 'must be at most 60 characters').default('single sign-on'),
    OIDC_ROLE_CLAIM: z.string().optional(),
    OIDC_ROLES: namesFor(USER_ROLES, 'fleet-admins=admin').default(new Map()),
    OIDC_DEFAULT_ROLE: role.optional(),
    JWT_ISSUER: z.string().max(500).optional(),
    JWT_AUDIENCE: z.string().max(500).optional(),
    JWT_JWKS_URL: httpUrl.optional(),
    JWT_SCOPE_CLAIM: z.string().max(200).default('scope'),
    JWT_SCOPES: namesFor(SCOPES, 'fleet.read=read').default(new Map()),
    FLEETBEAT_READ_CACHE: z.union([z.literal('0').transform(() => 0), bytes(64 * 2 ** 20)], {
      error: 'must be 0, or a size such as 64MB',
    }),
    RATE_LIMIT: z
      .string()
      .regex(/^\d{1,9}$/, 'must be a number of requests a minute, or 0')
      .transform(Number)
      .default(12_000),
  })
  .check((context) => {
    const { PORT, INGEST_PORT, METRICS_PORT, INFLUX_URL, INFLUX_TOKEN, INFLUX_ORG, FLEETBEAT_ADMIN_KEY, FLEETBEAT_INGEST_KEY } =
      context.value;
    const mistake = (variable: string, message: string) =>
      context.issues.push({ code: 'custom', path: [variable], message, input: undefined });
    const { OIDC_ISSUER, OIDC_CLIENT_ID, OIDC_CLIENT_SECRET, OIDC_ROLE_CLAIM, OIDC_ROLES } = context.value;
    for (const [name, value] of Object.entries({ OIDC_CLIENT_ID, OIDC_CLIENT_SECRET })) {
      if ((value === undefined) !== (OIDC_ISSUER === undefined)) mistake(name, 'goes with OIDC_ISSUER');
    }
    if ((OIDC_ROLE_CLAIM === undefined) !== (OIDC_ROLES.size === 0)) mistake('OIDC_ROLES', 'goes with OIDC_ROLE_CLAIM');
    const { JWT_ISSUER, JWT_AUDIENCE, JWT_JWKS_URL, JWT_SCOPES } = context.value;
    const withIssuer = { JWT_AUDIENCE, JWT_JWKS_URL, JWT_SCOPES: JWT_SCOPES.size === 0 ? undefined : JWT_SCOPES };
    for (const [name, value] of Object.entries(withIssuer)) {
      if ((value === undefined) !== (JWT_ISSUER === undefined)) mistake(name, 'goes with JWT_ISSUER');
    }
    if (PORT !== 0 && PORT === INGEST_PORT) mistake('INGEST_PORT', 'must differ from PORT');
    if (METRICS_PORT !== undefined && METRICS_PORT !== 0 && (METRICS_PORT === PORT || METRICS_PORT === INGEST_PORT)) {
      mistake('METRICS_PORT', 'must differ from PORT and INGEST_PORT');
    }
    if (INFLUX_URL === undefined && INFLUX_TOKEN !== undefined) mistake('INFLUX_TOKEN', 'is set, but INFLUX_URL is not');
    if (INFLUX_URL === undefined && INFLUX_ORG !== undefined) mistake('INFLUX_ORG', 'is set, but INFLUX_URL is not');
    if (FLEETBEAT_ADMIN_KEY !== undefined && FLEETBEAT_ADMIN_KEY === FLEETBEAT_INGEST_KEY) {
      mistake('FLEETBEAT_INGEST_KEY', 'must differ from FLEETBEAT_ADMIN_KEY');
    }
  });

/** The names of all variables. */
export const VARIABLES: readonly string[] = Object.keys(variables.shape);

/**
 * Reads the configuration. A variable that is empty counts as unset, as compose files write it.
 * Throws `ConfigError` with every mistake at once.
 */
export function loadConfig(env: NodeJS.ProcessEnv = process.env): Config {
  const set = Object.fromEntries(
    VARIABLES.flatMap((name) => {
      const value = env[name]?.trim();
      return value === undefined || value === '' ? [] : [[name, value] as const];
    }),
  );
  const parsed = variables.safeParse(set);
  if (!parsed.success) {
    throw new ConfigError(parsed.error.issues.map((issue) => `${issue.path.map(String).join('.')} ${issue.message}`));
  }
  const v = parsed.data;
  return {
    host: v.HOST,
    port: v.PORT,
    ingestPort: v.INGEST_PORT,
    ingestUrl: v.INGEST_URL ?? `http://127.0.0.1:${v.INGEST_PORT}`,
    publicUrl: v.PUBLIC_URL ?? `http://${urlHost(v.HOST)}:${v.PORT}`,
    corsOrigins: v.CORS_ORIGINS,
    trustProxy: v.TRUST_PROXY,
    databaseUrl: v.DATABASE_URL,
    embeddedDatabase: v.FLEETBEAT_EMBEDDED_DATABASE === 'true',
    kafkaBrokers: v.KAFKA_BROKERS,
    influx:
      v.INFLUX_URL === undefined
        ? undefined
        : { url: v.INFLUX_URL, token: v.INFLUX_TOKEN, org: v.INFLUX_ORG, bucket: v.INFLUX_BUCKET },
    redisUrl: v.REDIS_URL,
    dataDir: resolve(v.FLEETBEAT_DATA),
    secret: v.FLEETBEAT_SECRET,
    adminKey: v.FLEETBEAT_ADMIN_KEY,
    ingestKey: v.FLEETBEAT_INGEST_KEY,
    logLevel: v.LOG_LEVEL,
    metricsPort: v.METRICS_PORT,
    agentOfflineMs: v.AGENT_OFFLINE_SECONDS,
    hostOfflineMs: v.HOST_OFFLINE_SECONDS,
    agentArchiveMs: v.AGENT_ARCHIVE_DAYS,
    hostArchiveMs: v.HOST_ARCHIVE_DAYS,
    retention: {
      raw: v.RETENTION_RAW,
      '10s': v.RETENTION_10S,
      '1m': v.RETENTION_1M,
      '1h': v.RETENTION_1H,
      log: v.RETENTION_LOG,
      deadLetters: v.RETENTION_DEAD_LETTERS,
      alerts: v.RETENTION_ALERTS,
      incidents: v.RETENTION_INCIDENTS,
      deliveries: v.RETENTION_DELIVERIES,
      suggestions: v.RETENTION_SUGGESTIONS,
      rawBytes: v.RETENTION_RAW_BYTES,
    },
    notifyAllowPrivate: v.NOTIFY_ALLOW_PRIVATE,
    oidc:
      v.OIDC_ISSUER === undefined
        ? undefined
        : {
            issuer: v.OIDC_ISSUER,
            clientId: v.OIDC_CLIENT_ID ?? '',
            clientSecret: v.OIDC_CLIENT_SECRET ?? '',
            name: v.OIDC_NAME,
            roleClaim: v.OIDC_ROLE_CLAIM,
            roles: v.OIDC_ROLES,
            defaultRole: v.OIDC_DEFAULT_ROLE,
          },
    jwt:
      v.JWT_ISSUER === undefined
        ? undefined
        : {
            issuer: v.JWT_ISSUER,
            audience: v.JWT_AUDIENCE ?? '',
            jwksUrl: v.JWT_JWKS_URL ?? '',
            scopeClaim: v.JWT_SCOPE_CLAIM,
            scopes: v.JWT_SCOPES,
          },
    readCacheBytes: v.FLEETBEAT_READ_CACHE,
    rateLimit: v.RATE_LIMIT,
  };
}

/** The host part of a URL by which a server bound to `host` is reached from the same machine. */
function urlHost(host: string): string {
  if (host === '0.0.0.0' || host === '::') return '127.0.0.1';
  return host.includes(':') ? `[${host}]` : host;
}
