import { timingSafeEqual } from 'node:crypto';
import type { Config } from '../config.ts';
import type { Database } from '../database/database.ts';
import type { Logger } from '../logger.ts';
import { type Caller, knownScopes, type Scope } from './scopes.ts';
import { hashToken, newId, newToken } from './tokens.ts';

export type { Caller, Scope } from './scopes.ts';

/** An API key as listed; the key itself is shown once, when it is made. */
export interface ApiKey extends Caller {
  readonly createdAt: Date;
  readonly createdBy: string;
  readonly expiresAt: Date | null;
  readonly revokedAt: Date | null;
}

/** Makes an API key. The `key` of the answer is stored nowhere. */
export async function createApiKey(
  database: Database,
  wanted: { name: string; scopes: readonly Scope[]; createdBy: string; expiresAt?: Date | undefined },
): Promise<{ id: string; key: string }> {
  const id = newId();
  const key = newToken('fbk');
  await database.query(
    `insert into api_keys (id, name, hash, prefix, scopes, created_by, expires_at) values ($1, $2, $3, $4, $5, $6, $7)`,
    [id, wanted.name, hashToken(key), keyPrefix(key), wanted.scopes, wanted.createdBy, wanted.expiresAt ?? null],
  );
  return { id, key };
}

/** How a key begins: enough to know it again by, too little to guess it from. */
export function keyPrefix(key: string): string {
  return key.slice(0, 8);
}

/** Every key that ever was, newest first. */
export async function listApiKeys(database: Database): Promise<ApiKey[]> {
  const { rows } = await database.query<Omit<ApiKey, 'scopes'> & { scopes: string[] }>(`
    select id, name, scopes, created_at "createdAt", created_by "createdBy", expires_at "expiresAt", revoked_at "revokedAt"
    from api_keys order by created_at desc, id limit 1000`);
  return rows.map((row) => ({ ...row, scopes: knownScopes(row.scopes) }));
}

/** Ends a key. Verifiers elsewhere notice within `CACHE_MS`. Answers false where there is no such key in use. */
export async function revokeApiKey(database: Database, id: string): Promise<boolean> {
  const { rowCount } = await database.query(
    `update api_keys set revoked_at = clock_timestamp() where id = $1 and revoked_at is null`,
    [id],
  );
  return rowCount === 1;
}

/**
 * Makes API keys of FLEETBEAT_ADMIN_KEY and FLEETBEAT_INGEST_KEY. Safe at every start of every process: a
 * variable's new value replaces its old one, and a key that was revoked stays revoked.
 */
export async function ensureEnvironmentKeys(database: Database, config: Pick<Config, 'adminKey' | 'ingestKey'>): Promise<void> {
  const wanted: readonly (readonly [string, string, string | undefined, Scope])[] = [
    ['env-admin', 'FLEETBEAT_ADMIN_KEY', config.adminKey, 'admin'],
    ['env-ingest', 'FLEETBEAT_INGEST_KEY', config.ingestKey, 'ingest'],
  ];
  for (const [id, name, key, scope] of wanted) {
    if (key === undefined) continue;
    await database.query(
      `insert into api_keys (id, name, hash, scopes, created_by) values ($1, $2, $3, $4, 'environment')
       on conflict (id) do update set hash = excluded.hash, created_at = clock_timestamp(), revoked_at = null
       where api_keys.hash <> excluded.hash`,
      [id, name, hashToken(key), [scope]],
    );
  }
}

/** How long an answer of the database is believed, in milliseconds. */
export const CACHE_MS = 5_000;
/** How long a known key is accepted while the database cannot be asked, in milliseconds. */
export const CACHE_WITHOUT_DATABASE_MS = 10 * 60_000;
const CACHE_ENTRIES = 10_000;
/** That a key was used is written down at most this often, in milliseconds. */
const USED_EVERY_MS = 55_000;

export interface KeyVerifier {
  /** Whose key this is, or null. Rejects where the key is not known here and the database cannot be asked, or with an `HttpProblem`. */
  verify(bearer: string): Promise<Caller | null>;
}

interface CacheEntry {
  readonly caller: Caller | null;
  readonly askedAt: number;
}

/**
 * Recognises API keys by their hash, with a bounded cache, and the local operator key where one is given.
 */
export function createKeyVerifier(
  database: Database,
  options: { operatorKey?: string | undefined; logger?: Logger | undefined; now?: (() => number) | undefined } = {},
): KeyVerifier {
  const { operatorKey, logger, now = Date.now } = options;
  const operatorHash = operatorKey === undefined ? undefined : hashToken(operatorKey);
  const cache = new Map<string, CacheEntry>();
  const asking = new Map<string, Promise<Caller | null>>();

  function remember(id: string, caller: Caller | null): void {
    cache.delete(id);
    if (cache.size >= CACHE_ENTRIES) {
      const oldest = cache.keys().next();
      if (oldest.done !== true) cache.delete(oldest.value);
    }
    cache.set(id, { caller, askedAt: now() });
  }

  async function ask(id: string, hash: Buffer): Promise<Caller | null> {
    try {
      const caller = await findCaller(database, hash);
      remember(id, caller);
      return caller;
    } catch (error) {
      const known = cache.get(id);
      if (known?.caller == null || now() - known.askedAt > CACHE_WITHOUT_DATABASE_MS) throw error;
      logger?.warn({ err: error, key: known.caller.id }, 'keys cannot be checked: a key that was valid lately is accepted');
      return known.caller;
    }
  }

  return {
    async verify(bearer) {
      const hash = hashToken(bearer);
      if (operatorHash !== undefined && timingSafeEqual(hash, operatorHash)) return LOCAL_OPERATOR;
      const id = hash.toString('base64');
      const known = cache.get(id);
      if (known !== undefined && now() - known.askedAt < CACHE_MS) return known.caller;
      let answer = asking.get(id);
      if (answer === undefined) {
        answer = ask(id, hash).finally(() => asking.delete(id));
        asking.set(id, answer);
      }
      return await answer;
    },
  };
}

export const LOCAL_OPERATOR: Caller = { id: 'local-operator', name: 'local operator', scopes: ['admin'] };

async function findCaller(database: Database, hash: Buffer): Promise<Caller | null> {
  const { rows } = await database.query<{ id: string; name: string; scopes: string[]; stale: boolean }>(
    `select id, name, scopes, coalesce(last_used_at < clock_timestamp() - $2 * interval '1 millisecond', true) stale from api_keys
     where (hash = $1 or (previous_hash = $1 and previous_expires_at > clock_timestamp()))
       and revoked_at is null and (expires_at is null or expires_at > clock_timestamp())`,
    [hash, USED_EVERY_MS],
  );
  const row = rows[0];
  if (row?.stale === true) {
    // Nobody waits for another's row: that a key was used is worth no more than that.
    await database.query(
      `update api_keys set last_used_at = clock_timestamp()
       where id = (select id from api_keys where id = $1 for update skip locked)`,
      [row.id],
    );
  }
  return row === undefined ? null : { id: row.id, name: row.name, scopes: knownScopes(row.scopes) };
}
