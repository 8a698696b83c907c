import { createHmac } from 'node:crypto';
import { betterAuth } from 'better-auth';
import { APIError } from 'better-auth/api';
import { genericOAuth, twoFactor } from 'better-auth/plugins';
import { SESSION_MS } from '@fleetbeat/infra/access/sessions.ts';
import type { Config } from '@fleetbeat/infra/config.ts';
import type { Database } from '@fleetbeat/infra/database/database.ts';
import type { Logger } from '@fleetbeat/infra/logger.ts';
import { roleOfProfile } from './role-of-profile.ts';

/** Where better-auth answers, below PUBLIC_URL; identity providers send people back to `callback/oidc` below it. */
export const AUTH_PATH = '/api/v1/auth';
/** Our name for the one identity provider. */
export const OIDC_PROVIDER = 'oidc';
export const MIN_PASSWORD = 10;
export const MAX_PASSWORD = 128;

export interface AuthParts {
  config: Pick<Config, 'publicUrl' | 'oidc'>;
  database: Database;
  logger: Logger;
  /** Of the installation. */
  secret: string;
}

/**
 * better-auth for passwords, second factors, an identity provider and the sessions they lead to, on our tables. Only
 * what routes of ours forward to it can be reached (forward.ts). Origins are checked by our guard, attempts counted
 * by our limits, and who there is is decided by invitations or the identity provider, so those parts of it are off.
 */
export function createAuth({ config, database, logger, secret }: AuthParts) {
  const { oidc } = config;
  return betterAuth({
    appName: 'Fleetbeat',
    database,
    baseURL: config.publicUrl + AUTH_PATH,
    basePath: new URL(config.publicUrl + AUTH_PATH).pathname,
    secret: createHmac('sha256', secret).update('fleetbeat accounts, version 1').digest('base64url'),
    telemetry: { enabled: false },
    rateLimit: { enabled: false },
    logger: {
      level: 'warn',
      log: (level, message) => logger[level === 'error' ? 'warn' : 'debug']({ from: 'better-auth' }, message),
    },
    onAPIError: { errorURL: `${config.publicUrl}/sign-in` },
    emailAndPassword: {
      enabled: true,
      disableSignUp: true,
      minPasswordLength: MIN_PASSWORD,
      maxPasswordLength: MAX_PASSWORD,
    },
    user: {
      modelName: 'users',
      fields: { emailVerified: 'email_verified', createdAt: 'created_at', updatedAt: 'updated_at' },
      additionalFields: {
        // An identity provider's groups come in as input; no route lets anybody else name it.
        role: { type: 'string', required: false },
        disabledAt: { type: 'date', required: false, input: false, fieldName: 'disabled_at' },
      },
    },
    session: {
      modelName: 'user_sessions',
      fields: {
        userId: 'user_id',
        ipAddress: 'ip_address',
        userAgent: 'user_agent',
        expiresAt: 'expires_at',
        createdAt: 'created_at',
        updatedAt: 'updated_at',
      },
      expiresIn: SESSION_MS / 1_000,
      disableSessionRefresh: true,
    },
    account: {
      modelName: 'user_accounts',
      fields: {
        userId: 'user_id',
        providerId: 'provider_id',
        accountId: 'account_id',
        accessToken: 'access_token',
        refreshToken: 'refresh_token',
        idToken: 'id_token',
        accessTokenExpiresAt: 'access_token_expires_at',
        refreshTokenExpiresAt: 'refresh_token_expires_at',
        createdAt: 'created_at',
        updatedAt: 'updated_at',
      },
      encryptOAuthTokens: true,
    },
    verification: {
      modelName: 'user_verifications',
      fields: { expiresAt: 'expires_at', createdAt: 'created_at', updatedAt: 'updated_at' },
    },
    databaseHooks: {
      user: {
        create: {
          before: async (user) => {
            if (!('role' in user) || typeof user['role'] !== 'string') throw new APIError('FORBIDDEN', { code: 'not_invited' });
          },
        },
      },
      session: {
        create: {
          before: async (session) => {
            const { rowCount } = await database.query('select from users where id = $1 and disabled_at is null', [
              session.userId,
            ]);
            if (rowCount === 0) throw new APIError('FORBIDDEN', { code: 'account_disabled', message: 'the account is disabled' });
          },
        },
      },
    },
    advanced: {
      cookiePrefix: 'fleetbeat',
      useSecureCookies: config.publicUrl.startsWith('https:'),
      defaultCookieAttributes: { httpOnly: true, sameSite: 'lax', path: '/' },
      disableCSRFCheck: true,
      disableOriginCheck: true,
    },
    plugins: [
      twoFactor({
        issuer: 'Fleetbeat',
        schema: {
          user: { fields: { twoFactorEnabled: 'two_factor_enabled' } },
          twoFactor: {
            fields: {
              backupCodes: 'backup_codes',
              userId: 'user_id',
              failedVerificationCount: 'failed_verification_count',
              lockedUntil: 'locked_until',
            },
          },
        },
        twoFactorTable: 'user_second_factors',
      }),
      ...(oidc === undefined
        ? []
        : [
            genericOAuth({
              config: [
                {
                  providerId: OIDC_PROVIDER,
                  name: oidc.name,
                  discoveryUrl: `${oidc.issuer}/.well-known/openid-configuration`,
                  requireIdTokenVerification: true,
                  clientId: oidc.clientId,
                  clientSecret: oidc.clientSecret,
                  scopes: ['openid', 'email', 'profile'],
                  overrideUserInfo: oidc.roleClaim !== undefined,
                  mapProfileToUser: (profile) => roleOfProfile(profile, oidc),
                },
              ],
            }),
          ]),
    ],
  });
}
export type Auth = ReturnType<typeof createAuth>;
