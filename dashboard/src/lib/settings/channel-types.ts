import type { ChannelType } from '@fleetbeat/contracts/delivery.ts';

/** A field of a channel's form. What is left empty is as is usual, or not there. */
export interface ChannelField {
  /** Secrets are written and never shown again. */
  readonly place: 'config' | 'secrets';
  readonly name: string;
  readonly label: string;
  /** `list`: one each line or between commas. */
  readonly kind: 'text' | 'number' | 'list' | 'choice';
  readonly required?: true;
  readonly hint?: string;
  readonly placeholder?: string;
  /** The first is the usual one. */
  readonly choices?: readonly { readonly value: string; readonly label: string }[];
}

interface ChannelKind {
  readonly label: string;
  readonly fields: readonly ChannelField[];
  /** Of the configuration, what says where it goes. */
  readonly where: readonly string[];
}

const config = (name: string, label: string, more: Partial<ChannelField> = {}): ChannelField => ({
  place: 'config',
  name,
  label,
  kind: 'text',
  ...more,
});
const secret = (name: string, label: string, more: Partial<ChannelField> = {}): ChannelField => ({
  place: 'secrets',
  name,
  label,
  kind: 'text',
  ...more,
});

const authorization = secret('authorization', 'Authorization header', { hint: 'The whole header, such as Bearer abc' });
const hook = (hint: string): ChannelField => secret('url', 'Address of the webhook', { required: true, hint });

/** What a channel of each type asks for: the fields of CHANNEL_SCHEMAS, in words. */
export const CHANNEL_KINDS: Readonly<Record<ChannelType, ChannelKind>> = {
  webhook: {
    label: 'Webhook',
    where: ['url'],
    fields: [
      config('url', 'Address', {
        required: true,
        placeholder: 'https://hooks.example.com/fleetbeat',
        hint: 'Gets a POST of JSON. Shown to whoever may see channels',
      }),
      secret('signing_secret', 'Signing secret', { hint: '16 characters or more; every request is signed with it' }),
      authorization,
    ],
  },
  slack: { label: 'Slack', where: [], fields: [hook('Of an incoming webhook')] },
  teams: { label: 'Microsoft Teams', where: [], fields: [hook('Of a workflow that takes a webhook')] },
  discord: {
    label: 'Discord',
    where: ['username'],
    fields: [hook('Of a webhook of the channel'), config('username', 'Speaks as', { placeholder: 'Name of the webhook' })],
  },
  pagerduty: {
    label: 'PagerDuty',
    where: ['api_url'],
    fields: [
      secret('routing_key', 'Integration key', { required: true, hint: 'Of an Events API v2 integration: 32 characters' }),
      config('api_url', 'Server', { placeholder: 'https://events.pagerduty.com', hint: 'EU: https://events.eu.pagerduty.com' }),
    ],
  },
  opsgenie: {
    label: 'Opsgenie',
    where: ['teams', 'api_url'],
    fields: [
      secret('api_key', 'API key', { required: true }),
      config('teams', 'Teams', { kind: 'list', hint: 'One each line' }),
      config('tags', 'Tags', { kind: 'list', hint: 'One each line' }),
      config('api_url', 'Server', { placeholder: 'https://api.opsgenie.com', hint: 'EU: https://api.eu.opsgenie.com' }),
    ],
  },
  telegram: {
    label: 'Telegram',
    where: ['chat_id'],
    fields: [
      config('chat_id', 'Chat', { required: true, placeholder: '-1001234567890 or @channel' }),
      secret('bot_token', 'Token of the bot', { required: true, hint: 'Such as 123456:ABC…, from @BotFather' }),
      config('message_thread_id', 'Topic', { kind: 'number', hint: 'Number of a topic, in chats that have them' }),
      config('api_url', 'Server', { placeholder: 'https://api.telegram.org' }),
    ],
  },
  ntfy: {
    label: 'ntfy',
    where: ['topic'],
    fields: [
      config('topic', 'Topic', { required: true, placeholder: 'fleet-alerts' }),
      config('server', 'Server', { placeholder: 'https://ntfy.sh' }),
      secret('token', 'Access token'),
    ],
  },
  email: {
    label: 'E-mail',
    where: ['to'],
    fields: [
      config('to', 'To', { kind: 'list', required: true, hint: 'One address each line' }),
      config('from', 'From', { required: true, placeholder: 'fleetbeat@example.com' }),
      config('host', 'Mail server', { required: true, placeholder: 'smtp.example.com' }),
      config('port', 'Port', { kind: 'number', placeholder: '587' }),
      config('security', 'Encryption', {
        kind: 'choice',
        choices: [
          { value: 'starttls', label: 'STARTTLS' },
          { value: 'tls', label: 'TLS from the start' },
          { value: 'none', label: 'None' },
        ],
      }),
      config('username', 'Signs in as', { hint: 'Empty: does not sign in' }),
      secret('password', 'Password'),
    ],
  },
  alertmanager: {
    label: 'Alertmanager webhook',
    where: ['url'],
    fields: [
      config('url', 'Address', { required: true, hint: 'Of what understands the webhooks of Alertmanager, version 4' }),
      config('receiver', 'Receiver', { placeholder: 'fleetbeat' }),
      authorization,
    ],
  },
};
export const CHANNEL_TYPES_IN_ORDER = Object.keys(CHANNEL_KINDS) as ChannelType[];

/** Where a channel goes, as far as that is no secret. */
export function whereOf({ type, config }: { type: ChannelType; config: Readonly<Record<string, unknown>> }): string | null {
  for (const name of CHANNEL_KINDS[type].where) {
    const value = config[name];
    const text = Array.isArray(value) ? value.join(', ') : typeof value === 'string' ? value : '';
    if (text !== '') return text;
  }
  return null;
}
