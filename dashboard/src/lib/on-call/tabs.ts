/** The pages about who is called: each leads to the others. */
export const ON_CALL_TABS = [
  { path: '/on-call', label: 'Schedules' },
  { path: '/on-call/escalations', label: 'Escalations' },
  { path: '/on-call/routes', label: 'Routes' },
  { path: '/on-call/inhibitions', label: 'Inhibitions' },
] as const;
