/** What a caller may do. `admin` includes every other scope. */
export const SCOPES = ['ingest', 'read', 'operate', 'admin'] as const;
export type Scope = (typeof SCOPES)[number];

/** What a person with an account is, the weakest first. */
export const USER_ROLES = ['viewer', 'operator', 'admin'] as const;
export type UserRole = (typeof USER_ROLES)[number];

/** What somebody of a role may do. */
export const ROLE_SCOPES: Readonly<Record<UserRole, readonly Scope[]>> = {
  viewer: ['read'],
  operator: ['read', 'operate'],
  admin: ['admin'],
};

/** Who calls, as found by a key or a session. */
export interface Caller {
  readonly id: string;
  readonly name: string;
  readonly scopes: readonly Scope[];
  /** When that is over (epoch ms), for whoever came by a token that says so. */
  readonly endsAt?: number | undefined;
}

export function hasScope(caller: { readonly scopes: readonly Scope[] }, wanted: Scope): boolean {
  return caller.scopes.includes(wanted) || caller.scopes.includes('admin');
}

/** Scopes as stored; what this version does not know is dropped, never granted. */
export function knownScopes(stored: readonly string[]): Scope[] {
  return SCOPES.filter((scope) => stored.includes(scope));
}
