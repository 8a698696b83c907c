import { isIP } from 'node:net';
import type * as z from 'zod';
import { ADDRESS_FIELDS, CHANNEL_SCHEMAS, type ChannelPatch, type newChannelSchema } from '@fleetbeat/contracts/channels.ts';
import type { ChannelType } from '@fleetbeat/contracts/delivery.ts';
import { decrypt, DecryptionFailure, encrypt } from '@fleetbeat/infra/access/encrypt.ts';
import { newId } from '@fleetbeat/infra/access/tokens.ts';
import { changesBetween, recordChange, type Asker } from '@fleetbeat/infra/audit/record-change.ts';
import type { Transaction } from '@fleetbeat/infra/database/database.ts';
import type { TargetRule } from '@fleetbeat/infra/net/target-rule.ts';
import { writeUnique } from '@fleetbeat/infra/database/unique-violation.ts';
import { HttpProblem } from '@fleetbeat/infra/problem.ts';
import type { Change } from '../http/change.ts';
import type { Precondition } from '../http/if-match.ts';
import { mergePatch } from '../http/merge-patch.ts';
import { parseInput } from '../http/parse-input.ts';

/** Channels of an installation at most. */
const MAX_CHANNELS = 1_000;

type NewChannel = z.output<typeof newChannelSchema>;
type Secrets = Readonly<Record<string, unknown>>;

/** A channel as it is to be stored, and as it is written down for the audit: of secrets, that they are set. */
interface ChannelState {
  readonly name: string;
  readonly enabled: boolean;
  readonly owner: string | null;
  readonly rate_per_minute: number | null;
  readonly config: Readonly<Record<string, unknown>>;
  readonly secrets: Secrets;
}

export interface ChannelChangesParts {
  readonly change: Change;
  /** What secrets are encrypted under. */
  readonly secret: string;
  readonly targetRule: TargetRule;
}

/** Changes channels, each together with its entry in the audit log, which never holds a secret. Throws problems. */
export function createChannelChanges({ change, secret, targetRule }: ChannelChangesParts) {
  async function create(asker: Asker, { type, ...given }: NewChannel): Promise<string> {
    const channel = checked(type, given, targetRule);
    return change('channels.create', async (transaction) => {
      const { rows: counted } = await transaction.query<{ channels: number }>(
        'select count(*) as channels from channels where deleted_at is null',
      );
      if ((counted[0]?.channels ?? 0) >= MAX_CHANNELS) {
        throw new HttpProblem(409, 'too-many-channels', `there are ${MAX_CHANNELS} channels already: delete one`);
      }
      const id = newId();
      await nameTaken(channel.name, () => write(transaction, asker, id, type, channel));
      await record(transaction, asker, 'created', id, null, channel);
      return id;
    });
  }

  async function update(asker: Asker, id: string, patch: ChannelPatch, precondition: Precondition | null): Promise<void> {
    await change('channels.update', async (transaction) => {
      const { type, before, revision } = await lock(transaction, id, patch.secrets !== undefined);
      precondition?.(revision);
      const { config, secrets, ...plain } = patch;
      const after = checked(
        type,
        {
          ...before,
          ...withoutUndefined(plain),
          config: mergePatch(before.config, config ?? {}),
          secrets: mergePatch(before.secrets, secrets ?? {}),
        },
        targetRule,
      );
      await nameTaken(after.name, () => write(transaction, asker, id, type, after));
      await record(transaction, asker, 'updated', id, before, after);
    });
  }

  async function remove(asker: Asker, id: string, precondition: Precondition | null): Promise<void> {
    await change('channels.delete', async (transaction) => {
      const { before, revision } = await lock(transaction, id, false);
      precondition?.(revision);
      await transaction.query(
        `update channels set deleted_at = clock_timestamp(), updated_at = clock_timestamp(), updated_by = $2,
           secrets = null, secret_names = '{}', revision = revision + 1
         where id = $1`,
        [id, asker.actor.id],
      );
      await record(transaction, asker, 'deleted', id, before, null);
    });
  }

  async function lock(
    transaction: Transaction,
    id: string,
    forNewSecrets: boolean,
  ): Promise<{ type: ChannelType; before: ChannelState; revision: number }> {
    const { rows } = await transaction.query<
      Omit<ChannelState, 'secrets'> & { type: ChannelType; secrets: Buffer | null; revision: number }
    >(
      `select name, type, enabled, owner, rate_per_minute, config, secrets, revision
       from channels where id = $1 and deleted_at is null for update`,
      [id],
    );
    const [row] = rows;
    if (row === undefined) throw unknownChannel();
    const { type, revision, secrets, ...plain } = row;
    return { type, revision, before: { ...plain, secrets: readSecrets(id, secrets, forNewSecrets) } };
  }

  /** Secrets under another FLEETBEAT_SECRET are gone: whoever sets them anew begins from none. */
  function readSecrets(id: string, encrypted: Buffer | null, forNewSecrets: boolean): Secrets {
    if (encrypted === null) return {};
    try {
      return JSON.parse(decrypt(secret, id, encrypted)) as Secrets;
    } catch (error) {
      if (!(error instanceof DecryptionFailure)) throw error;
      if (forNewSecrets) return {};
      throw new HttpProblem(409, 'secrets-lost', 'FLEETBEAT_SECRET has changed since its secrets were set: send them again');
    }
  }

  async function write(
    transaction: Transaction,
    asker: Asker,
    id: string,
    type: ChannelType,
    channel: ChannelState,
  ): Promise<void> {
    const names = Object.keys(channel.secrets);
    await transaction.query(
      `insert into channels as c (id, type, name, enabled, owner, rate_per_minute, config, secrets, secret_names, updated_by)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
       on conflict (id) do update set name = excluded.name, enabled = excluded.enabled, owner = excluded.owner,
         rate_per_minute = excluded.rate_per_minute, config = excluded.config, secrets = excluded.secrets,
         secret_names = excluded.secret_names, updated_by = excluded.updated_by, updated_at = clock_timestamp(),
         revision = c.revision + 1`,
      [
        id,
        type,
        channel.name,
        channel.enabled,
        channel.owner,
        channel.rate_per_minute,
        channel.config,
        names.length === 0 ? null : encrypt(secret, id, JSON.stringify(channel.secrets)),
        names,
        asker.actor.id,
      ],
    );
  }

  return { create, update, remove };
}
export type ChannelChanges = ReturnType<typeof createChannelChanges>;

