import * as z from 'zod';
import { idSchema } from './events.ts';

/** People with an account, and keys: who may use an installation. Times are epoch milliseconds. */

export const userRoleSchema = z.enum(['viewer', 'operator', 'admin']);

export const emailSchema = z
  .string()
  .max(254, 'must be at most 254 characters')
  .transform((text) => text.trim().toLowerCase())
  .pipe(z.email('must be an e-mail address'));

// eslint-disable-next-line no-control-regex -- control characters are what is refused here
const PRINTABLE = /^[^\u0000-\u001f\u007f]+$/;
export const personNameSchema = z.string().trim().min(1, 'must not be empty').max(100).regex(PRINTABLE, 'must be one line');

export const passwordSchema = z.string().min(10, 'must have at least 10 characters').max(128, 'must be at most 128 characters');

export const userSchema = z.object({
  id: z.string(),
  name: z.string(),
  email: z.string(),
  role: userRoleSchema,
  disabled_at: z.number().nullable(),
  two_factor_enabled: z.boolean(),
  /** By what this user can sign in: `password`, `oidc`. */
  sign_in_by: z.array(z.string()),
  /** Null where no session of theirs lasts. */
  last_seen: z.number().nullable(),
  created_at: z.number(),
});
export type User = z.infer<typeof userSchema>;

export const userPatchSchema = z
  .strictObject({
    name: personNameSchema.optional(),
    role: userRoleSchema.optional(),
    disabled: z.boolean().optional(),
    /** Only an end can be put to it here, for whoever has lost their device. */
    two_factor_enabled: z.literal(false).optional(),
  })
  .refine((patch) => Object.keys(patch).length > 0, 'must name something to change');
export type UserPatch = z.infer<typeof userPatchSchema>;

export const invitationInputSchema = z.strictObject({ email: emailSchema, name: personNameSchema, role: userRoleSchema });
export type InvitationInput = z.infer<typeof invitationInputSchema>;

export const invitationSchema = z.object({
  email: z.string(),
  name: z.string(),
  role: userRoleSchema,
  created_by: z.string(),
  created_at: z.number(),
  expires_at: z.number(),
});
export type Invitation = z.infer<typeof invitationSchema>;

/** A link is shown once; pass it on to the person it is for. */
export const passwordLinkSchema = z.object({ url: z.string(), expires_at: z.number() });

export const userSessionSchema = z.object({
  id: z.string(),
  /** The one that asks. */
  current: z.boolean(),
  ip_address: z.string().nullable(),
  user_agent: z.string().nullable(),
  created_at: z.number(),
  last_seen: z.number(),
  expires_at: z.number(),
});
export type UserSession = z.infer<typeof userSessionSchema>;

export const scopeSchema = z.enum(['ingest', 'read', 'operate', 'admin']);

export const apiKeySchema = z.object({
  id: z.string(),
  name: z.string(),
  /** How the key begins; empty where that is not known. */
  prefix: z.string(),
  scopes: z.array(scopeSchema),
  created_by: z.string(),
  created_at: z.number(),
  expires_at: z.number().nullable(),
  revoked_at: z.number().nullable(),
  /** To within a minute. */
  last_used_at: z.number().nullable(),
  /** Until when the key that a rotation replaced works as well. */
  previous_expires_at: z.number().nullable(),
});
export type ApiKeyListed = z.infer<typeof apiKeySchema>;

export const apiKeyInputSchema = z.strictObject({
  name: personNameSchema,
  scopes: z
    .array(scopeSchema)
    .min(1, 'must name a scope')
    .max(4)
    .transform((scopes) => [...new Set(scopes)]),
  expires_at: z.number().int().positive().max(8.64e15).nullable().default(null),
});

export const apiKeyRotationSchema = z.strictObject({
  /** How long the replaced key goes on, in seconds; a day unless said, a week at most. */
  grace_seconds: z
    .number()
    .int()
    .min(0)
    .max(7 * 86_400)
    .default(86_400),
});

/** A key is shown once, when it is made. */
export const newApiKeySchema = apiKeySchema.extend({ key: z.string() });

/** Somebody who can be given work or be on call, as everybody may see them. */
export const personSchema = z.object({ id: z.string(), name: z.string(), email: z.string(), disabled: z.boolean() });
export type Person = z.infer<typeof personSchema>;

export const userIdField = idSchema;
