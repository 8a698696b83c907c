import { APIError } from 'better-auth/api';
import { USER_ROLES, type UserRole } from '@fleetbeat/infra/access/scopes.ts';
import type { OidcConfig } from '@fleetbeat/infra/config.ts';

/**
 * The role that an identity provider's claims give somebody: the strongest of their groups', else the default one.
 * Without a claim to go by, nothing but the default is said: who was invited keeps their role. Throws `no_role` where
 * roles come from a claim and it gives none, so that whoever was taken out of every group does not get in again.
 */
export function roleOfProfile(
  profile: Readonly<Record<string, unknown>>,
  oidc: Pick<OidcConfig, 'roleClaim' | 'roles' | 'defaultRole'>,
): { role?: UserRole } {
  if (oidc.roleClaim === undefined) return oidc.defaultRole === undefined ? {} : { role: oidc.defaultRole };
  const groups = [profile[oidc.roleClaim]].flat().map((group) => oidc.roles.get(String(group)));
  const role = USER_ROLES.findLast((each) => groups.includes(each)) ?? oidc.defaultRole;
  if (role === undefined) throw new APIError('FORBIDDEN', { code: 'no_role', message: 'no group gives a role here' });
  return { role };
}
