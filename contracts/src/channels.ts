import * as z from 'zod';
import { CHANNEL_TYPES, type ChannelType } from './delivery.ts';

/**
 * What a channel of each type is configured with. Secrets stand apart: they are written, never answered, and encrypted
 * where they are stored. Addresses of providers are configured only for other regions, servers of one's own, and tests.
 */

const text = (max: number) =>
  z
    .string()
    .trim()
    .min(1, 'must not be empty')
    .max(max, `must be at most ${max} characters`)
    // eslint-disable-next-line no-control-regex -- control characters are what is refused here
    .regex(/^[^\u0000-\u001f\u007f]*$/, 'must not contain control characters')
    .refine((value) => value.isWellFormed(), 'must not contain half a surrogate pair');

/** What a header carries: visible ASCII. */
const token = (max: number) => text(max).regex(/^[\x20-\x7e]*$/, 'must be plain ASCII');

const address = z
  .url({ protocol: /^https?$/, error: 'must be an http or https address' })
  .max(2_000)
  .refine((url) => {
    // It is asked about what is no address as well.
    const parsed = URL.parse(url);
    return parsed === null || (parsed.username === '' && parsed.password === '');
  }, 'must not hold a user or a password: put them into the secrets')
  .meta({ examples: ['https://hooks.example.com/fleetbeat'] });
const server = address.transform((url) => url.replace(/\/+$/, ''));

const authorization = token(2_000).optional();

const email = z.email('must be an e-mail address').max(320);

const emailConfig = z
  .strictObject({
    host: text(253).regex(/^[^\s/@]+$/, 'must be a host name or an address'),
    port: z.number().int().min(1).max(65_535).default(587),
    /** `tls` from the first byte (port 465), `starttls` demanded before anything is said, or `none`. */
    security: z.enum(['tls', 'starttls', 'none']).default('starttls'),
    username: text(320).optional(),
    from: email,
    to: z.array(email).min(1, 'name at least one').max(50),
  })
  .refine((config) => config.username === undefined || config.security !== 'none', {
    path: ['security'],
    error: 'must be tls or starttls where somebody signs in',
  });

/** By type: what is configured in the open, and the secrets. A secret that is not optional must be given. */
export const CHANNEL_SCHEMAS = {
  webhook: {
    config: z.strictObject({ url: address }),
    secrets: z.strictObject({ signing_secret: token(256).min(16, 'must be 16 characters or more').optional(), authorization }),
  },
  alertmanager: {
    config: z.strictObject({ url: address, receiver: text(200).default('fleetbeat') }),
    secrets: z.strictObject({ authorization }),
  },
  slack: { config: z.strictObject({}), secrets: z.strictObject({ url: address }) },
  teams: { config: z.strictObject({}), secrets: z.strictObject({ url: address }) },
  discord: {
    config: z.strictObject({ username: text(80).optional() }),
    secrets: z.strictObject({ url: address }),
  },
  pagerduty: {
    config: z.strictObject({ api_url: server.default('https://events.pagerduty.com') }),
    secrets: z.strictObject({
      routing_key: z.string().regex(/^[0-9A-Za-z]{32}$/, 'must be an integration key of 32 characters'),
    }),
  },
  opsgenie: {
    config: z.strictObject({
      api_url: server.default('https://api.opsgenie.com'),
      teams: z.array(text(100)).max(20).default([]),
      tags: z.array(text(50)).max(10).default([]),
    }),
    secrets: z.strictObject({ api_key: token(200) }),
  },
  telegram: {
    config: z.strictObject({
      api_url: server.default('https://api.telegram.org'),
      chat_id: z.string().regex(/^(-?\d{1,20}|@\w{4,32})$/, 'must be the number of a chat, or @channel'),
      message_thread_id: z.number().int().min(1).optional(),
    }),
    secrets: z.strictObject({ bot_token: z.string().regex(/^\d{1,20}:[\w-]{20,100}$/, 'must be a token such as 123456:ABC…') }),
  },
  ntfy: {
    config: z.strictObject({
      server: server.default('https://ntfy.sh'),
      topic: z.string().regex(/^[\w-]{1,64}$/, 'must be 1 to 64 letters, digits, _ and -'),
    }),
    secrets: z.strictObject({ token: token(200).optional() }),
  },
  email: { config: emailConfig, secrets: z.strictObject({ password: text(500).optional() }) },
} as const satisfies Record<ChannelType, { config: z.ZodType; secrets: z.ZodObject }>;

