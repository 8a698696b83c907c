import type { Channel } from '@fleetbeat/contracts/channels.ts';
import type { ChannelType } from '@fleetbeat/contracts/delivery.ts';
import { CHANNEL_KINDS, type ChannelField } from './channel-types.ts';

/** A channel as it stands in its form. Secrets that are set stay where their field is empty. */
export interface ChannelDraft {
  type: ChannelType;
  name: string;
  enabled: boolean;
  /** Empty: the team's. */
  owner: string;
  /** Empty: as is usual for the type. */
  rate: string;
  /** By `config.url`, `secrets.password`. */
  values: Record<string, string>;
  /** Names of secrets that are to go. */
  removed: string[];
}

export function placeOf({ place, name }: ChannelField): string {
  return `${place}.${name}`;
}

/** What the form begins with: an empty one of a type, or a channel as it is. */
export function draftOf(type: ChannelType, channel: Channel | null): ChannelDraft {
  const values = CHANNEL_KINDS[type].fields.map((field) => [placeOf(field), textOf(field, channel)]);
  return {
    type,
    name: channel?.name ?? '',
    enabled: channel?.enabled ?? true,
    owner: channel?.owner ?? '',
    rate: channel?.rate_per_minute?.toString() ?? '',
    values: Object.fromEntries(values) as Record<string, string>,
    removed: [],
  };
}

/** The body that adds the channel, or, where there is one, that changes it: null removes, and what is left out stays. */
export function bodyOf(draft: ChannelDraft, channel: Channel | null): Record<string, unknown> {
  const body = {
    name: draft.name,
    enabled: draft.enabled,
    owner: draft.owner === '' ? null : draft.owner,
    rate_per_minute: draft.rate.trim() === '' ? null : numberOf(draft.rate),
    config: {} as Record<string, unknown>,
    secrets: {} as Record<string, unknown>,
  };
  for (const field of CHANNEL_KINDS[draft.type].fields) {
    const text = (draft.values[placeOf(field)] ?? '').trim();
    if (text !== '') body[field.place][field.name] = valueOf(field, text);
    else if (channel === null) continue;
    else if (field.place === 'config') body.config[field.name] = null;
    else if (draft.removed.includes(field.name)) body.secrets[field.name] = null;
  }
  return channel === null ? { type: draft.type, ...body } : body;
}

function textOf({ place, name, kind, choices }: ChannelField, channel: Channel | null): string {
  const value = place === 'config' ? channel?.config[name] : undefined;
  if (kind === 'list' && Array.isArray(value)) return value.join('\n');
  if (typeof value === 'string' || typeof value === 'number') return String(value);
  return choices?.[0]?.value ?? '';
}

function valueOf({ kind }: ChannelField, text: string): unknown {
  switch (kind) {
    case 'number':
      return numberOf(text);
    case 'list':
      return text
        .split(/[\n,]/)
        .map((one) => one.trim())
        .filter((one) => one !== '');
    case 'text':
    case 'choice':
      return text;
  }
}

/** What is no number stays as it is: the server says so, with its place. */
function numberOf(text: string): unknown {
  const value = Number(text);
  return Number.isNaN(value) ? text : value;
}
