import type { Database } from '@fleetbeat/infra/database/database.ts';
import { type Caller, knownScopes } from '@fleetbeat/infra/access/scopes.ts';
import { hashToken, newToken } from '@fleetbeat/infra/access/tokens.ts';

/** How long a ticket can be used, in milliseconds. */
export const TICKET_MS = 30_000;

/**
 * Makes a ticket: it opens one socket as its caller, for clients that can send neither a header nor a
 * cookie with it. Any BFF of the installation takes it.
 */
export async function createTicket(database: Database, caller: Caller): Promise<{ ticket: string; expires_at: number }> {
  const ticket = newToken('fbt');
  const { rows } = await database.query<{ expires_at: number }>(
    `with expired as (delete from socket_tickets where expires_at < clock_timestamp())
     insert into socket_tickets (hash, caller_id, name, scopes, expires_at)
     values ($1, $2, $3, $4, clock_timestamp() + $5 * interval '1 millisecond')
     returning (extract(epoch from expires_at) * 1000)::bigint as expires_at`,
    [hashToken(ticket), caller.id, caller.name, caller.scopes, TICKET_MS],
  );
  return { ticket, expires_at: rows[0]?.expires_at ?? Date.now() + TICKET_MS };
}

/** Takes a ticket in exchange for its caller; null where it is unknown, used or expired. */
export async function useTicket(database: Database, ticket: string): Promise<Caller | null> {
  const { rows } = await database.query<{ caller_id: string; name: string; scopes: string[]; fresh: boolean }>(
    `delete from socket_tickets where hash = $1 returning caller_id, name, scopes, expires_at > clock_timestamp() as fresh`,
    [hashToken(ticket)],
  );
  const row = rows[0];
  return row?.fresh === true ? { id: row.caller_id, name: row.name, scopes: knownScopes(row.scopes) } : null;
}
