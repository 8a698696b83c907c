import type { User } from '@fleetbeat/contracts/users.ts';

/** What people may, by role. */
export const ROLES: Readonly<Record<User['role'], { readonly label: string; readonly may: string }>> = {
  viewer: { label: 'Viewer', may: 'Sees everything but users, keys, channels and the audit log' },
  operator: { label: 'Operator', may: 'Also changes tasks, rules, alerts, who is called and channels' },
  admin: { label: 'Administrator', may: 'May do everything' },
};

/** What a key may, by scope. */
export const SCOPES = {
  ingest: { label: 'Send events', may: 'And read nothing' },
  read: { label: 'Read', may: 'As a viewer' },
  operate: { label: 'Operate', may: 'As an operator' },
  admin: { label: 'Administer', may: 'Everything' },
} as const;