export type ChannelConfig<T extends ChannelType> = z.output<(typeof CHANNEL_SCHEMAS)[T]['config']>;
export type ChannelSecrets<T extends ChannelType> = z.output<(typeof CHANNEL_SCHEMAS)[T]['secrets']>;

/** Deliveries a minute at most, by type, where a channel does not say: below what the provider takes. */
export const USUAL_RATES: Readonly<Record<ChannelType, number>> = {
  webhook: 600,
  alertmanager: 600,
  slack: 60,
  teams: 60,
  discord: 30,
  pagerduty: 120,
  opsgenie: 120,
  telegram: 20,
  ntfy: 30,
  email: 60,
};

/** The fields of a channel's configuration that are addresses. */
export const ADDRESS_FIELDS = ['url', 'api_url', 'server', 'host'] as const;

const common = {
  name: text(80),
  enabled: z.boolean(),
  /** The user whose own channel it is; null: the team's. */
  owner: text(200).nullable(),
  /** Deliveries a minute at most; null: as is usual for the type. */
  rate_per_minute: z.number().int().min(1).max(1_200).nullable(),
};
const object = z.record(z.string(), z.unknown());

/** A new channel. `config` and `secrets` are read by their type's schemas. */
export const newChannelSchema = z.strictObject({
  type: z.enum(CHANNEL_TYPES),
  name: common.name,
  enabled: common.enabled.default(true),
  owner: common.owner.default(null),
  rate_per_minute: common.rate_per_minute.default(null),
  config: object.default({}),
  secrets: object.default({}),
});

/** Changes of a channel: `config` and `secrets` as JSON merge patches, so that a secret that is left out stays. */
export const channelPatchSchema = z
  .strictObject({ ...common, config: object, secrets: object })
  .partial()
  .refine((patch) => Object.keys(patch).length > 0, 'name something to change');
export type ChannelPatch = z.output<typeof channelPatchSchema>;

/** Whether deliveries go: closed as always; open while it does not answer; half_open while one delivery tries it. */
export const CIRCUITS = ['closed', 'open', 'half_open'] as const;
export type Circuit = (typeof CIRCUITS)[number];

export const channelSchema = z.object({
  id: z.string(),
  ...common,
  type: z.enum(CHANNEL_TYPES),
  config: object,
  /** By name, which are set; what they are is not told. */
  secrets: z.record(z.string(), z.object({ set: z.boolean() })),
  revision: z.number().int(),
  created_at: z.number(),
  updated_at: z.number(),
  updated_by: z.string(),
  circuit: z.enum(CIRCUITS),
  /** Nothing is sent before; null where it is not held back. */
  held_until: z.number().nullable(),
  last_success_at: z.number().nullable(),
  last_failure_at: z.number().nullable(),
  last_error: z.string().nullable(),
  /** Deliveries on their way, and those that were given up. */
  waiting: z.number().int(),
  dead: z.number().int(),
});
export type Channel = z.infer<typeof channelSchema>;

/** What became of a notice that tried a channel out. `pending`: nothing is known yet; the log of deliveries will tell. */
export const channelTestSchema = z.object({
  delivery_id: z.number().int(),
  outcome: z.enum(['delivered', 'failed', 'pending']),
  /** HTTP's or SMTP's; null: no answer. */
  status: z.number().int().nullable(),
  reason: z.string().nullable(),
  provider_id: z.string().nullable(),
  duration_ms: z.number(),
});
export type ChannelTest = z.infer<typeof channelTestSchema>;
