import type { List } from '@fleetbeat/contracts/api.ts';
import type { AuditEntry } from '@fleetbeat/contracts/audit.ts';
import type { Channel, ChannelTest } from '@fleetbeat/contracts/channels.ts';
import type { Delivery, WholeDelivery } from '@fleetbeat/contracts/delivery.ts';
import type { ApiKeyListed, Invitation, InvitationInput, User, UserPatch, UserSession } from '@fleetbeat/contracts/users.ts';
import { get, send } from '../api/client.ts';

/** What an installation is run by: channels, people, keys, the audit log, and one's own account. Rejects as the rest of the API does. */

const MOST = 500;
const PAGE = 50;
const id = encodeURIComponent;

export interface Me {
  readonly id: string;
  readonly name: string;
  readonly scopes: readonly string[];
  /** Null for whoever came by a sign-in link. */
  readonly account: { readonly email: string; readonly role: string; readonly two_factor_enabled: boolean } | null;
}
/** Shown once, to be passed on. */
export interface PasswordLink {
  readonly url: string;
  readonly expires_at: number;
}
export type NewKey = ApiKeyListed & { readonly key: string };
export interface DeliveryQuery {
  readonly channel_id?: string | undefined;
  readonly state?: string | undefined;
}
export interface AuditQuery {
  readonly entity_type?: string | undefined;
  readonly entity_id?: string | undefined;
  readonly action?: string | undefined;
  readonly actor_id?: string | undefined;
  readonly from?: number | undefined;
  readonly to?: number | undefined;
}
type Cursor = string | null;

export const settingsApi = {
  me: (signal?: AbortSignal) => get<Me>('/me', {}, signal),
  rename: (name: string) => send<Me>('PATCH', '/me', { name }),
  changePassword: (current: string, next: string) =>
    send<void>('POST', '/me/password', { current_password: current, new_password: next }),
  beginSecondFactor: (password: string) =>
    send<{ totp_uri: string; backup_codes: string[] }>('POST', '/me/second-factor', { password }),
  confirmSecondFactor: (code: string) => send<void>('POST', '/me/second-factor/confirm', { code }),
  endSecondFactor: (password: string) => send<void>('POST', '/me/second-factor/end', { password }),
  sessions: (signal?: AbortSignal) => get<{ items: UserSession[] }>('/me/sessions', {}, signal),
  endSession: (sessionId: string) => send<void>('DELETE', `/me/sessions/${id(sessionId)}`),
  endOtherSessions: () => send<void>('DELETE', '/me/sessions'),

  channels: (signal?: AbortSignal) => get<List<Channel>>('/channels', { limit: MOST }, signal),
  addChannel: (channel: unknown) => send<Channel>('POST', '/channels', channel),
  changeChannel: ({ id: channel, revision }: Channel, patch: unknown) =>
    send<Channel>('PATCH', `/channels/${id(channel)}`, patch, revision),
  deleteChannel: ({ id: channel, revision }: Channel) => send<void>('DELETE', `/channels/${id(channel)}`, undefined, revision),
  testChannel: (channelId: string) => send<ChannelTest>('POST', `/channels/${id(channelId)}/test`),
  replayChannel: (channelId: string) => send<{ replayed: number }>('POST', `/channels/${id(channelId)}/replay`, {}),
  deliveries: (query: DeliveryQuery, cursor: Cursor, signal?: AbortSignal) =>
    get<List<Delivery>>('/deliveries', { ...query, cursor, limit: PAGE }, signal),
  delivery: (deliveryId: number, signal?: AbortSignal) => get<WholeDelivery>(`/deliveries/${deliveryId}`, {}, signal),
  replayDelivery: (deliveryId: number) => send<WholeDelivery>('POST', `/deliveries/${deliveryId}/replay`),

  users: (q: string, cursor: Cursor, signal?: AbortSignal) =>
    get<List<User>>('/users', { q: q.trim(), cursor, limit: PAGE }, signal),
  changeUser: (userId: string, patch: UserPatch) => send<User>('PATCH', `/users/${id(userId)}`, patch),
  deleteUser: (userId: string) => send<void>('DELETE', `/users/${id(userId)}`),
  signOutUser: (userId: string) => send<void>('DELETE', `/users/${id(userId)}/sessions`),
  passwordLink: (userId: string) => send<PasswordLink>('POST', `/users/${id(userId)}/password-link`),
  invitations: (signal?: AbortSignal) => get<{ items: Invitation[] }>('/invitations', {}, signal),
  invite: (invitation: InvitationInput) => send<PasswordLink>('POST', '/invitations', invitation),
  withdraw: (email: string) => send<void>('DELETE', `/invitations/${id(email)}`),

  keys: (cursor: Cursor, signal?: AbortSignal) => get<List<ApiKeyListed>>('/keys', { cursor, limit: PAGE }, signal),
  addKey: (key: { name: string; scopes: readonly string[]; expires_at: number | null }) => send<NewKey>('POST', '/keys', key),
  rotateKey: (keyId: string, graceSeconds: number) =>
    send<NewKey>('POST', `/keys/${id(keyId)}/rotate`, { grace_seconds: graceSeconds }),
  revokeKey: (keyId: string) => send<void>('DELETE', `/keys/${id(keyId)}`),

  audit: (query: AuditQuery, cursor: Cursor, signal?: AbortSignal) =>
    get<List<AuditEntry>>('/audit', { ...query, cursor, limit: PAGE }, signal),
};
