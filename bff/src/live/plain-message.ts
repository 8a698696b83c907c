import type { Published } from './hub.ts';

/** Live messages as flat JSON, for clients that want no library. Undefined for those that only Socket.IO carries. */
export function plainMessage({ message }: Published): Record<string, unknown> | undefined {
  const { type, data, seq } = message;
  switch (type) {
    case 'task_created':
    case 'task_update':
      return { ...data, type: 'taskUpdate', created: type === 'task_created', seq };
    case 'task_deleted':
      return { ...data, type: 'taskDeleted', seq };
    case 'workflow_update':
      return { ...data, type: 'workflowUpdate', seq };
    case 'performance_update':
      return { ...data, type: 'performanceUpdate', seq };
    case 'visualization_update':
      return { ...data, type: 'visualizationUpdate', seq };
    case 'agent_status':
      return { ...data, type: 'agentStatus', seq };
    case 'notification':
      return { ...data, type: 'notification', seq };
    case 'notifications_read':
      return { ...data, type: 'notificationsRead', seq };
    case 'incident':
      return { ...data, type: 'incident', seq };
    case 'suggestion_created':
      return { ...data, type: 'suggestionCreated', seq };
    case 'suggestion_approved':
      return { ...data, type: 'suggestionApproved', seq };
    case 'suggestion_rejected':
      return { ...data, type: 'suggestionRejected', seq };
    case 'suggestion_expired':
      return { ...data, type: 'suggestionExpired', seq };
    case 'comment_added':
      return { ...data, type: 'commentAdded', seq };
    case 'comment_updated':
      return { ...data, type: 'commentUpdated', seq };
    case 'comment_deleted':
      return { ...data, type: 'commentDeleted', seq };
    default:
      return type satisfies never;
  }
}
