/** The pages of settings, and what each takes: whoever lacks it is told so, and sees no way there. */
export const SETTINGS_TABS = [
  { path: '/settings', label: 'Account', scope: 'read' },
  { path: '/settings/channels', label: 'Channels', scope: 'operate' },
  { path: '/settings/deliveries', label: 'Deliveries', scope: 'operate' },
  { path: '/settings/people', label: 'People', scope: 'admin' },
  { path: '/settings/keys', label: 'Keys', scope: 'admin' },
  { path: '/settings/privacy', label: 'Privacy', scope: 'admin' },
  { path: '/settings/audit', label: 'Audit log', scope: 'admin' },
] as const;
export type SettingsTab = (typeof SETTINGS_TABS)[number];

/** Whether `scopes` open a page. */
export function opens(scopes: readonly string[], { scope }: SettingsTab): boolean {
  return scopes.includes('admin') || scopes.includes(scope) || (scope === 'read' && scopes.includes('operate'));
}

/** What somebody is told who may not see a page. */
export function refusalOf({ label, scope }: SettingsTab): string {
  return scope === 'operate'
    ? `${label} are for operators and administrators. Ask an administrator for that role.`
    : `${label === 'Audit log' ? 'The audit log is' : label === 'Privacy' ? 'Privacy is' : `${label} are`} for administrators. Ask one to do it for you.`;
}