export function unknownChannel(): HttpProblem {
  return new HttpProblem(404, 'unknown-channel', 'there is no channel of this id');
}

type Unchecked = Omit<ChannelState, 'config' | 'secrets'> & { config: unknown; secrets: unknown };

/** A channel by the schemas of its type. An address that is not sent to is refused here already where it stands as a number. */
function checked(type: ChannelType, given: Unchecked, targetRule: TargetRule): ChannelState {
  const schemas = CHANNEL_SCHEMAS[type];
  const config: Record<string, unknown> = parseInput(schemas.config, given.config, 'body', ['config']);
  const secrets: Record<string, unknown> = withoutUndefined(parseInput(schemas.secrets, given.secrets, 'body', ['secrets']));
  for (const [place, fields] of [
    ['config', config],
    ['secrets', secrets],
  ] as const) {
    for (const field of ADDRESS_FIELDS) {
      const refusal = refusalOf(fields[field], targetRule);
      if (refusal === null) continue;
      throw new HttpProblem(
        400,
        'forbidden-target',
        `${place}.${field}: is ${refusal}: NOTIFY_ALLOW_PRIVATE says what may be sent to besides public addresses`,
      );
    }
  }
  return { ...given, config, secrets };
}

function refusalOf(address: unknown, targetRule: TargetRule): string | null {
  if (typeof address !== 'string') return null;
  const host = (URL.canParse(address) ? new URL(address).hostname : address).replace(/^\[|\]$/g, '').toLowerCase();
  if (isIP(host) !== 0) return targetRule(host);
  return host === 'localhost' || host.endsWith('.localhost') ? targetRule('127.0.0.1') : null;
}

async function nameTaken<T>(name: string, write: () => Promise<T>): Promise<T> {
  return writeUnique(write, () => new HttpProblem(409, 'channel-exists', `there is a channel of the name ${name} already`));
}

async function record(
  transaction: Transaction,
  { actor, requestId }: Asker,
  action: 'created' | 'updated' | 'deleted',
  entityId: string,
  before: ChannelState | null,
  after: ChannelState | null,
): Promise<void> {
  const changes = changesBetween(before, after, ['name', 'enabled', 'owner', 'rate_per_minute', 'config']);
  for (const name of new Set([...Object.keys(before?.secrets ?? {}), ...Object.keys(after?.secrets ?? {})])) {
    const [was, is] = [before?.secrets[name], after?.secrets[name]];
    if (was !== is) changes[`secrets.${name}`] = { before: said(was), after: said(is) };
  }
  await recordChange(transaction, { entityType: 'channel', entityId, action, actor, changes, requestId });
}

function said(secret: unknown): string | null {
  return secret === undefined ? null : '***';
}

function withoutUndefined<T extends object>(fields: T): { [Name in keyof T]: Exclude<T[Name], undefined> } {
  const given = Object.entries(fields).filter(([, value]) => value !== undefined);
  return Object.fromEntries(given) as { [Name in keyof T]: Exclude<T[Name], undefined> };
}
