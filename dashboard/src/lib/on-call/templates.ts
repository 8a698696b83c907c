/** What new definitions begin with: the smallest that are whole. */

export function scheduleTemplate(userId: string, now: number): unknown {
  return {
    name: 'Primary',
    time_zone: new Intl.DateTimeFormat().resolvedOptions().timeZone,
    layers: [
      {
        name: 'Weeks',
        users: [userId],
        starts_on: new Date(now).toISOString().slice(0, 10),
        handoff: '09:00',
        turn: { unit: 'weeks', count: 1 },
      },
    ],
  };
}

export function escalationTemplate(scheduleId: string, userId: string): unknown {
  return {
    name: 'Wake somebody',
    steps: [
      { after_s: 0, targets: [{ type: 'schedule', id: scheduleId }] },
      { after_s: 300, targets: [{ type: 'user', id: userId }] },
    ],
    repeat: { times: 2, after_s: 600 },
  };
}

export function routeTemplate(parentId: string): unknown {
  return {
    name: 'Search',
    parent_id: parentId,
    position: 100,
    matchers: [{ label: 'team', op: '=', value: 'search' }],
    channels: [],
    escalation_id: null,
  };
}
