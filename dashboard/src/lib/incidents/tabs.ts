/** The pages about incidents: each leads to the other. */
export const INCIDENT_TABS = [
  { path: '/incidents', label: 'Incidents' },
  { path: '/incidents/silences', label: 'Silences' },
] as const;
