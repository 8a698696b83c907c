/** The pages about workflows: each leads to the other. */
export const WORKFLOW_TABS = [
  { path: '/workflows', label: 'Runs' },
  { path: '/workflows/templates', label: 'Templates' },
] as const;
