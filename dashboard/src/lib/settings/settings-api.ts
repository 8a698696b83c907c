import type { Answer, Body, Place } from '@fleetbeat/contracts/client/client.ts';
import type { Channel } from '@fleetbeat/contracts/channels.ts';
import { ask } from '../api/ask.ts';

/** What an installation is run by: channels, people, keys, the audit log, and one's own account. Rejects as the rest of the API does. */

const MOST = 500;
const PAGE = 50;

export type Me = Answer<'get /me'>;
/** Shown once, to be passed on. */
export type PasswordLink = Answer<'post /invitations'>;
export type NewKey = Answer<'post /keys'>;
export type DeliveryQuery = Pick<NonNullable<Place<'get /deliveries'>['query']>, 'channel_id' | 'state'>;
type Audited = NonNullable<Place<'get /audit'>['query']>;
/** The action is what stands in an address, which the API may refuse. */
export type AuditQuery = Omit<Audited, 'limit' | 'cursor' | 'action'> & { action?: string | undefined };
type Cursor = string | null;

export const settingsApi = {
  me: (signal?: AbortSignal) => ask('get /me', { signal }),
  rename: (name: string) => ask('patch /me', { body: { name } }),
  changePassword: (current: string, next: string) =>
    ask('post /me/password', { body: { current_password: current, new_password: next } }),
  beginSecondFactor: (password: string) => ask('post /me/second-factor', { body: { password } }),
  confirmSecondFactor: (code: string) => ask('post /me/second-factor/confirm', { body: { code } }),
  endSecondFactor: (password: string) => ask('post /me/second-factor/end', { body: { password } }),
  sessions: (signal?: AbortSignal) => ask('get /me/sessions', { signal }),
  endSession: (sessionId: string) => ask('delete /me/sessions/{session_id}', { params: { session_id: sessionId } }),
  endOtherSessions: () => ask('delete /me/sessions'),

  channels: (signal?: AbortSignal) => ask('get /channels', { query: { limit: MOST }, signal }),
  /** What is in a form may be anything: the API says what is wrong with it. */
  addChannel: (channel: Record<string, unknown>) => ask('post /channels', { body: channel as Body<'post /channels'> }),
  /** Without a revision, whatever it is by now. */
  changeChannel: ({ id, revision }: Pick<Channel, 'id'> & { revision?: number | undefined }, patch: Record<string, unknown>) =>
    ask('patch /channels/{channel_id}', { params: { channel_id: id }, body: patch, revision }),
  deleteChannel: ({ id, revision }: Channel) => ask('delete /channels/{channel_id}', { params: { channel_id: id }, revision }),
  testChannel: (channelId: string) => ask('post /channels/{channel_id}/test', { params: { channel_id: channelId } }),
  replayChannel: (channelId: string) =>
    ask('post /channels/{channel_id}/replay', { params: { channel_id: channelId }, body: {} }),
  deliveries: (query: DeliveryQuery, cursor: Cursor, signal?: AbortSignal) =>
    ask('get /deliveries', { query: { ...query, cursor, limit: PAGE }, signal }),
  delivery: (deliveryId: number, signal?: AbortSignal) =>
    ask('get /deliveries/{delivery_id}', { params: { delivery_id: deliveryId }, signal }),
  replayDelivery: (deliveryId: number) => ask('post /deliveries/{delivery_id}/replay', { params: { delivery_id: deliveryId } }),

  users: (q: string, cursor: Cursor, signal?: AbortSignal) =>
    ask('get /users', { query: { q: q.trim(), cursor, limit: PAGE }, signal }),
  changeUser: (userId: string, patch: Body<'patch /users/{user_id}'>) =>
    ask('patch /users/{user_id}', { params: { user_id: userId }, body: patch }),
  deleteUser: (userId: string) => ask('delete /users/{user_id}', { params: { user_id: userId } }),
  signOutUser: (userId: string) => ask('delete /users/{user_id}/sessions', { params: { user_id: userId } }),
  passwordLink: (userId: string) => ask('post /users/{user_id}/password-link', { params: { user_id: userId } }),
  invitations: (signal?: AbortSignal) => ask('get /invitations', { signal }),
  invite: (invitation: Body<'post /invitations'>) => ask('post /invitations', { body: invitation }),
  withdraw: (email: string) => ask('delete /invitations/{email}', { params: { email } }),

  keys: (cursor: Cursor, signal?: AbortSignal) => ask('get /keys', { query: { cursor, limit: PAGE }, signal }),
  addKey: (key: Body<'post /keys'>) => ask('post /keys', { body: key }),
  rotateKey: (keyId: string, graceSeconds: number) =>
    ask('post /keys/{key_id}/rotate', { params: { key_id: keyId }, body: { grace_seconds: graceSeconds } }),
  revokeKey: (keyId: string) => ask('delete /keys/{key_id}', { params: { key_id: keyId } }),

  audit: (query: AuditQuery, cursor: Cursor, signal?: AbortSignal) =>
    ask('get /audit', { query: { ...(query as Audited), cursor, limit: PAGE }, signal }),
};
